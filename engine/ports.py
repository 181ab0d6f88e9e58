"""What the engine asks of whoever talks to people, without knowing who that is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")
# Where a message stands: `channel` and `ts`, and what else is remembered of it.
Place = dict[str, Any]


class Notice(BaseModel):
    """A message that must reach somebody: what it is about, not how it looks.

    `kind` picks the renderer; `data` is everything the renderer needs, as plain JSON. `key` is unique
    and goes with the message, so that delivering twice can be noticed.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    kind: str
    workspace: str
    channel: str = ""
    user: str = ""
    run: str = Field("", description="The run whose thread it belongs to, if any.")
    below: str = Field("", description="The message in whose thread it belongs, where that is no run's.")
    under: str = Field("", description="The round of countries in whose message's thread it belongs, if any.")
    data: dict[str, Any] = Field(default_factory=dict)
    created_at: datetime
    thread: dict[str, Any] | None = Field(
        None, exclude=True, description="Where the run's card stands, if whoever delivers it has just looked."
    )

    @property
    def conversation(self) -> str:
        """The channel, or else the person, whose messages keep their order."""
        return self.channel or self.user


class Bundle(BaseModel):
    """Messages of one conversation that belong together: written down at once, sent one after the other.

    `about` is what the data of each begin with. `key` is unique and names what is kept of their sending.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    about: dict[str, Any] = Field(default_factory=dict)
    notices: tuple[Notice, ...] = Field(min_length=1)

    @property
    def conversation(self) -> str:
        return self.notices[0].conversation

    def each(self) -> list[Notice]:
        """The messages, each with all of its data."""
        return [one.model_copy(update={"data": {**self.about, **one.data}}) for one in self.notices]


@dataclass(frozen=True)
class Post:
    """How one message is looked for, from a moment on and from where an earlier look came to, and taken back."""

    look: Callable[[datetime, dict[str, str]], Place | None]
    undo: Callable[[Place], None]


@dataclass(frozen=True)
class Uploads:
    """A message's pictures: what is known of those that were brought already, and how the bytes of others are had.

    files: by name, for whoever brings them to read and to change. get: raises NotFound, BrokenState, Unavailable.
    """

    files: dict[str, dict[str, Any]]
    get: Callable[[str], bytes]


class Delivery(Protocol):
    """One try to deliver messages, of which is remembered what was posted."""

    def make(self, key: str, draw: Callable[[], T], send: Callable[[T], Place], post: Post) -> Place:
        """Return where the message with that key stands: where it was posted before, or what `send` made of `draw`.

        Raises Postponed where somebody else took the delivery over, and whatever `draw`, `send` and `post` raise.
        """
        ...

    def uploads(self, key: str) -> Uploads:
        """What is known of the pictures of the message with that key."""
        ...


class Messenger(Protocol):
    """Delivers notices. The bot's is Slack."""

    def deliver(self, notice: Notice, delivery: Delivery) -> Place:
        """Deliver `notice` and return what to remember of it (`channel`, `ts`).

        Safe to call twice, also at once: each message of it is made by `delivery`, which makes it once.
        Raises Unavailable when trying again may help (LockedOut: once somebody has mended something; Postponed: at a
        time that is known), Refused when it cannot.

        Beside the place, `pictures` says that the words are there and their pictures follow (see `illustrate`), and
        `unthreaded` that the thread it belongs to is gone.
        """
        ...

    def redraw(self, notice: Notice, place: Place) -> bool:
        """Draw a message that stands at `place` anew. False where it is gone. Raises as `deliver` does."""
        ...

    def illustrate(self, notice: Notice, place: Place, uploads: Uploads, *, last: bool) -> bool:
        """Bring the pictures that follow into the message at `place`; with `last`, say why if they do not come.

        Returns whether nothing more is to be done. Raises as `deliver` does.
        """
        ...


class Files(Protocol):
    """Fetches files that people dropped. The bot's come from Slack."""

    def fetch(self, file_id: str, into: Path, limit_bytes: int) -> str:
        """Write the file to `into` and return its name. Raises BadData, NotFound, Unavailable."""
        ...
