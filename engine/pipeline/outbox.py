"""Messages on their way out: written down first, sent afterwards, so that no crash loses one.

What waits stands by conversation and time, whole, and in the listing's own answer where it is short; it goes when it is
sent. That it was is kept beside (`engine.cloud.once`): who tells something again tells nobody twice.
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
from engine.errors import AlreadyExists, NotFound
from engine.ports import Bundle, Notice

# The news that a run was submitted: nobody can have drawn its card before.
SUBMITTED = "submitted"
# How the release before names the moment. What is named so and has no message of its kind beside it, it takes for a
# leftover, and deletes after an hour: so ours are named in a way that it passes by, should it come back.
STAMP = "%Y%m%dT%H%M%S.%fZ"
OURS = f"b{STAMP}"


@dataclass(frozen=True)
class Waiting:
    """What was not sent yet. `at` is when it was written down, `line` what a listing told of it."""

    key: str
    at: datetime
    path: str
    generation: int
    line: dict[str, Any] | None = None

    @property
    def order(self) -> tuple[datetime, int, str]:
        """The older first; of the same moment, whichever was written down first."""
        return self.at, self.generation, self.key

    @property
    def conversation(self) -> str:
        """The folder it stands in, by which its conversation is found again."""
        return self.path.removeprefix(paths.OPEN_NOTICES).partition("/")[0]


def tell(
    cloud: Cloud,
    clock: Clock,
    *,
    key: str,
    kind: str,
    channel: str = "",
    user: str = "",
    run: str = "",
    below: str = "",
    under: str = "",
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
        below=below,
        under=under,
        data=data or {},
        created_at=clock.now(),
    )
    tell_together(cloud, Bundle(key=key, notices=(notice,)))


def tell_together(cloud: Cloud, bundle: Bundle) -> None:
    """Put messages that belong together in the outbox and have them sent. The same key is told once.

    It takes the place in line of the moment its first message was made.
    """
    put(cloud.storage, bundle)
    have_sent(cloud, bundle.key, bundle.conversation, name=f"notify|{cloud.settings.workspace}|{bundle.key}")


def put(storage: Storage, bundle: Bundle) -> None:
    """Write down that messages wait to be sent."""
    at = bundle.notices[0].created_at.astimezone(UTC).strftime(OURS)
    body = bundle.model_dump(mode="json")
    with suppress(AlreadyExists):
        storage.create(paths.notice_open(bundle.conversation, at, bundle.key), body, line=body)


def have_sent(cloud: Cloud, key: str, conversation: str, *, name: str, swept: bool = False) -> None:
    """Queue the sending of all that waits for a conversation, in order; `key` is whose error the task ends with."""
    payload: dict[str, str | int] = {"key": key, "conversation": conversation}
    cloud.tasks.enqueue("notify", "notify", payload | {"swept": 1} if swept else payload, key=name)


def waiting(storage: Storage, conversation: str = "") -> Sequence[Waiting]:
    """Return what waits for a conversation, or for any, in its order. One request."""
    under = paths.conversation_open(conversation) if conversation else paths.OPEN_NOTICES
    found = [one for entry in storage.list(under) if (one := _waits(entry)) is not None]
    return sorted(found, key=lambda one: one.order)


def _waits(entry: Entry) -> Waiting | None:
    stamp, _, key = entry.path.rpartition("/")[2].partition("-")
    try:
        at = datetime.strptime(stamp, OURS if stamp.startswith("b") else STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Waiting(key, at, entry.path, entry.generation, entry.line)


def what_waits(storage: Storage, one: Waiting) -> Bundle:
    """Return messages that wait. No request where the listing brought them. Raises NotFound if they are gone."""
    body = one.line
    if body is None or "notices" not in body:
        body = storage.require(one.path, f"{one.path} is gone.").body
    if "notices" not in body:
        return _of_earlier(storage, one.key)
    return Bundle.model_validate(body)


def _of_earlier(storage: Storage, key: str) -> Bundle:
    """A message that an earlier release wrote down beside its mark; whoever took it up kept it there."""
    document = storage.require(paths.notice(key), f"There is no message {key}.")
    notice = document.body.get("notice", document.body)
    if "kind" not in notice:
        raise NotFound(f"There is no message {key}.")  # it was sent since
    return Bundle(key=key, notices=(Notice.model_validate(notice),))


def refresh_card(cloud: Cloud, run_id: str, version: str) -> None:
    """Have the run's card drawn again; `version` says for which news, so that each is drawn once."""
    key = f"card|{cloud.settings.workspace}|{run_id}|{version}"
    cloud.tasks.enqueue("notify", "card", {"run": run_id, "version": version}, key=key)
