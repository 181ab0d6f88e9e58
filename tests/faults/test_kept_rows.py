"""Rows of a warehouse that are kept: asked for once, never given to whom they do not belong, whole or not at all."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import paths
from engine.cloud.cloud import Cloud
from engine.cloud.connection import Connection, default_of
from engine.cloud.connections import save_connection
from engine.cloud.rows import Limits, Rows
from engine.cloud.select import one_select, select_all
from engine.columns import Column
from engine.data.dataset import Dataset, Draft, Source
from engine.data.mapping import Mapping
from engine.data.records import read_dataset, read_draft, save_draft, save_mapping
from engine.data.results_cache import KEPT, Kept, digest_of, read_cache
from engine.errors import BadData, Unavailable
from engine.pipeline.answer import Work as Asked
from engine.pipeline.belongings import of_dataset
from engine.pipeline.clear_cache import clear_cache
from engine.pipeline.read_columns import read_columns
from engine.pipeline.snapshot import snapshot
from local.sample import weekly_csv
from tests.faults.fake_cloud import NOON, Crash, FakeCloud
from tests.faults.service import MAPPING

TABLE = Source(kind="table", table="MMM.MARKETING.WEEKLY")
FRAME = pd.read_csv(io.BytesIO(weekly_csv("FR"))).assign(DATE=lambda frame: pd.to_datetime(frame["DATE"]).dt.date)
COLUMNS = tuple(
    Column(name=str(name), type="date" if name == "DATE" else "text" if name == "COUNTRY" else "number")
    for name in FRAME.columns
)

LONG = FRAME.rename(columns={"TV_COST": "TV", "FACEBOOK_COST": "Facebook", "SEARCH_COST": "Search"})
LONG = LONG.melt(["DATE", "REVENUE"], ["TV", "Facebook", "Search"], "CHANNEL", "SPEND")
LONG_COLUMNS = (
    *(Column(name=name, type=kind) for name, kind in (("DATE", "date"), ("REVENUE", "number"))),  # type: ignore[arg-type]
    *(Column(name=name, type=kind) for name, kind in (("CHANNEL", "text"), ("SPEND", "number"))),  # type: ignore[arg-type]
)


class Result(Rows):
    """A query's rows, from a table in memory."""

    def __init__(self, table: pa.Table, number: int) -> None:
        super().__init__("The house", table.num_rows, Limits(10**6, 100))
        self.schema, self.query_id, self._table = table.schema, f"q{number}", table

    def parts(self) -> Iterator[pa.Table]:
        yield self._table


class House:
    """A warehouse that counts what it is asked."""

    def __init__(self) -> None:
        self.frame, self.asked, self.down = FRAME, list[str](), False

    def one_select(self, sql: str) -> str:
        return one_select(sql)

    def select_all(self, table: str) -> str:
        return select_all(table)

    def describe(self, sql: str) -> tuple[Column, ...]:
        return COLUMNS if self.frame is FRAME else LONG_COLUMNS

    def preview(self, sql: str, rows: int = 5) -> list[dict[str, Any]]:
        return cast(list[dict[str, Any]], self.frame.head(rows).to_dict("records"))

    @contextmanager
    def stream(self, sql: str, *, tag: dict[str, str]) -> Iterator[Result]:
        if self.down:
            raise Unavailable("The warehouse did not answer.")
        self.asked.append(sql)
        yield Result(pa.Table.from_pandas(self.frame, preserve_index=False), len(self.asked))


class Desk:
    """People who make datasets of a warehouse, and the worker's step."""

    def __init__(self, **settings: Any) -> None:
        self.fake = FakeCloud(**{"snowflake_account": "local", "snowflake_role": "READER", **settings})
        self.house = self.fake.warehouse = House()
        self.cloud = cast(Cloud, self.fake)
        self.storage = self.cloud.storage

    def dataset(self, name: str, source: Source = TABLE, **more: Any) -> Dataset:
        """Make a dataset; `name` is its draft's."""
        self.draft(name, source, **more)
        return self.take(name, str(more.get("country", "fr")))

    def draft(self, name: str, source: Source = TABLE, roles: Mapping = MAPPING, **more: Any) -> None:
        at = self.fake.clock.now()
        given = {"workspace": "T1", "title": "Shop", "country": "fr", "who": "U1", "channel": "C1", "public": True}
        known = {**given, "id": name, "source": source, "created_at": at, "columns": COLUMNS, **more}
        save_draft(self.storage, Draft.model_validate(known))
        save_mapping(self.storage, name, roles)

    def take(self, name: str, country: str = "fr") -> Dataset:
        snapshot(self.cloud, self.fake.clock, cast(Any, None), name)
        return read_dataset(self.storage, f"{country}/{name}")

    def later(self, **time: float) -> None:
        self.fake.clock.time += timedelta(**time)

    def kept(self) -> list[str]:
        return sorted(path for path in self.fake.storage.objects if path.startswith(paths.CACHE))

    def uses(self) -> list[bool]:
        """Of each reading, the newest first, whether it was spared."""
        return [use.hit for use in read_cache(self.storage, self.fake.clock.now(), 24).uses]

    def rows(self, dataset: Dataset) -> pd.DataFrame:
        raw = self.storage.get_bytes(paths.raw_data(dataset.country, dataset.ts))
        return pq.read_table(io.BytesIO(raw)).to_pandas()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def ages(dataset: Dataset) -> list[str]:
    return [one.text for one in dataset.findings if one.code == KEPT]


def test_the_same_table_is_asked_for_once_and_the_second_dataset_says_how_old_its_rows_are(desk: Desk) -> None:
    first = desk.dataset("d1")
    desk.later(hours=3)
    second = desk.dataset("d2", title="Other", country="de")
    assert len(desk.house.asked) == 1
    assert ages(first) == []
    (told,) = ages(second)
    assert "3 hours ago, on 2026-01-05 at 12:00 UTC" in told
    assert second.query_id == first.query_id == "q1"
    assert second.read_at == first.read_at == NOON
    pd.testing.assert_frame_equal(desk.rows(first), desk.rows(second))
    assert desk.uses() == [True, False]


def test_a_correction_of_roles_asks_nobody(desk: Desk) -> None:
    desk.dataset("d1")
    desk.later(minutes=5)
    corrected = MAPPING.model_copy(update={"context_vars": ()})
    assert "5 minutes ago" in ages(desk.dataset("d2", origin="d1", roles=corrected))[0]
    assert ages(desk.dataset("d3", origin="d1", roles=MAPPING, accepted=("rows.few",)))
    assert len(desk.house.asked) == 1


def test_who_wishes_the_very_same_again_has_mended_the_table(desk: Desk) -> None:
    desk.dataset("d1")
    desk.house.frame = FRAME.assign(REVENUE=FRAME["REVENUE"] + 1)
    second = desk.dataset("d2", origin="d1")
    assert ages(second) == [] and second.query_id == "q2"
    assert ages(desk.dataset("d3", title="Of another form"))


def test_a_refresh_never_uses_what_is_kept_and_keeps_what_it_read(desk: Desk) -> None:
    desk.dataset("d1")
    desk.later(hours=1)
    desk.house.frame = FRAME.assign(REVENUE=FRAME["REVENUE"] + 1)
    fresh = desk.dataset("d2", fresh=True)
    assert len(desk.house.asked) == 2 and ages(fresh) == []
    desk.later(hours=1)
    third = desk.dataset("d3")
    assert len(desk.house.asked) == 2
    assert third.query_id == "q2"
    assert "60 minutes ago" in ages(third)[0]
    assert desk.rows(third)["REVENUE"].tolist() == (FRAME["REVENUE"] + 1).tolist()


def test_a_snapshot_that_renews_another_asks_the_warehouse(desk: Desk) -> None:
    desk.dataset("d1")
    desk.house.frame = FRAME.assign(REVENUE=FRAME["REVENUE"] + 1)
    assert desk.dataset("d2", renews=("fr/d1",)).query_id == "q2"


@pytest.mark.parametrize(("hours", "asked"), [(23, 1), (24, 2), (48, 2)])
def test_what_is_too_old_is_asked_for_again(desk: Desk, hours: int, asked: int) -> None:
    desk.dataset("d1")
    desk.later(hours=hours)
    desk.dataset("d2")
    assert len(desk.house.asked) == asked
    assert len(desk.kept()) == 1


def test_rows_of_a_future_by_a_clock_that_was_wrong_are_not_used(desk: Desk) -> None:
    desk.later(hours=5)
    desk.dataset("d1")
    desk.later(hours=-5)
    desk.dataset("d2")
    assert len(desk.house.asked) == 2


def test_without_hours_nothing_is_kept() -> None:
    desk = Desk(cache_hours=0)
    first, second = desk.dataset("d1"), desk.dataset("d2")
    assert len(desk.house.asked) == 2
    assert desk.kept() == [] and desk.uses() == []
    assert first.read_at == NOON and second.kept_as == ""


SAME = "select DATE from MMM.MARKETING.WEEKLY where COUNTRY = 'FR'"


@pytest.mark.parametrize(
    ("other", "asked"),
    [
        pytest.param("SELECT DATE\nFROM MMM.MARKETING.WEEKLY WHERE COUNTRY = 'FR' -- France", 1, id="said otherwise"),
        pytest.param("select DATE from MMM.MARKETING.WEEKLY where COUNTRY = 'fr'", 2, id="another text"),
        pytest.param("select DATE from MMM.MARKETING.WEEKLY where COUNTRY = 'DE'", 2, id="another country"),
    ],
)
def test_two_texts_of_one_select_are_asked_for_once(desk: Desk, other: str, asked: int) -> None:
    desk.dataset("d1", Source(kind="select", sql=SAME))
    desk.dataset("d2", Source(kind="select", sql=other))
    assert len(desk.house.asked) == asked


def test_what_asks_for_the_day_is_asked_again_on_the_next(desk: Desk) -> None:
    source = Source(kind="select", sql="select * from MMM.MARKETING.WEEKLY where DATE < current_date()")
    desk.dataset("d1", source)
    desk.later(hours=11)
    desk.dataset("d2", source)
    assert len(desk.house.asked) == 1
    desk.later(hours=2)  # past midnight, and within the day that rows are kept
    desk.dataset("d3", source)
    assert len(desk.house.asked) == 2


AT = Connection(name="one", account="a", user="u", role="R", warehouse="w", database="d", secret="s")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"name": "two"}, id="name"),
        pytest.param({"kind": "bigquery"}, id="kind"),
        pytest.param({"account": "b"}, id="account"),
        pytest.param({"user": "v"}, id="user"),
        pytest.param({"role": "S"}, id="role"),
        pytest.param({"database": "e"}, id="database"),
        pytest.param({"schema_name": "f"}, id="schema"),
        pytest.param({"secret": "t"}, id="proof"),
        pytest.param({"auth": "service_account"}, id="way to prove it"),
    ],
)
def test_whatever_changes_who_reads_changes_the_name(change: dict[str, str]) -> None:
    query, day = "SELECT a FROM t", NOON.date()
    assert digest_of(AT, query, day) != digest_of(AT.model_copy(update=change), query, day)
    assert digest_of(AT, query, day) == digest_of(AT.model_copy(update={"who": "U9", "created_at": NOON}), query, day)


@pytest.mark.parametrize("change", ["snowflake_role", "snowflake_user", "snowflake_account", "snowflake_database"])
def test_no_row_of_one_role_or_account_is_given_to_another(desk: Desk, change: str) -> None:
    first = desk.dataset("d1")
    desk.fake.settings = desk.fake.settings.model_copy(update={change: "OTHER"})
    second = desk.dataset("d2")
    assert (first.query_id, second.query_id) == ("q1", "q2")
    assert ages(second) == []


def test_no_row_of_one_connection_is_given_to_another(desk: Desk) -> None:
    own = default_of(desk.cloud.settings)
    assert own is not None
    for name in ("one", "two"):
        save_connection(desk.storage, own.model_copy(update={"name": name}), NOON)
    made = [desk.dataset(f"d{name}", TABLE.model_copy(update={"connection": name})) for name in ("one", "two", "")]
    assert [one.query_id for one in made] == ["q1", "q2", "q3"]
    assert len({one.kept_as for one in made}) == 3


class Vault:
    """One secret."""

    def __init__(self, value: str) -> None:
        self.value = value

    def read(self, reference: str) -> str:
        return self.value


def test_no_row_of_one_service_account_is_given_to_the_one_whose_key_took_its_place(desk: Desk) -> None:
    given = {"name": "big", "kind": "bigquery", "account": "my-project", "secret": "mmm-connection-big"}
    save_connection(desk.storage, Connection.model_validate({**given, "auth": "service_account"}), NOON)
    source = TABLE.model_copy(update={"connection": "big", "table": "d.weekly"})
    asked = []
    for number, key in enumerate(("wide", "wide", "narrow")):
        desk.fake.secrets = Vault(key)
        asked.append(desk.dataset(f"d{number}", source).query_id)
    assert asked == ["q1", "q1", "q2"]


def test_what_two_keys_see_is_kept_apart() -> None:
    wide = Connection(name="wide", kind="bigquery", account="my-project", auth="service_account", secret="s-wide")
    narrow = wide.model_copy(update={"name": "narrow", "secret": "s-narrow"})
    own = wide.model_copy(update={"name": "own", "auth": "workload", "secret": ""})
    assert len({one.scope for one in (wide, narrow, own)}) == 3
    # Where a user is named, it is the same whichever key proves it.
    assert AT.scope == AT.model_copy(update={"name": "two", "secret": "t"}).scope


@pytest.mark.parametrize(
    ("first", "second", "asked"),
    [
        pytest.param({"public": True, "channel": "C1"}, {"public": True, "channel": "C2"}, 1, id="public, public"),
        pytest.param({"public": True, "channel": "C1"}, {"public": False, "channel": "G1"}, 1, id="public, private"),
        pytest.param({"public": False, "channel": "G1"}, {"public": True, "channel": "C1"}, 2, id="private, public"),
        pytest.param({"public": False, "channel": "G1"}, {"public": False, "channel": "G2"}, 2, id="two private"),
        pytest.param({"public": False, "channel": "G1"}, {"public": False, "channel": "G1"}, 1, id="the same private"),
        pytest.param(
            {"public": False, "channel": ""}, {"public": False, "channel": "", "who": "U2"}, 2, id="two people"
        ),
    ],
)
def test_nobody_can_tell_elsewhere_that_something_was_read_in_private(
    desk: Desk, first: dict[str, Any], second: dict[str, Any], asked: int
) -> None:
    desk.dataset("d1", **first)
    told = ages(desk.dataset("d2", **second))
    assert len(desk.house.asked) == asked
    assert bool(told) == (asked == 1)


def test_a_table_that_has_new_columns_is_asked_for_again(desk: Desk) -> None:
    desk.house.frame = FRAME.drop(columns=["OOH_COST"])
    desk.draft("d0", columns=tuple(one for one in COLUMNS if one.name != "OOH_COST"))
    snapshot(desk.cloud, desk.fake.clock, cast(Any, None), "d0")  # refused: its roles name what is not there yet
    assert len(desk.kept()) == 1
    desk.house.frame = FRAME
    assert ages(desk.dataset("d1")) == []
    assert len(desk.house.asked) == 2


def test_rows_that_are_damaged_are_asked_for_again(desk: Desk) -> None:
    first = desk.dataset("d1")
    (path,) = desk.kept()
    data, generation, updated = desk.fake.storage.objects[path]
    desk.fake.storage.objects[path] = (data[:-50], generation, updated)
    second = desk.dataset("d2")
    assert len(desk.house.asked) == 2 and ages(second) == []
    pd.testing.assert_frame_equal(desk.rows(first), desk.rows(second))
    assert ages(desk.dataset("d3")) != []


def test_rows_without_a_line_are_asked_for_again(desk: Desk) -> None:
    desk.dataset("d1")
    desk.fake.storage.lines.pop(desk.kept()[0])
    desk.dataset("d2")
    assert len(desk.house.asked) == 2


def test_an_empty_source_keeps_nothing(desk: Desk) -> None:
    desk.house.frame = FRAME.iloc[:0]
    desk.draft("d1")
    snapshot(desk.cloud, desk.fake.clock, cast(Any, None), "d1")
    assert desk.kept() == []


def test_where_nothing_can_be_kept_the_dataset_is_made_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = desk.fake.storage.put_file

    def refusing(path: str, *args: Any, **more: Any) -> Any:
        if path.startswith(paths.CACHE):
            raise Unavailable("Cloud Storage does not answer.")
        return plain(path, *args, **more)

    monkeypatch.setattr(desk.fake.storage, "put_file", refusing)
    assert desk.dataset("d1").rows == len(FRAME)
    assert desk.kept() == []


def test_rows_that_are_kept_serve_while_the_warehouse_is_down(desk: Desk) -> None:
    desk.dataset("d1")
    desk.house.down = True
    assert desk.dataset("d2").rows == len(FRAME)


@pytest.mark.parametrize("when", ["before", "after"])
def test_whoever_dies_anywhere_leaves_rows_that_are_whole_or_none(when: str) -> None:
    whole = Desk()
    whole.draft("d1")
    begun = len(whole.fake.world.calls)
    whole.take("d1")
    for at in range(begun + 1, len(whole.fake.world.calls) + 1):
        desk = Desk()
        desk.draft("d1")
        desk.fake.world.crash = (at, when)
        with pytest.raises(Crash):
            desk.take("d1")
        snapshot(desk.cloud, desk.fake.clock, cast(Any, None), "d1")
        dataset = read_dataset(desk.storage, "fr/d1")
        assert ages(dataset) == []  # its own rows are not told as another's
        assert len(desk.house.asked) <= 2
        before = len(desk.house.asked)
        second = desk.dataset("d2")
        assert desk.rows(second).equals(desk.rows(dataset)) and second.rows == len(FRAME)
        assert len(desk.house.asked) == before and len(ages(second)) == 1
        assert desk.uses() in ([True, False], [False, True])


def test_two_who_read_at_once_have_whole_rows_each_and_disturb_nobody() -> None:
    """The second dataset is made in the midst of the first, at each of its calls."""
    whole = Desk()
    whole.draft("d1")
    begun = len(whole.fake.world.calls)
    whole.take("d1")
    for at in range(begun + 1, len(whole.fake.world.calls) + 1):
        desk = Desk()
        desk.draft("d1")
        desk.draft("d2", title="Other")

        def meanwhile(call: str, desk: Desk = desk, left: int = at - begun) -> None:
            desk.fake.world.before = lambda call: meanwhile(call, desk, left - 1) if left > 1 else None
            if left == 1:
                desk.take("d2")

        desk.fake.world.before = meanwhile
        first = desk.take("d1")
        second = read_dataset(desk.storage, "fr/d2")
        assert desk.rows(first).equals(desk.rows(second)) and first.rows == len(FRAME)
        assert 1 <= len(desk.house.asked) <= 2 and len(desk.kept()) == 1
        assert sorted(desk.uses()) == [False, len(desk.house.asked) == 1]


def test_a_step_that_is_delivered_twice_is_one_reading(desk: Desk) -> None:
    desk.draft("d1")
    desk.take("d1")
    desk.fake.storage.objects.pop(paths.draft_answered("d1"))
    assert ages(desk.take("d1")) == []
    assert desk.uses() == [False]
    assert len(desk.house.asked) == 1


def test_a_dataset_that_is_deleted_takes_the_rows_with_it_that_were_kept(desk: Desk) -> None:
    dataset = desk.dataset("d1")
    (path,) = desk.kept()
    gone = set(of_dataset(desk.storage, "fr", "d1", "Shop", ("d1",), dataset.kept_as))
    assert path in gone


def test_what_is_kept_is_passing(desk: Desk) -> None:
    desk.dataset("d1")
    assert {*desk.kept()} <= desk.fake.storage.passing
    assert all(
        path in desk.fake.storage.passing for path in desk.fake.storage.objects if path.startswith("cache-uses/")
    )


def cleared(desk: Desk, **about: str) -> dict[str, Any]:
    return dict(clear_cache(Asked(desk.cloud, cast(Any, None), cast(Any, None), cast(Any, None), Path(), about)).data)


def test_one_result_or_all_can_be_thrown_away(desk: Desk) -> None:
    one = desk.dataset("d1")
    desk.dataset("d2", Source(kind="select", sql="select * from MMM.MARKETING.WEEKLY"))
    desk.dataset("d3", Source(kind="select", sql="select * from MMM.MARKETING.WEEKLY where true"))
    before = len(desk.kept())
    told = cleared(desk, digest=one.kept_as)
    assert (told["cleared"], told["all"]) == (1, False) and told["bytes"] > 0
    assert len(desk.kept()) == before - 1
    assert cleared(desk, digest=one.kept_as)["cleared"] == 0
    assert cleared(desk) == {"cleared": before - 1, "bytes": told["bytes"] * (before - 1), "all": True}
    assert desk.kept() == []
    asked = len(desk.house.asked)
    desk.dataset("d4")
    assert len(desk.house.asked) == asked + 1


def test_the_cache_is_told_by_two_requests_whatever_is_in_it(desk: Desk) -> None:
    for number in range(30):
        desk.dataset(f"d{number}", Source(kind="select", sql=f"select *, {number} as N from MMM.MARKETING.WEEKLY"))
    before = len(desk.fake.world.calls)
    found = read_cache(desk.storage, desk.fake.clock.now(), 24)
    assert len(desk.fake.world.calls) - before == 2
    assert len(found.kept) == 30 and found.hits == 0


@pytest.mark.parametrize("line", [None, {}, {"what": "x"}, {"digest": "x", "rows": -1}])
def test_what_says_nothing_of_itself_is_left_out(desk: Desk, line: dict[str, Any] | None) -> None:
    desk.storage.put_bytes(paths.cached_rows("a" * 40), b"x", "x", line=line)
    desk.storage.put_bytes(paths.cache_use(NOON, "k"), b"{}", "x", line=line)
    found = read_cache(desk.storage, NOON, 24)
    assert found.kept == () and found.uses == ()
    assert cleared(desk)["cleared"] == 1


def test_a_long_select_keeps_its_line(desk: Desk) -> None:
    names = ", ".join(f"{n} as C{n}" for n in range(300))
    desk.dataset("d1", Source(kind="select", sql=f"select *, {names}, '{'é' * 2000}' as X from MMM.MARKETING.WEEKLY"))
    desk.dataset("d2", Source(kind="select", sql=f"select *, {names}, '{'é' * 2000}' as X from MMM.MARKETING.WEEKLY"))
    assert len(desk.house.asked) == 1
    (kept,) = read_cache(desk.storage, NOON, 24).kept
    assert len(kept.what) <= 160 and kept.what.endswith("…")
    assert isinstance(kept, Kept) and isinstance(kept.read_at, datetime)


def test_rows_that_were_read_to_know_the_columns_are_not_read_again(desk: Desk) -> None:
    """Where channels become columns, only the rows say which; the dataset is made of those same rows."""
    desk.house.frame = LONG.sort_values(["DATE", "CHANNEL"]).reset_index(drop=True)
    at = {"columns": (), "choices": {"channels": "columns"}, "id": "d1", "source": TABLE, "created_at": NOON}
    given = {"workspace": "T1", "title": "Shop", "country": "fr", "who": "U1", "channel": "C1", "public": True, **at}
    save_draft(desk.storage, Draft.model_validate(given))
    read_columns(desk.cloud, desk.fake.clock, cast(Any, None), "d1")
    draft = read_draft(desk.storage, "d1")
    spends = [one.name for one in draft.columns if one.name not in ("DATE", "REVENUE")]
    assert len(spends) == 3, [one.name for one in draft.columns]
    save_mapping(desk.storage, "d1", Mapping(date_var="DATE", dep_var="REVENUE", paid_media_spends=tuple(spends)))
    desk.fake.storage.objects.pop(paths.draft_answered("d1"))
    dataset = desk.take("d1")
    assert len(desk.house.asked) == 1 and ages(dataset) == [] and dataset.query_id == "q1"


def test_a_connection_that_is_gone_is_told(desk: Desk) -> None:
    desk.draft("d1", TABLE.model_copy(update={"connection": "gone"}))
    snapshot(desk.cloud, desk.fake.clock, cast(Any, None), "d1")
    assert not desk.storage.exists(paths.dataset_manifest("fr", "d1"))
    assert BadData and desk.house.asked == []
