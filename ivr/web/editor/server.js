// Asking the server about one draft. An answer is { status, told }; status 0 means that nothing came back.

const root = document.getElementById("editor");
const token = document.querySelector("meta[name=csrf-token]").content;

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

export const act = (path, body) =>
  answered(
    fetch(`${root.dataset.url}/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body),
    }),
  );

// The menus' JSON Schema, where the server has one.
export const schema = async () => {
  const { status, told } = await answered(fetch("/desk/menus/schema.json"));
  return status === 200 ? told : null;
};
