// Publishing: what changes, a note, and what the gate says against it.

import { useEffect, useId, useState } from "react";
import { Acts, Dialog } from "./dialog.jsx";
import { ProblemList } from "./problems.jsx";
import { Rehearsals, Trap } from "./proof.jsx";
import { act, look } from "./server.js";
import { load, useStore } from "./store.js";
import { both, say } from "./words.js";

const Findings = ({ told, onSpot }) => (
  <div role="alert" className="findings">
    <p className="bad">{told.message ? both(told.message) : say("findings")}</p>
    <ProblemList problems={told.problems ?? []} onSpot={onSpot} />
    <ul className="traps" role="list">{(told.traps ?? []).map((trap) => <Trap key={both(trap.told)} trap={trap} />)}</ul>
    <Rehearsals told={told.rehearsals} />
  </div>
);

export const Publish = ({ onClose, onSpot }) => {
  const revision = useStore((one) => one.state.revision);
  const [lines, setLines] = useState(null);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(null);
  const [found, setFound] = useState(null);
  const id = useId();
  useEffect(() => {
    look("differences").then(({ status, told }) => setLines(status === 200 ? told.lines : []));
  }, [revision]);
  const publish = async () => {
    setBusy(true);
    const { status, told } = await act("publish", { revision, note });
    setBusy(false);
    if (status >= 200 && status < 300) {
      setDone(told);
      setFound(null);
      load();
    } else setFound(status ? told : { message: say("lost") });
  };
  const spot = (where) => {
    onSpot(where);
    onClose();
  };
  if (done) {
    return (
      <Dialog title={say("publish")} onClose={onClose}>
        <p role="status" className="good">{done.message ? both(done.message) : done.version ? say("published", done) : say("requested")}</p>
        <Acts onClose={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog title={say("publish_title")} onClose={onClose} onSubmit={publish} wide>
      <section aria-label={say("differences")}>
        <h3>{say("differences")}</h3>
        <ul className="differences" tabIndex={0} aria-label={say("differences")}>
          {(lines ?? []).map((one) => <li key={`${one.place}${both(one.words)}`}>{one.place && <code>{one.place}</code>} {both(one.words)}</li>)}
        </ul>
        {lines?.length === 0 && <p className="quiet">{say("no_differences")}</p>}
      </section>
      <div>
        <label className="form-label" htmlFor={id}>{say("note")}</label>
        <textarea id={id} className="form-control" rows={2} required placeholder={say("note_help")} value={note} onChange={(event) => setNote(event.target.value)} />
      </div>
      {busy && <p role="status">{say("publishing")}</p>}
      {found && <Findings told={found} onSpot={spot} />}
      <Acts does={say("publish")} onClose={onClose} busy={busy} disabled={!note.trim()} />
    </Dialog>
  );
};
