// A field with a list of what can stand there; found by any of its words, by keyboard or mouse.

import { useId, useRef, useState } from "react";
import { say } from "./words.js";

const MOST = 40;

// `options` are [{ value, label, words }] with `words` to find it by; `pick` is told a value. Where `free`, anything typed is taken, too.
export const Combo = ({ options, value = "", pick, label, labelledBy, placeholder, free, className = "", inputRef, invalid, readOnly }) => {
  const [text, setText] = useState(null); // null: nobody types
  const [at, setAt] = useState(0);
  const id = useId();
  const list = useRef(null);
  const asked = (text ?? "").trim().toLowerCase().split(/\s+/);
  const found = text === null ? [] : options.filter(({ words }) => asked.every((word) => words.includes(word))).slice(0, MOST);
  const shown = text !== null;

  const close = () => {
    setText(null);
    setAt(0);
  };
  const take = (one) => {
    close();
    if (one !== undefined && one !== value) pick(one);
  };
  const move = (by) => {
    const next = Math.min(Math.max(at + by, 0), found.length - 1);
    setAt(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  const done = () => {
    if (found[at] && (text || !free)) take(found[at].value);
    else if (free) take(text.trim());
  };
  const pressed = (event) => {
    const keys = {
      ArrowDown: () => (shown ? move(1) : setText("")),
      ArrowUp: () => move(-1),
      Enter: () => shown && done(),
      Escape: () => shown && close(),
    };
    if (!keys[event.key] || (event.key === "Escape" && !shown)) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  };
  const left = () => (free && text?.trim() ? take(found.find((one) => one.value === text.trim())?.value ?? text.trim()) : close());

  return (
    <div className={`combo ${className}`}>
      <input
        ref={inputRef}
        className={`form-control ${invalid ? "is-invalid" : ""}`}
        role="combobox"
        aria-expanded={shown && found.length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={shown && found[at] ? `${id}-${at}` : undefined}
        aria-label={label}
        aria-labelledby={labelledBy}
        autoComplete="off"
        spellCheck={false}
        readOnly={readOnly}
        placeholder={placeholder}
        value={text ?? value}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onClick={() => !readOnly && text === null && setText("")}
        onKeyDown={readOnly ? undefined : pressed}
        onBlur={left}
      />
      <ul id={id} role="listbox" ref={list} hidden={!shown || !found.length} aria-label={label ?? say("find")}>
        {found.map((one, index) => (
          <li key={one.value} id={`${id}-${index}`} role="option" aria-selected={index === at}
            onMouseDown={(event) => event.preventDefault()} onClick={() => take(one.value)}>
            <b>{one.label}</b> <span>{one.value}</span>
          </li>
        ))}
      </ul>
      {shown && !found.length && text && !free && <p className="combo-none" role="status">{say("found_none")}</p>}
    </div>
  );
};
