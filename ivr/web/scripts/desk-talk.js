// What the agent does to a talk: hold, send on, ask somebody first, hand over, escalate, pause the recording.

import { texts } from "./desk-server.js";

const KINDS = ["queue", "agent", "number"];
const NOTHING = { kind: "queue", queue: "", colleague: "", outside: "" };

// What a key switches there and back waits for the answer to the key before, as else it would ask for the same again.
let before = Promise.resolve();
const inTurn = (act) => (before = before.then(act));

export const talk = {
  ...NOTHING,

  hold() {
    return inTurn(() => this.act("hold", { on: !this.held }));
  },

  tape() {
    return inTurn(() => this.act("record", { on: this.record === "paused" }));
  },

  escalate() {
    return this.act("escalate");
  },

  settle(way) {
    return this.guestRings && way !== "drop" ? false : this.act(`consult/${way}`);
  },

  openSend() {
    Object.assign(this, NOTHING, { trouble: "" });
    this.$refs.send.showModal();
  },

  closeSend() {
    if (this.$refs.send.open) this.$refs.send.close();
  },

  async send(event) {
    const to = { queue: this.queue, agent: this.colleague, number: this.outside.trim() }[this.kind];
    const way = event.submitter?.value === "consult" && this.canAsk ? "consult" : "transfer";
    if (!to) this.trouble = texts.choose_target;
    else if (await this.act(way, { kind: this.kind, to })) this.closeSend();
  },

  // The dialog's own keys.
  chosen(key) {
    if (!KINDS[key - 1]) return false;
    this.kind = KINDS[key - 1];
    this.$refs.send.querySelector(`[name="kind"][value="${this.kind}"]`).focus();
    return true;
  },

  pressedInTalk(key) {
    if (key === "p") this.hold();
    else if (key === "t") this.openSend();
    else if (key === "e") this.twice("e", () => this.escalate());
    else if (key === "r" && this.taped) this.tape();
    else if (key === "g" && this.asking) this.twice("g", () => this.settle("complete"));
    else if (key === "j" && this.asking) this.settle("join");
    else if (key === "q" && this.asking) this.settle("drop");
    else return false;
    return true;
  },

  get hosting() {
    return this.state === "talking" && this.mine === true;
  },

  get onHold() {
    return this.hosting && this.held === true;
  },

  get taped() {
    return this.hosting && this.record !== "";
  },

  get tapeWords() {
    return texts[this.record === "paused" ? "recording_paused" : "recording_on"];
  },

  get tapeWord() {
    return texts[this.record === "paused" ? "record_on" : "record_pause"];
  },

  get holdWord() {
    return texts[this.held ? "resume" : "hold"];
  },

  get escalateWord() {
    return this.asked("e", texts.escalate);
  },

  get handWord() {
    return this.asked("g", texts.hand_over);
  },

  get asking() {
    return this.hosting && this.guest !== "";
  },

  get guestRings() {
    return this.guestState === "ringing";
  },

  get canAsk() {
    return this.kind !== "queue";
  },

  get toQueue() {
    return this.kind === "queue";
  },

  get toAgent() {
    return this.kind === "agent";
  },

  get toNumber() {
    return this.kind === "number";
  },
};
