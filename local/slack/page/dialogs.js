// Layers over the page: each keeps the focus, Escape reaches the topmost, and the focus returns afterwards.

import { h, icon, reachable, uid } from "./dom.js";
import { textOf, bare } from "./mrkdwn.js";

const open = [];

/** Show `node` above everything. `onEscape` decides what Escape does. Returns a function that takes it away. */
export function layer(node, { onEscape, focus } = {}) {
  const entry = { node, onEscape, before: document.activeElement };
  open.push(entry);
  document.getElementById("layers").append(node);
  settle();
  (focus ?? reachable(node)[0] ?? node).focus?.();
  return () => {
    const at = open.indexOf(entry);
    if (at < 0) return;
    open.splice(at, 1);
    node.remove();
    settle();
    if (entry.before?.isConnected) entry.before.focus?.({ preventScroll: true });
  };
}

export const anyOpen = () => open.length > 0;

function settle() {
  document.getElementById("app").inert = open.length > 0;
  open.forEach((entry, n) => { entry.node.inert = n < open.length - 1; });
}

document.addEventListener("keydown", (event) => {
  const top = open.at(-1);
  if (!top || event.defaultPrevented) return;
  if (event.key === "Escape") {
    event.preventDefault();
    top.onEscape?.();
  } else if (event.key === "Tab") {
    const stops = reachable(top.node);
    if (!stops.length) return event.preventDefault();
    const inside = top.node.contains(document.activeElement);
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (!inside || document.activeElement === edge) {
      event.preventDefault();
      (event.shiftKey ? stops.at(-1) : stops[0]).focus();
    }
  }
});

/** Ask a confirm object's question. Resolves to whether the person agreed. */
export function ask(question) {
  return new Promise((resolve) => {
    const done = (answer) => { close(); resolve(answer); };
    const titleId = uid("confirm");
    const yes = h("button", { class: question.style === "danger" ? "button danger solid" : "button primary", onclick: () => done(true) },
      bare(question.confirm) || "Yes");
    const box = h("div", { class: "dialog confirm", role: "dialog", "aria-modal": "true", "aria-labelledby": titleId },
      h("h2", { id: titleId }, textOf(question.title)),
      h("div", { class: "confirm-text" }, textOf(question.text)),
      h("div", { class: "dialog-foot" },
        h("button", { class: "button", onclick: () => done(false) }, bare(question.deny) || "No"), yes));
    const close = layer(h("div", { class: "veil" }, box), { onEscape: () => done(false), focus: yes });
  });
}

/** Show a picture as large as the window allows. */
export function lightbox(src, alt, title) {
  const box = h("div", { class: "lightbox", role: "dialog", "aria-modal": "true", "aria-label": title || alt || "Image",
    onclick: (event) => { if (event.target === box || event.target.tagName === "FIGURE") close(); } },
    h("div", { class: "lightbox-bar" },
      h("span", {}, title || ""),
      h("a", { class: "button on-dark", href: src, target: "_blank", rel: "noopener" }, "Open original"),
      h("button", { class: "icon-button on-dark", "aria-label": "Close", onclick: () => close() }, icon("close"))),
    h("figure", {}, h("img", { src, alt: alt ?? "" })),
    alt ? h("p", { class: "lightbox-alt" }, alt) : null);
  const close = layer(box, { onEscape: () => close(), focus: box.querySelector("button") });
}
