// The app's shortcuts: all of them beside the box one writes in, a message's own in its menu.

import { api } from "./api.js";
import { h, icon, toast } from "./dom.js";
import { menu } from "./popup.js";
import { state } from "./state.js";

/** A button with a menu of shortcuts; `message` ({channel, ts}) is what they are chosen for, if anything. */
export function shortcutButton(label, mark, shortcuts, message = {}) {
  const button = h("button", { class: "icon-button", type: "button", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": label, title: label,
    onclick: () => menu(button, shortcuts.map((one) => ({
      label: one.name,
      description: [state.app.name, one.description].filter(Boolean).join(" · "),
      choose: () => api.shortcut(one.callback_id, message).catch((error) => toast(error.message)),
    })), label) }, icon(mark));
  return button;
}

/** The menu of a message: what the app offers to do with it. */
export function messageMenu(message) {
  const offered = state.shortcuts.filter((one) => one.type === "message");
  return offered.length ? shortcutButton("Message shortcuts", "more", offered, message) : null;
}
