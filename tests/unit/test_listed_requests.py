"""What a person lists or names costs the same few requests at any age of the store."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import pytest

from bot.access import Role, Standing
from bot.home import LOOKED_AT, SHOWN
from bot.sight import Place, Seen, Sight
from engine import paths
from engine.data.records import save_dataset
from engine.errors import NotFound
from engine.runs.line import RunLine
from engine.runs.run import State
from tests.stored import AT, Kept, a_dataset, a_run, an_experiment, keep_experiment, keep_run

AGES = (10, 3000)


@dataclass(frozen=True)
class Open:
    """Everything is public."""

    def __call__(self, channels: object) -> dict[str, Place | None]:
        return {channel: Place(public=True) for channel in channels}  # type: ignore[attr-defined]


@cache
def store(runs: int) -> Kept:
    """So many ended runs, one that waits and one that trains, a dataset for 20 of them and an experiment for two."""
    kept = Kept()
    for n in range(runs):
        kept.world.clock.time = at = AT + timedelta(hours=n)
        if n % 20 == 0:
            save_dataset(kept.storage, a_dataset(f"{at:%Y%m%dT%H%M%SZ}-{n:04x}", f"Plan {n}"))
        if n % 2 == 0:
            keep_experiment(kept.storage, an_experiment(f"DE_{n}", created_at=at))
        made = {"revision": f"DE_{n // 2 * 2}", "ts": f"t{n:05d}", "state": State.SUCCEEDED}
        run = keep_run(kept.storage, a_run(f"r{n:07d}", created_at=at, changed_at=at, **made))
        claim = {"kind": "training", "run": run.id}
        kept.storage.create(paths.claim(paths.training_folder(run.revision, "de", run.ts, 1)), claim, line=claim)
    for n in range(2):
        keep_run(kept.storage, a_run(f"r900000{n}", created_at=kept.world.clock.time))
    kept.storage.create(paths.slot(0), {"run": "r9000000"}, line={"run": "r9000000"})
    kept.whole()
    return kept


def asked(kept: Kept, look: Callable[[Seen], object]) -> list[str]:
    """The requests for what somebody looks at."""
    before = len(kept.world.calls)
    look(Seen(kept.storage, lambda: Sight("U9", Standing(Role.ANALYST, ""), Open()), Open()))
    return kept.asked(before)


def home(seen: Seen) -> None:
    assert len(seen.runs(LOOKED_AT)) >= 12 and seen.datasets(SHOWN)


def nothing(look: Callable[[Seen], object]) -> Callable[[Seen], None]:
    def looked(seen: Seen) -> None:
        with pytest.raises(NotFound):
            look(seen)

    return looked


LISTS = {
    "status": (lambda seen: seen.runs(30), 3),
    "my runs": (lambda seen: seen.runs_by("U1", 30), 3),
    "my few runs": (lambda seen: seen.runs_by("U2", 30), 4),
    "home": (home, 4),
    "datasets": (lambda seen: seen.datasets(100), 1),
    "search of a form": (lambda seen: seen.search_datasets("plan 0", 100), 1),
    "experiments": (lambda seen: seen.experiments(30), 1),
    "a run by its id": (lambda seen: seen.find_run("r0000003"), 1),
    "a new run by its experiment": (lambda seen: seen.find_run("de_8"), 5),
    "runs of an experiment": (lambda seen: seen.find_runs("DE_8"), 5),
    "a dataset by its id": (lambda seen: seen.find_dataset("de/20260101T000000Z-0000"), 1),
    "a dataset by its ts": (lambda seen: seen.find_dataset("20260101T000000Z-0000"), 2),
    "a dataset by its title": (lambda seen: seen.find_dataset("plan 0"), 2),
    "a dataset by how its title begins": (lambda seen: seen.find_dataset("pla"), 2),
    "an experiment by its name": (lambda seen: seen.find_experiment("“de_8”."), 1),
    "no such dataset": (nothing(lambda seen: seen.find_dataset("nothing like it")), 2),
    "no such experiment": (nothing(lambda seen: seen.find_experiment("XY_1")), 3),
}


@pytest.mark.parametrize("what", LISTS)
def test_it_costs_the_same_at_any_age(what: str) -> None:
    look, most = LISTS[what]
    counts = [len(asked(store(age), look)) for age in AGES]
    assert counts[1] <= most and counts[1] - counts[0] <= 2, counts
    if what in ("status", "home", "search of a form"):
        assert counts[0] == counts[1] <= 4


def test_who_trains_is_shown_as_training_and_who_waits_as_waiting() -> None:
    found: list[tuple[str, State]] = []
    asked(store(10), lambda seen: found.extend((run.id, run.state) for run in seen.runs(2)))
    assert sorted(found) == [("r9000000", State.RUNNING), ("r9000001", State.QUEUED)]


def test_a_training_is_shown_as_begun_when_its_run_got_a_place() -> None:
    """However long the run waited for it before."""
    kept = Kept()
    keep_run(kept.storage, a_run("r9000000", created_at=AT))
    kept.world.clock.time = later = AT + timedelta(hours=3)
    kept.storage.create(paths.slot(0), {"run": "r9000000"}, line={"run": "r9000000"})
    found: list[RunLine] = []
    asked(kept, lambda seen: found.extend(seen.runs(2)))
    assert [run.started_at for run in found] == [later]


def test_what_is_hidden_costs_a_request_at_most() -> None:
    kept = store(3000)
    before = len(kept.world.calls)
    hidden = lambda channels: {channel: Place(public=False) for channel in channels}  # noqa: E731
    Seen(kept.storage, lambda: Sight("U9", Standing(Role.ANALYST, ""), hidden), hidden).runs(30)
    assert len(kept.asked(before)) == 4


def test_a_list_asks_for_little_more_than_it_shows() -> None:
    kept, asked_for = store(3000), list[int]()
    listed = kept.fake.list
    with pytest.MonkeyPatch.context() as patch:
        count = lambda prefix, **how: asked_for.append(how.get("limit") or 0) or listed(prefix, **how)  # noqa: E731
        patch.setattr(kept.fake, "list", count)
        asked(kept, home)
    assert len(asked_for) == 4 and max(asked_for) <= 102
