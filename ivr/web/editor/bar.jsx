// The bar above the picture: find, undo, add, prove, publish; and whether all is saved.

import { useRef } from "react";
import { Combo } from "./combo.jsx";
import { places } from "./options.js";
import { choose, put, step, useStore } from "./store.js";
import { say } from "./words.js";

const Saved = () => {
  const [waiting, typed, kept] = [useStore((one) => one.waiting.length), useStore((one) => Object.keys(one.typed).length), useStore((one) => one.kept.length)];
  const [busy, trouble] = [useStore((one) => one.busy), useStore((one) => one.trouble)];
  const left = waiting + typed + kept;
  const words = busy && !trouble ? say("saving") : left ? say("unsaved") : say("saved");
  return <span className={`saved ${left ? "saved-not" : ""}`} role="status">{words}</span>;
};

const Do = ({ name, keys, ...more }) => (
  <button type="button" className="btn" aria-label={say(name)} title={`${say(name)}${keys ? ` (${keys})` : ""}`} aria-keyshortcuts={keys?.replace("Ctrl", "Control")} {...more} />
);

export const Bar = ({ findRef, onAdd, onKeys, onPublish }) => {
  const [state, open] = [useStore((one) => one.state), useStore((one) => one.open)];
  const files = useRef([]);
  files.current = [...new Set(state.nodes.map((node) => node.file))];
  const all = files.current.every((file) => open.has(file));
  return (
    <div className="bar" role="toolbar" aria-label={say("views")}>
      <Combo className="finder-combo" inputRef={findRef} options={places(state)} label={say("find")} placeholder={`${say("find")}  /`} pick={choose} />
      <Do name="undo" keys="Ctrl+Z" disabled={!state.undo || !state.can.edit} onClick={() => step("undo")}>↶</Do>
      <Do name="redo" keys="Ctrl+Shift+Z" disabled={!state.redo || !state.can.edit} onClick={() => step("redo")}>↷</Do>
      {state.can.edit && <button type="button" className="btn" onClick={onAdd}>{say("add")}</button>}
      <button type="button" className="btn" onClick={() => put({ open: new Set(all ? [] : files.current) })}>{say(all ? "close_all" : "open_all")}</button>
      <Saved />
      <Do name="keys" keys="?" onClick={onKeys}>?</Do>
      {state.can.publish && <button type="button" className="btn btn-primary" onClick={onPublish}>{say("publish")}</button>}
    </div>
  );
};
