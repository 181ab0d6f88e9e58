// Charts of data_visualization blocks, drawn as SVG: bar, line, area and pie.

import { h, svg } from "./dom.js";
import { decoded } from "./mrkdwn.js";

/** The drawing is as wide as it will be shown, so that its text keeps its size. */
const sizes = () => (innerWidth < 600 ? { width: 330, height: 230 } : { width: 640, height: 300 });
const COLORS = 6;
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

export function chart(block) {
  const kind = block.chart?.type;
  const drawn = kind === "pie" ? pie(block.chart) : axes(block.chart);
  const tip = h("div", { class: "chart-tip", hidden: true });
  const figure = h("figure", { class: "chart" }, h("figcaption", {}, decoded(block.title ?? "")), h("div", { class: "chart-frame" }, drawn.picture, tip), drawn.legend);
  drawn.picture.setAttribute("aria-label", `${block.title ?? "Chart"}: ${drawn.spoken}`);
  figure.addEventListener("pointermove", (event) => {
    const target = event.target.closest?.("[data-tip]");
    tip.hidden = !target;
    if (!target) return;
    const around = figure.querySelector(".chart-frame").getBoundingClientRect();
    tip.textContent = target.dataset.tip;
    tip.style.left = `${Math.min(event.clientX - around.left + 12, around.width - tip.offsetWidth - 4)}px`;
    tip.style.top = `${event.clientY - around.top - tip.offsetHeight - 8}px`;
  });
  figure.addEventListener("pointerleave", () => { tip.hidden = true; });
  return figure;
}

function legendOf(names) {
  return h("ul", { class: "legend" }, names.map((name, n) => h("li", {}, h("i", { class: `color-${n % COLORS}` }), decoded(name))));
}

function pie({ segments = [] }) {
  const total = segments.reduce((sum, one) => sum + one.value, 0) || 1;
  const size = 240;
  const middle = size / 2;
  const radius = middle - 6;
  const picture = svg("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", class: "pie" });
  let angle = -Math.PI / 2;
  const point = (at) => `${middle + radius * Math.cos(at)} ${middle + radius * Math.sin(at)}`;
  segments.forEach((one, n) => {
    const share = one.value / total;
    const to = angle + share * 2 * Math.PI;
    const tip = `${decoded(one.label)}: ${exact.format(one.value)} (${Math.round(share * 1000) / 10}%)`;
    const shape = share > 0.9999
      ? svg("circle", { cx: middle, cy: middle, r: radius })
      : svg("path", { d: `M${middle} ${middle}L${point(angle)}A${radius} ${radius} 0 ${share > 0.5 ? 1 : 0} 1 ${point(to)}Z` });
    shape.setAttribute("class", `slice color-${n % COLORS}`);
    shape.dataset.tip = tip;
    picture.append(shape);
    if (share >= 0.05) {
      const at = (angle + to) / 2;
      picture.append(svg("text", { x: middle + radius * 0.66 * Math.cos(at), y: middle + radius * 0.66 * Math.sin(at) + 4, class: "slice-text" }, `${Math.round(share * 100)}%`));
    }
    angle = to;
  });
  const spoken = segments.map((one) => `${one.label} ${Math.round((one.value / total) * 100)}%`).join(", ");
  return { picture, legend: legendOf(segments.map((one) => one.label)), spoken };
}

/** Round values at which to draw lines across. */
function ticksOf(low, high) {
  const rough = (high - low || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough);
  const ticks = [];
  for (let at = Math.floor(low / step) * step; at < high + step * 0.999; at += step) ticks.push(Math.abs(at) < step / 1e6 ? 0 : at);
  return ticks;
}

function axes({ type, series = [], axis_config: axis = {} }) {
  const { width, height } = sizes();
  const categories = axis.categories ?? series[0]?.data.map((one) => one.label) ?? [];
  const valueOf = (one, label) => one.data.find((datum) => datum.label === label)?.value ?? 0;
  const all = series.flatMap((one) => one.data.map((datum) => datum.value));
  const ticks = ticksOf(Math.min(0, ...all), Math.max(0, ...all));
  const [low, high] = [ticks[0], ticks.at(-1)];
  const left = axis.y_label ? 66 : 48;
  const slanted = categories.length > 8 || categories.some((label) => label.length * 7 > (width - left) / categories.length);
  const bottom = (slanted ? 62 : 26) + (axis.x_label ? 20 : 4);
  const [top, right] = [10, 12];
  const plotWidth = width - left - right;
  const plotHeight = height - top - bottom;
  const y = (value) => top + plotHeight * (1 - (value - low) / (high - low || 1));
  const band = plotWidth / Math.max(1, categories.length);
  const x = (n) => left + band * (n + 0.5);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "axes" });

  for (const tick of ticks) {
    picture.append(svg("line", { x1: left, x2: width - right, y1: y(tick), y2: y(tick), class: tick === 0 ? "grid zero" : "grid" }));
    picture.append(svg("text", { x: left - 8, y: y(tick) + 4, class: "tick end" }, short.format(tick)));
  }
  categories.forEach((label, n) => {
    const at = slanted ? { x: x(n), y: height - bottom + 14, class: "tick end", transform: `rotate(-35 ${x(n)} ${height - bottom + 14})` } : { x: x(n), y: height - bottom + 18, class: "tick middle" };
    picture.append(svg("text", at, decoded(label)));
  });
  if (axis.x_label) picture.append(svg("text", { x: left + plotWidth / 2, y: height - 4, class: "axis-label middle" }, decoded(axis.x_label)));
  if (axis.y_label) picture.append(svg("text", { class: "axis-label middle", transform: `translate(14 ${top + plotHeight / 2}) rotate(-90)` }, decoded(axis.y_label)));

  const draw = { bar: bars, line: lines, area: areas }[type] ?? bars;
  draw();
  const spoken = series.map((one) => `${one.name} ${one.data.map((datum) => `${datum.label} ${exact.format(datum.value)}`).join(", ")}`).join("; ");
  return { picture, legend: series.length > 1 || type !== "bar" ? legendOf(series.map((one) => one.name)) : null, spoken };

  function tipOf(one, label) {
    return `${decoded(label)}${series.length > 1 ? ` · ${decoded(one.name)}` : ""}: ${exact.format(valueOf(one, label))}`;
  }

  function bars() {
    const thick = Math.min(46, (band * 0.76) / series.length);
    categories.forEach((label, n) => series.forEach((one, s) => {
      const value = valueOf(one, label);
      const from = Math.min(y(value), y(0));
      const bar = svg("rect", { x: x(n) - (thick * series.length) / 2 + thick * s + 1, y: from, width: Math.max(1, thick - 2),
        height: Math.max(1, Math.abs(y(value) - y(0))), rx: 2, class: `bar color-${s % COLORS}` });
      bar.dataset.tip = tipOf(one, label);
      picture.append(bar);
    }));
  }

  function lines() {
    series.forEach((one, s) => {
      const path = categories.map((label, n) => `${n ? "L" : "M"}${x(n)} ${y(valueOf(one, label))}`).join("");
      picture.append(svg("path", { d: path, class: `line color-${s % COLORS}` }));
    });
    dots();
  }

  function areas() {
    series.forEach((one, s) => {
      const path = categories.map((label, n) => `${n ? "L" : "M"}${x(n)} ${y(valueOf(one, label))}`).join("");
      picture.append(svg("path", { d: `${path}L${x(categories.length - 1)} ${y(0)}L${x(0)} ${y(0)}Z`, class: `area color-${s % COLORS}` }));
      picture.append(svg("path", { d: path, class: `line color-${s % COLORS}` }));
    });
    dots();
  }

  function dots() {
    series.forEach((one, s) => categories.forEach((label, n) => {
      picture.append(svg("circle", { cx: x(n), cy: y(valueOf(one, label)), r: 3.2, class: `dot color-${s % COLORS}` }));
      const target = svg("circle", { cx: x(n), cy: y(valueOf(one, label)), r: 11, class: "target" });
      target.dataset.tip = tipOf(one, label);
      picture.append(target);
    }));
  }
}
