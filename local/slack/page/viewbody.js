// The blocks of one view, modal or Home: an update keeps what was typed, the focus and the caret.

import { api } from "./api.js";
import { drawn } from "./blocks.js";
import { h } from "./dom.js";
import { Form } from "./form.js";

export class ViewBody {
  constructor(view) {
    this.form = new Form();
    this.form.fill(view.state?.values);
    this.rows = new Map();
    this.node = h("div", { class: "view-body" });
    this.onChanged = null;
    this.update(view);
  }

  context() {
    const container = { type: "view", view_id: this.view.id };
    return {
      form: this.form,
      act: (action) => api.act({ ...container, view_id: this.view.id }, action, { values: this.form.values() }),
      options: (action_id, block_id, query) => api.options(container, action_id, block_id, query),
      changed: (block) => { this.error(block.block_id, ""); this.onChanged?.(block); },
    };
  }

  update(view) {
    this.view = view;
    const held = this.held();
    const ctx = this.context();
    this.form.begin();
    const rows = new Map();
    const nodes = view.blocks.map((block, n) => {
      const key = block.block_id ?? `at-${n}`;
      const print = JSON.stringify(block);
      const old = this.rows.get(key);
      if (old?.print === print) this.form.stays(block.block_id);
      const row = old?.print === print ? old : { print, node: drawn(block, ctx) };
      rows.set(key, row);
      return row.node;
    });
    this.form.finish();
    for (const [key, row] of this.rows) if (rows.get(key) !== row) row.node.remove();
    this.rows = rows;
    let at = this.node.firstChild;
    for (const node of nodes) {
      if (node === at) at = at.nextSibling;
      else this.node.insertBefore(node, at);
    }
    this.hold(held);
  }

  /** Where the focus is, in words that outlive the elements. */
  held() {
    const active = document.activeElement;
    if (!this.node.contains(active)) return null;
    const block = active.closest("[data-block-id]")?.dataset.blockId;
    const action = active.closest("[data-action-id]")?.dataset.actionId;
    return { active, block, action, from: active.selectionStart, to: active.selectionEnd };
  }

  hold(held) {
    if (!held || (held.active.isConnected && document.activeElement === held.active)) return;
    const target = held.active.isConnected ? held.active : this.control(held.block, held.action);
    if (!target) return this.focusFirst();
    target.focus({ preventScroll: true });
    if (typeof held.from === "number" && target.setSelectionRange) {
      try { target.setSelectionRange(held.from, held.to); } catch { /* a date has no caret */ }
    }
  }

  control(block, action) {
    const row = this.node.querySelector(`[data-block-id="${CSS.escape(block ?? "")}"]`);
    const found = row?.querySelector(action ? `[data-action-id="${CSS.escape(action)}"]` : "input, textarea, button");
    if (!found) return null;
    return found.matches("input, textarea, button, a") ? found : found.querySelector("input:not(.unseen), textarea, button");
  }

  focusFirst() {
    const wished = this.view.blocks.find((block) => block.element?.focus_on_load);
    const first = wished && this.control(wished.block_id, wished.element.action_id);
    const found = first ?? this.node.querySelector(".input input:not(.unseen), .input textarea, .input button, input:not(.unseen), textarea");
    // What stands above the first field is read first: only a field that the app wishes is brought into sight.
    found?.focus({ preventScroll: !first });
    return Boolean(found);
  }

  /** Show what is wrong with one input; an empty text takes it away. */
  error(block, text) {
    const row = this.node.querySelector(`[data-block-id="${CSS.escape(block ?? "")}"]`);
    const place = row?.querySelector(".input-error");
    if (!place) return false;
    place.textContent = text;
    row.classList.toggle("wrong", Boolean(text));
    for (const control of row.querySelectorAll("input, textarea, [role=radiogroup], [role=group]")) {
      if (text) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
    return true;
  }

  /** Show every error and go to the first. */
  errors(texts) {
    for (const block of this.view.blocks) this.error(block.block_id, texts[block.block_id] ?? "");
    const first = this.view.blocks.find((block) => texts[block.block_id]);
    if (!first) return;
    this.control(first.block_id, first.element?.action_id)?.focus();
    this.node.querySelector(".wrong")?.scrollIntoView({ block: "center", behavior: "smooth" });
  }
}
