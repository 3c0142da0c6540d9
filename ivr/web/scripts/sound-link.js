// One connection between two browsers of a talk, straight from the one to the other: no server in between.

const GATHER_SECONDS = 1.5;
const CONNECT_SECONDS = 10;

export class SoundLink {
  // `tell` is given notes for the other end; `sounds` whatever track comes in from there.
  constructor(number, offers, tell, sounds) {
    Object.assign(this, { number, tell });
    this.pc = new RTCPeerConnection({ iceServers: [] });
    this.pc.ontrack = ({ track }) => sounds(track);
    this.pc.onconnectionstatechange = () => this.pc.connectionState === "failed" && this.again();
    this.late = setTimeout(() => this.joined || this.again(), CONNECT_SECONDS * 1000);
    this.last = Promise.resolve();
    if (offers) this.then(() => this.offer());
  }

  get joined() {
    return this.pc.connectionState === "connected";
  }

  // One after the other; what was under way as the link was closed does not matter any more.
  then(job) {
    this.last = this.last.then(job).catch((error) => this.closed || this.again(error));
  }

  async offer() {
    this.sender = this.pc.addTransceiver("audio", { direction: "sendrecv" }).sender;
    await this.send();
    await this.pc.setLocalDescription(await this.pc.createOffer());
    await this.told("offer");
  }

  async answer(sdp) {
    await this.pc.setRemoteDescription({ type: "offer", sdp });
    const [transceiver] = this.pc.getTransceivers();
    transceiver.direction = "sendrecv";
    this.sender = transceiver.sender;
    await this.send();
    await this.pc.setLocalDescription(await this.pc.createAnswer());
    await this.told("answer");
  }

  // The addresses are few and near, so they go along with the description.
  async told(kind) {
    await new Promise((done) => {
      const look = () => this.pc.iceGatheringState === "complete" && done();
      this.pc.onicegatheringstatechange = look;
      setTimeout(done, GATHER_SECONDS * 1000);
      look();
    });
    if (!this.closed) this.tell({ link: this.number, kind, sdp: this.pc.localDescription.sdp });
  }

  take({ kind, sdp }) {
    if (kind === "offer") this.then(() => this.answer(sdp));
    else this.then(() => this.pc.setRemoteDescription({ type: "answer", sdp }));
  }

  // Has this track go out, or nothing at all.
  speak(track) {
    if (this.track === track) return;
    this.track = track;
    this.then(() => this.send());
  }

  async send() {
    if (this.sender && this.sender.track !== (this.track ?? null)) await this.sender.replaceTrack(this.track ?? null);
  }

  // Bytes of sound that came in and went out.
  async bytes() {
    const found = { heard: 0, said: 0 };
    for (const one of (await this.pc.getStats()).values()) {
      if (one.type === "inbound-rtp") found.heard += one.bytesReceived;
      if (one.type === "outbound-rtp") found.said += one.bytesSent;
    }
    return found;
  }

  again() {
    if (!this.closed) this.tell({ link: this.number, kind: "again", sdp: "" });
  }

  close() {
    this.closed = true;
    clearTimeout(this.late);
    this.pc.close();
  }
}
