// Which boxes and ways the picture has, and where: laid out from left to right, matters that are closed as one box each.

import { Graph, layout } from "@dagrejs/dagre";
import { chinese } from "./server.js";
import { cut, fileOf, first } from "./places.js";
import { both } from "./words.js";

export const BOX = { width: 212, height: 64 };
const LETTER = 7; // pixels

const language = chinese ? "zh" : "en";

const boxes = (state, open) => {
  const made = new Map();
  const wrong = (test) => state.problems.filter(test).length;
  for (const node of state.nodes) {
    const { place, kind, file } = node;
    if (open.has(file)) {
      const says = first(node, language);
      const name = both(node.name) || says || place;
      const problems = wrong((one) => one.place === place);
      made.set(place, { id: place, kind, file, name, says: says === name ? "" : says, problems, title: both(state.kinds[kind]?.title) || kind });
      continue;
    }
    const id = `file:${file}`;
    const box = made.get(id) ?? { id, file, count: 0, name: file.replace(/\.yaml$/, ""), problems: wrong((one) => one.file === file) };
    if (place.endsWith(".start")) box.name = both(node.name) || box.name;
    made.set(id, { ...box, count: box.count + 1 });
  }
  return made;
};

const reason = (state, node, { path, label }) => {
  if (path?.[0] === "choices" || !label) return label;
  const field = state.kinds[node?.kind]?.fields.find((one) => one.name === path?.[0]);
  const answer = field?.rows?.[node.fields[field.by]]?.find(({ value }) => value === label);
  return both((field?.rows ? answer : field)?.title) || label;
};

const ways = (state, made) => {
  const found = new Map();
  const kinds = new Map(state.nodes.map((node) => [node.place, node]));
  const box = (place) => (made.has(place) ? place : `file:${kinds.get(place)?.file ?? fileOf(place)}`);
  for (const edge of state.edges) {
    const [from, to] = [box(edge.from), box(edge.to)];
    if (from === to && from.startsWith("file:")) continue;
    if (!made.has(from) || !made.has(to)) continue;
    const label = from.startsWith("file:") ? "" : reason(state, kinds.get(edge.from), edge);
    const way = found.get(`${from} ${to}`) ?? { id: `${from} ${to}`, from, to, labels: [], paths: [] };
    found.set(way.id, { ...way, labels: label ? [...way.labels, label] : way.labels, paths: [...way.paths, { place: edge.from, path: edge.path }] });
  }
  return [...found.values()].map((way) => ({ ...way, label: cut([...new Set(way.labels)].join(" · "), 24) }));
};

// In the order in which a caller comes to them, so that Tab goes along.
const walked = (made, found, begin) => {
  const order = new Set();
  const after = Map.groupBy(found, ({ from }) => from);
  const queue = [begin, ...made.keys()].filter((id) => made.has(id));
  while (queue.length) {
    const id = queue.shift();
    if (order.has(id)) continue;
    order.add(id);
    queue.unshift(...(after.get(id) ?? []).map(({ to }) => to).filter((to) => !order.has(to)));
  }
  return [...order];
};

// What the layout depends on: the same boxes and ways stand where they stood.
let kept = { told: "", spots: null };

// Where nothing leads is right of the beginning, too: callers come there by the keys that work everywhere.
const loose = (order, found) => {
  const led = new Set(found.filter(({ from, to }) => from !== to).map(({ to }) => to));
  return order.slice(1).filter((id) => !led.has(id));
};

// Choices go down in the order in which they are heard, wherever more of them would go up.
const upright = (graph, found) => {
  const fans = Object.values(Object.groupBy(found, ({ from }) => from));
  const steps = fans.flatMap((fan) => fan.slice(1).map(({ to }, at) => Math.sign(graph.node(to).y - graph.node(fan[at].to).y)));
  if (steps.reduce((sum, step) => sum + step, 0) >= 0) return;
  const { height } = graph.graph();
  const flip = (spot) => (spot.y = height - spot.y);
  for (const id of graph.nodes()) flip(graph.node(id));
  for (const { v, w } of graph.edges()) for (const point of graph.edge(v, w).points) flip(point);
};

// The beginning stands beside what comes next, where it has its column to itself.
const level = (graph, id) => {
  const here = graph.node(id);
  const next = graph.successors(id).find((other) => graph.edge(id, other).height);
  if (!next || graph.nodes().some((other) => other !== id && graph.node(other).x === here.x)) return;
  here.y = graph.node(next).y;
  const edge = graph.edge(id, next);
  edge.points = edge.points.map((point) => ({ ...point, y: here.y }));
};

const placed = (order, found) => {
  const told = JSON.stringify([order, found.map(({ id, label }) => [id, label.length])]);
  if (kept.told === told) return kept.spots;
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 22, ranksep: 56, ranker: "tight-tree", marginx: 20, marginy: 20 });
  for (const id of order) graph.setNode(id, { ...BOX });
  // The layout keeps to the order in which it hears of ways where it can.
  const after = Map.groupBy(found, ({ from }) => from);
  for (const { from, to, label } of order.flatMap((id) => after.get(id) ?? [])) {
    if (from !== to) graph.setEdge(from, to, { width: LETTER * label.length, height: 14 });
  }
  for (const id of loose(order, found)) graph.setEdge(order[0], id, { width: 0, height: 0, weight: 0 });
  const begun = performance.now();
  layout(graph);
  performance.measure("layout", { start: begun });
  upright(graph, found);
  level(graph, order[0]);
  kept = { told, spots: graph };
  return graph;
};

// From one box's side to the other's by way of the points that the layout keeps free for it.
const route = (graph, { from, to }) => {
  const [start, end] = [graph.node(from), graph.node(to)];
  const side = start.x < end.x ? BOX.width / 2 : -BOX.width / 2;
  const inner = graph.edge(from, to).points.slice(1, -1);
  return [{ x: start.x + side, y: start.y }, ...inner, { x: end.x - side, y: end.y }];
};

export const drawn = (state, open, begin) => {
  const made = boxes(state, open);
  const found = ways(state, made);
  const order = walked(made, found, made.has(begin) ? begin : `file:${fileOf(begin)}`);
  const graph = placed(order, found);
  return {
    boxes: order.map((id) => ({ ...made.get(id), x: graph.node(id).x - BOX.width / 2, y: graph.node(id).y - BOX.height / 2 })),
    ways: found.map((way) => ({ ...way, points: way.from === way.to ? [] : route(graph, way) })),
  };
};
