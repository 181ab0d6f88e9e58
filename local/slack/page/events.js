// Live updates: one stream of numbered events; a page that lost it goes on where it stopped.

import { api, person } from "./api.js";
import { drop, emit, find, isReply, keep, known, state, threadKey } from "./state.js";

let last = 0;
let source = null;
let wait = 500;
let lostTimer = null;

export function follow(since) {
  last = since;
  connect();
  addEventListener("online", () => { wait = 500; connect(); });
}

function connect() {
  source?.close();
  source = new EventSource(`page/api/events?user=${encodeURIComponent(person)}&since=${last}`);
  source.onopen = () => {
    wait = 500;
    clearTimeout(lostTimer);
    lostTimer = null;
    emit("connection", true);
  };
  source.onerror = () => {
    source.close();
    lostTimer ??= setTimeout(() => emit("connection", false), 1500);
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 8000);
  };
  source.onmessage = (event) => {
    last = Math.max(last, Number(event.lastEventId) || 0);
    apply(JSON.parse(event.data));
  };
}

function apply(event) {
  const { type, channel } = event;
  switch (type) {
    case "message":
      keep(channel, event.message);
      unseen(channel, event.message);
      emit("messages", { channel, ts: event.message.ts, fresh: true, message: event.message });
      break;
    case "ephemeral": {
      const message = { ...event.message, ephemeral: true };
      if (event.thread_ts) message.thread_ts = event.thread_ts;
      keep(channel, message);
      unseen(channel, message);
      emit("messages", { channel, ts: message.ts, fresh: true, message });
      break;
    }
    case "ephemeral_replaced":
      keep(channel, { ...event.message, ephemeral: true });
      emit("messages", { channel, ts: event.message.ts });
      break;
    case "message_changed":
      keep(channel, event.message);
      emit("messages", { channel, ts: event.message.ts });
      break;
    case "message_deleted":
    case "ephemeral_deleted":
      drop(channel, event.ts);
      emit("messages", { channel, ts: event.ts });
      break;
    case "reaction": {
      const message = find(channel, event.ts);
      if (message) keep(channel, { ...message, reactions: event.reactions });
      emit("messages", { channel, ts: event.ts });
      break;
    }
    case "channel": {
      const id = event.channel?.id ?? event.channel;
      const details = typeof event.channel === "object" ? event.channel : {};
      if (id) state.channels.set(id, { ...state.channels.get(id), ...details });
      emit("channels");
      break;
    }
    case "channels":
      api.boot().then((boot) => { known(boot.channels); emit("channels"); }).catch(() => {});
      break;
    case "home":
      state.home = event.view;
      emit("home");
      break;
    default:
      emit("view", event);
  }
}

/** A reply makes its thread new; the channel is unread only if the reply names the person. */
function unseen(channel, message) {
  if (message.user === state.me.id) return;
  const { route } = state;
  const here = route.channel === channel && route.kind === "channel";
  if (isReply(message)) {
    if (!here || route.thread !== message.thread_ts) state.newReplies.add(threadKey(channel, message.thread_ts));
    if (here || !message.text?.includes(`<@${state.me.id}>`)) return;
  } else if (here && !document.hidden) return;
  state.unread.set(channel, (state.unread.get(channel) ?? 0) + 1);
  emit("unread");
}
