"""Whatever a check finds, Slack takes every message of it whole, and every button finds what it was made of again."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.data import check_messages, driver_messages
from bot.data.check_buttons import change_button, mark, said, value
from bot.data.findings import short
from bot.slack.limits import BUTTON_VALUE, MESSAGE_BLOCK_TEXT, MESSAGE_BLOCKS, text_size
from bot.slack.pictures import Pictures
from engine.data.check.profiles import BALANCED
from engine.data.check.report import check
from engine.data.driver import driver
from engine.data.recipe import recipe_of
from engine.errors import BadInput
from engine.pipeline.checked import EFFECT, PAGE, TEXT, brief, told_of
from engine.pipeline.drivers import told_of as told_of_driver
from engine.ports import Notice
from tests.checking import TODAY, applied, plain_weeks, roles
from tests.golden.drawn import buttons_of, taken

DATASET = {"id": "fr/20260105T100000Z-abcd", "title": "Tea", "country": "fr"}
AT = datetime(2026, 1, 5, tzinfo=UTC)
ODD = ["x" * 2_000, "<@U1> & <!channel>", "“quoted” name", "💥" * 300, "&" * 1_999, "{braces}", "a\nb", "=SUM(A1)", " "]
names = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
)


def notice(kind: str, data: dict[str, Any]) -> Notice:
    given = {"charts": [], "files": [], **data}
    return Notice(key="k", kind=kind, workspace="T1", data=given, channel="C1", user="U1", created_at=AT)


def whole(blocks: list[dict[str, Any]]) -> None:
    """Nothing is cut on its way out."""
    assert len(blocks) <= MESSAGE_BLOCKS
    assert sum(text_size(block) for block in blocks) <= MESSAGE_BLOCK_TEXT


def wide(folder: Path, called: list[str]) -> dict[str, Any]:
    """A check of copies with these names."""
    frame = plain_weeks(weeks=60)
    for at, name in enumerate(called):
        frame[f"{name} {at}_cost"] = frame.tv_cost * (at + 2)
    mapping = roles(frame)
    report = check(applied(folder, frame, mapping), recipe_of(mapping), BALANCED, today=TODAY)
    return {"report": report}


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(called=st.lists(names.filter(lambda name: name.strip()), min_size=1, max_size=5))
def test_every_page_of_any_names_is_taken_whole(tmp_path_factory: pytest.TempPathFactory, called: list[str]) -> None:
    report = wide(tmp_path_factory.mktemp("rows"), called)["report"]
    shown = 0
    for page in range(-(-len(report.items) // PAGE)):
        data = {
            "dataset": {**DATASET, "title": called[0]},
            "profile": "balanced",
            **told_of(report, page),
            "whole": True,
        }
        message = check_messages.findings(notice("check", json.loads(json.dumps(data))), Pictures())
        whole(message.blocks)
        assert taken(message)
        assert len(buttons_of(message.blocks[-1:])) <= 5
        shown += len(data["items"])
    assert shown == len(report.items)


def test_three_hundred_columns_are_told_in_pages_and_in_a_table_that_fits(tmp_path: Path) -> None:
    rows = [
        {
            **dict.fromkeys(("min", "p10", "median", "mean", "p90", "max", "sd"), 1234.5),
            "column": f"{'n' * 2_000}{at}",
            "role": "spend",
            "known": 1.0,
            "zeros": 0.0,
            "distinct": 9,
            "vif": "inf",
            "outliers": 0.0,
            "shape": "▁" * 20,
        }
        for at in range(300)
    ]
    candidates = [
        {"spend": f"s{at}", "column": f"{'c' * 2_000}{at}", "used": used, "rho": 0.3, "r2": 0.1, "error": 0.2}
        for at in range(300)
        for used in (True, False)
    ]
    data = {"dataset": DATASET, "columns": rows, "candidates": candidates, "periods": 130, "interval": "week"}
    message = check_messages.columns(notice("check_columns", data), Pictures())
    whole(message.blocks)
    whole(message.simpler or [])
    assert len(taken(message)) == 2
    assert "of 300 columns" in json.dumps(message.blocks)


@settings(max_examples=200, deadline=None)
@given(column=names, chosen=names, reason=st.text(max_size=3_000), kind=st.sampled_from(["drop", "exposure", "accept"]))
def test_a_button_finds_its_change_again_however_long_the_names(
    column: str, chosen: str, reason: str, kind: str
) -> None:
    change = {"kind": kind, "column": column, "value": chosen, "reason": reason}
    drawn = change_button("Do it", DATASET["id"], "strict", change, number=3)
    assert len(drawn["value"]) <= BUTTON_VALUE and len(drawn["value"].encode()) <= BUTTON_VALUE * 2
    found = said(drawn["value"])
    assert (found.dataset, found.profile) == (DATASET["id"], "strict")
    made = found.made([column, chosen, "other"])
    assert (made.kind, made.column, made.value) == (kind, column, chosen)
    assert reason.startswith(made.reason)


@pytest.mark.parametrize(
    "given",
    ["{", '{"d": 1}', "{}", '{"d": "x", "n": "y"}', '{"d": "x", "p": ["strict"]}', "[1]", '{"d": "x", "k": null}'],
)
def test_a_value_that_is_none_of_ours_is_refused_in_words(given: str) -> None:
    if given == "[1]":
        assert said(given).dataset == given
        return
    with pytest.raises(BadInput):
        said(given)


def test_a_mark_of_a_column_that_is_gone_is_refused_and_an_unknown_change_too() -> None:
    gone = said(json.dumps({"d": "x", "k": "drop", "cm": mark("gone")}))
    with pytest.raises(BadInput, match="no longer there"):
        gone.made(["here"])
    with pytest.raises(BadInput):
        said(json.dumps({"d": "x", "k": "explode", "c": "here"})).made(["here"])
    assert said(value("x", "strict", 3)).page == 3
    assert said("fr/plain").dataset == "fr/plain"


@settings(max_examples=100, deadline=None)
@given(text=st.one_of(names, st.lists(names, max_size=4).map(lambda found: " and ".join(f"“{one}”" for one in found))))
def test_a_brief_text_is_short_as_slack_counts_and_whole_where_it_fits(text: str) -> None:
    from bot.slack.blocks import escape

    for most in (TEXT, EFFECT):
        cut = brief(text, most)
        assert len(escape(cut)) <= most
        assert cut == text or len(escape(text)) > most


@settings(max_examples=60, deadline=None)
@given(name=names, part=st.sampled_from(["curve", "lags", "time"]))
def test_a_driver_of_any_name_is_taken_whole_with_at_most_five_buttons(name: str, part: str) -> None:
    x = np.r_[np.arange(40.0), 900.0]
    found = driver(name, name, x, 3 + x % 7, "week")
    data = {
        "dataset": {**DATASET, "title": name},
        "column": name,
        "goal": name,
        "part": part,
        "interval": "week",
        "periods": 41,
        "clips": True,
        **told_of_driver(found, part, [f"2026-01-{day:02d}" for day in range(1, 30)]),
    }
    message = driver_messages.drawn(notice("driver", data), Pictures())
    whole(message.blocks)
    assert taken(message)
    assert len(buttons_of(message.blocks)) <= 5
    pressed = json.loads(driver_messages.value(DATASET["id"], name, part))
    assert pressed.get("c") == name or pressed.get("cm") == mark(name)
    assert short(name)
