"""Messages on their way out: written down first, sent afterwards, so that no crash loses one.

Beside each stands a mark that it was not sent yet, by conversation and time: who sends one sends those before it first.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Entry, Storage
from engine.errors import AlreadyExists
from engine.ports import Notice

STAMP = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class Waiting:
    """A message that was not sent yet. `at` is when it was written down."""

    key: str
    at: datetime
    path: str
    generation: int

    @property
    def order(self) -> tuple[datetime, int, str]:
        """The older first; of the same moment, whichever mark was made first."""
        return self.at, self.generation, self.key


def tell(
    cloud: Cloud,
    clock: Clock,
    *,
    key: str,
    kind: str,
    channel: str = "",
    user: str = "",
    run: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    """Put a message in the outbox and have it sent. The same key is told once, however often this runs."""
    notice = Notice(
        key=key,
        kind=kind,
        workspace=cloud.settings.workspace,
        channel=channel,
        user=user,
        run=run,
        data=data or {},
        created_at=clock.now(),
    )
    # Who was told before has its mark, or gets it when it is sent.
    with suppress(AlreadyExists):
        cloud.storage.create(paths.notice(key), notice)
        mark(cloud.storage, notice)
    cloud.tasks.enqueue("notify", "notify", {"key": key}, key=f"notify|{cloud.settings.workspace}|{key}")


def mark(storage: Storage, notice: Notice) -> None:
    """Note that a message waits."""
    at = notice.created_at.astimezone(UTC).strftime(STAMP)
    with suppress(AlreadyExists):
        storage.create(paths.notice_open(notice.conversation, at, notice.key), {"key": notice.key})


def waiting(storage: Storage, conversation: str = "") -> Sequence[Waiting]:
    """Return the messages that wait for a conversation, or for any, in their order."""
    under = paths.conversation_open(conversation) if conversation else paths.OPEN_NOTICES
    found = [one for entry in storage.list(under) if (one := _read(entry)) is not None]
    return sorted(found, key=lambda one: one.order)


def _read(entry: Entry) -> Waiting | None:
    stamp, _, key = entry.path.rpartition("/")[2].partition("-")
    try:
        at = datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Waiting(key, at, entry.path, entry.generation)


def refresh_card(cloud: Cloud, run_id: str, version: str) -> None:
    """Have the run's card drawn again; `version` says for which news, so that each is drawn once."""
    key = f"card|{cloud.settings.workspace}|{run_id}|{version}"
    cloud.tasks.enqueue("notify", "card", {"run": run_id, "version": version}, key=key)
