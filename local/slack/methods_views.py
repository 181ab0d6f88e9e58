"""views.*"""

from typing import Any

from local.slack.check import check_view
from local.slack.refusal import Refusal
from local.slack.slack import Slack

Args = dict[str, Any]


def open_view(slack: Slack, args: Args) -> dict[str, Any]:
    check_view(_view(args), slack.files.ready)
    ticket = slack.tickets.spend_trigger(args.get("trigger_id", ""))
    return {"view": slack.views.open(ticket["person"], args["view"])}


def push(slack: Slack, args: Args) -> dict[str, Any]:
    check_view(_view(args), slack.files.ready)
    ticket = slack.tickets.spend_trigger(args.get("trigger_id", ""))
    return {"view": slack.views.push(ticket["person"], args["view"])}


def update(slack: Slack, args: Args) -> dict[str, Any]:
    check_view(_view(args), slack.files.ready)
    row = slack.views.find(args.get("view_id"), args.get("external_id"))
    return {"view": slack.views.update(row, args["view"], args.get("hash"))}


def publish(slack: Slack, args: Args) -> dict[str, Any]:
    view = _view(args)
    if view.get("type") != "home":
        raise Refusal("invalid_arguments", ["must be home [json-pointer:/view/type]"])
    check_view(view, slack.files.ready)
    if not args.get("user_id"):
        raise Refusal("invalid_arguments", ["missing required field: user_id"])
    return {"view": slack.views.publish(args["user_id"], view, args.get("hash"))}


def _view(args: Args) -> dict[str, Any]:
    view = args.get("view")
    if not isinstance(view, dict):
        raise Refusal("invalid_arguments", ["missing required field: view"])
    return view


VIEWS = {
    "views.open": (open_view, frozenset({"trigger_id", "view", "interactivity_pointer"})),
    "views.push": (push, frozenset({"trigger_id", "view", "interactivity_pointer"})),
    "views.update": (update, frozenset({"view_id", "external_id", "view", "hash"})),
    "views.publish": (publish, frozenset({"user_id", "view", "hash"})),
}
