// Plays a call as the caller heard it: words by their recording or the browser's voice, keys as tones, silence as silence.

import { Sounds } from "./phone-sounds.js";

const SILENCE = 5; // seconds at most
const KEY = 0.2; // seconds, as Sounds keys them
const LETTER = { wide: 0.22, narrow: 0.07 }; // seconds to say one, where nobody speaks
const section = document.querySelector("[data-hear]");
const player = section.querySelector(".hear");
const [button, told] = [player.querySelector("button"), player.querySelector(".time-of")];
const speed = player.querySelector("select");
const items = [...section.querySelectorAll(".call-lines > li")];
const sounds = new Sounds();
let at = 0;
let playing = 0; // Counts, so that what was stopped does not go on.
let running = false;

const rest = (seconds) => new Promise((done) => setTimeout(done, (seconds * 1000) / sounds.rate));
const moment = (item) => Date.parse(item.querySelector("time")?.dateTime ?? "") / 1000;
const length = (words) => [...words].reduce((sum, letter) => sum + (letter > "\u2e7f" ? LETTER.wide : LETTER.narrow), 0);

const show = () => {
  items.forEach((item, place) => item.toggleAttribute("data-now", running && place === at));
  button.setAttribute("aria-pressed", String(running));
  button.textContent = button.dataset[running ? "pause" : "play"];
  told.textContent = `${Math.min(at + 1, items.length)} / ${items.length}`;
  if (running) items[at]?.scrollIntoView({ block: "nearest" });
};

const stop = () => {
  playing += 1;
  running = false;
  sounds.stop();
  show();
};

// Some browsers forget to tell that a voice or a sound is done.
const heard = (begin, words) =>
  new Promise((done) => {
    if (!begin(done)) rest(length(words)).then(done);
    else setTimeout(done, ((length(words) * 3 + 5) * 1000) / sounds.rate);
  });

const say = async (item, mine) => {
  const words = item.querySelector("[lang]");
  const audio = JSON.parse(item.dataset.audio);
  for (const [place, line] of words.textContent.split("\n").entries()) {
    if (mine !== playing) return;
    const text = line.replaceAll("•", "");
    const url = audio[place] && `/audio/prompts/${audio[place]}.wav`;
    await heard((done) => sounds.play(url, 1, done) || sounds.speak(text, words.lang, 1, done), text);
  }
};

const run = async () => {
  const mine = ++playing;
  let since = performance.now();
  running = true;
  sounds.wake();
  for (; at < items.length; at += 1) {
    show();
    const passed = at ? moment(items[at]) - moment(items[at - 1]) : 0;
    if (passed > 0) {
      const spoken = ((performance.now() - since) / 1000) * sounds.rate;
      await rest(Math.min(Math.max(passed - spoken, 0), SILENCE));
      since = performance.now();
    }
    if (mine !== playing) return;
    const { keys, audio } = items[at].dataset;
    if (audio) await say(items[at], mine);
    if (keys) sounds.keys(keys);
    if (keys) await rest(KEY * keys.length);
    if (mine !== playing) return;
  }
  at = 0;
  stop();
};

const toggle = () => (running ? stop() : run());
const to = (place) => {
  const was = running;
  stop();
  at = Math.min(Math.max(place, 0), items.length - 1);
  if (was) run();
  else show();
};
const faster = (steps) => {
  speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + steps, 0), speed.length - 1);
  sounds.rate = Number(speed.value);
};
const keys = {
  " ": toggle,
  ArrowLeft: () => to(at - 1),
  ArrowRight: () => to(at + 1),
  ArrowUp: () => faster(1),
  ArrowDown: () => faster(-1),
};

player.hidden = false;
button.addEventListener("click", toggle);
speed.addEventListener("change", () => faster(0));
player.addEventListener("keydown", (event) => {
  const key = keys[event.key];
  if (!key || event.ctrlKey || event.altKey || event.metaKey || event.target === speed) return;
  if (event.key === " " && event.target === button) return; // Which it presses by itself.
  event.preventDefault();
  key();
});
window.addEventListener("pagehide", stop);
show();
