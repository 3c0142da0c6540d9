// The menus as a picture: boxes by kind, ways by key and reason; walked along by arrow keys, mended by pulling a way's end.

import { Controls, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, useStore as useView } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { BOXES, WAYS } from "./boxes.jsx";
import { BOX, drawn } from "./layout.js";
import { short } from "./places.js";
import { change, choose, here as hereOf, nodeAt, now, put, useStore } from "./store.js";
import { walk } from "./walk.js";
import { say } from "./words.js";

const QUICK = window.matchMedia("(prefers-reduced-motion: reduce)");
const SMALLEST = 0.08;
const READABLE = 0.6; // What is chosen is shown no smaller,
const WHOLE = 0.42; // but at first all of it, where it fits at this size.
const CALLED = {
  "controls.ariaLabel": say("views"),
  "controls.zoomIn.ariaLabel": say("zoom_in"),
  "controls.zoomOut.ariaLabel": say("zoom_out"),
  "controls.fitView.ariaLabel": say("fit"),
  "minimap.ariaLabel": say("map"),
};
const SMALL = { width: 140, height: 96 };
const HANDLES = [
  { type: "target", position: "left", x: 0, y: BOX.height / 2, width: 1, height: 1 },
  { type: "source", position: "right", x: BOX.width, y: BOX.height / 2, width: 1, height: 1 },
];

const told = (box) =>
  [box.name, box.title ?? `${say("matter")}, ${box.count} ${say("steps")}`, box.problems ? `${box.problems} ${say("problem_count")}` : ""]
    .filter(Boolean)
    .join(", ");

// An object stays the same as long as its box does, so that only what changed is drawn anew.
const remembered = () => {
  let old = new Map();
  return (items, key, make) => {
    const next = new Map();
    const made = items.map((item) => {
      const name = JSON.stringify(item);
      const one = old.get(key(item))?.name === name ? old.get(key(item)) : { name, made: make(item) };
      next.set(key(item), one);
      return one.made;
    });
    old = next;
    return made;
  };
};

const node = ({ box, edits }) => ({
  id: box.id,
  type: "box",
  position: { x: box.x, y: box.y },
  ...BOX,
  measured: BOX, // So that those that are out of view count, too.
  handles: HANDLES,
  data: box,
  connectable: edits,
  ariaLabel: told(box),
  ariaRole: "button",
  domAttributes: { "aria-roledescription": undefined },
});

const edge = ({ way, edits }) => ({
  id: way.id,
  source: way.from,
  target: way.to,
  type: "way",
  data: way,
  reconnectable: edits && way.paths.length === 1 && !way.to.startsWith("file:") ? "target" : false,
  focusable: false,
  domAttributes: { "aria-hidden": true }, // The form tells where each box leads.
});

const toggled = (file) => {
  const open = new Set(now().open);
  if (!open.delete(file)) open.add(file);
  return open;
};

const Drawing = ({ onForm }) => {
  const [state, open, here] = [useStore((one) => one.state), useStore((one) => one.open), useStore(hereOf)];
  const looks = useStore((one) => one.looks);
  const flow = useReactFlow();
  const far = useView(({ transform }) => transform[2] < READABLE);
  const view = useRef(null);
  const trail = useRef([]);
  const [nodesAs, edgesAs] = useRef([remembered(), remembered()]).current;
  const begin = state.nodes.find((one) => one.place === "main.start")?.place ?? state.nodes[0]?.place ?? "";
  const picture = useMemo(() => drawn(state, open, begin), [state, open, begin]);
  const edits = state.can.edit;
  const nodes = useMemo(() => nodesAs(picture.boxes.map((box) => ({ box, edits })), (one) => one.box.id, node), [picture, edits]);
  const edges = useMemo(() => edgesAs(picture.ways.map((way) => ({ way, edits })), (one) => one.way.id, edge), [picture, edits]);

  const centre = useCallback(
    (id, quick = QUICK.matches) => {
      const box = picture.boxes.find((one) => one.id === id);
      if (!box) return;
      const zoom = Math.max(flow.getZoom(), READABLE);
      flow.setCenter(box.x + BOX.width / 2, box.y + BOX.height / 2, { zoom, duration: quick ? 0 : 250 });
    },
    [picture, flow],
  );
  const [begun, keyed] = [useRef(false), useRef(false)];
  useEffect(() => {
    if (begun.current) centre(here, keyed.current || QUICK.matches);
    keyed.current = false;
  }, [looks, open]);
  const start = async () => {
    await flow.fitView({ minZoom: WHOLE });
    if (flow.getZoom() <= WHOLE) centre(here, true);
    begun.current = true;
  };

  const focus = (id) => {
    const look = (times) => {
      const box = view.current?.querySelector(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
      if (box) box.focus({ preventScroll: true });
      else if (times) requestAnimationFrame(() => look(times - 1)); // It is drawn once it comes into view.
    };
    look(60);
  };
  const to = (id) => {
    keyed.current = true; // Who walks by keys does not wait for a glide.
    choose(id);
    focus(id);
  };
  const enter = (id) => {
    if (!id.startsWith("file:")) return onForm();
    const file = id.slice(5);
    const inner = state.nodes.find((one) => one.file === file && one.place.endsWith(".start")) ?? state.nodes.find((one) => one.file === file);
    put({ open: toggled(file) });
    return to(inner.place);
  };
  const leave = (id) => {
    const file = nodeAt(state, id)?.file;
    if (!file) return;
    put({ open: toggled(file) });
    to(`file:${file}`);
  };
  const pressed = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const id = event.target.closest(".react-flow__node")?.dataset.id ?? here;
    const keys = {
      Enter: () => enter(id),
      Escape: () => leave(id),
      Home: () => to(begin),
      "+": () => flow.zoomIn(),
      "=": () => flow.zoomIn(),
      "-": () => flow.zoomOut(),
      0: () => flow.fitView(),
    };
    if (event.key.startsWith("Arrow")) {
      const next = walk(picture, id, event.key, trail.current);
      if (next) {
        trail.current = next.trail;
        to(next.id);
      }
    } else if (event.target.closest("button") || !keys[event.key]) return;
    else keys[event.key]();
    event.preventDefault();
    event.stopPropagation();
  };
  const focused = (event) => {
    const id = event.target.closest(".react-flow__node")?.dataset.id;
    if (id && id !== here && event.target.matches(":focus-visible")) choose(id);
  };
  const reconnected = (old, { target }) => {
    const [{ place, path }] = old.data.paths;
    if (target.startsWith("file:") || target === old.target) return;
    const value = short(target, nodeAt(state, place).file, state.places);
    change([{ do: "set", place, path, value }]);
  };

  return (
    <div className={`picture-view ${far ? "far" : ""}`} ref={view} onKeyDown={pressed} onFocus={focused} role="group" aria-label={say("picture")} aria-describedby="picture-help">
      <p id="picture-help" className="visually-hidden">{say("picture_help")}</p>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={BOXES}
        edgeTypes={WAYS}
        onNodeClick={(_, { id }) => choose(id)}
        onNodeDoubleClick={(_, { id }) => enter(id)}
        onReconnect={reconnected}
        onlyRenderVisibleElements
        ariaLabelConfig={CALLED}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        disableKeyboardA11y
        elevateNodesOnSelect={false}
        minZoom={SMALLEST}
        maxZoom={2}
        zoomOnDoubleClick={false}
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        onInit={start}
        proOptions={{ hideAttribution: false }}
      >
        <MiniMap style={SMALL} pannable zoomable nodeStrokeWidth={0} nodeClassName={({ id }) => (id === here ? "here" : "")} />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
};

export const Picture = (told) => (
  <ReactFlowProvider>
    <Drawing {...told} />
  </ReactFlowProvider>
);
