// Interactive elements: buttons, menus, pickers and inputs, and what each tells the app.

import { api } from "./api.js";
import { ask } from "./dialogs.js";
import { h, icon, toast, uid } from "./dom.js";
import { bare, textOf } from "./mrkdwn.js";
import { menu } from "./popup.js";
import { isSelect, selectElement } from "./selects.js";

/**
 * Draw one element of `block`.
 *
 * ctx: {form, act(action), options(action_id, block_id, query), autofocus?}
 * where: {tells: whether a change is sent at once, id, label, labelledBy, describedBy, optional}
 */
export function element(spec, block, ctx, where = {}) {
  const slot = {
    tells: true,
    id: uid("in"),
    label: bare(spec.placeholder),
    ...where,
    clearable: where.optional,
    value: (initial) => ctx.form.enter(block.block_id, spec.action_id, initial),
    options: (query) => ctx.options(spec.action_id, block.block_id, query),
    async change(value) {
      if (slot.tells && spec.confirm && !(await ask(spec.confirm))) return;
      ctx.form.set(block.block_id, spec.action_id, value);
      ctx.changed?.(block);
      if (slot.tells) await send(value);
    },
  };

  async function send(details) {
    const action = { type: spec.type, action_id: spec.action_id, block_id: block.block_id, ...details };
    try {
      await ctx.act(action);
    } catch (error) {
      toast(error.message);
    }
  }

  const node = draw(spec, slot, send);
  node.dataset.actionId = spec.action_id ?? "";
  return node;
}

function draw(spec, slot, send) {
  if (isSelect(spec.type)) return selectElement(spec, slot);
  switch (spec.type) {
    case "button":
    case "workflow_button": return button(spec, send);
    case "overflow": return overflow(spec, send);
    case "datepicker": return picker(spec, slot, "date", "selected_date", "initial_date");
    case "timepicker": return picker(spec, slot, "time", "selected_time", "initial_time");
    case "datetimepicker": return picker(spec, slot, "datetime-local", "selected_date_time", "initial_date_time");
    case "radio_buttons": return choices(spec, slot, false);
    case "checkboxes": return choices(spec, slot, true);
    case "plain_text_input":
    case "rich_text_input":
    case "number_input":
    case "email_text_input":
    case "url_text_input": return typed(spec, slot, send);
    case "file_input": return files(spec, slot);
    default: return h("span", { class: "unknown" }, `[${spec.type}]`);
  }
}

function button(spec, send) {
  const style = spec.style ? ` ${spec.style}` : "";
  const name = spec.accessibility_label ?? null;
  if (spec.url) {
    return h("a", { class: `button${style}`, href: /^(https?|mailto):/i.test(spec.url) ? spec.url : "#", target: "_blank",
      rel: "noopener noreferrer", "aria-label": name, onclick: () => send({ text: spec.text, value: spec.value }) }, textOf(spec.text));
  }
  const node = h("button", { class: `button${style}`, type: "button", "aria-label": name, onclick: press }, h("span", {}, textOf(spec.text)));
  return node;

  async function press() {
    if (node.getAttribute("aria-busy") === "true") return;
    if (spec.confirm && !(await ask(spec.confirm))) return;
    node.setAttribute("aria-busy", "true");
    await send({ text: spec.text, ...(spec.value !== undefined ? { value: spec.value } : {}), ...(spec.style ? { style: spec.style } : {}) });
    node.removeAttribute("aria-busy");
  }
}

function overflow(spec, send) {
  const node = h("button", { class: "button overflow", type: "button", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": "More actions",
    onclick: () => menu(node, spec.options.map((option) => ({
      label: textOf(option.text),
      description: bare(option.description),
      async choose() {
        if (option.url && /^https?:/i.test(option.url)) window.open(option.url, "_blank", "noopener");
        if (spec.confirm && !(await ask(spec.confirm))) return;
        await send({ selected_option: option });
      },
    })), "More actions") }, icon("more"));
  return node;
}

const naming = (slot) => ({ id: slot.id, "aria-labelledby": slot.labelledBy, "aria-label": slot.labelledBy ? null : slot.label || null, "aria-describedby": slot.describedBy });

function picker(spec, slot, kind, field, first) {
  const value = slot.value({ type: spec.type, [field]: spec[first] ?? null });
  const stamp = kind === "datetime-local";
  const text = value[field] === null ? "" : stamp ? local(value[field]) : value[field];
  return h("input", { type: kind, class: "field picker", ...naming(slot), value: text,
    onchange: (event) => {
      const given = event.target.value || null;
      slot.change({ type: spec.type, [field]: given && stamp ? Math.floor(new Date(given).getTime() / 1000) : given });
    } });
}

function local(seconds) {
  const date = new Date(seconds * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function choices(spec, slot, many) {
  const group = uid("group");
  const value = slot.value(many
    ? { type: spec.type, selected_options: spec.initial_options ?? [] }
    : { type: spec.type, selected_option: spec.initial_option ?? null });
  const chosen = new Set(many ? value.selected_options.map((option) => option.value) : [value.selected_option?.value]);
  const rows = spec.options.map((option) =>
    h("label", { class: "choice" },
      h("input", { type: many ? "checkbox" : "radio", name: group, value: option.value, checked: chosen.has(option.value), onchange: changed }),
      h("span", {}, h("span", {}, textOf(option.text)), option.description ? h("small", {}, textOf(option.description)) : null)));
  const node = h("div", { class: "choices", role: many ? "group" : "radiogroup", ...naming(slot) }, rows);
  return node;

  function changed() {
    const picked = spec.options.filter((option, n) => rows[n].querySelector("input").checked);
    slot.change(many ? { type: spec.type, selected_options: picked } : { type: spec.type, selected_option: picked[0] ?? null });
  }
}

const KEYBOARDS = { number_input: "decimal", email_text_input: "email", url_text_input: "url" };

function typed(spec, slot, send) {
  const value = slot.value({ type: spec.type, value: spec.initial_value ?? null });
  const told = spec.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const { tells } = slot;
  const many = spec.multiline || spec.type === "rich_text_input";
  let timer;
  const node = h(many ? "textarea" : "input", { class: "field", ...naming(slot), type: many ? null : "text", inputmode: KEYBOARDS[spec.type],
    placeholder: bare(spec.placeholder) || null, maxlength: spec.max_length ?? (spec.type === "plain_text_input" ? 3000 : null), rows: many ? 4 : null,
    autocomplete: "off", value: value.value ?? "", oninput: changed, onkeydown: keys });
  slot.tells = false;
  return node;

  function current() {
    return { type: spec.type, value: node.value === "" ? null : node.value };
  }

  function changed() {
    slot.change(current());
    if (tells && told.includes("on_character_entered")) {
      clearTimeout(timer);
      timer = setTimeout(() => send(current()), 250);
    }
  }

  function keys(event) {
    if (event.key !== "Enter" || many || event.isComposing) return;
    if (tells && told.includes("on_enter_pressed")) {
      event.preventDefault();
      event.stopPropagation();
      send(current());
    }
  }
}

function files(spec, slot) {
  const value = slot.value({ type: spec.type, files: [] });
  let kept = [...value.files];
  const most = spec.max_files ?? 10;
  const picker = h("input", { type: "file", class: "unseen", tabindex: "-1", multiple: most > 1, ...naming(slot),
    accept: spec.filetypes?.map((suffix) => `.${suffix}`).join(",") || null, onchange: () => { add(picker.files); } });
  const rows = h("ul", { class: "file-rows" });
  const choose = h("button", { class: "button", type: "button", onclick: () => picker.click(), "aria-describedby": slot.describedBy }, icon("clip"),
    most > 1 ? "Choose files" : "Choose a file");
  const drop = h("div", { class: "file-drop" }, choose, h("span", { class: "dim" }, spec.filetypes?.length ? `or drop here: ${spec.filetypes.join(", ")}` : "or drop here"));
  const node = h("div", { class: "file-input", ondragover: over, ondragleave: () => node.classList.remove("over"), ondrop: dropped }, rows, drop, picker);
  show();
  return node;

  function over(event) {
    event.preventDefault();
    event.stopPropagation();
    node.classList.add("over");
  }

  function dropped(event) {
    event.preventDefault();
    event.stopPropagation();
    node.classList.remove("over");
    add(event.dataTransfer.files);
  }

  async function add(list) {
    const fits = (file) => !spec.filetypes?.length || spec.filetypes.includes(file.name.split(".").pop().toLowerCase());
    const refused = [...list].filter((file) => !fits(file));
    if (refused.length) toast(`${refused[0].name}: only ${spec.filetypes.join(", ")} files fit here.`);
    for (const file of [...list].filter(fits)) {
      if (kept.length >= most) {
        if (most > 1) { toast(`At most ${most} files.`); break; }
        kept = [];
      }
      const row = h("li", { class: "file-row", "aria-busy": "true" }, icon("file"), h("span", {}, file.name), h("span", { class: "dim" }, "uploading…"));
      rows.append(row);
      try {
        kept.push(await api.upload(file));
      } catch (error) {
        toast(`${file.name} could not be uploaded. ${error.message}`);
      }
      show();
    }
    picker.value = "";
    slot.change({ type: spec.type, files: kept });
  }

  function show() {
    rows.replaceChildren(...kept.map((file) => h("li", { class: "file-row", data: { file: file.id } }, icon("file"),
      h("span", {}, file.name), h("span", { class: "dim" }, sizeOf(file.size)),
      h("button", { class: "icon-button small", type: "button", "aria-label": `Remove ${file.name}`, onclick: () => {
        kept = kept.filter((one) => one.id !== file.id);
        slot.change({ type: spec.type, files: kept });
        show();
        choose.focus();
      } }, icon("close")))));
    drop.hidden = kept.length >= most && most > 1;
    choose.lastChild.textContent = kept.length && most === 1 ? "Choose another file" : most > 1 ? "Choose files" : "Choose a file";
  }
}

export function sizeOf(bytes) {
  if (!Number.isFinite(bytes)) return "";
  const units = ["B", "kB", "MB", "GB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)));
  return `${(bytes / 1000 ** step).toFixed(step && bytes / 1000 ** step < 10 ? 1 : 0)} ${units[step]}`;
}
