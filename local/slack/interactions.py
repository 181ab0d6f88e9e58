"""What follows when a person does something in a view: the payload, and what the app's answer does to the page."""

from typing import Any

from local import workspace
from local.slack.check import check_message, check_view
from local.slack.refusal import Refusal
from local.slack.sender import Sender
from local.slack.slack import Slack
from local.slack.state.views import with_ids

Json = dict[str, Any]


class Interactions:
    """Clicks, option queries, submissions and closings, on messages, modals and Home."""

    def __init__(self, slack: Slack, sender: Sender) -> None:
        self.slack = slack
        self.sender = sender

    async def click(self, person: str, container: Json, action: Json, state: Json | None) -> None:
        """Send block_actions for an element of a message or view."""
        payload: Json = {
            "type": "block_actions",
            "actions": [{"action_ts": self.slack.messages.next_ts(), **action}],
            **self._place(person, container, state),
        }
        view = payload.get("view", {}).get("id")
        payload["trigger_id"] = self.slack.tickets.trigger(person, view)
        await self.sender.interact(person, payload)

    async def options(self, person: str, container: Json, action_id: str, block_id: str, value: str) -> Json:
        """Ask the app for the options of an external select."""
        place = self._place(person, container, None)
        asked = {"type": "block_suggestion", "action_id": action_id, "block_id": block_id, "value": value}
        answer = await self.sender.interact(person, {**place, **asked}, kind="options")
        options = answer.get("options") or [o for g in answer.get("option_groups", []) for o in g["options"]]
        if len(options) > 100:
            raise Refusal("invalid_options", ["more than 100 options"])
        return {key: answer[key] for key in ("options", "option_groups") if key in answer} or {"options": []}

    async def submit(self, person: str, view_id: str, values: Json) -> Json:
        """Send view_submission and do what the answer says. Returns {"errors": …} for the form, or {}."""
        self.slack.views.keep_values(view_id, values)
        view = self.slack.views.get(view_id)
        payload = {"type": "view_submission", "view": view, "response_urls": []}
        payload["trigger_id"] = self.slack.tickets.trigger(person, view_id)
        answer = await self.sender.interact(person, payload)
        match answer.get("response_action"):
            case "errors":
                return {"errors": self._errors(view, answer.get("errors") or {})}
            case "update":
                check_view(answer["view"], self.slack.files.ready)
                self.slack.views.update(self.slack.views.find(view_id), answer["view"])
            case "push":
                check_view(answer["view"], self.slack.files.ready)
                self.slack.views.push(person, answer["view"])
            case "clear":
                self.slack.views.clear(person)
            case _:
                self.slack.views.close(person, view_id)
        return {}

    async def close(self, person: str, view_id: str, values: Json, clear: bool) -> None:
        """Close a modal; the app hears of it if it asked to."""
        self.slack.views.keep_values(view_id, values)
        view = self.slack.views.get(view_id)
        if clear:
            self.slack.views.clear(person)
        else:
            self.slack.views.close(person, view_id)
        if view.get("notify_on_close"):
            await self.sender.interact(person, {"type": "view_closed", "view": view, "is_cleared": clear})

    async def shortcut(self, person: str, callback_id: str) -> None:
        """Send a global shortcut: it is chosen nowhere in particular."""
        asked = {"type": "shortcut", "callback_id": callback_id, "action_ts": self.slack.messages.next_ts()}
        await self.sender.interact(person, {**asked, "trigger_id": self.slack.tickets.trigger(person)})

    async def message_shortcut(self, person: str, callback_id: str, channel: str, ts: str) -> None:
        """Send a shortcut that was chosen from a message's menu. Raises message_not_found."""
        place = self._place(person, {"type": "message", "channel": channel, "ts": ts}, None)
        if "message" not in place:
            raise Refusal("message_not_found")  # what one person sees alone has no menu
        asked = {"type": "message_action", "callback_id": callback_id, "action_ts": self.slack.messages.next_ts()}
        asked |= {"message_ts": ts, "trigger_id": self.slack.tickets.trigger(person)}
        told = {name: place[name] for name in ("channel", "message", "response_url")}
        await self.sender.interact(person, {**asked, **told})

    def _errors(self, view: Json, errors: Json) -> Json:
        """Errors may name input blocks only; Slack shows none of them otherwise."""
        inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
        if not errors or not errors.keys() <= inputs:
            raise Refusal("invalid_errors", [f"no such input block: {name}" for name in errors.keys() - inputs])
        return errors

    def _place(self, person: str, container: Json, state: Json | None) -> Json:
        """Where an interaction happened, as its payload tells it."""
        if container["type"] == "view":
            view_id = container["view_id"]
            if state is not None:
                self.slack.views.keep_values(view_id, state.get("values", {}))
            view = self.slack.views.get(view_id)
            return {"container": {"type": "view", "view_id": view_id}, "view": view}
        channel, ts = container["channel"], container["ts"]
        message = self.slack.messages.get(channel, ts)
        if message is None:
            raise Refusal("message_not_found")
        row = self.slack.directory.channel(channel)
        ephemeral = bool(message.get("ephemeral"))
        return {
            "container": {
                "type": "message",
                "message_ts": ts,
                "channel_id": channel,
                "is_ephemeral": ephemeral,
                **({"thread_ts": message["thread_ts"]} if "thread_ts" in message else {}),
            },
            "channel": {"id": channel, "name": self.slack.directory.told_name(row)},
            **({} if ephemeral else {"message": message}),
            "state": state or {"values": {}},
            "response_url": self.sender.response_url(person, channel, ts),
        }


def command_answer(slack: Slack, person: str, channel: str, answer: Json) -> None:
    """Show a command's immediate answer: to the person alone, unless it says in_channel."""
    if not answer.get("text") and not answer.get("blocks"):
        return
    body = {"user": workspace.BOT_USER, "bot_id": workspace.BOT_ID, "text": answer.get("text", "")}
    blocks = answer.get("blocks") or []
    check_message(blocks, slack.files.ready)
    body["blocks"] = with_ids(blocks)
    audience = None if answer.get("response_type") == "in_channel" else person
    slack.messages.add(channel, body, audience=audience)
