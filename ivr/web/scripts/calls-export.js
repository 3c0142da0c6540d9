// The call log as a file, with its progress: rows as they come, or that a workbook is being made; it can be cancelled.

import { texts } from "./desk-server.js";

const NEWLINE = 10;
const EVERY = 200; // milliseconds
const links = document.querySelector("[data-export]");
const box = document.getElementById("export");
const [status, progress, cancel] = ["p", "progress", "button"].map((name) => box.querySelector(name));
const language = document.documentElement.lang;
let going = null;

const number = (count) => count.toLocaleString(language);
const filled = (text, given) => text.replace(/\{(\w+)\}/g, (_, name) => given[name]);
const seconds = (since) => Math.round((performance.now() - since) / 1000);

const say = (words, value) => {
  status.textContent = words;
  if (value === undefined) progress.removeAttribute("value");
  else progress.value = value;
};

// The first row is the head.
const rowsIn = (piece) => piece.reduce((sum, byte) => sum + (byte === NEWLINE), 0);

const save = (pieces, answer) => {
  const [, name] = /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") ?? "") ?? [];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(pieces, { type: answer.headers.get("Content-Type") }));
  link.download = name ?? "calls";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};

const fetched = async (href, signal) => {
  const [since, csv, total] = [performance.now(), href.includes("/csv"), Number(links.dataset.rows) || 0];
  const [pieces, counted] = [[], { rows: -1, bytes: 0 }];
  const show = () => {
    const told = { rows: number(Math.max(counted.rows, 0)), total: number(total), size: number(Math.round(counted.bytes / 1024)), seconds: seconds(since) };
    if (!counted.bytes) say(filled(csv ? texts.export_begins : texts.export_makes, told));
    else if (!csv) say(filled(texts.export_sends, told));
    else if (total) say(filled(texts.export_rows_of, told), Math.min(counted.rows / total, 1));
    else say(filled(texts.export_rows, told));
  };
  const timer = setInterval(show, EVERY);
  show();
  try {
    const answer = await fetch(href, { signal });
    if (!answer.ok) throw new Error(answer.status);
    for (const reader = answer.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      counted.bytes += value.length;
      if (csv) counted.rows += rowsIn(value);
    }
    save(pieces, answer);
    say(filled(csv ? texts.export_done : texts.export_made, { rows: number(counted.rows), seconds: seconds(since) }), 1);
  } finally {
    clearInterval(timer);
  }
};

const run = async (href) => {
  going?.abort();
  const mine = (going = new AbortController());
  box.hidden = cancel.hidden = false;
  progress.max = 1;
  try {
    await fetched(href, mine.signal);
  } catch (error) {
    if (mine === going) say(error.name === "AbortError" ? texts.export_cancelled : texts.export_failed, 0);
  }
  if (mine === going) cancel.hidden = true;
};

links.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  run(link.href);
});
cancel.addEventListener("click", () => going?.abort());
