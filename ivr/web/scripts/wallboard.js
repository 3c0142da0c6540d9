// The wallboard: drawn anew as it changes, clocks that count on, a sound for new alarms, and a word once it is stale.

import { count, sync, texts, tick } from "./desk-server.js";
import { patience } from "./patience.js";

const STALE = 5; // seconds without any sign of life
const AGAIN = 1000; // milliseconds at least until we ask again
const MOST = 10_000; // more, while nobody answers
const HERTZ = [660, 880]; // of the two short tones

const board = document.querySelector("[data-board]");
const main = board.closest("main");
const lost = document.querySelector("[data-lost]");
const bell = document.querySelector("[data-sound]");

let last = main.dataset.last;
let heard = performance.now();
let when = Date.now();
let missed = 0; // times in a row
let context = null;
let known = new Set();

const alarms = () => new Set([...board.querySelectorAll("[data-alarm]")].map((one) => one.dataset.alarm));

const loud = () => bell.getAttribute("aria-pressed") === "true";

const ring = () => {
  context ??= new AudioContext();
  context.resume().catch(() => {});
  HERTZ.forEach((frequency, place) => {
    const at = context.currentTime + place * 0.25;
    const gain = new GainNode(context, { gain: 0.2 });
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.2);
  });
  bell.dataset.rung = Number(bell.dataset.rung ?? 0) + 1;
};

const warn = () => {
  const now = alarms();
  if (loud() && [...now].some((one) => !known.has(one))) ring();
  known = now;
};

const alive = () => {
  heard = performance.now();
  when = Date.now();
  missed = 0;
};

const draw = ({ data, lastEventId }) => {
  alive();
  last = lastEventId;
  board.innerHTML = data;
  board.dataset.key = last;
  tick();
  warn();
};

const beat = ({ data }) => {
  alive();
  sync(Number(data));
};

// The server ends what it tells from time to time, and browsers come again at once by themselves; where nobody answers
// then, all of them would. Whoever is logged out is led to the door; all else is tried again.
const listen = () => {
  const source = new EventSource(`/desk/wallboard/events?last=${encodeURIComponent(last)}`);
  source.addEventListener("message", draw);
  source.addEventListener("beat", beat);
  source.addEventListener("error", async () => {
    missed += 1;
    if (source.readyState !== EventSource.CLOSED && missed === 1) return;
    source.close();
    const answer = await fetch(`/desk/wallboard/events?last=`).catch(() => null);
    if (answer?.status === 401 || answer?.status === 403) window.location.reload();
    else setTimeout(listen, patience(missed, AGAIN, MOST));
  });
};

const look = () => {
  const stale = performance.now() - heard > 1000 * STALE;
  if (stale && lost.hidden) lost.textContent = `⚠ ${texts.wall_lost.replace("{at}", new Date(when).toTimeString().slice(0, 8))}`;
  lost.hidden = !stale;
  main.classList.toggle("stale", stale);
};

bell.addEventListener("click", () => {
  bell.setAttribute("aria-pressed", String(!loud()));
  localStorage.setItem("wallboard-sound", loud());
  if (loud()) ring();
});
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || !document.body.classList.contains("wall")) return;
  document.querySelector(`a[data-key="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
});

document.querySelector("[data-scripted]").hidden = false;
if (localStorage.getItem("wallboard-sound") === "true") bell.setAttribute("aria-pressed", "true");
if (document.body.classList.contains("wall")) count(Number(main.dataset.now));
known = alarms();
setInterval(look, 250);
listen();
