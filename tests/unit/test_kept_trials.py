"""Finished trials in the bucket: kept from the first minute on, looked for only where there can be any."""

from pathlib import Path
from typing import Any, cast

import pytest

from engine.cloud.kept_trials import KeptInBucket
from engine.cloud.storage import Storage
from engine.errors import Unavailable
from tests.faults.fake_cloud import FakeCloud

PREFIX = "runs/r1/trials/"


def kept(fake: FakeCloud, **options: Any) -> KeptInBucket:
    return KeptInBucket(cast(Storage, fake.storage), PREFIX, **options)


def finished(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(name.encode())
    return folder


def test_a_first_attempt_of_less_than_a_minute_asks_for_nothing(tmp_path: Path) -> None:
    fake = FakeCloud()
    trials, folder = kept(fake, before=False, after=60.0), finished(tmp_path / "trials", "trial_1.npz")
    trials.fetch(folder, "trial_*.npz")
    trials.keep(folder, "trial_*.npz")
    trials.clear()
    assert fake.world.calls == []


def test_what_a_first_attempt_kept_is_deleted_without_being_looked_for(tmp_path: Path) -> None:
    fake = FakeCloud()
    trials, folder = kept(fake, before=False), finished(tmp_path / "trials", "trial_1.npz", "half.tmp")
    trials.keep(folder, "trial_*.npz")
    trials.keep(finished(folder, "trial_2.npz"), "trial_*.npz")
    trials.clear()
    names = (f"{PREFIX}trial_1.npz", f"{PREFIX}trial_2.npz")
    assert fake.world.calls == [*(f"put {name}" for name in names), *(f"delete {name}" for name in names)]
    assert fake.storage.objects == {}


def test_kept_trials_pass_if_nobody_deletes_them(tmp_path: Path) -> None:
    fake = FakeCloud()
    kept(fake, before=False).keep(finished(tmp_path / "trials", "trial_1.npz"), "trial_*.npz")
    assert fake.storage.passing == {f"{PREFIX}trial_1.npz"}


def test_a_later_attempt_brings_each_trainers_own_with_one_listing_and_deletes_all(tmp_path: Path) -> None:
    fake = FakeCloud()
    for name in ("trial_1.npz", "trial_2.npz", "trial_1.rds"):
        fake.storage.put(f"{PREFIX}{name}", name.encode())
    trials = kept(fake)
    trials.fetch(tmp_path / "native", "trial_*.npz")
    trials.fetch(tmp_path / "robyn", "trial_*.rds")
    trials.keep(tmp_path / "native", "trial_*.npz")
    trials.clear()
    assert sorted(path.name for path in tmp_path.rglob("trial_*")) == ["trial_1.npz", "trial_1.rds", "trial_2.npz"]
    assert [call for call in fake.world.calls if call.startswith(("list", "put"))] == [f"list {PREFIX}"]
    assert fake.storage.objects == {}


def test_trials_that_cannot_be_brought_cost_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeCloud()
    fake.storage.put(f"{PREFIX}trial_1.npz", b"x")

    def down(*_: Any, **__: Any) -> Any:
        raise Unavailable("Cloud Storage does not answer.")

    trials = kept(fake)
    monkeypatch.setattr(fake.storage, "get_file", down)
    trials.fetch(tmp_path / "native", "trial_*.npz")
    assert list(tmp_path.rglob("trial_*")) == []
    monkeypatch.setattr(fake.storage, "delete", down)
    trials.clear()
    assert list(fake.storage.objects) == [f"{PREFIX}trial_1.npz"]
