// The proof of the draft: its figures, or each trap with its story, which can be played.

import { useState } from "react";
import { ProblemList } from "./problems.jsx";
import { act } from "./server.js";
import { choose, nodeAt, put, useStore } from "./store.js";
import { both, say } from "./words.js";

const CALLER = "+8613800138000";

export const Trap = ({ trap }) => {
  const state = useStore((one) => one.state);
  const play = () => {
    const at = trap.at ?? trap.inputs[0]?.at ?? null;
    put({ tab: "rehearse", played: { at, caller: trap.caller ?? CALLER, inputs: trap.inputs } });
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

const figure = (value) => {
  if (value && typeof value === "object" && ("zh" in value || "en" in value)) return both(value);
  if (Array.isArray(value)) return value.map(figure).join(", ");
  if (value && typeof value === "object") return Object.entries(value).map(([name, one]) => `${name}: ${figure(one)}`).join(" · ");
  return typeof value === "number" ? value.toLocaleString() : String(value);
};

// Figures come as an object by name, or as a list of { title, value }.
const Figures = ({ figures }) => {
  const rows = Array.isArray(figures) ? figures.map((one) => [both(one.title), one.value]) : Object.entries(figures ?? {});
  return (
    <dl className="figures">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{figure(value)}</dd>
        </div>
      ))}
    </dl>
  );
};

const Found = ({ told, onSpot }) => (
  <>
    <p className={told.holds ? "good" : "bad"} role="status">
      {told.holds ? say("holds") : told.traps?.length ? say("traps", { count: told.traps.length }) : say("proof_problems")}
      {told.seconds !== undefined && <small className="quiet"> {say("seconds", { seconds: Number(told.seconds).toFixed(1) })}</small>}
    </p>
    <ProblemList problems={told.problems ?? []} onSpot={onSpot} />
    <ul className="traps" role="list">{(told.traps ?? []).map((trap) => <Trap key={`${trap.place}${both(trap.told)}`} trap={trap} />)}</ul>
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
