// The form of the chosen step, made from the fields of its kind.

import { useState } from "react";
import { Choices } from "./choices.jsx";
import { Field } from "./fields.jsx";
import { Sign, family } from "./kinds.jsx";
import { Outcomes } from "./outcomes.jsx";
import { chinese } from "./server.js";
import { Remove, Rename } from "./steps.jsx";
import { choose, nodeAt, useStore } from "./store.js";
import { cut, first } from "./places.js";
import { both, say } from "./words.js";

const Behind = ({ place }) => {
  const state = useStore((one) => one.state);
  const from = [...new Set(state.edges.filter((edge) => edge.to === place && edge.from !== place).map((edge) => edge.from))];
  return (
    <nav className="behind" aria-label={say("leads_here")}>
      <span className="quiet">{from.length ? say("leads_here") : say("leads_none")}</span>
      {from.map((one) => (
        <button type="button" key={one} className="chip" onClick={() => choose(one)} title={both(nodeAt(state, one)?.name)}>{one}</button>
      ))}
    </nav>
  );
};

const Wrong = ({ place }) => {
  const problems = useStore((one) => one.state.problems);
  const own = problems.filter((one) => one.place === place);
  return own.length > 0 && <ul className="wrong" aria-label={say("problems")}>{own.map((one) => <li key={`${one.line}${one.words}`}>{one.words}</li>)}</ul>;
};

const Matter = ({ file }) => {
  const state = useStore((one) => one.state);
  return (
    <div className="form-of">
      <h2><Sign kind="matter" /> {file}</h2>
      <ul className="matter-steps" role="list">
        {state.nodes.filter((node) => node.file === file).map((node) => (
          <li key={node.place}><button type="button" className="chip" onClick={() => choose(node.place)}>{node.place}</button> {cut(first(node, chinese ? "zh" : "en"), 40)}</li>
        ))}
      </ul>
    </div>
  );
};

// A field that belongs to some of what another can be stands there alone, but for one that is written down already.
const belongs = (node, { name, only }) => node.fields[name] !== undefined || Object.entries(only ?? {}).every(([other, those]) => those.includes(node.fields[other]));

export const Form = ({ onNew }) => {
  const [state, chosen] = [useStore((one) => one.state), useStore((one) => one.chosen)];
  const [sheet, setSheet] = useState("");
  if (chosen.startsWith("file:")) return <Matter file={chosen.slice(5)} />;
  const node = nodeAt(state, chosen);
  if (!node) return null;
  const kind = state.kinds[node.kind] ?? { title: node.kind, fields: [] };
  return (
    <div className={`form-of form-${family(node.kind)}`} key={node.place}>
      <header>
        <h2><Sign kind={node.kind} /> {both(kind.title) || node.kind} <code>{node.place}</code></h2>
        {state.can.edit && (
          <span className="form-acts">
            <button type="button" className="btn" onClick={() => setSheet("rename")}>{say("rename")}</button>
            <button type="button" className="btn" onClick={() => setSheet("remove")}>{say("remove")}</button>
          </span>
        )}
      </header>
      <Behind place={node.place} />
      <Wrong place={node.place} />
      {kind.fields.filter((field) => belongs(node, field)).map((field) =>
        field.type === "choices" ? (
          <Choices key={field.name} node={node} title={both(field.title) || say("choices")} onNew={onNew} />
        ) : field.type === "ways" ? (
          <Outcomes key={field.name} node={node} field={field} onNew={onNew} />
        ) : (
          <Field key={field.name} node={node} field={field} onNew={onNew} />
        ),
      )}
      {sheet === "rename" && <Rename node={node} onClose={() => setSheet("")} />}
      {sheet === "remove" && <Remove node={node} onClose={() => setSheet("")} />}
    </div>
  );
};
