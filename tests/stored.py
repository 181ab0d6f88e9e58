"""Runs as the product leaves them: with the marker or the row under which lists find them."""

from contextlib import suppress

from engine.cloud.storage import Storage
from engine.errors import AlreadyExists
from engine.runs.index import listed_at
from engine.runs.line import line_of
from engine.runs.records import create_run
from engine.runs.run import Run


def keep_run(storage: Storage, run: Run) -> Run:
    """Store a run, open or over, where lists find it, once. Returns it as it is stored."""
    stored = create_run(storage, run)
    with suppress(AlreadyExists):
        storage.create(listed_at(stored), {"run": stored.id}, line=line_of(stored))
    return stored
