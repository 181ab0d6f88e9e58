// Slack's mrkdwn and rich text as elements. Nothing is ever parsed as HTML.

import { h } from "./dom.js";
import { filled, precisely } from "./dates.js";
import { emoji } from "./emoji.js";
import { channelTitle, state } from "./state.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
export const decoded = (text) => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);

const LINK = /^(https?:|mailto:|tel:)/i;
const INLINE = new RegExp(
  [
    "`([^`\\n]+)`",
    "<([^<>\\n]+)>",
    ":([a-z0-9_+'-]+(?:::skin-tone-\\d)?):",
    "(?<![\\p{L}\\p{N}*])\\*(?![\\s*])([^*\\n]*?[^\\s*])\\*(?![\\p{L}\\p{N}*])",
    "(?<![\\p{L}\\p{N}_])_(?![\\s_])([^\\n]*?[^\\s_])_(?![\\p{L}\\p{N}_])",
    "(?<![\\p{L}\\p{N}~])~(?![\\s~])([^~\\n]*?[^\\s~])~(?![\\p{L}\\p{N}~])",
    "(https?://[^\\s<>|`*]+[^\\s<>|`*.,;:!?)\\]'\"])",
  ].join("|"),
  "gu",
);

/** A text object, `plain_text` or `mrkdwn`, as nodes. */
export function textOf(object) {
  if (!object) return [];
  if (typeof object === "string") return plain(object);
  return object.type === "mrkdwn" ? mrkdwn(object.text ?? "", object.verbatim) : plain(object.text ?? "", object.emoji !== false);
}

/** A text object as a bare string, for labels and names. */
export function bare(object) {
  if (!object) return "";
  const text = typeof object === "string" ? object : (object.text ?? "");
  return decoded(text.replace(/:([a-z0-9_+'-]+):/g, (whole, name) => emoji(name) ?? whole));
}

export function plain(text, withEmoji = true) {
  if (!withEmoji) return [decoded(text)];
  return pieces(text, /:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/g, ([whole, name]) => emojiNode(name, whole), decoded);
}

/** Parse mrkdwn: fences, quotes, list lines, and what stands inside lines. */
export function mrkdwn(text, verbatim = false) {
  const nodes = [];
  const fence = /```\n?([\s\S]*?)```/g;
  let at = 0;
  for (const match of text.matchAll(fence)) {
    nodes.push(...lines(trimBreak(text.slice(at, match.index)), verbatim));
    nodes.push(h("pre", {}, h("code", {}, decoded(match[1].replace(/\n$/, "")))));
    at = match.index + match[0].length;
    if (text[at] === "\n") at += 1;
  }
  nodes.push(...lines(text.slice(at), verbatim));
  return nodes;
}

const trimBreak = (text) => text.replace(/\n$/, "");
const QUOTE = /^(?:&gt;|>)(?!&gt;|>) ?/;
const LONG_QUOTE = /^(?:&gt;|>){3} ?/;
const BULLET = /^(\s*)([•◦▪*-]|\d{1,3}\.)\s+(?=\S)/;

function lines(text, verbatim) {
  if (!text) return [];
  const nodes = [];
  const rows = text.split("\n");
  let needsBreak = false;
  for (let n = 0; n < rows.length; n += 1) {
    const row = rows[n];
    if (LONG_QUOTE.test(row)) {
      nodes.push(h("blockquote", {}, mrkdwn([row.replace(LONG_QUOTE, ""), ...rows.slice(n + 1)].join("\n"), verbatim)));
      break;
    }
    if (QUOTE.test(row)) {
      const quoted = [];
      while (n < rows.length && QUOTE.test(rows[n])) quoted.push(rows[n++].replace(QUOTE, ""));
      n -= 1;
      nodes.push(h("blockquote", {}, quoted.flatMap((line, i) => [i ? h("br") : null, ...inline(line, verbatim)])));
      needsBreak = false;
      continue;
    }
    const bullet = row.match(BULLET);
    if (bullet) {
      const mark = bullet[2] === "-" || bullet[2] === "*" ? "•" : bullet[2];
      nodes.push(h("span", { class: "bullet", style: { "--indent": bullet[1].length } },
        h("span", { class: "mark" }, mark), h("span", {}, inline(row.slice(bullet[0].length), verbatim))));
      needsBreak = false;
      continue;
    }
    if (needsBreak) nodes.push(h("br"));
    nodes.push(...inline(row, verbatim));
    needsBreak = true;
  }
  return nodes;
}

function inline(text, verbatim) {
  return pieces(text, INLINE, (match) => {
    const [whole, code, angle, name, bold, italic, struck, url] = match;
    if (code !== undefined) return h("code", {}, decoded(code));
    if (angle !== undefined) return angled(angle, whole, !text.slice(0, match.index).trim());
    if (name !== undefined) return emojiNode(name, whole);
    if (bold !== undefined) return h("strong", {}, inline(bold, verbatim));
    if (italic !== undefined) return h("em", {}, inline(italic, verbatim));
    if (struck !== undefined) return h("s", {}, inline(struck, verbatim));
    return verbatim ? decoded(url) : link(decoded(url), decoded(url));
  }, decoded);
}

function pieces(text, pattern, make, rest) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > at) nodes.push(rest(text.slice(at, match.index)));
    nodes.push(make(match));
    at = match.index + match[0].length;
  }
  if (at < text.length) nodes.push(rest(text.slice(at)));
  return nodes;
}

/** What stands between < and >: a link, a mention, a channel, a date. */
function angled(body, whole, leads) {
  const bar = body.indexOf("|");
  const [target, label] = bar < 0 ? [body, ""] : [body.slice(0, bar), body.slice(bar + 1)];
  if (target.startsWith("@")) return mention(target.slice(1), label);
  if (target.startsWith("#")) return channelLink(target.slice(1), label);
  if (target.startsWith("!date^")) return dated(target, label, leads);
  if (/^!(here|channel|everyone)$/.test(target)) return h("span", { class: "mention broadcast" }, `@${target.slice(1)}`);
  if (target.startsWith("!subteam^")) return h("span", { class: "mention" }, decoded(label || "@group"));
  if (LINK.test(target)) return link(decoded(target), decoded(label || target.replace(/^mailto:/, "")));
  return decoded(whole);
}

export function mention(id, label = "") {
  const user = state.users.get(id);
  const me = id === state.me?.id;
  return h("span", { class: me ? "mention me" : "mention", data: { user: id } }, `@${user?.real_name ?? (label || id)}`);
}

export function channelLink(id, label = "") {
  const channel = state.channels.get(id);
  if (!channel) return h("span", { class: "mention" }, label ? `#${label}` : "🔒 private channel");
  return h("a", { class: "mention", href: `#/c/${id}` }, channelTitle(channel));
}

export function link(url, label) {
  if (!LINK.test(url)) return h("span", {}, label);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}

function dated(target, fallback, leads) {
  const [, ts, template, url] = target.split("^");
  if (!/^\d+$/.test(ts ?? "")) return decoded(fallback);
  const node = h("time", { datetime: new Date(ts * 1000).toISOString(), title: precisely(ts) }, filled(decoded(template ?? ""), ts, leads));
  return url ? h("a", { href: decoded(url), target: "_blank", rel: "noopener noreferrer" }, node) : node;
}

export function emojiNode(name, whole = `:${name}:`) {
  const found = emoji(name);
  return found ? h("span", { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` }, found) : whole;
}

/** A rich_text block's parts. */
export function richText(block) {
  const nodes = [];
  for (const part of block.elements ?? []) {
    if (part.type === "rich_text_section") nodes.push(h("div", { class: "rich-section" }, part.elements.map(richLeaf)));
    else if (part.type === "rich_text_quote") nodes.push(h("blockquote", {}, part.elements.map(richLeaf)));
    else if (part.type === "rich_text_preformatted") nodes.push(h("pre", {}, h("code", {}, part.elements.map(richLeaf))));
    else if (part.type === "rich_text_list") {
      const list = h(part.style === "ordered" ? "ol" : "ul", { style: { "--indent": part.indent ?? 0 }, start: part.offset ? part.offset + 1 : null },
        part.elements.map((item) => h("li", {}, item.elements.map(richLeaf))));
      list.dataset.indent = part.indent ?? 0;
      nodes.push(list);
    }
  }
  return nodes;
}

function richLeaf(leaf) {
  const node = richContent(leaf);
  const style = leaf.style ?? {};
  let styled = node;
  if (style.code) styled = h("code", {}, styled);
  if (style.strike) styled = h("s", {}, styled);
  if (style.italic) styled = h("em", {}, styled);
  if (style.bold) styled = h("strong", {}, styled);
  return styled;
}

function richContent(leaf) {
  switch (leaf.type) {
    case "text": return leaf.text.split("\n").flatMap((row, n) => (n ? [h("br"), row] : [row]));
    case "link": return link(leaf.url, leaf.text || leaf.url);
    case "user": return mention(leaf.user_id);
    case "channel": return channelLink(leaf.channel_id);
    case "emoji": return emojiNode(leaf.name);
    case "broadcast": return h("span", { class: "mention broadcast" }, `@${leaf.range}`);
    case "date": return h("time", { title: precisely(leaf.timestamp) }, filled(leaf.format ?? "{date_short_pretty} {time}", leaf.timestamp));
    case "color": return h("span", {}, h("i", { class: "swatch", style: { background: leaf.value } }), leaf.value);
    default: return leaf.text ?? "";
  }
}
