"""BigQuery on its real client: what it shows, what it streams, who reads it, and what every failure becomes."""

import datetime
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core import exceptions as google
from google.auth.exceptions import RefreshError, TransportError

from engine.cloud.bigquery import labels
from engine.cloud.bigquery_errors import classify, gigabytes
from engine.cloud.bigquery_schema import conform
from engine.columns import Column
from engine.errors import BadData, BadSelect, NotFound, Refused, Unavailable
from local.faults import Fault
from local.sample import daily
from tests.local_bigquery import SECRET, KeyStore, at, local_bigquery

pytestmark = pytest.mark.slow

TAG = {"app": "mmm", "draft": "20261130T200000Z-ab", "user": "U0ANA"}
DAILY = "`mmm-local.MARKETING.DAILY`"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    with local_bigquery(tmp_path_factory.mktemp("bigquery")) as running:
        yield running


@pytest.fixture
def warehouse(project):
    yield project.warehouse()
    project.google.faults.clear()
    project.api.page_rows = 100_000
    project.api.store.hidden.clear()


def read(warehouse, sql):
    with warehouse.stream(sql, tag=TAG) as stream:
        return pa.Table.from_batches(list(stream), stream.schema)


def test_a_table_is_described_with_the_types_a_dataset_knows(warehouse):
    columns = {column.name: column.type for column in warehouse.describe(f"SELECT * FROM {DAILY}")}
    assert list(columns)[:4] == ["DATE", "COUNTRY", "TV_COST", "TV_IMPRESSIONS"]
    assert columns["DATE"] == "date"
    assert columns["COUNTRY"] == "text"
    assert {columns[name] for name in ("TV_COST", "TV_IMPRESSIONS", "PRICE_INDEX", "REVENUE")} == {"number"}
    assert warehouse.columns("mmm-local.MARKETING.DAILY") == warehouse.describe(f"SELECT * FROM {DAILY}")


def test_every_kind_of_column_keeps_its_value(warehouse):
    sql = (
        "select true a, time '12:30:00' b, timestamp '2024-03-31 01:30:00+00' c, 'x' d, 1.5 e, numeric '4785.51' f, "
        "date '2024-02-29' g, datetime '2024-03-31 02:30:00' h, 9007199254740993 i, cast(null as string) j, b'\\x01' k"
    )
    kinds = ("boolean", "text", "date", "text", "number", "number", "date", "date", "number", "text", "text")
    expected = tuple(Column(name=name, type=kind) for name, kind in zip("abcdefghijk", kinds, strict=True))
    assert warehouse.describe(sql) == expected
    assert read(warehouse, sql).to_pylist() == [
        {
            "a": True,
            "b": datetime.time(12, 30),
            "c": datetime.datetime(2024, 3, 31, 1, 30, tzinfo=datetime.UTC),
            "d": "x",
            "e": 1.5,
            "f": 4785.51,
            "g": datetime.date(2024, 2, 29),
            "h": datetime.datetime(2024, 3, 31, 2, 30),
            "i": 9007199254740993,
            "j": None,
            "k": b"\x01",
        }
    ]


@pytest.mark.parametrize("digits", ["0.1", "4785.51", "12345678901.123456789", "-0.000000001", "99999999999999999999"])
def test_a_numeric_becomes_the_float_nearest_to_its_digits(digits):
    kind, schema = pa.decimal128(38, 9), pa.schema([("n", pa.float64())])
    batch = pa.record_batch({"n": pa.array([Decimal(digits)], kind)})
    assert conform(batch, schema).to_pylist() == [{"n": float(digits)}]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        pytest.param("select [1, 2] as a, 1 as b", "Column a holds lists", id="a list"),
        pytest.param("select struct(1 as x) as s", "s.x AS s_value", id="a record names its part"),
        pytest.param("select [1] as a, [2] as b, [3] as c", "SELECT * EXCEPT (a, b, c)", id="several"),
        pytest.param(
            f"select {', '.join(f'[{n}] as c{n}' for n in range(9))}", "c0, c1, c2, c3, c4 and 4 more", id="many"
        ),
    ],
)
def test_nested_columns_are_refused_with_what_to_write(warehouse, sql, told):
    with pytest.raises(BadData) as refused:
        warehouse.describe(sql)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("like", "found"),
    [
        pytest.param("", ("DAILY", "WEEKLY"), id="all, views too"),
        pytest.param("dai", ("DAILY",), id="any case"),
        pytest.param("marketing.w", ("WEEKLY",), id="across the dot"),
        pytest.param("%", (), id="percent is a percent"),
        pytest.param("`; drop table x", (), id="quotes are text"),
    ],
)
@pytest.mark.parametrize("dataset", ["MARKETING", ""])
def test_tables_are_found_by_any_part_of_their_name(project, warehouse, like, found, dataset):
    names = tuple(f"mmm-local.MARKETING.{name}" for name in found)
    assert project.warehouse(at(schema_name=dataset)).tables(like) == names


def test_a_dataset_that_shows_nothing_hides_no_other(project, warehouse):
    duck = project.api.store.duck()
    duck.execute('create schema "CLOSED"')
    duck.execute('create table "CLOSED"."T" as select 1 as a')
    project.api.store.hidden.add("CLOSED")
    try:
        every = project.warehouse(at(schema_name="")).tables()
        assert every == ("mmm-local.MARKETING.DAILY", "mmm-local.MARKETING.WEEKLY")
        with pytest.raises(Refused):
            project.warehouse(at(schema_name="CLOSED")).tables()
    finally:
        duck.execute('drop schema "CLOSED" cascade')


def test_the_first_rows_of_a_table_run_no_query(project, warehouse):
    before = len(project.api.jobs.kept)
    rows = warehouse.preview(f"SELECT * FROM {DAILY}", rows=3)
    assert [row["COUNTRY"] for row in rows] == ["FR"] * 3
    assert len(project.api.jobs.kept) == before


def test_the_first_rows_of_a_query_are_those_of_the_very_query_that_is_read_later(project, warehouse):
    sql = f"select DATE, sum(REVENUE) as R from {DAILY} group by DATE order by DATE"
    first = warehouse.preview(sql, rows=2)
    whole = read(warehouse, sql)
    assert [row["DATE"] for row in first] == whole.column("DATE").to_pylist()[:2]
    asked = [job.configuration["query"]["query"] for job in project.api.jobs.kept.values()][-2:]
    assert asked == [sql, sql]


def test_a_stream_holds_every_row_of_the_sample_whatever_the_page(project, warehouse):
    project.api.page_rows = 500
    table = read(warehouse, f"select * from {DAILY} where COUNTRY = 'DE' order by DATE").to_pandas()
    expected = daily("DE")
    assert len(table) == len(expected)
    assert table["REVENUE"].tolist() == [round(value, 2) for value in expected["REVENUE"]]
    assert table["DATE"].astype(str).tolist() == expected["DATE"].astype(str).tolist()


def test_a_query_tells_whose_it_is_by_its_labels(project, warehouse):
    read(warehouse, "select 1 as a")
    job = next(reversed(project.api.jobs.kept.values()))
    assert job.configuration["labels"] == {"app": "mmm-bot", "draft": "20261130t200000z-ab", "user": "u0ana"}
    assert job.configuration["query"]["maximumBytesBilled"] == str(100_000_000_000)
    assert job.configuration["jobTimeoutMs"] == str(600_000)


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        pytest.param({"user": "U0É"}, {"user": "u0_"}, id="other letters"),
        pytest.param({"x" * 90: "y" * 90}, {"x" * 63: "y" * 63}, id="long"),
        pytest.param({"1a": "b"}, {}, id="a label begins with a letter"),
    ],
)
def test_labels_are_such_as_bigquery_takes(tag, told):
    assert labels(tag) == told


def test_more_rows_than_allowed_are_refused_before_any_is_fetched(project, warehouse):
    with (
        pytest.raises(BadSelect, match=r"more than 100 rows.*MMM_WAREHOUSE_MAX_ROWS"),
        project.warehouse(warehouse_max_rows=100).stream(f"select * from {DAILY}", tag=TAG),
    ):
        pass


def test_a_file_larger_than_allowed_is_refused(project, warehouse, tmp_path):
    sql = "select generate_uuid() as a, x from unnest(generate_array(1, 60000)) as x"
    project.api.page_rows = 10_000
    with (
        pytest.raises(BadSelect, match="MMM_WAREHOUSE_MAX_MB"),
        project.warehouse(warehouse_max_mb=1).stream(sql, tag=TAG) as stream,
    ):
        stream.write(tmp_path / "rows.parquet")


def test_a_query_that_reads_too_much_is_refused_before_it_costs_anything(project, warehouse):
    before = len(project.api.jobs.kept)
    frugal = project.warehouse(bigquery_max_gb=0.0001)
    with pytest.raises(BadSelect, match=r"would read .* MB; at most 0\.1 MB may be read here.*MMM_BIGQUERY_MAX_GB"):
        frugal.describe(f"SELECT * FROM {DAILY}")
    with pytest.raises(BadSelect), frugal.stream(f"SELECT * FROM {DAILY}", tag=TAG):
        pass
    assert len(project.api.jobs.kept) == before


def test_what_bigquery_would_bill_beyond_the_limit_is_refused_by_itself(project, warehouse):
    """Ten megabytes are billed at least: the dry run does not say so, the query does."""
    with pytest.raises(BadSelect, match=r"would read 10\.5 MB"):
        read(project.warehouse(bigquery_max_gb=0.005), f"SELECT ORDERS FROM {DAILY}")


@pytest.mark.parametrize(
    ("sql", "error", "told"),
    [
        pytest.param("select nope from DAILY", BadSelect, "There is no column nope", id="column"),
        pytest.param("select * from NOPE", NotFound, "mmm-local.MARKETING.NOPE does not exist", id="table"),
        pytest.param("select * from daily", NotFound, "large and small letters differ", id="the case of a name counts"),
        pytest.param("select * from x.NOPE", NotFound, "Dataset mmm-local.x does not exist", id="dataset"),
        pytest.param(
            "select * from `other.MARKETING.DAILY`", Refused, "let the service read other.MARKETING.DAILY", id="denied"
        ),
        pytest.param("select cast(COUNTRY as float64) a from DAILY", BadData, "SAFE_CAST", id="value"),
        pytest.param("select 1 +", BadSelect, "cannot be read", id="syntax"),
        pytest.param("delete from DAILY where true", BadSelect, "This is DELETE", id="no SELECT"),
    ],
)
def test_a_mistake_in_the_select_is_told_in_words(warehouse, sql, error, told):
    with pytest.raises(error) as found:
        read(warehouse, sql)
    assert told in str(found.value)


def test_a_dataset_that_may_not_be_read_names_the_role_to_ask_for(project, warehouse):
    project.api.store.hidden.add("MARKETING")
    with pytest.raises(Refused, match="BigQuery Data Viewer"):
        warehouse.describe(f"SELECT * FROM {DAILY}")


def test_a_project_that_runs_no_queries_of_ours_names_the_role_to_ask_for(project, warehouse):
    with pytest.raises(Refused, match="BigQuery Job User"):
        project.warehouse(at(account="other")).describe("select 1 as a")


def test_a_table_without_dataset_says_how_to_name_it(project, warehouse):
    with pytest.raises(BadSelect, match=r"project\.dataset\.table"):
        project.warehouse(at(schema_name="")).describe("select * from DAILY")


def test_what_bigquery_calls_no_select_does_not_run(project, warehouse, monkeypatch):
    """The second guard: whatever the parser took it for."""
    monkeypatch.setattr("engine.cloud.bigquery.one_select", lambda sql: sql)
    for sql in ("delete from DAILY where true", "select 1; select 2", "create table x as select 1 as a"):
        before = len(project.api.jobs.kept)
        with pytest.raises(BadSelect, match="To BigQuery this is"), warehouse.stream(sql, tag=TAG):
            pass
        assert len(project.api.jobs.kept) == before


def test_a_function_of_somebodys_own_is_refused_where_only_bigquery_sees_it(project, warehouse, monkeypatch):
    from local.bigquery.jobs import Job

    plain = Job.resource.fget

    def with_routine(job):
        told = plain(job)
        told["statistics"]["query"]["referencedRoutines"] = [{"datasetId": "lib", "routineId": "send"}]
        return told

    monkeypatch.setattr(Job, "resource", property(with_routine))
    with pytest.raises(BadSelect, match=r"calls lib\.send"):
        warehouse.describe("select 1 as a")


def test_the_session_says_who_reads_what_and_who_is_billed(warehouse):
    session = warehouse.session()
    assert session.role == "services@mmm-local.example"
    assert (session.warehouse, session.database, session.schema) == ("mmm-local", "mmm-local", "MARKETING")


def test_a_dataset_that_is_not_there_is_seen_in_the_session(project, warehouse):
    assert project.warehouse(at(schema_name="NOPE")).session().database == ""


def test_rights_that_write_are_seen(project, warehouse):
    assert {(grant.told, grant.writes) for grant in warehouse.grants("")} == {
        (f"bigquery.tables.getData ON TABLE mmm-local.MARKETING.{name}", False) for name in ("DAILY", "WEEKLY")
    }
    project.api.may |= {"bigquery.tables.updateData", "bigquery.tables.delete"}
    try:
        writes = {grant.privilege for grant in warehouse.grants("") if grant.writes}
        assert writes == {"bigquery.tables.updateData", "bigquery.tables.delete"}
    finally:
        project.api.may -= {"bigquery.tables.updateData", "bigquery.tables.delete"}


def test_a_key_signs_in_as_its_account(project, warehouse):
    secrets = KeyStore(project.key())
    assert project.warehouse(at(auth="service_account", secret=SECRET), secrets).describe("select 1 as a") == (
        Column(name="a", type="number"),
    )
    assert secrets.asked == ["read"]


def test_a_key_that_was_rotated_is_read_again_once(project, warehouse):
    old = project.key("turning@mmm-local.example")
    secrets = KeyStore(old, next_key=project.key("turning@mmm-local.example"))
    with project.warehouse(at(auth="service_account", secret=SECRET), secrets).stream(
        "select 1 as a", tag=TAG
    ) as stream:
        assert [batch.to_pylist() for batch in stream] == [[{"a": 1}]]
    assert secrets.asked == ["read", "refresh"]


@pytest.mark.parametrize("key", ["", " \n"], ids=["nothing", "blanks"])
def test_a_secret_that_holds_nothing_is_not_taken_for_the_services_own_account(project, warehouse, key):
    with pytest.raises(Refused, match="not the JSON"):
        project.warehouse(at(auth="service_account", secret=SECRET), KeyStore(key)).describe("select 1 as a")


def test_a_key_that_google_does_not_accept_is_told_and_not_tried_on(project, warehouse):
    secrets = KeyStore(project.key("gone@mmm-local.example"))
    project.key("gone@mmm-local.example")
    with pytest.raises(Refused, match="does not accept the key"):
        project.warehouse(at(auth="service_account", secret=SECRET), secrets).describe("select 1 as a")
    assert secrets.asked == ["read", "refresh"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param("no json", "not the JSON", id="no JSON"),
        pytest.param("[]", "not the JSON", id="a list"),
        pytest.param({"type": "external_account"}, "not the JSON of a service account", id="another kind"),
        pytest.param({"token_uri": "https://evil.example/token"}, "another place than Google's", id="another address"),
        pytest.param({"token_uri": "http://127.0.0.1.evil.example/token"}, "another place", id="looks like home"),
        pytest.param({"private_key": "nonsense"}, "not whole", id="no key in it"),
    ],
)
def test_what_is_no_key_of_a_service_account_is_refused(project, warehouse, change, told):
    key = change if isinstance(change, str) else json.dumps(json.loads(project.key()) | change)
    with pytest.raises(Refused, match=told):
        project.warehouse(at(auth="service_account", secret=SECRET), KeyStore(key)).describe("select 1 as a")


def test_a_stand_ins_token_never_goes_to_the_real_service(project, warehouse):
    with pytest.raises(Refused, match="no Google account of its own"):
        project.warehouse(bigquery_url="").describe("select 1 as a")


@pytest.mark.parametrize("call", ["bigquery.insert", "bigquery.results"])
def test_a_failure_that_passes_is_tried_again(project, warehouse, call):
    project.google.faults.add(Fault(call, "before", status=503))
    assert read(warehouse, "select 1 as a").to_pylist() == [{"a": 1}]


def test_an_answer_that_was_lost_starts_no_second_query(project, warehouse):
    before = len(project.api.jobs.kept)
    project.google.faults.add(Fault("bigquery.insert", "after", skip=1, status=503))
    assert read(warehouse, "select 1 as a").to_pylist() == [{"a": 1}]
    assert len(project.api.jobs.kept) == before + 1


def test_rows_that_are_missing_at_the_end_are_no_result(project, warehouse, monkeypatch):
    monkeypatch.setattr("local.bigquery.app._rows", lambda table, kinds, start, most: {})
    with pytest.raises(Unavailable, match="fewer rows"):
        read(warehouse, f"SELECT ORDERS FROM {DAILY}")


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        pytest.param(google.ServiceUnavailable("x"), Unavailable, "did not answer", id="503"),
        pytest.param(google.Unauthorized("x"), Refused, "login", id="401"),
        pytest.param(
            google.Forbidden("q", errors=[{"reason": "quotaExceeded", "message": "Quota exceeded: queries"}]),
            Refused,
            "Quota exceeded: queries",
            id="quota",
        ),
        pytest.param(
            google.Forbidden("q", errors=[{"reason": "rateLimitExceeded", "message": "x"}]),
            Unavailable,
            "failure of its own",
            id="rate limit",
        ),
        pytest.param(
            google.Forbidden("q", errors=[{"reason": "billingNotEnabled", "message": "x"}]),
            Refused,
            "no billing",
            id="billing",
        ),
        pytest.param(
            google.BadRequest("q", errors=[{"reason": "stopped", "message": "Job timed out after 10m"}]),
            BadSelect,
            "too long",
            id="timeout",
        ),
        pytest.param(
            google.BadRequest("q", errors=[{"reason": "invalidQuery", "message": "Something new at [3:4]"}]),
            BadSelect,
            "Something new",
            id="new words",
        ),
        pytest.param(google.NotFound("Not found: Job p:x"), Unavailable, "no longer finds", id="job gone"),
        pytest.param(RefreshError("invalid_grant"), Refused, "key", id="key"),
        pytest.param(TransportError("x"), Unavailable, "sign-in", id="sign-in down"),
        pytest.param(ConnectionError("x"), Unavailable, "did not answer", id="network"),
    ],
)
def test_every_failure_is_somebodys(error, kind, told):
    meant = classify(error)
    assert type(meant) is kind
    assert told in str(meant)


@pytest.mark.parametrize(
    ("count", "told"), [(0, "0.1 MB"), (12_300_000, "12.3 MB"), (2.5e9, "2.5 GB"), (3e12, "3.0 TB")]
)
def test_bytes_are_told_for_people(count, told):
    assert gigabytes(int(count)) == told


def test_rows_are_written_as_parquet(warehouse, tmp_path):
    with warehouse.stream(f"SELECT DATE, ORDERS FROM {DAILY}", tag=TAG) as stream:
        stream.write(tmp_path / "rows.parquet")
    assert pq.read_metadata(tmp_path / "rows.parquet").num_rows == stream.rows_read == stream.rowcount
