// Places as they are written in a file, and as they are called everywhere.

const stem = (file) => file.replace(/\.yaml$/, "");

export const fileOf = (place) => `${place.split(".")[0]}.yaml`;

// `urgent`, `person.message` or `stolen`, written in a file, is which place?
export const whole = (written, file, places) => {
  const own = `${stem(file)}.${written}`;
  if (written.includes(".")) return written;
  return places.includes(own) ? own : `${written}.start`;
};

// The shortest way to write a place in a file.
export const short = (place, file, places) => {
  const [other, name] = place.split(".");
  if (other === stem(file)) return name;
  return name === "start" && !places.includes(`${stem(file)}.${other}`) ? other : place;
};

const WIDTH = (letter) => (letter.codePointAt(0) > 0x2e7f ? 2 : 1);

// The beginning of a text that is as wide as so many Latin letters.
export const cut = (text, width) => {
  let [left, made] = [width, ""];
  for (const letter of text ?? "") {
    left -= WIDTH(letter);
    if (left < 0) return `${made.trimEnd()}…`;
    made += letter;
  }
  return made;
};

// What a node says first, in the reader's language where it has one.
export const first = (node, language) => {
  const told = node.words.say ?? Object.values(node.words)[0] ?? {};
  return Object.entries(told).find(([tag, text]) => tag.startsWith(language) && text)?.[1] ?? Object.values(told)[0] ?? "";
};
