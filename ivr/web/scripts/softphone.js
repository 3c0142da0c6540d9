// The telephone in the agent's browser: the sound of practice talks, or a phone that the carrier rings.

const place = document.getElementById("softphone");
const token = document.querySelector("meta[name=csrf-token]").content;

export const ask = async (path, body) => {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const answer = await fetch(`/desk/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
};

// Either part is fetched only where it is used.
if (place.dataset.mode === "practice") {
  const { Sound } = await import("./sound.js");
  new Sound((body) => ask("sound", body), place).start();
} else if (place.dataset.mode === "browser") {
  const { Softphone } = await import("./softphone-device.js");
  new Softphone((body) => ask("token", body), (body) => ask("hang-up", body), place).start();
}
