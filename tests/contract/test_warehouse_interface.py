"""What every kind of warehouse keeps of the interface: the same questions, answers and errors."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from engine.cloud import warehouses
from engine.cloud.connection import Connection, default_of
from engine.cloud.rows import Rows
from engine.cloud.warehouse import Grant, Session, Warehouse
from engine.columns import Column
from engine.data.dataset import Source
from engine.errors import BadInput, BadSelect
from engine.pipeline.read_columns import warehouse_columns
from local.sample import daily
from tests.local_bigquery import AT, local_bigquery
from tests.local_bigquery import KeyStore as NoKey
from tests.local_snowflake import KeyStore, local_snowflake

pytestmark = pytest.mark.slow

# By kind: a table of the sample by its full name.
TABLES = {"snowflake": "MMM.MARKETING.DAILY", "bigquery": "mmm-local.MARKETING.DAILY"}
METHODS = {name for name, _ in inspect.getmembers(Warehouse, inspect.isfunction) if not name.startswith("_")}


@pytest.fixture(scope="module", params=list(warehouses.KINDS))
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Each kind as the cloud opens it for a connection, on its stand-in."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "bigquery":
        with local_bigquery(folder) as there:
            yield warehouses.opened(AT, there.settings(), NoKey(), 5)
        return
    with local_snowflake(folder) as account:
        at = default_of(account.settings())
        assert isinstance(at, Connection)
        yield warehouses.opened(at, account.settings(), KeyStore(account.keys.private.read_text()), 5)


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.params["opened"])


def test_every_kind_that_can_be_stored_can_be_opened() -> None:
    kinds = Connection.model_fields["kind"].annotation
    assert set(getattr(kinds, "__args__", ())) == set(warehouses.KINDS) == set(TABLES)


def test_it_answers_to_every_method_with_the_same_arguments(opened: Warehouse) -> None:
    for name in METHODS:
        agreed, own = inspect.signature(getattr(Warehouse, name)), inspect.signature(getattr(type(opened), name))
        assert list(own.parameters) == list(agreed.parameters), name
        defaults = {one.name: one.default for one in agreed.parameters.values()}
        assert {one.name: one.default for one in own.parameters.values()} == defaults, name


def test_it_says_who_we_are_there(opened: Warehouse) -> None:
    session = opened.session()
    assert isinstance(session, Session)
    assert session.user and session.warehouse and session.database


def test_a_table_is_found_described_and_previewed_under_the_name_that_it_gives_it(opened: Warehouse, kind: str) -> None:
    assert opened.tables("dail") == (TABLES[kind],)
    assert opened.tables("no such table") == ()
    assert len(opened.tables()) == 2 and len(opened.tables(most=1)) == 1
    columns = opened.columns(TABLES[kind])
    assert all(isinstance(column, Column) and not column.examples for column in columns)
    assert [column.name for column in columns] == list(daily("FR").columns)
    rows = opened.preview(opened.select_all(TABLES[kind]), rows=3)
    assert len(rows) == 3 and all(list(row) == [column.name for column in columns] for row in rows)


def test_what_it_describes_is_what_it_previews_and_streams(opened: Warehouse, kind: str, tmp_path: Path) -> None:
    query = opened.one_select(f"{opened.select_all(TABLES[kind])} WHERE COUNTRY = 'FR'")
    described = [column.name for column in opened.describe(query)]
    with opened.stream(query, tag={"app": "mmm", "step": "test"}) as stream:
        assert isinstance(stream, Rows)
        schema = stream.schema
        stream.write(tmp_path / "rows.parquet")
        assert stream.rows_read == stream.rowcount == len(daily("FR")) and stream.query_id
    assert schema.names == described == pq.read_schema(tmp_path / "rows.parquet").names


def test_a_source_is_read_through_it_without_knowing_its_kind(opened: Warehouse, kind: str) -> None:
    by_table = warehouse_columns(opened, Source(kind="table", table=TABLES[kind]))
    by_select = warehouse_columns(opened, Source(kind="select", sql=opened.select_all(TABLES[kind])))
    assert [column.name for column in by_table] == [column.name for column in by_select]
    assert all(column.examples for column in by_table)


def test_rights_say_by_themselves_whether_they_write(opened: Warehouse) -> None:
    session = opened.session()
    grants = opened.grants(session.role or session.user)
    assert grants and all(isinstance(one, Grant) and one.told for one in grants)
    assert not [one for one in grants if one.writes], "the sample's reader only reads"


@pytest.mark.parametrize("sql", ["DROP TABLE x", "SELECT 1; SELECT 2", "", "UPDATE t SET a = 1"])
def test_what_is_not_one_select_is_refused_before_it_leaves(opened: Warehouse, sql: str) -> None:
    with pytest.raises(BadSelect):
        opened.one_select(sql)
    with pytest.raises(BadInput):
        opened.preview(sql)


@pytest.mark.parametrize("table", ["", "a.b.c.d.e", "x; DROP TABLE y", "(SELECT 1)"])
def test_what_is_no_tables_name_is_refused(opened: Warehouse, table: str) -> None:
    with pytest.raises(BadSelect):
        opened.select_all(table)


def test_a_table_that_is_not_there_is_told_as_the_persons_to_mend(opened: Warehouse, kind: str) -> None:
    with pytest.raises(BadInput):
        opened.columns(TABLES[kind].replace("DAILY", "MISSING"))
