"""A post is made once, however often and however many at a time deliver it.

Before Slack is asked, it is written down that a post was begun: first when, and until when nobody else may make it. So
the first try looks for nothing; a try that Slack refused is repeated without a look; only where nobody knows how an
earlier one ended (its reply was lost, its process died) is the message looked for, from when it was first tried.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.slack.search import Progress
from engine import paths
from engine.clock import Clock
from engine.cloud.storage import Document, Storage
from engine.errors import AlreadyExists, Conflict, LockedOut, MmmError, Postponed, Refused, Unavailable

log = logging.getLogger(__name__)

T = TypeVar("T")
Place = dict[str, Any]
# Longer than Slack is waited for. What is drawn before takes longer at times: then the lease is renewed.
LEASE, RENEWED_AFTER = timedelta(seconds=30), timedelta(seconds=5)
# At work on it, nobody knows, certainly not posted, posted.
TRYING, DOUBT, IDLE, DONE = "trying", "doubt", "idle", "done"
SETTLES = 5


@dataclass(frozen=True)
class Post:
    """How one message is looked for, posted, and taken back."""

    look: Callable[[datetime, Progress], Place | None]
    undo: Callable[[Place], None]


class Once:
    """Makes posts, and remembers which were made."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def make(
        self,
        key: str,
        draw: Callable[[], T],
        send: Callable[[T], Place],
        post: Post,
        *,
        regardless: bool = False,
    ) -> Place:
        """Return where the message with that key stands: where it was posted before, or what `send` made of `draw`.

        regardless: post it also where nothing can be written down. Raises Postponed while somebody else is at it, and
        whatever `draw` and `send` raise.
        """
        try:
            record = self._begin(key)
        except MmmError as error:
            if not regardless or isinstance(error, Postponed):
                raise
            log.warning("%s is posted without a record: %s (%s)", key, error.what, error.detail)
            return send(draw())
        if record.body["state"] == DONE:
            return dict(record.body["place"])
        if record.body["state"] == DOUBT:
            record, found = self._look(record, post)
            if found is not None:
                return self._settle(record, found, post)
        try:
            drawn = draw()
        except Exception:
            self._leave(record, IDLE)
            raise
        record = self._renew(record)
        try:
            place = send(drawn)
        except (Refused, LockedOut, Postponed):
            # Slack has answered: it did not take it.
            self._leave(record, IDLE)
            raise
        except Exception:
            self._leave(record, DOUBT)
            raise
        return self._settle(record, place, post)

    def _begin(self, key: str) -> Document:
        """Take the post over, unless it is made, or somebody is at it. Returns the record as it was found."""
        path, now = paths.notice_try(key), self._clock.now()
        fresh = {"state": TRYING, "first": now.isoformat(), "at": now.isoformat()}
        try:
            return self._storage.create(path, fresh)
        except AlreadyExists:
            document = self._storage.require(path, f"There is no {path}.")
        body = document.body
        if body["state"] == DONE:
            return document
        age = now - datetime.fromisoformat(body["at"])
        if body["state"] == TRYING and age < LEASE:
            # A moment at first; whoever died in the midst of it is waited for to the end of their time.
            seconds = max(1.0, min(age, LEASE - age).total_seconds())
            raise Postponed("That message is being sent.", seconds=seconds, detail=f"{key} is held")
        try:
            held = self._storage.swap(path, {**body, "state": TRYING, "at": now.isoformat()}, document.generation)
        except Conflict as error:
            raise Postponed("That message is being sent.", seconds=1.0, detail=f"{key} is held") from error
        found = IDLE if body["state"] == IDLE else DOUBT
        return Document(path, {**held.body, "state": found}, held.generation)

    def _look(self, record: Document, post: Post) -> tuple[Document, Place | None]:
        """Look for a message that an earlier try may have posted. What was looked through is kept for a later task."""
        progress: Progress = dict(record.body.get("looked", {}))
        try:
            found = post.look(datetime.fromisoformat(record.body["first"]), progress)
        except MmmError:
            self._leave(record, DOUBT, looked=progress)
            raise
        if found is None:
            # It took its time; and the next search begins anew.
            record = self._hold(record, looked={})
        return record, found

    def _renew(self, record: Document) -> Document:
        """Hold on to the post until Slack has answered. Raises Postponed if somebody else has taken it over."""
        if self._clock.now() - datetime.fromisoformat(record.body["at"]) < RENEWED_AFTER:
            return record
        return self._hold(record)

    def _hold(self, record: Document, **more: Any) -> Document:
        """Keep the post for another while. Raises Postponed if somebody else has taken it over."""
        try:
            return self._write(record, TRYING, **more)
        except Conflict as error:
            raise Postponed("That message is being sent.", seconds=1.0, detail=f"{record.path} is held") from error

    def _settle(self, record: Document, place: Place, post: Post) -> Place:
        """Write down where it stands. If another's message counts already, ours is taken back."""
        for _ in range(SETTLES):
            try:
                self._write(record, DONE, place=place)
                return place
            except Conflict:
                record = self._storage.require(record.path, f"There is no {record.path}.")
            if record.body["state"] == DONE:
                theirs = dict(record.body["place"])
                if (theirs.get("channel"), theirs.get("ts")) != (place.get("channel"), place.get("ts")):
                    post.undo(place)
                return theirs
        return place

    def _leave(self, record: Document, state: str, **more: Any) -> None:
        """Let go of a post that was not made. Where that cannot be written, its time runs out."""
        try:
            self._write(record, state, **more)
        except (Conflict, Unavailable) as error:
            log.info("%s is let go by its time: %s", record.path, error)

    def _write(self, record: Document, state: str, **more: Any) -> Document:
        body = {**record.body, **more, "state": state, "at": self._clock.now().isoformat()}
        return self._storage.swap(record.path, body, record.generation)
