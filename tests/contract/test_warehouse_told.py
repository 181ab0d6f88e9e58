"""What a person is told of a warehouse that refuses: in one step, at once, and with nothing stored."""

import json
import time
from types import SimpleNamespace

import pytest

from engine.cloud.cloud import Cloud
from engine.data.dataset import Source
from engine.doctor.warehouse import look
from engine.errors import BadSelect, Refused, Unavailable
from local.faults import Fault
from tests.local_snowflake import KeyStore, local_snowflake
from tests.unit.test_stage_snapshot import Desk

IP = "Incoming request with IP/Token 203.0.113.7 is not allowed to access Snowflake."
WEEKLY = Source(kind="table", table="MMM.MARKETING.WEEKLY")
JSON_ROWS = {
    "data": {
        "rowtype": [{"name": "N", "type": "fixed", "scale": 0, "precision": 1, "nullable": True, "length": None}],
        "rowset": [["1"]],
        "total": 1,
        "returned": 1,
        "queryResultFormat": "json",
        "queryId": "q1",
        "parameters": [],
        "statementTypeId": 4096,
    },
    "code": None,
    "message": None,
    "success": True,
}


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    with local_snowflake(tmp_path_factory.mktemp("told")) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(account):
    yield
    account.faults.clear()


def blocked(account, times=9):
    body = json.dumps({"data": {}, "code": "390422", "message": IP, "success": False})
    account.faults.add(Fault("snowflake.login", "before", status=200, body=body, times=times))


def as_json(account):
    account.faults.add(Fault("snowflake.query", "before", status=200, body=json.dumps(JSON_ROWS), times=9))


@pytest.mark.parametrize("step", ["read", "take"])
def test_a_login_that_the_network_policy_blocks_is_told_in_the_first_try(account, step):
    blocked(account)
    desk, started = Desk(account.warehouse()), time.monotonic()
    desk.define(WEEKLY)
    told = getattr(desk, step)()
    error = told["data"]["error"]
    assert error["what"] == "Snowflake's network policy does not let the service in."
    assert "203.0.113.7" in error["todo"]
    assert time.monotonic() - started < 10
    assert account.faults.planned[0].times == 8, "a second login was tried"
    assert desk.stored == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT SEQ4() AS N FROM TABLE(GENERATOR(ROWCOUNT => 1000000000000))",
        "SELECT a.DATE, a.REVENUE FROM MMM.MARKETING.DAILY a, MMM.MARKETING.DAILY b, MMM.MARKETING.DAILY c",
    ],
)
def test_a_select_without_end_is_refused_and_nothing_is_stored(account, sql):
    desk, started = Desk(account.warehouse(warehouse_max_rows=10_000)), time.monotonic()
    desk.define(Source(kind="select", sql=sql))
    error = desk.take()["data"]["error"]
    assert error["what"] == "The result has more than 10,000 rows."
    assert error["todo"].startswith("Aggregate it first")
    assert desk.stored == []
    assert time.monotonic() - started < 10


def test_rows_that_come_as_json_are_the_operator_s_to_mend(account):
    as_json(account)
    warehouse = account.warehouse()
    with pytest.raises(Refused, match="as JSON") as raised:
        warehouse.preview("select 1 as n")
    with pytest.raises(Refused, match="as JSON"), warehouse.stream("select 1 as n", tag={"a": "b"}):
        pass
    assert "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT" in raised.value.todo


INTERNAL = "SQL execution internal error:\nProcessing aborted by error 300010:391167117; incident 5388518."


@pytest.mark.parametrize(
    ("code", "state", "message", "kind", "said"),
    [
        pytest.param("000603", "XX000", INTERNAL, Unavailable, "failure of its own", id="internal error"),
        pytest.param("300002", "XX000", "Unhandled exception", Unavailable, "failure of its own", id="by number"),
        pytest.param("370001", "08001", "Internal error", Unavailable, "failure of its own", id="of a service"),
        pytest.param("000604", "57014", "SQL execution canceled", Unavailable, "failure of its own", id="cancelled"),
        pytest.param("000630", "57014", "Statement reached its timeout", BadSelect, "too long", id="timeout"),
        pytest.param("000666", "57014", "Your account is suspended.", Refused, "suspended the account", id="suspended"),
        pytest.param("001789", "42601", "SQL compilation error:\nno", BadSelect, "refuses the SELECT: no", id="sql"),
        pytest.param("099999", "55000", "Zorp is frobbed", Refused, "run the SELECT: Zorp is frobbed", id="unknown"),
    ],
)
def test_whose_failure_a_statement_s_is(account, code, state, message, kind, said):
    data = {"errorCode": code, "sqlState": state, "internalError": False, "line": -1, "pos": -1}
    body = json.dumps({"data": data, "code": code, "message": message, "success": False})
    account.faults.add(Fault("snowflake.query", "before", status=200, body=body, times=9))
    with pytest.raises(kind, match=said) as raised:
        account.warehouse().describe("select 1 as n")
    assert raised.value.todo
    assert type(raised.value) is kind


def test_the_doctor_names_a_blocked_login_with_its_fix(account):
    blocked(account)
    secrets = KeyStore(account.keys.private.read_text())
    cloud = Cloud(account.settings())
    cloud.__dict__["secrets"] = secrets
    subject = SimpleNamespace(settings=account.settings(), cloud=cloud)
    (finding,) = look(subject)
    assert "network policy" in finding.found
    assert "203.0.113.7" in finding.fix
    assert account.faults.planned[0].times == 8, "a second login was tried"
