"""A new experiment: three requests, one for each request of a person, whatever breaks off, runs twice or is lost."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import cast

import pytest

from engine import paths
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, Unavailable
from engine.experiment.create import create_experiment
from engine.experiment.experiment import Experiment, ExperimentForm
from engine.experiment.index import entries_of, line_of, revision_of
from engine.experiment.records import read_experiment
from tests.faults.fake_cloud import NOON, Crash, FakeCloud

FORM = ExperimentForm(dataset_id="de/20260101T0", tag="shop")


@pytest.fixture
def fake() -> FakeCloud:
    return FakeCloud()


def make(fake: FakeCloud, key: str, *, tag: str = "shop", lasting: bool = False) -> Experiment:
    form = FORM.model_copy(update={"tag": tag})
    storage = cast(Storage, fake.storage)
    fake.clock.time += timedelta(seconds=1)
    return create_experiment(storage, form, key=key, who="U1", at=fake.clock.now(), lasting=lasting)


def stored(fake: FakeCloud) -> set[str]:
    return {path for path in fake.storage.objects if path.startswith("experiments/")}


def check_listed(fake: FakeCloud) -> None:
    """Every experiment has its entry, and both have the same line."""
    entries = {path: fake.storage.lines[path] for path in fake.storage.objects if path.startswith("index/experiments/")}
    wanted = {}
    for path in stored(fake):
        experiment = Experiment.model_validate(fake.storage.look(path))
        assert fake.storage.lines[path] == line_of(experiment)
        wanted |= {one.path: one.line for one in entries_of(experiment)}
    assert entries == wanted


@pytest.mark.parametrize("there", [1, 150, 1500])
def test_a_new_experiment_costs_three_requests_however_many_there_are(fake: FakeCloud, there: int) -> None:
    for number in range(there):
        make(fake, f"k{number}", tag=("shop", "de", "fr")[number % 3])
    make(fake, "k", tag="shop")
    fake.world.calls.clear()
    made = make(fake, "new")
    assert [call.split()[0] for call in fake.world.calls] == ["list", "create", "overwrite"]
    assert made.key == "new"
    check_listed(fake)


def test_numbers_that_are_missing_for_long_cost_nothing(fake: FakeCloud) -> None:
    for number in range(10):
        make(fake, f"k{number}")
    for path in [path for path in fake.storage.objects if path.endswith(("-SHOP_9", "-SHOP_7", "/SHOP_9.json"))]:
        fake.storage.drop(path)
    fake.clock.time += timedelta(days=1)
    fake.world.calls.clear()
    assert make(fake, "new").revision == "SHOP_11"
    assert len(fake.world.calls) == 3


def test_numbers_of_a_tag_go_up_by_one(fake: FakeCloud) -> None:
    tags = ("shop", "de", "shop", "fr", "shop", "de")
    names = [make(fake, f"k{number}", tag=tag).revision for number, tag in enumerate(tags)]
    assert names == ["SHOP_1", "DE_1", "SHOP_2", "FR_1", "SHOP_3", "DE_2"]


def test_a_tag_that_was_not_used_for_long_goes_on_where_it_ended(fake: FakeCloud) -> None:
    for number in range(12):
        make(fake, f"s{number}")
    for number in range(300):
        make(fake, f"d{number}", tag="de")
    assert make(fake, "new").revision == "SHOP_13"


def test_the_same_request_is_the_same_experiment(fake: FakeCloud) -> None:
    first = make(fake, "k")
    for number in range(5):
        make(fake, f"other{number}")
    assert make(fake, "k") == first
    assert len(stored(fake)) == 6


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("others", [0, 1, 3])
def test_a_crash_at_any_request_leaves_one_experiment_for_its_request(when: str, others: int, lasting: bool) -> None:
    """Others make theirs in between: with a gap in the index or without."""
    for k in range(1, 9):
        fake = FakeCloud()
        make(fake, "before")
        fake.world.calls.clear()
        fake.world.crash = (k, when)
        with suppress(Crash):
            make(fake, "k", lasting=lasting)
        fake.world.crash = None
        for number in range(others):
            make(fake, f"other{number}")
        again = make(fake, "k", lasting=lasting)
        assert again == make(fake, "k", lasting=lasting)
        made = [Experiment.model_validate(fake.storage.look(path)) for path in stored(fake)]
        assert sorted(one.key for one in made) == sorted(["before", "k", *(f"other{n}" for n in range(others))])
        check_listed(fake)


@pytest.mark.parametrize("rivals", [("k",), ("other",), ("other", "k"), ("other", "another", "k")], ids="-".join)
def test_the_same_request_twice_at_once_is_one_experiment(rivals: tuple[str, ...]) -> None:
    for k in range(9):
        fake, done = FakeCloud(), list[bool]()
        make(fake, "before")
        fake.world.calls.clear()

        def before(call: str, fake: FakeCloud = fake, k: int = k, done: list[bool] = done) -> None:
            if len(fake.world.calls) == k and not done:
                done.append(True)
                for rival in rivals:
                    make(fake, rival)

        fake.world.before = before
        mine = make(fake, "k")
        fake.world.before = lambda call: None
        assert mine.key == "k"
        made = [Experiment.model_validate(fake.storage.look(path)).key for path in stored(fake)]
        assert sorted(made) == sorted({"before", "k", *(rivals if done else ())})
        check_listed(fake)


LOSSES: dict[str, Callable[[FakeCloud, list[str]], None]] = {
    "all-lost": lambda fake, entries: [fake.storage.drop(path) for path in entries] and None,
    "newest-lost": lambda fake, entries: [fake.storage.drop(path) for path in entries[:7]] and None,
    "one-lost": lambda fake, entries: fake.storage.drop(entries[0]),
    "lines-lost": lambda fake, entries: [fake.storage.lines.pop(path) for path in entries] and None,
    "emptied": lambda fake, entries: [fake.storage.put(path, b"") for path in entries] and None,
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_lost_index_costs_requests_and_no_experiment(fake: FakeCloud, loss: str) -> None:
    for number in range(10):
        make(fake, f"k{number}")
    LOSSES[loss](fake, sorted(path for path in fake.storage.objects if path.startswith("index/experiments/")))
    assert make(fake, "k9").revision == "SHOP_10", "the same request finds what it made"
    fake.world.calls.clear()
    assert make(fake, "new").revision == "SHOP_11"
    assert len(fake.world.calls) <= 16


def test_an_entry_that_cannot_be_written_keeps_nobody_waiting(fake: FakeCloud) -> None:
    def away(call: str) -> None:
        if call.startswith("overwrite"):
            raise Unavailable("Cloud Storage does not answer.", "Try again.")

    fake.world.before = away
    made = make(fake, "k")
    fake.world.before = lambda call: None
    assert paths.experiment(made.revision) in stored(fake)
    assert make(fake, "k") == made
    check_listed(fake)


def test_experiments_of_an_earlier_release_count(fake: FakeCloud) -> None:
    for number in (1, 2, 10):
        old = Experiment(**FORM.model_dump(), revision=f"SHOP_{number}", key=f"k{number}", who="U1", created_at=NOON)
        fake.storage.put(paths.experiment(old.revision), old.model_dump_json().encode())
    assert make(fake, "k10").revision == "SHOP_10"
    assert make(fake, "new").revision == "SHOP_11"


def test_what_is_asked_for_again_much_later_is_found_where_it_lasts(fake: FakeCloud) -> None:
    first = make(fake, "k", lasting=True)
    for number in range(250):
        make(fake, f"k{number}")
    fake.world.calls.clear()
    assert make(fake, "k", lasting=True) == first
    assert len(fake.world.calls) == 2


def test_a_number_that_somebody_else_takes_at_every_try_is_told(fake: FakeCloud) -> None:
    def taken(call: str) -> None:
        if call.startswith("create experiments/"):
            path = call.removeprefix("create ")
            with suppress(AlreadyExists):
                fake.storage.put(path, b"{}", 0)

    fake.world.before = taken
    with pytest.raises(Exception, match="made at once"):
        make(fake, "k")
    assert not [path for path in fake.storage.objects if revision_of(path)]


def test_an_experiment_with_a_recipe_is_not_for_the_release_before(fake: FakeCloud) -> None:
    """That one reads objects of version 1, knows no recipe, and would train without."""
    storage = cast(Storage, fake.storage)
    plain = make(fake, "k1")
    form = FORM.model_copy(update={"recipe": "de/20260101T000000Z-aaaa"})
    made = create_experiment(storage, form, key="k2", who="U1", at=fake.clock.now())
    assert (plain.schema_version, made.schema_version) == (1, 2)
    assert read_experiment(storage, made.revision) == made
