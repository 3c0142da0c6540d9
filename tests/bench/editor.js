// What a browser is asked while the menus' editor is measured. A thing is painted once the frame after the one that has it begins.

(() => {
  const PATIENCE = 20_000; // milliseconds
  const painted = (there) =>
    new Promise((told, failed) => {
      const begun = performance.now();
      const look = (at) => {
        if (at - begun > PATIENCE) failed(new Error("it was never painted"));
        else requestAnimationFrame(there() ? told : look);
      };
      requestAnimationFrame(look);
    });
  const boxes = () => document.querySelectorAll(".react-flow__node .box").length > 0;
  const here = () => document.querySelector(".box-here")?.closest(".react-flow__node");
  const chosen = () => decodeURIComponent(window.location.hash.slice(1));
  const form = () => document.querySelector(".form-of h2")?.textContent ?? "";
  const follows = (place) => here()?.dataset.id === place && document.activeElement === here() && form().endsWith(place.replace("file:", ""));

  // Tells how long after the next press of a key what it does is painted; `begun` returns what to look for, or null.
  const after = (begun) =>
    new Promise((told) => {
      const pressed = ({ timeStamp }) =>
        queueMicrotask(() => setTimeout(() => {
          const there = begun();
          if (there) painted(there).then((at) => told(at - timeStamp));
          else told(null);
        }));
      document.addEventListener("keydown", pressed, { capture: true, once: true });
    });

  let [frames, running] = [[], false];
  window.bench = {
    first: painted(boxes),
    step: () => {
      const before = chosen();
      bench.asked = after(() => (chosen() === before ? null : () => follows(chosen())));
    },
    edit: (id, words) => {
      bench.asked = after(() => () => document.querySelector(`.react-flow__node[data-id="${CSS.escape(id)}"]`)?.textContent.includes(words));
    },
    way: (words) => {
      bench.asked = after(() => () => [...document.querySelectorAll(".way-strong .way-label")].some((one) => one.textContent === words));
    },
    opened: (count) => {
      const begun = performance.now();
      bench.asked = painted(() => document.querySelectorAll(".react-flow__minimap-node").length >= count).then((at) => at - begun);
    },
    watch: () => {
      [frames, running] = [[], true];
      let last = 0;
      const look = (at) => {
        if (last && at > last) frames.push(at - last); // Two looks at one moment are of one frame.
        last = at;
        if (running) requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    },
    frames: () => {
      running = false;
      return frames;
    },
    asking: () => performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/edits")).map(({ requestStart, responseEnd }) => responseEnd - requestStart),
    layouts: () => performance.getEntriesByName("layout").map(({ duration }) => duration),
  };
})();
