"""Connections as people live them: made, tested, read through, changed, removed; refused to whoever may not; no secret
anywhere."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.service import create_app
from engine.cloud.cloud import Cloud
from engine.cloud.connection import Connection
from engine.cloud.connections import MOST, connection_of, list_connections, remove_connection, save_connection
from engine.data.dataset import Source
from engine.data.known import known_columns, known_tables
from engine.data.records import dataset_at, dataset_names
from engine.errors import NotFound
from engine.pipeline.read_columns import connected
from local import workspace
from local.environment import SECOND_KEY_SECRET
from local.faults import Fault
from local.person import Person, filled
from tests.slack_requests import command, deliver, interaction
from tests.stack import Stack, stack

NOW = datetime(2026, 12, 1, tzinfo=UTC)
CHANNEL, PRIVATE = workspace.MARKETING.id, workspace.LAUNCH.id
NORTH = {"account": "local", "user": "NORTH_SERVICE", "role": "NORTH_READER", "warehouse": "MMM_WH"}
NORTH |= {"database": "MMM", "schema_name": "MARKETING"}
# A value of the sample's first rows, which no message of a dataset says.
VALUE = "4785.51"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Ana is an admin, Ben an analyst, Gil a viewer."""
    rules = {"admins": '["U0ANA"]', "viewers": '["U0GIL"]', "warehouse_passwords": "false"}
    with stack(tmp_path_factory.mktemp("connect"), **rules) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_stands_open(product: Stack) -> Iterator[None]:
    yield
    product.snowflake_faults.clear()
    for person in ("U0ANA", "U0BEN"):
        product.slack.views.clear(person)


def form_of(person: Person) -> Json:
    person.type(CHANNEL, "/mmm connect new")
    return person.wait_for_view("connection")


def make(product: Stack, name: str, **changes: str) -> Json:
    """Make a connection by its form; returns what the form says then."""
    given = {**NORTH, "secret": SECOND_KEY_SECRET, **changes}
    answer = product.ana.submit(form_of(product.ana), name=name, **given)
    assert answer["ok"], answer
    view = product.ana.view()
    assert view is not None
    return view


def kept(product: Stack, name: str, **changes: str) -> Connection:
    """A connection that is there."""
    make(product, name, **changes)
    product.slack.views.clear("U0ANA")
    return connection_of(product.cloud.storage, product.settings, name)


def said_to(person: Person, channel: str, text: str, *, after: str) -> Json:
    message = person.wait_for_message(channel, text, after=after)
    assert message["ephemeral"]
    return message


def newest(person: Person, channel: str = CHANNEL) -> str:
    found = person.messages(channel)
    return str(found[-1]["ts"]) if found else "0"


def try_it(person: Person, name: str, says: str, channel: str = CHANNEL) -> Json:
    after = newest(person, channel)
    person.type(channel, f"/mmm connect {name}")
    return said_to(person, channel, says, after=after)


def everything_said(product: Stack) -> str:
    return json.dumps(product.ana.transcript())


def everything_stored(product: Stack) -> str:
    storage = product.cloud.storage
    return "".join(storage.get_bytes(one.path).decode(errors="replace") for one in storage.list(""))


# Made and tested


@pytest.mark.streamlit("connect-snowflake")
def test_an_admin_connects_a_warehouse_tests_it_in_the_form_and_makes_a_dataset_through_it(product: Stack) -> None:
    ana = product.ana
    view = make(product, "north")
    assert f"mmm secret {SECOND_KEY_SECRET} rsa_key.p8 --demo" in str(view["blocks"])
    ana.press_in(view, "connect_test")
    view = ana.wait(lambda: ((found := ana.view()) and "It took" in str(found) and found) or None, "the test")
    shown = str(view["blocks"])
    assert "*north* works, and only reads: 1 table or view" in shown
    assert "NORTH_SERVICE as NORTH_READER" in shown and "look, and change nothing (4 rights)" in shown
    assert "MMM_WH" in shown and "s to log in" in shown and "55378.28" in shown
    product.slack.views.clear("U0ANA")

    ana.type(CHANNEL, "/mmm dataset new")
    form = ana.wait_for_view("dataset_source")
    ana.choose(form, "kind", "table", title="Through north", country="fr")
    form = ana.wait(lambda: with_field(ana, "connection"), "the choice of connections")
    ana.choose(form, "connection", "north", title="Through north", country="fr", kind="table")
    form = ana.wait(lambda: with_field(ana, "connection", "north"), "the form of north")
    # What the role does not see is not offered.
    names = [option["value"] for option in ana.search(form, "table", "")]
    assert names == ["MMM.MARKETING.WEEKLY"]
    given = {"title": "Through north", "country": "fr", "connection": "north", "channel": CHANNEL}
    assert ana.submit(form, table="weekly", **given)["ok"]
    form = ana.wait_for_view("dataset_mapping")
    assert ana.submit(form)["ok"]
    ana.wait_for_message(CHANNEL, "Dataset Through north is ready")
    dataset = dataset_at(product.cloud.storage, dataset_names(product.cloud.storage)[0])
    assert dataset.source.connection == "north" and dataset.source.table == "MMM.MARKETING.WEEKLY"


def with_field(person: Person, name: str, chosen: str = "") -> Json | None:
    view = person.view()
    found = [block for block in view["blocks"] if block["block_id"] == name] if view else []
    if not found or (chosen and found[0]["element"]["initial_option"]["value"] != chosen):
        return None
    return view


def test_a_role_that_can_write_is_a_warning_that_names_what(product: Stack) -> None:
    kept(product, "writer", role="NORTH_WRITER")
    shown = str(try_it(product.ana, "writer", "may change things")["blocks"])
    assert "INSERT ON TABLE MMM.MARKETING.DAILY" in shown and "REVOKE INSERT" in shown
    assert "CREATE TABLE ON SCHEMA MMM.MARKETING" in shown


def test_the_list_says_how_each_was_found(product: Stack) -> None:
    kept(product, "listed")
    try_it(product.ana, "default", "default works")
    after = newest(product.ana)
    product.ana.type(CHANNEL, "/mmm connect")
    shown = said_to(product.ana, CHANNEL, "Connections", after=after)
    lines = [str(block) for block in shown["blocks"]]
    [own] = [line for line in lines if "*default*" in line]
    [other] = [line for line in lines if "*listed*" in line]
    assert "Works · 2 tables and views" in own and "Not tested" in other


def test_a_connection_that_changed_was_not_tested_as_it_is(product: Stack) -> None:
    kept(product, "moved")
    try_it(product.ana, "moved", "moved works")
    after = newest(product.ana)
    edit(product, "moved", role="NORTH_WRITER")
    product.ana.type(CHANNEL, "/mmm connect")
    shown = said_to(product.ana, CHANNEL, "Connections", after=after)
    [line] = [str(block) for block in shown["blocks"] if "*moved*" in str(block)]
    assert "Not tested as it is now" in line


def test_rows_of_a_table_that_one_chooses_are_shown_in_the_form_alone(product: Stack) -> None:
    message = try_it(product.ana, "default", "default works")
    said = len(product.ana.transcript())
    product.ana.press(CHANNEL, message, "connect_rows")
    form = product.ana.wait_for_view("connection_rows")
    product.ana.wait(lambda: product.ana.search(form, "connection_table", "dai") or None, "the tables")
    assert product.ana.submit(form, connection_table="daily")["ok"]
    view = product.ana.wait(lambda: ((v := product.ana.view()) and VALUE in str(v) and v) or None, "the rows")
    assert "19 columns, 5 first rows" in str(view["blocks"])
    posted = [call for call in product.ana.transcript()[said:] if call["method"].startswith("chat.")]
    assert VALUE not in json.dumps(posted)


def test_columns_of_a_table_are_found_by_part_of_their_names_and_shown_alone(product: Stack) -> None:
    ana = product.ana
    message = try_it(ana, "default", "default works")
    ana.press(CHANNEL, message, "connect_rows")
    form = ana.wait_for_view("connection_rows")
    ana.choose(form, "connection_table", "daily")
    form = ana.wait(lambda: with_field(ana, "connection_columns"), "the choice of columns")
    found = ana.wait(lambda: ana.search(form, "connection_columns", "cost") or None, "the columns")
    names = [option["value"] for option in found]
    assert "TV_COST" in names and all("COST" in name for name in names)
    chosen = [one for one in found if one["value"] in ("TV_COST", "FACEBOOK_COST")]
    values = {**filled(form), "connection_columns": {"connection_columns": {"selected_options": chosen}}}
    sent = {"type": "view_submission", "user": {"id": "U0ANA"}, "view": {**form, "state": {"values": values}}}
    app = create_app(product.settings, "bot", cloud=product.cloud)
    assert deliver(app, interaction(**sent)).json()["response_action"] == "update"
    view = ana.wait(lambda: ((v := ana.view()) and VALUE in str(v) and v) or None, "the rows")
    assert "2 columns, 5 first rows" in str(view["blocks"]) and "REVENUE" not in str(view["blocks"])


def test_an_address_that_holds_the_account_is_stored_as_the_account(product: Stack) -> None:
    one = kept(product, "address", account="https://myorg-acc.snowflakecomputing.com/console")
    assert one.account == "myorg-acc"


@pytest.mark.parametrize("channel", [CHANNEL, PRIVATE], ids=["public", "private"])
def test_what_a_test_shows_is_seen_by_whoever_asked_alone(product: Stack, channel: str) -> None:
    since = len(product.ana.transcript())
    message = try_it(product.ana, "default", "default works", channel)
    assert VALUE in str(message["blocks"])
    calls = [call for call in product.ana.transcript()[since:] if call["method"].startswith("chat.")]
    calls = [call for call in calls if VALUE in json.dumps(call)]
    assert [(call["method"], call["args"]["user"]) for call in calls] == [("chat.postEphemeral", "U0ANA")]
    assert VALUE not in json.dumps(product.ben.messages(channel) if channel == CHANNEL else [])


# What does not work, in words


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        ("390422", "IP 203.0.113.7 is not allowed to access Snowflake.", "network policy does not let the service in"),
        ("390102", "User temporarily locked.", "has locked the service's user"),
        ("390101", "User access disabled.", "has disabled the service's user"),
        ("390144", "JWT token is invalid.", "does not accept the service's login"),
        ("390189", "Role 'NORTH_READER' is not granted to this user.", "does not give the service its role"),
        ("390120", "Multi-factor authentication is required.", "asks the service's user for a second factor"),
        ("390201", "The requested account does not exist.", "does not know this account"),
    ],
    ids=["network", "locked", "disabled", "key", "role", "mfa", "account"],
)
def test_each_refused_login_has_its_own_words_and_names_the_connection(
    product: Stack, code: str, said: str, told: str
) -> None:
    if "refused" not in [one.name for one in list_connections(product.cloud.storage, product.settings)]:
        kept(product, "refused")
    body = json.dumps({"data": {}, "code": code, "message": said, "success": False})
    product.snowflake_faults.add(Fault("snowflake.login", "before", status=200, body=body, times=9))
    message = try_it(product.ana, "refused", "refused does not work")
    assert told in message["text"] and "MMM_SNOWFLAKE" not in str(message)
    assert product.snowflake_faults.planned[0].times >= 7, "wrong logins lock the user out"
    product.snowflake_faults.clear()


def test_a_secret_that_is_not_there_is_told_with_the_command_that_stores_it(product: Stack) -> None:
    kept(product, "keyless", secret="mmm-connection-keyless")
    message = try_it(product.ana, "keyless", "keyless does not work")
    assert "There is no secret mmm-connection-keyless yet" in message["text"]
    assert "mmm secret mmm-connection-keyless rsa_key.p8" in str(message["blocks"])


def test_a_user_of_another_key_is_refused(product: Stack) -> None:
    kept(product, "stranger", user="MMM_SERVICE")
    assert "does not accept" in try_it(product.ana, "stranger", "stranger does not work")["text"]


def test_a_connection_that_is_not_there_is_told(product: Stack) -> None:
    assert "There is no connection" in try_it(product.ana, "nowhere", "nowhere")["text"]


@pytest.mark.parametrize("text", ["<@U0BEN>", "x" * 1500, "a/../b", "🙂", "“q”"])
def test_an_odd_name_is_told_and_mentions_nobody(product: Stack, text: str) -> None:
    message = try_it(product.ana, text, "There is no connection")
    assert "<@U0BEN>" not in str(message["blocks"])


# What may not be stored


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "Not A Name", "small letters"),
        ("name", "default", "something else"),
        ("account", "https://evil.example.com", "not an address"),
        ("user", "a b", "service user"),
        ("role", "READER; DROP TABLE X", "as in SQL"),
        ("warehouse", "a b", "as in SQL"),
        ("database", "A.B.C", "as in SQL"),
        ("schema_name", "a b", "as in SQL"),
        ("secret", "slack-bot-token", "begins with mmm-connection-"),
        ("secret", "snowflake-private-key", "begins with mmm-connection-"),
        ("secret", "file:/etc/passwd", "begins with mmm-connection-"),
        ("secret", "projects/x/secrets/mmm-connection-a/versions/1", "begins with mmm-connection-"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_stored(
    product: Stack, field: str, value: str, said: str
) -> None:
    answer = product.ana.submit(form_of(product.ana), **{"name": "wrong", **NORTH, field: value})
    assert set(answer["errors"]) == {field} and said in answer["errors"][field]
    with pytest.raises(NotFound):
        connection_of(product.cloud.storage, product.settings, "wrong")


def test_a_name_that_is_taken_is_told_beside_it(product: Stack) -> None:
    kept(product, "taken")
    answer = product.ana.submit(form_of(product.ana), **{"name": "taken", **NORTH, "role": "OTHER"})
    assert "already" in answer["errors"]["name"]


@pytest.mark.parametrize("field", ["name", "account", "user", "role", "warehouse", "database", "schema_name", "secret"])
def test_a_key_that_is_pasted_into_any_field_is_refused_and_kept_nowhere(
    product: Stack, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    since = len(product.ana.transcript())
    with caplog.at_level("DEBUG"):
        answer = product.ana.submit(form_of(product.ana), **{"name": "pasted", **NORTH, field: PEM[:200]})
    assert set(answer["errors"]) == {field} and "never go through Slack" in answer["errors"][field]
    assert "PRIVATE KEY" not in everything_stored(product)
    assert "MIIEvQ" not in json.dumps(product.ana.transcript()[since:]) and "MIIEvQ" not in json.dumps(answer)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("bot", "engine"))]
    assert "MIIEvQ" not in str(ours)


def test_a_key_that_is_typed_behind_the_command_is_not_said_again(product: Stack) -> None:
    after = newest(product.ana)
    product.ana.type(CHANNEL, f"/mmm connect {PEM.replace(chr(10), ' ')}")
    message = said_to(product.ana, CHANNEL, "never go through Slack", after=after)
    assert "MIIEvQ" not in str(message)


def test_a_password_is_refused_in_words_where_nobody_allowed_it(product: Stack) -> None:
    form = form_of(product.ana)
    carried = json.loads(form["private_metadata"])
    assert carried["fixed"]["auth"][0] == "key_pair", "there is no choice"


def test_no_secret_was_ever_said_or_stored(product: Stack) -> None:
    kept(product, "quiet")
    try_it(product.ana, "quiet", "quiet works")
    key = product.cloud.secrets.read(f"projects/{product.settings.project}/secrets/{SECOND_KEY_SECRET}/versions/latest")
    line = key.splitlines()[2]
    assert line not in everything_said(product) and line not in everything_stored(product)


# Changed and removed


def edit(product: Stack, name: str, **changes: str) -> Json:
    after = newest(product.ana)
    product.ana.type(CHANNEL, f"/mmm connect {name}")
    message = said_to(product.ana, CHANNEL, f"{name} ", after=after)
    message = product.ana.wait(lambda: with_button(product.ana, "connect_edit", after), "the answer")
    product.ana.press(CHANNEL, message, "connect_edit")
    return product.ana.submit(product.ana.wait_for_view("connection"), **changes)


def with_button(person: Person, action: str, after: str) -> Json | None:
    found = [one for one in person.messages(CHANNEL) if one["ts"] > after and action in str(one["blocks"])]
    return found[-1] if found else None


def test_a_connection_is_changed_by_its_form(product: Stack) -> None:
    kept(product, "renewed")
    assert edit(product, "renewed", role="NORTH_WRITER")["ok"]
    assert connection_of(product.cloud.storage, product.settings, "renewed").role == "NORTH_WRITER"


def test_whoever_changes_what_was_changed_meanwhile_is_told(product: Stack) -> None:
    known = kept(product, "raced")
    message = try_it(product.ana, "raced", "raced works")
    product.ana.press(CHANNEL, message, "connect_edit")
    form = product.ana.wait_for_view("connection")
    faster = known.model_copy(update={"role": "FASTER"})
    save_connection(product.cloud.storage, faster, NOW, changed=known)
    assert "meanwhile" in str(product.ana.submit(form, role="SLOWER")["errors"])
    assert connection_of(product.cloud.storage, product.settings, "raced").role == "FASTER"


def test_the_connection_of_the_settings_offers_no_change_and_refuses_one(product: Stack) -> None:
    message = try_it(product.ana, "default", "default works")
    assert "connect_edit" not in str(message) and "connect_remove" not in str(message)
    with_edit = {**message, "blocks": [{"type": "actions", "block_id": "b", "elements": [EDIT_DEFAULT]}]}
    after = newest(product.ana)
    product.ana.press(CHANNEL, with_edit, "connect_edit")
    said_to(product.ana, CHANNEL, "set up where the service runs", after=after)


EDIT_DEFAULT = {
    "type": "button",
    "action_id": "connect_edit",
    "value": "default",
    "text": {"type": "plain_text", "text": "x"},
}


def test_a_connection_is_removed_after_what_uses_it_was_told_and_its_datasets_say_so(product: Stack) -> None:
    ana = product.ana
    kept(product, "leaving")
    ana.type(CHANNEL, "/mmm dataset new")
    form = ana.wait_for_view("dataset_source")
    ana.choose(form, "kind", "select", title="Orphan", country="fr")
    form = ana.wait(lambda: with_field(ana, "sql"), "the field of the SELECT")
    sql = "SELECT DATE, COUNTRY, REVENUE, TV_COST, SEARCH_COST FROM WEEKLY"
    assert ana.submit(form, title="Orphan", country="fr", connection="leaving", sql=sql, channel=CHANNEL)["ok"]
    assert ana.submit(ana.wait_for_view("dataset_mapping"))["ok"]
    ana.wait_for_message(CHANNEL, "Dataset Orphan is ready")

    message = try_it(ana, "leaving", "leaving works")
    after = newest(ana)
    ana.press(CHANNEL, message, "connect_remove")
    asked = said_to(ana, CHANNEL, "Remove the connection leaving?", after=after)
    assert "*Orphan*" in str(asked["blocks"])
    ana.press(CHANNEL, asked, "connect_removed")
    said_to(ana, CHANNEL, "The connection leaving is removed.", after=asked["ts"])
    ana.press(CHANNEL, asked, "connect_removed")
    said_to(ana, CHANNEL, "It was removed already.", after=asked["ts"])


def test_a_form_that_stood_open_while_its_connection_was_removed_says_so(product: Stack) -> None:
    kept(product, "passing")
    ana = product.ana
    ana.type(CHANNEL, "/mmm dataset new")
    form = ana.wait_for_view("dataset_source")
    ana.choose(form, "kind", "select", title="Late", country="fr")
    form = ana.wait(lambda: with_field(ana, "sql"), "the field of the SELECT")
    remove_connection(product.cloud.storage, "passing")
    given = {"title": "Late", "country": "fr", "connection": "passing", "channel": CHANNEL}
    assert "removed meanwhile" in ana.submit(form, sql="SELECT 1 AS N", **given)["errors"]["connection"]


def test_a_dataset_whose_connection_is_gone_is_told_when_it_is_read_anew(product: Stack) -> None:
    """Its name stands in the dataset; once there is one of that name again, it is read through that."""
    one = kept(product, "vanished")
    source = Source(kind="select", sql="SELECT 1 AS N", connection="vanished")
    cloud = Cloud(product.settings)
    assert connected(cloud, source).preview("SELECT 1 AS N") == [{"N": 1}]
    remove_connection(product.cloud.storage, "vanished")
    with pytest.raises(NotFound, match="no connection “vanished”"):
        connected(cloud, source)
    save_connection(product.cloud.storage, one, NOW)
    assert connected(cloud, source).preview("SELECT 1 AS N") == [{"N": 1}]


# Who may


def test_an_analyst_tests_and_neither_makes_nor_changes(product: Stack) -> None:
    kept(product, "shared")
    message = try_it(product.ben, "shared", "shared works")
    assert (
        "connect_test" in str(message) and "connect_edit" not in str(message) and "connect_remove" not in str(message)
    )
    for text in ("/mmm connect new",):
        after = newest(product.ben)
        product.ben.type(CHANNEL, text)
        said_to(product.ben, CHANNEL, "admin", after=after)
    assert product.ben.view() is None


@pytest.mark.parametrize("action", ["connect_new", "connect_edit", "connect_remove", "connect_removed"])
def test_a_button_of_an_admin_refuses_an_analyst(product: Stack, action: str) -> None:
    if "kept" not in [one.name for one in list_connections(product.cloud.storage, product.settings)]:
        kept(product, "kept")
    shown = try_it(product.ben, "kept", "kept works")
    pressed = {**EDIT_DEFAULT, "action_id": action, "value": "kept"}
    after = newest(product.ben)
    product.ben.press(
        CHANNEL, {**shown, "blocks": [{"type": "actions", "block_id": "b", "elements": [pressed]}]}, action
    )
    said_to(product.ben, CHANNEL, "admin", after=after)
    assert connection_of(product.cloud.storage, product.settings, "kept").name == "kept"


@pytest.mark.parametrize("text", ["connect", "connect default", "connect new"])
def test_a_viewer_is_refused_and_told_nothing_of_it(product: Stack, text: str) -> None:
    rules = {"viewers": ("U0BEN",), "contact": "U0ANA"}
    app = create_app(product.settings.model_copy(update=rules), "bot", cloud=product.cloud)
    answer = deliver(app, command(product, text, user_id="U0BEN")).text
    assert "analyst" in answer or "admin" in answer
    assert "MMM_SERVICE" not in answer and "MMM_READER" not in answer


# What forms offer


def test_a_table_that_is_chosen_has_its_columns_at_hand(product: Stack) -> None:
    ana = product.ana
    ana.type(CHANNEL, "/mmm dataset new")
    form = ana.wait_for_view("dataset_source")
    ana.choose(form, "kind", "table", title="Columns", country="fr")
    form = ana.wait(lambda: with_field(ana, "table"), "the field of the table")
    own = connection_of(product.cloud.storage, product.settings, "")
    ana.wait(lambda: known_tables(product.cloud.storage, own.scope) or None, "the tables")
    ana.choose(form, "table", "weekly", title="Columns", country="fr")
    table = "MMM.MARKETING.WEEKLY"
    found = ana.wait(lambda: known_columns(product.cloud.storage, own.scope, table) or None, "the columns")
    assert ("COUNTRY", "text") in [(one.name, one.type) for one in found]
    assert all(one.examples == () for one in found), "examples are values"


def test_one_connection_too_many_is_refused_in_words(product: Stack) -> None:
    storage = product.cloud.storage
    there = len(list_connections(storage, product.settings)) - 1
    many = [f"many{number:02}" for number in range(MOST - there)]
    for name in many:
        save_connection(storage, Connection(name=name, who="U0ANA", secret=SECOND_KEY_SECRET, **NORTH), NOW)
    try:
        answer = product.ana.submit(form_of(product.ana), **{"name": "toomany", **NORTH})
        assert f"There are {MOST} connections already" in answer["errors"]["name"]
        after = newest(product.ana)
        product.ana.type(CHANNEL, "/mmm connect")
        shown = str(said_to(product.ana, CHANNEL, "Connections", after=after)["blocks"])
        assert all(f"*{name}*" in shown for name in ["default", *many])
    finally:
        for name in many:
            remove_connection(storage, name)


def test_a_form_that_is_sent_twice_makes_one_connection_and_says_the_same(product: Stack) -> None:
    form = form_of(product.ana)
    given = {"name": "twice", **NORTH, "secret": SECOND_KEY_SECRET}
    values = {name: {name: {"type": "plain_text_input", "value": value}} for name, value in given.items()}
    whole = {**form, "state": {"values": {**filled(form), **values}}}
    sent = {"type": "view_submission", "user": {"id": "U0ANA"}, "view": whole}
    app = create_app(product.settings, "bot", cloud=product.cloud)
    first, again = (deliver(app, interaction(**sent)).json() for _ in range(2))
    assert first == again and "The connection *twice* is there" in json.dumps(first)
    assert [one.name for one in list_connections(product.cloud.storage, product.settings)].count("twice") == 1
