"""The rows of a table or a SELECT: from the warehouse, or as it answered the same some hours ago.

Rows that are kept are used where they are younger than MMM_CACHE_HOURS, have the columns that were chosen, and arrive
as they were written down; else the warehouse is asked, and its answer is kept in their place. What cannot be kept is
read all the same: the cache spares a query and is never needed for one.
"""

import logging
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.connection import reader_of
from engine.cloud.connections import connection_of
from engine.cloud.storage import Storage, file_crc32c
from engine.data.dataset import Draft, Finding, Source
from engine.data.records import read_draft, read_mapping
from engine.data.results_cache import KEPT, Kept, Use, ago, digest_of, is_good, kept_line, told_words
from engine.errors import AlreadyExists, BrokenState, MmmError, NotFound
from engine.observe.logs import event
from engine.pipeline.query_rows import query_of, stream_rows

log = logging.getLogger(__name__)
PARQUET = "application/vnd.apache.parquet"


@dataclass(frozen=True)
class Staged:
    """How rows were come by; of a file, nothing. `again`: they were kept (`kept_as`) when another draft read them."""

    query_id: str = ""
    read_at: datetime | None = None
    kept_as: str = ""
    again: bool = False

    def findings(self, now: datetime) -> tuple[Finding, ...]:
        """What is to be said of rows that were not read just now."""
        if not self.again or self.read_at is None:
            return ()
        read = f"{ago(now - self.read_at)}, on {self.read_at:%Y-%m-%d at %H:%M} UTC"
        text = f"The rows are as the warehouse gave them {read}: they were kept, and it was not asked again."
        return (Finding(code=KEPT, grade="INFO", text=text, remedy="/mmm dataset refresh reads them anew."),)


def staged_rows(
    cloud: Cloud, clock: Clock, draft: Draft, source: Source, raw: Path, *, needed: Collection[str] = ()
) -> Staged:
    """Write the rows of a draft's table or SELECT to `raw`. Safe to call any number of times.

    needed: columns without which kept rows are of no use, because the table has changed since. Raises what reading a
    warehouse raises.
    """
    at = connection_of(cloud.storage, cloud.settings, source.connection)
    warehouse, now, hours = cloud.warehouse_at(at), clock.now(), cloud.settings.cache_hours
    tag = {"app": "mmm", "draft": draft.id, "user": draft.who}
    if not hours:
        return Staged(stream_rows(warehouse, source, raw, tag=tag), now)
    query, anew = query_of(warehouse, source), draft.fresh or bool(draft.renews)
    reader = reader_of(at, cloud.settings, cloud.secrets)
    digest = digest_of(at, query, now.date(), _room(draft), reader)
    # What everybody may see serves in private, too.
    public = digest_of(at, query, now.date(), reader=reader)
    for place in dict.fromkeys((digest, public)):
        kept = _there(cloud.storage, place)
        if kept is None or not is_good(kept, now, hours):
            continue
        # What was read anew by an earlier delivery of this very step, was.
        own = kept.by == draft.id
        if (own or not (anew or _wished_again(cloud.storage, kept.by, draft))) and _fetched(
            cloud.storage, kept, raw, needed
        ):
            _note(cloud.storage, draft, kept, hit=not own)
            return Staged(kept.query_id, kept.read_at, place, not own)
    query_id = stream_rows(warehouse, source, raw, tag=tag)
    read = Kept(
        digest=digest,
        what=source.table if source.kind == "table" else told_words(query),
        connection=at.name,
        role=at.role or at.user,
        rows=pq.read_metadata(raw).num_rows,
        bytes=raw.stat().st_size,
        crc32c=file_crc32c(raw),
        query_id=query_id,
        read_at=now,
        by=draft.id,
        who=draft.who,
        channel=draft.channel,
    )
    _keep(cloud, read, raw)
    _note(cloud.storage, draft, read, hit=False)
    return Staged(query_id, now, digest)


def _room(draft: Draft) -> str:
    """The private place that rows are read for; empty where everybody may look."""
    return "" if draft.public else draft.channel or draft.who


def _wished_again(storage: Storage, before_id: str, draft: Draft) -> bool:
    """Whether somebody wishes for the second time what came of those rows: then the table was mended meanwhile."""
    try:
        before = read_draft(storage, before_id)
        if (before.origin or before.id) != (draft.origin or draft.id):
            return False
        if any(getattr(before, name) != getattr(draft, name) for name in ("source", "choices", "accepted")):
            return False
        return read_mapping(storage, before.id) == read_mapping(storage, draft.id)
    except (NotFound, BrokenState):
        return False


def _there(storage: Storage, digest: str) -> Kept | None:
    path = paths.cached_rows(digest)
    return next((kept_line(entry) for entry in storage.list(path, limit=1) if entry.path == path), None)


def _fetched(storage: Storage, kept: Kept, raw: Path, needed: Collection[str]) -> bool:
    """Bring kept rows here. Returns whether they are what was written down, and hold what is needed."""
    try:
        stored = storage.get_file(paths.cached_rows(kept.digest), raw)
        if stored.crc32c != kept.crc32c:
            raise BrokenState("Rows that were kept are not those that were written down.", detail=kept.digest)
        schema = pq.read_schema(raw)
        if pq.read_metadata(raw).num_rows != kept.rows:
            raise BrokenState("Rows that were kept are not all there.", detail=kept.digest)
    except NotFound:
        return False
    except (BrokenState, OSError, ValueError) as error:
        said = {"object": paths.cached_rows(kept.digest), "detail": str(error)}
        event(log, "cache_damaged", "Rows that were kept cannot be used; the warehouse is asked.", said)
        raw.unlink(missing_ok=True)
        return False
    return {*needed} <= {*schema.names}


def _keep(cloud: Cloud, kept: Kept, raw: Path) -> None:
    """Keep rows in the place of older ones. Who dies in between has kept nothing."""
    settings, path = cloud.settings, paths.cached_rows(kept.digest)
    # The lifecycle counts days from a moment that is given: so chosen that they are over when the rows are too old.
    since = kept.read_at + timedelta(hours=settings.cache_hours) - timedelta(days=settings.keep_days)
    line = kept.model_dump(mode="json", exclude={"digest"})
    try:
        cloud.storage.delete(path)
        with suppress(AlreadyExists):  # another draft was faster: its rows are as new
            cloud.storage.put_file(path, raw, PARQUET, line=line, passing=since)
    except MmmError as error:
        event(log, "cache_not_kept", "Rows could not be kept to be used again.", {"detail": error.detail or error.what})


def _note(storage: Storage, draft: Draft, kept: Kept, *, hit: bool) -> None:
    """Write down that rows were read, once a draft and query, for the hit rate."""
    use = Use(digest=kept.digest, hit=hit, rows=kept.rows, bytes=kept.bytes, who=draft.who, channel=draft.channel)
    try:
        path = paths.cache_use(draft.created_at, f"{draft.id}|{kept.digest}")
        storage.create(path, {}, line=use.model_dump(mode="json"), passing=True)
    except AlreadyExists:
        return
    except MmmError as error:
        event(log, "cache_not_noted", "That rows were read could not be noted.", {"detail": error.detail or error.what})
