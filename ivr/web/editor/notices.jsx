// What could not be saved, why, and how to go on; nothing that was typed is lost.

import { useState } from "react";
import { again, discard, dismiss, present, remake, takeOver, useStore } from "./store.js";
import { both, say } from "./words.js";

const told = ({ do: what, place, to, name, value, text, key, to_key, go, path, words }) => {
  const at = [place ?? name, path?.join("."), key && `${say("key")} ${key}`, to_key && to_key !== key ? `→ ${to_key}` : "", to && `→ ${to}`, go && `→ ${go}`];
  const said = value ?? text ?? (words && Object.values(words).join("\n"));
  const does = { add: say("add"), remove: say("remove"), move: say("rename") }[what];
  return `${[does, ...at].filter(Boolean).join(" ")}${said === undefined || said === "" ? "" : `\n${typeof said === "string" ? said : JSON.stringify(said)}`}`;
};

const Kept = ({ item }) => {
  const [copied, setCopied] = useState(false);
  const text = item.edits.map(told).join("\n");
  const copy = () => navigator.clipboard.writeText(text.includes("\n") ? text.slice(text.indexOf("\n") + 1) : text).then(() => setCopied(true), () => setCopied(false));
  return (
    <li>
      <textarea className="form-control" readOnly rows={Math.min(text.split("\n").length, 6)} value={text} aria-label={text.split("\n")[0]} />
      <div className="row-acts">
        <button type="button" className="btn btn-primary" onClick={() => remake(item)}>{say("remake")}</button>
        <button type="button" className="btn" onClick={copy}>{copied ? say("copied") : say("copy")}</button>
        <button type="button" className="btn" onClick={() => discard(item)}>{say("discard")}</button>
      </div>
    </li>
  );
};

const Trouble = ({ trouble }) => {
  const words = {
    stale: () => trouble.message ?? say("stale", trouble),
    refused: () => both(trouble.message),
  };
  return (
    <div className="notice-bar" role="alert">
      <p>{(words[trouble.sort] ?? (() => say(trouble.sort)))()}</p>
      {trouble.sort === "stale" && <p className="quiet">{say("load_present_help")}</p>}
      {trouble.problems?.length > 0 && <ul>{trouble.problems.map((one) => <li key={one.words}>{both(one.words)}</li>)}</ul>}
      {trouble.sort === "stale" && <button type="button" className="btn btn-primary" onClick={present}>{say("load_present")}</button>}
      {["lost", "out"].includes(trouble.sort) && <button type="button" className="btn btn-primary" onClick={again}>{say("retry")}</button>}
      {trouble.sort === "refused" && <button type="button" className="btn" onClick={dismiss}>{say("dismiss")}</button>}
    </div>
  );
};

export const Notices = () => {
  const [trouble, kept, state] = [useStore((one) => one.trouble), useStore((one) => one.kept), useStore((one) => one.state)];
  return (
    <div className="notices">
      {!state.can.edit && (
        <div className="notice-bar quiet">
          <p>{say("readonly", state)}</p>
          {state.can.take_over && <button type="button" className="btn" onClick={takeOver}>{say("take_over")}</button>}
        </div>
      )}
      {trouble && <Trouble trouble={trouble} />}
      {kept.length > 0 && (
        <section className="kept" aria-label={say("kept")}>
          <h2>{say("kept")}</h2>
          <ul role="list">{kept.map((item) => <Kept key={item.id} item={item} />)}</ul>
        </section>
      )}
    </div>
  );
};
