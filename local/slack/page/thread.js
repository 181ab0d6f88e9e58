// The thread at the right; on a narrow window it covers the conversation.

import { api } from "./api.js";
import { composer } from "./composer.js";
import { h, icon, toast } from "./dom.js";
import { MessageList } from "./messages.js";
import { channelTitle, emit, on, sorted, state, threadKey } from "./state.js";

/** Show a thread in `side`: from its start the first time, later at its end. Returns {leave, focus}. */
export function thread(side, channel, ts) {
  const key = threadKey(channel, ts);
  const where = state.channels.get(channel);
  const back = () => { location.hash = `#/c/${channel}`; };
  const list = new MessageList({ channel, thread: ts, label: "Messages of the thread" });
  const writer = where.is_archived ? { node: h("div"), focus() {} }
    : composer({ channel, thread: ts, label: "Reply…", dropArea: side, onSent: () => list.toBottom() });
  side.replaceChildren(
    h("header", { class: "place-head" },
      h("div", { class: "place-title" }, h("h1", {}, "Thread"), h("p", { class: "dim" }, channelTitle(where))),
      h("button", { class: "icon-button", type: "button", "aria-label": "Close thread", onclick: back }, icon("close"))),
    list.frame, writer.node);
  side.hidden = false;
  let gone = false;

  const show = () => {
    const messages = state.threads.get(key);
    if (!messages || gone) return;
    if (!messages.has(ts)) return back();
    list.show(sorted(messages));
  };
  const off = on("messages", (event) => {
    if (event.channel !== channel) return;
    show();
    if (event.fresh && state.threads.get(key)?.has(event.ts)) list.arrived();
  });
  show();
  api.thread(channel, ts).then((messages) => {
    if (gone) return;
    if (!messages.length) { toast("This thread is gone."); return back(); }
    state.threads.set(key, new Map(messages.map((message) => [message.ts, message])));
    show();
    if (state.readThreads.has(key)) list.toBottom();
    else list.toTop();
    state.readThreads.add(key);
    if (state.newReplies.delete(key)) emit("messages", { channel, ts });
  }).catch((error) => { toast(error.message); back(); });

  return {
    focus: () => writer.focus(),
    leave() {
      gone = true;
      off();
      list.leave();
      side.hidden = true;
      side.replaceChildren();
      side.classList.remove("dropping");
    },
  };
}
