// The telephone in the agent's browser: the sound of practice talks, or a phone that the carrier rings.

const place = document.getElementById("softphone");
const token = document.querySelector("meta[name=csrf-token]").content;

const send = (path, body, keepalive = false) => {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  return fetch(`/desk/${path}`, { method: "POST", headers, body: JSON.stringify(body), keepalive });
};

const told = (answer) => {
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
};

const ask = async (path, body) => told(await send(path, body));

// The sound of practice talks; who leaves amid one is asked first, and hung up as by the carrier's own phone.
const practise = (sound) => {
  const closes = () => send("sound", { window: sound.window, closes: true }, true);
  window.addEventListener("beforeunload", (event) => sound.shown && event.preventDefault());
  window.addEventListener("pagehide", () => {
    sound.stop(); // Or what it asks next would take back that it closes.
    closes(); // As does the server for whoever logs out, whose page cannot say so any more.
  });
  window.addEventListener("pageshow", (event) => event.persisted && sound.start());
  sound.start();
};

// Either part is fetched only where it is used.
if (place.dataset.mode === "practice") {
  const { Sound } = await import("./sound.js");
  const sound = new Sound(async (body) => {
    const answer = await send("sound", body);
    if (answer.status === 401) sound.stop(); // The page goes, and nobody is to be asked whether to leave a talk.
    return told(answer);
  }, place);
  practise(sound);
} else if (place.dataset.mode === "browser") {
  const { Softphone } = await import("./softphone-device.js");
  new Softphone((body) => ask("token", body), (body) => ask("hang-up", body), place).start();
}
