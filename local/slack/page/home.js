// The app's Home.

import { api } from "./api.js";
import { tabs } from "./conversation.js";
import { h, toast } from "./dom.js";
import { drawerButton } from "./sidebar.js";
import { on, state } from "./state.js";
import { ViewBody } from "./viewbody.js";

/** Show the app's Home in `place`. Returns {leave, focus}. */
export function home(place) {
  const dm = [...state.channels.values()].find((one) => one.is_im && one.im_user === state.app.bot_user);
  const frame = h("div", { class: "home", tabindex: "0", role: "region", "aria-label": `Home of ${state.app.name}` });
  place.replaceChildren(
    h("header", { class: "place-head" }, drawerButton(),
      h("div", { class: "place-title" }, h("h1", {}, state.app.name)), tabs("home", dm?.id)),
    frame);
  place.setAttribute("aria-label", `${state.app.name}, Home`);
  let body = null;

  const show = () => {
    const view = state.home;
    if (!view) {
      body = null;
      frame.replaceChildren(h("p", { class: "nothing dim" }, view === null ? `${state.app.name} has not published its Home yet.` : "Opening…"));
    } else if (body?.view.id === view.id) body.update(view);
    else {
      body = new ViewBody(view);
      frame.replaceChildren(body.node);
    }
  };
  const off = on("home", show);
  show();
  api.home().then((view) => {
    state.home = view;
    show();
    return api.openHome();
  }).catch((error) => toast(error.message));
  return { leave: off, focus: () => frame.focus({ preventScroll: true }) };
}
