// The places of a draft as a list to choose from, found by place, name and words in every language.

import { chinese } from "./server.js";
import { cut, first } from "./places.js";
import { both } from "./words.js";

let kept = { state: null, made: [] };

export const places = (state) => {
  if (kept.state === state) return kept.made;
  const made = state.nodes.map((node) => {
    const name = both(node.name) || first(node, chinese ? "zh" : "en");
    const words = Object.values(node.words).flatMap((told) => Object.values(told));
    return { value: node.place, label: cut(name, 34), words: [node.place, name, ...words].join("\n").toLowerCase() };
  });
  kept = { state, made };
  return made;
};
