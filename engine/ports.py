"""What the engine asks of whoever talks to people, without knowing who that is."""

from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field


class Notice(BaseModel):
    """A message that must reach somebody: what it is about, not how it looks.

    `kind` picks the renderer; `data` is everything the renderer needs, as plain JSON. `key` is unique
    and names the notice in the outbox, so that delivering twice can be noticed.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    kind: str
    workspace: str
    channel: str = ""
    user: str = ""
    run: str = Field("", description="The run whose thread it belongs to, if any.")
    data: dict[str, Any] = Field(default_factory=dict)
    created_at: datetime
    thread: dict[str, Any] | None = Field(
        None, exclude=True, description="Where the run's card stands, if whoever delivers it has just looked."
    )

    @property
    def conversation(self) -> str:
        """The channel, or else the person, whose messages keep their order."""
        return self.channel or self.user


class Messenger(Protocol):
    """Delivers notices. The bot's is Slack."""

    def deliver(self, notice: Notice) -> dict[str, Any]:
        """Deliver `notice` and return what to remember of it (`channel`, `ts`).

        Safe to call twice, also at once: a message already delivered is found by its key, not repeated.
        Raises Unavailable when trying again may help (LockedOut: once somebody has mended something; Postponed: at a
        time that is known), Refused when it cannot.

        Beside the place, `pictures` says that the words are there and their pictures follow (see `illustrate`), and
        `unthreaded` that the thread it belongs to is gone.
        """
        ...

    def illustrate(self, notice: Notice, place: dict[str, Any], *, last: bool) -> bool:
        """Bring the pictures that follow into the message at `place`; with `last`, say why if they do not come.

        Returns whether nothing more is to be done. Raises as `deliver` does.
        """
        ...


class Files(Protocol):
    """Fetches files that people dropped. The bot's come from Slack."""

    def fetch(self, file_id: str, into: Path, limit_bytes: int) -> str:
        """Write the file to `into` and return its name. Raises BadData, NotFound, Unavailable."""
        ...
