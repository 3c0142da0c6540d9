// The practice phone: shows what the call is at, plays it, and tells the carrier what the caller does.

import Alpine from "../vendor/alpine.js";
import { dial, Line, texts as arrived } from "./phone-line.js";
import { Recorder } from "./phone-recorder.js";
import { Sounds } from "./phone-sounds.js";
import { clock, filled, texts, views } from "./phone-views.js";
import { Sound } from "./sound.js";

const TONE_SECONDS = 5;
const BEEP = { tones: [1000], seconds: 0.4 };
const AGAIN_SECONDS = 0.5;
const TEXTS_SECONDS = 1;
const KEYS = "0123456789*#";

// What browsers give us stays outside of what Alpine watches: a proxy around it would not work.
const sounds = new Sounds();
const talk = new Sound((body) => line.sound(body), document.getElementById("sound"));
let line = null;
let recorder = null;
let timers = [];
let number = 0;
let lastText = -1;

const phone = () => ({
  from: "",
  to: "",
  state: "ready", // ready, dialing, in-call, ended
  cue: { kind: "none" },
  turn: -1,
  queue: null,
  entries: [],
  keyed: "",
  loud: true,
  left: 1,
  level: 0,
  taping: "", // asking, on, refused, missing
  trouble: "",
  seconds: 0,
  taped: 0,
  begun: 0,
  hungUp: false,

  init() {
    this.from = this.$refs.from.value;
    this.to = this.$refs.to.value;
    setInterval(() => this.tick(), 250);
    this.look();
    new ResizeObserver(() => this.toEnd()).observe(this.$refs.log); // What stands below it comes and goes.
    window.addEventListener("pagehide", () => line?.leave());
  },

  // Texts come at any time, also after the call.
  async look() {
    try {
      const { texts: found, last } = await arrived(this.from.trim(), lastText);
      lastText = last;
      for (const { from, text } of found) this.note({ who: "sms", from, text });
      if (found.length) sounds.text();
    } catch {
      // The server is gone; the call says so, and there may be another in a moment.
    }
    setTimeout(() => this.look(), TEXTS_SECONDS * 1000);
  },

  async dial() {
    if (!this.idle) return;
    sounds.wake();
    Object.assign(this, { state: "dialing", entries: [], trouble: "", keyed: "", turn: -1, seconds: 0 });
    Object.assign(this, { hungUp: false, begun: 0, queue: null, cue: { kind: "none" } });
    try {
      const state = await dial(this.from.trim(), this.to.trim());
      this.state = "in-call";
      line = new Line(state, (state) => this.show(state), (error) => this.fail(error));
      this.show(state);
    } catch (error) {
      const known = { 404: texts.wrong_number, 503: texts.too_many };
      this.fail(error, known[error.status]);
    }
  },

  fail(error, words) {
    this.leave();
    talk.stop();
    this.state = this.empty ? "ready" : "ended";
    // Where no answer came the browser has words of its own, in whatever language.
    this.trouble = words ?? (error.status ? filled(texts.refused_line, { why: error.status }) : texts.lost_line);
  },

  // A state of the call came in, maybe late, maybe one that is shown already.
  show(state) {
    if (state.call !== line.call) return;
    this.queue = state.queue;
    this.begun = Date.now() - state.seconds * 1000;
    if (state.turn <= this.turn) return;
    this.leave();
    this.turn = state.turn;
    this.cue = state.cue;
    this.enter();
    if (this.cue.kind === "talking") talk.start();
    else talk.stop();
  },

  leave() {
    timers.forEach(clearTimeout);
    timers = [];
    sounds.stop();
    recorder?.close();
    recorder = null;
    Object.assign(this, { left: 1, level: 0, taping: "", taped: 0 });
  },

  enter() {
    const { kind, seconds } = this.cue;
    if (kind !== "listening") this.keyed = "";
    if (kind === "saying") this.say();
    else if (kind === "playing") this.play();
    else if (kind === "recording") this.record();
    else if (kind === "over") this.end();
    else if (seconds !== null) this.wait(seconds);
  },

  wait(seconds) {
    const turn = this.turn;
    const until = Date.now() + seconds * 1000;
    this.deadline = { until, seconds };
    timers.push(setTimeout(() => this.finished(turn), seconds * 1000));
  },

  async finished(turn) {
    if (turn !== this.turn || !line.open) return;
    const state = await line.finished(turn).catch(() => null);
    // The carrier was busy with something else; it will not be for long.
    if (state?.turn === turn) timers.push(setTimeout(() => this.finished(turn), AGAIN_SECONDS * 1000));
  },

  skip() {
    const turn = this.turn;
    sounds.stop();
    this.finished(turn);
  },

  say() {
    const { text, language, loop, seconds } = this.cue;
    this.note({ who: "hotline", text, language: language.replace("cmn", "zh") });
    const turn = this.turn;
    if (sounds.speak(text, language, loop, () => this.finished(turn))) {
      this.wait(seconds * 3 + 5); // Some browsers forget to tell when a voice is done.
      return;
    }
    this.wait(seconds);
    this.excuse(language);
  },

  // Once a call for each language that the browser cannot speak.
  excuse(language) {
    const name = language.startsWith("en") ? texts.english : texts.chinese;
    const text = filled(texts.no_voice, { language: name });
    if (this.loud && this.entries.every((entry) => entry.text !== text)) this.note({ who: "note", text });
  },

  play() {
    const { url, loop, seconds } = this.cue;
    const turn = this.turn;
    if (url.startsWith("dtmf:")) sounds.keys(url.slice(5));
    else if (this.entries.at(-1)?.text !== `♪ ${texts.music}`) this.note({ who: "note", text: `♪ ${texts.music}` });
    // A browser that cannot play the sound must not hold the call up.
    const played = !url.startsWith("dtmf:") && sounds.play(url, loop, () => this.finished(turn));
    this.wait(played ? seconds + 2 : seconds);
  },

  async record() {
    const turn = this.turn;
    this.taping = "asking";
    recorder = new Recorder(sounds.context, this.cue, (level) => this.meter(level), () => this.tapeFull(turn));
    const mine = recorder;
    try {
      if (this.cue.beep) sounds.beep(BEEP.tones, BEEP.seconds);
      if (this.cue.beep) this.note({ who: "note", text: `● ${texts.beep}` });
      await mine.start();
      if (recorder === mine) this.taping = "on";
    } catch (error) {
      if (recorder === mine) this.taping = error.name === "NotAllowedError" ? "refused" : "missing";
      this.toEnd();
    }
  },

  meter(level) {
    this.level = level;
    this.taped = recorder?.seconds ?? 0;
  },

  tapeFull(turn) {
    if (turn === this.turn) this.handIn("");
  },

  async handIn(end) {
    const turn = this.turn;
    const mine = recorder;
    recorder = null;
    const wav = await mine.stop();
    this.note({ who: "you", text: filled(texts.message, { time: clock(mine.seconds) }) });
    if (KEYS.includes(end) && end) this.noteKey(end);
    this.taping = "";
    await line.message(turn, end, wav).catch(() => {});
  },

  handInKey() {
    this.press("#");
  },

  sendTone() {
    this.note({ who: "you", text: texts.message_tone });
    line.tone(this.turn, TONE_SECONDS).catch(() => {});
  },

  sendSilence() {
    this.note({ who: "you", text: texts.message_silence });
    this.finished(this.turn);
  },

  async press(key) {
    sounds.wake();
    sounds.key(key);
    if (this.state !== "in-call") return;
    this.keyed = (this.keyed + key).slice(-22);
    if (this.taping === "on" && this.cue.finish.includes(key)) {
      await this.handIn(key);
      return;
    }
    const entry = this.noteKey(key);
    const state = await line.key(key).catch(() => null);
    if (state && !state.heard) this.lost(entry, key);
  },

  async hangUp() {
    this.hungUp = true;
    if (this.taping === "on" && recorder.seconds > 0) await this.handIn("hangup");
    else await line.hangUp().catch(() => {});
  },

  end() {
    this.state = "ended";
    this.begun = 0;
    this.queue = null;
    this.note({ who: "note", text: `${this.ending} · ${this.time}` });
  },

  // Keys that belong to one answer stand in one bubble; one that is not heard stands by itself.
  noteKey(key) {
    const last = this.entries.at(-1);
    if (last?.who === "you" && last.keys && !last.lost && this.listening) {
      last.keys = [...last.keys, key];
      return last;
    }
    return this.note({ who: "you", keys: [key], lost: false });
  },

  lost(entry, key) {
    if (entry.keys.length === 1) entry.lost = true;
    else entry.keys = entry.keys.slice(0, entry.keys.lastIndexOf(key));
  },

  note(entry) {
    this.entries.push({ text: "", language: "", keys: null, lost: false, ...entry, id: ++number });
    this.toEnd();
    return this.entries.at(-1);
  },

  toEnd() {
    this.$nextTick(() => this.$refs.log.scrollTo({ top: this.$refs.log.scrollHeight }));
  },

  tick() {
    if (this.begun && this.inCall) this.seconds = (Date.now() - this.begun) / 1000;
    if (this.listening && this.deadline) {
      this.left = Math.max(0, (this.deadline.until - Date.now()) / 1000 / this.deadline.seconds);
    }
  },

  switchSound() {
    this.loud = !this.loud;
    sounds.switch(this.loud);
    talk.ears.switch(this.loud);
    if (this.loud || this.cue.kind !== "saying") return;
    sounds.stop();
    this.wait(this.cue.seconds);
  },

  typed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest("input[type=tel], a");
    if (event.key === "Escape" && this.state === "in-call") this.hangUp();
    else if (field) return;
    else if (KEYS.includes(event.key)) this.press(event.key);
    else if (event.key === "Enter" && !event.target.closest("button, input")) this.dial();
  },
});

Alpine.data("phone", () => Object.defineProperties(phone(), Object.getOwnPropertyDescriptors(views)));
Alpine.start();
