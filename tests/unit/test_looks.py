"""How the last test of each connection is remembered, and what a list of connections costs."""

from datetime import UTC, datetime
from typing import cast

import pytest

from engine import paths
from engine.cloud.connection import Connection
from engine.cloud.connections import MOST, list_connections, save_connection
from engine.cloud.login_faults import faults
from engine.cloud.looks import Look, keep_look, list_looks, look_at
from engine.cloud.storage import Storage
from engine.cloud.warehouse import Session
from tests.faults.fake_cloud import FakeCloud

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NORTH = Connection(name="north", account="A", user="U", role="R", warehouse="W", database="D", schema_name="S")


def look(name: str, scope: str = NORTH.scope) -> Look:
    return Look(name=name, scope=scope, at=NOON, works=True, tables=3)


def test_a_list_of_as_many_connections_as_there_may_be_takes_two_requests() -> None:
    fake = FakeCloud()
    storage = cast(Storage, fake.storage)
    for number in range(MOST):
        one = NORTH.model_copy(update={"name": f"n{number:02}"})
        save_connection(storage, one, NOON)
        keep_look(storage, look(one.name))
    before = len(fake.world.calls)
    connections, looks = list_connections(storage, fake.settings), list_looks(storage)
    assert all(look_at(looks, one) for one in connections) and len(connections) == MOST
    assert len(fake.world.calls) - before == 2


def test_a_test_counts_for_the_connection_as_it_was_then() -> None:
    looks = {"north": look("north")}
    assert look_at(looks, NORTH) == looks["north"]
    assert look_at(looks, NORTH.model_copy(update={"role": "OTHER"})) is None
    assert look_at({}, NORTH) is None


def test_a_look_that_cannot_be_read_or_has_another_ones_name_was_never_made() -> None:
    fake = FakeCloud()
    storage = cast(Storage, fake.storage)
    keep_look(storage, look("north"))
    storage.replace(paths.connection_look("other"), {}, line=look("north").model_dump(mode="json"))
    fake.storage.put(paths.connection_look("broken"), b"{")
    assert list(list_looks(storage)) == ["north"]


@pytest.mark.parametrize(
    ("session", "said", "grave"),
    [
        (Session("R", "W", "D", "U", "S"), [], []),
        (Session("PUBLIC", "W", "D", "U", "S"), ["not as R"], [True]),
        (Session("R", "", "D", "U", "S"), ["The warehouse W"], [True]),
        (Session("R", "W", "", "U", ""), ["The database D"], [True]),
        (Session("R", "W", "D", "U", ""), ["The schema S"], [False]),
    ],
    ids=["all is well", "role", "warehouse", "database", "schema"],
)
def test_what_a_login_lacks_is_named_with_the_grant_that_mends_it(
    session: Session, said: list[str], grave: list[bool]
) -> None:
    found = list(faults(NORTH, session))
    assert [one.grave for one in found] == grave
    assert all(words in one.what and "GRANT" in one.fix for words, one in zip(said, found, strict=True))


def test_a_connection_without_a_role_is_told_how_to_name_one() -> None:
    [fault] = faults(NORTH.model_copy(update={"role": ""}), Session("X", "W", "D", "U", "S"))
    assert not fault.grave and "/mmm connect north" in fault.fix


@pytest.mark.parametrize(("database", "faulty"), [("p", False), ("", True)])
def test_bigquery_says_whether_its_dataset_is_seen(database: str, faulty: bool) -> None:
    at = Connection(name="bq", kind="bigquery", account="p", schema_name="marketing", auth="workload")
    found = list(faults(at, Session("me@p", "p", database, "me@p", "")))
    assert [one.grave for one in found] == [True] * faulty
    assert not faulty or ("p.marketing" in found[0].what and "dataViewer" in found[0].fix)
