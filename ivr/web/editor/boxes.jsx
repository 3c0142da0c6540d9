// How a box and a way of the picture look.

import { BaseEdge, Handle, Position } from "@xyflow/react";
import { memo, useLayoutEffect, useRef } from "react";
import { Sign, family } from "./kinds.jsx";
import { BOX } from "./layout.js";
import { here, useStore } from "./store.js";
import { say } from "./words.js";

const Badge = ({ count }) => (count ? <span className="wrong-count" title={`${count} ${say("problem_count")}`}>{count}</span> : null);

// Marks what React Flow puts around a box or a way; told by itself, it would look at all of them for each step.
const useAround = (selector, mark, on) => {
  const inner = useRef(null);
  useLayoutEffect(() => mark(inner.current.closest(selector), on), [on]);
  return inner;
};

const current = (around, on) => (on ? around.setAttribute("aria-current", "step") : around.removeAttribute("aria-current"));
const raised = (around, on) => around.style.setProperty("z-index", on ? 1 : 0);

const Box = memo(({ data }) => {
  const chosen = useStore((one) => here(one) === data.id);
  const inner = useAround(".react-flow__node", current, chosen);
  return (
    <div ref={inner} className={`box ${data.count ? "box-matter" : `box-${family(data.kind)}`} ${chosen ? "box-here" : ""}`} title={`${data.name}\n${data.says ?? ""}\n${data.id}`}>
      <Handle type="target" position={Position.Left} />
      <Sign kind={data.count ? "matter" : data.kind} />
      <span className="box-words">
        <span className="box-name">{data.name}</span>
        <span className="box-kind">{data.count ? `${data.count} ${say("steps")}` : data.title}{data.says ? ` · ${data.says}` : ""}</span>
      </span>
      <Badge count={data.problems} />
      <Handle type="source" position={Position.Right} />
    </div>
  );
});

// Each stretch begins and ends level, so that the bends are round.
const curve = (points) => {
  const stretches = points.slice(1).map(({ x, y }, at) => {
    const middle = (points[at].x + x) / 2;
    return `C${middle},${points[at].y} ${middle},${y} ${x},${y}`;
  });
  return `M${points[0].x},${points[0].y} ${stretches.join(" ")}`;
};

// A way back to its own box goes around the box's top.
const round = (x, y) => `M${x},${y} C${x + 50},${y - 90} ${x - BOX.width - 50},${y - 90} ${x - BOX.width},${y}`;

const Way = memo(({ id, data, sourceX, sourceY }) => {
  const strong = useStore((one) => [data.from, data.to].includes(here(one)));
  const inner = useAround("svg", raised, strong);
  const own = !data.points.length;
  const back = !own && data.points[0].x > data.points.at(-1).x;
  const path = own ? round(sourceX, sourceY) : curve(data.points);
  const at = own ? { x: sourceX - BOX.width / 2, y: sourceY - 70 } : data.points[Math.floor(data.points.length / 2)];
  return (
    <g ref={inner} className={`way ${strong ? "way-strong" : ""} ${back ? "way-back" : ""}`}>
      <BaseEdge id={id} path={path} interactionWidth={0} markerEnd={`url(#${strong ? "tip-strong" : "tip"})`} />
      {data.label && <text x={at.x} y={at.y - 4} textAnchor="middle" className="way-label">{data.label}</text>}
    </g>
  );
});

export const Tips = () => (
  <svg className="tips" aria-hidden="true">
    <defs>
      {["tip", "tip-strong"].map((id) => (
        <marker key={id} id={id} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" orient="auto" markerUnits="userSpaceOnUse">
          <path d="M0,0 L8,4 L0,8 Z" className={id} />
        </marker>
      ))}
    </defs>
  </svg>
);

export const BOXES = { box: Box };
export const WAYS = { way: Way };
