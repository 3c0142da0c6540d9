// The way of one call on the picture of its menus: with what is near it, or with all menus.

import { draw, near } from "./menu-picture.js";

const section = document.querySelector("[data-call-path]");
const { picture, marks } = JSON.parse(document.getElementById("call-path").textContent);
const holder = section.querySelector(".picture");
const tools = section.querySelector(".picture-tools");
const ZOOM = 1.25;
let moved = null;

const does = {
  way: () => (moved = draw(holder, near(picture, marks), marks)),
  whole: () => {
    moved = draw(holder, picture, marks);
    moved.whole();
  },
  nearer: () => moved.zoom(1 / ZOOM),
  farther: () => moved.zoom(ZOOM),
};

holder.hidden = tools.hidden = false;
section.querySelector("details").open = false;
tools.addEventListener("click", ({ target }) => does[target.closest("button")?.dataset.does]?.());
does.way();
