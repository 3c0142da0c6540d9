// The half-hours of a week, to be painted; what is painted is written into the day's field, and the other way round.
const CELLS = 48;
const MINUTES = 30;
const DAY = CELLS * MINUTES;
const SPAN = /(\d{1,2}):(\d{2})\s*[-–—~至]\s*(\d{1,2}):(\d{2})/g;

const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

// What a field says, as half-hours; null where that cannot be painted, as 08:45 or a span past midnight.
export const painted = (text) => {
  const on = Array(CELLS).fill(false);
  if (["", "closed"].includes(text.trim())) return on;
  if (text.trim() === "always") return on.fill(true);
  const spans = [...text.matchAll(SPAN)].map(([, ...parts]) => parts.map(Number)).map(([h, m, k, n]) => [h * 60 + m, k * 60 + n]);
  if (!spans.length || spans.some(([from, to]) => from % MINUTES || to % MINUTES || from >= to || to > DAY)) return null;
  for (const [from, to] of spans) on.fill(true, from / MINUTES, to / MINUTES);
  return on;
};

export const told = (on) => {
  const spans = [];
  on.forEach((one, at) => {
    if (!one) return;
    if (at && on[at - 1]) spans.at(-1)[1] = (at + 1) * MINUTES;
    else spans.push([at * MINUTES, (at + 1) * MINUTES]);
  });
  return spans.map(([from, to]) => `${clock(from)}-${clock(to)}`).join(", ");
};

const row = (line, name) => {
  const field = line.querySelector("input");
  const cells = document.createElement("div");
  cells.className = "cells";
  cells.setAttribute("role", "group");
  cells.setAttribute("aria-label", `${line.querySelector("label").textContent}: ${name}`);
  const all = Array.from({ length: CELLS }, (_, at) => {
    const cell = document.createElement("i");
    cell.dataset.at = at;
    cell.tabIndex = -1;
    cell.setAttribute("role", "checkbox");
    cell.setAttribute("aria-label", clock(at * MINUTES));
    cells.append(cell);
    return cell;
  });
  all[0].tabIndex = 0;
  const show = () => {
    const on = painted(field.value);
    cells.toggleAttribute("data-unpainted", !on);
    all.forEach((cell, at) => {
      cell.classList.toggle("on", Boolean(on?.[at]));
      cell.setAttribute("aria-checked", String(Boolean(on?.[at])));
    });
  };
  const paint = (at, on) => {
    const now = painted(field.value) ?? Array(CELLS).fill(false);
    now[at] = on;
    field.value = told(now);
    field.dispatchEvent(new Event("change", { bubbles: true }));
    show();
  };
  field.addEventListener("input", show);
  show();
  line.append(cells);
  return { cells, all, paint };
};

const week = (form) => {
  if (form.querySelector("input[readonly]")) return;
  const rows = [...form.querySelectorAll(".weekday")].map((line) => row(line, form.dataset.week));
  const hours = document.createElement("div");
  hours.className = "clock";
  hours.setAttribute("aria-hidden", "true");
  const span = document.createElement("span");
  span.append(...[0, 6, 12, 18, 24].map((hour) => Object.assign(document.createElement("b"), { textContent: hour })));
  hours.append(span);
  form.querySelector(".days").append(hours);
  let brush = null;
  const where = (cell) => [rows.findIndex(({ cells }) => cells === cell.parentElement), Number(cell.dataset.at)];
  const isOn = (cell) => cell.classList.contains("on");
  const under = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest(".cells > i");
  form.addEventListener("pointerdown", (event) => {
    const cell = event.target.closest(".cells > i");
    if (!cell) return;
    event.preventDefault();
    brush = !isOn(cell);
    const [line, at] = where(cell);
    rows[line].paint(at, brush);
  });
  form.addEventListener("pointermove", (event) => {
    const cell = brush === null ? null : under(event);
    if (!cell || !form.contains(cell) || isOn(cell) === brush) return;
    const [line, at] = where(cell);
    rows[line].paint(at, brush);
  });
  addEventListener("pointerup", () => (brush = null));
  form.addEventListener("keydown", (event) => {
    const cell = event.target.closest(".cells > i");
    if (!cell || event.ctrlKey || event.altKey || event.metaKey) return;
    const [line, at] = where(cell);
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    if (event.key === " ") rows[line].paint(at, !isOn(cell));
    else if (steps[event.key]) {
      const [down, on] = steps[event.key];
      const next = rows[line + down]?.all[at + on];
      if (!next) return;
      if (event.shiftKey) rows[line + down].paint(at + on, isOn(cell));
      cell.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
};

document.querySelectorAll("form[data-week]").forEach(week);
