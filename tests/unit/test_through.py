"""What forms offer of a warehouse: found by any part of a name, within Slack's limits, and never another role's."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.act import Act
from bot.data import through
from bot.slack.form import search_select
from bot.slack.limits import OPTION_TEXT, OPTION_VALUE, fit_option
from engine import paths
from engine.cloud.connection import Connection
from engine.cloud.storage import Storage
from engine.cloud.warehouse import TABLES_KEPT
from engine.columns import Column
from engine.data.known import keep_columns, keep_tables, known_columns, known_tables, near
from engine.errors import NotFound
from tests.faults.fake_cloud import FakeCloud

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
AT = Connection(name="north", account="A", user="U", role="R")
Json = dict[str, Any]


def act_on(fake: FakeCloud) -> Act:
    return cast(Act, SimpleNamespace(cloud=SimpleNamespace(storage=fake.storage)))


def kept(*names: str, at: Connection = AT) -> tuple[FakeCloud, Act]:
    fake = FakeCloud()
    keep_tables(cast(Storage, fake.storage), at.scope, names, NOON)
    return fake, act_on(fake)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("daily", ["MMM.ADS.DAILY", "MMM.ADS.DAILY_OLD", "MMM.DAILY_COPIES.X"]),
        ("ads old", ["MMM.ADS.DAILY_OLD"]),
        ("", ["MMM.ADS.DAILY", "MMM.ADS.DAILY_OLD", "MMM.DAILY_COPIES.X", "MMM.ADS.WEEKLY"]),
        ("nothing", []),
        ('"lower', []),
    ],
)
def test_every_word_counts_and_what_begins_with_it_comes_first(wanted: str, found: list[str]) -> None:
    names = ["MMM.ADS.DAILY", "MMM.ADS.DAILY_OLD", "MMM.DAILY_COPIES.X", "MMM.ADS.WEEKLY"]
    assert near(names, wanted, 99) == found


def test_among_thousands_of_tables_any_is_found_by_part_of_its_name() -> None:
    names = [f"DB.SCHEMA_{n % 40}.TABLE_{n:05}" for n in range(TABLES_KEPT)]
    _, act = kept(*names)
    assert next(iter(through.tables_like(act, AT, "table_09999"))).value == "DB.SCHEMA_39.TABLE_09999"
    assert len(through.tables_like(act, AT, "")) == 99


@given(st.lists(st.text(min_size=1, max_size=2000), max_size=20, unique=True), st.text(max_size=300))
def test_whatever_tables_are_called_slack_takes_them_and_what_comes_back_is_the_table(
    names: list[str], wanted: str
) -> None:
    names = [name for name in names if not name.startswith(through.LONG)]
    _, act = kept(*names)
    found = through.tables_like(act, AT, wanted)
    assert len(found) <= 100
    for choice in found:
        option = fit_option(choice.option())
        assert 0 < len(option["value"]) <= OPTION_VALUE and 0 < len(option["text"]["text"]) <= OPTION_TEXT
    back = [through.table_of(act, AT, one.value) for one in found]
    assert [name for name in back if name in names] == near(names, wanted, 99)


def test_a_long_name_shows_its_end_and_comes_back_whole() -> None:
    name = f"DATABASE.{'S' * 200}.THE_TABLE"
    _, act = kept(name)
    choice, typed = through.tables_like(act, AT, "the_table")
    assert typed.value == "the_table"
    assert choice.label.endswith("THE_TABLE") and choice.label.startswith("…")
    assert through.table_of(act, AT, choice.value) == name
    assert search_select(choice)["initial_option"]["value"] == choice.value


def test_a_long_name_that_is_not_known_any_more_is_told() -> None:
    _, act = kept()
    with pytest.raises(NotFound, match="not known any more"):
        through.table_of(act, AT, through.option_of("x" * 500).value)


def test_what_is_typed_can_be_chosen_too() -> None:
    _, act = kept("A.B.C")
    assert [one.value for one in through.tables_like(act, AT, "other")] == ["other"]
    assert [one.value for one in through.tables_like(act, AT, "x" * 151)] == []


def test_another_role_is_offered_nothing_of_it() -> None:
    _, act = kept("SECRET.PAY.SALARIES")
    other = AT.model_copy(update={"role": "OTHER"})
    assert through.tables_like(act, other, "") == ()


def test_columns_are_kept_without_a_value_of_anybodys() -> None:
    fake = FakeCloud()
    storage = cast(Storage, fake.storage)
    column = Column(name="PAY", type="number", examples=("4785.51",), levels=())
    keep_columns(storage, AT.scope, "A.B.C", [column], NOON)
    assert known_columns(storage, AT.scope, "A.B.C") == (Column(name="PAY", type="number"),)
    assert known_columns(storage, AT.scope, "A.B.D") == ()
    assert "4785.51" not in json.dumps(fake.storage.look(paths.known_columns(AT.scope, "A.B.C")))


def test_what_nobody_asks_for_any_more_goes_by_itself() -> None:
    fake, _ = kept("A.B.C")
    assert paths.known_tables(AT.scope) in fake.storage.passing


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"tables": 5}', b'{"columns": [{"name": 1}]}', b'{"columns": 3}'])
def test_what_cannot_be_read_offers_nothing_and_the_next_look_replaces_it(body: bytes) -> None:
    fake = FakeCloud()
    storage = cast(Storage, fake.storage)
    for path in (paths.known_tables(AT.scope), paths.known_columns(AT.scope, "T")):
        fake.storage.put(path, body)
    assert known_tables(storage, AT.scope) == [] and known_columns(storage, AT.scope, "T") == ()
    keep_tables(storage, AT.scope, ["A"], NOON)
    assert known_tables(storage, AT.scope) == ["A"]
