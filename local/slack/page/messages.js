// Messages and the list they stand in: groups, days, threads, files, reactions.

import { api } from "./api.js";
import { blocks } from "./blocks.js";
import { clock, dayName, dayOf, precisely, when } from "./dates.js";
import { lightbox } from "./dialogs.js";
import { h, icon, plural } from "./dom.js";
import { sizeOf } from "./elements.js";
import { emojiNode, mrkdwn } from "./mrkdwn.js";
import { Form } from "./form.js";
import { messageMenu } from "./shortcuts.js";
import { author, dismiss, isDismissed, state, threadKey } from "./state.js";

const GROUP_SECONDS = 300;

export function avatar(user, size = "") {
  return h("span", { class: `avatar ${size}`, style: { "--avatar": user.color }, "aria-hidden": "true" }, user.initials);
}

/** A list of messages that follows its map: only what changed is drawn again. */
export class MessageList {
  constructor({ channel, thread = null, onThread, label }) {
    this.channel = channel;
    this.thread = thread;
    this.onThread = onThread;
    this.rows = new Map();
    this.forms = new Map();
    this.inner = h("ol", { class: "message-list" });
    this.node = h("div", { class: "scroller", tabindex: "0", role: "log", "aria-label": label }, h("div", { class: "push" }), this.inner);
    this.stuck = true;
    this.fresh = h("button", { class: "fresh", type: "button", hidden: true, onclick: () => this.toBottom() }, "New messages", icon("down"));
    this.frame = h("div", { class: "list-frame" }, this.node, this.fresh);
    this.node.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.node;
      this.stuck = scrollHeight - scrollTop - clientHeight < 60;
      if (this.stuck) this.fresh.hidden = true;
    }, { passive: true });
    this.watch = new ResizeObserver(() => { if (this.stuck) this.toBottom(); });
    this.watch.observe(this.inner);
    this.watch.observe(this.node);
  }

  toBottom() {
    this.stuck = true;
    this.node.scrollTop = this.node.scrollHeight;
  }

  toTop() {
    this.stuck = this.node.scrollHeight <= this.node.clientHeight;
    this.node.scrollTop = 0;
  }

  /** Something came below: say so if it is out of sight. */
  arrived() {
    if (!this.stuck) this.fresh.hidden = false;
  }

  leave() {
    this.watch.disconnect();
  }

  /** Draw `messages`, oldest first. */
  show(messages) {
    const wanted = [];
    const seen = new Set();
    let before = null;
    for (const message of messages) {
      if (isDismissed(message)) continue;
      if (!before || dayOf(before.ts) !== dayOf(message.ts)) wanted.push(this.row(`day-${dayOf(message.ts)}`, message.ts, () => divider(message.ts)));
      const key = `m-${message.ts}`;
      const joined = joins(before, message, this.thread);
      wanted.push(this.row(key, JSON.stringify([message, joined, this.isNew(message)]), () => this.message(message, joined)));
      if (this.thread && message.ts === this.thread) {
        const count = messages.filter((one) => one.ts !== this.thread && !one.ephemeral).length;
        wanted.push(this.row("replies", String(count), () => h("li", { class: "replies-line", role: "separator" }, count ? plural(count, "reply", "replies") : "No replies yet")));
      }
      before = message;
    }
    for (const row of wanted) seen.add(row.key);
    for (const [key, row] of this.rows) if (!seen.has(key)) { row.node.remove(); this.rows.delete(key); }
    let at = this.inner.firstChild;
    for (const { node } of wanted) {
      if (node === at) at = at.nextSibling;
      else this.inner.insertBefore(node, at);
    }
    if (this.stuck) this.toBottom();
  }

  isNew(message) {
    return !this.thread && state.newReplies.has(threadKey(this.channel, message.ts));
  }

  row(key, print, make) {
    const old = this.rows.get(key);
    if (old?.print === print) return old;
    const node = make();
    if (old) old.node.replaceWith(node);
    const row = { key, print, node };
    this.rows.set(key, row);
    return row;
  }

  message(message, joined) {
    if (message.subtype === "tombstone") return this.tombstone(message);
    const who = author(message);
    const reply = this.thread ? null : h("button", { class: "icon-button", type: "button", "aria-label": "Reply in thread", title: "Reply in thread", onclick: () => this.onThread?.(message.ts) }, icon("reply"));
    return h("li", { class: ["message", joined ? "joined" : "", message.ephemeral ? "ephemeral" : ""].join(" "), data: { ts: message.ts, channel: this.channel, user: message.user } },
      h("div", { class: "gutter" }, joined ? h("time", { class: "hover-time" }, clock(message.ts)) : avatar(who)),
      h("article", { class: "message-main", "aria-label": `${who.name}, ${when(message.ts)}` },
        message.ephemeral ? h("div", { class: "only-you" }, icon("eye"), "Only visible to you",
          h("button", { class: "link-button", type: "button", onclick: () => dismiss(this.channel, message.ts) }, "Dismiss")) : null,
        joined ? null : h("header", { class: "message-head" },
          h("strong", {}, who.name), who.is_bot ? h("span", { class: "badge" }, "APP") : null,
          h("time", { title: precisely(message.ts) }, clock(message.ts))),
        this.body(message),
        this.reactions(message),
        this.replies(message)),
      message.ephemeral ? null : h("div", { class: "hover-tools" }, reply, messageMenu({ channel: this.channel, ts: message.ts })));
  }

  tombstone(message) {
    return h("li", { class: "message gone", data: { ts: message.ts, channel: this.channel } }, h("div", { class: "gutter" }, icon("info")),
      h("div", { class: "message-main" }, h("em", {}, message.text || "This message was deleted."), this.replies(message)));
  }

  body(message) {
    const edited = message.edited ? h("span", { class: "edited", title: precisely(message.edited.ts) }, " (edited)") : null;
    const parts = [];
    if (message.blocks?.length) parts.push(h("div", { class: "blocks" }, blocks(message.blocks, this.context(message)), edited));
    else if (message.text) parts.push(h("div", { class: "text" }, mrkdwn(message.text), edited));
    for (const attachment of message.attachments ?? []) {
      parts.push(h("div", { class: "attachment", style: { "--bar": attachment.color ? `#${attachment.color.replace("#", "")}` : "" } },
        attachment.blocks ? blocks(attachment.blocks, this.context(message)) : h("div", { class: "text" }, mrkdwn(attachment.text ?? attachment.fallback ?? ""))));
    }
    if (message.files?.length) parts.push(h("div", { class: "files" }, message.files.map(fileCard)));
    return parts;
  }

  context(message) {
    if (!this.forms.has(message.ts)) this.forms.set(message.ts, new Form());
    const form = this.forms.get(message.ts);
    const container = { type: "message", channel: this.channel, ts: message.ts, ...(message.thread_ts ? { thread_ts: message.thread_ts } : {}) };
    return {
      form,
      act: (action) => api.act(container, action, { values: form.values() }),
      options: (action_id, block_id, query) => api.options(container, action_id, block_id, query),
    };
  }

  reactions(message) {
    if (!message.reactions?.length) return null;
    return h("ul", { class: "reactions", "aria-label": "Reactions" }, message.reactions.map((one) => {
      const names = one.users.map((id) => state.users.get(id)?.real_name ?? id).join(", ");
      return h("li", { class: one.users.includes(state.me.id) ? "reaction mine" : "reaction", title: `${names} reacted with :${one.name}:` },
        emojiNode(one.name), h("span", {}, String(one.count)));
    }));
  }

  replies(message) {
    if (this.thread || !message.reply_count) return null;
    const faces = (message.reply_users ?? []).slice(0, 3).map((id) => avatar(author({ user: id }), "tiny"));
    return h("button", { class: "thread-link", type: "button", onclick: () => this.onThread?.(message.ts) },
      h("span", { class: "faces" }, faces), h("strong", {}, plural(message.reply_count, "reply", "replies")),
      this.isNew(message) ? h("span", { class: "new-mark" }, "new") : null,
      message.latest_reply ? h("span", { class: "dim" }, `Last reply ${when(message.latest_reply)}`) : null);
  }
}

function divider(ts) {
  return h("li", { class: "day", role: "separator" }, h("span", {}, dayName(ts)));
}

/** Whether a message stands under the one before without its own name. */
function joins(before, message, thread) {
  if (!before || before.subtype === "tombstone" || before.ts === thread) return false;
  const same = before.user === message.user && Boolean(before.ephemeral) === Boolean(message.ephemeral) && !message.ephemeral;
  return same && dayOf(before.ts) === dayOf(message.ts) && Number(message.ts) - Number(before.ts) < GROUP_SECONDS;
}

function fileCard(file) {
  const src = api.file(file.id);
  const name = file.title || file.name;
  if (file.mimetype?.startsWith("image/")) {
    return h("button", { class: "picture", type: "button", "aria-label": `Enlarge: ${name}`, onclick: () => lightbox(src, file.alt_txt || "", name) }, h("img", { src, alt: file.alt_txt || name }));
  }
  return h("a", { class: "file-card", href: src, download: file.name, data: { file: file.id } }, icon("file"),
    h("span", {}, h("strong", {}, name), h("small", {}, [file.pretty_type || file.filetype?.toUpperCase(), sizeOf(file.size)].filter(Boolean).join(" · "))));
}
