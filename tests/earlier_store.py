"""A store as the release before indexes left it, recorded: what lies in a bucket on the day that ours comes.

Two datasets of two countries: a run with results (its charts are drawn small here), one that could not start, one
stopped while it trained and one while it waited, two that train, one that waits for a place; a message and a card that
Slack did not take. Its objects have no lines, and there is no index.
"""

import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from engine.cloud.storage import Storage
from tests.faults.fake_cloud import FakeStorage

RECORDED = Path(__file__).parent / "data" / "store_before_indexes.zip"
SUCCEEDED, FAILED = "r19408e8", "rc7a581b"
STOPPED_TRAINING, STOPPED_WAITING = "re083bf1", "rbf8aa92"
TRAINING, WAITING = ("r148c940", "rd77ddae"), "r77be59f"
UNSENT, UNDRAWN = "rbf8aa92-run_cancelled", "r77be59f"
# When the last of it was written.
LATEST = datetime(2026, 11, 30, 16, 43, tzinfo=UTC)


@dataclass(frozen=True)
class Kept:
    """One object. `updated` is when it was written; `metadata` are those of the bucket, our write id among them."""

    name: str
    data: bytes
    content_type: str
    updated: datetime
    metadata: dict[str, str]


@cache
def earlier_store() -> list[Kept]:
    """Return every object of the recorded store, those that were written first first."""
    with zipfile.ZipFile(RECORDED) as pack:
        about = sorted(json.loads(pack.read("about.json")), key=lambda one: one["generation"])
        return [
            Kept(
                one["name"],
                pack.read(f"objects/{one['name']}"),
                one["content_type"],
                datetime.fromtimestamp(one["updated"], UTC),
                one["metadata"],
            )
            for one in about
        ]


def into_memory(storage: FakeStorage) -> None:
    """Put the recorded store into a bucket in memory, as old as it was."""
    for one in earlier_store():
        made = storage.put(one.name, one.data)
        storage.objects[one.name] = (one.data, made, one.updated)


def into_bucket(storage: Storage) -> None:
    """Put the recorded store into a bucket; it is as old as this call."""
    for one in earlier_store():
        storage.put_bytes(one.name, one.data, one.content_type)
