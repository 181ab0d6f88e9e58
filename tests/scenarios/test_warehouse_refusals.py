"""A warehouse that lets nobody in, and a SELECT without end: told in Slack within a minute, with nothing stored."""

import json
import time
from typing import Any

from engine import paths
from local import workspace
from local.faults import Fault
from local.person import Person
from tests.stack import Stack

CHANNEL = workspace.MARKETING.id
A_MINUTE = 60.0


def send(person: Person, *, select: str) -> None:
    """Define a dataset by a SELECT."""
    person.type(CHANNEL, "/mmm dataset new")
    form = person.wait_for_view("dataset_source")
    person.choose(form, "kind", "select")

    def with_field() -> dict[str, Any] | None:
        view = person.view()
        return view if view and any(block["block_id"] == "sql" for block in view["blocks"]) else None

    form = person.wait(with_field, "the field of the SELECT")
    assert person.submit(form, title="Refused", country="fr", sql=select, channel=CHANNEL)["ok"]


def test_a_login_that_the_network_policy_blocks_is_told_within_a_minute(product: Stack) -> None:
    said = "Incoming request with IP/Token 203.0.113.7 is not allowed to access Snowflake."
    body = json.dumps({"data": {}, "code": "390422", "message": said, "success": False})
    product.snowflake_faults.add(Fault("snowflake.login", "before", status=200, body=body, times=99))
    began = time.monotonic()
    send(product.ana, select="SELECT DATE, REVENUE, TV_COST FROM MMM.MARKETING.WEEKLY")
    form = product.ana.wait_for_view("failed")
    assert time.monotonic() - began < A_MINUTE
    assert "network policy" in str(form["blocks"]) and "203.0.113.7" in str(form["blocks"])


def test_a_select_without_end_is_refused_with_nothing_written(product: Stack) -> None:
    before = {entry.path for entry in product.cloud.storage.list(paths.DATASETS)}
    rows = "TABLE(GENERATOR(ROWCOUNT => 1000000000000))"
    send(
        product.ana,
        select=f"SELECT DATEADD(day, SEQ4(), '2022-01-01'::DATE) AS DAY, SEQ4() AS COST, 1 AS SALES FROM {rows}",
    )
    form = product.ana.wait_for_view("dataset_mapping")
    after = product.ana.messages(CHANNEL)[-1]["ts"]
    assert product.ana.submit(form, date_var="DAY", dep_var="SALES", paid_media_spends=["COST"])["ok"]
    message = product.ana.wait_for_message(CHANNEL, "was not made", after=after)
    assert "Aggregate it first" in str(message["blocks"])
    assert {entry.path for entry in product.cloud.storage.list(paths.DATASETS)} == before
