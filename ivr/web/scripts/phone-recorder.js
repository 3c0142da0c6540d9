// Records the microphone as telephones do: 8 kHz, 16 bit, mono, until somebody stops it, silence, or its greatest length.

const RATE = 8000;
const QUIET = 0.012; // Root mean square of a sample's -1 to 1: below it nobody speaks.

export class Recorder {
  // `limits` has `most` and `silence` in seconds; `level` is told the loudness 0 to 1, `full` when it ends by itself.
  constructor(context, limits, level, full) {
    Object.assign(this, { context, limits, level, full });
    this.pieces = [];
    this.samples = 0;
    this.quiet = 0;
  }

  // Raises NotAllowedError or NotFoundError, as the browser says, where there is no microphone for us.
  async start() {
    if (!navigator.mediaDevices) throw new DOMException("no microphone", "NotFoundError");
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    await this.context.audioWorklet.addModule("/web/scripts/recorder-worklet.js");
    this.source = this.context.createMediaStreamSource(this.stream);
    this.node = new AudioWorkletNode(this.context, "recorder", { numberOfOutputs: 0 });
    this.node.port.onmessage = ({ data }) => this.take(data);
    if (this.stopped) return this.close();
    this.source.connect(this.node);
  }

  get seconds() {
    return this.samples / this.context.sampleRate;
  }

  take(piece) {
    if (this.stopped) return;
    this.pieces.push(piece);
    this.samples += piece.length;
    const loud = Math.sqrt(piece.reduce((sum, sample) => sum + sample * sample, 0) / piece.length);
    this.quiet = loud < QUIET ? this.quiet + piece.length / this.context.sampleRate : 0;
    this.level(Math.min(1, loud * 4));
    if (this.seconds >= this.limits.most) this.full();
    else if (this.limits.silence && this.quiet >= this.limits.silence) this.full();
  }

  // Lets the microphone go.
  close() {
    this.stopped = true;
    this.source?.disconnect();
    this.stream?.getTracks().forEach((track) => track.stop());
  }

  // Ends the recording; the whole of it as a WAV file.
  async stop() {
    this.close();
    const length = Math.min(this.seconds, this.limits.most);
    const target = new OfflineAudioContext(1, Math.max(1, Math.floor(length * RATE)), RATE);
    const whole = new AudioBuffer({ length: Math.max(1, this.samples), sampleRate: this.context.sampleRate });
    let place = 0;
    for (const piece of this.pieces) {
      whole.copyToChannel(piece, 0, place);
      place += piece.length;
    }
    const source = new AudioBufferSourceNode(target, { buffer: whole });
    source.connect(target.destination);
    source.start();
    return wav((await target.startRendering()).getChannelData(0));
  }
}

function wav(samples) {
  const file = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (place, word) => [...word].forEach((letter, n) => file.setUint8(place + n, letter.charCodeAt(0)));
  text(0, "RIFF");
  file.setUint32(4, 36 + samples.length * 2, true);
  text(8, "WAVEfmt ");
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true); // PCM
  file.setUint16(22, 1, true); // one channel
  file.setUint32(24, RATE, true);
  file.setUint32(28, RATE * 2, true);
  file.setUint16(32, 2, true);
  file.setUint16(34, 16, true);
  text(36, "data");
  file.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, n) => file.setInt16(44 + n * 2, Math.max(-1, Math.min(1, sample)) * 32767, true));
  return new Blob([file], { type: "audio/wav" });
}
