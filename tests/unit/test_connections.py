"""Connections: what may be stored of one, which secret it reads, and what others find of it."""

import string
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import paths
from engine.cloud.connection import (
    DEFAULT,
    Connection,
    default_of,
    looks_pasted,
    passwords_allowed,
    problems_of,
    reference_of,
    secret_prefix,
)
from engine.cloud.connections import MOST, connection_of, list_connections, remove_connection, save_connection
from engine.cloud.storage import Storage
from engine.cloud.warehouse_words import of_connection
from engine.errors import BadData, BadInput, BrokenState, NotFound, Refused
from engine.settings import Settings
from tests.faults.fake_cloud import FakeCloud

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GIVEN: dict[str, Any] = {
    "workspace": "T0123",
    "project": "acme",
    "bucket": "b",
    "worker_url": "http://w",
    "tasks_account": "t@p",
    "slack_signing_secret": "projects/acme/secrets/mmm-slack-signing-secret/versions/latest",
    "slack_token_secret": "projects/acme/secrets/mmm-slack-token/versions/latest",
}
OWN = {"snowflake_account": "ACME-ONE", "snowflake_user": "SVC", "snowflake_key_secret": "file:/run/key.pem"}


def settings(**changes: Any) -> Settings:
    return Settings(**GIVEN | changes)


def north(**changes: Any) -> Connection:
    given = {"name": "north", "account": "ACME-NORTH", "user": "MMM_SVC", "role": "MMM_READER", "who": "U1"}
    where = {"warehouse": "WH", "database": "SALES", "schema_name": "MART", "secret": "mmm-connection-north"}
    return Connection.model_validate(given | where | changes)


@pytest.fixture
def storage() -> Storage:
    return cast(Storage, FakeCloud().storage)


# What may be stored


def test_a_whole_connection_has_no_problem() -> None:
    assert problems_of(north(), settings()) == {}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        *((("name"), name, "small letters") for name in ("", "North", "a b", "-a", "a-", "x" * 41, "ü", "a/b", "../a")),
        ("name", DEFAULT, "something else"),
        ("name", "new", "something else"),
        ("account", "", "account identifier"),
        ("account", "https://evil.example.com", "not an address"),
        ("account", "evil.example.com", "not an address"),
        ("account", "acc:443", "not an address"),
        ("account", "acc/../x", "not an address"),
        ("user", "", "service user"),
        ("user", "a b", "service user"),
        ("warehouse", "", "Name the warehouse"),
        ("database", "", "Name the database"),
        ("role", "", "Name the role"),
        ("role", "A;DROP", "as in SQL"),
        ("database", 'A".B', "as in SQL"),
        ("schema_name", "x\ny", "as in SQL"),
        ("warehouse", "x" * 300, "as in SQL"),
        ("secret", "", "begins with mmm-connection-"),
        ("secret", "mmm-connection-", "begins with mmm-connection-"),
        ("secret", "mmm-slack-token", "begins with mmm-connection-"),
        ("secret", "mmm-snowflake-key", "begins with mmm-connection-"),
        ("secret", "projects/acme/secrets/mmm-connection-north/versions/latest", "begins with"),
        ("secret", "mmm-connection-x/versions/1", "begins with"),
        ("secret", "file:/etc/passwd", "begins with"),
        ("secret", "mmm-connection-x\n", "begins with"),
        ("auth", "password", "development only"),
    ],
)
def test_what_is_wrong_with_a_connection_stands_beside_its_field(field: str, value: str, said: str) -> None:
    problems = problems_of(north(**{field: value}), settings())
    assert list(problems) == [field] and said in problems[field]


@pytest.mark.parametrize("role", ['"lower role"', '"a ""b"" c"', '"Größe"', "MMM_READER", "_x$1"])
def test_names_are_taken_as_sql_writes_them(role: str) -> None:
    assert problems_of(north(role=role), settings()) == {}


# Which secret is read


def test_a_connection_reads_the_newest_version_of_its_secret_in_our_project() -> None:
    assert reference_of(north(), settings()) == "projects/acme/secrets/mmm-connection-north/versions/latest"


def test_the_settings_connection_reads_what_the_settings_name() -> None:
    own = default_of(settings(**OWN))
    assert own is not None and reference_of(own, settings(**OWN)) == "file:/run/key.pem"


def test_a_stored_connection_cannot_take_the_settings_place() -> None:
    """Whatever is written into the bucket under that name, the settings' own key stays theirs."""
    fake = FakeCloud(**OWN)
    fake.storage.put(paths.connection(DEFAULT), north(name=DEFAULT, account="EVIL").model_dump_json().encode())
    storage = cast(Storage, fake.storage)
    assert connection_of(storage, fake.settings, DEFAULT).account == "ACME-ONE"
    assert [one.account for one in list_connections(storage, fake.settings)] == ["ACME-ONE"]
    with pytest.raises(BadData):
        connection_of(storage, settings(), DEFAULT)


SECRETS = st.one_of(
    st.text(max_size=300),
    st.text(string.ascii_letters + string.digits + "-_/.:", max_size=80),
    st.builds("mmm-connection-{}".format, st.text(max_size=40)),
    st.builds("mmm-connection-T0123-{}".format, st.text(string.ascii_letters + "-_/", max_size=40)),
    st.sampled_from(["mmm-slack-token", "mmm-slack-token-T0123", "mmm-connection-T999-x", "file:x", "../x", ""]),
)


@given(SECRETS, st.booleans())
def test_whatever_is_stored_only_this_workspaces_connection_secrets_are_ever_named(secret: str, many: bool) -> None:
    installs: dict[str, Any] = {"slack_client_id": "1.2", "slack_client_secret": "file:c", "public_url": "https://m"}
    installs |= {"workspaces": ["*"]}
    whole = Settings(**{**GIVEN, **installs, "workspace": "", "slack_token_secret": ""}) if many else settings()
    ours = whole.model_copy(update={"workspace": "T0123"})
    try:
        reference = reference_of(north(secret=secret), ours)
    except BadInput:
        return
    begins = "projects/acme/secrets/mmm-connection-" + ("T0123-" if many else "")
    name = reference.removeprefix("projects/acme/secrets/").removesuffix("/versions/latest")
    assert reference.startswith(begins) and set(name) <= set(string.ascii_letters + string.digits + "-_")


def test_one_workspaces_secrets_begin_no_others() -> None:
    teams = [settings().model_copy(update={"slack_client_id": "1.2", "workspace": team}) for team in ("T1", "T12")]
    one, other = (secret_prefix(each) for each in teams)
    assert not one.startswith(other) and not other.startswith(one)


@pytest.mark.parametrize(
    ("said", "secrets_url", "allowed"),
    [(True, "http://127.0.0.1:1", True), (False, "http://127.0.0.1:1", False), (True, "", False), (False, "", False)],
)
def test_a_password_takes_an_operators_word_and_no_real_secret_manager(
    said: bool, secrets_url: str, allowed: bool
) -> None:
    assert passwords_allowed(settings(warehouse_passwords=said, secrets_url=secrets_url)) is allowed


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----",
        '{"type": "service_account", "private_key": "x"}',
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj",
    ],
)
def test_a_pasted_key_is_known(text: str) -> None:
    assert looks_pasted(text)


@given(st.from_regex(r"[A-Za-z_][A-Za-z0-9_$]{0,40}", fullmatch=True))
def test_names_are_not_taken_for_keys(name: str) -> None:
    assert not looks_pasted(name) or name.startswith("MII")


# Stored, listed, changed, removed


def test_what_was_saved_is_found_and_listed_by_one_request(storage: Storage) -> None:
    for number in range(MOST):
        save_connection(storage, north(name=f"n{number:02}"), NOON)
    world = storage._world  # type: ignore[attr-defined]
    before = len(world.calls)
    found = list_connections(storage, settings(**OWN))
    assert [one.name for one in found] == [DEFAULT, *(f"n{number:02}" for number in range(MOST))]
    assert len(world.calls) - before == 1
    assert connection_of(storage, settings(), "n07") == found[8]


def test_the_same_form_sent_twice_makes_one_connection(storage: Storage) -> None:
    first = save_connection(storage, north(), NOON)
    assert save_connection(storage, north(who="U2"), datetime(2027, 1, 1, tzinfo=UTC)) == first


def test_a_name_that_is_taken_is_refused(storage: Storage) -> None:
    save_connection(storage, north(), NOON)
    with pytest.raises(BadInput, match="already") as raised:
        save_connection(storage, north(role="OTHER"), NOON)
    assert raised.value.field == "name"


def test_of_two_who_change_a_connection_the_second_is_told(storage: Storage) -> None:
    seen = save_connection(storage, north(), NOON)
    save_connection(storage, north(role="ONE"), NOON, changed=seen)
    with pytest.raises(BadInput, match="meanwhile"):
        save_connection(storage, north(role="TWO"), NOON, changed=seen)
    assert connection_of(storage, settings(), "north").role == "ONE"


def test_a_removed_connection_is_told_in_words(storage: Storage) -> None:
    seen = save_connection(storage, north(), NOON)
    assert remove_connection(storage, "north") and not remove_connection(storage, "north")
    with pytest.raises(NotFound, match="no connection “north”"):
        connection_of(storage, settings(), "north")
    with pytest.raises(NotFound, match="removed meanwhile"):
        save_connection(storage, north(role="X"), NOON, changed=seen)


def test_the_settings_connection_cannot_be_removed(storage: Storage) -> None:
    storage.create(paths.connection(DEFAULT), {})
    assert not remove_connection(storage, DEFAULT)


@pytest.mark.parametrize("name", ["../settings/x", "a/b", "", "ü", "x" * 2000, "<@U1>"])
def test_an_odd_name_reads_nothing(storage: Storage, name: str) -> None:
    with pytest.raises((NotFound, BadData)):
        connection_of(storage, settings(), name)


def test_one_that_cannot_be_read_hides_no_other() -> None:
    fake = FakeCloud()
    storage = cast(Storage, fake.storage)
    save_connection(storage, north(), NOON)
    fake.storage.put(paths.connection("broken"), b'{"name": 1}')
    fake.storage.put(paths.connection("newer"), b'{"schema_version": 2}')
    fake.storage.put(paths.connection("other"), north().model_dump_json().encode())
    found = list_connections(storage, settings())
    assert [one.name for one in found] == ["north"] and len(found.unreadable) == 3
    with pytest.raises(BrokenState):
        connection_of(storage, settings(), "broken")


# What is shared


@pytest.mark.parametrize("field", ["account", "user", "role", "warehouse", "database", "schema_name"])
def test_what_one_role_saw_is_not_shown_to_another(field: str) -> None:
    assert north(**{field: "OTHER"}).scope != north().scope


def test_the_same_login_under_another_name_sees_the_same() -> None:
    assert north(name="south", who="U9").scope == north().scope


# Words


def test_an_error_of_a_named_connection_speaks_of_it_and_of_no_setting() -> None:
    error = Refused("No.", "An operator must check MMM_SNOWFLAKE_ROLE and GRANT ROLE … TO USER ….")
    assert "MMM_" not in of_connection(north(), error).todo and "/mmm connect north" in error.todo
    own = default_of(settings(**OWN))
    assert own is not None
    assert "MMM_SNOWFLAKE_ROLE" in of_connection(own, Refused("No.", "Check MMM_SNOWFLAKE_ROLE.")).todo
