// What the agents' pages have in common: asking the server, drawing what changed, and clocks that count on.

import { patience } from "./patience.js";

export const told = (id) => JSON.parse(document.getElementById(id).textContent);
export const texts = told("texts");
export const EVERY = 700; // milliseconds; news are to be seen within a second.
const MOST = 5000; // milliseconds or so, while the server does not answer
const LEAVES = 5000; // milliseconds in which whoever logs out is gone, or stays after all
export const LOGOUT = "form[action$='/logout']";
const token = document.querySelector("meta[name=csrf-token]").content;

let tag = "";
let acts = 0; // that were begun or are done
let latest = 0; // of these, as what is shown was asked for
let ahead = 0; // of our clock is the server's
let quiet = 0; // until when nothing is looked for
const shown = {};

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

export const tick = () => {
  const now = Date.now() / 1000 + ahead;
  for (const one of document.querySelectorAll("[data-since]")) one.textContent = clock(Math.max(0, now - one.dataset.since));
};

// Sets our clocks by the server's.
export const sync = (now) => {
  ahead = now - Date.now() / 1000;
};

export const count = (now) => {
  sync(now);
  setInterval(tick, 250);
  tick();
};

// Rows that did not change stay as they are, as one may hold the focus, or play.
const drawRows = (part, html) => {
  const made = document.createElement("template");
  made.innerHTML = html;
  const old = new Map([...part.children].map((row) => [row.dataset.row, row]));
  for (const row of made.content.children) row.told = row.outerHTML;
  const focused = document.activeElement?.closest("[data-row]")?.dataset.row;
  part.replaceChildren(
    ...[...made.content.children].map((row) => (old.get(row.dataset.row)?.told === row.told ? old.get(row.dataset.row) : row)),
  );
  if (focused) [...part.children].find((row) => row.dataset.row === focused)?.focus({ preventScroll: true });
};

// Only what has changed is drawn anew, and what was merely added to is added to, as readers read out what is new.
export const draw = (name, html) => {
  if (shown[name] === html) return;
  const part = document.querySelector(`[data-part="${name}"]`);
  const chosen = part.matches("select") && part.dataset.part === "colleagues" ? part.value : null;
  if (html.includes("data-row=") || part.querySelector("[data-row]")) drawRows(part, html);
  else if (shown[name] && html.startsWith(shown[name])) part.insertAdjacentHTML("beforeend", html.slice(shown[name].length));
  else part.innerHTML = html;
  if (chosen !== null) part.value = chosen;
  shown[name] = html;
  if (name === "path") part.parentElement.scrollTo({ top: part.parentElement.scrollHeight });
};

// Asks for news, or acts; null where there are none, {error} where it could not be done. News that were asked for before
// an act was done are old by then, and so is what an act is answered after a later one: they are dropped, and whole, as
// a tag without its news would have the page stand still.
export const ask = async (path, body) => {
  if (body) acts += 1;
  const before = acts;
  const headers = body ? { "Content-Type": "application/json", "X-CSRFToken": token } : { "If-None-Match": tag };
  const answer = await fetch(`/desk/${path}`, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
  if (answer.status === 401 && Date.now() >= quiet) window.location.assign("/desk");
  const all = answer.status === 304 || answer.status === 204 ? null : await answer.json();
  if (body) acts += 1;
  else if (acts !== before) return null;
  if (!all) return null;
  if (!answer.ok) return { error: all.error ?? texts.not_now };
  const [now, of] = [Number(answer.headers.get("X-Now")), answer.headers.get("ETag")];
  if (of && before < latest) return null;
  if (of) latest = before;
  if (now) sync(now);
  tag = of ?? "";
  return all;
};

// Whoever logs out is told so by the page that comes, not by what this one is refused meanwhile.
export const leave = () => {
  quiet = Date.now() + LEAVES;
};

document.addEventListener("submit", ({ target }) => target.matches(LOGOUT) && leave());

// Looks for news again and again, ever more seldom as long as that is in vain; `look` returns false, or throws, then.
export const watch = async (look) => {
  for (let missed = 0; ; ) {
    if (Date.now() >= quiet) missed = (await look().catch(() => false)) === false ? missed + 1 : 0;
    await new Promise((done) => setTimeout(done, missed ? patience(missed, EVERY, MOST) : EVERY));
  }
};

// A draft that is sent even as the page closes.
export const keep = (path, body) =>
  fetch(`/desk/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
    keepalive: true,
  });

// Numbers stand masked until somebody asks for one, which is logged; drawn anew, they are masked again.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-show]");
  if (!button) return;
  const { place, show: what } = button.dataset;
  const answer = await ask("show", { place, what }).catch(() => ({ error: texts.lost }));
  button.previousElementSibling.textContent = answer.error ?? answer.whole;
  if (answer.error) return;
  button.closest("[tabindex]").focus({ preventScroll: true });
  button.remove();
});

export const typing = (event) =>
  event.target.matches("textarea, select, input:not([type=radio], [type=checkbox])") || event.target.isContentEditable;

// What a single key presses.
export const has = (key) => `[data-key="${CSS.escape(key)}"]:not([hidden])`;

// Single keys that lead to another page, or press a button in what has the focus.
export const follow = (key) => {
  const link = document.querySelector(`a${has(key)}`);
  if (link) link.click();
  return Boolean(link);
};
