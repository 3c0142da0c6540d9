// A sheet on top of the page, left by Escape.

import { useEffect, useId, useRef } from "react";
import { say } from "./words.js";

export const Dialog = ({ title, onClose, onSubmit, children, wide }) => {
  const sheet = useRef(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    sheet.current.showModal();
    return () => before?.isConnected && before.focus({ preventScroll: true });
  }, []);
  const submit = (event) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <dialog ref={sheet} className={`sheet ${wide ? "sheet-wide" : ""}`} aria-labelledby={id} onCancel={onClose} onClose={onClose} onKeyDown={(event) => event.stopPropagation()}>
      <form onSubmit={submit}>
        <h2 id={id}>{title}</h2>
        {children}
      </form>
    </dialog>
  );
};

export const Acts = ({ does, onClose, disabled, danger, busy }) => (
  <div className="sheet-acts">
    {does && <button type="submit" className={`btn ${danger ? "btn-danger" : "btn-primary"}`} disabled={disabled || busy}>{does}</button>}
    <button type="button" className="btn" onClick={onClose}>{does ? say("cancel") : say("close")}</button>
  </div>
);
