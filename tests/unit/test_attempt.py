"""How an attempt stands is told by one listing of its folder, also where an earlier release wrote it."""

import json
from typing import Any, cast

import pytest

from engine import paths
from engine.cloud.storage import Storage
from engine.errors import BrokenState
from engine.runs.attempt import Attempt, claim_line, look_at, progress_line
from tests.faults.fake_cloud import FakeCloud

FOLDER = "robyn/BASE_1/de/t/"
CLAIM = {"kind": "training", "execution": "e1", "at": "2026-01-05T12:00:00+00:00", "token": "secret"}
STATUS = {"phase": "searching", "trial": 2, "at": "2026-01-05T12:01:00+00:00", "best": [1, 2]}


def put(fake: FakeCloud, path: str, body: dict[str, Any], line: dict[str, Any] | None = None) -> None:
    fake.storage.put(path, json.dumps(body).encode(), None, line)


def test_one_listing_tells_all() -> None:
    fake = FakeCloud()
    put(fake, paths.claim(FOLDER), CLAIM, claim_line(CLAIM))
    put(fake, paths.status(FOLDER), STATUS, progress_line(STATUS))
    put(fake, paths.result_pack(paths.preview(FOLDER)), {}, {"kind": "succeeded"})
    # Another attempt's.
    put(fake, paths.result_pack(paths.training_folder("BASE_1", "de", "t", 2)), {})
    seen = look_at(cast(Storage, fake.storage), FOLDER)
    assert seen.claim == {"kind": "training", "execution": "e1", "at": CLAIM["at"]}
    assert seen.progress == {"phase": "searching", "trial": 2, "at": STATUS["at"]}
    assert (seen.left_at, seen.previewed) == (None, True)
    put(fake, paths.result_pack(FOLDER), {}, {"kind": "succeeded"})
    assert look_at(cast(Storage, fake.storage), FOLDER).left_at == fake.clock.time
    assert fake.world.calls == [f"list {FOLDER}"] * 2


def test_nothing_is_known_of_an_attempt_that_nobody_began() -> None:
    assert look_at(cast(Storage, FakeCloud().storage), FOLDER) == Attempt()


def test_what_a_container_of_the_release_before_wrote_is_read() -> None:
    fake = FakeCloud()
    put(fake, paths.claim(FOLDER), CLAIM)
    put(fake, paths.status(FOLDER), STATUS)
    put(fake, paths.result(FOLDER), {"kind": "succeeded"})
    put(fake, paths.result(paths.preview(FOLDER)), {"kind": "succeeded"})
    seen = look_at(cast(Storage, fake.storage), FOLDER)
    assert (seen.claim, seen.progress) == (claim_line(CLAIM), progress_line(STATUS))
    assert seen.left_at is not None and seen.previewed
    assert fake.world.calls == [f"list {FOLDER}", f"read {paths.claim(FOLDER)}", f"read {paths.status(FOLDER)}"]


def test_progress_that_cannot_be_read_hides_nothing_else() -> None:
    fake = FakeCloud()
    put(fake, paths.claim(FOLDER), CLAIM, claim_line(CLAIM))
    fake.storage.put(paths.status(FOLDER), b"{ half")
    seen = look_at(cast(Storage, fake.storage), FOLDER)
    assert seen.claim is not None and seen.progress is None


def test_a_claim_that_cannot_be_read_is_not_taken_for_none() -> None:
    fake = FakeCloud()
    fake.storage.put(paths.claim(FOLDER), b"{ half")
    with pytest.raises(BrokenState):
        look_at(cast(Storage, fake.storage), FOLDER)
