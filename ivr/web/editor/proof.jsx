// The proof of the draft: its figures, or each trap with its story, which can be played.

import { useState } from "react";
import { ProblemList } from "./problems.jsx";
import { act } from "./server.js";
import { choose, nodeAt, put, useStore } from "./store.js";
import { both, knows, say } from "./words.js";

const CALLER = "+8613800138000";

export const Trap = ({ trap }) => {
  const state = useStore((one) => one.state);
  const play = () => {
    const { inputs, at = inputs[0]?.at, caller } = trap;
    put({ tab: "rehearse", played: { at, caller: caller || CALLER, inputs } });
  };
  return (
    <li className="card trap">
      <p><b>{both(trap.words)}</b></p>
      <p>{both(trap.told)}</p>
      <div className="row-acts">
        <button type="button" className="btn btn-primary" onClick={play}>{say("play")}</button>
        {nodeAt(state, trap.place) && <button type="button" className="btn" onClick={() => choose(trap.place)}>→ <code>{trap.place}</code></button>}
      </div>
    </li>
  );
};

const NAMES = ["place", "name"]; // whose values say enough by themselves

const figure = (value, name = "") => {
  if (value && typeof value === "object" && ("zh" in value || "en" in value)) return both(value);
  if (Array.isArray(value)) return value.map((one) => figure(one)).join(", ");
  if (value && typeof value === "object") return Object.entries(value).map(([key, one]) => figure(one, key)).join(" · ");
  const told = typeof value === "number" ? value.toLocaleString(undefined, { maximumFractionDigits: 1 }) : String(value);
  if (knows(`figure_${name}`)) return say(`figure_${name}`, { value: told });
  return !name || NAMES.includes(name) ? told : `${name}: ${told}`;
};

// What there is of each goal stands in a row of its own.
const rowsOf = ([name, value]) => {
  const title = knows(`figure_${name}`) ? say(`figure_${name}`) : name;
  const inner = value && typeof value === "object" ? Object.entries(value) : [];
  const many = inner.length > 0 && !Array.isArray(value) && inner.every(([, one]) => one && typeof one === "object");
  return many ? inner.map(([key, one]) => [say("figure_of", { title, name: key }), figure(one)]) : [[title, figure(value)]];
};

const Figures = ({ figures }) => (
  <dl className="figures">
    {Object.entries(figures ?? {}).flatMap(rowsOf).map(([name, told]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{told}</dd>
      </div>
    ))}
  </dl>
);

export const Rehearsals = ({ told = [] }) =>
  told.length > 0 && (
    <div>
      <p className="bad">{say("rehearsals")}</p>
      {told.map(({ name, words, lines }) => (
        <details key={name}>
          <summary>{both(words) || name}</summary>
          <pre className="different" tabIndex={0}>{(lines ?? []).map(both).join("\n")}</pre>
        </details>
      ))}
    </div>
  );

const Found = ({ told, onSpot }) => (
  <>
    <p className={told.holds ? "good" : "bad"} role="status">
      {told.holds ? say("holds") : told.traps?.length ? say("traps", { count: told.traps.length }) : told.problems?.length ? say("proof_problems") : ""}
      {told.seconds !== undefined && <small className="quiet"> {say("seconds", { seconds: Number(told.seconds).toFixed(1) })}</small>}
    </p>
    <ProblemList problems={told.problems ?? []} onSpot={onSpot} />
    <ul className="traps" role="list">{(told.traps ?? []).map((trap) => <Trap key={`${trap.place}${both(trap.told)}`} trap={trap} />)}</ul>
    <Rehearsals told={told.rehearsals} />
    <Figures figures={told.figures} />
  </>
);

export const Proof = ({ onSpot }) => {
  const revision = useStore((one) => one.state.revision);
  const [proof, setProof] = useState({ told: null, busy: false, revision: 0 });
  const prove = async () => {
    setProof({ ...proof, busy: true });
    const { status, told } = await act("proof", { revision });
    const failed = { holds: false, problems: told.problems ?? [], traps: [], figures: {}, error: told.message ?? say(status ? "refused" : "lost") };
    setProof({ told: status === 200 ? told : failed, busy: false, revision });
  };
  const { told, busy } = proof;
  return (
    <div className="proof">
      <p className="quiet">{say("proof_help")}</p>
      <button type="button" className="btn btn-primary" disabled={busy} onClick={prove}>{say("prove")}</button>
      {busy && <p role="status">{say("proving")}</p>}
      {told?.error && <p role="alert" className="bad">{told.error}</p>}
      {told && !busy && !told.error && <div className={proof.revision === revision ? "" : "older"}><Found told={told} onSpot={onSpot} /></div>}
    </div>
  );
};
