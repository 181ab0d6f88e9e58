// Block Kit: every block as elements of the page.

import { api } from "./api.js";
import { chart } from "./chart.js";
import { lightbox } from "./dialogs.js";
import { h, icon, uid } from "./dom.js";
import { element } from "./elements.js";
import { isEmpty } from "./form.js";
import { markdown } from "./markdown.js";
import { bare, link, richText, textOf } from "./mrkdwn.js";
import { dataTable, table } from "./table.js";

/** Draw blocks. ctx: {form, act, options, changed?}; see elements.js. */
export function blocks(list, ctx) {
  return list.filter(Boolean).map((block) => drawn(block, ctx));
}

export function drawn(block, ctx) {
  const make = BLOCKS[block.type] ?? unknown;
  const node = h("div", { class: `block ${block.type}`, data: { blockId: block.block_id, blockType: block.type } }, make(block, ctx));
  return node;
}

const BLOCKS = {
  header: (block) => h("h3", {}, textOf(block.text)),
  divider: () => h("hr"),
  section,
  context: (block) => block.elements.map((one) => one.type === "image" ? small(one) : h("span", { class: "context-text" }, textOf(one))),
  actions: (block, ctx) => block.elements.map((one) => element(one, block, ctx, { label: bare(one.placeholder) || bare(one.text) })),
  image: (block) => picture(block),
  input,
  rich_text: (block) => richText(block),
  markdown: (block) => markdown(block.text ?? ""),
  table: (block) => table(block),
  data_table: (block) => dataTable(block),
  data_visualization: (block) => chart(block),
  alert: (block) => [icon(block.level === "success" ? "tick" : block.level === "info" || !block.level ? "info" : "alert"),
    h("div", { class: `alert-text ${block.level ?? "default"}`, role: block.level === "error" ? "alert" : "note" }, textOf(block.text))],
  plan: (block, ctx) => [h("strong", {}, textOf(block.title)), ...(block.tasks ?? []).map((task) => drawn({ type: "task_card", ...task }, ctx))],
  task_card: taskCard,
  file: (block) => h("span", { class: "dim" }, `File ${block.external_id ?? ""}`),
  video: (block) => h("a", { href: block.title_url, target: "_blank", rel: "noopener" }, textOf(block.title)),
  card,
  carousel: (block, ctx) => h("div", { class: "carousel" }, block.elements.map((one) => drawn({ ...one, type: "card" }, ctx))),
  container,
  context_actions: (block, ctx) => block.elements.map((one) => feedback(one, block, ctx)),
};

function unknown(block) {
  return h("span", { class: "unknown" }, `This page cannot draw a “${block.type}” block.`);
}

function section(block, ctx) {
  const { accessory } = block;
  return [
    h("div", { class: "section-body" },
      block.text ? h("div", { class: "text" }, textOf(block.text)) : null,
      block.fields ? h("div", { class: "fields" }, block.fields.map((one) => h("div", { class: "text" }, textOf(one)))) : null),
    accessory
      ? h("div", { class: "accessory" }, accessory.type === "image" ? small(accessory) : element(accessory, block, ctx, { label: bare(accessory.placeholder) || bare(block.text).slice(0, 80) }))
      : null,
  ];
}

export const sourceOf = (block) => block.slack_file
  ? api.file(block.slack_file.id ?? block.slack_file.url?.match(/\/files-pri\/([^/]+)/)?.[1] ?? "")
  : block.image_url;

function small(image) {
  return h("img", { class: "small-image", src: sourceOf(image), alt: image.alt_text ?? "" });
}

function picture(block) {
  const src = sourceOf(block);
  const title = bare(block.title);
  const image = h("img", { src, alt: block.alt_text ?? "", loading: "eager", onerror: () => frame.classList.add("broken") });
  const frame = h("button", { class: "picture", type: "button", "aria-label": `Enlarge: ${title || block.alt_text || "image"}`, onclick: () => lightbox(src, block.alt_text, title) }, image);
  return h("figure", {}, title ? h("figcaption", {}, textOf(block.title)) : null, frame);
}

/** An input block: label, element, hint, and room for what is wrong with it. */
function input(block, ctx) {
  const spec = block.element;
  const [id, labelId, hintId, errorId] = [uid("in"), uid("label"), uid("hint"), uid("error")];
  const grouped = ["radio_buttons", "checkboxes", "file_input"].includes(spec.type);
  const label = h(grouped ? "div" : "label", { class: "input-label", id: labelId, for: grouped ? null : id },
    textOf(block.label), block.optional ? h("span", { class: "dim" }, " (optional)") : null);
  const node = element(spec, block, ctx, { id, tells: Boolean(block.dispatch_action), label: bare(block.label),
    labelledBy: labelId, describedBy: `${errorId}${block.hint ? ` ${hintId}` : ""}`, optional: block.optional });
  return [label, node,
    h("div", { class: "input-error", id: errorId, "aria-live": "polite" }),
    block.hint ? h("div", { class: "hint", id: hintId }, textOf(block.hint)) : null];
}

/** What Slack itself finds wrong with an input before it asks the app. */
export function problem(block, value) {
  const spec = block.element;
  if (isEmpty(value)) return block.optional ? null : "Please complete this required field.";
  const text = value?.value ?? "";
  if (spec.type === "number_input") {
    const whole = !spec.is_decimal_allowed;
    if (!/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(text)) return "Please enter a number.";
    if (whole && !Number.isInteger(Number(text))) return "Please enter a whole number.";
    if (spec.min_value !== undefined && Number(text) < Number(spec.min_value)) return `Please enter a number of at least ${spec.min_value}.`;
    if (spec.max_value !== undefined && Number(text) > Number(spec.max_value)) return `Please enter a number of at most ${spec.max_value}.`;
  }
  if (spec.type === "email_text_input" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)) return "Please enter a valid email address.";
  if (spec.type === "url_text_input" && !/^https?:\/\/[^\s]+$/i.test(text)) return "Please enter a valid URL, starting with http:// or https://.";
  if (spec.min_length && text.length < spec.min_length) return `Please enter at least ${spec.min_length} characters.`;
  return null;
}

const STATUS = { pending: "○", in_progress: "◐", complete: "✓", error: "!" };

function taskCard(block) {
  return [
    h("span", { class: `task-status ${block.status}`, role: "img", "aria-label": (block.status ?? "").replaceAll("_", " ") }, STATUS[block.status] ?? "○"),
    h("div", { class: "task-body" },
      h("span", {}, textOf(block.title)),
      block.details ? h("div", { class: "dim" }, richText(block.details)) : null,
      block.output ? h("div", {}, richText(block.output)) : null,
      block.sources?.length ? h("div", { class: "sources" }, block.sources.map((one) => link(one.url, one.text ?? one.url))) : null),
  ];
}

function card(block, ctx) {
  return [
    block.hero_image ? small(block.hero_image) : null,
    block.title ? h("strong", {}, textOf(block.title)) : null,
    block.subtitle ? h("div", { class: "dim" }, textOf(block.subtitle)) : null,
    block.body ? h("div", { class: "text" }, textOf(block.body)) : null,
    block.actions?.length ? h("div", { class: "card-actions" }, block.actions.map((one) => element(one, block, ctx, {}))) : null,
  ];
}

function container(block, ctx) {
  const title = block.rich_text_title ? richText(block.rich_text_title) : textOf(block.title);
  const inner = blocks(block.child_blocks ?? [], ctx);
  if (!block.is_collapsible) return [h("strong", { class: "container-title" }, title), ...inner];
  return h("details", { open: !block.default_collapsed }, h("summary", {}, title), inner);
}

function feedback(one, block, ctx) {
  const choices = one.type === "feedback_buttons" ? [one.positive_button, one.negative_button] : [one];
  return choices.filter(Boolean).map((choice) =>
    element({ type: "button", action_id: one.action_id, text: choice.text ?? { type: "plain_text", text: one.icon ?? "•" }, value: choice.value }, block, ctx, {}));
}
