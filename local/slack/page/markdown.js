// The markdown block: standard markdown, as much of it as messages use.

import { h } from "./dom.js";
import { emojiNode, link } from "./mrkdwn.js";

const INLINE = /`([^`]+)`|!?\[([^\]]*)\]\(([^)\s]+)[^)]*\)|\*\*(?=\S)(.+?)\*\*|__(?=\S)(.+?)__|(?<!\w)[*_](?=\S)(.+?)(?<=\S)[*_](?!\w)|~~(?=\S)(.+?)~~|:([a-z0-9_+-]+):|(https?:\/\/[^\s<>)]+)/g;
const FENCE = /^\s*```/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const HEADING = /^(#{1,6})\s+(.*)$/;
const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const TASK = /^\[([ xX])\]\s+/;

export function markdown(text) {
  const rows = text.split("\n");
  const nodes = [];
  let n = 0;
  while (n < rows.length) {
    const row = rows[n];
    if (!row.trim()) n += 1;
    else if (FENCE.test(row)) {
      const from = n + 1;
      n = from;
      while (n < rows.length && !FENCE.test(rows[n])) n += 1;
      nodes.push(h("pre", {}, h("code", {}, rows.slice(from, n).join("\n"))));
      n += 1;
    } else if (RULE.test(row)) {
      nodes.push(h("hr"));
      n += 1;
    } else if (HEADING.test(row)) {
      const [, marks, title] = row.match(HEADING);
      nodes.push(h(`h${Math.min(6, marks.length + 2)}`, { class: `heading-${marks.length}` }, inline(title)));
      n += 1;
    } else if (/^\s*>/.test(row)) {
      const quoted = [];
      while (n < rows.length && /^\s*>/.test(rows[n])) quoted.push(rows[n++].replace(/^\s*> ?/, ""));
      nodes.push(h("blockquote", {}, markdown(quoted.join("\n"))));
    } else if (row.includes("|") && /^\s*\|?[\s:|-]+\|?\s*$/.test(rows[n + 1] ?? "") && rows[n + 1].includes("-")) {
      const from = n;
      while (n < rows.length && rows[n].includes("|")) n += 1;
      nodes.push(tableOf(rows.slice(from, n)));
    } else if (ITEM.test(row)) {
      const from = n;
      while (n < rows.length && (ITEM.test(rows[n]) || (/^\s+\S/.test(rows[n]) && rows[n].trim()))) n += 1;
      nodes.push(listOf(rows.slice(from, n)));
    } else {
      const from = n;
      while (n < rows.length && rows[n].trim() && !FENCE.test(rows[n]) && !HEADING.test(rows[n]) && !ITEM.test(rows[n]) && !/^\s*>/.test(rows[n])) n += 1;
      nodes.push(h("p", {}, rows.slice(from, n).flatMap((one, i) => [i ? h("br") : null, ...inline(one)])));
    }
  }
  return nodes;
}

function listOf(rows) {
  const items = [];
  const margin = rows[0].match(ITEM)[1].length;
  for (const row of rows) {
    const match = row.match(ITEM);
    if (match && match[1].length <= margin) items.push({ text: match[3], inner: [] });
    else items.at(-1).inner.push(row);
  }
  const ordered = /\d/.test(rows[0].match(ITEM)[2]);
  return h(ordered ? "ol" : "ul", {}, items.map(({ text, inner }) => {
    const task = text.match(TASK);
    const box = task ? h("input", { type: "checkbox", disabled: true, checked: task[1] !== " " }) : null;
    return h("li", { class: task ? "task" : null }, box, inline(text.replace(TASK, "")), inner.length ? markdown(dedent(inner)) : null);
  }));
}

function dedent(rows) {
  const least = Math.min(...rows.map((row) => row.match(/^\s*/)[0].length));
  return rows.map((row) => row.slice(least)).join("\n");
}

function tableOf(rows) {
  const cells = (row) => row.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const [head, marks, ...body] = rows.map(cells);
  const align = marks.map((mark) => (/^:-+:$/.test(mark) ? "center" : /-:$/.test(mark) ? "right" : "left"));
  const row = (texts, tag) => h("tr", {}, texts.map((text, n) => h(tag, { class: align[n] }, inline(text))));
  return h("div", { class: "table-frame" }, h("table", {}, h("thead", {}, row(head, "th")), h("tbody", {}, body.map((one) => row(one, "td")))));
}

function inline(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(at, match.index), leaf(match));
    at = match.index + match[0].length;
  }
  nodes.push(text.slice(at));
  return nodes.filter((node) => node !== "");
}

function leaf([whole, code, label, url, bold, bolder, italic, struck, name, address]) {
  if (code !== undefined) return h("code", {}, code);
  if (url !== undefined) return link(url, label || url);
  if (bold ?? bolder) return h("strong", {}, inline(bold ?? bolder));
  if (italic !== undefined) return h("em", {}, inline(italic));
  if (struck !== undefined) return h("s", {}, inline(struck));
  if (name !== undefined) return emojiNode(name, whole);
  return link(address, address);
}
