// The file of the chosen step as it is written, beside the picture.
//
// It stands in a shadow of its own: there CodeMirror's styles are adopted by the browser, so that the page's policy need not let any in.

import { acceptCompletion, autocompletion } from "@codemirror/autocomplete";
import { yaml } from "@codemirror/lang-yaml";
import { indentService } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { Annotation, Compartment, EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { basicSetup } from "codemirror";
import { useEffect, useId, useRef, useState } from "react";
import { completion } from "./complete.js";
import { fileOf } from "./places.js";
import { schema } from "./server.js";
import { change, nodeAt, now, type, useStore } from "./store.js";
import { look } from "./yaml-look.js";
import { say } from "./words.js";

const outside = Annotation.define(); // A text that came from the server, and was not typed.
const begun = new Map(); // by file: the text on which somebody began to type
let known = null;

const overtaken = ({ state, typed }, file) => typed[`file:${file}`] !== undefined && begun.get(file) !== state.files[file];

const save = (file, anyway) => {
  const text = now().typed[`file:${file}`];
  if (text === undefined || (overtaken(now(), file) && !anyway)) return;
  change([{ do: "file", name: file, text }], { typed: { [`file:${file}`]: text } });
};

// What a key holds stands two to the right of it.
const inward = indentService.of((context, at) => {
  const { text } = context.lineAt(at, -1);
  return /:\s*$/.test(text) ? /^\s*/.exec(text)[0].length + 2 : undefined;
});

const diagnostics = (doc, problems) =>
  problems.map(({ line, words }) => {
    const { from, to } = doc.line(Math.min(Math.max(line, 1), doc.lines));
    return { from, to, severity: "error", message: words };
  });

const made = (parent, file, current) => {
  const held = new Compartment();
  const typed = EditorView.updateListener.of((update) => {
    if (!update.docChanged || update.transactions.some((one) => one.annotation(outside))) return;
    const [text, { file }, { state, typed }] = [update.state.doc.toString(), current(), now()];
    if (typed[`file:${file}`] === undefined) begun.set(file, state.files[file]);
    type(`file:${file}`, text === state.files[file] ? null : text);
  });
  const saves = { key: "Mod-s", preventDefault: true, run: () => (save(current().file), true) };
  const view = new EditorView({
    root: parent.getRootNode(),
    parent,
    state: EditorState.create({
      extensions: [
        keymap.of([saves, { key: "Tab", run: acceptCompletion }]),
        basicSetup,
        inward,
        yaml(),
        lintGutter(),
        autocompletion({ override: [completion(() => ({ ...current(), state: now().state, schema: known }))] }),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": say("yaml") }),
        held.of(EditorState.readOnly.of(false)),
        typed,
        look(),
      ],
    }),
  });
  return { view, hold: (on) => view.dispatch({ effects: held.reconfigure([EditorState.readOnly.of(on), EditorView.editable.of(!on)]) }) };
};

const shown = (view, text) => {
  if (view.state.doc.toString() === text) return;
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: outside.of(true) });
};

const toLine = (view, line) => {
  const { from } = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
};

export const Yaml = ({ spot }) => {
  const [state, chosen] = [useStore((one) => one.state), useStore((one) => one.chosen)];
  const node = nodeAt(state, chosen);
  const wanted = spot?.file ?? node?.file ?? (chosen.startsWith("file:") ? chosen.slice(5) : fileOf(chosen));
  const [picked, setPicked] = useState("");
  const file = picked && picked in state.files ? picked : wanted in state.files ? wanted : Object.keys(state.files)[0];
  const unsent = useStore((one) => one.typed[`file:${file}`]);
  const late = useStore((one) => overtaken(one, file) && !one.waiting.length);
  const [host, editor, current] = [useRef(null), useRef(null), useRef({ file })];
  const id = useId();
  current.current = { file };

  useEffect(() => setPicked(""), [chosen, spot]);
  useEffect(() => {
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const inner = document.createElement("div");
    root.replaceChildren(inner);
    editor.current = made(inner, file, () => current.current);
    schema().then((told) => (known = told));
    return () => editor.current.view.destroy();
  }, []);
  useEffect(() => {
    const { view, hold } = editor.current;
    shown(view, unsent ?? state.files[file] ?? "");
    hold(!state.can.edit);
    view.dispatch(setDiagnostics(view.state, diagnostics(view.state.doc, state.problems.filter((one) => one.file === file))));
  }, [state, file, unsent]);
  useEffect(() => {
    const line = spot?.file === file ? spot.line : node?.file === file ? node.line : 1;
    toLine(editor.current.view, line);
  }, [file, chosen, spot]);

  return (
    <div className="yaml">
      <div className="yaml-top">
        <label className="visually-hidden" htmlFor={id}>{say("file")}</label>
        <select id={id} className="form-select" value={file} onChange={(event) => setPicked(event.target.value)}>
          {Object.keys(state.files).map((name) => <option key={name}>{name}</option>)}
        </select>
        {unsent !== undefined && <button type="button" className="btn" onClick={() => type(`file:${file}`, null)}>{say("revert")}</button>}
        <button type="button" className="btn btn-primary" disabled={unsent === undefined} onClick={() => save(file, late)} aria-keyshortcuts="Control+S" title={say("save_keys")}>{say(late ? "save_anyway" : "save")}</button>
      </div>
      {late && <p role="alert" className="bad">{say("overtaken")}</p>}
      <div className="yaml-text" ref={host} onKeyDown={(event) => event.stopPropagation()} />
    </div>
  );
};
