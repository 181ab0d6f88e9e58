// Modals: a stack of views, of which the topmost shows.

import { api } from "./api.js";
import { problem } from "./blocks.js";
import { layer } from "./dialogs.js";
import { h, icon, uid } from "./dom.js";
import { bare, textOf } from "./mrkdwn.js";
import { on } from "./state.js";
import { ViewBody } from "./viewbody.js";

let stack = [];
let shell = null;

export function startModals(open = []) {
  on("view", applied);
  for (const view of open) stack.push(new Modal(view));
  present();
}

function applied(event) {
  const known = (id) => stack.find((modal) => modal.view.id === id);
  switch (event.type) {
    case "view_opened":
      stack = [new Modal(event.view)];
      break;
    case "view_pushed":
      if (known(event.view.id)) known(event.view.id).update(event.view);
      else stack.push(new Modal(event.view));
      break;
    case "view_updated":
      known(event.view.id)?.update(event.view);
      break;
    case "view_closed":
      stack = stack.filter((modal) => (event.stack ?? []).includes(modal.view.id));
      break;
    case "views_cleared":
      stack = [];
      break;
    default:
      return;
  }
  present();
}

/** Show the topmost modal, or none. */
function present() {
  const top = stack.at(-1);
  if (shell?.modal === top) return;
  if (!top) {
    shell?.leave();
    shell = null;
    return;
  }
  if (!shell) {
    const veil = h("div", { class: "veil" });
    veil.append(top.box);
    shell = { veil, modal: top, leave: layer(veil, { onEscape: () => stack.at(-1)?.close(), focus: top.box }) };
  } else {
    shell.modal.leave();
    shell.veil.replaceChildren(top.box);
    shell.modal = top;
  }
  top.shown(stack.length > 1);
}

class Modal {
  constructor(view) {
    this.view = view;
    this.body = new ViewBody(view);
    this.body.onChanged = () => { this.note.textContent = ""; };
    this.busy = false;
    const titleId = uid("title");
    this.title = h("h2", { id: titleId });
    this.backButton = h("button", { class: "icon-button", type: "button", "aria-label": "Back", hidden: true, onclick: () => this.close() }, icon("back"));
    this.note = h("div", { class: "form-note", role: "alert" });
    this.closeButton = h("button", { class: "button", type: "button", onclick: () => this.close() });
    this.submitButton = h("button", { class: "button primary solid", type: "submit" });
    this.scroll = h("div", { class: "dialog-body" }, this.body.node);
    this.foot = h("footer", { class: "dialog-foot" }, this.note, this.closeButton, this.submitButton);
    this.box = h("form", { class: "dialog modal", role: "dialog", "aria-modal": "true", "aria-labelledby": titleId, tabindex: "-1", novalidate: true,
      onsubmit: (event) => { event.preventDefault(); this.submit(); },
      onkeydown: (event) => { if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) { event.preventDefault(); this.submit(); } } },
      h("header", { class: "dialog-head" }, this.backButton, this.title,
        h("button", { class: "icon-button", type: "button", "aria-label": "Close dialog", onclick: () => this.close() }, icon("close"))),
      this.scroll, this.foot);
    this.dress();
  }

  dress() {
    const { view } = this;
    this.box.dataset.viewId = view.id;
    this.box.dataset.callbackId = view.callback_id ?? "";
    this.title.replaceChildren(...textOf(view.title));
    this.closeButton.textContent = bare(view.close) || "Close";
    this.submitButton.textContent = bare(view.submit) || "Submit";
    this.submitButton.hidden = !view.submit;
  }

  shown(isPushed) {
    this.backButton.hidden = !isPushed;
    this.scroll.scrollTop = this.left?.scroll ?? 0;
    if (this.left?.held) this.body.hold(this.left.held);
    else if (!this.body.focusFirst()) this.focusFoot();
  }

  /** Another view covers this one: remember where the person was. */
  leave() {
    this.left = { held: this.body.held(), scroll: this.scroll.scrollTop };
  }

  focusFoot() {
    (this.view.submit ? this.submitButton : this.closeButton).focus({ preventScroll: true });
  }

  update(view) {
    const other = view.callback_id !== this.view.callback_id || bare(view.title) !== bare(this.view.title);
    this.view = view;
    this.wait(false);
    this.note.textContent = "";
    const focused = this.body.node.contains(document.activeElement);
    this.body.update(view);
    this.dress();
    if (other) this.scroll.scrollTop = 0;
    const lost = !this.box.contains(document.activeElement) || (other && !focused);
    if (lost && shell?.modal === this && !this.body.focusFirst()) this.focusFoot();
  }

  wait(busy) {
    this.busy = busy;
    clearTimeout(this.timer);
    this.box.classList.toggle("submitting", busy);
    this.submitButton.disabled = busy;
    this.submitButton.setAttribute("aria-busy", String(busy));
  }

  /** Values of inputs and of the other elements that keep a state. */
  values() {
    return this.body.form.values();
  }

  async submit() {
    if (this.busy || !this.view.submit) return;
    if (this.box.querySelector(".file-row[aria-busy=true]")) {
      this.note.textContent = "A file is still being uploaded.";
      return;
    }
    const wrong = {};
    for (const block of this.view.blocks.filter((one) => one.type === "input")) {
      const text = problem(block, this.body.form.get(block.block_id, block.element.action_id));
      if (text) wrong[block.block_id] = text;
    }
    this.body.errors(wrong);
    this.note.textContent = "";
    if (Object.keys(wrong).length) return;
    this.wait(true);
    try {
      const answer = await api.submit(this.view.id, this.values());
      if (answer.errors) {
        this.wait(false);
        this.body.errors(answer.errors);
      } else this.timer = setTimeout(() => this.wait(false), 3000);
    } catch (error) {
      this.wait(false);
      this.note.textContent = error.message;
    }
  }

  close() {
    const clear = Boolean(this.view.clear_on_close);
    stack = clear ? [] : stack.slice(0, Math.max(0, stack.indexOf(this)));
    present();
    api.close(this.view.id, this.values(), clear).catch(() => { /* it is gone here; a reload tells the truth */ });
  }
}
