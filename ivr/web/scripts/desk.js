// The agent's page: asks for news, shows them, and tells the server what the agent does.

import Alpine from "../vendor/alpine.js";

const told = (id) => JSON.parse(document.getElementById(id).textContent);
const texts = told("texts");
const first = told("news");
const token = document.querySelector("meta[name=csrf-token]").content;
const EVERY = 700; // milliseconds; news are to be seen within a second.
const AWAY = { b: "break", m: "meal", t: "training", o: "other" };
const CODES = ["resolved", "follow-up", "transferred", "wrong number", "other"];

let tag = "";
let ahead = first.now - Date.now() / 1000; // of our clock is the server's
const shown = {};

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

const tick = () => {
  const now = Date.now() / 1000 + ahead;
  for (const one of document.querySelectorAll("[data-since]")) one.textContent = clock(Math.max(0, now - one.dataset.since));
};

// Only what has changed is drawn anew, and what was merely added to is added to, as readers read out what is new.
const draw = (name, html) => {
  if (shown[name] === html) return;
  const part = document.querySelector(`[data-part="${name}"]`);
  if (shown[name] && html.startsWith(shown[name])) part.insertAdjacentHTML("beforeend", html.slice(shown[name].length));
  else part.innerHTML = html;
  shown[name] = html;
  if (name === "path") part.parentElement.scrollTo({ top: part.parentElement.scrollHeight });
};

Alpine.data("desk", () => ({
  state: first.state,
  reason: first.reason,
  since: first.since,
  line: first.line,
  code: "",
  note: "",
  keys: true,
  trouble: "",

  init() {
    setInterval(tick, 250);
    tick();
    this.watch();
  },

  async watch() {
    await this.ask("news").catch(() => {});
    setTimeout(() => this.watch(), EVERY);
  },

  // Asks for news, or acts and is told them; false where it could not be done.
  async ask(path, body) {
    const headers = body ? { "Content-Type": "application/json", "X-CSRFToken": token } : { "If-None-Match": tag };
    const options = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers };
    let answer;
    try {
      answer = await fetch(`/desk/${path}`, options);
    } catch (error) {
      this.trouble = texts.lost;
      throw error;
    }
    if (answer.status === 401) window.location.assign("/desk");
    if (this.trouble === texts.lost) this.trouble = "";
    if (answer.status === 304) return true;
    if (!answer.ok) {
      this.trouble = answer.status === 409 ? texts.not_now : ((await answer.json()).error ?? texts.lost);
      return false;
    }
    this.show(await answer.json(), answer.headers);
    return true;
  },

  show(news, headers) {
    tag = headers.get("ETag");
    ahead = Number(headers.get("X-Now")) - Date.now() / 1000;
    if (news.state !== this.state) this.trouble = "";
    if (news.line && news.line !== this.line) Object.assign(this, { code: "", note: "" });
    Object.assign(this, { state: news.state, reason: news.reason, since: news.since, line: news.line });
    for (const [name, html] of Object.entries(news.parts)) draw(name, html);
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
    if (this.state !== "wrapping") return;
    if (!this.code) this.trouble = texts.code_missing;
    else if (await this.act("wrap-up", { code: this.code, note: this.note })) Object.assign(this, { code: "", note: "" });
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
    return this.ringing ? texts.refuse : texts.hang_up;
  },

  get connected() {
    return this.state === "ringing" || this.state === "talking";
  },

  get engaged() {
    return this.state === "talking" || this.state === "wrapping";
  },

  get resting() {
    return this.state === "offline" || this.state === "away";
  },

  get free() {
    return this.resting || this.state === "available";
  },

  get unready() {
    return this.state !== "wrapping";
  },

  typed(event) {
    if (!this.keys || event.altKey || event.metaKey) return;
    if (event.ctrlKey) {
      if (event.key === "Enter" && this.engaged) this.save();
      return;
    }
    if (event.target.matches("textarea, input:not([type=radio], [type=checkbox])")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (this.pressed(event.key.toLowerCase())) event.preventDefault();
  },

  // True where the key means something now.
  pressed(key) {
    const has = (path) => document.querySelector(`[aria-keyshortcuts="${path}"]`);
    if (key === "1" && this.ringing && has("1")) this.answer();
    else if (key === "h" && this.connected && has("H")) this.hangUp();
    else if (key === "a" && this.resting) this.available();
    else if (AWAY[key] && this.free) this.away(AWAY[key]);
    else if (key === "n" && this.engaged) this.$refs.note.focus();
    else if (CODES[key - 1] && this.engaged) this.code = CODES[key - 1];
    else return false;
    return true;
  },
}));
Alpine.start();
