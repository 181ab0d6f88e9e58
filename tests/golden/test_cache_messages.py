"""What is said of rows that are kept, against golden files; and with anything, within limits."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.data import cache_messages
from bot.slack.blocks import Message
from bot.slack.pictures import Pictures
from engine.data.results_cache import Cache, Kept, Use
from engine.ports import Notice
from tests.golden.drawn import buttons_of, check_golden, taken

FOLDER = Path(__file__).parent / "cache"
NOW = datetime(2026, 11, 22, 21, 15, tzinfo=UTC)
ODD = ["A" * 2000, "<@U1> & <b>bold</b>", "“quoted” *stars*", "🚀" * 160, "SELECT `x` FROM `p.d.t`", "!channel <!here>"]


def kept(number: int, what: str = "MMM.MARKETING.DAILY", **more: Any) -> Kept:
    known = {
        "digest": f"{number:040x}",
        "what": what,
        "connection": "default",
        "role": "MMM_READER",
        "rows": 3_276,
        "bytes": 281_003,
        "crc32c": "x",
        "query_id": "q",
        "read_at": NOW - timedelta(hours=number, minutes=5),
        "by": "d1",
        "who": "U0ANA",
        "channel": "C0MARKETING",
    }
    return Kept.model_validate({**known, **more})


def use(number: int, hit: bool) -> Use:
    return Use(digest=f"{number:040x}", hit=hit, rows=3_276, bytes=281_003, who="U0ANA", channel="C0MARKETING")


SELECT = "SELECT DATE, SUM(REVENUE) AS REVENUE FROM MMM.MARKETING.DAILY WHERE COUNTRY = 'DE' GROUP BY 1"
SOME = Cache(
    (kept(0), kept(3, SELECT, connection="north-america", role=""), kept(20, "mmm-local.MARKETING.WEEKLY")),
    (use(0, True), use(0, True), use(0, False), use(3, False), use(20, True)),
)
MANY = Cache(tuple(kept(n, f"DB.S.T{n}") for n in range(40)), (use(1, False),) * 1000, more=True, uses_more=True)
DONE = {"cleared": 3, "bytes": 843_009, "all": True}


def told(**data: Any) -> Message:
    about = {"key": "k", "kind": cache_messages.CLEARED, "workspace": "T1", "channel": "", "user": "U0ANA"}
    notice = Notice.model_validate({**about, "created_at": NOW, "data": {**DONE, **data}})
    return cache_messages.cleared(notice, Pictures())


STATES = {
    "nothing": cache_messages.cache(Cache((), ()), 24, NOW),
    "some": cache_messages.cache(SOME, 24, NOW),
    "found": cache_messages.cache(SOME, 24, NOW, "north"),
    "not_found": cache_messages.cache(SOME, 24, NOW, "<@U1>"),
    "many": cache_messages.cache(MANY, 24, NOW, untold=True),
    "off": cache_messages.cache(Cache((), ()), 0, NOW),
    "off_since": cache_messages.cache(SOME, 0, NOW),
    "cleared_all": told(),
    "cleared_one": told(all=False, cleared=1, bytes=12),
    "cleared_nothing": told(cleared=0, bytes=0),
}


@pytest.mark.parametrize("name", STATES)
def test_each_state_looks_as_it_was_looked_at(name: str) -> None:
    check_golden(FOLDER, name, taken(STATES[name]))


@pytest.mark.parametrize("name", STATES)
def test_no_message_has_more_than_five_buttons_of_its_own(name: str) -> None:
    for _, blocks in taken(STATES[name]):
        assert len(buttons_of(blocks)) <= 5


def test_what_is_not_shown_is_counted() -> None:
    text = str(taken(STATES["many"]))
    assert "and 25 older ones" in text and "More than 1,000 are kept" in text and "the newest 1,000 readings" in text


def test_the_hit_rate_is_of_all_that_was_read() -> None:
    assert "Of 5 readings, 3 (60%) came from here, which spared the warehouse 843.0 kB" in STATES["some"].text


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.sampled_from(ODD) | st.text(max_size=300), max_size=30),
    connection=st.text(max_size=60),
    size=st.integers(0, 10**15),
    wanted=st.text(max_size=80),
)
def test_any_names_and_sizes_stay_within_what_slack_takes(
    names: list[str], connection: str, size: int, wanted: str
) -> None:
    found = tuple(
        kept(n, name, connection=connection, role=connection, bytes=size, rows=size) for n, name in enumerate(names)
    )
    for text in ("", wanted):
        taken(cache_messages.cache(Cache(found, (use(0, True),)), 24, NOW, text))


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (2_000_000, "2.0 MB"), (7 * 10**9, "7.0 GB")],
)
def test_sizes_are_told_for_people(size: int, said: str) -> None:
    assert cache_messages.size(size) == said
