"""Who somebody is, as Slack tells it: a member, a guest, a stranger; their address and their groups.

Answers are kept for some minutes, so that Slack is rarely asked while a person waits. Where it cannot be asked,
what was known before still lets people look, and nobody change anything (`bot.access.allow`).
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import NOT_ASKED, Person, Role, Standing, groups_of, named_role, standing_of
from bot.slack.errors import ODD
from bot.slack.surface import speaking
from engine.cloud.secrets import Secrets
from engine.errors import MmmError, Refused
from engine.settings import Settings

log = logging.getLogger(__name__)

KEPT_SECONDS = 300.0
# Of Slack's three seconds; a form must still be opened in what is left.
ASK_SECONDS = 1.2
TIMEOUT_SECONDS = 2
MOST_KEPT = 20_000
# Slack's words for a group that a workspace does not have, or groups at all.
NO_GROUP = ("no_such_subteam", "plan_upgrade_required")
# And for somebody it does not show to us: nobody of this workspace.
UNKNOWN = ("user_not_found", "user_not_visible", "users_not_found")


class People:
    """What Slack said about people and groups, for a while."""

    def __init__(self, settings: Settings, *, now: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._now = now
        self._people: dict[str, tuple[float, Person]] = {}
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}

    async def standing(self, client: AsyncWebClient, user: str) -> Standing:
        """What `user` may do. Never raises: where Slack does not say, it is not `sure`."""
        try:
            async with asyncio.timeout(ASK_SECONDS):
                return await self._standing(client, user)
        except (MmmError, TimeoutError, *ODD) as error:
            late = "it takes too long" if isinstance(error, TimeoutError) else f"an odd answer: {error!r}"
            detail = f"{error.what} ({error.detail})" if isinstance(error, MmmError) else late
            log.warning("Slack does not say who %s is: %s", user, detail)
            return self._as_known(user)

    async def _standing(self, client: AsyncWebClient, user: str) -> Standing:
        person = await self._person(client, user)
        if person is None:
            return Standing(Role.NONE, "Slack does not know you as a member of this workspace.")
        groups: dict[Role, frozenset[str]] = {}
        if named_role(self._settings, person) is None:
            wanted = groups_of(self._settings)
            found = await asyncio.gather(*(self._group(client, group) for group in wanted.values()))
            groups = dict(zip(wanted, found, strict=True))
        return standing_of(self._settings, person, groups)

    def _as_known(self, user: str) -> Standing:
        """What was known before, however old."""
        _, person = self._people.get(user, (0.0, None))
        if person is None:
            return NOT_ASKED
        wanted = groups_of(self._settings)
        if named_role(self._settings, person) is None and not set(wanted.values()) <= self._groups.keys():
            return NOT_ASKED
        groups = {role: self._groups[group][1] for role, group in wanted.items() if group in self._groups}
        return replace(standing_of(self._settings, person, groups), sure=False)

    async def _person(self, client: AsyncWebClient, user: str) -> Person | None:
        since, person = self._people.get(user, (0.0, None))
        if person is not None and self._now() - since < KEPT_SECONDS:
            return person
        try:
            answer = await speaking(client.users_info(user=user))
        except Refused as error:
            if not error.detail.startswith(UNKNOWN):
                raise
            self._people.pop(user, None)
            return None
        if len(self._people) >= MOST_KEPT:
            self._people.clear()
        person = read_person(answer["user"])
        self._people[user] = (self._now(), person)
        return person

    async def _group(self, client: AsyncWebClient, group: str) -> frozenset[str]:
        since, members = self._groups.get(group, (0.0, None))
        if members is not None and self._now() - since < KEPT_SECONDS:
            return members
        try:
            answer = await speaking(client.usergroups_users_list(usergroup=group))
        except Refused as error:
            # A group belongs to one workspace: in the others of a deployment nobody is in it.
            if not self._settings.many or not error.detail.startswith(NO_GROUP):
                raise
            answer = {"users": ()}
        members = frozenset(str(user) for user in answer["users"])
        self._groups[group] = (self._now(), members)
        return members


class PeopleOfWorker:
    """The same for the worker, whose steps wait in threads: nobody waits there for three seconds to pass."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets
        self._people = People(settings)

    def standing(self, user: str) -> Standing:
        """What `user` may do. Never raises: where Slack does not say, it is not `sure`."""
        try:
            token = self._secrets.read(self._settings.slack_token_secret)
        except MmmError as error:
            log.warning("Slack cannot be asked who %s is: %s", user, error.what)
            return NOT_ASKED
        client = AsyncWebClient(token=token, base_url=self._settings.slack_url, timeout=TIMEOUT_SECONDS)
        return asyncio.run(self._people.standing(client, user))


def read_person(user: dict[str, Any]) -> Person:
    """Read Slack's user object. What it does not say counts against nobody but a missing workspace."""
    teams = {str(user.get("team_id", ""))} | set((user.get("enterprise_user") or {}).get("teams") or ())
    return Person(
        id=str(user["id"]),
        teams=frozenset(teams),
        email=str((user.get("profile") or {}).get("email") or ""),
        email_confirmed=user.get("is_email_confirmed") is not False,
        guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        bot=bool(user.get("is_bot") or user.get("is_workflow_bot") or user.get("is_connector_bot"))
        or user["id"] == "USLACKBOT",
        stranger=bool(user.get("is_stranger")),
        gone=bool(user.get("deleted")),
    )
