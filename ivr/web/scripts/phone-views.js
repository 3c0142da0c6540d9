// What the page shows of a call's state, in the page's language.

export const texts = JSON.parse(document.getElementById("texts").textContent);
export const filled = (text, gaps) => text.replace(/\{(\w+)\}/g, (_, name) => gaps[name]);
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

export const views = {
  get idle() {
    return this.state === "ready" || this.state === "ended";
  },

  get inCall() {
    return !this.idle;
  },

  get empty() {
    return this.entries.length === 0;
  },

  get time() {
    return clock(this.seconds);
  },

  get tapeTime() {
    return `${clock(this.taped)} / ${clock(this.cue.most ?? 0)}`;
  },

  get recording() {
    return this.cue.kind === "recording";
  },

  get speechless() {
    return this.taping === "refused" || this.taping === "missing";
  },

  get tapeTrouble() {
    return this.taping === "refused" ? texts.microphone_refused : texts.microphone_missing;
  },

  get recordHint() {
    return this.taping === "asking" ? texts.asking_microphone : filled(texts.record_hint, this.cue);
  },

  get skippable() {
    return ["saying", "playing", "pausing"].includes(this.cue.kind);
  },

  get listening() {
    return this.cue.kind === "listening";
  },

  get status() {
    if (this.state !== "in-call") return this.state === "ended" ? this.ending : texts[this.state];
    if (this.cue.kind === "playing" && this.cue.url.startsWith("dtmf:")) return texts.tones;
    const words = { saying: "talking_words", playing: "music", queued: "waiting", talking: "conversation" };
    return texts[words[this.cue.kind] ?? this.cue.kind] ?? "";
  },

  get ending() {
    if (this.trouble) return texts.ended;
    if (this.hungUp) return texts.ended_you;
    return texts[`ended_${this.cue.status}`] ?? texts.ended_hotline;
  },

  get queueWords() {
    return this.queue ? filled(texts.queue, { place: this.queue.place, waited: clock(this.queue.waited) }) : "";
  },

  get callWord() {
    return this.state === "ended" ? texts.redial : texts.dial;
  },

  isWho(entry, who) {
    return entry.who === who;
  },

  // The words of an SMS, with its codes and numbers apart, which are to be read off and keyed; an address stays whole.
  parts(text) {
    return text.split(/(?<![\w/=.-])(\d{4,20})(?!\w)/).filter(Boolean).map((part) => ({ text: part, number: /^\d/.test(part) }));
  },

  // Only where it is not the page's own.
  languageWord(entry) {
    if (!entry.language || entry.language.slice(0, 2) === document.documentElement.lang.slice(0, 2)) return "";
    return entry.language.startsWith("zh") ? texts.chinese : texts.english;
  },
};
