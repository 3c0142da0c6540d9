// What a telephone sounds like: keys' tones, the beep, music, and voices.

const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477];
const KEYS = "123456789*0#";
const KEY_SECONDS = 0.16;
const LOUDNESS = 0.12;
const MOST_LOOPS = 3;

export class Sounds {
  constructor() {
    this.on = true;
    this.rate = 1; // of voices and music
    this.music = document.createElement("audio");
    this.music.className = "music";
    document.body.append(this.music);
    this.stopSpeaking = () => {};
    window.speechSynthesis?.getVoices(); // Browsers load the list at the first question.
  }

  // Browsers let sound out only after a click or a key, so this is called by one.
  wake() {
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") this.context.resume();
  }

  key(key) {
    const place = KEYS.indexOf(key);
    if (place >= 0) this.beep([ROWS[Math.floor(place / 3)], COLUMNS[place % 3]], KEY_SECONDS);
  }

  keys(row) {
    [...row].forEach((key, place) => setTimeout(() => this.key(key), place * 200));
  }

  // An SMS has come.
  text() {
    this.beep([1568], 0.12);
    setTimeout(() => this.beep([2093], 0.18), 140);
  }

  beep(tones, seconds) {
    if (!this.on || !this.context) return;
    const begin = this.context.currentTime;
    const volume = new GainNode(this.context, { gain: 0 });
    volume.gain.setTargetAtTime(LOUDNESS, begin, 0.005); // Soft edges, or it clicks.
    volume.gain.setTargetAtTime(0, begin + seconds - 0.02, 0.005);
    volume.connect(this.context.destination);
    for (const frequency of tones) {
      const tone = new OscillatorNode(this.context, { frequency });
      tone.connect(volume);
      tone.start(begin);
      tone.stop(begin + seconds + 0.05);
    }
  }

  // Plays a sound `loop` times; true when it will tell `done`, false when it cannot be played.
  play(url, loop, done) {
    if (!url) return false;
    let left = loop;
    this.music.src = url;
    this.music.playbackRate = this.rate;
    this.music.muted = !this.on;
    this.music.onended = () => (--left > 0 ? this.music.play() : done());
    this.music.play().catch(() => {});
    return true;
  }

  voice(language) {
    const wanted = language.replace("cmn", "zh");
    const voices = window.speechSynthesis?.getVoices() ?? [];
    const named = (voice) => voice.lang.replace("_", "-");
    return voices.find((voice) => named(voice) === wanted)
      ?? voices.find((voice) => named(voice).startsWith(wanted.slice(0, 2)));
  }

  // Speaks and tells `done`; false where there is no voice for the language, or no sound is wanted.
  speak(text, language, loop, done) {
    const voice = this.voice(language);
    if (!this.on || !voice) return false;
    let left = Math.min(loop, MOST_LOOPS);
    const again = () => {
      this.words = new SpeechSynthesisUtterance(text);
      this.words.voice = voice;
      this.words.lang = voice.lang;
      this.words.rate = this.rate;
      this.words.onend = () => (--left > 0 ? again() : done());
      this.words.onerror = this.words.onend;
      window.speechSynthesis.speak(this.words);
    };
    this.stopSpeaking = () => {
      this.words.onend = this.words.onerror = null;
      window.speechSynthesis.cancel();
    };
    again();
    return true;
  }

  switch(on) {
    this.on = on;
    this.music.muted = !on;
  }

  // Silence at once.
  stop() {
    this.stopSpeaking();
    this.stopSpeaking = () => {};
    this.music.onended = null;
    this.music.pause();
  }
}
