// Tables: the plain one, and the one people can sort, filter and page.

import { h, plural } from "./dom.js";
import { decoded, richText } from "./mrkdwn.js";

const words = (cell) => cell?.type === "rich_text" ? textIn(cell.elements) : String(cell?.text ?? cell?.value ?? "");
const textIn = (parts) => (parts ?? []).map((part) => part.text ?? part.name ?? textIn(part.elements)).join(" ");
const content = (cell) => (cell?.type === "rich_text" ? richText(cell) : decoded(words(cell)));
const isNumber = (cell) => cell?.type === "raw_number" || /^[\s−+-]?[€$£]?\s?[\d.,]+\s?(%|[kMB])?$/.test(words(cell));

export function table(block) {
  const columns = block.column_settings ?? [];
  const row = (cells, tag) => h("tr", {}, cells.map((cell, n) =>
    h(tag, { class: [columns[n]?.align ?? "left", columns[n]?.is_wrapped ? "wrap" : ""].join(" "), scope: tag === "th" ? "col" : null }, content(cell))));
  const [head, ...body] = block.rows ?? [];
  return h("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": "Table" },
    h("table", {}, h("thead", {}, head ? row(head, "th") : null), h("tbody", {}, body.map((cells) => row(cells, "td")))));
}

export function dataTable(block) {
  const [head, ...body] = block.rows ?? [];
  const size = block.page_size ?? 5;
  const naming = block.row_header_column_index ?? 0;
  const numeric = head.map((_, n) => body.length > 0 && body.every((row) => isNumber(row[n])));
  let sorting = null;
  let page = 0;
  let query = "";

  const heads = head.map((cell, n) => h("th", { scope: "col", class: numeric[n] ? "right" : "left" },
    h("button", { class: "sort", type: "button", onclick: () => sort(n) }, h("span", {}, content(cell)), h("i", { "aria-hidden": "true" }))));
  const rows = h("tbody");
  const count = h("span", { class: "dim", "aria-live": "polite" });
  const before = h("button", { class: "button small", type: "button", onclick: () => turn(-1) }, "Previous");
  const after = h("button", { class: "button small", type: "button", onclick: () => turn(1) }, "Next");
  const filter = h("input", { class: "field small", type: "search", placeholder: "Filter", "aria-label": `Filter ${block.caption}`,
    oninput: () => { query = filter.value.toLowerCase(); page = 0; show(); } });
  const foot = h("div", { class: "table-foot" }, count, h("span", { class: "grow" }), body.length > size ? filter : null, body.length > size ? h("span", { class: "pager" }, before, after) : null);
  const frame = h("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": block.caption },
    h("table", {}, h("caption", {}, decoded(block.caption ?? "")), h("thead", {}, h("tr", {}, heads)), rows));
  show();
  return h("div", { class: "data-table" }, frame, foot);

  function sort(column) {
    const down = sorting?.column === column ? !sorting.down : numeric[column];
    sorting = { column, down };
    page = 0;
    show();
  }

  function turn(by) {
    page += by;
    show();
  }

  function show() {
    const found = body.filter((row) => !query || row.some((cell) => words(cell).toLowerCase().includes(query)));
    if (sorting) found.sort((a, b) => compare(a[sorting.column], b[sorting.column]) * (sorting.down ? -1 : 1));
    const pages = Math.max(1, Math.ceil(found.length / size));
    page = Math.max(0, Math.min(page, pages - 1));
    const part = found.slice(page * size, page * size + size);
    rows.replaceChildren(...part.map((cells) => h("tr", {}, cells.map((cell, n) =>
      h(n === naming ? "th" : "td", { scope: n === naming ? "row" : null, class: numeric[n] ? "right" : "left" }, content(cell))))));
    heads.forEach((node, n) => node.setAttribute("aria-sort", sorting?.column !== n ? "none" : sorting.down ? "descending" : "ascending"));
    count.textContent = found.length > size ? `${page * size + 1}–${page * size + part.length} of ${found.length}` : plural(found.length, "row");
    before.disabled = page === 0;
    after.disabled = page >= pages - 1;
  }
}

function compare(a, b) {
  if (a?.type === "raw_number" && b?.type === "raw_number") return a.value - b.value;
  return words(a).localeCompare(words(b), undefined, { numeric: true });
}
