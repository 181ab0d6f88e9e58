"""A post is made once, however often and however many at a time deliver it.

Before Slack is asked, it is written down that a delivery was begun: first when, and until when nobody else may make it.
So the first try looks for nothing; a post that Slack refused is repeated without a look; only where nobody knows how an
earlier one ended (its reply was lost, its process died) is the message looked for, from when it was first tried. One
record holds all messages of a delivery: it is written when it begins and when it ends.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

from engine import paths
from engine.clock import Clock
from engine.cloud.earlier_posts import in_todays_words
from engine.cloud.packed import Parts
from engine.cloud.storage import Document, Storage
from engine.errors import AlreadyExists, Conflict, LockedOut, MmmError, NotFound, Postponed, Refused, Unavailable
from engine.ports import Place, Post, Uploads

log = logging.getLogger(__name__)

T = TypeVar("T")
Body = dict[str, Any]
# Longer than Slack is waited for. What is drawn before takes longer at times: then the lease is renewed.
LEASE, RENEWED_AFTER = timedelta(seconds=60), timedelta(seconds=30)
# At work on it; nobody knows of what is not named; certainly nothing else was posted; all is posted.
TRYING, DOUBT, IDLE, DONE = "trying", "doubt", "idle", "done"
# What is kept of a record whatever becomes of the delivery; a message of an earlier release only until it is sent.
KEPT = ("first", "gone")
SETTLES = 5


class Once:
    """Begins deliveries, each by one worker at a time."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def hold(self, path: str, *, anew: Callable[[Body], bool] = lambda body: False, regardless: bool = False) -> "Held":
        """Take over the delivery whose record is at `path`. It is `done` where everything was posted before.

        anew: whether a delivery that was done is to be made again, because what was posted is gone.
        regardless: go on also where nothing can be written down.
        Raises Postponed while somebody else is at it.
        """
        try:
            return self._hold(path, anew)
        except MmmError as error:
            if not regardless or isinstance(error, Postponed):
                raise
            log.warning("%s is delivered without a record: %s (%s)", path, error.what, error.detail)
            return Held(self._storage, self._clock, None)

    def _hold(self, path: str, anew: Callable[[Body], bool]) -> "Held":
        now = self._clock.now()
        fresh = {"state": TRYING, "first": now.isoformat(), "at": now.isoformat()}
        try:
            return Held(self._storage, self._clock, self._storage.create(path, fresh, line={"state": TRYING}))
        except AlreadyExists:
            record = in_todays_words(self._storage, self._storage.require(path, f"There is no {path}."))
        body = record.body
        if body["state"] == DONE:
            if not anew(body):
                return Held(self._storage, self._clock, record)
            gone = {name: body[name] for name in ("channel", "ts") if name in body}
            return Held(self._storage, self._clock, self._take(record, {**fresh, "gone": gone}))
        age = now - datetime.fromisoformat(body["at"])
        if body["state"] == TRYING and age < LEASE:
            # A moment at first; whoever died in the midst of it is waited for to the end of their time.
            seconds = max(1.0, min(age, LEASE - age).total_seconds())
            raise Postponed("That message is being sent.", seconds=seconds, detail=f"{path} is held")
        if body["state"] == TRYING:
            # Whoever died may have posted also what they knew was not posted when they began.
            body = {**body, "posts": {key: one for key, one in body.get("posts", {}).items() if "place" in one}}
        taken = self._take(record, {**body, "state": TRYING, "at": now.isoformat()})
        return Held(self._storage, self._clock, taken, unknown=record.body["state"] in (TRYING, DOUBT))

    def _take(self, record: Document, body: Body) -> Document:
        try:
            return self._storage.swap(record.path, body, record.generation, line={"state": body["state"]})
        except Conflict as error:
            raise _held(record.path) from error


class Held:
    """A delivery that we hold: what was posted of it, and what we post.

    As a context it lets go where it is left by an error, with what was posted until then; `settle` ends it.
    `told`, by whoever uses it, is where each notice went.
    """

    def __init__(self, storage: Storage, clock: Clock, record: Document | None, *, unknown: bool = False) -> None:
        self._storage = storage
        self._clock = clock
        self._record = record
        self._unknown = unknown
        self._lost = False
        self._fresh: dict[str, tuple[Place, Post]] = {}
        # What the messages are made of is read once.
        self.parts = Parts(storage)
        body = self.body
        self.told: dict[str, Place] = dict(body.get("told", {}))
        self._posts: dict[str, dict[str, Any]] = {key: dict(one) for key, one in body.get("posts", {}).items()}
        self._files: dict[str, dict[str, Any]] = {key: dict(one) for key, one in body.get("files", {}).items()}

    @property
    def body(self) -> Body:
        """The record as it was last written or read; empty where there is none."""
        return self._record.body if self._record else {}

    @property
    def _stays(self) -> bool:
        """Whether the record is more than that: a card's place is kept as long as its run."""
        return self._record is not None and not self._record.path.startswith(paths.OUTBOX)

    @property
    def done(self) -> bool:
        """Whether everything is posted, by whomever."""
        return self.body.get("state") == DONE

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if isinstance(error, Exception):
            self._leave()

    def posted(self, key: str) -> bool:
        """Whether we posted that message ourselves, just now."""
        return key in self._fresh

    def uploads(self, key: str) -> Uploads:
        """What is known of the pictures of the message with that key."""
        return Uploads(self._files.setdefault(key, {}), self.parts.get)

    def make(self, key: str, draw: Callable[[], T], send: Callable[[T], Place], post: Post) -> Place:
        """Return where the message with that key stands: where it was posted before, or what `send` made of `draw`.

        Raises Postponed where somebody else took the delivery over, and whatever `draw`, `send` and `post` raise.
        """
        known = self._posts.get(key, {"doubt": self._unknown})
        if "place" in known:
            return dict(known["place"])
        if known.get("doubt") and (found := self._look(key, known, post)) is not None:
            return found
        drawn = draw()
        self._renew()
        try:
            place = send(drawn)
        except (Refused, LockedOut, Postponed):
            # Slack has answered: it did not take it.
            self._posts[key] = {"doubt": False}
            raise
        except Exception:
            self._posts[key] = {"doubt": True}
            raise
        self._posts[key], self._fresh[key] = {"place": place}, (place, post)
        return place

    def settle(self, **more: Any) -> None:
        """Write down that all is posted, and `more` to remember. What another's delivery posted, too, is taken back."""
        for _ in range(SETTLES):
            if self._record is None:
                return
            try:
                self._write(DONE, **more)
                return
            except Conflict:
                self._agree()
            if self.done:
                self.told |= self.body.get("told", {})
                return

    def _look(self, key: str, known: dict[str, Any], post: Post) -> Place | None:
        """Look for a message that an earlier try may have posted. What was looked through is kept for a later task."""
        progress: dict[str, str] = dict(known.get("looked", {}))
        try:
            found = post.look(datetime.fromisoformat(self.body["first"]), progress)
        except MmmError:
            self._posts[key] = {"doubt": True, "looked": progress}
            raise
        if found is not None:
            self._posts[key] = {"place": found}
            return found
        self._posts[key] = {"doubt": False}
        # It took its time.
        self._renew(always=True)
        return None

    def _renew(self, *, always: bool = False) -> None:
        """Hold on to the delivery until Slack has answered. Raises Postponed if somebody else has taken it over."""
        if self._record is None:
            return
        if not always and self._clock.now() - datetime.fromisoformat(self.body["at"]) < RENEWED_AFTER:
            return
        try:
            self._write(TRYING)
        except Conflict as error:
            self._lost = True
            self._agree()
            raise _held(self._record.path) from error

    def _agree(self) -> None:
        """Agree with whoever took the delivery over: they learn what we posted, and what both posted stays once."""
        assert self._record is not None
        for _ in range(SETTLES):
            now = self._storage.require(self._record.path, f"There is no {self._record.path}.")
            theirs = now.body.get("posts", {})
            news = {
                key: {"place": place} for key, (place, _) in self._fresh.items() if "place" not in theirs.get(key, {})
            }
            for key in [key for key in self._fresh if key not in news]:
                place, post = self._fresh.pop(key)
                if not _same(theirs[key]["place"], place):
                    post.undo(place)
            if news:
                body = {**now.body, "posts": {**theirs, **news}}
                try:
                    state = body["state"]
                    now = self._storage.swap(
                        now.path, body, now.generation, line={"state": state}, passing=state == DONE and not self._stays
                    )
                except Conflict:
                    continue
            self._record = now
            self._posts |= {key: dict(one) for key, one in now.body.get("posts", {}).items() if "place" in one}
            return

    def _leave(self) -> None:
        """Let go of a delivery that is not done. Where that cannot be written, its time runs out."""
        if self._record is None or self._lost or self.done:
            return
        try:
            try:
                self._write(DOUBT if self._unknown else IDLE)
            except Conflict:
                self._agree()
        except (NotFound, Unavailable) as error:
            log.info("%s is let go by its time: %s", self._record.path, error)

    def _write(self, state: str, **more: Any) -> None:
        assert self._record is not None
        files = {key: one for key, one in self._files.items() if one}
        if state == DONE:
            # Those of pictures that follow are needed once more.
            files = {key: one for key, one in files.items() if self.told.get(key, {}).get("pictures")}
        kept = KEPT if state == DONE else (*KEPT, "notice")
        body: Body = {name: self.body[name] for name in kept if name in self.body}
        body |= {"state": state, "at": self._clock.now().isoformat()}
        body |= {name: one for name, one in (("told", self.told), ("posts", self._posts), ("files", files)) if one}
        generation, passing = self._record.generation, state == DONE and not self._stays
        self._record = self._storage.swap(
            self._record.path, {**body, **more}, generation, line={"state": state}, passing=passing
        )


def was_sent(storage: Storage, key: str) -> bool:
    """Whether a message, or all messages of a bundle, left for good. One request, of an earlier release's two."""
    record = storage.read(paths.notice(key))
    if record is None:
        return False
    if "state" in record.body:
        return bool(record.body["state"] == DONE)
    return storage.exists(paths.notice_sent(key))


def _held(path: str) -> Postponed:
    return Postponed("That message is being sent.", seconds=1.0, detail=f"{path} is held")


def _same(one: Place, other: Place) -> bool:
    return (one.get("channel"), one.get("ts")) == (other.get("channel"), other.get("ts"))
