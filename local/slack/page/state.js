// What the page knows, and who wants to hear of changes.

import { person } from "./api.js";

const listeners = new Map();

export function on(name, listener) {
  if (!listeners.has(name)) listeners.set(name, new Set());
  listeners.get(name).add(listener);
  return () => listeners.get(name).delete(listener);
}

export function emit(name, data) {
  for (const listener of [...(listeners.get(name) ?? [])]) listener(data);
}

export const state = {
  team: null,
  me: null,
  app: null,
  users: new Map(),
  channels: new Map(),
  commands: [],
  shortcuts: [],
  /** channel id → Map of ts → message, for channels that were looked at */
  messages: new Map(),
  /** "channel/ts" → Map of ts → message, for threads that were looked at */
  threads: new Map(),
  /** channel id → how many messages came unseen */
  unread: new Map(),
  /** "channel/ts" of threads with replies that nobody looked at */
  newReplies: new Set(),
  /** "channel/ts" of threads that were looked at: they open at their end */
  readThreads: new Set(),
  home: undefined,
  route: { kind: "channel", channel: null, thread: null },
};

export function started(boot) {
  state.team = boot.team;
  state.me = boot.me;
  state.app = boot.app;
  state.commands = boot.commands;
  state.shortcuts = boot.shortcuts ?? [];
  for (const user of boot.users) state.users.set(user.id, user);
  known(boot.channels);
}

/** The channels that the person sees now: whoever was removed from a private one sees it no longer. */
export function known(channels) {
  state.channels.clear();
  for (const channel of channels) state.channels.set(channel.id, channel);
  for (const id of state.messages.keys()) if (!state.channels.has(id)) state.messages.delete(id);
  for (const id of state.unread.keys()) if (!state.channels.has(id)) state.unread.delete(id);
}

export const threadKey = (channel, ts) => `${channel}/${ts}`;
export const sorted = (map) => [...map.values()].sort((a, b) => Number(a.ts) - Number(b.ts));
export const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

export function author(message) {
  const known = state.users.get(message.user ?? state.app?.bot_user);
  return {
    id: message.user,
    name: message.username ?? known?.real_name ?? known?.name ?? message.user ?? "Somebody",
    initials: known?.initials ?? "?",
    color: known?.color ?? "#616061",
    is_bot: known?.is_bot ?? Boolean(message.bot_id),
  };
}

export function channelName(channel) {
  if (!channel) return "";
  return channel.is_im ? (state.users.get(channel.im_user)?.name ?? channel.name) : channel.name;
}

/** A channel as it is written: with its mark, unless it is a person. */
export function channelTitle(channel) {
  return `${channel.is_im ? "" : channel.is_private ? "🔒 " : "#"}${channelName(channel)}`;
}

/** Put a message where it belongs. Returns false if no place that shows it was ever looked at. */
export function keep(channel, message) {
  let known = false;
  const put = (map) => { if (map) { map.set(message.ts, message); known = true; } };
  if (isReply(message)) put(state.threads.get(threadKey(channel, message.thread_ts)));
  if (!isReply(message) || message.subtype === "thread_broadcast") {
    put(state.messages.get(channel));
    put(state.threads.get(threadKey(channel, message.ts)));
  }
  return known;
}

export function drop(channel, ts) {
  state.messages.get(channel)?.delete(ts);
  for (const [key, thread] of state.threads) if (key.startsWith(`${channel}/`)) thread.delete(ts);
}

export function find(channel, ts) {
  const top = state.messages.get(channel)?.get(ts);
  if (top) return top;
  for (const [key, thread] of state.threads) {
    if (key.startsWith(`${channel}/`) && thread.has(ts)) return thread.get(ts);
  }
  return undefined;
}

const DISMISSED = `dismissed:${person}`;
const dismissed = new Set(JSON.parse(localStorage.getItem(DISMISSED) ?? "[]"));

export const isDismissed = (message) => Boolean(message.ephemeral) && dismissed.has(message.ts);

export function dismiss(channel, ts) {
  dismissed.add(ts);
  localStorage.setItem(DISMISSED, JSON.stringify([...dismissed].slice(-200)));
  drop(channel, ts);
  emit("messages", { channel, ts });
}
