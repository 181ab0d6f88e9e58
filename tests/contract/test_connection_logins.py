"""How a named connection logs in: where to, by which proof, and what the doctor says of each."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import snowflake.connector

from engine import paths
from engine.clock import SystemClock
from engine.cloud.cloud import Cloud
from engine.cloud.connection import Connection
from engine.cloud.connections import save_connection
from engine.cloud.snowflake import Snowflake
from engine.cloud.storage import Storage
from engine.data.dataset import Source
from engine.data.known import known_columns, known_tables
from engine.doctor.report import Finding, Verdict
from engine.doctor.subject import Subject
from engine.doctor.warehouse import look_at_named
from engine.errors import BadInput, BadSettings, Refused
from engine.pipeline.list_tables import list_columns, list_tables
from engine.pipeline.sources import warehouse_outlook
from engine.settings import Settings
from local.faults import Fault
from tests.faults.fake_cloud import FakeCloud
from tests.local_snowflake import LocalSnowflake, local_snowflake

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PASSWORD = "correct horse"
NAMED = "projects/mmm-local/secrets/mmm-connection-{}/versions/latest"
STAND_IN = {"secrets_url": "http://127.0.0.1:1", "warehouse_passwords": True}


class Vault:
    """Secrets by reference; what was asked for."""

    def __init__(self, **named: str) -> None:
        self.kept = {NAMED.format(name): value for name, value in named.items()}
        self.asked: list[str] = []

    def read(self, reference: str) -> str:
        self.asked.append(reference)
        if reference not in self.kept:
            raise BadSettings(f"The secret {reference} cannot be read.", "Create it.")
        return self.kept[reference]

    refresh = read


def north(**changes: Any) -> Connection:
    given = {"name": "north", "account": "local", "user": "svc", "role": "MMM_READER", "secret": "mmm-connection-key"}
    return Connection.model_validate({**given, "warehouse": "MMM_WH", "database": "MMM", **changes})


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSnowflake]:
    with local_snowflake(tmp_path_factory.mktemp("account"), passwords={"svc": PASSWORD}) as running:
        yield running


@pytest.fixture
def vault(account: LocalSnowflake) -> Iterator[Vault]:
    yield Vault(key=account.keys.private.read_text(), password=PASSWORD, wrong="wrong horse")
    account.faults.clear()


def opened(account: LocalSnowflake, vault: Vault, at: Connection, **settings: Any) -> Snowflake:
    return Snowflake(at, account.settings(**settings), vault, login_timeout=4, network_timeout=4)


# Where to


def test_a_named_connection_logs_in_as_its_own_user_and_role_with_its_own_secret(
    account: LocalSnowflake, vault: Vault
) -> None:
    session = opened(account, vault, north()).session()
    assert (session.user, session.role, session.warehouse, session.database) == ("SVC", "MMM_READER", "MMM_WH", "MMM")
    assert vault.asked == [NAMED.format("key")]


@pytest.mark.parametrize(
    ("named", "own"),
    [("local", True), ("LOCAL", True), ("elsewhere", False), ("", False), ("local.eu-west-1", False)],
)
def test_an_operators_address_is_for_the_account_they_set_it_for_and_for_no_other(
    account: LocalSnowflake, vault: Vault, monkeypatch: pytest.MonkeyPatch, named: str, own: bool
) -> None:
    asked: list[dict[str, Any]] = []

    def connect(**given: Any) -> None:
        asked.append(given)
        raise OSError("nobody is asked")

    monkeypatch.setattr(snowflake.connector, "connect", connect)
    with pytest.raises(Exception, match="did not answer"):
        opened(account, vault, north(account=named)).session()
    [given] = asked
    assert given["account"] == named
    assert {name: given.get(name) for name in ("host", "protocol")} == (
        {"host": "127.0.0.1", "protocol": "http"} if own else {"host": None, "protocol": None}
    )


# By which proof


def test_a_password_is_taken_where_an_operator_said_so_and_secrets_are_a_stand_ins(
    account: LocalSnowflake, vault: Vault
) -> None:
    at = north(auth="password", secret="mmm-connection-password")
    assert opened(account, vault, at, **STAND_IN).session().user == "SVC"


@pytest.mark.parametrize("missing", STAND_IN)
def test_else_a_password_is_refused_in_words_and_sent_to_nobody(
    account: LocalSnowflake, vault: Vault, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setattr(snowflake.connector, "connect", lambda **given: pytest.fail("it was sent"))
    settings = {name: value for name, value in STAND_IN.items() if name != missing}
    at = north(auth="password", secret="mmm-connection-password")
    with pytest.raises(Refused, match="development only"):
        opened(account, vault, at, **settings).session()


def test_a_wrong_password_is_tried_once_and_told(account: LocalSnowflake, vault: Vault) -> None:
    at = north(auth="password", secret="mmm-connection-wrong")
    with pytest.raises(Refused, match="does not accept") as raised:
        opened(account, vault, at, **STAND_IN).session()
    assert "wrong horse" not in f"{raised.value} {raised.value.detail}"


@pytest.mark.parametrize(
    "secret",
    ["mmm-slack-token", "mmm-snowflake-key", "file:/etc/passwd", "mmm-connection-", "mmm-connection-a/../b", ""],
)
def test_whatever_was_stored_as_a_secrets_name_no_other_secret_is_asked_for(
    account: LocalSnowflake, vault: Vault, secret: str
) -> None:
    with pytest.raises(BadInput, match="may not read"):
        opened(account, vault, north(secret=secret)).session()
    assert vault.asked == []


def test_a_workspaces_connection_cannot_read_another_ones_key(account: LocalSnowflake) -> None:
    """Where several workspaces share a deployment: the worker itself holds each to its own."""
    ours = account.settings().model_copy(update={"slack_client_id": "1.2", "workspace": "T1"})
    vault = Vault(**{"T2-key": account.keys.private.read_text(), "T1-key": account.keys.private.read_text()})
    for secret in ("mmm-connection-T2-key", "mmm-connection-key", "mmm-connection-T12-key"):
        with pytest.raises(BadInput, match="may not read"):
            Snowflake(north(secret=secret), ours, vault).session()
    assert vault.asked == []
    assert Snowflake(north(secret="mmm-connection-T1-key"), ours, vault).session().user == "SVC"


def test_a_secret_that_is_not_there_is_told_with_the_place_where_the_command_stands(
    account: LocalSnowflake, vault: Vault
) -> None:
    with pytest.raises(Refused, match="There is no secret mmm-connection-none yet") as raised:
        opened(account, vault, north(secret="mmm-connection-none")).session()
    assert "/mmm connect north" in raised.value.todo


def test_what_is_no_key_is_told_with_its_secret_and_no_setting(account: LocalSnowflake, vault: Vault) -> None:
    with pytest.raises(Refused, match="cannot be read") as raised:
        opened(account, vault, north(secret="mmm-connection-wrong")).session()
    assert "mmm-connection-wrong" in raised.value.todo and "MMM_" not in raised.value.todo


# What the doctor says


def doctored(account: LocalSnowflake, vault: Vault, *connections: Connection, **more: Any) -> dict[str, list[Finding]]:
    fake = FakeCloud()
    storage = cast(Storage, fake.storage)
    for one in connections:
        save_connection(storage, one, NOON)
    for path, body in more.pop("objects", {}).items():
        fake.storage.put(path, body)
    settings: Settings = account.settings(**more)
    cloud = Cloud(settings)
    cloud.__dict__ |= {"secrets": vault, "storage": storage}
    found: dict[str, list[Finding]] = {}
    for finding in look_at_named(cast(Subject, SimpleNamespace(settings=settings, cloud=cloud))):
        found.setdefault(finding.check, []).append(finding)
    return found


def test_the_doctor_looks_at_every_connection(account: LocalSnowflake, vault: Vault) -> None:
    writer = north(name="writer", role="NORTH_WRITER")
    found = doctored(account, vault, north(), writer)
    assert {check: [one.verdict for one in findings] for check, findings in found.items()} == {
        "connection north": [Verdict.OK],
        "connection north rights": [Verdict.OK],
        "connection writer": [Verdict.OK],
        "connection writer rights": [Verdict.FAILED],
    }
    [rights] = found["connection writer rights"]
    assert "INSERT ON TABLE MMM.MARKETING.DAILY" in rights.found and "REVOKE INSERT" in rights.fix


def test_a_connection_that_does_not_work_is_one_finding_and_stops_no_other(
    account: LocalSnowflake, vault: Vault
) -> None:
    lost = north(name="lost", secret="mmm-connection-none")
    forged = north(name="forged", secret="mmm-slack-token")
    found = doctored(account, vault, lost, forged, north())
    assert [one.verdict for one in found["connection lost"]] == [Verdict.FAILED]
    assert "There is no secret" in found["connection lost"][0].found
    assert [one.verdict for one in found["connection forged"]] == [Verdict.FAILED]
    assert [one.verdict for one in found["connection north"]] == [Verdict.OK]


def test_a_login_that_is_blocked_is_tried_once_by_the_doctor(account: LocalSnowflake, vault: Vault) -> None:
    body = json.dumps({"data": {}, "code": "390102", "message": "User temporarily locked.", "success": False})
    account.faults.add(Fault("snowflake.login", "before", status=200, body=body, times=9))
    found = doctored(account, vault, north())
    assert "locked" in found["connection north"][0].found
    assert account.faults.planned[0].times == 8, "a second login was tried"


def test_without_connections_and_where_each_workspace_has_its_own_nothing_is_looked_at(
    account: LocalSnowflake, vault: Vault
) -> None:
    assert [one.verdict for one in doctored(account, vault)[""]] == [Verdict.SKIPPED]
    fake = SimpleNamespace(settings=SimpleNamespace(many=True, workspace=""))
    assert [one.verdict for one in look_at_named(cast(Subject, fake))] == [Verdict.SKIPPED]


def test_a_connection_that_cannot_be_read_is_named(account: LocalSnowflake, vault: Vault) -> None:
    path = paths.connection("broken")
    [finding] = doctored(account, vault, objects={path: b"{}"})[""]
    assert finding.verdict is Verdict.FAILED and path in finding.found


def test_no_secret_of_a_connection_stands_in_what_the_doctor_says(account: LocalSnowflake, vault: Vault) -> None:
    found = doctored(account, vault, north(), north(name="w", auth="password", secret="mmm-connection-wrong"))
    said = " ".join(f"{one.found} {one.fix}" for findings in found.values() for one in findings)
    assert "wrong horse" not in said and "PRIVATE KEY" not in said


# What forms offer


def test_what_a_form_offers_is_what_this_connections_role_sees_and_names_alone(
    account: LocalSnowflake, vault: Vault, caplog: pytest.LogCaptureFixture
) -> None:
    storage = cast(Storage, FakeCloud().storage)
    cloud = Cloud(account.settings())
    cloud.__dict__ |= {"secrets": vault, "storage": storage}
    reader, north_reader = north(), north(name="reader", role="NORTH_READER")
    for one in (reader, north_reader):
        save_connection(storage, one, NOON)
        list_tables(cloud, SystemClock(), one.name)
    assert known_tables(storage, reader.scope) == ["MMM.MARKETING.DAILY", "MMM.MARKETING.WEEKLY"]
    assert known_tables(storage, north_reader.scope) == ["MMM.MARKETING.WEEKLY"]
    list_columns(cloud, SystemClock(), "reader", "MMM.MARKETING.WEEKLY")
    assert "COUNTRY" in [one.name for one in known_columns(storage, north_reader.scope, "MMM.MARKETING.WEEKLY")]
    assert known_columns(storage, reader.scope, "MMM.MARKETING.WEEKLY") == ()
    # What cannot be looked at leaves the form without an offer, and is no failed step.
    list_columns(cloud, SystemClock(), "reader", "MMM.MARKETING.DAILY")
    list_columns(cloud, SystemClock(), "reader", "no; table")
    list_tables(cloud, SystemClock(), "gone")
    assert [record.levelname for record in caplog.records].count("WARNING") == 3


# What is stored where gcloud does not reach


def test_the_command_that_stores_a_key_takes_connections_secrets_and_private_keys_alone(
    account: LocalSnowflake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.admin import secret

    kept: list[tuple[str, str]] = []

    class Secrets:
        def keep(self, name: str, value: str, *, region: str) -> None:
            kept.append((name, value))

    monkeypatch.setattr(secret, "read_settings", account.settings)
    monkeypatch.setattr(secret, "Cloud", lambda settings: SimpleNamespace(secrets=Secrets()))
    key = account.keys.private
    assert "is stored" in secret.keep_from_here("mmm-connection-north", str(key))
    assert kept == [("projects/mmm-local/secrets/mmm-connection-north", key.read_text())]
    wrong = tmp_path / "empty"
    wrong.write_text(" ")
    refused = [
        ("mmm-slack-token", str(key)),
        ("mmm-connection-", str(key)),
        ("mmm-connection-x/versions/1", str(key)),
        ("mmm-connection-x", str(account.keys.public)),
        ("mmm-connection-x", str(wrong)),
        ("mmm-connection-x", str(tmp_path / "missing")),
    ]
    for name, file in refused:
        with pytest.raises(BadInput):
            secret.keep_from_here(name, file)
    assert len(kept) == 1


def test_a_source_is_inspected_through_the_connection_that_it_names(account: LocalSnowflake, vault: Vault) -> None:
    storage = cast(Storage, FakeCloud().storage)
    save_connection(storage, north(name="reader", role="NORTH_READER"), NOON)
    cloud = Cloud(account.settings())
    cloud.__dict__ |= {"secrets": vault, "storage": storage}
    source = Source(kind="table", table="MMM.MARKETING.WEEKLY", connection="reader")
    assert "COUNTRY" in [column.name for column in warehouse_outlook(cloud, source, "fr").columns]
    hidden = Source(kind="table", table="MMM.MARKETING.DAILY", connection="reader")
    told = warehouse_outlook(cloud, hidden, "fr").refused
    assert told is not None and "does not exist" in told.text
