// The agent's browser as a phone of the carrier: it rings, is picked up, and gets a new token before the old one ends.

import { patience } from "./patience.js";
import { Meter, made, set } from "./sound-panel.js";
import { soundWords } from "./sound-words.js";

const LIBRARY = "/web/vendor/twilio-voice.js";
const [AGAIN, MOST] = [5000, 60_000]; // milliseconds
const END_SECONDS = 3; // Nobody is kept in a talk because our server is slow.
const TAKE = "1"; // The key that the hotline's whisper asks for.

// The carrier's own script is no module, and large: it is fetched when a phone is wanted.
const library = () =>
  new Promise((done, failed) => {
    const script = made("script", { src: LIBRARY });
    script.addEventListener("load", () => done(window.Twilio));
    script.addEventListener("error", () => failed(new Error(LIBRARY)));
    document.head.append(script);
  });

const filled = (words, state, why) => `${words.phone} · ${words[state].replace("{why}", () => why)}`;

export class Softphone {
  // `ask` returns a token of the agent's own, `end` says that they end their talk; `place` is the element to be shown in.
  constructor(ask, end, place) {
    const told = { words: soundWords(), state: "starting", call: null, why: "", missed: 0 };
    Object.assign(this, { ask, end, place, ...told });
    this.draw();
    window.addEventListener("keydown", (event) => this.typed(event));
    window.addEventListener("pagehide", () => this.device?.destroy());
  }

  async start() {
    try {
      const { Device } = await library();
      const token = await this.token((error) => this.failed(error));
      this.device = new Device(token, { closeProtection: true, codecPreferences: ["opus", "pcmu"] });
      this.device.on("registered", () => this.ready());
      this.device.on("unregistered", () => this.lost());
      this.device.on("error", (error) => this.failed(error));
      this.device.on("tokenWillExpire", () => this.renew());
      this.device.on("incoming", (call) => this.ring(call));
      await this.device.register();
    } catch (error) {
      this.failed(error);
    }
  }

  // Asks until we are given one; `failed` is told each time why not.
  async token(failed = () => {}) {
    for (let missed = 1; ; missed += 1) {
      const found = await this.ask({}).catch(failed);
      if (found) return found.token;
      await new Promise((done) => setTimeout(done, patience(missed, AGAIN, MOST)));
    }
  }

  async renew() {
    this.device.updateToken(await this.token());
  }

  ready() {
    this.missed = 0;
    this.show("ready");
  }

  failed(error) {
    this.why = String(error.code ?? error.message);
    if (this.call === null) this.show("refused");
    this.lost();
  }

  // Until the carrier knows us again; the talk that is under way goes on meanwhile.
  lost() {
    if (!this.device || this.again) return;
    if (this.call === null && this.state === "ready") this.show("lost");
    this.missed += 1;
    this.again = setTimeout(async () => {
      this.again = null;
      if (this.device.state !== "unregistered") return;
      await this.renew();
      await this.device.register().catch((error) => this.failed(error));
    }, patience(this.missed, AGAIN, MOST));
  }

  ring(call) {
    if (this.call) return call.reject();
    this.call = call;
    for (const end of ["cancel", "disconnect", "reject"]) call.on(end, () => this.over(call));
    call.on("error", () => this.over(call));
    call.on("accept", () => this.show("talking"));
    call.on("volume", (said, heard) => this.levels(said, heard));
    this.show("ringing");
  }

  over(call) {
    if (this.call !== call) return;
    this.call = null;
    this.levels(0, 0);
    this.show(this.device.state === "registered" ? "ready" : "lost");
  }

  accept() {
    this.call?.accept();
  }

  take() {
    this.call?.sendDigits(TAKE);
  }

  mute() {
    this.call?.mute(!this.call.isMuted());
    this.show(this.state);
  }

  // A talk that just ends is taken for one that was cut off: its caller would get the next agent.
  async hangUp() {
    const { call } = this;
    if (this.state === "ringing") return call?.reject();
    await Promise.race([this.saysSo(), new Promise((late) => setTimeout(late, END_SECONDS * 1000))]);
    call?.disconnect();
  }

  // Again and again, as a server of the release before knows nothing of it, and the next one may be another.
  async saysSo() {
    for (const until = Date.now() + END_SECONDS * 1000; Date.now() < until; ) {
      if (await this.end({}).catch(() => null)) return;
      await new Promise((done) => setTimeout(done, 300));
    }
  }

  draw() {
    const { words } = this;
    const button = (name, act, kind = "") => {
      const one = made("button", { class: `btn ${kind}`, type: "button" }, words[name]);
      one.addEventListener("click", () => this[act]());
      return one;
    };
    this.told = made("p", { class: "sound-state", role: "status" });
    this.said = new Meter(words.said, "said");
    this.heard = new Meter(words.heard, "heard");
    this.buttons = { accept: button("accept", "accept", "btn-success"), take: button("take", "take", "btn-success") };
    Object.assign(this.buttons, { mute: button("mute", "mute"), end: button("hang_up", "hangUp", "btn-danger") });
    this.place.classList.add("sound");
    this.place.setAttribute("role", "group");
    this.place.setAttribute("aria-label", words.phone);
    this.place.append(this.told, this.said.row, this.heard.row, ...Object.values(this.buttons));
    this.place.hidden = false;
    this.show("starting");
  }

  show(state) {
    const { accept, take, mute, end } = this.buttons;
    const [ringing, talking] = [state === "ringing", state === "talking"];
    this.state = this.place.dataset.state = state;
    set(this.told, filled(this.words, state, this.why));
    accept.hidden = !ringing;
    take.hidden = mute.hidden = this.said.row.hidden = this.heard.row.hidden = !talking;
    end.hidden = !ringing && !talking;
    set(end, ringing ? this.words.reject : this.words.hang_up);
    mute.setAttribute("aria-pressed", Boolean(this.call?.isMuted()));
  }

  levels(said, heard) {
    this.said.set(Math.round(said * 100));
    this.heard.set(Math.round(heard * 100));
  }

  // 1 picks up, and 1 again takes the caller; the page's own keys, and its switch for them, stay as they are.
  typed({ key, target, ctrlKey, altKey, metaKey }) {
    const off = document.querySelector(".acts .form-switch input")?.checked === false;
    if (off || ctrlKey || altKey || metaKey || target.matches("textarea, input, select")) return;
    if (!document.querySelector("[data-ring]") || key !== TAKE) return;
    if (this.state === "ringing") this.accept();
    else if (this.state === "talking") this.take();
  }
}
