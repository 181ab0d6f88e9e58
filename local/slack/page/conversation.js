// A channel or direct message: its head, its messages, its composer.

import { api } from "./api.js";
import { composer } from "./composer.js";
import { h, icon, plural, toast } from "./dom.js";
import { MessageList } from "./messages.js";
import { menu } from "./popup.js";
import { drawerButton } from "./sidebar.js";
import { channelTitle, emit, on, sorted, state } from "./state.js";

/** Show a channel in `place`. Returns {leave, focus}. */
export function conversation(place, id) {
  const channel = state.channels.get(id);
  const title = channelTitle(channel);
  const list = new MessageList({ channel: id, label: `Messages in ${title}`, onThread: (ts) => { location.hash = `#/c/${id}/t/${ts}`; } });
  const writer = channel.is_archived
    ? { node: h("div", { class: "no-writing" }, icon("lock"), "This channel is archived. Nobody can write here."), focus() {} }
    : composer({ channel: id, label: `Message ${title}`, dropArea: place, onSent: () => list.toBottom() });
  place.replaceChildren(head(channel, title), list.frame, writer.node);
  place.setAttribute("aria-label", title);
  let gone = false;

  const show = () => {
    const messages = state.messages.get(id);
    if (messages && !gone) list.show(sorted(messages));
  };
  const off = on("messages", (event) => {
    if (event.channel !== id) return;
    show();
    if (event.fresh && state.messages.get(id)?.has(event.ts)) list.arrived();
  });
  const offChannels = on("channels", () => { if (!gone && state.channels.has(id)) place.querySelector(".place-head")?.replaceWith(head(state.channels.get(id), title)); });
  show();
  list.toBottom();
  api.messages(id).then((messages) => {
    const known = state.messages.get(id);
    const latest = messages.at(-1)?.ts ?? "0";
    const map = new Map(messages.map((message) => [message.ts, message]));
    for (const message of known?.values() ?? []) if (Number(message.ts) > Number(latest)) map.set(message.ts, message);
    state.messages.set(id, map);
    show();
    if (!messages.length) list.node.classList.add("empty");
  }).catch((error) => toast(error.message));
  state.unread.delete(id);
  emit("unread");

  return {
    focus: () => writer.focus(),
    leave() {
      gone = true;
      off();
      offChannels();
      list.leave();
      place.classList.remove("dropping");
    },
  };
}

function head(channel, title) {
  const isApp = channel.is_im && channel.im_user === state.app.bot_user;
  return h("header", { class: "place-head" }, drawerButton(),
    h("div", { class: "place-title" }, h("h1", {}, title), channel.topic ? h("p", { class: "dim" }, channel.topic) : null),
    channel.is_im ? null : people(channel),
    !channel.is_im && channel.bot_is_member === false ? h("span", { class: "badge quiet", title: `${state.app.name} cannot post here` }, `${state.app.name} is not here`) : null,
    isApp ? tabs("messages", channel.id) : null);
}

/** Who is in a channel, as a menu of names; a person of one's own channel can be removed with `/remove`. */
function people(channel) {
  const members = (channel.members ?? []).map((id) => state.users.get(id)).filter(Boolean);
  const label = `${plural(members.length, "member")} of ${channelTitle(channel)}`;
  const button = h("button", { class: "badge quiet members", type: "button", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": label, title: label,
    onclick: () => menu(button, members.map((user) => ({ label: user.real_name, description: user.is_bot ? "app" : `@${user.name}`, choose() {} })), label) },
    icon("person"), String(members.length));
  return button;
}

/** The two sides of the app: its Home and its messages. */
export function tabs(current, dm) {
  const tab = (name, label, href) => h("a", { href, class: "tab", "aria-current": name === current ? "page" : null }, label);
  return h("nav", { class: "tabs", "aria-label": "App" }, tab("home", "Home", "#/home"), dm ? tab("messages", "Messages", `#/c/${dm}`) : null);
}
