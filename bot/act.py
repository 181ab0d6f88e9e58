"""What a person did in Slack, and what they get in return: the language between Slack and the wings.

A wing's handler takes an `Act` and returns a reply; it knows nothing of the SDK. Work that needs longer than
a moment is queued, never done here: Slack waits three seconds.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, ParamSpec, Protocol, TypeVar

from bot.access import NOT_ASKED, Role, Standing, may
from bot.sight import Places, Seen, Sight, nowhere
from bot.slack.blocks import Message
from bot.slack.carried import read_carried
from bot.slack.form import FIXED, Choice, Values, View
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.errors import BadInput
from engine.settings import Settings

P = ParamSpec("P")
# Forms stand open for days, across releases: one that was drawn before an update may lack what is read now.
EARLIER_FORM = ("This form is of an earlier release.", "Close it and open it again. Nothing was changed.")
# What forms carry, of which kind.
TEXTS = ("draft", "dataset", "channel", "renews", "about", "turn", "connection", "seen", "kind", "table")
TRUTHS = ("more", "weekday")
T = TypeVar("T")


class Carried(dict[str, Any]):
    """What a form carries: what it lacks, its release did not know."""

    def __missing__(self, name: str) -> Any:
        raise BadInput(*EARLIER_FORM, detail=f"a form carries no {name}")


@dataclass(frozen=True)
class Services:
    """What handlers work with, built once."""

    settings: Settings
    cloud: Cloud
    clock: Clock


class Surface(Protocol):
    """The few things a handler may ask Slack for while a person waits."""

    opened: str
    """The id of the modal that was opened for this act, if any."""

    offers: Callable[[str], bool]
    """Whether a button is shown to the person, by its action id. What only they see is drawn with it."""

    async def open_view(self, trigger_id: str, view: View) -> str:
        """Show a modal; returns its id."""
        ...

    async def update_view(self, view_id: str, view: View, hash: str = "") -> None:
        """Replace a modal's content. With `hash`: unless it changed meanwhile."""
        ...

    async def file(self, file_id: str) -> Mapping[str, Any]:
        """What Slack says of a file: its name, who dropped it, where it lies. Raises Refused, Unavailable."""
        ...

    async def publish_home(self, user: str, view: View) -> None: ...

    async def whisper(self, channel: str, user: str, message: Message) -> None:
        """Show a message to one person."""
        ...


# What a handler may answer. None: nothing more to show.


@dataclass(frozen=True)
class Whisper:
    """A message that only the person sees."""

    message: Message


@dataclass(frozen=True)
class Errors:
    """Messages beside the fields of a form, by field name."""

    by_field: Mapping[str, str]


@dataclass(frozen=True)
class Show:
    """The form becomes this view."""

    view: View


@dataclass(frozen=True)
class Close:
    """Every form closes."""


@dataclass(frozen=True)
class Options:
    """What a search found."""

    choices: tuple[Choice, ...]


Reply = Whisper | Errors | Show | Close | Options | None


@dataclass(frozen=True)
class Act:
    """One thing a person did. `key` is the same however often it is delivered.

    `standing` is what they may do here; until it is known, nothing. `places` tells who is in which conversation.
    """

    services: Services
    surface: Surface
    key: str
    user: str
    channel: str = ""
    trigger_id: str = ""
    text: str = ""
    value: str = ""
    view: Mapping[str, Any] = field(default_factory=dict)
    message: Mapping[str, Any] = field(default_factory=dict)
    """The message that something was done with from its menu."""
    standing: Standing = NOT_ASKED
    places: Places = nowhere

    @property
    def cloud(self) -> Cloud:
        return self.services.cloud

    @property
    def settings(self) -> Settings:
        return self.services.settings

    @property
    def clock(self) -> Clock:
        return self.services.clock

    @property
    def seen(self) -> Seen:
        """What the person finds of what is stored: the only way to it. Waits, so behind `blocking`."""
        return Seen(self.cloud.storage, lambda: Sight(self.user, self.standing, self.places), self.places)

    @cached_property
    def values(self) -> Values:
        """What stands in the form's fields."""
        return Values(self.view.get("state", {}).get("values", {}), self.meta.get(FIXED, {}))

    @cached_property
    def meta(self) -> dict[str, Any]:
        """What the form carries with it. Raises BadInput where it is, or lacks, what only an earlier release wrote."""
        try:
            meta = read_carried(self.view.get("private_metadata") or "{}")
        except ValueError as error:
            raise BadInput(*EARLIER_FORM, detail=str(error)) from error
        if not isinstance(meta, dict):
            raise BadInput(*EARLIER_FORM, detail=f"a form carries {type(meta).__name__}")
        if odd := [name for name, value in meta.items() if not _is_as_we_write_it(name, value)]:
            raise BadInput(*EARLIER_FORM, detail=f"a form carries another {', '.join(odd)}")
        return Carried(meta)

    def may(self, needs: Role) -> bool:
        """Whether the person may do what needs `needs`, to draw what they see."""
        return may(self.standing, needs)

    async def open(self, view: View) -> str:
        """Show a form now: the trigger lasts three seconds."""
        return await self.surface.open_view(self.trigger_id, view)

    async def blocking(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call something that waits for the network, without holding everybody else up."""
        return await asyncio.to_thread(function, *args, **kwargs)


def _is_as_we_write_it(name: str, value: object) -> bool:
    """Whether something that a form carries is of the kind that is read; names that nobody reads may be anything."""
    if name in TEXTS:
        return isinstance(value, str)
    if name in TRUTHS:
        return isinstance(value, bool)
    if name == "dropped":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if name == FIXED:
        return isinstance(value, dict) and all(_is_choice(one) for one in value.values())
    return name != "opened_at" or _is_moment(value)


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def _is_choice(value: object) -> bool:
    """Whether something is a value and its label."""
    return isinstance(value, list) and len(value) == 2 and all(isinstance(one, str) for one in value)
