// The draft as it stands here: what the server told, what is chosen, and what was typed but is not there yet.
//
// Each change is one request, made on the revision that was told last; they are sent one after another. What cannot be sent stays in
// `waiting` until somebody tries again. `typed` holds, by field, what stands in it unsent, so that it outlives the form;
// `kept` holds changes that the server refused, or that were overtaken, to be made again or to be copied.

import { useSyncExternalStore } from "react";
import { act, look } from "./server.js";
import { say, tongue } from "./words.js";

let seen = {
  state: null,
  chosen: decodeURIComponent(window.location.hash.slice(1)),
  open: null, // files whose nodes are shown one by one; null until it is known which there are
  looks: 0, // how often something was chosen, if only again
  tab: "form",
  busy: false,
  waiting: [],
  typed: {},
  kept: [],
  trouble: null, // { sort: lost | stale | refused | out, message, by }
  played: null, // the rehearsal: { at, caller, inputs }
};
const listeners = new Set();
let names = 0;

export const now = () => seen;

export const put = (more) => {
  seen = { ...seen, ...more };
  for (const one of listeners) one();
};

const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

// Returns a part of what is here, and draws the component anew when that part is another.
export const useStore = (part) => useSyncExternalStore(subscribe, () => part(seen));

export const nodeAt = (state, place) => state?.nodes.find((node) => node.place === place);

// The box in which the chosen place is shown: its own, or that of its matter while that is closed.
let stood = { state: null, open: null, chosen: null, box: "" };
export const here = ({ state, open, chosen }) => {
  if (stood.state !== state || stood.open !== open || stood.chosen !== chosen) {
    const file = nodeAt(state, chosen)?.file;
    stood = { state, open, chosen, box: !file || open.has(file) ? chosen : `file:${file}` };
  }
  return stood.box;
};

export const choose = (place, more = {}) => {
  const file = nodeAt(seen.state, place)?.file;
  const open = file && seen.open && !seen.open.has(file) ? new Set([...seen.open, file]) : seen.open;
  window.history.replaceState(null, "", `#${encodeURIComponent(place)}`);
  put({ chosen: place, open, looks: seen.looks + 1, ...more });
};

// A place that is no more gives way to the one that it became, or to the first of its file.
export const take = (state) => {
  const tags = state.languages.map(({ tag }) => tag);
  const languages = tags.map((tag) => ({ tag, name: tongue(tag, tags) }));
  const first = state.nodes.find((node) => node.file === "main.yaml") ?? state.nodes[0];
  const chosen = nodeAt(state, seen.chosen) || seen.chosen.startsWith("file:") ? seen.chosen : (first?.place ?? "");
  const open = seen.open ?? new Set([nodeAt(state, chosen)?.file, first?.file]);
  put({ state: { ...state, languages }, chosen, open });
};

const trouble = ({ status, told }) => {
  if (status === 0) return { sort: "lost" };
  if (status === 401) return { sort: "out" };
  if (status === 409) return { sort: "stale", message: told.message, by: told.by };
  return { sort: "refused", message: told.message ?? say("refused"), problems: told.problems ?? [] };
};

export const load = async () => {
  const answer = await look("state");
  if (answer.status === 200) take(answer.told);
  else put({ trouble: trouble(answer) });
  return answer.status === 200;
};

const without = (typed, item) => {
  const left = { ...typed };
  for (const [id, text] of Object.entries(item.typed ?? {})) if (left[id] === text) delete left[id];
  return left;
};

const send = async () => {
  if (seen.busy) return;
  put({ busy: true });
  while (seen.waiting.length && !seen.trouble) {
    const [item] = seen.waiting;
    const answer = await act("edits", { revision: seen.state.revision, edits: item.edits });
    if (answer.status === 200) {
      put({ waiting: seen.waiting.slice(1), typed: without(seen.typed, item) });
      take(answer.told);
      if (item.then) choose(item.then);
    } else {
      const wrong = trouble(answer);
      if (wrong.sort === "refused") keep([item], seen.waiting.slice(1));
      put({ trouble: wrong });
    }
  }
  put({ busy: false });
};

const keep = (items, waiting) => {
  const typed = items.reduce(without, seen.typed);
  put({ kept: [...seen.kept, ...items], waiting, typed });
};

// Makes a change. `typed` are the fields, with their texts, that it sends; `then` is the place to be shown once it is done.
export const change = (edits, { typed, then } = {}) => {
  names += 1;
  put({ waiting: [...seen.waiting, { id: names, edits, typed, then }] });
  return send();
};

export const again = () => {
  put({ trouble: null });
  return send();
};

// Shows what the draft is now; changes that were not sent are kept to be made again, or copied.
export const present = async () => {
  if (!(await load())) return;
  keep(seen.waiting, []);
  put({ trouble: null });
};

// A whole file is not put over what others changed in it: it stands in the editor again, to be looked at.
export const remake = (item) => {
  put({ kept: seen.kept.filter((one) => one !== item), trouble: null });
  const [{ do: what, name }] = item.edits;
  if (what === "file") {
    put({ typed: { ...seen.typed, ...item.typed } });
    return choose(`file:${name}`, { tab: "yaml" });
  }
  return change(item.edits, item);
};

export const discard = (item) => put({ kept: seen.kept.filter((one) => one !== item) });

export const dismiss = () => put({ trouble: null });

export const step = async (way) => {
  if (seen.busy || seen.waiting.length || !seen.state?.[way]) return;
  put({ busy: true });
  const answer = await act(way, { revision: seen.state.revision });
  if (answer.status === 200) take(answer.told);
  else put({ trouble: trouble(answer) });
  put({ busy: false });
};

// Makes the draft one's own. The chosen box has the focus then, as the button is gone.
export const takeOver = async () => {
  const answer = await act("owner", {});
  if (answer.status !== 200) return put({ trouble: trouble(answer) });
  take(answer.told);
  return toBox();
};

export const toBox = () => document.querySelector(".box-here")?.closest(".react-flow__node").focus();

export const type = (id, text) => {
  const typed = { ...seen.typed };
  if (text === null) delete typed[id];
  else typed[id] = text;
  put({ typed });
};

window.addEventListener("beforeunload", (event) => {
  if (seen.waiting.length || seen.kept.length || Object.keys(seen.typed).length) event.preventDefault();
});
