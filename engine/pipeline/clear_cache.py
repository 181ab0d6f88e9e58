"""Throw away what is kept of warehouses' answers: one of them, or all. Whoever needs the rows asks the warehouse."""

from engine import paths
from engine.pipeline.answer import Answer, Work


def clear_cache(work: Work) -> Answer:
    """Delete the rows that are kept under `digest`, or all where there is none. Returns how much went."""
    storage, digest = work.cloud.storage, str(work.about.get("digest", ""))
    prefix = paths.cached_rows(digest) if digest else paths.CACHE
    gone = [entry.size for entry in list(storage.list(prefix)) if storage.delete(entry.path, entry.generation)]
    return Answer({"cleared": len(gone), "bytes": sum(gone), "all": not digest})
