// The menus drawn as a picture: boxes and ways laid out, some of them marked; moved and magnified by mouse and keys.
//
// draw(holder, picture, marks) returns { zoom(factor), whole(), marked() }, by which what is seen of it is moved. The picture is
// that of ivr/console/picture.py. The marks are
//   { nodes: [{ id, badge, note, strong, shade, href }], edges: [{ from, to, badge, weight, strong }] }
// A badge is short words on a box or beside a way, a note is read out and stands below the name, a weight (any number above 0) makes a way thicker in
// proportion, strong ones stand out, a shade (1 to 4) fills a box, one with a href is a link. A marked way that the menus do not have is drawn dashed. What is marked is reached by
// Tab, in the order of the marks, or everything where nothing is. The holder hears `picture-node` ({ id }) when a box is chosen.
// near(picture, marks) is the part of a picture around what is marked.

import { Graph, layout } from "../vendor/dagre.js";

const BOX = { width: 190, height: 58 };
const LINE = 22; // widths of a letter that is half as wide as a Chinese one
const THICKEST = 14;
const STEP = 0.15; // of what is seen
const ZOOM = 1.25;
const NEAREST = 300; // units of the picture across
const READABLE = 1.25; // units of the picture to a pixel, at most, where it begins
let pictures = 0;
const drawings = new WeakMap(); // by holder: what ends its listening

const svg = (name, told = {}, ...inside) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(told)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...inside);
  return made;
};

const wide = (letter) => (letter.codePointAt(0) > 0x2e7f ? 2 : 1);

const head = (id) =>
  svg("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, orient: "auto", markerUnits: "userSpaceOnUse", class: id.split("-")[0] },
    svg("path", { d: "M0,0 L8,4 L0,8 Z" }));

// The words in two lines at most, broken between Chinese letters and English words; what does not fit is left out.
const lines = (words) => {
  const made = [""];
  let width = 0;
  for (const part of words.match(/[\u2e80-\uffff]|[^\u2e80-\uffff\s]+\s*|\s+/gu) ?? []) {
    const more = [...part].reduce((sum, letter) => sum + wide(letter), 0);
    if (width && width + more > LINE) {
      if (made.length === 2) return [made[0], `${made[1].slice(0, LINE - 2)}…`];
      made.push("");
      width = 0;
    }
    made[made.length - 1] += part;
    width += more;
  }
  return made.map((line) => (line.length > LINE ? `${line.slice(0, LINE - 2)}…` : line));
};

const placed = ({ nodes, edges }, marked) => {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 24, ranksep: 60, marginx: 16, marginy: 16 });
  for (const node of nodes) graph.setNode(node.id, { ...BOX });
  for (const { from, to, label, beside } of edges) {
    const weight = marked.get(`${from} ${to}`)?.strong ? 20 : 1; // The heavier, the straighter.
    const words = [label, beside ? "" : marked.get(`${from} ${to}`)?.badge].filter(Boolean).join(" · ");
    graph.setEdge(from, to, { label, beside, weight, width: 8 * words.length, height: 14 });
  }
  layout(graph);
  return graph;
};

// Through the middle of each stretch, so that the bends are round.
const curve = (points) => {
  const middle = (a, b) => `${(a.x + b.x) / 2},${(a.y + b.y) / 2}`;
  const bends = points.slice(1, -1).map((point, at) => `Q${point.x},${point.y} ${middle(point, points[at + 2])}`);
  const [first, last] = [points[0], points.at(-1)];
  return `M${first.x},${first.y} ${bends.join(" ")} L${last.x},${last.y}`;
};

// A way that the menus do not have goes straight, from border to border.
const straight = (from, to) => {
  const side = from.x < to.x ? 1 : -1;
  const [start, end] = [from.x + (side * BOX.width) / 2, to.x - (side * BOX.width) / 2];
  if (from.x === to.x) return [{ x: from.x, y: from.y }, { x: to.x, y: to.y }];
  return [{ x: start, y: from.y + 12 }, { x: end, y: to.y + 12 }];
};

const way = (points, label, mark, most, tip, kind = "") => {
  const thick = mark?.weight ? Math.max(1.5, (THICKEST * mark.weight) / most) : undefined;
  const line = svg("path", { d: curve(points), "stroke-width": thick, "marker-end": `url(#${tip})` });
  const at = points[Math.floor(points.length / 2)];
  const words = [label, mark?.badge].filter(Boolean).join(" · ");
  const text = words ? [svg("text", { x: at.x, y: at.y - 3 - (thick ?? 0) / 2, "text-anchor": "middle" }, words)] : [];
  return svg("g", { class: `way ${kind} ${mark?.strong ? "strong" : ""}` }, line, ...text);
};

const box = (node, at, mark, reached) => {
  const [x, y] = [at.x - BOX.width / 2, at.y - BOX.height / 2];
  const told = [mark?.badge, mark?.note, node.name, node.kind].filter(Boolean).join(", ");
  const named = lines(node.name).map((line, row) => svg("text", { x: x + 12, y: y + 21 + row * 15, class: "name" }, line));
  const shade = mark?.shade ? `shade-${mark.shade}` : "";
  const made = svg(
    mark?.href ? "a" : "g",
    { class: `box ${mark ? "marked" : ""} ${mark?.strong ? "strong" : ""} ${shade}`, "data-id": node.id, href: mark?.href },
    svg("title", {}, [node.name, node.says, node.id].filter(Boolean).join("\n")),
    svg("rect", { x, y, ...BOX, rx: 12 }),
    ...named,
    svg("text", { x: x + 12, y: y + BOX.height - 7, class: "kind" }, [node.kind, mark?.note].filter(Boolean).join(" · ")),
  );
  if (mark?.href) made.setAttribute("aria-label", told);
  else if (reached) for (const [key, value] of Object.entries({ tabindex: 0, role: "img", "aria-label": told })) made.setAttribute(key, value);
  else made.setAttribute("aria-hidden", "true");
  if (mark?.badge) {
    const width = 14 + 8 * [...mark.badge].reduce((sum, letter) => sum + wide(letter), 0);
    const badge = { x: x + BOX.width - width + 8, y: y - 18, width, height: 22, rx: 11 };
    made.append(svg("g", { class: "mark" }, svg("rect", badge),
      svg("text", { x: badge.x + width / 2, y: y - 2, "text-anchor": "middle" }, mark.badge)));
  }
  return made;
};

// What is seen of the picture, and how keys, wheel and pointer change that.
const movable = (view, drawing, whole, signal) => {
  let seen = { ...whole };
  const show = (next) => {
    seen = next;
    drawing.setAttribute("viewBox", `${seen.x} ${seen.y} ${seen.width} ${seen.height}`);
  };
  const by = (x, y) => show({ ...seen, x: seen.x + x * seen.width, y: seen.y + y * seen.height });
  const zoom = (factor, left = 0.5, top = 0.5) => {
    const width = Math.min(Math.max(seen.width * factor, NEAREST), whole.width * 2);
    const height = (width * seen.height) / seen.width;
    show({ x: seen.x + left * (seen.width - width), y: seen.y + top * (seen.height - height), width, height });
  };
  // Shows this part in the middle, in the shape of the window; where it would be too small, only its beginning.
  const fit = ({ x, y, width, height, begin }) => {
    const shape = view.clientWidth / view.clientHeight;
    const grown = { width: Math.max(width, height * shape, view.clientWidth), height: 0 };
    if (begin) grown.width = Math.min(grown.width, view.clientWidth * READABLE);
    grown.height = grown.width / shape;
    const middle = { x: x + (width - grown.width) / 2, y: y + (height - grown.height) / 2 };
    if (begin && width > grown.width) middle.x = begin.x - 30;
    if (begin && (height > grown.height || width > 2 * grown.width)) middle.y = begin.y + (begin.height - grown.height) / 2;
    show({ ...middle, ...grown });
  };
  const keys = {
    ArrowLeft: () => by(-STEP, 0),
    ArrowRight: () => by(STEP, 0),
    ArrowUp: () => by(0, -STEP),
    ArrowDown: () => by(0, STEP),
    "+": () => zoom(1 / ZOOM),
    "=": () => zoom(1 / ZOOM),
    "-": () => zoom(ZOOM),
    0: () => fit(whole),
  };
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }, { signal });
  // The wheel scrolls the page until the picture is meant.
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !view.contains(document.activeElement)) return;
    event.preventDefault();
    const { left, top, width, height } = view.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 1 / ZOOM : ZOOM, (event.clientX - left) / width, (event.clientY - top) / height);
  }, { passive: false, signal });
  view.addEventListener("pointermove", (event) => {
    if (event.buttons !== 1) return;
    pulled += Math.abs(event.movementX) + Math.abs(event.movementY);
    by(-event.movementX / view.clientWidth, -event.movementY / view.clientHeight);
  }, { signal });
  // Who moves the picture by a box that is a link does not mean the link.
  let pulled = 0;
  view.addEventListener("pointerdown", () => (pulled = 0), { signal });
  view.addEventListener("dragstart", (event) => event.preventDefault(), { signal });
  view.addEventListener("click", (event) => pulled > 5 && event.preventDefault(), { capture: true, signal });
  view.addEventListener("focusin", ({ target }) => {
    const rect = target.closest(".box")?.querySelector("rect")?.getBBox();
    if (rect && target.matches(":focus-visible")) show({ ...seen, x: rect.x + rect.width / 2 - seen.width / 2, y: rect.y + rect.height / 2 - seen.height / 2 });
  }, { signal });
  return { fit, zoom };
};

const bounds = (drawing) => {
  const marked = [...drawing.querySelectorAll(".box.marked")].map((one) => one.getBBox());
  if (!marked.length) return null;
  const [left, top] = ["x", "y"].map((side) => Math.min(...marked.map((one) => one[side])) - 30);
  const right = Math.max(...marked.map((one) => one.x + one.width)) + 30;
  const bottom = Math.max(...marked.map((one) => one.y + one.height)) + 30;
  return { x: left, y: top, width: right - left, height: bottom - top, begin: marked[0] };
};

export const near = ({ nodes, edges }, marks) => {
  const known = new Set(edges.map(({ from, to }) => `${from} ${to}`));
  const beside = marks.edges.filter(({ from, to }) => !known.has(`${from} ${to}`));
  const marked = new Set(marks.nodes.map(({ id }) => id));
  const kept = edges.filter(({ from }) => marked.has(from));
  const seen = new Set([...marked, ...kept.map(({ to }) => to)]);
  const added = beside.map(({ from, to, badge }) => ({ from, to, label: badge, beside: true }));
  // Those with marks first, in their order: the layout breaks circles by going along from the first.
  const [first, others] = [marks.nodes.map(({ id }) => id), nodes.filter(({ id }) => seen.has(id) && !marked.has(id))];
  const theirs = first.map((id) => nodes.find((node) => node.id === id)).filter(Boolean);
  return { nodes: [...theirs, ...others], edges: [...kept, ...added] };
};

export const draw = (holder, picture, marks = {}) => {
  drawings.get(holder)?.abort();
  drawings.set(holder, new AbortController());
  const { nodes = [], edges = [] } = marks;
  const left = new Map(edges.map((edge) => [`${edge.from} ${edge.to}`, edge]));
  const graph = placed(picture, left);
  const [tip, strongTip] = ["tip", "strong-tip"].map((name) => `${name}-${++pictures}`);
  const most = Math.max(1, ...edges.map((edge) => edge.weight ?? 0));
  const ways = graph.edges().map(({ v, w }) => {
    const [{ points, label, beside }, mark] = [graph.edge(v, w), left.get(`${v} ${w}`)];
    left.delete(`${v} ${w}`);
    return way(points, label, beside ? { ...mark, badge: "" } : mark, most, mark?.strong ? strongTip : tip, beside ? "beside" : "");
  });
  const beside = [...left.values()].filter(({ from, to }) => graph.node(from) && graph.node(to)).map((mark) =>
    way(straight(graph.node(mark.from), graph.node(mark.to)), "", mark, most, strongTip, "beside"));
  const rank = new Map(nodes.map((mark, at) => [mark.id, at]));
  const order = ({ id }) => rank.get(id) ?? -1; // Tab goes along the marks.
  const boxes = [...picture.nodes].sort((a, b) => order(a) - order(b))
    .map((node) => box(node, graph.node(node.id), nodes[rank.get(node.id)], !nodes.length || rank.has(node.id)));
  const strong = (one) => Number(one.classList.contains("strong"));
  const drawing = svg("svg", { role: "group", "aria-label": holder.getAttribute("aria-label") ?? undefined },
    svg("defs", {}, head(tip), head(strongTip)), ...[...ways, ...beside].sort((a, b) => strong(a) - strong(b)), ...boxes);
  holder.replaceChildren(drawing);
  const { width, height } = graph.graph();
  const all = { x: 0, y: 0, width, height };
  const { fit, zoom } = movable(holder, drawing, all, drawings.get(holder).signal);
  const marked = () => fit(bounds(drawing) ?? all);
  marked();
  drawing.addEventListener("click", ({ target }) => {
    const id = target.closest(".box")?.dataset.id;
    if (id) holder.dispatchEvent(new CustomEvent("picture-node", { detail: { id }, bubbles: true }));
  });
  holder.dataset.drawn = String(picture.nodes.length);
  return { zoom, whole: () => fit(all), marked };
};
