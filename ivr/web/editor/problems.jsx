// Everything that is wrong with the draft; each leads to where it is.

import { choose, nodeAt, put, useStore } from "./store.js";
import { say } from "./words.js";

export const ProblemList = ({ problems, onSpot }) => {
  const state = useStore((one) => one.state);
  const go = ({ place, file, line }) => {
    if (nodeAt(state, place)) choose(place, { tab: "form" });
    else {
      onSpot({ file, line });
      put({ tab: "yaml" });
    }
  };
  return (
    <ul className="problems" role="list">
      {problems.map((one) => (
        <li key={`${one.file}${one.line}${one.words}`}>
          <button type="button" onClick={() => go(one)}>
            <span>{one.words}</span>
            <small className="quiet">{one.place ? <code>{one.place}</code> : null} {say("at_line", one)}</small>
          </button>
        </li>
      ))}
    </ul>
  );
};

export const Problems = ({ onSpot }) => {
  const problems = useStore((one) => one.state.problems);
  return problems.length ? <ProblemList problems={problems} onSpot={onSpot} /> : <p className="nothing">{say("no_problems")}</p>;
};
