// The telephone in the agent's browser: the sound of practice talks, or a phone that the carrier rings.

const place = document.getElementById("softphone");
const token = document.querySelector("meta[name=csrf-token]").content;

const send = (path, body, keepalive = false) => {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  return fetch(`/desk/${path}`, { method: "POST", headers, body: JSON.stringify(body), keepalive });
};

export const ask = async (path, body) => {
  const answer = await send(path, body);
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
};

// Either part is fetched only where it is used.
if (place.dataset.mode === "practice") {
  const { Sound } = await import("./sound.js");
  const sound = new Sound((body) => ask("sound", body), place);
  window.addEventListener("beforeunload", (event) => sound.shown && event.preventDefault());
  window.addEventListener("pagehide", () => send("sound", { window: sound.window, closes: true }, true));
  sound.start();
} else if (place.dataset.mode === "browser") {
  const { Softphone } = await import("./softphone-device.js");
  new Softphone((body) => ask("token", body), (body) => ask("hang-up", body), place).start();
}
