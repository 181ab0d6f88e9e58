"""The container's signs of life: seldom, each one request, and none of a training that is over at once."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from engine.cloud.storage import Storage
from engine.errors import Unavailable
from engine.job.heartbeat import Heartbeat, Signed, beating
from tests.faults.fake_cloud import FakeCloud

PATH = "robyn/BASE_1/de/t/status.json"


@dataclass
class Watched:
    """A trainer's status file, time that moves when it is told to, and the container's heart."""

    folder: Path
    fake: FakeCloud = field(default_factory=FakeCloud)
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.status = Signed(cast(Storage, self.fake.storage), PATH)
        self.heart = Heartbeat(
            self.status,
            "native",
            self.folder / "status.json",
            every=15.0,
            news=5.0,
            clock=self.fake.clock,
            seconds=lambda: self.now,
        )

    def say(self, **status: Any) -> None:
        (self.folder / "status.json").write_text(json.dumps(status))

    def beat_for(self, seconds: float, says: Callable[[float], dict[str, Any]] | None = None) -> list[float]:
        """Look each half second; when something was signed, in seconds from now."""
        began, signed = self.now, []
        while self.now < began + seconds:
            self.now += 0.5
            if says is not None:
                self.say(**says(self.now))
            before = len(self.fake.world.calls)
            self.heart.beat()
            if len(self.fake.world.calls) > before:
                signed.append(self.now - began)
        return signed


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_training_of_less_than_five_seconds_signs_nothing(watched: Watched) -> None:
    assert watched.beat_for(4.5, lambda now: {"phase": "searching", "iteration": now}) == []


def test_news_are_signed_every_five_seconds_and_silence_every_fifteen(watched: Watched) -> None:
    assert watched.beat_for(20, lambda now: {"phase": "searching", "iteration": now}) == [5, 10, 15, 20]
    assert watched.beat_for(40) == [15, 30]
    watched.say(phase="writing")
    assert watched.beat_for(10) == [0.5]


def test_a_sign_is_one_request_each_and_its_line_tells_a_listing_what_a_card_shows(watched: Watched) -> None:
    watched.beat_for(15, lambda now: {"phase": "searching", "trial": 1, "iteration": now, "best": [1, 2, 3]})
    assert watched.fake.world.calls == [f"create {PATH}", f"swap {PATH}", f"swap {PATH}"]
    line = watched.fake.storage.lines[PATH]
    body = watched.fake.storage.look(PATH) or {}
    assert (line["phase"], line["trial"], line["trainer"]) == ("searching", 1, "native")
    assert line == {name: body[name] for name in line} and "best" not in line
    assert {"at", "changed_at"} <= set(line)


def test_a_container_started_again_signs_over_what_it_left(watched: Watched) -> None:
    watched.fake.storage.put(PATH, b'{"phase": "old"}')
    watched.beat_for(40)
    assert (watched.fake.storage.look(PATH) or {})["phase"] == "starting"
    assert watched.fake.world.calls.count(f"swap {PATH}") == 2, "once it knows its generation, one request each"


def test_a_sign_whose_reply_was_lost_is_followed_by_others(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    real = watched.fake.storage.create

    def lost(*given: Any, **options: Any) -> Any:
        real(*given, **options)
        raise Unavailable("Cloud Storage does not answer.")

    monkeypatch.setattr(watched.fake.storage, "create", lost)
    watched.beat_for(5, lambda now: {"phase": "searching", "iteration": now})
    assert watched.status.generation is None
    watched.beat_for(10, lambda now: {"phase": "searching", "iteration": now})
    assert watched.status.generation == watched.fake.storage.objects[PATH][1]


def test_storage_that_fails_costs_no_training_and_is_asked_again_later(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def down(*_: Any, **__: Any) -> Any:
        asked.append(watched.now)
        raise Unavailable("Cloud Storage does not answer.")

    monkeypatch.setattr(watched.fake.storage, "create", down)
    watched.beat_for(20, lambda now: {"phase": "searching"})
    assert len(asked) == 4


def test_the_last_sign_of_a_training_that_failed_is_made_at_once(watched: Watched) -> None:
    watched.say(phase="selecting")
    watched.heart.beat(last=True)
    assert (watched.fake.storage.look(PATH) or {})["phase"] == "selecting"


def test_work_of_our_own_is_signed_for_with_the_same_generation(watched: Watched) -> None:
    watched.heart.beat(last=True)
    with beating(watched.status, "robyn", "comparing", every=0.001, news=0.0):
        end = time.monotonic() + 30
        while watched.fake.world.calls.count(f"swap {PATH}") < 3 and time.monotonic() < end:
            pass
    assert (watched.fake.storage.look(PATH) or {})["phase"] == "comparing"
    assert len(watched.fake.world.calls) > 3 and set(watched.fake.world.calls[1:]) == {f"swap {PATH}"}
