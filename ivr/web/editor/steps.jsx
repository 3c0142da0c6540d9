// The sheets by which a step of the menus is added, renamed or removed.

import { useId, useState } from "react";
import { Acts, Dialog } from "./dialog.jsx";
import { fileOf, short } from "./places.js";
import { change, nodeAt, useStore } from "./store.js";
import { both, say } from "./words.js";

const NAME = /^[a-z][a-z0-9_]*$/;
const APART = ["hotline.yaml", "hours.yaml", "queues.yaml", "emergency.yaml", "prompts.yaml", "rehearsals.yaml"];

const Name = ({ label, value, set, hint, wrong, focus }) => {
  const id = useId();
  return (
    <div>
      <label className="form-label" htmlFor={id}>{label}</label>
      <input id={id} className={`form-control ${wrong ? "is-invalid" : ""}`} value={value} autoComplete="off" spellCheck={false} autoFocus={focus} aria-describedby={`${id}-hint`} onChange={(event) => set(event.target.value)} />
      <small id={`${id}-hint`} className="quiet">{wrong || hint}</small>
    </div>
  );
};

const Select = ({ label, value, set, options, focus }) => {
  const id = useId();
  return (
    <div>
      <label className="form-label" htmlFor={id}>{label}</label>
      <select id={id} className="form-select" value={value} autoFocus={focus} onChange={(event) => set(event.target.value)}>
        {options.map(([name, title]) => <option key={name} value={name}>{title}</option>)}
      </select>
    </div>
  );
};

// `from` is the way's end that is to lead to the new step: { place, path, field }, or null.
export const Add = ({ from, onClose }) => {
  const [state, chosen] = [useStore((one) => one.state), useStore((one) => one.chosen)];
  const files = Object.keys(state.files).filter((name) => !name.includes("/") && !APART.includes(name));
  const here = from ? fileOf(from.place) : (nodeAt(state, chosen)?.file ?? chosen.replace("file:", ""));
  const [made, setMade] = useState({ kind: "say", file: files.includes(here) ? here : files[0], name: "" });
  const place = `${made.file.replace(/\.yaml$/, "")}.${made.name}`;
  const taken = state.places.includes(place);
  const good = NAME.test(made.name) && !taken;
  const add = () => {
    if (!good) return;
    const edits = [{ do: "add", place, kind: made.kind, fields: {}, words: {} }];
    if (from) edits.push({ do: "set", place: from.place, path: from.path, value: short(place, fileOf(from.place), [...state.places, place]) });
    change(edits, { then: place });
    onClose();
  };
  return (
    <Dialog title={say("add")} onClose={onClose} onSubmit={add}>
      {from && <p className="quiet">{say("from_here", from)}</p>}
      <Select focus label={say("kind")} value={made.kind} set={(kind) => setMade({ ...made, kind })} options={Object.entries(state.kinds).map(([kind, { title }]) => [kind, both(title) || kind])} />
      <Select label={say("file")} value={made.file} set={(file) => setMade({ ...made, file })} options={files.map((file) => [file, file])} />
      <Name label={say("step_name")} value={made.name} set={(name) => setMade({ ...made, name })} hint={say("step_name_help")} wrong={taken ? say("name_taken") : ""} />
      <Acts does={say("add")} onClose={onClose} disabled={!good} />
    </Dialog>
  );
};

export const Rename = ({ node, onClose }) => {
  const places = useStore((one) => one.state.places);
  const [to, setTo] = useState(node.place);
  const taken = to !== node.place && places.includes(to);
  const [file, name, more] = to.split(".");
  const good = NAME.test(file) && NAME.test(name ?? "") && !more && !taken && to !== node.place;
  const move = () => {
    if (!good) return;
    change([{ do: "move", place: node.place, to }], { then: to });
    onClose();
  };
  return (
    <Dialog title={say("rename_title")} onClose={onClose} onSubmit={move}>
      <Name focus label={say("new_place")} value={to} set={setTo} hint={say("rename_help")} wrong={taken ? say("name_taken") : ""} />
      <Acts does={say("rename")} onClose={onClose} disabled={!good} />
    </Dialog>
  );
};

export const Remove = ({ node, onClose }) => {
  const edges = useStore((one) => one.state.edges);
  const leads = [...new Set(edges.filter((edge) => edge.to === node.place && edge.from !== node.place).map((edge) => edge.from))];
  const remove = () => {
    change([{ do: "remove", place: node.place }], { then: leads[0] });
    onClose();
  };
  return (
    <Dialog title={`${say("remove_title")} ${node.place}`} onClose={onClose} onSubmit={remove}>
      <p>{say(leads.length ? "remove_leads" : "remove_free")}</p>
      {leads.length > 0 && <ul>{leads.map((place) => <li key={place}><code>{place}</code></li>)}</ul>}
      <p className="quiet">{say("remove_words")}</p>
      <Acts does={say("remove")} danger onClose={onClose} />
    </Dialog>
  );
};
