// The sound of a talk in practice: asks the carrier who hears whom, and links this browser with theirs.

import { SoundEars } from "./sound-ears.js";
import { SoundLink } from "./sound-link.js";
import { SoundPanel } from "./sound-panel.js";

const EVERY = { joining: 100, talking: 250, idle: 700 }; // milliseconds
const BYTES_EVERY = 1000;

export class Sound {
  // `ask` takes a body and returns the news; `place` is the element of the panel.
  constructor(ask, place) {
    this.ask = ask;
    this.window = crypto.randomUUID();
    this.first = true;
    this.links = new Map();
    this.notes = [];
    this.ears = new SoundEars();
    this.panel = new SoundPanel(place, {
      mute: () => this.mute(),
      here: () => (this.first = true),
      wake: () => this.ears.wake(),
    });
    this.muted = false;
    this.speaks = [];
    setInterval(() => this.shown && this.panel.levels(this.ears.said?.now ?? 0, this.ears.heard?.now ?? 0), 100);
    setInterval(() => this.shown && this.count(), BYTES_EVERY);
  }

  // Asks from now on, until `stop`.
  async start() {
    if (this.on) return;
    this.on = true;
    const turn = (this.turn = {});
    while (this.turn === turn) {
      await this.look().catch(() => {});
      const joining = this.shown && (this.notes.length || [...this.links.values()].some((link) => !link.joined));
      const pause = joining ? EVERY.joining : this.shown ? EVERY.talking : EVERY.idle;
      await new Promise((done) => setTimeout(done, pause));
    }
  }

  stop() {
    this.on = false;
    this.turn = null;
    this.end();
  }

  async look() {
    const notes = this.notes.splice(0);
    const turn = this.turn;
    const first = this.first;
    let news;
    try {
      news = await this.ask({ window: this.window, first, notes });
    } catch (error) {
      this.notes.unshift(...notes);
      throw error;
    }
    if (first) this.first = false;
    if (this.turn === turn) this.take(news);
  }

  take({ talking, elsewhere, links, notes }) {
    if (!talking) this.end(elsewhere);
    else this.begin();
    const known = new Set(links.map(({ number }) => number));
    for (const number of [...this.links.keys()]) if (!known.has(number)) this.drop(number);
    this.speaks = links.map(({ speak }) => speak);
    for (const one of links) this.link(one);
    for (const note of notes) this.links.get(note.link)?.take(note);
    this.tell();
  }

  begin() {
    if (this.shown) return;
    this.shown = true;
    this.bytes = { heard: 0, said: 0 };
    this.ears.open().then(() => this.tell());
  }

  end(elsewhere = false) {
    for (const number of [...this.links.keys()]) this.drop(number);
    if (this.shown) this.ears.close();
    this.shown = this.muted = false;
    this.panel.show({ state: elsewhere ? "elsewhere" : "" });
  }

  link({ number, hear, speak, offers }) {
    let link = this.links.get(number);
    if (!link) {
      link = new SoundLink(number, offers, (note) => this.notes.push(note), (track) => this.ears.add(number, track));
      this.links.set(number, link);
    }
    link.wanted = speak;
    link.speak(speak && !this.muted ? this.ears.track : null);
    this.ears.hear(number, hear);
  }

  drop(number) {
    this.links.get(number).close();
    this.links.delete(number);
    this.ears.drop(number);
  }

  mute() {
    this.muted = !this.muted;
    for (const link of this.links.values()) link.speak(link.wanted && !this.muted ? this.ears.track : null);
    this.tell();
  }

  tell() {
    if (!this.shown) return;
    for (const link of this.links.values()) link.speak(link.wanted && !this.muted ? this.ears.track : null);
    const links = [...this.links.values()];
    const { microphone, blocked } = this.ears;
    this.panel.show({ state: this.state(links), microphone, blocked, muted: this.muted });
  }

  state(links) {
    if (!links.length) return "alone";
    if (!links.some((link) => link.joined)) return "joining";
    if (this.speaks.every(Boolean)) return "both";
    return this.speaks.some(Boolean) ? "some" : "listening";
  }

  async count() {
    const all = await Promise.all([...this.links.values()].map((link) => link.bytes()));
    const sum = (name) => all.reduce((total, one) => total + one[name], 0);
    this.panel.bytes(sum("heard"), sum("said"));
  }
}
