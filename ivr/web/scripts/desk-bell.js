// A ringing call, on whatever page of the desk: a tone, the tab's title, and a notification where the agent allowed it.

const HERTZ = 450; // China's ring-back tone,
const [SOUNDS, EVERY] = [1, 3]; // though rather more lively; seconds.
const TIMES = 30; // An agent's phone rings for no longer.
const LOUD = 0.15;

const bar = document.querySelector("[data-part=bell]");
const ask = document.querySelector("[data-notify]");
const title = document.title;

let ringing = "";
let notice = null;
let context = null;
let tone = null;

// Browsers let sound out only once the agent has clicked or pressed a key here; until then the tone stands still.
const wake = () => context?.state === "suspended" && context.resume().catch(() => {});

const heard = () => (bar.dataset.tone = context.state);

const sound = () => {
  if (!context) {
    context = new AudioContext();
    context.onstatechange = heard;
  }
  wake();
  heard();
  const gain = new GainNode(context, { gain: 0 });
  tone = new OscillatorNode(context, { frequency: HERTZ });
  for (let time = 0; time < TIMES; time += 1) {
    const at = context.currentTime + time * EVERY;
    gain.gain.setTargetAtTime(LOUD, at, 0.02);
    gain.gain.setTargetAtTime(0, at + SOUNDS, 0.05);
  }
  tone.connect(gain).connect(context.destination);
  tone.start();
};

const notify = (words, tag) => {
  if (!("Notification" in window) || Notification.permission !== "granted" || document.hasFocus()) return;
  notice = new Notification(words, { tag, requireInteraction: true });
  notice.onclick = () => window.focus();
};

const begin = ({ ring, title: words }) => {
  document.title = `☎ ${words}`;
  sound();
  notify(words, ring);
};

const end = () => {
  document.title = title;
  tone?.stop();
  notice?.close();
  tone = notice = null;
};

const look = () => {
  const shown = bar.querySelector("[data-ring]");
  const now = shown?.dataset.ring ?? "";
  if (now === ringing) return;
  if (ringing) end();
  ringing = now;
  if (shown) begin(shown.dataset);
};

// Never asked for by itself: a browser may take that amiss for ever.
const offer = () => {
  if (ask) ask.hidden = !("Notification" in window) || Notification.permission !== "default";
};

new MutationObserver(look).observe(bar, { childList: true });
for (const kind of ["click", "keydown"]) window.addEventListener(kind, wake, { capture: true });
ask?.addEventListener("click", () => Notification.requestPermission().then(offer));
window.addEventListener("pagehide", end);
offer();
look();
