// Where people write: messages, files and slash commands.

import { api, person } from "./api.js";
import { h, icon, toast, uid } from "./dom.js";
import { shortcutButton } from "./shortcuts.js";
import { emit, keep, state } from "./state.js";

const HISTORY = `commands:${person}`;
const drafts = new Map();

function remembered() {
  return JSON.parse(localStorage.getItem(HISTORY) ?? "[]");
}

function remember(text) {
  const past = remembered().filter((one) => one !== text);
  localStorage.setItem(HISTORY, JSON.stringify([...past, text].slice(-30)));
}

/** Make a composer for a channel or one of its threads. Files dropped on `dropArea` are attached. */
export function composer({ channel, thread = null, label, dropArea, onSent }) {
  const key = `${channel}/${thread ?? ""}`;
  const hintsId = uid("hints");
  let files = [];
  let recall = -1;
  let active = 0;
  let offered = [];

  const area = h("textarea", { rows: "1", placeholder: label, "aria-label": label, "aria-controls": hintsId, value: drafts.get(key) ?? "",
    oninput: changed, onkeydown: keys, onpaste: pasted });
  const send = h("button", { class: "icon-button send", type: "button", "aria-label": "Send", onclick: submit }, icon("send"));
  const picker = h("input", { type: "file", multiple: true, class: "unseen", tabindex: "-1", "aria-label": "Attach files", onchange: () => { attach(picker.files); picker.value = ""; } });
  const clip = h("button", { class: "icon-button", type: "button", "aria-label": "Attach a file", title: "Attach a file", onclick: () => picker.click() }, icon("clip"));
  const global = thread ? [] : state.shortcuts.filter((one) => one.type === "global");
  const shortcuts = global.length ? h("span", { class: "first-tools" }, shortcutButton("Shortcuts", "bolt", global)) : null;
  const chips = h("div", { class: "attached" });
  const hints = h("div", { class: "hints", id: hintsId, role: "listbox", "aria-label": "Commands", hidden: true });
  const node = h("div", { class: "composer" }, hints, h("div", { class: "composer-box" }, chips, area, h("div", { class: "composer-tools" }, clip, picker, shortcuts, h("span", { class: "grow dim composer-help" }, "Enter sends, Shift+Enter starts a new line"), send)));
  dropArea?.addEventListener("dragover", (event) => { event.preventDefault(); dropArea.classList.add("dropping"); });
  dropArea?.addEventListener("dragleave", (event) => { if (!dropArea.contains(event.relatedTarget)) dropArea.classList.remove("dropping"); });
  dropArea?.addEventListener("drop", (event) => {
    event.preventDefault();
    dropArea.classList.remove("dropping");
    attach(event.dataTransfer.files);
  });
  requestAnimationFrame(changed);
  return { node, focus: () => area.focus({ preventScroll: true }) };

  function set(text) {
    area.value = text;
    changed();
    area.setSelectionRange(text.length, text.length);
  }

  function changed() {
    drafts.set(key, area.value);
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, 220)}px`;
    send.disabled = !area.value.trim() && !files.length;
    hint();
  }

  function hint() {
    const text = area.value;
    const [word] = text.split(/\s/, 1);
    offered = [];
    if (text.startsWith("/") && !text.includes("\n") && !thread) {
      offered = text === word
        ? state.commands.filter((one) => one.command.startsWith(word.toLowerCase()))
        : state.commands.filter((one) => one.command === word && one.usage_hint);
    }
    active = Math.min(active, Math.max(0, offered.length - 1));
    hints.hidden = !offered.length;
    hints.replaceChildren(...offered.map((one, n) =>
      h("div", { class: n === active ? "hint-row active" : "hint-row", role: "option", "aria-selected": String(n === active),
        onpointerdown: (event) => { event.preventDefault(); complete(one); } },
        h("strong", {}, one.command), one.usage_hint ? h("code", {}, one.usage_hint) : null, h("span", { class: "dim" }, one.description))));
  }

  function complete(one) {
    if (area.value.trim() !== one.command && area.value.includes(" ")) return;
    set(`${one.command} `);
  }

  function keys(event) {
    if (event.isComposing) return;
    const choosing = offered.length && !area.value.includes(" ");
    if (choosing && ["ArrowDown", "ArrowUp"].includes(event.key) && offered.length > 1) {
      event.preventDefault();
      active = (active + (event.key === "ArrowDown" ? 1 : -1) + offered.length) % offered.length;
      hint();
    } else if (choosing && event.key === "Tab" && !event.shiftKey) {
      event.preventDefault();
      complete(offered[active]);
    } else if (event.key === "Escape" && offered.length) {
      event.preventDefault();
      offered = [];
      hints.hidden = true;
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (choosing && offered[active].command !== area.value.trim()) complete(offered[active]);
      else submit();
    } else if (event.key === "ArrowUp" && (area.value === "" || recall >= 0)) {
      go(event, 1);
    } else if (event.key === "ArrowDown" && recall >= 0) {
      go(event, -1);
    } else if (event.key.length === 1) recall = -1;
  }

  function go(event, by) {
    const past = remembered().reverse();
    if (!past.length) return;
    event.preventDefault();
    recall = Math.max(-1, Math.min(past.length - 1, recall + by));
    set(recall < 0 ? "" : past[recall]);
    offered = [];
    hints.hidden = true;
  }

  function pasted(event) {
    if (event.clipboardData?.files.length) {
      event.preventDefault();
      attach(event.clipboardData.files);
    }
  }

  async function attach(list) {
    for (const file of [...list]) {
      const entry = { name: file.name, id: null };
      files.push(entry);
      show();
      try {
        entry.id = (await api.upload(file)).id;
      } catch (error) {
        files = files.filter((one) => one !== entry);
        toast(`${file.name} could not be uploaded. ${error.message}`);
      }
      show();
    }
    area.focus();
  }

  function show() {
    chips.replaceChildren(...files.map((entry) => h("span", { class: "chip", "aria-busy": String(!entry.id) }, icon("file"), entry.name,
      h("button", { type: "button", "aria-label": `Remove ${entry.name}`, onclick: () => { files = files.filter((one) => one !== entry); show(); } }, icon("close")))));
    changed();
  }

  async function submit() {
    const text = area.value.trim();
    if (!text && !files.length) return;
    if (files.some((entry) => !entry.id)) return toast("A file is still being uploaded.");
    const command = text.startsWith("/") && !files.length;
    if (command && thread) return toast("Commands do not work in threads. Type it in the channel.");
    const sent = files;
    if (command) remember(text);
    recall = -1;
    files = [];
    set("");
    show();
    node.classList.toggle("waiting", command);
    try {
      const answer = await api.say(channel, text, thread ?? undefined, sent.length ? sent.map((entry) => entry.id) : undefined);
      if (answer.message) {
        keep(channel, answer.message);
        emit("messages", { channel, ts: answer.message.ts, mine: true });
      }
      onSent?.();
    } catch (error) {
      const word = text.split(/\s/, 1)[0];
      toast(command ? `${word} failed with the error “${error.code}”. ${error.told}` : error.message);
      if (!area.value && (!command || error.code === "unknown_command")) set(text);
      if (!files.length && sent.length) { files = sent; show(); }
    } finally {
      node.classList.remove("waiting");
    }
  }
}
