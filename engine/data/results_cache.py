"""What warehouses answered, kept for some hours: the very same SELECT through the very same connection runs once.

The name of what is kept is a digest of all that decides which rows come: where the connection leads, as whom and with
which proof, and the words of the SELECT (`engine/cloud/dialects.py`). So no row read through one connection, or as one
role, is ever given to another. What was read for a private place is kept for that place, so that nobody elsewhere can
tell that it was read. Rows are there whole or not at all; a line tells what they are. How often they were of use is
told by small objects, one a reading, which are named after it: told once, however often a step is repeated.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import paths
from engine.cloud.connection import Connection
from engine.cloud.dialects import dialect_of
from engine.cloud.storage import Entry, Storage
from engine.sight import Eyes

# The form of what is kept, so that a later release takes none of another.
FORM = 1
# The finding that rows are not of this moment.
KEPT = "source.kept"
# So much of a SELECT is told.
WORDS = 160
# Where nothing is kept any more, what was kept before is told for so long.
LONGEST_HOURS = 168
# One page of a listing each: what is told of the cache costs the same at any age.
KEPT_MOST = 1000
USES_MOST = 1000


class Kept(BaseModel):
    """Rows that are kept: what lists show of them. `by` is the draft whose step read them."""

    model_config = ConfigDict(frozen=True)

    digest: str = ""
    what: str = Field(description="The table, or the beginning of the SELECT.")
    connection: str
    role: str = ""
    rows: int = Field(ge=0)
    bytes: int = Field(ge=0)
    crc32c: str
    query_id: str = ""
    read_at: datetime
    by: str
    who: str
    channel: str


class Use(BaseModel):
    """One reading of a source. `hit`: its rows were there, and the warehouse was not asked."""

    model_config = ConfigDict(frozen=True)

    digest: str
    hit: bool
    rows: int
    bytes: int
    who: str
    channel: str


@dataclass(frozen=True)
class Cache:
    """What somebody sees of the cache. `more`: others are kept beyond those that were listed."""

    kept: tuple[Kept, ...]
    uses: tuple[Use, ...]
    more: bool = False
    uses_more: bool = False

    @property
    def bytes(self) -> int:
        return sum(one.bytes for one in self.kept)

    @property
    def hits(self) -> int:
        return sum(use.hit for use in self.uses)

    @property
    def spared(self) -> int:
        """Bytes of rows that no warehouse was asked for."""
        return sum(use.bytes for use in self.uses if use.hit)

    def hits_of(self) -> Counter[str]:
        """By digest, how often it was of use."""
        return Counter(use.digest for use in self.uses if use.hit)


def digest_of(at: Connection, query: str, today: date, room: str = "", reader: str = "") -> str:
    """The name under which the rows of a SELECT through a connection are kept.

    query: as it is sent. today: what asks for the day answers differently tomorrow. room: the private place that it is
    read for; empty where everybody may look. reader: who reads, where that is not said by `at`. Raises BadSelect.
    """
    dialect = dialect_of(at.kind)
    through = (at.name, at.kind, at.scope, at.auth, at.secret)
    day = today.isoformat() if dialect.has_clock(query) else ""
    told = json.dumps([FORM, through, reader, room, day, dialect.key(query)], ensure_ascii=False)
    return sha256(told.encode()).hexdigest()[:40]


def kept_line(entry: Entry) -> Kept | None:
    """What an object of the cache says of itself; None where it says nothing that can be read."""
    name = entry.path.removeprefix(paths.CACHE).removesuffix(".parquet")
    try:
        return Kept.model_validate({**(entry.line or {}), "digest": name})
    except ValidationError:
        return None


def is_good(kept: Kept, now: datetime, hours: int) -> bool:
    """Whether rows may still be used: younger than `hours`, and not of the future by a clock that was wrong."""
    return timedelta(0) <= now - kept.read_at < timedelta(hours=hours)


def ago(age: timedelta) -> str:
    """How long something is over, for people."""
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 2:
        return "a minute ago"
    if minutes < 120:
        return f"{minutes} minutes ago"
    hours = minutes // 60
    return f"{hours} hours ago" if hours < 48 else f"{hours // 24} days ago"


def told_words(query: str) -> str:
    """The beginning of a SELECT, in one line."""
    line = " ".join(query.split())
    return line if len(line) <= WORDS else line[: WORDS - 1] + "…"


def read_cache(storage: Storage, now: datetime, hours: int, eyes: Eyes | None = None) -> Cache:
    """Return what is kept and was used, the newest first, as far as `eyes` see where it was read: two requests."""
    entries = list(storage.list(paths.CACHE, limit=KEPT_MOST + 1))
    lines = list(storage.list(paths.CACHE_USES, limit=USES_MOST + 1))
    read = [one for entry in entries[:KEPT_MOST] if (one := kept_line(entry)) is not None]
    kept = [one for one in read if is_good(one, now, hours or LONGEST_HOURS)]
    uses = [use for entry in lines[:USES_MOST] if (use := _use(entry)) is not None]
    if eyes is not None:
        kept, uses = eyes.seen(kept), eyes.seen(uses)
    kept.sort(key=lambda one: one.read_at, reverse=True)
    return Cache(tuple(kept), tuple(uses), len(entries) > KEPT_MOST, len(lines) > USES_MOST)


def _use(entry: Entry) -> Use | None:
    try:
        return Use.model_validate(entry.line or {})
    except ValidationError:
        return None
