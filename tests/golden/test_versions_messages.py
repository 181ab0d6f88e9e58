"""What is said of a dataset's versions, state by state, against golden files; and with anything, within limits."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.data import delete_messages, diff_messages, download, versions_messages
from bot.slack.blocks import Message
from bot.slack.pictures import Pictures
from engine.data.countries import COUNTRIES
from engine.data.difference import Alarm, Diff, Listed, Restated, Retyped, Span
from engine.data.index import DatasetLine
from engine.data.recipe_state import RecipeState
from engine.data.versions import Versions
from engine.listing import Listing
from engine.ports import Notice
from tests.golden.drawn import buttons_of, check_golden, taken
from tests.golden.test_messages import DATASET

FOLDER = Path(__file__).parent / "versions"
AT = datetime(2026, 11, 22, 21, 15, tzinfo=UTC)
ODD = ["A" * 2000, "<@U1> & <b>bold</b>", "“quoted” *stars*", "🚀" * 300, "`x`"]


def lines(number: int, country: str = "fr", title: str = "Spring plan", **more: Any) -> list[DatasetLine]:
    made = []
    for n in range(number):
        at = AT + timedelta(days=7 * n)
        made.append(
            DatasetLine.model_validate(
                {
                    "title": title,
                    "country": country,
                    "ts": f"{at:%Y%m%dT%H%M%SZ}-{n:04x}",
                    "first_date": date(2023, 1, 2),
                    "last_date": date(2025, 12, 29) + timedelta(days=7 * n),
                    "interval": "week",
                    "who": "U0ANA",
                    "channel": "C0MARKETING",
                    "created_at": at,
                    "rows": 157 + n,
                    "sum": f"{n}",
                    "roles": "a" if n < 2 else "b",
                }
                | more
            )
        )
    return made[::-1]


def of(found: list[DatasetLine], country: str = "fr", title: str = "Spring plan") -> Versions:
    return Versions(title, country, Listing(found))


RESTATED = Restated(
    column="REVENUE",
    periods=9,
    of=157,
    before=1_000_000.0,
    after=1_013_000.0,
    first=date(2025, 10, 6),
    last=date(2025, 12, 1),
    most_at=date(2025, 11, 3),
    most_before="7,100",
    most_after="9,300",
)
EVENT = RESTATED.model_copy(
    update={"column": "EVENT", "before": None, "after": None, "most_before": "none", "most_after": "", "periods": 1}
)
ALARM = Alarm(column="REVENUE", month=date(2025, 11, 1), before=31_000.0, after=33_015.0, periods=4)
DIFF = Diff(
    interval="week",
    compared=157,
    added=Span(periods=1, first=date(2026, 1, 5), last=date(2026, 1, 5)),
    restated=(RESTATED, EVENT),
    came=("TIKTOK_COST",),
    went=("OLD",),
    retyped=(Retyped(column="CODE", before="number", after="text"),),
    alarm=ALARM,
    notes=("Every value of TV is 1.19 times what it was: a unit, a currency or a tax may differ.",),
)


def listed(diff: Diff, **more: Any) -> Listed:
    made = {"title": "Spring plan", "country": "fr", "older": "fr/20261122T211500Z-0000", "diff": diff}
    made |= {"newer": "fr/20261129T211500Z-0001", "older_made": AT, "newer_made": AT + timedelta(days=7)}
    return Listed.model_validate(made | more)


def download_of(**more: Any) -> Message:
    told = {"title": "Spring plan", "country": "fr", "dataset": "fr/t", "rows": 157, "columns": 8, "left_out": []}
    told |= {"first": "2023-01-02", "last": "2025-12-29", "files_given": 2, **more}
    notice = Notice(key="k", kind=download.KIND, workspace="T", data=told, created_at=AT)
    return download.drawn(notice, Pictures())


def countries(number: int, begin: int = 0) -> Message:
    found = [line for code in list(COUNTRIES)[:number] for line in lines(2, code)]
    return versions_messages.countries(of(found, country=""), begin)


ROLES = (
    Retyped(column="TV", before="a spend", after="organic"),
    Retyped(column="NEWS", before="", after="context"),
    Retyped(column="OLD", before="organic", after=""),
)
GONE = {
    "title": "Spring plan <b> & co",
    "who": "U0ANA",
    "kept": ["What its rows came from stays where it is (spring.csv).", "What was posted in Slack stays there."],
}
SAME = Diff(interval="week", compared=157)
APART = Diff(interval="week", compared=0, side_by_side=False, notes=("Weeks do not add up to months.",))
MESSAGES: dict[str, Callable[[], Message]] = {
    "which": lambda: versions_messages.which("/mmm dataset versions NAME [COUNTRY]"),
    "versions": lambda: versions_messages.versions(of(lines(3))),
    "versions_one": lambda: versions_messages.versions(of(lines(1))),
    "versions_many": lambda: versions_messages.versions(of(lines(30))),
    "versions_older": lambda: versions_messages.versions(of(lines(10)), after=lines(10)[7].id),
    "versions_none_older": lambda: versions_messages.versions(of(lines(2)), after=lines(2)[-1].id),
    "countries": lambda: countries(3),
    "countries_many": lambda: countries(60),
    "countries_last": lambda: countries(60, 56),
    "diff": lambda: diff_messages.differences(listed(DIFF)),
    "diff_same": lambda: diff_messages.differences(listed(SAME, same_rows=True)),
    "diff_roles": lambda: diff_messages.differences(listed(SAME, roles=ROLES)),
    "diff_apart": lambda: diff_messages.differences(listed(APART)),
    "download": download_of,
    "delete_asked": lambda: delete_messages.asked(DATASET, 0, RecipeState()),
    "delete_asked_with_recipes": lambda: delete_messages.asked(DATASET, 0, RecipeState(number=2)),
    "delete_asked_of_several": lambda: delete_messages.asked(DATASET, 3, RecipeState(number=1)),
    "delete_asked_of_several_in_use": lambda: delete_messages.asked(
        DATASET, 1, RecipeState(working=True), all_of_them=False
    ),
    "delete_begun": lambda: delete_messages.begun(DATASET),
    "delete_all_begun": lambda: delete_messages.begun(DATASET, 3),
    "delete_refused": lambda: delete_messages.refused(DATASET, [f"SPRING_{n}" for n in range(1, 8)], 2),
    "delete_refused_one": lambda: delete_messages.refused(DATASET, ["SPRING_1"], 0),
    "delete_refused_hidden": lambda: delete_messages.refused(DATASET, [], 1),
    "deleted": lambda: delete_messages.deleted(GONE),
    "deleted_all": lambda: delete_messages.deleted({**GONE, "versions": 3}),
    "not_deleted": lambda: delete_messages.not_deleted({**GONE, "experiments": 1, "runs": 2}),
    "download_without_csv": lambda: download_of(files_given=1, left_out=["As CSV the rows are more than 50 MB."]),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_about_versions_is_as_agreed_and_slack_takes_it(name: str) -> None:
    message = MESSAGES[name]()
    drawn = [{"text": text, "blocks": blocks} for text, blocks in taken(message)]
    check_golden(FOLDER, name, drawn)
    assert all(len(buttons_of(blocks)) <= 5 for _, blocks in taken(message))


@pytest.mark.parametrize("odd", ODD, ids=["long", "mention", "quotes", "emoji", "code"])
def test_odd_names_are_escaped_and_fit(odd: str) -> None:
    restated = [RESTATED.model_copy(update={"column": f"{odd}{n}"}) for n in range(300)]
    diff = DIFF.model_copy(
        update={
            "restated": tuple(restated),
            "came": tuple(f"{odd}{n}" for n in range(300)),
            "retyped": tuple(Retyped(column=f"{odd}{n}", before="text", after="number") for n in range(300)),
            "alarm": ALARM.model_copy(update={"column": odd}),
        }
    )
    messages = [
        versions_messages.versions(of(lines(9, title=odd), title=odd)),
        versions_messages.countries(of([*lines(1, "de", title=odd), *lines(1, "fr", title=odd)], "", odd)),
        diff_messages.differences(listed(diff, title=odd, roles=ROLES * 100)),
        download_of(title=odd),
        delete_messages.asked(DATASET.model_copy(update={"title": odd}), 9, RecipeState(number=3)),
        delete_messages.refused(DATASET.model_copy(update={"title": odd}), [odd] * 9, 2),
        delete_messages.deleted({**GONE, "title": odd}),
    ]
    for message in messages:
        for text, blocks in taken(message):
            blocks = [block for block in blocks if block["type"] != "data_table"]  # its texts are plain
            assert "<@U1>" not in str(blocks) and "<b>" not in str(blocks)
            assert "<@U1>" not in text
    assert "290 more columns" in str(taken(messages[2])[0]), "what is left out is counted"


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(1, 40), st.text(min_size=1, max_size=2000))
def test_any_number_of_versions_and_countries_fits(countries: int, number: int, title: str) -> None:
    found = [line for code in list(COUNTRIES)[:countries] for line in lines(1, code, title)]
    for begin in range(0, countries, versions_messages.PAGE):
        taken(versions_messages.countries(of(found, "", title), begin))
    taken(versions_messages.versions(of(lines(number, title=title), title=title)))


def test_pages_of_countries_show_every_country_once() -> None:
    shown = [str(countries(60, begin).blocks) for begin in range(0, 60, versions_messages.PAGE)]
    ids = [lines(2, code)[0].id for code in list(COUNTRIES)[:60]]
    assert [sum(f"dataset_versions {one}" in page for page in shown) for one in ids] == [1] * 60
