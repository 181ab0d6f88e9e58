"""Who is here, and which conversations they are in."""

import sqlite3
from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from local import workspace
from local.slack.refusal import Refusal
from local.slack.state.database import Database

FOUNDED = 1_760_000_000
"""When the workspace was made: a fixed moment, so that answers do not change from start to start."""

# The kinds of conversations, as conversations.list names them.
PUBLIC, PRIVATE, MPIM, IM = "public_channel", "private_channel", "mpim", "im"


class Directory:
    """People are fixed; channels and their members live in the database, seeded once."""

    def __init__(self, database: Database, team: workspace.OtherTeam | None = None) -> None:
        self.database = database
        self.team = team
        self._seed()

    def _seed(self) -> None:
        """Make what is not there yet; what was made before is left as people have changed it."""
        there = {row["id"] for row in self.database.all("SELECT id FROM channels")}
        for channel in self.team.channels if self.team else workspace.CHANNELS:
            if channel.id in there:
                continue
            everybody = [p.id for p in self.people() if not p.guest or channel is workspace.MARKETING]
            people = list(channel.members) if channel.private else everybody
            kind = PRIVATE if channel.private else PUBLIC
            self._add(channel.id, kind, people, channel.name, channel.topic, archived=channel.archived, bot=channel.bot)
        for channel_id, person in (self.team.dms if self.team else workspace.DMS).items():
            if channel_id not in there:
                self._add(channel_id, IM, [person], im_user=person)

    def _add(
        self,
        id: str,
        kind: str,
        people: Sequence[str],
        name: str = "",
        topic: str = "",
        *,
        im_user: str | None = None,
        archived: bool = False,
        bot: bool = True,
        created: int = FOUNDED,
    ) -> None:
        row = (id, name, topic, im_user, int(archived), created, kind)
        names = "id, name, topic, im_user, archived, created, kind"
        self.database.run(f"INSERT OR IGNORE INTO channels ({names}) VALUES (?, ?, ?, ?, ?, ?, ?)", *row)
        for person in [*people, *([workspace.BOT_USER] if bot else [])]:
            self.join(id, person)

    def create(self, name: str, people: Sequence[str], *, private: bool, bot: bool, created: int) -> sqlite3.Row:
        """Make a channel. Raises name_taken."""
        if self.database.one("SELECT 1 FROM channels WHERE name = ?", name) is not None:
            raise Refusal("name_taken")
        id = f"C0{token_hex(4).upper()}"
        self._add(id, PRIVATE if private else PUBLIC, people, name, bot=bot, created=created)
        return self.channel(id)

    def group_dm(self, people: Sequence[str], created: int) -> sqlite3.Row:
        """Return the conversation of the app with several people, made when it is first opened."""
        with_app = {*people, workspace.BOT_USER}
        for row in self.database.all("SELECT * FROM channels WHERE kind = ?", MPIM):
            if set(self.members(row["id"])) == with_app:
                return row
        names = "--".join(sorted(one.name for one in self.people() if one.id in with_app))
        id = f"C0{token_hex(4).upper()}"
        self._add(id, MPIM, list(people), f"mpdm-{names}--{workspace.BOT_NAME}-1", created=created)
        return self.channel(id)

    def make_private(self, channel: str) -> None:
        """Turn a public channel into a private one: who is in it stays."""
        self.database.run("UPDATE channels SET kind = ? WHERE id = ? AND kind = ?", PRIVATE, channel, PUBLIC)

    def people(self) -> tuple[workspace.Person, ...]:
        return self.team.people if self.team else workspace.PEOPLE

    def knows(self, id: str) -> bool:
        """Whether somebody is seen from this workspace."""
        return id == workspace.BOT_USER or any(person.id == id for person in self.people())

    def join(self, channel: str, person: str) -> None:
        self.database.run("INSERT OR IGNORE INTO members VALUES (?, ?)", channel, person)

    def leave(self, channel: str, person: str) -> None:
        self.database.run("DELETE FROM members WHERE channel = ? AND person = ?", channel, person)

    def channels(self) -> list[sqlite3.Row]:
        return self.database.all("SELECT * FROM channels ORDER BY im_user IS NOT NULL, archived, rowid")

    def channel(self, id: str) -> sqlite3.Row:
        """Return the channel's row. Raises channel_not_found."""
        row = self.database.one("SELECT * FROM channels WHERE id = ?", id)
        if row is None:
            raise Refusal("channel_not_found")
        return row

    def known_to(self, channel: str, person: str) -> sqlite3.Row:
        """Return the channel's row, if `person` may know of it. Raises channel_not_found: it is all one is told."""
        row = self.channel(channel)
        if row["kind"] != PUBLIC and not self.is_member(row["id"], person):
            raise Refusal("channel_not_found")
        return row

    def dm(self, person: str) -> sqlite3.Row:
        """Return the conversation between the app and `person`. Raises user_not_found."""
        row = self.database.one("SELECT * FROM channels WHERE im_user = ?", person)
        if row is None:
            raise Refusal("user_not_found")
        return row

    def members(self, channel: str) -> list[str]:
        rows = self.database.all("SELECT person FROM members WHERE channel = ? ORDER BY rowid", channel)
        return [row["person"] for row in rows]

    def is_member(self, channel: str, person: str) -> bool:
        found = self.database.one("SELECT 1 FROM members WHERE channel = ? AND person = ?", channel, person)
        return found is not None

    def may_see(self, channel: str, person: str) -> bool:
        """Public channels are open to everyone but guests; everything else to its members only."""
        row = self.database.one("SELECT kind FROM channels WHERE id = ?", channel)
        if row is None:
            return False
        known = next((p for p in self.people() if p.id == person), None)
        if row["kind"] == PUBLIC and known is not None and not known.guest:
            return True
        return self.is_member(channel, person)

    def told_name(self, row: sqlite3.Row) -> str:
        """What a command or a click is told its channel is called: the names of private ones are kept back."""
        hidden = {IM: "directmessage", PRIVATE: "privategroup"}
        return str(hidden.get(row["kind"], row["name"]))

    def channel_object(self, row: sqlite3.Row) -> dict[str, Any]:
        """Return a conversation as the Web API shows it to the app."""
        if row["im_user"]:
            return {
                "id": row["id"],
                "created": row["created"],
                "is_im": True,
                "is_org_shared": False,
                "is_archived": bool(row["archived"]),
                "user": row["im_user"],
                "is_user_deleted": False,
                "priority": 0,
            }
        note = {"value": row["topic"], "creator": workspace.ANA.id, "last_set": row["created"]}
        return {
            "id": row["id"],
            "name": row["name"],
            "name_normalized": row["name"],
            # Of a private channel Slack says today that it is a channel and private; of a conversation of several
            # people, that it is private and a group.
            "is_channel": row["kind"] != MPIM,
            "is_group": row["kind"] == MPIM,
            "is_im": False,
            "is_mpim": row["kind"] == MPIM,
            "is_private": row["kind"] != PUBLIC,
            "is_general": row["id"] == workspace.GENERAL.id,
            "is_archived": bool(row["archived"]),
            "is_member": self.is_member(row["id"], workspace.BOT_USER),
            "is_shared": False,
            "is_ext_shared": False,
            "is_org_shared": False,
            "created": row["created"],
            "creator": workspace.ANA.id,
            "topic": note,
            "purpose": {**note, "value": ""},
            "num_members": len(self.members(row["id"])),
        }


def user_ids() -> list[str]:
    return [*(person.id for person in workspace.PEOPLE), workspace.BOT_USER]


def user_object(id: str) -> dict[str, Any]:
    """Return a person or the app's bot user as users.info does. Raises user_not_found."""
    if id == workspace.BOT_USER:
        profile = {"real_name": workspace.BOT_NAME, "display_name": workspace.BOT_NAME, "bot_id": workspace.BOT_ID}
        profile |= {"api_app_id": workspace.APP_ID, "team": workspace.TEAM_ID}
        bot = workspace.Person(id, workspace.BOT_NAME, workspace.BOT_NAME, "4f46e5", bot=True)
        return _user(bot, profile)
    everybody = (*workspace.PEOPLE, *workspace.SOUTHWIND.people)
    person = next((p for p in everybody if p.id == id), None)
    if person is None:
        raise Refusal("user_not_found")
    first, _, last = person.real_name.partition(" ")
    profile = {"real_name": person.real_name, "display_name": person.name, "email": person.email}
    profile |= {"first_name": first, "last_name": last, "team": person.team}
    return _user(person, profile)


def _user(person: workspace.Person, profile: dict[str, str]) -> dict[str, Any]:
    owner = person.id == workspace.ANA.id
    return {
        "id": person.id,
        "team_id": person.team,
        "name": person.name,
        "real_name": person.real_name,
        "deleted": person.gone,
        "color": person.color,
        "tz": "Europe/Stockholm",
        "tz_label": "Central European Time",
        "tz_offset": 3600,
        "profile": profile,
        "is_admin": owner,
        "is_owner": owner,
        "is_primary_owner": owner,
        # A guest of one channel is a guest, too.
        "is_restricted": person.guest or person.single_channel_guest,
        "is_ultra_restricted": person.single_channel_guest,
        "is_bot": person.bot,
        "is_app_user": False,
        "updated": FOUNDED,
        # Slack says this of people from elsewhere only, and of its own members whether their address is confirmed.
        **({"is_stranger": True} if person.stranger else {"is_email_confirmed": person.email_confirmed}),
    }
