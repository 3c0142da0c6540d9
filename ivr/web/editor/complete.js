// What can stand at the cursor of a file of the menus: kinds, fields, places, queues, and what the JSON Schema names.

import { short } from "./places.js";
import { both } from "./words.js";

const option = (label, type, detail) => ({ label, type, detail });

// The node in which a line stands, and its kind, from the lines above and below.
const around = (doc, line) => {
  let from = line.number;
  while (from > 1 && !/^[a-z]/.test(doc.line(from).text)) from -= 1;
  const told = { kind: "", fields: new Set() };
  for (let at = from + 1; at <= doc.lines && /^(\s|#|$)/.test(doc.line(at).text); at += 1) {
    const found = /^ {2}([a-z_]+):\s*(\S*)/.exec(doc.line(at).text);
    if (found?.[1] === "kind") told.kind = found[2];
    if (found) told.fields.add(found[1]);
  }
  return told;
};

const fieldsOf = ({ kinds }, { kind, fields }) => {
  const known = (kinds[kind]?.fields ?? []).filter((field) => !fields.has(field.name));
  const made = known.map((field) => ({ ...option(field.name, "property", both(field.title)), apply: `${field.name}: ` }));
  return kind ? made : [{ ...option("kind", "property"), apply: "kind: " }, ...made];
};

const placesOf = (state, file) => state.nodes.map((node) => option(short(node.place, file, state.places), "variable", both(node.name)?.slice(0, 24)));

const named = (told) => [...(told?.enum ?? []), ...(told?.const ? [told.const] : [])].map((one) => option(String(one), "constant"));

// Any property of this name in the schema that has a list of what it can be.
const fromSchema = (schema, name, seen = new Set()) => {
  if (!schema || typeof schema !== "object" || seen.has(schema)) return [];
  seen.add(schema);
  const here = schema.properties?.[name];
  const found = [here, ...(here?.anyOf ?? [])].flatMap(named);
  return found.length ? found : Object.values(schema).flatMap((one) => fromSchema(one, name, seen)).filter((one, at, all) => all.findIndex((other) => other.label === one.label) === at);
};

const valuesOf = (state, file, told, name, schema) => {
  if (name === "kind") return Object.entries(state.kinds).map(([kind, { title }]) => option(kind, "class", both(title)));
  const field = state.kinds[told.kind]?.fields.find((one) => one.name === name);
  if (name === "queue" || field?.type === "queue") return state.queues.map((queue) => option(queue, "enum"));
  if (name === "go" || field?.type === "place") return placesOf(state, file);
  const options = (field?.options ?? []).map((one) => option(String(one), "constant", both(field.called?.[one])));
  return options.length ? options : fromSchema(schema, name);
};

const languagePlaces = (state) => state.nodes.flatMap((node) => Object.keys(node.words).map((path) => option(`${node.place}.${path}`, "variable")));

// `given` returns { state, file, schema } as they are now.
export const completion = (given) => (context) => {
  const { state, file, schema } = given();
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const word = /[\w.]*$/.exec(before)[0];
  if (!word && !context.explicit && !/: $/.test(before)) return null;
  const from = context.pos - word.length;
  const value = /(?:^\s*|[{,]\s*)([a-z_]+):\s+[\w.]*$/.exec(before);
  const told = around(context.state.doc, line);
  if (file.startsWith("languages/")) return /^[\w.]*$/.test(before) ? { from, options: languagePlaces(state) } : null;
  if (value) return { from, options: valuesOf(state, file, told, value[1], schema), validFor: /^[\w.]*$/ };
  if (/^ {2}[a-z_]*$/.test(before)) return { from, options: fieldsOf(state, told), validFor: /^\w*$/ };
  return null;
};
