"""Several countries of one source, whatever fails: each is told once, the message ends right, nothing is lost."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from engine import paths
from engine.data.countries import COUNTRIES
from engine.data.dataset import Draft
from engine.data.listed import list_datasets
from engine.data.mapped import mapping_versions
from engine.data.mapping import Mapping
from engine.data.records import read_dataset, save_draft
from engine.data.round import State, failed_countries, stands_of
from engine.data.wishes import begin, note, open_draft, step_of, wish
from engine.errors import AlreadyExists, BadInput, Denied, Postponed, Unavailable
from engine.pipeline.countries import read_countries
from engine.pipeline.delete import delete_now, wish_for_dataset
from engine.pipeline.look_after import PATIENCE, give_up, waited_long
from engine.pipeline.notify import notify
from engine.pipeline.read_columns import read_columns
from engine.pipeline.rounds import show_round
from engine.pipeline.snapshot import refused, snapshot
from engine.pipeline.sweep import sweep
from local.sample import weekly_csv
from tests.faults.fake_cloud import Crash, Task
from tests.faults.test_drafts import DRAFT, Dropped, Work

pytestmark = pytest.mark.slow

MAPPING = Mapping(
    date_var="DATE",
    dep_var="REVENUE",
    paid_media_spends=("TV_COST", "FACEBOOK_COST"),
    country_var="COUNTRY",
)


def table(*countries: str, weeks: int = 60) -> bytes:
    """A file with some weeks of each country."""
    files = {country: weekly_csv(country).decode().splitlines()[: weeks + 1] for country in countries}
    rows = [f"{row},{country}" for country, file in files.items() for row in file[1:]]
    return "\n".join([f"{files[countries[0]][0]},COUNTRY", *rows, ""]).encode()


class Rounds(Work):
    """Work on several countries, and what their one message shows."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(data or table("FR", "DE"))

    def perform(self, task: Task) -> None:
        cloud, clock, p = self.cloud, self.fake.clock, task.payload
        steps = {
            "read_columns": lambda: read_columns(cloud, clock, self.files, p["draft"]),
            "snapshot": lambda: snapshot(cloud, clock, self.files, p["draft"]),
            "countries": lambda: read_countries(cloud, clock, self.files, p["draft"]),
            "round": lambda: show_round(cloud, clock, self.fake.messenger, p["round"], swept=bool(p.get("swept"))),
            "notify": lambda: notify(
                cloud, clock, self.fake.messenger, p["key"], p.get("conversation", ""), swept=bool(p.get("swept"))
            ),
        }
        try:
            steps[task.step]()
        except BadInput as error:
            assert task.step in ("notify", "round"), error

    def form(self) -> Draft:
        """The form whose columns were read."""
        draft = DRAFT.model_copy(update={"several": True, "country": "", "view_id": "", "columns": COLUMNS})
        try:
            return save_draft(self.cloud.storage, draft)
        except AlreadyExists:
            return draft

    def ask_for(self, *countries: str, key: str = "k1", **more: Any) -> Draft:
        """The form is sent, or what failed is tried again."""
        wanted: dict[str, Any] = {"countries": countries, **more}
        lead = wish(self.cloud.storage, self.form(), key, self.fake.clock.now(), MAPPING, **wanted)
        open_draft(self.cloud.storage, lead.id, self.fake.clock.now())
        step = step_of(lead)
        self.cloud.tasks.enqueue("stage", step, {"draft": lead.id}, key=f"{step}|T1|{lead.id}")
        return lead

    def shown(self, round_id: str) -> dict[str, str]:
        """How each country stands on the message as it was drawn last."""
        return {one["country"]: one["state"] for one in self.fake.messenger.rounds[round_id][-1]["countries"]}

    def left(self) -> list[str]:
        """What is there of work that is not done."""
        open_ones = (paths.OPEN_DRAFTS, paths.OPEN_ROUNDS, paths.OPEN_NOTICES)
        return [path for path in self.fake.storage.objects if path.startswith(open_ones) or "/rows/" in path]


def columns_of(data: bytes) -> tuple[Any, ...]:
    work = Work(data)
    work.first()
    work.drain()
    [notice] = [one for one in work.fake.messenger.posts.values() if one.kind == "dataset_columns"]
    return Draft.model_validate(notice.data["draft"]).columns


COLUMNS = columns_of(table("FR", "DE"))


def sent(work: Rounds, *countries: str) -> str:
    """The form is sent; a click whose handling died is delivered again. Returns the round's name."""
    try:
        return work.ask_for(*countries).id
    except Crash:
        return work.ask_for(*countries).id


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("twice", "stride"), [(False, 1), (True, 7)], ids=["once", "each task twice"])
def test_every_crash_leaves_one_message_one_end_and_each_country_told_once(when: str, twice: bool, stride: int) -> None:
    whole = Rounds()
    sent(whole, "fr", "mt")
    whole.drain()
    for at in range(1, len(whole.fake.world.calls) + 1, stride):
        work = Rounds()
        work.fake.world.crash = (at, when)
        name = sent(work, "fr", "mt")
        work.drain(twice=twice)
        # What a delivery left that died behind its last write the sweep finds.
        for _ in range(3):
            work.fake.clock.time += timedelta(minutes=5)
            sweep(work.cloud, work.fake.clock)
            work.drain(twice=twice)
        assert work.fake.world.crashed == 1
        assert work.shown(name) == {"fr": "ready", "mt": "failed"}, (at, when)
        told = Counter(one.kind for one in work.fake.messenger.posts.values())
        assert told == {"dataset_ready": 1, "dataset_refused": 1, "round_over": 1}, (at, when)
        cards = [key for key in work.fake.messenger.deliveries if key.endswith("-card")]
        assert len(cards) == 1, (at, when)
        assert [one.country for one in list_datasets(work.cloud.storage)] == ["fr"]
        assert work.left() == [], (at, when)


def test_one_file_is_read_once_for_all_countries_and_each_keeps_its_own_rows() -> None:
    work = Rounds(table("FR", "DE", "GB"))
    reads: list[str] = []
    fetch = work.files.fetch
    work.files.fetch = lambda *given: reads.append(given[0]) or fetch(*given)  # type: ignore[method-assign,func-returns-value]
    name = sent(work, "de", "fr", "gb")
    work.drain()
    assert work.shown(name) == {"de": "ready", "fr": "ready", "gb": "ready"}
    assert len(reads) == 1
    datasets = [read_dataset(work.cloud.storage, one.id) for one in list_datasets(work.cloud.storage)]
    assert {one.country: one.rows for one in datasets} == {"de": 60, "fr": 60, "gb": 60}
    assert {one.mapping.version for one in datasets} == {f"universal/{name}"}


def test_sixty_countries_share_few_edits_of_one_message() -> None:
    work = Rounds()
    chosen = list(COUNTRIES)[:60]
    name = sent(work, *chosen)
    began = work.fake.clock.time
    work.drain()
    assert set(work.shown(name)) == set(chosen)
    took = (work.fake.clock.time - began).total_seconds()
    assert len(work.fake.messenger.rounds[name]) <= took / 3 + 3
    assert work.left() == []


def test_slack_away_all_the_while_loses_nothing() -> None:
    work = Rounds()
    deliver, redraw = work.fake.messenger.deliver, work.fake.messenger.redraw

    def away(*given: Any) -> Any:
        raise Unavailable("Slack does not answer.")

    work.fake.messenger.deliver = work.fake.messenger.redraw = away  # type: ignore[method-assign]
    name = sent(work, "fr", "de")
    for _ in range(30):  # tasks come again for a while, and are gone then
        for task in list(work.fake.tasks.waiting):
            work.fake.tasks.waiting.remove(task)
            with suppress(Unavailable):
                work.perform(task)
    assert stands_of(work.cloud.storage, name).over and name not in work.fake.messenger.rounds
    work.fake.messenger.deliver, work.fake.messenger.redraw = deliver, redraw  # type: ignore[method-assign]
    work.fake.tasks.purge()
    work.fake.clock.time += timedelta(days=2)
    for _ in range(3):
        sweep(work.cloud, work.fake.clock)
        work.drain()
        work.fake.clock.time += timedelta(minutes=10)
    assert work.shown(name) == {"fr": "ready", "de": "ready"}
    assert Counter(one.kind for one in work.fake.messenger.posts.values()) == {"dataset_ready": 2, "round_over": 1}
    assert work.left() == []


def test_only_what_failed_is_tried_again_and_the_message_goes_on() -> None:
    work = Rounds()
    name = sent(work, "fr", "gb", "de")
    work.drain()
    found = stands_of(work.cloud.storage, name)
    assert failed_countries(found) == ["gb"]
    work.files.data = table("FR", "DE", "GB")
    work.fake.clock.time += timedelta(minutes=1)
    again = {"key": "k2", "round": name}
    first = work.ask_for(*failed_countries(found), **again)
    assert work.ask_for(*failed_countries(found), **{**again, "key": "k3"}).id == first.id, "a double click"
    work.drain()
    assert work.shown(name) == {"fr": "ready", "gb": "ready", "de": "ready"}
    assert len(list_datasets(work.cloud.storage)) == 3
    ends = [one for one in work.fake.messenger.posts.values() if one.kind == "round_over"]
    assert [sum(c["state"] == State.FAILED for c in one.data["countries"]) for one in ends] == [1, 0]
    assert work.left() == []


def test_a_file_that_is_away_for_long_is_told_once_for_all_countries() -> None:
    work = Rounds()
    work.files.away = True
    lead = work.ask_for("fr", "de")
    with pytest.raises(Unavailable):
        read_countries(work.cloud, work.fake.clock, work.files, lead.id)
    give_up(work.cloud, work.fake.clock, lead.id, Unavailable("Slack did not hand the file over."), "abc123")
    work.drain()
    assert work.shown(lead.id) == {"fr": "failed", "de": "failed"}
    refused = [one for one in work.fake.messenger.posts.values() if one.kind == "dataset_refused"]
    assert len(refused) == 1 and "abc123" in refused[0].data["error"]["todo"]
    assert isinstance(work.files, Dropped) and work.left() == []


def test_slack_that_asks_to_wait_is_waited_for_and_gets_fewer_edits() -> None:
    work = Rounds()
    redraw, asked = work.fake.messenger.redraw, []

    def limited(*given: Any) -> Any:
        asked.append(work.fake.clock.time)
        if len(asked) <= 3:
            raise Postponed("Slack asks to wait.", seconds=30, detail="ratelimited")
        return redraw(*given)

    work.fake.messenger.redraw = limited  # type: ignore[method-assign]
    name = sent(work, "fr", "de")
    work.drain()
    assert work.shown(name) == {"fr": "ready", "de": "ready"}
    assert Counter(one.kind for one in work.fake.messenger.posts.values()) == {"dataset_ready": 2, "round_over": 1}
    assert work.left() == []


def test_a_round_whose_tasks_are_lost_goes_on_and_one_that_is_lost_for_long_is_told() -> None:
    work = Rounds()
    name = sent(work, "fr", "de")
    work.fake.tasks.purge()
    work.fake.clock.time += timedelta(minutes=4)
    sweep(work.cloud, work.fake.clock)
    assert [task.step for task in work.fake.tasks.waiting] == ["countries"]
    work.drain()
    assert work.shown(name) == {"fr": "ready", "de": "ready"}

    work = Rounds()
    name = sent(work, "fr", "de")
    for _ in range(4):
        work.fake.tasks.purge()
        work.fake.clock.time += timedelta(minutes=4)
        sweep(work.cloud, work.fake.clock)
    work.drain()
    [told] = [one for one in work.fake.messenger.posts.values() if one.kind == "dataset_refused"]
    assert "name the reference" in told.data["error"]["todo"]


def test_countries_that_wait_in_line_behind_slow_ones_are_not_given_up() -> None:
    """Each of sixty may take the warehouse a minute, and eight people may ask at once: that is no loss."""
    work = Rounds(table("FR", "DE", "GB"))
    name = sent(work, "fr", "de", "gb")
    tasks = work.fake.tasks.waiting
    work.perform(tasks.pop(next(at for at, task in enumerate(tasks) if task.step == "countries")))
    [slow, *_] = [task.payload["draft"] for task in tasks if task.step == "snapshot"]
    for _ in range(6):
        note(work.cloud.storage, slow, working=work.fake.clock.time)
        work.fake.clock.time += timedelta(minutes=10)
        sweep(work.cloud, work.fake.clock)
    told = Counter(one.kind for one in work.fake.messenger.posts.values())
    assert told["dataset_refused"] == 0
    work.drain()
    assert work.shown(name) == {"fr": "ready", "de": "ready", "gb": "ready"}


def test_where_nobody_is_at_work_any_more_who_waits_is_told() -> None:
    work = Rounds(table("FR", "DE"))
    sent(work, "fr", "de")
    for _ in range(4):
        work.fake.tasks.purge()
        work.fake.clock.time += timedelta(minutes=10)
        sweep(work.cloud, work.fake.clock)
    work.drain()
    assert Counter(one.kind for one in work.fake.messenger.posts.values())["dataset_refused"] == 1


def test_a_failure_that_passes_is_waited_for_also_after_a_long_time_in_line() -> None:
    work = Rounds()
    lead = work.ask_for("fr")
    work.fake.clock.time += timedelta(minutes=30)
    assert waited_long(work.cloud, work.fake.clock, lead.id)
    assert begin(work.cloud.storage, lead.id, work.fake.clock.now())
    assert not waited_long(work.cloud, work.fake.clock, lead.id)
    work.fake.clock.time += PATIENCE
    assert waited_long(work.cloud, work.fake.clock, lead.id)


def test_whoever_may_not_any_more_is_told_alone_and_the_message_says_no_more() -> None:
    work = Rounds()
    name = sent(work, "fr", "gb")
    work.drain()
    work.fake.clock.time += timedelta(minutes=1)
    lead = work.ask_for("gb", key="k2", round=name)
    work.fake.tasks.purge()
    alone = lead.model_copy(update={"who": "U9", "channel": ""})
    refused(work.cloud, work.fake.clock, alone, error=Denied("You are a viewer.", "Ask Gil."))
    work.drain()
    [told] = [one for one in work.fake.messenger.posts.values() if one.user == "U9"]
    assert told.data["error"]["what"] == "You are a viewer." and not told.channel and not told.under
    shown = work.fake.messenger.rounds[name][-1]["countries"]
    assert "viewer" not in str(shown) and "may not do that any more" in str(shown)


def test_a_value_in_a_file_that_is_no_number_is_named_with_its_row_once_for_all() -> None:
    lines = table("FR", "DE").decode().splitlines()
    cells = lines[80].split(",")
    lines[80] = ",".join([cells[0], "abc", *cells[2:]])
    work = Rounds("\n".join(lines).encode())
    name = sent(work, "fr", "de")
    work.drain()
    assert work.shown(name) == {"fr": "failed", "de": "failed"}
    [told] = [one for one in work.fake.messenger.posts.values() if one.kind == "dataset_refused"]
    assert "81" in told.data["error"]["what"] and "abc" in told.data["error"]["what"]


def test_once_every_country_is_deleted_nothing_says_any_more_what_its_columns_mean() -> None:
    work = Rounds(table("FR", "DE"))
    sent(work, "de", "fr")
    work.drain()
    storage = work.cloud.storage
    first, last = [read_dataset(storage, one.id) for one in list_datasets(storage)]

    def kept() -> list[str]:
        return [path for path in work.fake.storage.objects if path.startswith(("metadata/", "index/mappings/"))]

    delete_now(work.cloud, work.fake.clock, wish_for_dataset(work.cloud, work.fake.clock, first))
    assert mapping_versions(storage, last.title), "the other country goes on with it"
    delete_now(work.cloud, work.fake.clock, wish_for_dataset(work.cloud, work.fake.clock, last))
    assert kept() == []
