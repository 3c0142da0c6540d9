// The agent's page: asks for news, shows them, and tells the server what the agent does.

import Alpine from "../vendor/alpine.js";
import { LOGOUT, ask, count, draw, follow, has, keep, leave, texts, tick, told, typing, watch } from "./desk-server.js";
import { talk } from "./desk-talk.js";

const first = told("news");
const AWAY = { b: "break", m: "meal", t: "training", o: "other" };
const CODES = ["resolved", "follow-up", "transferred", "wrong number", "other"];
const PAUSE = 400; // milliseconds without a key, after which a draft is kept
const TWICE = 3000; // milliseconds in which a key that was pressed acts when it is pressed again
const LATE = 3000; // milliseconds for which whoever logs out waits for the server to keep their note
const EMPTY = { code: "", note: "", title: "", kept: false };
const TOLD = ["state", "reason", "since", "line", "kind", "mine", "held", "record", "guest", "guestState", "work"];

const news = (all) => Object.fromEntries(TOLD.map((name) => [name === "kind" ? "lineKind" : name, all[name] ?? ""]));

const desk = {
  ...news(first),
  ...EMPTY,
  note: first.note ?? "",
  keys: true,
  trouble: "",
  later: 0,
  armed: "", // The key that acts when it is pressed once more.
  disarming: 0,

  init() {
    count(first.now);
    window.addEventListener("pagehide", () => this.flush());
    document.querySelector(LOGOUT).addEventListener("submit", (event) => this.logOut(event));
    document.addEventListener("click", (event) => event.target.closest("[data-act=answer]") && this.answer());
    watch(() => this.ask("news?ends")); // As this page says when a talk is ended: one that just ends was cut off.
  },

  // Asks for news, or acts and is told them; false where it could not be done.
  async ask(path, body) {
    let answer;
    try {
      answer = await ask(path, body);
    } catch (error) {
      this.trouble = texts.lost;
      throw error;
    }
    if (this.trouble === texts.lost) this.trouble = "";
    if (answer?.error) this.trouble = answer.error;
    else if (answer) this.show(answer);
    return !answer?.error;
  },

  show(all) {
    if (all.state !== this.state) this.trouble = "";
    if (all.line && all.line !== this.line) Object.assign(this, EMPTY, { note: all.note });
    Object.assign(this, news(all));
    if (!this.hosting) this.closeSend();
    for (const [name, html] of Object.entries(all.parts)) draw(name, html);
    this.$nextTick(tick);
  },

  act(path, body = {}) {
    this.trouble = "";
    return this.ask(path, body).catch(() => false);
  },

  available() {
    return this.act("available");
  },

  away(reason) {
    return this.act("away", { reason });
  },

  answer() {
    return this.act("answer");
  },

  hangUp() {
    return this.act("hang-up");
  },

  async save() {
    if (this.unready) return;
    clearTimeout(this.later);
    if (!this.code) this.trouble = texts.code_missing;
    else if (await this.act("wrap-up", { code: this.code, note: this.note })) Object.assign(this, EMPTY);
  },

  draft() {
    this.kept = false;
    clearTimeout(this.later);
    this.later = setTimeout(() => this.flush(), PAUSE);
  },

  async flush() {
    clearTimeout(this.later);
    const { line, note } = this;
    if (!this.engaged || !line || this.kept) return;
    const answer = await keep("note", { line, note }).catch(() => null);
    if (answer?.ok && this.line === line && this.note === note) this.kept = Boolean(note);
  },

  // The note goes first, as nothing is taken from whoever is logged out.
  async logOut(event) {
    event.preventDefault();
    await Promise.race([this.flush(), new Promise((late) => setTimeout(late, LATE))]);
    leave();
    event.target.submit();
  },

  attach(event) {
    return this.act("case", { case: event.target.value });
  },

  async openCase() {
    if (await this.act("case/new", { title: this.title })) this.title = "";
  },

  // What takes the agent from the caller asks for its key twice: it may be the first letter of a note that has no focus.
  twice(key, act) {
    clearTimeout(this.disarming);
    if (this.armed === key) {
      this.armed = "";
      act();
    } else {
      this.armed = key;
      this.disarming = setTimeout(() => (this.armed = ""), TWICE);
    }
  },

  asked(key, words) {
    return this.armed === key ? texts.once_more.replace("{what}", () => words) : words;
  },

  switchKeys() {
    this.keys = !this.keys;
  },

  get stateWords() {
    const why = this.reason && (texts[`reason_${this.reason}`] ?? this.reason);
    return texts[`state_${this.state}`] + (why ? ` · ${why}` : "");
  },

  get ringing() {
    return this.state === "ringing";
  },

  get hangUpWord() {
    return this.asked("h", this.ringing ? texts.refuse : texts.hang_up);
  },

  get connected() {
    return this.state === "ringing" || this.state === "talking";
  },

  get engaged() {
    return ["talking", "wrapping", "working"].includes(this.state);
  },

  // The note's form is hidden by this, not by x-show, which shows a moment later: N would find nothing to write in, and
  // what is typed next would be taken for shortcuts.
  get idle() {
    return !this.engaged;
  },

  get resting() {
    return this.state === "offline" || this.state === "away";
  },

  get free() {
    return this.resting || this.state === "available";
  },

  get unready() {
    return this.state !== "wrapping" && this.state !== "working";
  },

  typed(event) {
    if (!this.keys || event.altKey || event.metaKey) return;
    if (event.ctrlKey) {
      if (event.key === "Enter" && this.engaged && !this.$refs.send.open) this.save();
      return;
    }
    if (event.repeat) return;
    if (typing(event)) {
      if (event.key === "Escape" && !this.$refs.send.open) event.target.blur();
      return;
    }
    const key = event.key.toLowerCase();
    if (this.$refs.send.open ? this.chosen(key) : this.pressed(key) || follow(key)) event.preventDefault();
  },

  // True where the key means something now.
  pressed(key) {
    const button = document.querySelector(`:is([data-part=bell], .acts) ${has(key)}`);
    if (key !== this.armed) this.armed = "";
    if (button) button.click();
    else if (key === "h" && this.connected && this.$refs.hangUp) this.twice("h", () => this.hangUp());
    else if (this.hosting && this.pressedInTalk(key)) return true;
    else if (key === "a" && this.resting) this.available();
    else if (AWAY[key] && this.free) this.away(AWAY[key]);
    else if (key === "n" && this.engaged) this.$refs.note.focus();
    else if (key === "c" && this.engaged) this.$refs.case.focus();
    else if (CODES[key - 1] && this.engaged) this.code = CODES[key - 1];
    else if (key === "s") document.querySelector("#caller [data-show]")?.click();
    else return false;
    return true;
  },
};

// Getters stay getters.
Alpine.data("desk", () => Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(desk), ...Object.getOwnPropertyDescriptors(talk) }));
Alpine.start();
