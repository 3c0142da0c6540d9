// What the wallet may answer to the question of a step, each with where it leads.

import { PlaceField } from "./fields.jsx";
import { change, useStore } from "./store.js";
import { both, say } from "./words.js";

// Every answer there may be to the question of a node, in order; then those that are written down, but are none.
export const answers = (node, field) => {
  const known = field.rows?.[node.fields[field.by]] ?? [];
  const written = typeof node.fields[field.name] === "object" ? Object.keys(node.fields[field.name] ?? {}) : [];
  const others = written.filter((one) => !known.some(({ value }) => value === one));
  return [...known, ...others.map((value) => ({ value, title: value, none: true }))];
};

const Row = ({ node, field, one, onNew }) => {
  const can = useStore((told) => told.state.can.edit);
  const title = both(one.title);
  const path = [field.name, one.value];
  const set = (value) => change([{ do: "set", place: node.place, path, value }]);
  return (
    <li className="outcome-row">
      <span className={one.none ? "bad" : ""}>{title}</span>
      <PlaceField written={node.fields[field.name]?.[one.value]} file={node.file} label={title} required set={set} onNew={() => onNew({ place: node.place, path, field: title })} />
      {one.none && can && <button type="button" className="btn" aria-label={`${say("remove")}: ${title}`} title={say("remove")} onClick={() => set(null)}>×</button>}
    </li>
  );
};

export const Outcomes = ({ node, field, onNew }) => {
  const rows = answers(node, field);
  return (
    <fieldset className="field outcome-rows">
      <legend className="field-title">{both(field.title)}</legend>
      {rows.length === 0 && <p className="quiet">{say("ask_first")}</p>}
      <ul role="list">
        {rows.map((one) => <Row key={one.value} node={node} field={field} one={one} onNew={onNew} />)}
      </ul>
    </fieldset>
  );
};
