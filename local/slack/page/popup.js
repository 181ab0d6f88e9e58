// Small boxes beside their anchor: lists of options and menus.

import { h } from "./dom.js";

/** Place `content` under or above `anchor`. Returns {close, place}. */
export function popup(anchor, content, { onClose, match = true } = {}) {
  const box = h("div", { class: "popup" }, content);
  document.getElementById("layers").append(box);

  function place() {
    if (!anchor.isConnected) return close();
    const around = anchor.getBoundingClientRect();
    const below = innerHeight - around.bottom - 12;
    const above = around.top - 12;
    const under = below >= Math.min(box.scrollHeight, 220) || below >= above;
    box.style.maxHeight = `${Math.max(120, Math.min(320, under ? below : above))}px`;
    if (match) box.style.minWidth = `${around.width}px`;
    box.style.maxWidth = `${Math.min(innerWidth - 16, Math.max(around.width, 420))}px`;
    const width = box.offsetWidth;
    const left = match ? around.left : around.right - width;
    box.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    box.style.top = under ? `${around.bottom + 4}px` : `${around.top - box.offsetHeight - 4}px`;
  }

  function outside(event) {
    if (!box.contains(event.target) && !anchor.contains(event.target)) close();
  }

  let closed = false;
  function close() {
    if (closed) return;
    closed = true;
    box.remove();
    document.removeEventListener("pointerdown", outside, true);
    removeEventListener("scroll", place, true);
    removeEventListener("resize", place);
    onClose?.();
  }

  document.addEventListener("pointerdown", outside, true);
  addEventListener("scroll", place, true);
  addEventListener("resize", place);
  place();
  return { close, place, box };
}

/** A menu of actions under `button`; `items` are {label, description?, choose}. */
export function menu(button, items, label) {
  const rows = items.map((item) =>
    h("button", { class: "menu-item", role: "menuitem", tabindex: "-1", onclick: () => { shut(); item.choose(); } },
      h("span", {}, item.label), item.description ? h("small", {}, item.description) : null));
  const list = h("div", { role: "menu", "aria-label": label, onkeydown: keys }, rows);
  const shown = popup(button, list, { match: false, onClose: () => button.setAttribute("aria-expanded", "false") });
  button.setAttribute("aria-expanded", "true");
  rows[0]?.focus();

  function shut() {
    shown.close();
    button.focus();
  }

  function keys(event) {
    const at = rows.indexOf(document.activeElement);
    const to = { ArrowDown: (at + 1) % rows.length, ArrowUp: (at - 1 + rows.length) % rows.length, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) rows[to].focus();
    else if (event.key === "Escape" || event.key === "Tab") shut();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
