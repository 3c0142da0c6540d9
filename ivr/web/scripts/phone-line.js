// The line to the practice carrier: requests about one call, one after the other, and the watch for what comes unasked.

const POLL_SECONDS = 5;

export class LineError extends Error {
  constructor(status, words) {
    super(words);
    this.status = status;
  }
}

async function ask(path, options) {
  const answer = await fetch(`/phone/calls${path}`, options);
  const body = await answer.json().catch(() => ({ error: answer.statusText }));
  if (!answer.ok) throw new LineError(answer.status, body.error);
  return body;
}

const json = (body) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

// What SMS have come to a number since the last that we know of; none at the first look (-1).
export async function texts(number, after) {
  const answer = await fetch(`/phone/texts?number=${encodeURIComponent(number)}&after=${after}`);
  if (!answer.ok) throw new LineError(answer.status, answer.statusText);
  return answer.json();
}

export const dial = (from, to) => ask("", json({ from, to }));

export class Line {
  // `tell` is given every state of the call that comes in, `fail` the error when the server is gone.
  constructor(state, tell, fail) {
    this.call = state.call;
    this.tell = tell;
    this.fail = fail;
    this.turn = state.turn;
    this.open = true;
    this.last = Promise.resolve();
    this.watch();
  }

  finished(turn) {
    return this.send("/finished", json({ turn }));
  }

  key(key) {
    return this.send("/keys", json({ key }));
  }

  message(turn, end, wav) {
    const path = `/message?turn=${turn}&end=${encodeURIComponent(end)}`;
    return this.send(path, { method: "POST", headers: { "Content-Type": "audio/wav" }, body: wav });
  }

  tone(turn, seconds) {
    return this.send(`/message?turn=${turn}&end=`, json({ seconds }));
  }

  hangUp() {
    return this.send("/hangup", json({}));
  }

  // About the sound: not in order with the keys, as a connection that is made must not hold them up.
  sound(body) {
    return ask(`/${this.call}/sound`, json(body));
  }

  // The page is being closed: the request must outlive it.
  leave() {
    const body = new Blob(["{}"], { type: "application/json" });
    if (this.open) navigator.sendBeacon(`/phone/calls/${this.call}/hangup`, body);
  }

  // In order, as a key that overtook another would be another number.
  send(path, options) {
    const done = this.last.then(() => this.heard(ask(`/${this.call}${path}`, options)));
    this.last = done.catch(() => {});
    return done;
  }

  async heard(asked) {
    try {
      const state = await asked;
      this.turn = Math.max(this.turn, state.turn);
      if (state.cue.kind === "over") this.open = false;
      this.tell(state);
      return state;
    } catch (error) {
      this.end(error);
      throw error;
    }
  }

  async watch() {
    while (this.open) {
      await this.heard(ask(`/${this.call}?turn=${this.turn}&wait=${POLL_SECONDS}`)).catch(() => {});
    }
  }

  end(error) {
    if (this.open) this.fail(error);
    this.open = false;
  }
}
