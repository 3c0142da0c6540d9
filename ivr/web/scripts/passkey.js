// A passkey, made or used: what the server asks, and what the device answers, both in base64url where they are bytes.

const asked = JSON.parse(document.getElementById("options")?.textContent ?? "null");
const form = document.querySelector("[data-passkey]");

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) => buffer && btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
const listed = (keys) => (keys ?? []).map((key) => ({ ...key, id: bytes(key.id) }));

const create = () =>
  navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: listed(asked.excludeCredentials),
    },
  });

const get = () =>
  navigator.credentials.get({
    publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: listed(asked.allowCredentials) },
  });

const answer = (key) => {
  const response = { clientDataJSON: text(key.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (key.response[name]) response[name] = text(key.response[name]);
  }
  response.transports = key.response.getTransports?.() ?? [];
  const extensions = JSON.stringify(key.getClientExtensionResults());
  return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response, extensions });
};

if (form) {
  ({ create, get })[form.dataset.passkey]()
    .then((key) => {
      form.elements.credential.value = answer(key);
      form.submit();
    })
    .catch(() => {
      document.getElementById("trouble").hidden = false;
    });
}
