"""What lists and searches find by the indexes is what the facts say: whatever was made, lost and broken."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import paths
from engine.data import listed as datasets
from engine.data.index import shown_of
from engine.data.records import save_dataset
from engine.errors import BrokenState, NotFound
from engine.experiment import listed as experiments
from engine.index.page import SEARCHED
from engine.listing import Listing
from engine.runs import listed as runs
from engine.runs.line import line_of
from engine.runs.run import Run, State
from tests.stored import AT, Kept, Outside, a_dataset, a_run, an_experiment, keep_experiment, keep_run, listed_at

TITLES = ("Shop", "shop", "Größe", "GROSSE", "Shop plan", "春季计划", "DE/AT plan")
WHERE = ("C1", "C1", "hidden", "")
ENDED = (State.SUCCEEDED, State.FAILED, State.CANCELLED)

MADE = st.one_of(
    st.tuples(st.just("dataset"), st.sampled_from(TITLES), st.sampled_from(WHERE)),
    st.tuples(st.just("experiment"), st.sampled_from(("DE", "SHOP-A")), st.sampled_from(WHERE)),
    st.tuples(st.just("run"), st.sampled_from(("waits", "trains", *ENDED)), st.sampled_from(WHERE)),
)
HARM = st.sampled_from(["none", "no line", "half a line", "another's line", "no fact", "broken fact"])


class Made:
    """A store with a history, and what its runs are."""

    def __init__(self, history: Sequence[tuple[str, str, str]]) -> None:
        self.kept, self.runs, self.numbers = Kept(), list[Run](), dict[str, int]()
        self.storage = self.kept.storage
        for n, (kind, what, channel) in enumerate(history):
            self.kept.world.clock.time = AT + timedelta(minutes=n)
            getattr(self, kind)(n, what, channel)
        self.kept.whole()

    def dataset(self, n: int, title: str, channel: str) -> None:
        at = self.kept.world.clock.time
        save_dataset(self.storage, a_dataset(f"{at:%Y%m%dT%H%M%SZ}-{n:04x}", title, channel=channel))

    def experiment(self, n: int, tag: str, channel: str) -> None:
        self.numbers[tag] = number = self.numbers.get(tag, 0) + 1
        made = {"channel": channel, "created_at": self.kept.world.clock.time}
        keep_experiment(self.storage, an_experiment(f"{tag}_{number}", **made))

    def run(self, n: int, what: str, channel: str) -> None:
        at = self.kept.world.clock.time
        state = {"waits": State.QUEUED, "trains": State.RUNNING}.get(what) or State(what)
        ended = at + timedelta(seconds=random.Random(n).randrange(10_000)) if state in ENDED else at
        made: dict[str, Any] = {"state": state, "channel": channel, "created_at": at, "changed_at": ended}
        run = keep_run(self.storage, a_run(f"r{n:07d}", revision=f"DE_{n % 3}", **made))
        if what == "trains":
            # Its marker says what it was when it was begun.
            self.kept.fake.lines[paths.active(run.id)]["state"] = "QUEUED"
            self.storage.create(paths.slot(n), {"run": run.id}, line={"run": run.id, "attempt": 1})
        self.runs.append(run)

    def harm(self, path: str, how: str) -> None:
        """Do harm to a line, or to the fact that it is of."""
        fake = self.kept.fake
        fact = datasets.KIND.fact_of(path) or experiments.KIND.fact_of(path)
        if fact is None:
            fact = paths.run_state(runs._run_of(path))
        if how == "no line":
            fake.lines.pop(path, None)
        elif how == "half a line":
            fake.lines[path] = {"title": "Shop"}
        elif how == "another's line":
            fake.lines[path] = next(iter(line for one, line in fake.lines.items() if one != path), {})
        elif how == "no fact" and fact in fake.objects:
            fake.lines.pop(path, None)
            fake.drop(fact)
        elif how == "broken fact" and fact in fake.objects:
            fake.lines.pop(path, None)
            fake.objects[fact] = (b"{ half", *fake.objects[fact][1:])

    def entries(self) -> list[str]:
        return [
            *(one for one in sorted(self.kept.fake.objects) if one.startswith(("index/", paths.HISTORY_ROWS))),
            *(one for one in sorted(self.kept.fake.objects) if one.startswith(paths.ACTIVE)),
        ]

    def forget(self) -> None:
        """Nobody knows any more whether the indexes are whole."""
        for prefix in (paths.DATASET_INDEX, paths.EXPERIMENT_INDEX):
            self.kept.fake.drop(paths.index_whole(prefix))


def told(found: Listing[Any]) -> tuple[list[Any], tuple[str, ...], bool]:
    return list(found), tuple(sorted(found.unreadable)), found.more


@settings(max_examples=60, deadline=None)
@given(st.lists(MADE, max_size=30), st.sampled_from((None, 1, 3, 12)), st.booleans(), st.data())
def test_lists_are_what_the_facts_say(
    history: list[tuple[str, str, str]], limit: int | None, outside: bool, data: st.DataObject
) -> None:
    made, eyes = Made(history), Outside() if outside else None
    for path in made.entries():
        if not path.endswith("-whole") and not path.startswith(paths.TITLE_INDEX):
            made.harm(path, data.draw(HARM))
    looks = (datasets.list_datasets, experiments.list_experiments)
    by_index = [told(look(made.storage, limit, eyes)) for look in looks]
    made.forget()
    assert by_index == [told(look(made.storage, limit, eyes)) for look in looks]


@settings(max_examples=60, deadline=None)
@given(st.lists(MADE, max_size=30), st.sampled_from((1, 3, 12)), st.booleans(), st.data())
def test_a_list_of_runs_has_those_that_are_open_and_those_that_ended_last(
    history: list[tuple[str, str, str]], limit: int, outside: bool, data: st.DataObject
) -> None:
    made, eyes = Made(history), Outside() if outside else None
    left = {one.id: one for one in made.runs}
    for run in made.runs:
        path = listed_at(run)
        made.harm(path, how := data.draw(HARM))
        if how in ("no fact", "broken fact"):
            del left[run.id]
    seen = [run for run in left.values() if not outside or run.channel != "hidden"]
    opened = sorted((run for run in seen if not run.over), key=lambda run: run.created_at, reverse=True)
    ended = sorted((run for run in seen if run.over), key=lambda run: (-run.changed_at.timestamp(), run.id))
    wanted = [*opened, *ended]
    found = runs.list_runs(made.storage, limit, eyes)
    newest = sorted(wanted[:limit], key=lambda run: run.created_at, reverse=True)
    assert [(run.id, run.state) for run in found] == [(run.id, run.state) for run in newest]
    assert found.more == (len(wanted) > limit)


@settings(max_examples=60, deadline=None)
@given(st.lists(MADE, max_size=30), st.sampled_from((*TITLES, "sho", "“SHOP”.", "grosse", "none such")), st.booleans())
def test_a_dataset_is_found_by_its_title_as_among_all(
    history: list[tuple[str, str, str]], text: str, outside: bool
) -> None:
    made, eyes = Made(history), Outside() if outside else None

    def find() -> str:
        try:
            return datasets.find_dataset(made.storage, text, eyes).id
        except NotFound as error:
            return f"{error.what} {error.todo}"

    by_index = find()
    made.forget()
    assert by_index == find()


# Where there is more than a page.


@pytest.fixture(scope="module")
def old() -> Kept:
    """Datasets and runs of years, in memory."""
    kept = Kept()
    for n in range(1200):
        kept.world.clock.time = at = AT + timedelta(hours=n)
        title, channel = ("Old" if n == 3 else "Ä lone" if n == 5 else f"Plan {n % 40}"), "C1" if n % 2 else "hidden"
        save_dataset(kept.storage, a_dataset(f"{at:%Y%m%dT%H%M%SZ}-{n:04x}", title, channel=channel))
        made = {"created_at": at, "changed_at": at, "channel": channel, "who": f"U{n % 7}"}
        made |= {"revision": f"DE_{n // 4}", "state": ENDED[n % 3], "ts": f"t{n:05d}"}
        run = keep_run(kept.storage, a_run(f"r{n:07d}", **made))
        keep_experiment(kept.storage, an_experiment(f"FR_{n}", created_at=at, channel=channel))
        line = {"kind": "training", "run": run.id}
        kept.storage.create(
            f"{paths.trainings(run.revision)}de/{run.ts}/claim.json", line, line=line if n % 5 else None
        )
    kept.whole()
    return kept


@pytest.mark.parametrize("text", ["Old", "ä-lone", "20260101T030000Z-0003", "de/20260101T030000Z-0003"])
def test_a_dataset_is_found_however_old_it_is(old: Kept, text: str) -> None:
    assert datasets.find_dataset(old.storage, text).ts.endswith(("-0003", "-0005"))


def test_a_hidden_dataset_is_not_found_however_old_it_is(old: Kept) -> None:
    old_one = datasets.find_dataset(old.storage, "Old")
    assert old_one.channel == "C1"
    eyes = Outside(frozenset({"C1"}))
    for text in ("Old", old_one.ts, old_one.id):
        with pytest.raises(NotFound):
            datasets.find_dataset(old.storage, text, eyes)


def test_a_search_says_how_far_it_looked(old: Kept) -> None:
    found = datasets.search_datasets(old.storage, "plan 7", 100)
    assert len(found) == 24 and (found.looked, found.more) == (990, False)
    assert (shorter := datasets.search_datasets(old.storage, "plan 7", 10)).more and not shorter.looked
    with pytest.raises(NotFound, match="only the newest 990 were looked at"):
        datasets.find_dataset(old.storage, "Ol")


def test_one_s_own_runs_are_found_among_the_newest_thousand(old: Kept) -> None:
    own = runs.list_runs(old.storage, 300, most=SEARCHED, wanted=lambda run: run.who == "U3")
    assert {run.who for run in own} == {"U3"} and (len(own), own.looked) == (141, 990)


@pytest.mark.parametrize("number", [0, 1, 7, 49, 299])
def test_a_run_is_found_by_its_experiment_however_old_it_is(old: Kept, number: int) -> None:
    found = runs.find_runs(old.storage, f"de_{number}", until=lambda run: False)
    assert [run.id for run in found] == [f"r{n:07d}" for n in range(number * 4 + 3, number * 4 - 1, -1)]
    assert runs.find_run(old.storage, f"“DE_{number}”.").id == found[0].id


def test_older_runs_of_an_experiment_are_looked_for_until_one_is_what_is_wanted(old: Kept) -> None:
    # Of its four runs the newest page has two.
    found = runs.find_runs(old.storage, "DE_52", until=lambda run: run.state is State.CANCELLED)
    assert [(run.id, run.state) for run in found] == [
        ("r0000211", State.FAILED),
        ("r0000210", State.SUCCEEDED),
        ("r0000209", State.CANCELLED),
    ]
    hidden = runs.find_runs(old.storage, "DE_0", Outside(), until=lambda run: False)
    assert [run.id for run in hidden] == ["r0000003", "r0000001"]


def test_a_run_that_is_not_there_is_told_with_how_far_it_was_looked(old: Kept) -> None:
    with pytest.raises(NotFound) as caught:
        runs.find_run(old.storage, "DE_400")
    assert "only the newest 990 were looked at" in caught.value.todo
    with pytest.raises(NotFound, match="Did you mean r0001198"):
        runs.find_run(old.storage, "r0001198x")


def test_a_list_passes_over_what_is_hidden_and_is_as_long(old: Kept) -> None:
    for look in (datasets.list_datasets, experiments.list_experiments, runs.list_runs):
        found = look(old.storage, 30, Outside())
        assert len(found) == 30 and {one.channel for one in found} == {"C1"} and found.more


def test_where_too_much_is_hidden_a_list_says_how_far_it_looked(old: Kept) -> None:
    for look in (datasets.list_datasets, experiments.list_experiments, runs.list_runs):
        found = look(old.storage, 30, Outside(frozenset({"C1", "hidden"})))
        assert (list(found), found.more) == ([], False) and 300 <= found.looked < 400


def test_how_far_it_was_looked_does_not_count_what_is_hidden() -> None:
    """Runs that are open somewhere else, and how many of what was gone through somebody may not see."""
    told = set()
    for hidden in (0, 1, 7):
        made = Made([("run", State.SUCCEEDED, "C1")] * 60 + [("run", State.QUEUED, "hidden")] * hidden)
        found = runs.list_runs(made.storage, 30, Outside(), most=50, wanted=lambda run: run.who == "nobody")
        told.add(found.looked)
    assert told == {50}
    made = Made([("dataset", "Shop", "hidden")] * 310 + [("dataset", "Shop", "C1")])
    assert not datasets.list_datasets(made.storage, None, Outside()).looked  # all were looked at


@pytest.mark.parametrize("whole", [True, False], ids=["by the index", "by the facts"])
def test_a_list_that_passes_over_too_much_does_not_look_complete(whole: bool) -> None:
    made = Made([("dataset", "Shop", "C1")] * 40 + [("dataset", "Shop", "hidden")] * 350)
    if not whole:
        made.kept.fake.drop(paths.index_whole(paths.DATASET_INDEX))
    found = datasets.list_datasets(made.storage, 30, Outside())
    assert (list(found), found.more, found.looked) == ([], False, 300)


# A store of the release before.


def made_before(made: Made, number: int) -> set[str]:
    """Give the first rows the names that they had in the release before. Returns their runs."""
    fake = made.kept.fake
    for run in made.runs[:number]:
        body, _, _ = fake.objects[path := listed_at(run)]
        fake.drop(path)
        made.kept.world.clock.time = run.changed_at
        fake.put(paths.history_row(f"{run.changed_at:%Y-%m-%d}", run.id), body)
    return {run.id for run in made.runs[:number]}


def test_rows_of_the_release_before_are_listed_the_newest_first_before_they_are_moved() -> None:
    made = Made([("run", "SUCCEEDED", "C1")] * 30)
    made_before(made, 25)
    newest = sorted(made.runs, key=lambda run: run.changed_at, reverse=True)[:12]
    assert {run.id for run in runs.list_runs(made.storage, 12)} == {run.id for run in newest}
    found = runs.find_runs(made.storage, "DE_1", until=lambda run: False)
    assert {run.id for run in found} == {run.id for run in made.runs if run.revision == "DE_1"}


def test_rows_of_the_release_before_are_listed_after_those_of_this_one() -> None:
    made = Made([("run", "SUCCEEDED", "C1")] * 150)
    before = made_before(made, 20)
    assert {run.id for run in runs.list_runs(made.storage, 30, wanted=lambda run: run.id in before)} == before


def test_markers_and_places_of_the_release_before_are_read() -> None:
    made = Made([("run", "waits", "C1"), ("run", "trains", "C1")])
    made.kept.fake.lines.clear()
    assert [run.state for run in runs.list_runs(made.storage, 9)] == [State.RUNNING, State.QUEUED]
    made.kept.fake.lines[paths.active("r0000001")] = {**line_of(made.runs[1]), "state": "QUEUED"}
    assert [run.state for run in runs.list_runs(made.storage, 9)] == [State.RUNNING, State.QUEUED], "by its place"


def test_an_index_that_is_not_whole_hides_nothing() -> None:
    made = Made([("dataset", "Shop", "C1"), ("dataset", "Shop plan", "C1"), ("experiment", "DE", "C1")])
    made.forget()
    for path in made.entries():
        made.kept.fake.drop(path)
    assert [one.title for one in datasets.list_datasets(made.storage)] == ["Shop plan", "Shop"]
    assert datasets.find_dataset(made.storage, "shop").title == "Shop"
    assert datasets.find_dataset(made.storage, datasets.list_datasets(made.storage)[1].ts).title == "Shop"
    assert [one.revision for one in experiments.list_experiments(made.storage)] == ["DE_1"]


def test_an_entry_without_a_line_tells_of_a_fact_that_cannot_be_read() -> None:
    made = Made([("dataset", "Shop", "C1"), ("dataset", "Shop plan", "C1")])
    newest = made.entries()[1]
    made.harm(newest, "broken fact")
    fact = datasets.KIND.fact_of(newest)
    found = datasets.list_datasets(made.storage, 5)
    assert ([one.title for one in found], found.unreadable) == (["Shop"], (fact,))
    country, ts = paths.dataset_of(str(fact)) or ("", "")
    for text in (ts, f"{country}/{ts}"):
        with pytest.raises(BrokenState):
            datasets.find_dataset(made.storage, text)


def test_a_list_whose_lines_are_all_lost_reads_so_many_facts_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    made = Made([("dataset", "Shop", "C1")] * 250)
    made.kept.fake.lines.clear()
    before = len(made.kept.world.calls)
    found = datasets.list_datasets(made.storage, None)
    assert (len(found), found.looked) == (200, 250)
    assert len(made.kept.asked(before)) == 201
    [said] = [one for one in caplog.records if getattr(one, "event", "") == "index_amiss"]
    assert "250" in said.message


def test_lines_bring_what_a_list_shows() -> None:
    one = a_dataset("20260101T0")
    made = {"sum": one.crc32c, "mapped": False, "open": 0, "query": False, "connection": ""}
    told = shown_of(one).model_dump(exclude={"roles"})
    assert told == {name: made[name] if name in made else getattr(one, name) for name in told}


def test_a_run_that_ended_just_now_is_listed_once_and_as_it_ended() -> None:
    made = Made([("run", "trains", "C1"), ("run", "SUCCEEDED", "C1")])
    over = made.runs[1]
    made.storage.create(paths.active(over.id), {}, line={**line_of(over), "state": "QUEUED"})
    found = runs.list_runs(made.storage, 5)
    assert [(run.id, run.state) for run in found] == [("r0000001", State.SUCCEEDED), ("r0000000", State.RUNNING)]


def test_another_run_s_line_is_not_shown() -> None:
    made = Made([("run", "waits", "C1"), ("run", "SUCCEEDED", "C1"), ("run", "FAILED", "hidden")])
    lines, (waits, done, failed) = made.kept.fake.lines, map(listed_at, made.runs)
    lines[waits], lines[failed] = line_of(made.runs[1]), line_of(a_run("r9", state=State.SUCCEEDED))
    lines[done] = line_of(made.runs[2])
    found = runs.list_runs(made.storage, 5, Outside())
    assert [(run.id, run.state) for run in found] == [("r0000001", State.SUCCEEDED), ("r0000000", State.QUEUED)]
