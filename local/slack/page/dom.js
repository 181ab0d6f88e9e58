// Making elements: text is always set as text, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  close: "M5 5l10 10M15 5L5 15",
  back: "M12 4l-6 6 6 6",
  menu: "M3 5h14M3 10h14M3 15h14",
  send: "M3 10L17 3.5 13 17l-3.5-5.5zM9.5 11.5L17 3.5",
  clip: "M15.5 9.5l-5.6 5.6a3.6 3.6 0 01-5.1-5.1l6-6a2.4 2.4 0 013.4 3.4l-6 6a1.2 1.2 0 01-1.7-1.7l5.3-5.3",
  reply: "M4 4h12a1 1 0 011 1v8a1 1 0 01-1 1H9l-4 3v-3H4a1 1 0 01-1-1V5a1 1 0 011-1z",
  down: "M5 7.5l5 5 5-5",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  eye: "M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10zM10 12.3a2.3 2.3 0 100-4.6 2.3 2.3 0 000 4.6z",
  file: "M5 2.5h6l4 4v11H5zM11 2.5v4h4",
  home: "M3 9.5L10 3.5l7 6V17h-5v-4.5H8V17H3z",
  tick: "M4 10.5l4 4 8-9",
  info: "M10 9v5M10 6.2v.1M10 18a8 8 0 100-16 8 8 0 000 16z",
  alert: "M10 3l8 14H2zM10 8v4M10 14.4v.1",
  bolt: "M11 2L4 11.5h5L8.5 18 16 8.5h-5z",
  person: "M10 10a3.2 3.2 0 100-6.4 3.2 3.2 0 000 6.4zM3.5 17c.6-3.3 3-5 6.5-5s5.900 1.700 6.500 5",
  lock: "M5 9h10v8H5zM7 9V6.5a3 3 0 016 0V9",
};

/** Make an element: `h("button", {class: "x", onclick: f, "aria-label": "…"}, child, "text")`. */
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

export function icon(name, label) {
  const hidden = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  const path = svg("path", { d: ICONS[name], fill: "none", stroke: "currentColor", "stroke-width": 1.6,
    "stroke-linecap": "round", "stroke-linejoin": "round" });
  if (name === "more") path.setAttribute("stroke-width", 2.6);
  return svg("svg", { class: "icon", viewBox: "0 0 20 20", ...hidden }, path);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "data") for (const [key, text] of Object.entries(value)) {
      if (text !== undefined && text !== null) node.dataset[key] = text;
    }
    else if (name === "value") node.value = value;
    else if (name === "style") for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

let counter = 0;
export const uid = (prefix = "id") => `${prefix}-${++counter}`;

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** Everything a person can reach with Tab inside `root`, in order. */
export function reachable(root) {
  const found = root.querySelectorAll(
    "a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), [tabindex='0']",
  );
  return [...found].filter((node) => node.offsetParent !== null && !node.closest("[inert]"));
}

/** Show a short notice that leaves by itself. */
export function toast(text, kind = "error") {
  const close = () => node.remove();
  const node = h("div", { class: `toast ${kind}` },
    h("span", {}, text),
    h("button", { class: "icon-button", "aria-label": "Dismiss", onclick: close }, icon("close")));
  const holder = document.getElementById("toasts");
  for (const old of [...holder.children].slice(0, -2)) old.remove();
  holder.append(node);
  setTimeout(close, 9000);
}
