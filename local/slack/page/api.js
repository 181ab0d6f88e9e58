// The page's own API. Every call speaks for one person.

const ERRORS = {
  operation_timeout: "The app did not answer in time.",
  dispatch_failed: "The app could not be reached or answered with an error.",
  unknown_command: "There is no such command here.",
  is_archived: "This channel is archived.",
  unknown_shortcut: "There is no such shortcut here.",
  user_not_found: "There is nobody of that name.",
  already_in_channel: "They are in this channel already.",
  not_in_channel: "That takes somebody who is in this channel.",
  channel_not_found: "There is no such channel for you.",
  no_text: "There is nothing to send.",
  offline: "The local Slack does not answer. Is it still running?",
};

export const person = new URLSearchParams(location.search).get("user") || "U0ANA";

export class ApiError extends Error {
  constructor(code, detail) {
    const told = [ERRORS[code] ?? "That did not work.", detail].filter(Boolean).join(" ");
    super(`${told} (${code})`);
    this.told = told;
    this.code = code;
  }
}

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(`page/api${path}`, {
      ...options,
      headers: { "X-Page-User": person, ...(options.headers ?? {}) },
    });
  } catch {
    throw new ApiError("offline");
  }
  const body = await response.json().catch(() => ({ ok: false, error: `http_${response.status}` }));
  if (body.ok === false && body.error) throw new ApiError(body.error, typeof body.detail === "string" ? body.detail : "");
  if (!response.ok) throw new ApiError(`http_${response.status}`);
  return body;
}

const post = (path, body) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const api = {
  boot: () => call("/boot"),
  messages: async (channel) => (await call(`/channels/${channel}/messages`)).messages,
  thread: async (channel, ts) => (await call(`/channels/${channel}/threads/${ts}`)).messages,
  say: (channel, text, thread_ts, files) => post("/messages", { channel, text, thread_ts, files }),
  act: (container, action, state) => post("/actions", { container, action, state }),
  options: (container, action_id, block_id, value) => post("/options", { container, action_id, block_id, value }),
  submit: (view, values) => post(`/views/${view}/submit`, { values }),
  close: (view, values, clear) => post(`/views/${view}/close`, { values, clear }),
  shortcut: (callback_id, message) => post("/shortcuts", { callback_id, ...message }),
  home: async () => (await call("/home")).view,
  openHome: () => post("/home/open", {}),
  async upload(file) {
    const form = new FormData();
    form.append("file", file, file.name);
    return (await call("/files", { method: "POST", body: form })).file;
  },
  file: (id) => `page/api/files/${id}`,
};
