// The inbox and the supervisors' page: rows that are kept up to date, and what is done to them, by mouse or key.

import { ask, count, draw, follow, has, texts, tick, told, typing, watch } from "./desk-server.js";

const start = told("start");
const sheet = document.getElementById("sheet");
const trouble = document.getElementById("trouble");

const complain = (words, place = trouble) => {
  if (!place) return; // The page has none, as it is about something else.
  place.textContent = words;
  place.hidden = !words;
};

const look = async () => {
  const news = await ask(start.news);
  if (trouble?.textContent === texts.lost) complain("");
  for (const [name, html] of Object.entries(news?.parts ?? {})) draw(name, html);
  if (news) tick();
  return !news?.error;
};

const act = async (path, body, place = trouble) => {
  complain("", place);
  const answer = await ask(path, body).catch(() => ({ error: texts.lost }));
  if (answer?.error) complain(answer.error, place);
  await look().catch(() => {});
  return !answer?.error;
};

const go = (where) => where && window.location.assign(where);

const done = (button) => {
  const row = button.closest("[data-row]");
  if (button.dataset.act) act(button.dataset.act, { place: row?.dataset.row }).then((done) => done && go(button.dataset.then));
  else if (button.dataset.sheet) {
    sheet.dataset.row = row.dataset.row;
    sheet.dataset.act = button.dataset.sheet;
    sheet.querySelector("form").reset();
    complain("", sheet.querySelector("[role=alert]"));
    sheet.showModal();
  } else if ("play" in button.dataset) {
    const sound = row.querySelector("audio");
    if (sound.paused) sound.play();
    else sound.pause();
  }
};

const close = async () => {
  const given = new FormData(sheet.querySelector("form"));
  const place = sheet.querySelector("[role=alert]");
  const body = { place: sheet.dataset.row, code: given.get("code"), note: given.get("note") };
  if (!body.code) complain(texts.code_missing, place);
  else if (await act(sheet.dataset.act, body, place)) sheet.close();
};

// Arrows go from row to row; a letter presses the row's own button, unless somebody rings.
const pressed = (key) => {
  const rows = [...document.querySelectorAll("[data-part=rows] > [data-row]")];
  const here = rows.indexOf(document.activeElement?.closest("[data-row]"));
  const step = { arrowdown: 1, arrowup: -1 }[key];
  if (step) rows[Math.min(Math.max(here + step, 0), rows.length - 1)]?.focus();
  else {
    const row = rows[Math.max(here, 0)];
    const button = document.querySelector(`:is([data-part=bell], [data-part=ring]) ${has(key)}`) ?? row?.querySelector(has(key));
    if (!button) return follow(key);
    button.click();
  }
  return true;
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act], [data-sheet], [data-play]");
  if (button && button !== sheet) done(button);
  if (event.target.closest("[data-cancel]")) sheet.close();
});
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.metaKey) return;
  if (event.ctrlKey) {
    if (event.key === "Enter" && sheet?.open) close();
    return;
  }
  if (typing(event)) return;
  if (sheet?.open) {
    const code = sheet.querySelectorAll("[name=code]")[Number(event.key) - 1];
    if (code) code.checked = true;
  } else if (!event.target.matches("audio") && pressed(event.key.toLowerCase())) event.preventDefault();
});
sheet?.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  close();
});
count(start.now);
watch(() => look().catch(() => complain(texts.lost) ?? false));
