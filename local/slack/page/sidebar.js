// The list at the left: the workspace, channels, direct messages, the app, and who one is.

import { person } from "./api.js";
import { h, icon } from "./dom.js";
import { avatar } from "./messages.js";
import { menu } from "./popup.js";
import { author, channelName, on, state } from "./state.js";

const narrow = matchMedia("(max-width: 760px)");

export function startSidebar() {
  const nav = document.getElementById("sidebar");
  const shade = document.getElementById("shade");
  shade.addEventListener("click", closeDrawer);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && document.body.classList.contains("drawer")) closeDrawer();
  });
  narrow.addEventListener("change", closeDrawer);
  const draw = () => {
    const focused = document.activeElement?.closest?.("#sidebar a")?.getAttribute("href");
    nav.replaceChildren(...content());
    if (focused) nav.querySelector(`a[href="${focused}"]`)?.focus();
    nav.inert = narrow.matches && !document.body.classList.contains("drawer");
  };
  for (const name of ["channels", "unread", "route"]) on(name, draw);
  draw();
}

export function openDrawer() {
  document.body.classList.add("drawer");
  document.getElementById("shade").hidden = false;
  document.getElementById("sidebar").inert = false;
  document.querySelector("#sidebar [aria-current=page]")?.focus();
}

export function closeDrawer() {
  document.body.classList.remove("drawer");
  document.getElementById("shade").hidden = true;
  document.getElementById("sidebar").inert = narrow.matches;
}

export function drawerButton() {
  return h("button", { class: "icon-button drawer-button", type: "button", "aria-label": "Open the list of channels", onclick: openDrawer }, icon("menu"));
}

function content() {
  const all = [...state.channels.values()];
  const channels = all.filter((one) => !one.is_im && !one.is_archived);
  const archived = all.filter((one) => !one.is_im && one.is_archived);
  const people = all.filter((one) => one.is_im && one.im_user !== state.app.bot_user);
  const dm = all.find((one) => one.is_im && one.im_user === state.app.bot_user);
  return [
    h("header", { class: "team" }, h("span", { class: "team-mark", "aria-hidden": "true" }, state.team.name[0]), h("strong", {}, state.team.name)),
    h("div", { class: "side-scroll" },
      group("Channels", channels.map((one) => entry(`#/c/${one.id}`, one.is_private ? icon("lock", "private") : "#", channelName(one), one))),
      people.length ? group("Direct messages", people.map((one) => entry(`#/c/${one.id}`, face(one.im_user), channelName(one), one))) : null,
      group("Apps", [entry("#/home", face(state.app.bot_user), state.app.name, dm, "app")]),
      archived.length ? group("Archived", archived.map((one) => entry(`#/c/${one.id}`, icon("lock"), channelName(one), one))) : null),
    me(),
  ];
}

const face = (id) => avatar(author({ user: id }), "tiny");

function group(title, entries) {
  return h("section", { "aria-label": title }, h("h2", {}, title), h("ul", {}, entries));
}

function entry(href, mark, name, channel, kind = "channel") {
  const { route } = state;
  const here = kind === "app" ? route.kind === "home" || (route.kind === "channel" && route.channel === channel?.id) : route.kind === "channel" && route.channel === channel.id;
  const count = state.unread.get(channel?.id) ?? 0;
  const target = kind === "app" && count ? `#/c/${channel.id}` : href;
  return h("li", {}, h("a", { href: target, class: count ? "unread" : null, "aria-current": here ? "page" : null,
    data: { channel: channel?.id, app: kind === "app" ? state.app.id : null }, onclick: closeDrawer },
    h("span", { class: "mark", "aria-hidden": channel?.is_private ? null : "true" }, mark), h("span", { class: "entry-name" }, name),
    count ? h("span", { class: "count" }, h("span", { class: "unseen-text" }, "unread: "), String(count)) : null));
}

function me() {
  const others = [...state.users.values()].filter((user) => !user.is_bot);
  const button = h("button", { class: "whoami", type: "button", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": `You are ${state.me.real_name}. Change person`,
    onclick: () => menu(button, others.map((user) => ({
      label: user.real_name,
      description: user.id === person ? "this is you" : `@${user.name}`,
      choose: () => { if (user.id !== person) location.search = `?user=${user.id}`; },
    })), "People") },
    avatar(state.me, "small"), h("span", { class: "entry-name" }, state.me.real_name), icon("more"));
  return button;
}
