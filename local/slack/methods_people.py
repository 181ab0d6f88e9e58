"""users.*, usergroups.*, auth.test and api.test."""

from typing import Any

from local import workspace
from local.slack.refusal import Refusal
from local.slack.slack import Slack
from local.slack.state.directory import user_ids, user_object

Args = dict[str, Any]


def auth_test(slack: Slack, args: Args) -> dict[str, Any]:
    return {
        "url": f"{slack.public_url}/",
        "team": slack.team_name,
        "team_id": slack.team_id,
        "user": workspace.BOT_NAME,
        "user_id": workspace.BOT_USER,
        "bot_id": workspace.BOT_ID,
        "is_enterprise_install": False,
    }


def api_test(slack: Slack, args: Args) -> dict[str, Any]:
    return {"args": args}


def info(slack: Slack, args: Args) -> dict[str, Any]:
    if not slack.directory.knows(args.get("user", "")):
        raise Refusal("user_not_found")
    return {"user": user_object(args.get("user", ""))}


def list_users(slack: Slack, args: Args) -> dict[str, Any]:
    return {"members": [user_object(id) for id in user_ids()], "response_metadata": {"next_cursor": ""}}


def by_email(slack: Slack, args: Args) -> dict[str, Any]:
    email = str(args.get("email", "")).lower()
    for person in workspace.PEOPLE:
        if person.email == email:
            return {"user": user_object(person.id)}
    raise Refusal("users_not_found")


def group_members(slack: Slack, args: Args) -> dict[str, Any]:
    for group in workspace.USER_GROUPS:
        if group.id == args.get("usergroup"):
            return {"users": list(group.members)}
    raise Refusal("no_such_subteam")


PEOPLE = {
    "auth.test": (auth_test, frozenset()),
    "api.test": (api_test, frozenset({"error", "foo"})),
    "users.info": (info, frozenset({"user", "include_locale"})),
    "users.list": (list_users, frozenset({"limit", "cursor", "include_locale", "team_id"})),
    "users.lookupByEmail": (by_email, frozenset({"email"})),
    "usergroups.users.list": (group_members, frozenset({"usergroup", "include_disabled", "team_id"})),
}
