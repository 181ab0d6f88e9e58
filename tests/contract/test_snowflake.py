"""The local Snowflake as the real connector meets it: login, sessions, results in chunks, errors, state on disk."""

import datetime
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from snowflake.connector import errors as sf

from local.faults import Fault, Faults
from local.sample import MARKETS, truth
from local.serving import free_port
from local.snowflake.app import call_name
from local.snowflake.chunks import Chunking
from local.snowflake.keys import key_pair
from local.snowflake.logins import LoginRefused, PublicKeys, fingerprint
from tests.local_snowflake import LocalSnowflake, local_snowflake
from tests.words import WORD

pytestmark = pytest.mark.slow

SMALL = Chunking(first=100, most=400)


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    with local_snowflake(tmp_path_factory.mktemp("snowflake"), chunking=SMALL) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(account):
    yield
    account.faults.clear()


def one(account, sql, *binds, **changes):
    with closing(account.connect(**changes)) as connection, closing(connection.cursor()) as cursor:
        return cursor.execute(sql, binds or None).fetchall()


def failure(account, sql, **changes):
    with pytest.raises(sf.Error) as raised:
        one(account, sql, **changes)
    return raised.value.errno, raised.value.sqlstate, raised.value.raw_msg


def test_the_first_start_holds_the_sample_warehouse_and_its_truth(account):
    assert one(account, "select country, count(*) from daily group by 1 order by 1") == [
        ("DE", 1092),
        ("FR", 1092),
        ("GB", 1092),
    ]
    assert one(account, "select count(*) from MMM.MARKETING.WEEKLY") == [(3 * 156,)]
    told = json.loads((account.state / "true_roas.json").read_text())
    assert {country: told[country]["channels"]["TV"]["roas"] for country in told} == {
        country: truth(country)["channels"]["TV"]["roas"] for country in MARKETS
    }


def test_a_session_knows_who_it_is(account):
    rows = one(
        account,
        "select current_user(), current_role(), current_warehouse(), current_database(), current_schema()",
        role="reader",
        warehouse="wh",
    )
    assert rows == [("SVC", "READER", "WH", "MMM", "MARKETING")]
    with closing(account.connect(role="reader", warehouse="wh")) as connection:
        assert (connection.role, connection.warehouse, connection.database) == ("READER", "WH", "MMM")


def test_a_session_can_be_altered(account):
    with closing(account.connect()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("alter session set query_tag = 'x', statement_timeout_in_seconds = 5")
        cursor.execute("alter session unset query_tag")
        cursor.execute("use secondary roles none")
        cursor.execute("use role other")
        cursor.execute("use warehouse other_wh")
        assert cursor.execute("select current_role() as r, upper(current_warehouse())").fetchall() == [
            ("OTHER", "OTHER_WH")
        ]


def test_a_database_that_is_not_there_is_simply_not_current(account):
    assert one(account, "select current_database() is null, 1", database="NOPE", schema="NOPE")[0][1] == 1
    assert failure(account, "select * from daily", database="NOPE", schema="NOPE")[0] == 90105


@pytest.mark.parametrize(
    ("sql", "errno", "sqlstate", "said"),
    [
        pytest.param("select * from nope", 2003, "42S02", "Object 'MMM.MARKETING.NOPE' does not exist", id="table"),
        pytest.param("select * from mmm.nope.t", 2003, "02000", "Schema 'MMM.NOPE' does not exist", id="schema"),
        pytest.param("select * from nope.s.t", 2003, "02000", "Database 'NOPE' does not exist", id="database"),
        pytest.param("select tv from daily", 904, "42000", "position 7\ninvalid identifier 'TV'", id="column"),
        pytest.param("select nofun(1)", 2140, "42601", "Unknown function NOFUN", id="function"),
        pytest.param("select 1 +", 1003, "42000", "syntax error line 1", id="syntax"),
        pytest.param("select 'abc", 1003, "42000", "SQL compilation error", id="open quote"),
        pytest.param("select 1; select 2", 8, "0A000", "statement count 2", id="two statements"),
        pytest.param("-- nothing", 900, "42601", "Empty SQL statement", id="empty"),
        pytest.param("select cast('x' as int)", 100038, "22018", "'x'", id="value"),
        pytest.param("put file:///tmp/x @s", 2, "0A000", "stages", id="put"),
        pytest.param("get @s file:///tmp", 2, "0A000", "stages", id="get"),
    ],
)
def test_errors_carry_the_numbers_of_the_real_service(account, sql, errno, sqlstate, said):
    got = failure(account, sql)
    assert got[:2] == (errno, sqlstate)
    assert said in got[2]


def test_a_description_runs_nothing_and_takes_placeholders(account):
    with closing(account.connect()) as connection, closing(connection.cursor()) as cursor:
        fields = cursor.describe("select date, country, tv_cost, tv_impressions from daily where country = ?")
    assert [(field.name, field.type_code, field.scale) for field in fields] == [
        ("DATE", 3, None),
        ("COUNTRY", 2, None),
        ("TV_COST", 0, 2),
        ("TV_IMPRESSIONS", 0, 0),
    ]


def test_a_truncated_date_stays_a_date(account):
    sql = (
        "select date_trunc('week', date), date_trunc('month', date) m, count(*) from daily group by 1, 2 order by 1, 2"
    )
    with closing(account.connect()) as connection, closing(connection.cursor()) as cursor:
        first = cursor.execute(sql).fetchone()
        names = [field.name for field in cursor.description]
    assert first == (datetime.date(2023, 1, 2), datetime.date(2023, 1, 1), 21)
    assert names[:2] == ["DATE_TRUNC('WEEK', DATE)", "M"]


def test_bound_values_are_values(account):
    assert one(account, "select count(*) from daily where country = ? and tv_impressions >= ?", "FR", 0) == [(1092,)]
    assert one(account, "select count(*) from daily where country = ?", "FR' or '1'='1") == [(0,)]


def test_a_large_result_comes_in_chunks_that_need_their_key(account):
    with closing(account.connect()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("select date, country, revenue from daily order by country, date")
        batches = cursor.get_result_batches()
        assert [batch.rowcount for batch in batches] == [100, 200, 400, 400, 400, 400, 400, 400, 400, 176]
        assert cursor.rowcount == 3276
        url = batches[1]._remote_chunk_info.url
        assert httpx.get(url).status_code == 403
        assert httpx.get(url, headers=batches[1]._chunk_headers).status_code == 200
        assert httpx.get(url.replace("0.arrow", "key"), headers=batches[1]._chunk_headers).status_code == 403
        rows = cursor.fetchall()
    assert len(rows) == 3276
    assert rows == sorted(rows, key=lambda row: (row[1], row[0]))


@pytest.mark.parametrize(("rows", "parts"), [(0, 1), (1, 1), (100, 1), (101, 2), (300, 2), (301, 3)])
def test_every_size_of_result_is_complete(account, rows, parts):
    with closing(account.connect()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(f"select date, tv_cost from daily order by country, date limit {rows}")
        assert len(cursor.get_result_batches()) == parts
        assert len(cursor.fetchall()) == cursor.rowcount == rows


def test_a_lost_chunk_is_fetched_again(account):
    account.faults.add(Fault("snowflake.chunk", "before"))
    account.faults.add(Fault("snowflake.chunk", "after"))
    assert len(one(account, "select date from daily")) == 3276
    assert account.faults.planned == []


def test_a_lost_reply_is_given_again_without_running_the_statement_twice(account):
    with closing(account.connect()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("create or replace table counted (n int)")
        account.faults.add(Fault("snowflake.query", "after"))
        cursor.execute("insert into counted values (1)")
        assert cursor.execute("select count(*) from counted").fetchall() == [(1,)]
        cursor.execute("drop table counted")


def test_a_login_is_tried_again_when_the_service_is_away(account):
    account.faults.add(Fault("snowflake.login", "before"))
    assert one(account, "select 1") == [(1,)]


def test_many_sessions_work_side_by_side(account):
    with ThreadPoolExecutor(6) as pool:
        counts = list(pool.map(lambda _: len(one(account, "select date, revenue from daily")), range(6)))
    assert counts == [3276] * 6


def test_a_statement_is_stopped_at_its_timeout(account):
    endless = "select count(*) from daily a, daily b, daily c where a.revenue + b.revenue > c.revenue"
    started = time.monotonic()
    errno, sqlstate, said = failure(
        account, endless, session_parameters={"STATEMENT_TIMEOUT_IN_SECONDS": 1}, network_timeout=30
    )
    assert (errno, sqlstate) == (630, "57014")
    assert "timeout of 1 second(s)" in said
    assert time.monotonic() - started < 10


def test_databases_outlive_the_process(tmp_path):
    with local_snowflake(tmp_path) as first:
        one(first, "create table kept as select 7 as n")
        one(first, "create view kept_view as select n + 1 as n from kept")
        marker = (tmp_path / "state" / "databases" / "MMM.db").stat().st_ino
    with local_snowflake(tmp_path) as second:
        assert one(second, "select n from kept union all select n from kept_view order by 1") == [(7,), (8,)]
        names = one(second, "select table_name, table_type from information_schema.tables order by 1")
        assert names == [("DAILY", "BASE TABLE"), ("KEPT", "BASE TABLE"), ("KEPT_VIEW", "VIEW"), ("WEEKLY", "VIEW")]
        assert (tmp_path / "state" / "databases" / "MMM.db").stat().st_ino == marker


def test_a_killed_process_has_lost_nothing(tmp_path):
    keys, port = key_pair(tmp_path), free_port()
    command = [sys.executable, "-m", "local.snowflake", "--state", str(tmp_path / "state"), "--port", str(port)]
    (tmp_path / "word").write_text(WORD)
    command += ["--word", str(tmp_path / "word")]
    account = LocalSnowflake(port, keys, Faults(), tmp_path / "state")
    for sql in ("create table kept as select 7 as n", "select n from kept"):
        process = subprocess.Popen([*command, "--user", f"svc={keys.public}"])
        try:
            until = time.monotonic() + 30
            while time.monotonic() < until and not _healthy(port):
                time.sleep(0.05)
            rows = one(account, sql)
        finally:
            process.kill()
            process.wait(10)
    assert rows == [(7,)]


def _healthy(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    except httpx.TransportError:
        return False


def test_old_results_are_cleared_at_the_next_start(tmp_path):
    with local_snowflake(tmp_path, chunking=SMALL) as first:
        one(first, "select date from daily")
        (kept,) = (tmp_path / "state" / "results").iterdir()
    old = tmp_path / "state" / "results" / "old"
    shutil.copytree(kept, old)
    os.utime(old, (0, 0))
    with local_snowflake(tmp_path):
        assert list((tmp_path / "state" / "results").iterdir()) == [kept]


def test_a_session_token_is_renewed_with_its_master_token(account):
    with closing(account.connect()) as connection:
        before = connection.rest.token
        connection.rest._renew_session()
        assert connection.rest.token != before
        assert connection.cursor().execute("select 1").fetchall() == [(1,)]


def test_a_session_nobody_knows_must_log_in_again(account):
    base = f"http://127.0.0.1:{account.port}"
    for path in (
        "/queries/v1/query-request",
        "/session/heartbeat",
        "/queries/v1/abort-request",
        "/session/token-request",
    ):
        reply = httpx.post(base + path, headers={"Authorization": 'Snowflake Token="x"'}, json={}).json()
        assert (reply["success"], reply["code"]) == (False, "390104")
    assert httpx.get(base + "/queries/x/result").json()["code"] == "390104"


@pytest.mark.parametrize(
    ("changes", "errno"),
    [
        pytest.param({"user": "mallory"}, 390100, id="unknown user"),
        pytest.param({"account": "other"}, 390201, id="unknown account"),
        pytest.param({"authenticator": "snowflake", "password": "x", "private_key": None}, 390100, id="password"),
    ],
)
def test_a_login_that_is_not_the_service_user_is_refused(account, changes, errno):
    with pytest.raises(sf.DatabaseError) as refusal:
        account.connect(**changes)
    assert refusal.value.errno == errno


def test_another_key_is_refused(account, tmp_path):
    other = key_pair(tmp_path)
    with pytest.raises(sf.DatabaseError) as refusal:
        account.connect(private_key=None, private_key_file=str(other.private))
    assert refusal.value.errno == 390144


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        pytest.param({}, True, id="good"),
        pytest.param({"exp": -600}, False, id="expired"),
        pytest.param({"iat": 600}, False, id="from the future"),
        pytest.param({"sub": "LOCAL.OTHER"}, False, id="another subject"),
        pytest.param({"iss": "LOCAL.SVC.SHA256:AAAA"}, False, id="another fingerprint"),
        pytest.param({"iss": None}, False, id="no issuer"),
        pytest.param({"exp": None}, False, id="no expiry"),
    ],
)
def test_a_token_is_checked_in_every_part(tmp_path, changes, good):
    keys, now = key_pair(tmp_path), int(time.time())
    claims = {
        "iss": f"LOCAL.SVC.{fingerprint(keys.public.read_bytes())}",
        "sub": "LOCAL.SVC",
        "iat": now,
        "exp": now + 60,
    }
    for name, value in changes.items():
        claims[name] = now + value if isinstance(value, int) else value
    private = load_pem_private_key(keys.private.read_bytes(), password=None)
    token = jwt.encode({name: value for name, value in claims.items() if value is not None}, private, algorithm="RS256")
    known = PublicKeys({"svc": keys.public})
    if good:
        known.check("local", "SVC", "SNOWFLAKE_JWT", token)
        return
    with pytest.raises(LoginRefused) as refusal:
        known.check("local", "SVC", "SNOWFLAKE_JWT", token)
    assert refusal.value.code == "390144"


def test_a_key_pair_is_made_once(tmp_path):
    first = key_pair(tmp_path)
    content = first.private.read_bytes()
    assert key_pair(tmp_path) == first
    assert first.private.read_bytes() == content
    assert first.private.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/session/v1/login-request", "snowflake.login"),
        ("/queries/v1/query-request", "snowflake.query"),
        ("/results/q/0.arrow", "snowflake.chunk"),
        ("/health", None),
    ],
)
def test_calls_have_names_for_faults(path, name):
    assert call_name({"path": path}) == name
