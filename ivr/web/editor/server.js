// Asking the server about one draft. An answer is { status, told }; status 0 means that nothing came back.

const root = document.getElementById("editor");
let token = document.querySelector("meta[name=csrf-token]").content;

export const chinese = document.documentElement.lang.startsWith("zh");

const answered = async (asked) => {
  try {
    const answer = await asked;
    const json = answer.headers.get("Content-Type")?.includes("json");
    return { status: answer.status, told: json ? await answer.json() : {} };
  } catch {
    return { status: 0, told: {} };
  }
};

export const look = (path) => answered(fetch(`${root.dataset.url}/${path}`, { headers: { Accept: "application/json" } }));

const post = (path, body) =>
  answered(
    fetch(`${root.dataset.url}/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body),
    }),
  );

// The token against forgery is another once somebody has logged in anew in another tab, or after a long time.
const renewed = async () => {
  const page = await fetch(window.location.pathname).then((answer) => answer.text(), () => "");
  const found = new DOMParser().parseFromString(page, "text/html").querySelector("meta[name=csrf-token]")?.content;
  const other = Boolean(found) && found !== token;
  if (other) token = found;
  return other;
};

export const act = async (path, body) => {
  const answer = await post(path, body);
  return answer.status === 400 && (await renewed()) ? post(path, body) : answer;
};

// The menus' JSON Schema, where the server has one.
export const schema = async () => {
  const { status, told } = await answered(fetch("/desk/menus/schema.json"));
  return status === 200 ? told : null;
};
