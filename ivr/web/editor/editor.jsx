// The editor of the menus: a picture, and beside it the form, the file, problems, proof and rehearsal of what is chosen.

import "./editor.css";
import { useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { Bar } from "./bar.jsx";
import { Tips } from "./boxes.jsx";
import { Form } from "./form.jsx";
import { Keys } from "./keys.jsx";
import { Notices } from "./notices.jsx";
import { Picture } from "./picture.jsx";
import { Problems } from "./problems.jsx";
import { Proof } from "./proof.jsx";
import { Publish } from "./publish.jsx";
import { Rehearse } from "./rehearse.jsx";
import { Add } from "./steps.jsx";
import { load, put, step, toBox, useStore } from "./store.js";
import { Yaml } from "./yaml.jsx";
import { say } from "./words.js";

const TABS = ["form", "yaml", "problems", "proof", "rehearse"];
const FIELDS = "input, select, textarea, [contenteditable=true]";

const typing = (target) => target.matches(FIELDS) || Boolean(target.shadowRoot);

const Tabs = () => {
  const [tab, count] = [useStore((one) => one.tab), useStore((one) => one.state.problems.length)];
  const moved = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length];
    put({ tab: next });
    document.getElementById(`tab-${next}`).focus();
    event.stopPropagation();
  };
  return (
    <div className="tabs" role="tablist" onKeyDown={moved}>
      {TABS.map((name) => (
        <button type="button" key={name} role="tab" id={`tab-${name}`} className="tab" aria-selected={tab === name} aria-controls="panel" tabIndex={tab === name ? 0 : -1} onClick={() => put({ tab: name })}>
          {say(name)}{name === "problems" && count > 0 && <span className="wrong-count">{count}</span>}
        </button>
      ))}
    </div>
  );
};

const useKeys = (panel, find, setSheet) =>
  useEffect(() => {
    const pressed = (event) => {
      const write = typing(event.target);
      const key = event.key.toLowerCase();
      if (document.querySelector("dialog[open]")) return;
      if ((event.ctrlKey || event.metaKey) && key === "z" && !write) step(event.shiftKey ? "redo" : "undo");
      else if ((event.ctrlKey || event.metaKey) && key === "s") document.activeElement?.blur(); // Leaving a field saves it.
      else if (event.ctrlKey || event.metaKey || event.altKey) return;
      else if (key === "escape" && panel.current?.contains(event.target)) toBox();
      else if (write) return;
      else if (key === "/") find.current?.focus();
      else if (key === "?") setSheet({ is: "keys" });
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);

const Editor = () => {
  const [state, tab, trouble] = [useStore((one) => one.state), useStore((one) => one.tab), useStore((one) => one.trouble)];
  const [sheet, setSheet] = useState(null);
  const [spot, setSpot] = useState(null);
  const [panel, find] = [useRef(null), useRef(null)];
  const chosen = useStore((one) => one.chosen);
  useEffect(() => void load(), []);
  useEffect(() => setSpot(null), [chosen]);
  useKeys(panel, find, setSheet);
  if (!state) {
    if (!trouble) return <p className="nothing" role="status">{say("loading")}</p>;
    return <div className="nothing" role="alert"><p>{trouble.message ?? say(trouble.sort)}</p><button type="button" className="btn btn-primary" onClick={() => load().then((good) => good && put({ trouble: null }))}>{say("retry")}</button></div>;
  }
  const close = () => setSheet(null);
  const toForm = () => {
    put({ tab: "form" });
    requestAnimationFrame(() => panel.current?.querySelector("textarea, input, select")?.focus());
  };
  const toNew = (from) => setSheet({ is: "add", from });
  return (
    <div className="editor">
      <Tips />
      <Bar findRef={find} onAdd={() => toNew(null)} onKeys={() => setSheet({ is: "keys" })} onPublish={() => setSheet({ is: "publish" })} />
      <Notices />
      <div className="sides">
        <Picture onForm={toForm} />
        <section className="beside" aria-label={say(tab)}>
          <Tabs />
          <div className="panel" id="panel" role="tabpanel" aria-labelledby={`tab-${tab}`} ref={panel}>
            {tab === "form" && <Form onNew={toNew} />}
            {tab === "yaml" && <Yaml spot={spot} />}
            {tab === "problems" && <Problems onSpot={setSpot} />}
            {tab === "proof" && <Proof onSpot={setSpot} />}
            {tab === "rehearse" && <Rehearse />}
          </div>
        </section>
      </div>
      {sheet?.is === "keys" && <Keys onClose={close} />}
      {sheet?.is === "add" && <Add from={sheet.from} onClose={close} />}
      {sheet?.is === "publish" && <Publish onClose={close} onSpot={(where) => (setSpot(where), put({ tab: "yaml" }))} />}
    </div>
  );
};

createRoot(document.getElementById("editor")).render(<Editor />);
