"""A login that Snowflake refuses for good: told at once, with the remedy, and never tried again."""

import json
import time

import pytest
from snowflake.connector import errors as sf

from engine.cloud.warehouse_errors import classify
from engine.errors import Refused, Unavailable
from local.faults import Fault
from tests.local_snowflake import KeyStore, local_snowflake

pytestmark = pytest.mark.slow

IP = "Incoming request with IP/Token 203.0.113.7 is not allowed to access Snowflake."
REFUSALS = [
    pytest.param("390422", IP, "network policy", "203.0.113.7", id="network policy"),
    pytest.param(None, IP, "network policy", "203.0.113.7", id="network policy without a number"),
    pytest.param(
        "250001",
        "IP 2001:db8::1 is not allowed to access Snowflake. Contact your local security administrator",
        "network policy",
        "2001:db8::1",
        id="network policy in other words",
    ),
    pytest.param("390432", "Fail : Network policy is required.", "network policy", "NETWORK POLICY", id="none is set"),
    pytest.param("390101", "User access disabled. Contact your local system administrator.", "disabled", "DISABLED"),
    pytest.param(
        "390102",
        "User temporarily locked. Try again later, or contact your local system administrator.",
        "locked",
        "MINS_TO_UNLOCK",
        id="locked",
    ),
    pytest.param(
        None,
        "Your user account has been locked after too many failed attempts.",
        "locked the service's user",
        "MINS_TO_UNLOCK",
        id="locked, in other words",
    ),
    pytest.param(
        "390913",
        "Your free trial has ended and all of your virtual warehouses have been suspended.",
        "suspended the account",
        "bring it back",
        id="trial ended",
    ),
    pytest.param("390190", "Your account has been suspended.", "suspended the account", "bring it", id="suspended"),
    pytest.param(
        "390197",
        "Multi-factor authentication is required for this account. Log in to Snowsight to enroll.",
        "second factor",
        "TYPE = SERVICE",
        id="MFA",
    ),
    pytest.param(
        "250001",
        "Failed to authenticate: MFA authentication is required, but none of your current MFA methods are supported.",
        "second factor",
        "TYPE = SERVICE",
        id="MFA without a number of its own",
    ),
    pytest.param(
        "390106", "Specified password has expired. Password must be changed.", "password", "SERVICE", id="old"
    ),
    pytest.param("394400", "The password does not meet the password policy.", "password", "key pair", id="policy"),
    pytest.param(
        "390202",
        "Authentication attempt rejected by the current authentication policy.",
        "key pairs",
        "KEYPAIR",
        id="authentication policy",
    ),
    pytest.param(
        "390139",
        "The specified authenticator is not accepted by your Snowflake account configuration.",
        "key pairs",
        "KEYPAIR",
        id="authenticator",
    ),
    pytest.param(
        "390189",
        "Role 'MMM_READER' specified in the connect string is not granted to this user.",
        "its role",
        "GRANT ROLE",
        id="role",
    ),
    pytest.param("390201", "The requested account does not exist.", "know this account", "ACCOUNT", id="account"),
    pytest.param(
        "390144", "JWT token is invalid. [0ce9eb56]", "accept the service's login", "RSA_PUBLIC_KEY", id="key"
    ),
    pytest.param("394302", "JWT token has expired.", "accept the service's login", "RSA_PUBLIC_KEY", id="key expired"),
    pytest.param("390199", "Something new is not right.", "Something new is not right", "Show this", id="unknown"),
]


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    with local_snowflake(tmp_path_factory.mktemp("logins")) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(account):
    yield
    account.faults.clear()


def answer(account, code, message, times=2):
    body = json.dumps({"data": {"nextAction": None}, "code": code, "message": message, "success": False})
    account.faults.add(Fault("snowflake.login", "before", status=200, body=body, times=times))


@pytest.mark.parametrize(("code", "message", "what", "todo"), REFUSALS)
def test_a_refused_login_is_told_at_once_with_its_remedy(account, code, message, what, todo):
    answer(account, code or "250001", message)
    secrets, started = KeyStore(account.keys.private.read_text()), time.monotonic()
    with pytest.raises(Refused) as raised:
        account.warehouse(secrets).describe("select 1 as n")
    assert what in raised.value.what
    assert todo in raised.value.todo
    assert time.monotonic() - started < 3
    assert len(account.faults.planned) == 1, "a second login was tried"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param("<html><body>Sign in</body></html>", 200, id="a web page"),
        pytest.param('{"error": "no such service"}', 200, id="other JSON"),
        pytest.param("[]", 200, id="a list"),
        pytest.param("not here", 404, id="nothing there"),
        pytest.param("<html>blocked</html>", 403, id="a proxy that blocks"),
    ],
)
def test_an_answer_that_is_not_snowflake_s_is_the_operator_s_to_mend(account, body, status):
    account.faults.add(Fault("snowflake.login", "before", status=status, body=body, times=50))
    started = time.monotonic()
    with pytest.raises(Refused) as raised:
        account.warehouse().describe("select 1 as n")
    assert "MMM_SNOWFLAKE_ACCOUNT" in raised.value.todo
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "message",
    [
        "Could not connect to Snowflake backend after 3 attempt(s).Aborting",
        "Failed to connect to DB: a.snowflakecomputing.com:443. Service is unavailable: a.snowflakecomputing.com:443.",
        "Failed to connect to DB: a.snowflakecomputing.com:443. An internal error occurred.",
    ],
)
def test_a_login_that_may_work_later_is_tried_again(message):
    assert type(classify(sf.OperationalError(msg=message, errno=250001))) is Unavailable


def test_an_expired_session_is_no_refused_login():
    assert type(classify(sf.DatabaseError(msg="Master token has expired.", errno=390114))) is Unavailable


def test_words_of_a_select_are_not_taken_for_a_refused_login():
    error = sf.ProgrammingError(msg="SQL compilation error:\ninvalid identifier 'LOCKED'", errno=904)
    assert "LOCKED" in classify(error).what


def test_the_connector_gives_a_login_up_within_a_minute():
    from inspect import signature

    from engine.cloud.snowflake import Snowflake

    assert signature(Snowflake).parameters["login_timeout"].default <= 40
