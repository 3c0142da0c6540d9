// The picture of the menus with marks on it, as of the way of a call: with what is near them, or with all menus.

import { draw, near } from "./menu-picture.js";

const section = document.querySelector("[data-marked]");
const { picture, marks } = JSON.parse(section.querySelector("script").textContent);
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
section.querySelector("details")?.removeAttribute("open");
tools.addEventListener("click", ({ target }) => does[target.closest("button")?.dataset.does]?.());
does.way();
