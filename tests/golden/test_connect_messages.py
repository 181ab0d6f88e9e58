"""Every message and form about connections, state by state, against its golden file.

`UPDATE_GOLDEN=1 pytest tests/golden/test_connect_messages.py` writes them anew; look at the difference before you
commit.
"""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.data import connect_form, connect_messages
from bot.data.modals import source_form
from bot.data.through import choices, option_of
from bot.slack.blocks import Message
from bot.slack.form import View
from bot.slack.limits import fit_message, fit_view
from bot.slack.pictures import Pictures
from engine.cloud.connection import Connection, secret_prefix
from engine.cloud.connections import MOST
from engine.cloud.looks import Look
from engine.listing import Beside
from engine.ports import Notice
from engine.settings import Settings
from local.slack.check import check_message, check_view

FOLDER = Path(__file__).parent / "connect"
AT = datetime(2026, 11, 22, 21, 15, tzinfo=UTC)
GIVEN: dict[str, Any] = {"workspace": "T0123", "project": "acme", "bucket": "b", "worker_url": "http://w"}
GIVEN |= {"tasks_account": "t@p", "slack_signing_secret": "file:x", "slack_token_secret": "file:x"}
SETTINGS = Settings(**GIVEN)
LOCAL = Settings(**GIVEN, secrets_url="http://127.0.0.1:1", warehouse_passwords=True)
NORTH = Connection(
    name="north",
    account="ACME-NORTH",
    user="MMM_SVC",
    warehouse="WH",
    database="SALES",
    schema_name='"a <b> schema"',
    role="MMM_READER",
    secret="mmm-connection-north",
    who="U0ANA",
    created_at=AT,
    changed_at=AT,
)
OWN = NORTH.model_copy(update={"name": "default", "who": "", "secret": "projects/acme/secrets/k/versions/latest"})
BIGQUERY = Connection(
    name="bq",
    kind="bigquery",
    account="acme-data",
    schema_name="marketing",
    auth="workload",
    who="U0ANA",
    changed_at=AT,
)
BQ_SESSION = {"role": "me@acme", "warehouse": "acme-data", "database": "acme-data", "user": "me@acme", "schema": ""}
SESSION = {"role": "MMM_READER", "warehouse": "WH", "database": "SALES", "user": "MMM_SVC", "schema": ""}
ROWS = {
    "table": "SALES.MART.DAILY",
    "columns": [{"name": "DATE", "type": "date"}, {"name": "a <b> `column`", "type": "text"}],
    "values": [["2026-01-05", "2026-01-12"], ["<@U1> ```", ""]],
    "rows": 2,
}
WIDE = {
    "table": "SALES.MART.WIDE",
    "columns": [{"name": f"COLUMN_{n}", "type": "number"} for n in range(300)],
    "values": [[str(n)] * 5 for n in range(300)],
    "rows": 5,
}
COMMAND = "gcloud secrets create mmm-connection-north --project=acme --data-file=rsa_key.p8"
WORKS = {
    "connection": NORTH.model_dump(mode="json"),
    "command": COMMAND,
    "login_seconds": 0.41,
    "seconds": 2.04,
    "session": SESSION,
    "faults": [],
    "grants": 12,
    "tables": 1234,
    "schemas": 3,
    "databases": 1,
    "more": False,
}
WRITES = {"writing": "INSERT ON TABLE SALES.MART.DAILY and 4 more", "revoke": "REVOKE INSERT ON TABLE …;"}
LOOKS = {
    "north": Look(name="north", scope=NORTH.scope, at=AT, works=True, tables=1234),
    "writer": Look(name="writer", scope=NORTH.scope, at=AT, works=True, tables=1, writes=True),
    "broken": Look(name="broken", scope=NORTH.scope, at=AT, works=False, said="Snowflake has locked <b> the user."),
    "changed": Look(name="changed", scope="other", at=AT, works=True),
}


def named(name: str, **changes: Any) -> Connection:
    return NORTH.model_copy(update={"name": name, **changes})


def told(kind: str, **data: Any) -> Notice:
    return Notice(key="k", kind=kind, workspace="T0123", user="U0ANA", data=data, created_at=AT)


def of_test(**data: Any) -> Message:
    ask = {"about": {"changes": data.pop("changes", True)}}
    message = connect_messages.tested(told("connection_test", ask=ask, **data), Pictures())
    assert isinstance(message, Message)
    return message


def in_form(**data: Any) -> View:
    view = connect_messages.tested(told("connection_test", ask={"about": {}, "view": "V1"}, **data), Pictures())
    assert isinstance(view, dict)
    return view


def rows(**data: Any) -> View:
    return connect_messages.rows(told("connection_rows", connection=NORTH.model_dump(mode="json"), **data), Pictures())


FAULT = {"what": "Snowflake logs us in as PUBLIC, not as MMM_READER.", "fix": "In Snowflake: GRANT …;", "grave": True}
ERROR = {"what": "Snowflake has locked the service's user.", "todo": "Whoever looks after Snowflake must unlock it."}
MESSAGES: dict[str, Callable[[], Message]] = {
    "list": lambda: connect_messages.listing([OWN, *(named(name) for name in LOOKS)], LOOKS),
    "list_empty": lambda: connect_messages.listing([], {}),
    "list_unreadable": lambda: connect_messages.listing([NORTH], {}, Beside(unreadable=("connections/x.json",))),
    "works": lambda: of_test(**WORKS, **ROWS),
    "works_for_an_analyst": lambda: of_test(**WORKS, changes=False),
    "works_default": lambda: of_test(**{**WORKS, "connection": OWN.model_dump(mode="json"), "command": ""}),
    "works_wide": lambda: of_test(**WORKS, **WIDE),
    "works_unread": lambda: of_test(**WORKS, unread={"table": "SALES.MART.DAILY", **ERROR}),
    "works_bigquery": lambda: of_test(
        **{**WORKS, "connection": BIGQUERY.model_dump(mode="json"), "session": BQ_SESSION}
    ),
    "writes": lambda: of_test(**WORKS, **WRITES, **ROWS),
    "rights_untold": lambda: of_test(**{key: value for key, value in WORKS.items() if key != "grants"}, untold="No."),
    "sees_nothing": lambda: of_test(**{**WORKS, "tables": 0, "schemas": 0, "databases": 0}),
    "sees_too_much": lambda: of_test(**{**WORKS, "tables": 10_000, "more": True}),
    "wrong_role": lambda: of_test(**{**WORKS, "faults": [FAULT]}),
    "breaks_off": lambda: of_test(**{key: WORKS[key] for key in list(WORKS)[:7]}, error=ERROR),
    "refused": lambda: of_test(connection=WORKS["connection"], command=COMMAND, error=ERROR, seconds=0.3),
    "refused_for_other_reasons": lambda: of_test(connection=WORKS["connection"], command="", error=ERROR, seconds=0.3),
    "remove": lambda: connect_messages.remove_asked(NORTH, [], more=True),
    "remove_used": lambda: connect_messages.remove_asked(NORTH, [f"Set <b> {n}" for n in range(9)], more=False),
    "removed": lambda: connect_messages.removed("north", was_there=True),
    "removed_before": lambda: connect_messages.removed("north", was_there=False),
}
VIEWS: dict[str, Callable[[], View]] = {
    "form_new": lambda: connect_form.connection_form(SETTINGS),
    "form_change": lambda: connect_form.connection_form(SETTINGS, known=NORTH, seen="abc"),
    "form_local": lambda: connect_form.connection_form(LOCAL),
    "test_in_a_form": lambda: in_form(**WORKS, **ROWS),
    "form_bigquery": lambda: connect_form.connection_form(SETTINGS, kind="bigquery"),
    "form_change_bigquery": lambda: connect_form.connection_form(SETTINGS, known=BIGQUERY, seen="abc"),
    "form_rows": lambda: connect_form.rows_form("north"),
    "form_rows_of_a_table": lambda: connect_form.rows_form("north", chosen=option_of("SALES.MART.DAILY")),
    "rows": lambda: rows(**ROWS),
    "rows_none": lambda: rows(**{**ROWS, "values": [[], []], "rows": 0}),
    "rows_wide": lambda: rows(**WIDE),
    "stored": lambda: connect_messages.stored(NORTH, COMMAND, new=True),
    "changed": lambda: connect_messages.stored(NORTH, COMMAND, new=False),
    "source_of_several": lambda: source_form(
        kind="table", channel="C0", warehouse=True, opened_at=AT, connections=choices([OWN, NORTH]), connection="north"
    ),
}


def check_golden(name: str, drawn: Any) -> None:
    path = FOLDER / f"{name}.json"
    text = json.dumps(drawn, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.exists(), f"there is no golden file for {name}"
    assert json.loads(path.read_text()) == json.loads(text)


def drawn(message: Message) -> tuple[str, list[dict[str, Any]]]:
    text, blocks = fit_message(message.text, message.blocks)
    check_message(json.loads(json.dumps(blocks)), lambda _: True)
    return text, blocks


@pytest.mark.parametrize("name", MESSAGES)
def test_message_is_as_agreed_and_slack_takes_it(name: str) -> None:
    text, blocks = drawn(MESSAGES[name]())
    assert text.strip() and "<b>" not in str(blocks) and "<@U1>" not in str(blocks)
    assert sum(len(one["elements"]) for one in blocks if one["type"] == "actions") <= 5
    check_golden(name, {"text": text, "blocks": blocks})


@pytest.mark.parametrize("name", VIEWS)
def test_view_is_as_agreed_and_slack_takes_it(name: str) -> None:
    view = fit_view(VIEWS[name]())
    check_view(json.loads(json.dumps(view)), lambda _: True)
    assert "<@U1>" not in str(view)
    check_golden(name, view)


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*MESSAGES, *VIEWS}


def test_the_rows_of_a_wide_table_are_all_shown_in_the_form_and_a_message_says_what_it_leaves_out() -> None:
    shown = str(fit_view(VIEWS["rows_wide"]()))
    assert all(f"COLUMN_{n} " in shown for n in range(300))
    assert "288 more columns" in str(drawn(MESSAGES["works_wide"]())[1])


def test_the_form_holds_no_field_for_a_secret_and_says_so() -> None:
    view = connect_form.connection_form(SETTINGS)
    fields = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    assert fields == {"name", "connection_kind", *connect_form.fields_of("snowflake"), "secret"}
    assert "Never type or paste" in str(view) and "gcloud secrets create" in str(view)


def test_as_many_connections_as_there_may_be_are_all_in_the_list() -> None:
    """With the longest names that Slack's limits and ours allow."""
    many = [named(f"n{number:02}".ljust(40, "x"), role="R" * 255, database="D" * 255) for number in range(MOST)]
    looks = {one.name: Look(name=one.name, scope=one.scope, at=AT, works=False, said="x" * 2000) for one in many}
    _, blocks = drawn(connect_messages.listing([OWN, *many], looks, Beside(unreadable=("a",))))
    shown = str(blocks)
    assert all(f"*{one.name}*" in shown for one in many)
    assert len([one for one in blocks if "accessory" in one]) == MOST + 1 and "connect_new" in shown


NAMES = st.text(min_size=1, max_size=2000)


@given(
    st.lists(NAMES, max_size=300),
    st.text(max_size=100),
    st.integers(0, 5),
    st.text(max_size=2000),
    st.booleans(),
)
def test_whatever_a_warehouse_says_slack_takes_it(
    names: list[str], value: str, count: int, said: str, broken: bool
) -> None:
    columns = [{"name": name, "type": "text"} for name in names]
    seen = {"table": said or "T", "columns": columns, "values": [[value] * count for _ in names], "rows": count}
    fault = {"what": said or "x", "fix": said, "grave": broken}
    session = dict.fromkeys(SESSION, said)
    drawn(of_test(**{**WORKS, "session": session, "faults": [fault]}, **seen, writing=said, revoke=said))
    drawn(of_test(connection=WORKS["connection"], command="", error={"what": said or "x", "todo": said}, seconds=1.0))
    view = fit_view(rows(**seen))
    check_view(json.loads(json.dumps(view)), lambda _: True)


def test_the_command_is_for_this_workspaces_secrets() -> None:
    assert secret_prefix(SETTINGS) in str(connect_form.connection_form(SETTINGS))
