// Draws the charts of a report. Each stands beside a table of the same figures, so nothing is told by a chart alone.

import * as echarts from "/web/vendor/echarts.js";

const COLOURS = ["#2a6657", "#b3661b", "#3f6fb0", "#8a4f93", "#7a7d2a", "#a33f4d"];
const dark = window.matchMedia("(prefers-color-scheme: dark)");

const two = (number) => String(number).padStart(2, "0");
const minutes = (value) => `${Math.floor(value / 60)}:${two(Math.round(value) % 60)}`;
const WRITE = {
  share: (value) => `${(100 * value).toFixed(1)}%`,
  seconds: minutes,
  number: (value) => value.toFixed(2),
  count: (value) => value.toLocaleString("en"),
};

const written = (unit) => (value) => (value === null || value === undefined ? "–" : (WRITE[unit] ?? String)(value));

const lines = (told, ink, rule) => ({
  grid: { left: 8, right: 16, top: told.series.length > 1 ? 36 : 16, bottom: 8, containLabel: true },
  legend: told.series.length > 1 ? { top: 0, type: "scroll", textStyle: { color: ink } } : undefined,
  tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: written(told.unit), confine: true },
  xAxis: { type: "category", data: told.labels, axisLabel: { color: ink, hideOverlap: true }, axisLine: { lineStyle: { color: rule } } },
  yAxis: {
    type: "value",
    max: told.unit === "share" ? 1 : undefined,
    minInterval: told.unit === "count" ? 1 : 0,
    axisLabel: { color: ink, formatter: written(told.unit) },
    splitLine: { lineStyle: { color: rule } },
  },
  series: told.series.map((one) => ({
    name: one.name,
    type: told.kind === "line" ? "line" : "bar",
    stack: told.kind === "stack" ? "all" : undefined,
    data: one.values,
    symbolSize: 7,
    showSymbol: told.labels.length < 60,
    barMaxWidth: 36,
  })),
});

const sankey = (told, ink) => ({
  tooltip: { renderMode: "richText", confine: true },
  series: [{
    type: "sankey",
    data: [...new Set(told.links.flatMap(([from, to]) => [from, to]))].map((name) => ({ name })),
    links: told.links.map(([source, target, value]) => ({ source, target, value })),
    label: { color: ink },
    lineStyle: { color: "gradient", opacity: 0.45 },
    nodeGap: 10,
    right: 200,
  }],
});

const draw = (figure) => {
  const told = JSON.parse(figure.querySelector("script").textContent);
  const ink = getComputedStyle(figure).color;
  const rule = dark.matches ? "#ffffff2b" : "#00000018";
  const place = figure.querySelector(".drawn");
  const chart = echarts.getInstanceByDom(place) ?? echarts.init(place, null, { renderer: "canvas" });
  const decal = { show: told.series.length > 1 && told.kind !== "line" };
  chart.setOption({
    color: COLOURS,
    textStyle: { fontFamily: getComputedStyle(figure).fontFamily },
    animation: false,
    aria: { enabled: true, decal, label: { enabled: false } },
    ...(told.kind === "sankey" ? sankey(told, ink) : lines(told, ink, rule)),
  }, true);
  return chart;
};

const figures = [...document.querySelectorAll("figure.chart")];
for (const figure of figures) figure.hidden = false; // An empty one is nothing to read.
const all = () => figures.map(draw);
all();
dark.addEventListener("change", () => requestAnimationFrame(all));
const wide = new ResizeObserver((found) => found.forEach((one) => echarts.getInstanceByDom(one.target)?.resize()));
figures.forEach((figure) => wide.observe(figure.querySelector(".drawn")));
