// The fields of a form. What is typed is kept aside until the server took it; it is sent when the field is left.

import { useId } from "react";
import { Combo } from "./combo.jsx";
import { places } from "./options.js";
import { short, whole } from "./places.js";
import { change, choose, type, useStore } from "./store.js";
import { both, say } from "./words.js";

// A text that is sent by `edits(text)` when the field is left.
export const Typed = ({ id, value, edits, rows, label, described, lang, mode, invalid }) => {
  const typed = useStore((one) => one.typed[id]);
  const can = useStore((one) => one.state.can.edit);
  const sent = useStore((one) => one.waiting.some((item) => item.typed?.[id] !== undefined));
  const send = () => {
    if (typed === undefined || sent) return;
    if (typed === value) type(id, null);
    else change(edits(typed), { typed: { [id]: typed } });
  };
  const told = {
    className: `form-control ${typed !== undefined ? "unsent" : ""} ${invalid ? "is-invalid" : ""}`,
    value: typed ?? value,
    lang,
    readOnly: !can,
    "aria-label": label,
    "aria-describedby": described,
    onChange: (event) => type(id, event.target.value),
    onBlur: send,
  };
  const keys = (event) => {
    if (event.key === "Escape" && typed !== undefined && !sent) {
      event.stopPropagation();
      type(id, null);
    } else if (event.key === "Enter" && (!rows || event.ctrlKey)) send();
  };
  return rows ? <textarea {...told} rows={rows} onKeyDown={keys} /> : <input {...told} inputMode={mode} onKeyDown={keys} autoComplete="off" />;
};

// Words in all languages side by side; `place` is where they stand, as main.choose.say.
export const Words = ({ place, told = {}, title, required, rows = 2, most }) => {
  const languages = useStore((one) => one.state.languages);
  const typed = useStore((one) => one.typed);
  const length = (tag) => [...(typed[`words:${tag}:${place}`] ?? told[tag] ?? "")].length;
  return (
    <div className="words">
      {languages.map(({ tag, name }, index) => (
        <div key={tag}>
          <span className="words-language" aria-hidden="true">{name}</span>
          <Typed
            id={`words:${tag}:${place}`}
            value={told[tag] ?? ""}
            rows={rows}
            lang={tag}
            label={`${title}, ${name}`}
            invalid={!told[tag] && (required || index > 0) && Object.values(told).some(Boolean)}
            edits={(value) => [{ do: "words", language: tag, place, value }]}
          />
          {most && <small className={length(tag) > most ? "bad" : "quiet"}>{say("letters", { count: length(tag), most })}</small>}
        </div>
      ))}
    </div>
  );
};

// A place, with the way there.
export const PlaceField = ({ written = "", file, set, label, labelledBy, onNew, required }) => {
  const state = useStore((one) => one.state);
  const place = written && whole(written, file, state.places);
  const known = state.places.includes(place);
  return (
    <div className="place-field">
      <Combo options={places(state)} value={known ? place : written} free label={label} labelledBy={labelledBy} invalid={written ? !known : required}
        readOnly={!state.can.edit} pick={(value) => set(value ? short(value, file, state.places) : null)} />
      <button type="button" className="btn" disabled={!known} aria-label={`${say("go_there")}: ${place}`} title={say("go_there")} onClick={() => choose(place)}>→</button>
      {onNew && state.can.edit && <button type="button" className="btn" aria-label={`${say("new_here")}: ${label ?? ""}`} title={say("new_here")} onClick={onNew}>+</button>}
    </div>
  );
};

// `called` says in words what an option is, where it has any.
const Chosen = ({ value, options, called = {}, set, required, labelledBy }) => {
  const can = useStore((one) => one.state.can.edit);
  const all = options.map((one) => ({ value: one, label: both(called[one]) || one }));
  const known = !value || all.some((one) => one.value === value);
  return (
    <select className={`form-select ${required && !value ? "is-invalid" : ""}`} value={value ?? ""} disabled={!can} aria-labelledby={labelledBy} onChange={(event) => set(event.target.value || null)}>
      {(!required || !value) && <option value="">{say("none")}</option>}
      {!known && <option value={value}>{String(value)}</option>}
      {all.map((one) => <option key={one.value} value={one.value}>{one.label}</option>)}
    </select>
  );
};

const Flag = ({ value, set, labelledBy }) => {
  const can = useStore((one) => one.state.can.edit);
  return (
    <label className="form-check form-switch">
      <input className="form-check-input" type="checkbox" role="switch" aria-labelledby={labelledBy} checked={Boolean(value)} disabled={!can} onChange={(event) => set(event.target.checked || null)} />
    </label>
  );
};

const number = (text) => (text.trim() === "" ? null : Number.isFinite(Number(text)) ? Number(text) : text);
const written = (value) => (value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));
const read = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

// One field of a node by its type; what has no form of its own here is a text, lists and the like as JSON.
export const Field = ({ node, field, onNew }) => {
  const id = useId();
  const queues = useStore((one) => one.state.queues);
  const { name, type: sort, required, options = [], called, most } = field;
  const value = node.fields[name];
  const title = both(field.title) || name;
  const set = (told) => change([{ do: "set", place: node.place, path: [name], value: told }]);
  const ask = (question) => change([{ do: "ask", place: node.place, question }]); // Its answers follow.
  const text = (from) => (
    <Typed id={`set:${node.place}:${name}`} value={written(value)} label={title} mode={sort === "number" ? "numeric" : undefined} invalid={required && value === undefined}
      edits={(told) => [{ do: "set", place: node.place, path: [name], value: from(told) }]} />
  );
  const made = {
    words: () => <Words place={`${node.place}.${name}`} told={node.words[name]} title={title} required={required} most={most} />,
    place: () => <PlaceField written={value} file={node.file} set={set} label={title} required={required} onNew={() => onNew({ place: node.place, path: [name], field: title })} />,
    queue: () => <Chosen value={value} options={queues} set={set} required={required} labelledBy={id} />,
    choice: () => <Chosen value={value} options={options} called={called} set={name === "ask" ? ask : set} required={required} labelledBy={id} />,
    flag: () => <Flag value={value} set={set} labelledBy={id} />,
    number: () => text(number),
    text: () => text((told) => told || null),
    key: () => text((told) => told || null),
  };
  return (
    <div className={`field field-${sort}`}>
      <span className="field-title" id={id}>{title} {required && <small>{say("required")}</small>}</span>
      {field.help && <small className="quiet">{both(field.help)}</small>}
      {(made[sort] ?? (() => text((told) => (told ? read(told) : null))))()}
    </div>
  );
};
