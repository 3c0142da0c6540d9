// The ears and the mouth of a browser: the microphone, what comes in, and how loud either is.

const FULL = 0.25; // Root mean square that fills a meter: a loud voice.

class Level {
  constructor(context) {
    this.node = new AnalyserNode(context, { fftSize: 2048 });
    this.samples = new Float32Array(this.node.fftSize);
  }

  // 0 to 100.
  get now() {
    this.node.getFloatTimeDomainData(this.samples);
    const loud = Math.sqrt(this.samples.reduce((sum, one) => sum + one * one, 0) / this.samples.length);
    return Math.min(100, Math.round((loud / FULL) * 100));
  }
}

export class SoundEars {
  constructor() {
    this.quiet = false; // Nothing is to be heard.
    this.microphone = ""; // on, refused, missing
    this.players = new Map();
    this.blocked = false;
  }

  // Browsers let sound out only after a click or a key; where one came before, this works at once.
  wake() {
    if (!this.context) {
      this.context = new AudioContext();
      this.heard = new Level(this.context);
      this.said = new Level(this.context);
    }
    this.context.resume().catch(() => {});
    for (const { player } of this.players.values()) this.play(player);
  }

  // Asks for the microphone, once a talk; without one we can still hear.
  async open() {
    this.wake();
    if (this.asked) return;
    this.asked = true;
    try {
      if (!navigator.mediaDevices) throw new DOMException("no microphone", "NotFoundError");
      const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
      if (!this.asked) return stream.getTracks().forEach((track) => track.stop());
      [this.track] = stream.getAudioTracks();
      this.source = this.context.createMediaStreamSource(stream);
      this.source.connect(this.said.node);
      this.microphone = "on";
    } catch (error) {
      this.microphone = error.name === "NotAllowedError" ? "refused" : "missing";
    }
  }

  // Plays what came in by a link.
  add(number, track) {
    this.drop(number);
    const stream = new MediaStream([track]);
    const player = document.createElement("audio");
    player.className = "voice";
    player.srcObject = stream;
    player.muted = this.quiet;
    document.body.append(player);
    const source = this.context.createMediaStreamSource(stream);
    source.connect(this.heard.node);
    this.players.set(number, { player, source, on: true });
    this.play(player);
  }

  async play(player) {
    try {
      await player.play();
      this.blocked = false;
    } catch (error) {
      this.blocked = error.name === "NotAllowedError";
    }
  }

  // Whether what comes by this link is to be heard.
  hear(number, on) {
    const one = this.players.get(number);
    if (!one || one.on === on) return;
    one.on = on;
    one.player.muted = this.quiet || !on;
    if (on) one.source.connect(this.heard.node);
    else one.source.disconnect();
  }

  drop(number) {
    const one = this.players.get(number);
    if (!one) return;
    this.players.delete(number);
    one.source.disconnect();
    one.player.srcObject = null;
    one.player.remove();
  }

  switch(on) {
    this.quiet = !on;
    for (const { player, on: heard } of this.players.values()) player.muted = this.quiet || !heard;
  }

  // The talk is over: the microphone is let go.
  close() {
    for (const number of [...this.players.keys()]) this.drop(number);
    this.source?.disconnect();
    this.track?.stop();
    Object.assign(this, { asked: false, track: null, source: null, microphone: "" });
  }
}
