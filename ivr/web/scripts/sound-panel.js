// What a page shows of the sound: whether it comes and goes, how loud, and a button to be silent.

import { soundWords } from "./sound-words.js";

export const made = (tag, about = {}, ...inside) => {
  const one = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) one.setAttribute(name, value);
  one.append(...inside);
  return one;
};

export class Meter {
  constructor(words, name) {
    this.bar = made("span", { class: "sound-bar" });
    const about = { role: "meter", "aria-label": words, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0 };
    this.meter = made("span", { ...about, class: "sound-meter", "data-sound": name }, this.bar);
    this.row = made("p", { class: "sound-row" }, made("span", {}, words), this.meter);
  }

  set(level) {
    this.meter.setAttribute("aria-valuenow", level);
    this.bar.style.width = `${level}%`;
  }
}

export class SoundPanel {
  // `acts` has `mute`, `here` and `wake`.
  constructor(place, acts) {
    const words = (this.words = soundWords());
    this.place = place;
    this.state = made("p", { class: "sound-state", role: "status" });
    this.trouble = made("p", { class: "sound-trouble", role: "alert", hidden: "" });
    this.said = new Meter(words.said, "said");
    this.heard = new Meter(words.heard, "heard");
    this.muted = made("button", { class: "btn", type: "button", "aria-pressed": "false" }, words.mute);
    this.muted.addEventListener("click", acts.mute);
    this.here = made("button", { class: "btn", type: "button", hidden: "" }, words.here);
    this.here.addEventListener("click", acts.here);
    this.head = made("div", { class: "sound-head" }, this.state, this.muted);
    this.talk = made("div", { class: "sound-talk" }, this.said.row, this.heard.row);
    place.classList.add("sound");
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", words.title);
    place.append(this.head, this.trouble, this.talk, this.here);
    for (const kind of ["click", "keydown"]) window.addEventListener(kind, () => place.hidden || acts.wake());
    this.show({ state: "" });
  }

  show({ state, microphone = "", blocked = false, muted = false }) {
    this.place.hidden = !state;
    this.place.dataset.state = state;
    set(this.state, muted && state !== "alone" ? this.words.muted : (this.words[state] ?? ""));
    const trouble = blocked ? this.words.blocked : (this.words[`microphone_${microphone}`] ?? "");
    set(this.trouble, trouble);
    this.trouble.hidden = !trouble;
    this.talk.hidden = state === "elsewhere";
    this.here.hidden = state !== "elsewhere";
    this.muted.hidden = microphone !== "on";
    this.muted.setAttribute("aria-pressed", muted);
    if (!state) this.levels(0, 0);
    if (!state) this.bytes(0, 0);
  }

  levels(said, heard) {
    this.said.set(said);
    this.heard.set(heard);
  }

  // How much came and went: for whoever looks into why nothing is heard.
  bytes(heard, said) {
    Object.assign(this.place.dataset, { heard, said });
  }
}

// Only what changes, as readers read out whatever is set.
export function set(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
