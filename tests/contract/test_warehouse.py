"""Our warehouse on the real connector: what it shows, what it streams, and what every failure becomes."""

import datetime
import json
from contextlib import closing
from decimal import Decimal

import pyarrow as pa
import pytest
import snowflake.connector
from pandas.testing import assert_frame_equal
from snowflake.connector import errors as sf

from engine.cloud.rows import BATCH_ROWS
from engine.cloud.select import select_all
from engine.cloud.warehouse_errors import classify
from engine.cloud.warehouse_schema import columns_of, conform
from engine.columns import Column
from engine.errors import BadData, BadSelect, NotFound, Refused, Unavailable
from local.faults import Fault
from local.sample import daily
from local.snowflake.chunks import Chunking
from local.snowflake.keys import key_pair
from tests.local_snowflake import KeyStore, local_snowflake

pytestmark = pytest.mark.slow

TAG = {"run": "r1234567"}


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    with local_snowflake(tmp_path_factory.mktemp("warehouse"), chunking=Chunking(first=100, most=1000)) as running:
        yield running


@pytest.fixture
def warehouse(account):
    yield account.warehouse()
    account.faults.clear()


def read(warehouse, sql):
    with warehouse.stream(sql, tag=TAG) as stream:
        return pa.Table.from_batches(list(stream), stream.schema)


def test_a_table_is_described_with_the_types_a_dataset_knows(warehouse):
    columns = {column.name: column.type for column in warehouse.describe(select_all("daily"))}
    assert list(columns)[:4] == ["DATE", "COUNTRY", "TV_COST", "TV_IMPRESSIONS"]
    assert columns["DATE"] == "date"
    assert columns["COUNTRY"] == "text"
    assert {columns[name] for name in ("TV_COST", "TV_IMPRESSIONS", "PRICE_INDEX", "REVENUE")} == {"number"}


def test_a_description_knows_every_kind_of_column(warehouse):
    sql = "select true a, '12:00'::time b, current_timestamp c, 'x' d, 1.5::float e, parse_json('{}') f, null g"
    assert warehouse.describe(sql) == tuple(
        Column(name=name, type=kind)
        for name, kind in zip("ABCDEFG", ("boolean", "text", "date", "text", "number", "text", "text"), strict=True)
    )


@pytest.mark.parametrize(
    ("like", "found"),
    [
        pytest.param("", ("MMM.MARKETING.DAILY", "MMM.MARKETING.WEEKLY"), id="all, views too"),
        pytest.param("dai", ("MMM.MARKETING.DAILY",), id="any case"),
        pytest.param("marketing.w", ("MMM.MARKETING.WEEKLY",), id="across the dot"),
        pytest.param("%", (), id="percent is a percent"),
        pytest.param("_", (), id="underscore is an underscore"),
        pytest.param("'; drop table x", (), id="quotes are text"),
    ],
)
def test_tables_are_found_by_any_part_of_their_name(warehouse, like, found):
    assert warehouse.tables(like) == found


def test_without_a_database_no_tables_are_offered(account):
    assert account.warehouse(snowflake_database="").tables() == ()


def test_a_preview_shows_the_first_rows(warehouse):
    rows = warehouse.preview(
        "select date, country, tv_impressions, tv_cost from daily where country = 'FR' order by 1", 2
    )
    expected = daily("FR").iloc[:2]
    assert rows == [
        {
            "DATE": row.DATE,
            "COUNTRY": "FR",
            "TV_IMPRESSIONS": row.TV_IMPRESSIONS,
            "TV_COST": Decimal(str(row.TV_COST)).quantize(Decimal("0.01")),
        }
        for row in expected.itertuples()
    ]


def test_a_stream_holds_every_row_in_the_schema_announced_before_the_first(warehouse):
    with warehouse.stream("select * from daily where country = 'DE' order by date", tag=TAG) as stream:
        schema, announced, query = stream.schema, stream.rowcount, stream.query_id
        batches = list(stream)
    assert announced == stream.rows_read == 1092
    assert len(query) == 36
    assert len(batches) > 2
    assert {batch.schema for batch in batches} == {schema}
    assert schema.field("DATE").type == pa.date32()
    assert schema.field("TV_COST").type == pa.float64()
    assert schema.field("TV_IMPRESSIONS").type == pa.int64()
    assert_frame_equal(pa.Table.from_batches(batches).to_pandas(), daily("DE"), check_exact=True)


def test_an_empty_result_still_has_its_schema(warehouse):
    table = read(warehouse, "select date, tv_cost, orders from daily where country = 'XX'")
    assert table.num_rows == 0
    assert table.schema.types == [pa.date32(), pa.float64(), pa.int64()]


@pytest.mark.parametrize(
    ("expression", "kind", "value"),
    [
        pytest.param("12345678901::number(38, 0)", pa.int64(), 12345678901, id="wide integer"),
        pytest.param("1.25::number(38, 2)", pa.float64(), 1.25, id="wide decimal"),
        pytest.param("0.5::float", pa.float64(), 0.5, id="float"),
        pytest.param("'é'", pa.string(), "é", id="text"),
        pytest.param("true", pa.bool_(), True, id="boolean"),
        pytest.param("'2024-02-29'::date", pa.date32(), datetime.date(2024, 2, 29), id="date"),
        pytest.param("'9999-12-31'::date", pa.date32(), datetime.date(9999, 12, 31), id="last date"),
        pytest.param(
            "'2024-02-29 01:02:03.456789'::timestamp_ntz",
            pa.timestamp("us"),
            datetime.datetime(2024, 2, 29, 1, 2, 3, 456789),
            id="timestamp",
        ),
        pytest.param(
            "'9999-12-31 00:00:00'::timestamp_ntz",
            pa.timestamp("us"),
            datetime.datetime(9999, 12, 31),
            id="last timestamp",
        ),
        pytest.param("null::number(10, 2)", pa.float64(), None, id="missing number"),
        pytest.param("'10:11:12'::time", pa.time64("us"), datetime.time(10, 11, 12), id="time"),
        pytest.param("parse_json('{\"a\":1}')", pa.string(), '{"a":1}', id="variant"),
    ],
)
def test_every_type_arrives_as_one_arrow_type(warehouse, expression, kind, value):
    table = read(warehouse, f"select {expression} as x from daily limit 150")
    assert table.schema.field("X").type == kind
    assert table.num_rows == 150
    if value is not None:
        assert table["X"][149].as_py() == value


def test_batches_are_small_even_when_the_service_sends_large_parts(tmp_path):
    big = Chunking(first=100_000, most=100_000)
    with local_snowflake(tmp_path, chunking=big) as account:
        with closing(account.connect()) as connection:
            connection.cursor().execute("create table LONG as select seq4() n from table(generator(rowcount => 80000))")
        with account.warehouse().stream("select * from LONG", tag=TAG) as stream:
            sizes = [batch.num_rows for batch in stream]
    assert sum(sizes) == 80_000
    assert max(sizes) <= BATCH_ROWS


def test_the_session_says_whose_query_it_is_and_how_long_it_may_run(warehouse, monkeypatch):
    seen, real = {}, snowflake.connector.connect
    monkeypatch.setattr(snowflake.connector, "connect", lambda **given: seen.update(given) or real(**given))
    read(warehouse, "select 1 as n")
    parameters = seen["session_parameters"]
    assert json.loads(parameters["QUERY_TAG"]) == {"app": "mmm-bot", "run": "r1234567"}
    assert parameters["STATEMENT_TIMEOUT_IN_SECONDS"] == 600
    assert parameters["ABORT_DETACHED_QUERY"] is True
    assert seen["secondary_roles"] == "NONE"
    assert seen["paramstyle"] == "qmark"
    assert "password" not in seen


def test_leaving_a_stream_early_is_no_error(warehouse):
    with warehouse.stream("select * from daily", tag=TAG) as stream:
        next(iter(stream))
    assert warehouse.preview("select 1 as n") == [{"N": 1}]


def test_an_error_of_the_reader_is_passed_on_as_it_is(warehouse):
    with pytest.raises(OSError, match="disk full"), warehouse.stream("select * from daily", tag=TAG) as stream:
        for _ in stream:
            raise OSError("disk full")


@pytest.mark.parametrize(
    ("sql", "error", "said"),
    [
        pytest.param("select * from nope", NotFound, "Object MMM.MARKETING.NOPE does not exist", id="table"),
        pytest.param("select * from mmm.nope.t", NotFound, "Schema MMM.NOPE does not exist", id="schema"),
        pytest.param("select * from nope.s.t", NotFound, "Database NOPE does not exist", id="database"),
        pytest.param("select tv from daily", BadSelect, "no column TV", id="column"),
        pytest.param("select cast('x' as int) as n", BadData, "cannot convert", id="value"),
        pytest.param("select 1 as a, 2 as a", BadData, "several columns named A", id="same name twice"),
        pytest.param("delete from daily", BadSelect, "This is DELETE", id="not a select"),
        pytest.param("select * from daily; select 1", BadSelect, "2 statements", id="two statements"),
    ],
)
def test_what_a_person_got_wrong_is_said_to_them(warehouse, sql, error, said):
    with pytest.raises(error, match=said) as raised:
        read(warehouse, sql)
    assert raised.value.todo


def test_a_missing_table_is_explained_with_grants(warehouse):
    with pytest.raises(NotFound) as raised:
        warehouse.describe(select_all("nope"))
    assert "MMM.MARKETING" in raised.value.what
    assert "GRANT SELECT" in raised.value.todo


def test_a_query_that_takes_too_long_is_stopped(account):
    slow = account.warehouse(snowflake_timeout=1)
    with pytest.raises(BadSelect, match="took too long"):
        slow.preview("select count(*) n from daily a, daily b, daily c where a.revenue + b.revenue > c.revenue")


def test_a_part_that_arrives_short_is_noticed(account, warehouse):
    account.faults.add(Fault("snowflake.chunk", "before", status=200, body=" "))
    with pytest.raises(Unavailable):
        read(warehouse, "select * from daily")


def test_rows_that_are_missing_without_a_word_are_counted(warehouse, monkeypatch):
    with (
        pytest.raises(Unavailable, match="fewer rows") as raised,
        warehouse.stream("select * from daily", tag=TAG) as s,
    ):
        cursor, sent = s._cursor, s._cursor.fetch_arrow_batches

        def short(**given):
            tables = list(sent(**given))
            yield from tables[:-1]

        monkeypatch.setattr(cursor, "fetch_arrow_batches", short)
        list(s)
    assert "of 3276 rows" in raised.value.detail


def test_a_service_that_stays_away_is_unavailable(account, warehouse):
    account.faults.add(Fault("snowflake.login", "before", times=50))
    with pytest.raises(Unavailable):
        warehouse.describe("select 1 as n")


def test_nobody_listening_is_unavailable(account):
    with pytest.raises(Unavailable):
        account.warehouse(snowflake_port=1).describe("select 1 as n")


def test_a_wrong_key_is_refused_at_once_and_not_tried_again(account, tmp_path):
    secrets = KeyStore(key_pair(tmp_path).private.read_text())
    with pytest.raises(Refused, match="does not accept the service's login"):
        account.warehouse(secrets).describe("select 1 as n")
    assert secrets.asked == ["read", "refresh"]


def test_a_key_that_was_rotated_is_read_anew(account, tmp_path):
    secrets = KeyStore(key_pair(tmp_path).private.read_text(), next_key=account.keys.private.read_text())
    assert account.warehouse(secrets).preview("select 1 as n") == [{"N": 1}]


def test_a_secret_that_is_no_key_is_said_to_the_operator(account):
    with pytest.raises(Refused, match="key cannot be read"):
        account.warehouse(KeyStore("not a key")).describe("select 1 as n")


def test_an_account_that_is_not_there_is_said_to_the_operator(account):
    with pytest.raises(Refused, match="does not know this account"):
        account.warehouse(snowflake_account="elsewhere").describe("select 1 as n")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        pytest.param(sf.ProgrammingError(msg="x", errno=1003), BadSelect, id="syntax"),
        pytest.param(sf.ProgrammingError(msg="invalid identifier 'A'", errno=904), BadSelect, id="identifier"),
        pytest.param(sf.ProgrammingError(msg="Object 'A' does not exist", errno=2003), NotFound, id="missing"),
        pytest.param(sf.ProgrammingError(msg="x", errno=2043), NotFound, id="missing without a name"),
        pytest.param(sf.ProgrammingError(msg="x", errno=90105), BadSelect, id="no database"),
        pytest.param(sf.ProgrammingError(msg="x", errno=3001), Refused, id="privileges"),
        pytest.param(sf.ProgrammingError(msg="x", errno=604), Unavailable, id="cancelled"),
        pytest.param(sf.ProgrammingError(msg="x", errno=630), BadSelect, id="timeout"),
        pytest.param(sf.ProgrammingError(msg="x", errno=606), Refused, id="no warehouse"),
        pytest.param(sf.ProgrammingError(msg="x", errno=90073), Refused, id="quota"),
        pytest.param(sf.ProgrammingError(msg="x", errno=100038), BadData, id="value"),
        pytest.param(sf.ProgrammingError(msg="x", errno=390112), Unavailable, id="session expired"),
        pytest.param(sf.ProgrammingError(msg="x", errno=390114), Unavailable, id="master token expired"),
        pytest.param(sf.ProgrammingError(msg="x", errno=90073, sqlstate="57014"), Refused, id="quota, cancelled"),
        pytest.param(
            sf.ProgrammingError(msg="SQL compilation error:\nx", errno=1234), BadSelect, id="other compilation error"
        ),
        pytest.param(sf.ProgrammingError(msg="x", errno=1234, sqlstate="42601"), BadSelect, id="syntax by its state"),
        pytest.param(sf.ProgrammingError(msg="x", errno=2, sqlstate="0A000"), BadSelect, id="not supported"),
        pytest.param(sf.ProgrammingError(msg="x", errno=1234), Refused, id="a number nobody knows"),
        pytest.param(sf.ProgrammingError(msg="x", errno=1234, sqlstate="42501"), Refused, id="privileges by state"),
        pytest.param(
            sf.ProgrammingError(msg="Your account is suspended due to lack of payment method.", errno=666),
            Refused,
            id="account suspended",
        ),
        pytest.param(
            sf.ProgrammingError(
                msg="SQL execution internal error:\nProcessing aborted by error 300010:391167117; incident 5388518.",
                errno=603,
                sqlstate="XX000",
            ),
            Unavailable,
            id="internal error",
        ),
        pytest.param(sf.ProgrammingError(msg="x", errno=300002), Unavailable, id="internal error by number"),
        pytest.param(sf.ProgrammingError(msg="x", errno=370001), Unavailable, id="internal error of the service"),
        pytest.param(sf.ProgrammingError(msg="x", errno=7777, sqlstate="XX000"), Unavailable, id="internal by state"),
        pytest.param(
            sf.ProgrammingError(msg="Service is unavailable", errno=7777), Unavailable, id="internal by words"
        ),
        pytest.param(sf.ProgrammingError(msg="Statement x not found", errno=709), Unavailable, id="result is gone"),
        pytest.param(
            sf.ProgrammingError(msg="SQL compilation error:\ninvalid identifier 'INCIDENT'", errno=904),
            BadSelect,
            id="a column with such a name",
        ),
        pytest.param(sf.NotSupportedError(), Refused, id="json instead of arrow"),
        pytest.param(sf.ForbiddenError(errno=403), Unavailable, id="link of a part"),
        pytest.param(sf.DatabaseError(msg="x", errno=250001), Unavailable, id="cannot connect"),
        pytest.param(sf.DatabaseError(msg="x", errno=390144), Refused, id="token invalid"),
        pytest.param(sf.DatabaseError(msg="x", errno=394304), Refused, id="another key"),
        pytest.param(sf.DatabaseError(msg="x", errno=390189), Refused, id="role"),
        pytest.param(
            sf.ForbiddenError(msg="Failed to connect to DB. Verify the account name is correct: a:443.", errno=250001),
            Refused,
            id="forbidden",
        ),
        pytest.param(
            sf.InterfaceError(msg="404 Not Found: post a.example/session/v1/login-request", errno=290404),
            Refused,
            id="no such account",
        ),
        pytest.param(sf.OperationalError(msg="x", errno=250003), Unavailable, id="network"),
        pytest.param(sf.OperationalError(msg="x", errno=252013), Unavailable, id="incomplete chunk"),
        pytest.param(sf.DataError(msg="x"), BadData, id="data"),
        pytest.param(sf.InternalServerError(msg="x"), Unavailable, id="500"),
    ],
)
def test_each_failure_has_its_class(error, kind):
    assert type(classify(error, "MMM", "MARKETING")) is kind


def test_a_table_named_without_its_schema_is_looked_for_in_the_session_s_own():
    error = sf.ProgrammingError(msg="Object 'SALES' does not exist or not authorized.", errno=2003)
    assert "Object SALES in MMM.MARKETING does not exist" in classify(error, "MMM", "MARKETING").what


def test_a_number_too_large_for_a_dataset_names_its_column():
    schema = pa.schema([pa.field("BIG", pa.int64())])
    with pytest.raises(BadData, match="Column BIG") as raised:
        conform(pa.table({"BIG": [Decimal(10) ** 30]}), schema)
    assert "BIG::FLOAT" in raised.value.todo


def test_a_type_that_cannot_be_read_names_its_column():
    class Field:
        name, type_code, scale = "V", 16, None

    with pytest.raises(BadData, match="Column V"):
        columns_of([Field()])
