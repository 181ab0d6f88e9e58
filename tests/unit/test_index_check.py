"""Views are what the facts say after one look, whatever became of them; and a look costs the same at any age."""

from datetime import timedelta

import pytest

from engine import paths
from engine.cloud.storage import Storage
from engine.index.checked import read_checked
from engine.pipeline.check import check
from engine.pipeline.kinds import KINDS, RUNS
from engine.pipeline.portion import HANDFUL
from engine.pipeline.repair import repair
from engine.runs.run import State
from tests.faults.fake_cloud import NOON, FakeCloud
from tests.harms import HARMS, delete
from tests.stored_facts import VIEWS, Store, filled

INDEXES = {
    "datasets": paths.DATASET_INDEX,
    "titles": paths.TITLE_INDEX,
    "experiments": paths.EXPERIMENT_INDEX,
    "rows": paths.HISTORY_ROWS,
    "markers": paths.ACTIVE,
}


def views_below(store: Store, folder: str) -> list[str]:
    return sorted(name for name in store.fake.storage.objects if name.startswith(folder) and name != f"{folder}0-whole")


def look(store: Store, page: int = 1000) -> None:
    """One look of the sweep, with the task that it may have asked for."""
    check(store.cloud, store.fake.clock, store.markers(), page=page)
    while store.fake.tasks.waiting:
        if store.fake.tasks.waiting.pop().step == "repair":
            repair(store.cloud, store.fake.clock, at_once=1)


def repairs(store: Store) -> int:
    """How many repairs were asked for and not made."""
    return sum(task.step == "repair" for task in store.fake.tasks.waiting)


def said(store: Store) -> dict[str, object]:
    """What the views say: to a list, their lines are all there is."""
    return {name: line for name, (_, line) in store.views().items()}


@pytest.mark.parametrize("page", [pytest.param(1000, id="all-at-once"), pytest.param(4, id="in-portions")])
@pytest.mark.parametrize(
    ("index", "harm"),
    # What a marker says, the sweep compares itself: it reads the run of every one.
    [(index, harm) for index in INDEXES for harm in HARMS if index != "markers" or harm == "deleted"],
)
def test_a_whole_index_that_is_lost_is_right_again_after_one_look(index: str, harm: str, page: int) -> None:
    store = filled()
    repair(store.cloud, store.fake.clock, at_once=1)
    look(store, page)
    right = said(store)
    HARMS[harm](store.fake.storage, views_below(store, INDEXES[index]))
    look(store, page)
    assert said(store) == right


@pytest.mark.parametrize("page", [pytest.param(1000, id="all-at-once"), pytest.param(4, id="in-portions")])
@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("index", [one for one in INDEXES if one != "markers"])
def test_the_newest_entries_that_are_lost_are_right_again_after_one_look(index: str, harm: str, page: int) -> None:
    store = filled()
    repair(store.cloud, store.fake.clock, at_once=1)
    look(store, page)
    right = said(store)
    HARMS[harm](store.fake.storage, views_below(store, INDEXES[index])[:2])
    look(store, page)
    assert said(store) == right


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("index", [one for one in INDEXES if one != "markers"])
def test_an_old_entry_that_is_lost_is_right_again_after_a_round(index: str, harm: str) -> None:
    store = filled(datasets=12, experiments=12, ended=12)
    store.fake.clock.time += timedelta(days=1)
    repair(store.cloud, store.fake.clock, at_once=1)
    right = said(store)
    HARMS[harm](store.fake.storage, views_below(store, INDEXES[index])[-2:])
    for _ in range(40):
        look(store, page=5)
    assert said(store) == right


@pytest.mark.parametrize(
    ("page", "looks"), [pytest.param(1000, 1, id="all-at-once"), pytest.param(4, 40, id="in-portions-after-a-round")]
)
@pytest.mark.parametrize("index", ["datasets", "titles", "experiments"])
def test_entries_of_what_no_longer_exists_go(index: str, page: int, looks: int) -> None:
    store = filled()
    store.fake.clock.time += timedelta(days=1)
    repair(store.cloud, store.fake.clock, at_once=1)
    kind = next(kind for kind in KINDS if INDEXES[index] in kind.views)
    gone = views_below(store, INDEXES[index])[0]
    store.fake.storage.drop(kind.fact_of(gone) or "")
    for _ in range(looks):
        look(store, page)
    assert gone not in store.views()


@pytest.mark.parametrize("page", [pytest.param(1000, id="all-at-once"), pytest.param(4, id="in-portions")])
def test_entries_that_nobody_asked_for_go(page: int) -> None:
    store = filled()
    repair(store.cloud, store.fake.clock, at_once=1)
    look(store, page)
    right = said(store)
    for name in (paths.experiment_entry(NOON + timedelta(days=9), "FR_99"), f"{paths.DATASET_INDEX}000-odd"):
        store.storage.overwrite_view(name, b"{}", "application/json", line={"title": "None"})
    look(store, page)
    assert said(store) == right


@pytest.mark.parametrize("page", [pytest.param(1000, id="all-at-once"), pytest.param(4, id="in-portions")])
def test_the_row_of_a_run_that_is_gone_stays_and_is_looked_at_once(page: int) -> None:
    store = filled()
    repair(store.cloud, store.fake.clock, at_once=1)
    look(store, page)
    newest = views_below(store, paths.HISTORY_ROWS)[0]
    run = RUNS.fact_of(newest) or ""
    store.fake.storage.drop(run)
    for _ in range(40):
        look(store, page)
    assert newest in store.views()
    store.fake.world.calls.clear()
    look(store, page)
    assert f"read {run}" not in store.fake.world.calls


@pytest.mark.parametrize("page", [pytest.param(1000, id="all-at-once"), pytest.param(4, id="in-portions")])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(None, id="lost"),
        pytest.param(b"{", id="truncated"),
        pytest.param(b"[]", id="no-object"),
        pytest.param(
            b'{"kinds": {"datasets": {"newest": {"index/datasets/": {"index/datasets/1": "f"}}}}}', id="invented"
        ),
        pytest.param(b'{"repair": "yesterday"}', id="odd"),
    ],
)
def test_what_was_remembered_is_never_trusted(body: bytes | None, page: int) -> None:
    store = filled()
    repair(store.cloud, store.fake.clock, at_once=1)
    look(store, page)
    right = said(store)
    if body is None:
        store.fake.storage.drop(paths.CHECKED)
    else:
        store.fake.storage.put(paths.CHECKED, body)
    delete(store.fake.storage, views_below(store, paths.DATASET_INDEX)[:3])
    look(store, page)
    assert said(store) == right
    assert read_checked(store.storage).kinds.keys() == {"datasets", "experiments", "runs"}


def test_a_line_of_a_fact_that_says_something_else_is_written_anew() -> None:
    store = filled()
    right = said(store)
    facts = [name for name in store.fake.storage.objects if any(kind.is_fact(name) for kind in KINDS)]
    lines = {name: dict(store.fake.storage.lines[name]) for name in facts}
    for name in facts[::3]:
        store.fake.storage.lines[name] = {"title": "Another"}
    look(store)
    assert said(store) == right
    assert {name: store.fake.storage.lines[name] for name in facts} == lines


def test_a_look_costs_the_same_at_any_age_of_the_store() -> None:
    counts = []
    for ended in (10, 400, 1100):
        store = filled(datasets=ended // 20, experiments=ended, ended=ended, open=0)
        store.fake.clock.time += timedelta(days=1)
        repair(store.cloud, store.fake.clock, at_once=1)
        asked = []
        for _ in range(12):
            store.fake.world.calls.clear()
            check(store.cloud, store.fake.clock, {})
            asked.append(len(store.fake.world.calls))
        counts.append(max(asked))
    assert max(counts) - min(counts) <= 2
    assert max(counts) <= 11


def test_many_that_end_between_two_looks_are_no_loss() -> None:
    store = filled()
    repair(store.cloud, store.fake.clock, at_once=1)
    look(store, page=5)
    for number in range(3 * HANDFUL):
        store.run(number + 100)
    right = said(store)
    for _ in range(4):
        check(store.cloud, store.fake.clock, store.markers(), page=5)
    assert repairs(store) == 0
    assert said(store) == right


def test_no_list_goes_by_an_index_that_is_being_repaired() -> None:
    store = filled(datasets=3 * HANDFUL)
    repair(store.cloud, store.fake.clock, at_once=1)
    check(store.cloud, store.fake.clock, store.markers())
    delete(store.fake.storage, views_below(store, paths.DATASET_INDEX))
    assert not check(store.cloud, store.fake.clock, store.markers())
    assert paths.index_whole(paths.DATASET_INDEX) not in store.fake.storage.objects
    assert repairs(store) == 1
    # It is asked for again only once it should long be done.
    assert not check(store.cloud, store.fake.clock, store.markers())
    assert repairs(store) == 1
    store.fake.clock.time += timedelta(hours=1)
    assert not check(store.cloud, store.fake.clock, store.markers())
    assert repairs(store) == 2
    repair(store.cloud, store.fake.clock, at_once=1)
    assert paths.index_whole(paths.DATASET_INDEX) in store.fake.storage.objects
    assert check(store.cloud, store.fake.clock, store.markers())


def test_views_are_mended_through_the_real_client(bucket: Storage) -> None:
    store = Store(FakeCloud())
    store.fake.storage = bucket  # type: ignore[assignment]
    for number in range(3):
        store.dataset(number)
        store.experiment(number + 1)
        store.run(number)
    store.run(9, State.RUNNING)
    repair(store.cloud, store.fake.clock)
    assert check(store.cloud, store.fake.clock, store.markers())

    def said() -> dict[str, object]:
        return {entry.path: entry.line for folder in VIEWS for entry in bucket.list(folder)}

    right = said()
    assert len(right) == 3 + 3 + 3 + 3 + 1 + 2
    datasets = [name for name in right if name.startswith(paths.DATASET_INDEX)]
    rows = [name for name in right if name.startswith(paths.HISTORY_ROWS)]
    bucket.delete(datasets[1])
    bucket.overwrite_view(datasets[2], b"{}", "application/json", line={"title": "Another"})
    bucket.overwrite_view(rows[0], b"\x00", "application/json")
    bucket.delete(rows[1])
    bucket.delete(paths.active("r0000009"))
    bucket.overwrite_view(f"{paths.EXPERIMENT_INDEX}0", b"", "text/plain")
    assert check(store.cloud, store.fake.clock, store.markers())
    assert said() == right
    assert repair(store.cloud, store.fake.clock, thorough=True).differences == ()
