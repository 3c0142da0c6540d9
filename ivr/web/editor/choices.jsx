// The choices of a menu: which key, what is said in each language, and where it leads.

import { useState } from "react";
import { PlaceField, Words } from "./fields.jsx";
import { change, useStore } from "./store.js";
import { say } from "./words.js";

const KEYS = [..."123456789", "0", "*", "#"];

// Two choices change their keys with each other where the new one is taken.
const choice = (place, key, more) => ({ do: "choice", place, key, ...more });

const KeySelect = ({ value, set, label }) => {
  const can = useStore((one) => one.state.can.edit);
  return (
    <select className="form-select key-select" aria-label={label} value={value} disabled={!can} onChange={(event) => set(event.target.value)}>
      {KEYS.map((key) => <option key={key} value={key}>{key}</option>)}
    </select>
  );
};

const Row = ({ node, at, told, onNew }) => {
  const can = useStore((one) => one.state.can.edit);
  const name = `${say("choice")} ${at}`;
  return (
    <li className="choice-row">
      <KeySelect value={at} label={`${name}: ${say("key")}`} set={(to) => change([choice(node.place, at, { to_key: to })])} />
      <div className="choice-told">
        <Words place={`${node.place}.choices.${told.go}`} told={node.words[`choices.${told.go}`] ?? {}} title={name} rows={1} required />
        <PlaceField written={told.go} file={node.file} label={`${name}: ${say("leads_to")}`} required
          set={(go) => go && change([choice(node.place, at, { to_key: at, go })])}
          onNew={() => onNew({ place: node.place, path: ["choices", at, "go"], field: name })} />
      </div>
      {can && <button type="button" className="btn" aria-label={`${say("choice_remove")} ${at}`} title={say("choice_remove")} onClick={() => change([choice(node.place, at, { to_key: null })])}>×</button>}
    </li>
  );
};

const Added = ({ node, taken }) => {
  const [base, languages] = [useStore((one) => one.state.languages[0].tag), useStore((one) => one.state.languages)];
  const [made, setMade] = useState(null);
  if (!made) {
    const key = KEYS.find((one) => !taken.includes(one));
    return key && <button type="button" className="btn" onClick={() => setMade({ key, go: "", words: {} })}>{say("choice_add")}</button>;
  }
  const add = async (event) => {
    event.preventDefault();
    await change([choice(node.place, made.key, { to_key: made.key, go: made.go, words: made.words })]);
    setMade(null);
  };
  return (
    <form className="choice-row choice-new" onSubmit={add}>
      <select className="form-select key-select" autoFocus aria-label={say("key")} value={made.key} onChange={(event) => setMade({ ...made, key: event.target.value })}>
        {KEYS.filter((key) => !taken.includes(key)).map((key) => <option key={key}>{key}</option>)}
      </select>
      <div className="choice-told">
        <div className="words">
          {languages.map(({ tag, name }) => (
            <div key={tag}>
              <span className="words-language" aria-hidden="true">{name}</span>
              <textarea className="form-control" rows={1} lang={tag} required={tag === base} aria-label={`${say("choice_add")}, ${name}`} value={made.words[tag] ?? ""}
                onChange={(event) => setMade({ ...made, words: { ...made.words, [tag]: event.target.value } })} />
            </div>
          ))}
        </div>
        <PlaceField written={made.go} file={node.file} label={say("leads_to")} set={(go) => setMade({ ...made, go: go ?? "" })} />
        <div className="row-acts">
          <button type="submit" className="btn btn-primary" disabled={!made.go || !made.words[base]}>{say("choice_add")}</button>
          <button type="button" className="btn" onClick={() => setMade(null)}>{say("cancel")}</button>
        </div>
      </div>
    </form>
  );
};

export const Choices = ({ node, title, onNew }) => {
  const can = useStore((one) => one.state.can.edit);
  const edges = useStore((one) => one.state.edges);
  const told = node.fields.choices ?? {};
  // Objects sort such keys by number; callers hear them in the order of the file, which the ways have.
  const order = edges.filter(({ from, path }) => from === node.place && path?.[0] === "choices").map(({ path }) => path[1]);
  const keys = [...new Set([...order, ...Object.keys(told)])].filter((key) => key in told);
  return (
    <fieldset className="field choices">
      <legend className="field-title">{title}</legend>
      <ul role="list">
        {keys.map((key) => <Row key={key} node={node} at={key} told={told[key] ?? {}} onNew={onNew} />)}
      </ul>
      {can && <Added node={node} taken={keys} />}
    </fieldset>
  );
};
