"""How a round stands, by the names and lines of what is known of its countries."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from engine import paths
from engine.cloud.storage import Entry
from engine.data.round import State, failed_countries, stands

AT = datetime(2026, 1, 5, tzinfo=UTC)
FIRST, LATER = "20260105T120000Z-aaaaaa", "20260105T130000Z-bbbbbb"
READY = {"state": "ready", "dataset": "fr/x", "rows": 3, "first_date": "2024-01-01", "last_date": "2024-01-03"}


def entry(path: str, line: dict[str, Any] | None = None) -> Entry:
    return Entry(path, 0, 1, AT + timedelta(0), "", line)


def asked(draft: str, *countries: str) -> Entry:
    return entry(paths.round_asked(FIRST, draft), {"countries": list(countries)})


def noted(draft: str, country: str, stage: str, line: dict[str, Any] | None = None) -> Entry:
    return entry(paths.round_try(FIRST, f"{draft}-{country}", country, stage), line or {})


FAILED = {"state": "failed", "said": "No rows."}


@pytest.mark.parametrize(
    ("known", "states"),
    [
        ([asked(FIRST, "fr", "de")], {"fr": "waiting", "de": "waiting"}),
        ([asked(FIRST, "fr", "de"), noted(FIRST, "de", "begun")], {"fr": "waiting", "de": "reading"}),
        ([asked(FIRST, "fr"), noted(FIRST, "fr", "begun"), noted(FIRST, "fr", "told", READY)], {"fr": "ready"}),
        ([asked(FIRST, "fr"), noted(FIRST, "fr", "told", FAILED)], {"fr": "failed"}),
        ([asked(FIRST, "fr"), noted(FIRST, "fr", "told", FAILED), asked(LATER, "fr")], {"fr": "waiting"}),
        (
            [asked(FIRST, "fr"), noted(FIRST, "fr", "told", FAILED), asked(LATER, "fr"), noted(LATER, "fr", "begun")],
            {"fr": "reading"},
        ),
        ([asked(FIRST, "fr"), noted(FIRST, "fr", "told", FAILED), noted(LATER, "fr", "told", READY)], {"fr": "ready"}),
        ([asked(FIRST, "fr"), noted(FIRST, "fr", "told", {"state": "odd"})], {"fr": "failed"}),
    ],
    ids=["asked", "begun", "told", "failed", "asked again", "begun again", "another try", "unreadable"],
)
def test_the_newest_that_is_known_of_each_country_counts(known: list[Entry], states: dict[str, str]) -> None:
    for order in permutations(known):
        found = stands(order, FIRST)
        assert {one.country: str(one.state) for one in found.countries} == states


def test_countries_stay_in_the_order_asked_for_and_what_failed_is_named() -> None:
    told = [noted(FIRST, "de", "told", FAILED), noted(FIRST, "fr", "told", READY), noted(FIRST, "ad", "told", FAILED)]
    found = stands([*told, asked(FIRST, "fr", "de", "ad")], FIRST)
    assert [one.country for one in found.countries] == ["fr", "de", "ad"]
    assert found.over and failed_countries(found) == ["de", "ad"]
    assert found.of(State.READY)[0].rows == 3


def test_another_end_has_another_name() -> None:
    before = [asked(FIRST, "fr"), noted(FIRST, "fr", "told", FAILED)]
    again = [*before, asked(LATER, "fr"), noted(LATER, "fr", "told", FAILED)]
    assert stands(before, FIRST).tries != stands(again, FIRST).tries
    assert not stands([*before, asked(LATER, "fr")], FIRST).over
