// All keys, in words.

import { Acts, Dialog } from "./dialog.jsx";
import { say } from "./words.js";

const KEYS = [
  [["←", "→", "↑", "↓"], "key_arrows"],
  [["Tab"], "key_tab"],
  [["Enter"], "key_enter"],
  [["Esc"], "key_escape"],
  [["Home"], "key_home"],
  [["+", "-", "0"], "key_zoom"],
  [["/"], "find"],
  [["Ctrl Z"], "undo"],
  [["Ctrl Shift Z"], "redo"],
  [["Ctrl S"], "save"],
  [["?"], "keys"],
];

export const Keys = ({ onClose }) => (
  <Dialog title={say("keys")} onClose={onClose}>
    <dl className="keys">
      {KEYS.map(([keys, words]) => (
        <div key={words}>
          <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
          <dd>{say(words)}</dd>
        </div>
      ))}
    </dl>
    <Acts onClose={onClose} />
  </Dialog>
);
