// The page: reads the workspace once, then follows the address and the events.

import { api } from "./api.js";
import { conversation } from "./conversation.js";
import { anyOpen } from "./dialogs.js";
import { h } from "./dom.js";
import { follow } from "./events.js";
import { home } from "./home.js";
import { startModals } from "./modal.js";
import { closeDrawer, startSidebar } from "./sidebar.js";
import { channelTitle, emit, on, started, state } from "./state.js";
import { thread } from "./thread.js";

const place = document.getElementById("place");
const side = document.getElementById("side");
let main = null;
let beside = null;

async function start() {
  let boot;
  try {
    boot = await api.boot();
  } catch (error) {
    place.replaceChildren(h("div", { class: "nothing" }, h("p", {}, error.message), h("button", { class: "button", onclick: () => location.reload() }, "Try again")));
    return;
  }
  started(boot);
  startSidebar();
  on("unread", titled);
  on("connection", connected);
  on("channels", () => { if (state.route.channel && !state.channels.has(state.route.channel)) location.hash = ""; });
  addEventListener("hashchange", routed);
  document.addEventListener("keydown", escaped);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && state.route.kind === "channel" && state.unread.delete(state.route.channel)) emit("unread");
  });
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
  routed();
  follow(boot.last_event ?? 0);
  startModals(boot.views ?? []);
}

/** `#/home`, `#/c/CHANNEL`, `#/c/CHANNEL/t/TS`. */
function addressed() {
  const [kind, channel, t, ts] = location.hash.replace(/^#\/?/, "").split("/");
  if (kind === "home") return { kind: "home", channel: null, thread: null };
  if (kind === "c" && state.channels.has(channel)) return { kind: "channel", channel, thread: t === "t" && ts ? ts : null };
  const first = [...state.channels.values()].find((one) => !one.is_archived && !one.is_im);
  return { kind: "channel", channel: first.id, thread: null };
}

function routed() {
  const before = state.route;
  const route = addressed();
  state.route = route;
  closeDrawer();
  if (!main || before.kind !== route.kind || before.channel !== route.channel) {
    main?.leave();
    main = route.kind === "home" ? home(place) : conversation(place, route.channel);
    if (!route.thread) focused(main);
  }
  if (beside?.key !== `${route.channel}/${route.thread}`) {
    const had = beside;
    beside?.leave();
    beside = null;
    if (route.thread) {
      beside = { key: `${route.channel}/${route.thread}`, ...thread(side, route.channel, route.thread) };
      focused(beside);
    } else if (had) focused(main);
  }
  document.body.classList.toggle("with-thread", Boolean(beside));
  emit("route");
  titled();
}

/** Where there is a keyboard, writing can start at once. */
function focused(part) {
  if (!anyOpen() && matchMedia("(hover: hover)").matches) part.focus();
}

function escaped(event) {
  if (event.key !== "Escape" || event.defaultPrevented || anyOpen() || !state.route.thread) return;
  location.hash = `#/c/${state.route.channel}`;
}

function titled() {
  const { route } = state;
  const channel = state.channels.get(route.channel);
  const name = route.kind === "home" ? state.app.name : channelTitle(channel);
  const unread = [...state.unread.values()].reduce((sum, one) => sum + one, 0);
  document.title = `${unread ? `(${unread}) ` : ""}${name} · ${state.team.name}`;
}

let notice = null;

function connected(isConnected) {
  if (isConnected) {
    notice?.remove();
    notice = null;
  } else if (!notice) {
    notice = h("div", { class: "connection", role: "status" }, "Connection lost. Trying again…");
    document.body.append(notice);
  }
}

start();
