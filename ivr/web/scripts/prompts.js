// The prompts of a draft: heard as callers hear them, spoken into the microphone, or taken from a file.

import { texts } from "./desk-server.js";
import { Recorder } from "./phone-recorder.js";
import { Sounds } from "./phone-sounds.js";

const LIMITS = { most: 120, silence: 0 }; // seconds; silence does not end it
const { show, ...start } = JSON.parse(document.getElementById("prompts").textContent);
const token = document.querySelector("meta[name=csrf-token]").content;
const [head, told, file] = ["prompts-head", "prompts-told", "prompts-file"].map((id) => document.getElementById(id));
const sounds = new Sounds();
let { revision } = start;
let wanted = null; // The prompt that a file is chosen for.
let taking = null; // What is being recorded: {cell, recorder, meter}

const filled = (text, given) => text.replace(/\{(\w+)\}/g, (_, name) => given[name]);
const name = (cell) => cell.dataset.name;
const say = (text, wrong = false) => {
  told.textContent = text;
  told.classList.toggle("trouble", wrong);
  told.setAttribute("role", wrong ? "alert" : "status");
  told.hidden = !text;
};

const address = (way, cell) => `${location.pathname}/${way}?${new URLSearchParams({ name: name(cell), revision, show })}`;

// Asks for a change, and draws what is other then.
const change = async (way, cell, body, done) => {
  say(texts.prompts_sending);
  const headers = { "X-CSRFToken": token, "Content-Type": "application/octet-stream" };
  const answer = await fetch(address(way, cell), { method: "POST", headers, body }).catch(() => null);
  if (answer?.status === 401) location.assign("/desk");
  const said = await answer?.json().catch(() => null);
  if (!answer?.ok) return say(said?.error ?? (answer?.status === 413 ? texts.prompts_large : texts.prompts_failed), true);
  ({ revision } = said);
  head.innerHTML = said.head;
  const made = document.createElement("template");
  made.innerHTML = said.cell.trim();
  const fresh = made.content.firstElementChild;
  if (fresh) cell.replaceWith(fresh);
  else cell.remove();
  fresh?.focus({ preventScroll: true });
  return say(filled(done, { name: name(cell) }));
};

const speak = (cell) => {
  const spoken = cell.querySelector(".prompt-words");
  const text = spoken.textContent.replace(/\{[^}]*\}/g, "……");
  if (!sounds.speak(text, spoken.lang, 1, () => {})) say(texts.prompts_no_voice_here, true);
};

const play = (cell, url) => {
  const ours = url ?? cell.dataset.audio ?? ("server" in cell.dataset ? address("voice", cell) : "");
  sounds.stop();
  sounds.wake();
  sounds.music.onerror = "server" in cell.dataset ? () => speak(cell) : null;
  if (ours) sounds.play(ours, 1, () => {});
  else speak(cell);
};

const over = () => {
  const { cell, meter } = taking;
  meter.remove();
  delete cell.dataset.recording;
  const button = cell.querySelector("[data-do=record]");
  button.textContent = button.dataset.words;
  taking = null;
  return cell;
};

const drop = () => {
  taking.recorder.close();
  over().focus();
  say(texts.prompts_dropped);
};

const finish = async () => {
  const { recorder } = taking;
  const cell = over();
  say(texts.prompts_sending);
  await change("record", cell, await recorder.stop(), texts.prompts_saved);
};

const record = async (cell) => {
  if (taking) return taking.cell === cell ? finish() : undefined;
  sounds.stop();
  sounds.wake();
  const meter = document.createElement("meter");
  const level = (loud) => {
    meter.value = loud;
    say(filled(texts.prompts_recording, { seconds: Math.floor(recorder.seconds) }));
  };
  const recorder = new Recorder(sounds.context, LIMITS, level, finish);
  taking = { cell, recorder, meter };
  try {
    await recorder.start();
  } catch (error) {
    taking = null;
    return say(error.name === "NotAllowedError" ? texts.prompts_microphone_refused : texts.prompts_microphone_missing, true);
  }
  const button = cell.querySelector("[data-do=record]");
  button.dataset.words = button.textContent;
  button.textContent = texts.prompts_stop;
  cell.dataset.recording = "";
  cell.append(meter);
  return say(filled(texts.prompts_recording, { seconds: 0 }));
};

const ways = {
  play: (cell) => play(cell),
  old: (cell, button) => play(cell, button.dataset.audio),
  record,
  upload: (cell) => {
    wanted = cell;
    file.click();
  },
  remove: (cell) => change("remove", cell, new Blob(), texts.prompts_removed),
};

const act = (cell, what) => {
  const button = cell.querySelector(`[data-do=${what}]`);
  if (button && (!taking || (what === "record" && taking.cell === cell))) ways[what](cell, button);
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) act(button.closest(".prompt-cell"), button.dataset.do);
});

file?.addEventListener("change", async () => {
  const [chosen] = file.files;
  if (chosen) await change("record", wanted, chosen, texts.prompts_saved);
  file.value = ""; // So that the same one can be chosen again.
});

const KEYS = { p: "play", r: "record", u: "upload", Delete: "remove" };
const move = (cell, steps) => {
  const cells = [...document.querySelectorAll(".prompt-group[open] .prompt-cell")];
  const next = cells[cells.indexOf(cell) + steps];
  next?.focus();
  return Boolean(next);
};
const across = (cell) => cell.parentElement.children.length;
const arrows = {
  ArrowLeft: () => -1,
  ArrowRight: () => 1,
  ArrowUp: (cell) => -across(cell),
  ArrowDown: across,
};

// Before the page's own keys, one of which may be the same.
document.addEventListener(
  "keydown",
  (event) => {
    const cell = event.target.closest(".prompt-cell");
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape" && taking) drop();
    else if (cell && KEYS[event.key]) act(cell, KEYS[event.key]);
    else if (!(cell && arrows[event.key] && move(cell, arrows[event.key](cell)))) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
window.addEventListener("pagehide", () => taking?.recorder.close());
