"""Review: what a dataset shows, typed and pressed, over signed HTTP: the finding, one picture, further looks."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from engine.data.dataset import Dataset
from local import workspace
from local.faults import Fault
from local.sample import daily, weekly
from tests.kept_rows import keep_rows
from tests.stack import Stack

pytestmark = pytest.mark.slow
CHANNEL = workspace.MARKETING.id
Json = dict[str, Any]


@pytest.fixture(scope="module")
def data(product: Stack) -> Dataset:
    """One title in three countries, in two currencies."""
    storage = product.cloud.storage
    for country, currency in (("de", "EUR"), ("gb", "GBP")):
        kept = keep_rows(storage, daily(country.upper()).drop(columns="COUNTRY"), "Spring plan", country)
        money = kept.mapping.model_copy(update={"currency": currency})
        keep_rows(
            storage, daily(country.upper()).drop(columns="COUNTRY"), "Spring plan", country, mapping=money,
            at=kept.created_at + timedelta(hours=1),
        )  # fmt: skip
    return keep_rows(storage, weekly("FR"), "Spring plan", "fr", at=date_at(2))


def date_at(hours: int) -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 1, 5, 10 + hours, tzinfo=UTC)


def said(message: Json) -> str:
    return str(message.get("blocks", "")) + str(message.get("text", ""))


def kinds(message: Json) -> list[str]:
    return [block["type"] for block in message["blocks"]]


def test_typed(product: Stack, data: Dataset) -> None:
    ana = product.ana
    ana.type(CHANNEL, "/mmm review Spring plan FR 6 months")
    first = ana.wait_for_message(CHANNEL, "In the last 6 months, revenue was")
    print(kinds(first), first)
    for look in ("channels", "changes", "funnel", "missing"):
        ana.press(CHANNEL, first, f"review_look:{look}")
        ana.wait(lambda: [m for m in ana.thread(CHANNEL, first["ts"]) if look in said(m)] or None, look, 20)
    import json
    print(json.dumps(ana.thread(CHANNEL, first["ts"]), indent=1, ensure_ascii=False)[:9000])
    assert 0
