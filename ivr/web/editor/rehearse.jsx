// A practice call on the draft: the list of inputs is kept here, and the server plays them from the beginning each time.

import { useEffect, useId, useRef, useState } from "react";
import { instant, wall } from "./clock.js";
import { act } from "./server.js";
import { choose, nodeAt, put, take, useStore } from "./store.js";
import { hush, speak } from "./voice.js";
import { both, say } from "./words.js";

const KEYS = [..."123456789*0#"];
const BETWEEN = 5; // seconds from one input to the next
const CALLER = "+8613800138000";
const MARKS = { "<": "line-said", ">": "line-keyed", "~": "line-note", "=": "line-end" };

const later = (at, seconds) => new Date(new Date(at).getTime() + seconds * 1000).toISOString();

const Lines = ({ lines }) => {
  const list = useRef(null);
  // The newest is what was asked for.
  useEffect(() => {
    list.current.scrollTop = list.current.scrollHeight;
  }, [lines]);
  return (
    <ol className="lines" ref={list} tabIndex={0} aria-label={say("heard")} aria-live="polite">
      {lines.map((line, at) => (
        <li key={`${at}${line.words}`} className={MARKS[line.mark] ?? "line-note"} lang={line.language}>{both(line.words)}</li>
      ))}
    </ol>
  );
};

// What is `secret` is shown as dots, and nothing that keeps what is typed is told of it.
const Several = ({ press, secret }) => {
  const [keys, setKeys] = useState("");
  const asks = say(secret ? "keys_secret" : "keys_typed");
  const id = useId();
  const send = (event) => {
    event.preventDefault();
    if (keys) press(keys);
    setKeys("");
  };
  return (
    <form className="several" onSubmit={send}>
      <label className="visually-hidden" htmlFor={id}>{asks}</label>
      <input id={id} className="form-control" type={secret ? "password" : "text"} inputMode="numeric" pattern="[0-9*#]*" placeholder={asks} autoComplete={secret ? "one-time-code" : "off"} value={keys} onChange={(event) => setKeys(event.target.value)} />
      <button type="submit" className="btn" disabled={!keys}>{say("press")}</button>
    </form>
  );
};

const Keypad = ({ offers, press }) => {
  const told = new Map(offers.filter((one) => one.sort === "key").map((one) => [String(one.input?.keys ?? ""), one]));
  return (
    <div className="keypad" role="group" aria-label={say("keypad")}>
      {KEYS.map((key) => (
        <button type="button" key={key} className={`btn ${told.has(key) ? "key-told" : ""}`} title={both(told.get(key)?.label)} onClick={() => press(key)}>
          {key}{told.has(key) && <small>{both(told.get(key).label)}</small>}
        </button>
      ))}
    </div>
  );
};

const Outcomes = ({ offers, give }) => {
  const others = offers.filter((one) => one.sort !== "key" || !KEYS.includes(String(one.input?.keys ?? "")));
  return (
    others.length > 0 && (
      <fieldset className="outcomes">
        <legend className="quiet">{say("outcomes")}</legend>
        {others.map((one) => (
          <button type="button" className="btn" key={`${both(one.label)}${JSON.stringify(one.input)}`} onClick={() => give(one)}>{both(one.label)}</button>
        ))}
      </fieldset>
    )
  );
};

const Kept = ({ played }) => {
  const [name, setName] = useState("");
  const [told, setTold] = useState("");
  const id = useId();
  const keep = async (event) => {
    event.preventDefault();
    const { status, told } = await act("rehearsals", { name, ...played });
    if (status === 200) take(told); // It is part of the draft, which is at a new revision by it.
    setTold(status === 200 ? say("page_saved") : (told.message ?? say(status ? "refused" : "lost")));
  };
  return (
    <form className="several" onSubmit={keep}>
      <label className="visually-hidden" htmlFor={id}>{say("page_name")}</label>
      <input id={id} className="form-control" placeholder={say("page_name")} value={name} autoComplete="off" onChange={(event) => setName(event.target.value)} />
      <button type="submit" className="btn" disabled={!name.trim()}>{say("save_page")}</button>
      {told && <p role="status" className="quiet">{told}</p>}
    </form>
  );
};

const Setting = ({ played, begin }) => {
  const zone = useStore((one) => one.state.zone);
  const [at, setAt] = useState(wall(played?.at ? Date.parse(played.at) : Date.now(), zone));
  const [caller, setCaller] = useState(played?.caller ?? CALLER);
  const id = useId();
  return (
    <form className="setting" onSubmit={(event) => (event.preventDefault(), begin({ at: instant(at, zone), caller, inputs: [] }))}>
      <div><label className="form-label" htmlFor={`${id}-at`}>{say("moment")} <small className="quiet">{say("hotline_clock", { zone })}</small></label><input id={`${id}-at`} className="form-control" type="datetime-local" required value={at} onChange={(event) => setAt(event.target.value)} /></div>
      <div><label className="form-label" htmlFor={`${id}-by`}>{say("caller")}</label><input id={`${id}-by`} className="form-control" type="tel" value={caller} onChange={(event) => setCaller(event.target.value)} /></div>
      <button type="submit" className="btn btn-primary">{say(played ? "restart" : "begin")}</button>
    </form>
  );
};

export const Rehearse = () => {
  const [played, revision, state] = [useStore((one) => one.played), useStore((one) => one.state.revision), useStore((one) => one.state)];
  const [heard, setHeard] = useState(null);
  const [trouble, setTrouble] = useState("");
  const [aloud, setAloud] = useState(false);
  useEffect(() => hush, []);
  useEffect(() => {
    if (!played) return undefined;
    let over = false;
    act("rehearse", played).then(({ status, told }) => {
      if (over) return;
      setTrouble(status === 200 ? "" : (told.message ?? say(status ? "refused" : "lost")));
      if (status !== 200) return;
      const before = heard?.lines?.length ?? 0;
      if (aloud) speak(told.lines.slice(told.lines.length > before ? before : 0).filter((line) => line.mark === "<"));
      setHeard(told);
      forget(told.sealed);
      if (nodeAt(state, told.place)) choose(told.place);
    });
    return () => {
      over = true;
    };
  }, [played, revision]);

  // What was keyed in confidence is forgotten here as soon as the server has heard it.
  const forget = (sealed) => {
    const inputs = [...played.inputs];
    for (const { at, keys } of sealed) inputs[at] = { ...inputs[at], input: { is: "Pressed", keys } };
    if (sealed.length) put({ played: { ...played, inputs } });
  };
  const give = ({ input, at, seconds }) => {
    const before = played.inputs.at(-1)?.at ?? played.at;
    put({ played: { ...played, inputs: [...played.inputs, { input, at: at ?? later(before, seconds ?? BETWEEN) }] } });
  };
  const press = (key) => give(heard?.offers?.find((one) => one.sort === "key" && one.input?.keys === key) ?? { input: { is: "Pressed", keys: key } });
  const offers = heard?.offers ?? [];
  return (
    <div className="rehearse">
      <p className="quiet">{say("rehearse_help")}</p>
      <Setting key={played?.at} played={played} begin={(told) => put({ played: told })} />
      {trouble && <p role="alert" className="bad">{trouble}</p>}
      {played && heard && (
        <>
          <Lines lines={heard.lines} />
          {heard.ended && <p className="quiet">{say("ended", { reason: both(heard.ended) })}</p>}
          <div className="row-acts">
            <button type="button" className="btn" disabled={!played.inputs.length} onClick={() => put({ played: { ...played, inputs: played.inputs.slice(0, -1) } })}>{say("back")}</button>
            <label className="form-check form-switch"><input className="form-check-input" type="checkbox" role="switch" checked={aloud} onChange={(event) => (setAloud(event.target.checked), event.target.checked || hush())} /> {say("speak")}</label>
          </div>
          {!heard.ended && <Keypad offers={offers} press={press} />}
          {!heard.ended && <Several press={press} secret={heard.secret} key={heard.secret} />}
          {!heard.ended && <Outcomes offers={offers} give={give} />}
          {state.can.edit && <Kept played={played} />}
        </>
      )}
    </div>
  );
};
