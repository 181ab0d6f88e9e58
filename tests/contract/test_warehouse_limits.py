"""A result has limits, in the service and in the local warehouse; and its links are renewed when they are old."""

import time

import pyarrow.parquet as pq
import pytest

from engine.errors import BadSelect, Refused, Unavailable
from local.snowflake.chunks import Chunking, SpoolLimits
from tests.local_snowflake import KeyStore, local_snowflake

pytestmark = pytest.mark.slow

TAG = {"run": "r1234567"}
ENDLESS = [
    pytest.param("SELECT SEQ4() AS N FROM TABLE(GENERATOR(ROWCOUNT => 1000000000000))", id="generated"),
    pytest.param("SELECT a.date FROM daily a, daily b, daily c, daily d", id="crossed"),
]
LARGE = "SELECT SEQ4() AS N, UUID_STRING() AS T FROM TABLE(GENERATOR(ROWCOUNT => 20000))"


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    limits = SpoolLimits(result_mb=2, free_mb=1)
    with local_snowflake(
        tmp_path_factory.mktemp("limits"), chunking=Chunking(first=100, most=1000), limits=limits
    ) as running:
        yield running


def results(account):
    return list((account.state / "results").iterdir())


@pytest.mark.parametrize("sql", ENDLESS)
def test_a_result_without_end_is_refused_with_nothing_written(account, tmp_path, sql):
    started, file = time.monotonic(), tmp_path / "raw.parquet"
    warehouse = account.warehouse(warehouse_max_rows=5000)
    with (
        pytest.raises(BadSelect, match="more than 5,000 rows") as raised,
        warehouse.stream(sql, tag=TAG) as stream,
    ):
        stream.write(file)
    assert "Aggregate it first" in raised.value.todo
    assert "MMM_WAREHOUSE_MAX_ROWS" in raised.value.todo
    assert raised.value.field == "source"
    assert not file.exists()
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(("rows", "refused"), [(5000, False), (5001, True)])
def test_as_many_rows_as_the_limit_are_taken(account, tmp_path, rows, refused):
    sql = f"SELECT SEQ4() AS N FROM TABLE(GENERATOR(ROWCOUNT => {rows}))"
    warehouse = account.warehouse(warehouse_max_rows=5000)
    if refused:
        with pytest.raises(BadSelect), warehouse.stream(sql, tag=TAG):
            pass
        return
    with warehouse.stream(sql, tag=TAG) as stream:
        stream.write(tmp_path / "raw.parquet")
    assert pq.read_metadata(tmp_path / "raw.parquet").num_rows == rows


def test_a_file_that_grows_too_large_is_refused_while_it_is_written(account, tmp_path):
    warehouse, file = account.warehouse(warehouse_max_mb=1), tmp_path / "raw.parquet"
    sql = LARGE.replace("UUID_STRING() AS T", "UUID_STRING() AS T, UUID_STRING() AS U")
    with local_snowflake(tmp_path / "state", chunking=Chunking(first=100, most=1000)) as other:
        warehouse = other.warehouse(warehouse_max_mb=1)
        with (
            pytest.raises(BadSelect, match="larger than 1 MB") as raised,
            warehouse.stream(sql.replace("20000", "100000"), tag=TAG) as stream,
        ):
            stream.write(file)
    assert "MMM_WAREHOUSE_MAX_MB" in raised.value.todo
    assert file.stat().st_size < 2_000_000


@pytest.mark.parametrize("sql", [*ENDLESS, pytest.param(LARGE.replace("20000", "200000"), id="large")])
def test_the_local_warehouse_keeps_nothing_of_a_result_that_is_too_large(account, sql):
    before = results(account)
    with pytest.raises(Refused, match="larger than 2 MB") as raised, account.warehouse().stream(sql, tag=TAG):
        pass
    assert "Aggregate it first" in raised.value.what
    assert results(account) == before


def test_the_local_warehouse_lets_go_of_the_oldest_results(tmp_path):
    limits = SpoolLimits(result_mb=2, all_mb=3, free_mb=1)
    with local_snowflake(tmp_path, chunking=Chunking(first=100, most=1000), limits=limits) as account:
        kept = []
        for _ in range(5):
            with account.warehouse().stream(LARGE, tag=TAG) as stream:
                kept.append(stream.query_id)
                assert len(list(stream)) > 0
            size = sum(file.stat().st_size for folder in results(account) for file in folder.iterdir())
            assert size < 3_100_000
        left = {folder.name for folder in results(account)}
        assert kept[-1] in left
        assert kept[0] not in left


def test_the_local_warehouse_leaves_room_on_the_disk(tmp_path):
    limits = SpoolLimits(free_mb=10**12)
    with local_snowflake(tmp_path, chunking=Chunking(first=100, most=1000), limits=limits) as account:
        with pytest.raises(Refused, match="no room left on disk"), account.warehouse().stream(LARGE, tag=TAG):
            pass
        assert results(account) == []


def test_the_local_warehouse_keeps_nothing_of_a_statement_that_timed_out(account):
    slow = "SELECT a.date, hash(a.date, b.date) h FROM daily a, daily b, daily c ORDER BY 2, 1"
    before = results(account)
    with pytest.raises(BadSelect, match="took too long"), account.warehouse(snowflake_timeout=1).stream(slow, tag=TAG):
        pass
    assert results(account) == before


@pytest.fixture
def hasty(tmp_path):
    """An account whose links are good for less than a second."""
    with local_snowflake(tmp_path, chunking=Chunking(first=100, most=400), link_seconds=0.7) as running:
        yield running


def patient(account, **changes):
    from engine.cloud.connection import default_of
    from engine.cloud.snowflake import Snowflake

    settings = account.settings(**changes)
    secrets = KeyStore(account.keys.private.read_text())
    return Snowflake(default_of(settings), settings, secrets, login_timeout=4, network_timeout=4, patience=0)


def test_links_that_expired_are_asked_for_anew_and_no_row_comes_twice(hasty):
    sql = "select date, country, revenue from daily order by country, date"
    expected = patient(hasty).preview(sql, 5000)
    rows = []
    with patient(hasty).stream(sql, tag=TAG) as stream:
        for number, batch in enumerate(stream):
            if number in (1, 5):
                time.sleep(1)
            rows += batch.to_pylist()
    assert [(row["DATE"], row["COUNTRY"]) for row in rows] == [(row["DATE"], row["COUNTRY"]) for row in expected]
    assert len(rows) == 3276


def test_links_that_are_refused_again_and_again_are_given_up(tmp_path):
    with (
        local_snowflake(tmp_path, chunking=Chunking(first=100, most=400), link_seconds=-1) as account,
        pytest.raises(Unavailable),
        patient(account).stream("select date from daily", tag=TAG) as stream,
    ):
        list(stream)


def test_the_local_warehouse_leaves_no_folder_in_the_system_s(account):
    from pathlib import Path

    from fakesnow.transforms import stage

    assert not Path(stage.LOCAL_BUCKET_PATH).exists()
