// Every kind of select: one combobox with a list of options, chips where many may be chosen.

import { h, icon, uid } from "./dom.js";
import { bare, textOf } from "./mrkdwn.js";
import { popup } from "./popup.js";
import { channelName, channelTitle, state } from "./state.js";

const people = () => [...state.users.values()].map((user) => idOption(user.id, user.real_name, user.is_bot ? "App" : `@${user.name}`));
const open = () => [...state.channels.values()].filter((one) => !one.is_im && !one.is_archived);
const channels = (isPrivate = false) => open().filter((one) => Boolean(one.is_private) === isPrivate).map((one) => idOption(one.id, channelTitle(one)));
const conversations = (element) => {
  const kinds = element.filter?.include;
  const ims = [...state.channels.values()].filter((one) => one.is_im).map((one) => idOption(one.id, channelName(one)));
  return [...(!kinds || kinds.includes("public") ? channels() : []), ...(!kinds || kinds.includes("private") ? channels(true) : []), ...(!kinds || kinds.includes("im") ? ims : [])];
};
const idOption = (value, text, note) => ({ value, text: { type: "plain_text", text, emoji: false }, ...(note ? { note } : {}) });

/** What a select offers, where its choice is told, and where its first choice comes from. */
const KINDS = {
  static_select: { one: "selected_option", first: "initial_option" },
  external_select: { one: "selected_option", first: "initial_option", asks: true },
  users_select: { one: "selected_user", first: "initial_user", ids: people },
  channels_select: { one: "selected_channel", first: "initial_channel", ids: () => channels() },
  conversations_select: { one: "selected_conversation", first: "initial_conversation", ids: conversations },
  multi_static_select: { many: "selected_options", first: "initial_options" },
  multi_external_select: { many: "selected_options", first: "initial_options", asks: true },
  multi_users_select: { many: "selected_users", first: "initial_users", ids: people },
  multi_channels_select: { many: "selected_channels", first: "initial_channels", ids: () => channels() },
  multi_conversations_select: { many: "selected_conversations", first: "initial_conversations", ids: conversations },
};

export const isSelect = (type) => type in KINDS;

/** Draw a select. `slot` tells where it stands: {value, change, label, id, describedBy, clearable, options}. */
export function selectElement(element, slot) {
  const kind = KINDS[element.type];
  const field = kind.one ?? kind.many;
  const known = kind.ids?.(element);
  const asOption = (said) => (kind.ids ? (known.find((option) => option.value === said) ?? idOption(said, said)) : said);
  const initial = element[kind.first] ?? (element.default_to_current_conversation ? state.route.channel : null);
  const value = slot.value({ type: element.type, [field]: kind.many ? (initial ?? []) : initial ?? null });
  const said = value[field];
  const chosen = (kind.many ? said : said ? [said] : []).map(asOption);
  const groups = kind.ids ? [{ options: known }] : element.option_groups ?? [{ options: element.options ?? [] }];
  const source = kind.asks
    ? { ask: slot.options, least: element.min_query_length ?? 3 }
    : { groups };
  return combobox({
    multi: Boolean(kind.many),
    max: element.max_selected_items ?? Infinity,
    placeholder: bare(element.placeholder) || (kind.many ? "Select options" : "Select an option"),
    source,
    chosen,
    slot,
    changed(options) {
      const bareOptions = options.map((option) => (kind.ids ? option.value : option));
      slot.change({ type: element.type, [field]: kind.many ? bareOptions : bareOptions[0] ?? null });
    },
  });
}

function combobox({ multi, max, placeholder, source, chosen, slot, changed }) {
  const listId = uid("list");
  let picked = [...chosen];
  let shown = null;
  let items = [];
  let active = -1;
  let asked = 0;
  let timer = null;

  const input = h("input", { type: "text", id: slot.id, class: "select-input", role: "combobox", "aria-autocomplete": "list",
    "aria-expanded": "false", "aria-controls": listId, "aria-label": slot.labelledBy ? null : slot.label || placeholder,
    "aria-labelledby": slot.labelledBy, "aria-describedby": slot.describedBy, autocomplete: "off", spellcheck: "false",
    oninput: () => { openList(); refresh(input.value, true); }, onkeydown: keys, onblur: left });
  const chips = h("span", { class: "chips" });
  const clear = h("button", { class: "icon-button small", type: "button", "aria-label": "Clear selection", onclick: () => choose([]) }, icon("close"));
  const box = h("div", { class: multi ? "select many" : "select", onclick: pressed }, chips, input, clear, icon("down"));
  const list = h("div", { class: "options", id: listId, role: "listbox", "aria-multiselectable": multi || null, "aria-label": slot.label || placeholder });
  draw();
  return box;

  function draw() {
    chips.replaceChildren(...(multi ? picked.map(chip) : []));
    input.placeholder = multi && picked.length ? "" : placeholder;
    if (!multi) input.value = picked[0] ? bare(picked[0].text) : "";
    clear.hidden = multi || !slot.clearable || !picked.length;
  }

  function chip(option) {
    const text = bare(option.text);
    return h("span", { class: "chip" }, text,
      h("button", { type: "button", "aria-label": `Remove ${text}`, onclick: (event) => {
        event.stopPropagation();
        choose(picked.filter((one) => one.value !== option.value));
        input.focus();
      } }, icon("close")));
  }

  function choose(options) {
    picked = options;
    draw();
    changed(picked);
    if (shown) mark();
    shown?.place();
  }

  function pressed(event) {
    if (event.target.closest("button")) return;
    input.focus();
    if (shown && event.target !== input) return shut();
    openList();
  }

  function openList() {
    if (shown) return;
    shown = popup(box, list, { onClose: closed });
    input.setAttribute("aria-expanded", "true");
    if (!multi) input.select();
    refresh("");
  }

  function shut() {
    shown?.close();
  }

  function closed() {
    shown = null;
    active = -1;
    asked += 1;
    clearTimeout(timer);
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    if (multi) input.value = "";
    draw();
  }

  function left() {
    setTimeout(() => { if (document.activeElement !== input && !shown?.box.contains(document.activeElement)) shut(); }, 120);
  }

  function refresh(query, typed = false) {
    clearTimeout(timer);
    asked += 1;
    if (source.groups) return offer(filtered(source.groups, query));
    if (query.length < source.least) {
      return say(source.least === 1 || !typed ? "Type to search" : `Type at least ${source.least} characters`);
    }
    const mine = asked;
    say("Searching…");
    timer = setTimeout(async () => {
      try {
        const answer = await source.ask(query);
        if (mine === asked && shown) offer(answer.option_groups ?? [{ options: answer.options ?? [] }]);
      } catch (error) {
        if (mine === asked && shown) say(`Could not load the options. ${error.message}`);
      }
    }, typed ? 220 : 0);
  }

  function say(text) {
    items = [];
    active = -1;
    list.replaceChildren(h("div", { class: "options-note" }, text));
    shown?.place();
  }

  function offer(groups) {
    items = [];
    const rows = groups.flatMap((group) => {
      const options = group.options.map(row);
      if (!group.label || !options.length) return options;
      return [h("div", { class: "options-group", role: "group", "aria-label": bare(group.label) },
        h("div", { class: "options-label", "aria-hidden": "true" }, bare(group.label)), options)];
    });
    if (!items.length) return say("No results");
    list.replaceChildren(...rows);
    active = Math.max(0, items.findIndex((item) => picked.some((one) => one.value === item.option.value)));
    if (multi) active = 0;
    mark();
    shown?.place();
    items[active].node.scrollIntoView({ block: "nearest" });
  }

  function row(option) {
    const note = option.description ? textOf(option.description) : option.note;
    const node = h("div", { class: "option", role: "option", id: uid("option"), data: { value: option.value },
      onpointerdown: (event) => event.preventDefault(),
      onclick: (event) => { event.stopPropagation(); take(items.findIndex((item) => item.node === node)); },
      onpointermove: () => { const at = items.findIndex((item) => item.node === node); if (at !== active) { active = at; mark(); } } },
      h("span", { class: "option-text" }, h("span", {}, textOf(option.text)), note ? h("small", {}, note) : null), icon("tick"));
    items.push({ option, node });
    return node;
  }

  function mark() {
    items.forEach(({ option, node }, n) => {
      node.classList.toggle("active", n === active);
      node.setAttribute("aria-selected", String(picked.some((one) => one.value === option.value)));
    });
    if (items[active]) input.setAttribute("aria-activedescendant", items[active].node.id);
  }

  function take(at) {
    const option = items[at]?.option && withoutNote(items[at].option);
    if (!option) return;
    if (!multi) {
      shut();
      return picked[0]?.value === option.value ? undefined : choose([option]);
    }
    const without = picked.filter((one) => one.value !== option.value);
    if (without.length === picked.length && picked.length >= max) return;
    if (input.value) { input.value = ""; refresh(""); }
    choose(without.length < picked.length ? without : [...picked, option]);
  }

  function keys(event) {
    if (event.key === "Backspace" && multi && !input.value && picked.length) return choose(picked.slice(0, -1));
    if (["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      if (!shown) return openList();
      if (!items.length) return;
      active = (active + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
      mark();
      items[active].node.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      if (shown) take(active);
      else openList();
    } else if (event.key === "Escape" && shown) {
      event.preventDefault();
      shut();
    } else if (event.key === "Tab") shut();
  }
}

const withoutNote = ({ note, ...option }) => option;

function filtered(groups, query) {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (option) => {
    const text = `${bare(option.text)} ${bare(option.description)} ${option.note ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return groups.map((group) => ({ ...group, options: group.options.filter(fits) }));
}
