// A call's recordings: a waveform, the speed, and keys, beside the browser's own player.

import WaveSurfer from "../vendor/wavesurfer.js";

const STEP = 5; // seconds
const HEIGHT = 56; // pixels
const players = [...document.querySelectorAll("[data-player]")];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

// Only once it is heard: to fetch a recording is to hear it, which is written down.
const draw = (player, sound) =>
  WaveSurfer.create({
    container: player.querySelector(".wave"),
    media: sound,
    url: sound.src,
    height: HEIGHT,
    normalize: true,
    barWidth: 2,
    barGap: 1,
    dragToSeek: true,
    waveColor: colour("--ivr-quiet"),
    progressColor: colour("--ivr-accent"),
    cursorColor: colour("--ivr-alarm"),
    cspNonce: player.dataset.nonce,
  }).on("ready", () => (player.dataset.wave = "drawn"));

const equip = (player) => {
  const sound = player.querySelector("audio");
  const button = player.querySelector("button");
  const speed = player.querySelector("select");
  const time = player.querySelector(".time-of");
  const toggle = () => (sound.paused ? sound.play() : sound.pause());
  const to = (seconds) => (sound.currentTime = Math.min(Math.max(seconds, 0), sound.duration || 0));
  const faster = (steps) => {
    speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + steps, 0), speed.length - 1);
    sound.playbackRate = Number(speed.value);
  };
  const show = () => {
    button.setAttribute("aria-pressed", String(!sound.paused));
    time.textContent = `${clock(sound.currentTime)} / ${clock(sound.duration || 0)}`;
  };
  const keys = {
    " ": toggle,
    ArrowLeft: () => to(sound.currentTime - STEP),
    ArrowRight: () => to(sound.currentTime + STEP),
    ArrowUp: () => faster(1),
    ArrowDown: () => faster(-1),
  };
  player.querySelector(".player-tools").hidden = false;
  sound.addEventListener("loadeddata", () => draw(player, sound), { once: true });
  sound.addEventListener("play", () => {
    for (const other of players) if (other !== player) other.querySelector("audio").pause();
    sound.playbackRate = Number(speed.value);
  });
  for (const kind of ["play", "pause", "timeupdate", "loadedmetadata", "seeked"]) sound.addEventListener(kind, show);
  button.addEventListener("click", toggle);
  speed.addEventListener("change", () => faster(0));
  player.addEventListener("keydown", (event) => {
    const key = keys[event.key];
    if (!key || event.ctrlKey || event.altKey || event.metaKey || event.target.closest("audio, select")) return;
    if (event.key === " " && event.target === button) return; // Which it presses by itself.
    event.preventDefault();
    key();
  });
};

players.forEach(equip);
