"""What a check and a driver say, letter by letter."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.data import check_messages, driver_messages
from bot.slack.blocks import Message
from bot.slack.pictures import NOT_TAKEN, Pictures
from engine.ports import Notice
from tests.golden.drawn import check_golden, taken

FOLDER = Path(__file__).parent / "check"
DATASET = {"id": "fr/20260105T100000Z-abcd", "title": "Tea", "country": "fr"}
Json = dict[str, Any]


def notice(kind: str, data: Json) -> Notice:
    at = datetime(2026, 1, 5, 10, tzinfo=UTC)
    given = {"charts": [], "files": [], "dataset": DATASET, **data}
    return Notice(key="answer-1", kind=kind, workspace="T1", channel="C1", user="U1", created_at=at, data=given)


def drop(column: str) -> Json:
    return {"kind": "drop", "column": column, "value": "", "reason": "moves as Search does"}


ALIKE = {
    "grade": "REVIEW",
    "code": "drivers.correlated",
    "column": "search_cost",
    "where": "search_cost and display_cost",
    "text": "“search_cost” and “display_cost” move nearly as one (r = 0.984); no model can tell their effects apart.",
    "remedy": "Keep one of them, or add them up.",
    "first": "",
    "remedies": [
        {
            "change": drop("display_cost"),
            "label": "Leave out display_cost",
            "effect": "VIF of “search_cost” from 14 to 3.0; rows per driver from 26.0 to 32.5",
        },
        {
            "change": drop("search_cost"),
            "label": "Leave out search_cost",
            "effect": "VIF of “display_cost” from 14 to 3.1; 31 % of spend is in the model no more",
        },
    ],
}
COPY = {
    **ALIKE,
    "grade": "FAIL",
    "code": "drivers.copy",
    "text": "“video_cost” is “tv_cost” times 1.19 (r = 1.0000).",
    "remedy": "Keep one of them: together they count the same thing twice.",
    "where": "tv_cost and video_cost",
    "remedies": [
        {"change": drop("video_cost"), "label": "Leave out video_cost", "effect": "VIF of “tv_cost” from ∞ to 1.1"}
    ],
}
THIN = {
    "grade": "REVIEW",
    "code": "media.sparse",
    "column": "print_cost",
    "where": "",
    "text": "“print_cost” is 0 in 95% of the weeks: 7 weeks are left to learn from, which is little.",
    "remedy": "Add it to a similar channel (a column made of both), or read its result with care.",
    "first": "map",
    "remedies": [{"change": drop("print_cost"), "label": "Leave out print_cost", "effect": "one driver fewer of 5"}],
}
NOTE = {
    "grade": "INFO",
    "code": "rows.per_hyperparameter",
    "column": "",
    "where": "",
    "text": "130 weeks to learn 13 numbers of how spend works from: 10.0 for each.",
    "remedy": "",
    "first": "",
    "remedies": [],
}
TAKEN = {
    "words": "“price” is left out: has holes",
    "change": {"kind": "keep", "column": "price", "value": "", "reason": ""},
    "forget": False,
}
KNOWN = {
    "words": "Known: The KPI “revenue” changes its level.",
    "change": {"kind": "accept", "column": "revenue", "value": "kpi.level", "reason": ""},
    "forget": True,
}


def listed(items: list[Json], **more: Any) -> Notice:
    grades = [one["grade"] for one in items]
    data = {
        "profile": "balanced",
        "verdict": "These data can be trained on, but one thing could mislead. “search_cost” and “display_cost” move "
        "nearly as one. Fine: the dates and the KPI.",
        "grades": {grade: grades.count(grade) for grade in ("FAIL", "REVIEW", "INFO")},
        "items": items,
        "page": 0,
        "first": 1,
        "findings": len(items),
        "known": [],
        "taken": [],
        "periods": 130,
        "interval": "week",
        "drivers": 5,
        "per_driver": 26.0,
        "condition": 61.3,
        "worst": {"name": "search_cost", "vif": 14.2},
        "whole": False,
    }
    return notice("check", data | more)


CHART = {"name": "vif", "title": "Search is told by the others most: VIF 14", "alt": "VIF of each driver.", "path": "x"}
FACTS = {"min": 0.0, "p10": 120.0, "median": 900.5, "mean": 1012.2, "p90": 2100.0, "max": 4010.0, "sd": 512.3}
TV = {"column": "tv_cost", "role": "spend", "known": 1.0, "zeros": 0.12, "distinct": 128, **FACTS, "outliers": 0.01}
EVENT = {**TV, **dict.fromkeys(FACTS), "column": "event", "role": "category", "vif": None, "shape": "none"}
CANDIDATES = [
    {"spend": "tv_cost", "column": "tv_grps", "used": False, "rho": 0.52, "r2": 0.31, "error": 0.11},
    {"spend": "tv_cost", "column": "tv_cost", "used": True, "rho": 0.31, "r2": 0.2, "error": 0.14},
]
COLUMNS = {"columns": [{**TV, "vif": 14.2, "shape": "▁▃▅█"}, EVENT], "candidates": CANDIDATES, "periods": 130}
DRIVEN = {
    "column": "tv_cost",
    "goal": "revenue",
    "interval": "week",
    "periods": 130,
    "clips": True,
    "charts": [{**CHART, "name": "driver_curve", "title": "More TV goes with more revenue"}],
}
CURVE = {
    "part": "curve",
    "headline": "More TV goes with more revenue",
    "measures": "Spearman's ρ 0.79, R² of the line 0.39, of the curve 0.67; the line is off by 13 % of it",
    "curve": "a saturating curve: goal = a + b·x / (x + h)",
    "returns": "One more TV goes with so much more revenue: 1.22 at p10 (480), 0.63 at its median (1.5k).",
    "marginals": [],
}
LAGS = {"part": "lags", "headline": "revenue answers TV 2 weeks later: r = 0.61, at once 0.22"}
TIME = {
    "part": "time",
    "headline": "1 value of TV lies far from all others; what is seen hangs on the highest values",
    "far": "2025-03-03",
    "line": {"rho": 0.41, "r2": 0.2, "error": 0.1},
    "winsorised": [
        {"quantile": 0.95, "cut": 6, "most": 3200.0, "slope": 0.4, "rho": 0.4, "r2": 0.31, "error": 0.1},
    ],
}
DRAWN: dict[str, tuple[Any, Notice, Pictures]] = {
    "list": (check_messages.findings, listed([ALIKE, THIN, NOTE], taken=[TAKEN, KNOWN], known=[COPY]), Pictures()),
    "list_stops": (
        check_messages.findings,
        listed([COPY, ALIKE], condition=None, worst={"name": "tv", "vif": None}),
        Pictures(),
    ),
    "list_of_many": (
        check_messages.findings,
        listed([ALIKE] * 8, findings=20, whole=True, taken=[TAKEN] * 7),
        Pictures(),
    ),
    "list_second_page": (check_messages.findings, listed([NOTE] * 4, page=1, first=9, findings=12), Pictures()),
    "list_clean": (
        check_messages.findings,
        listed([], verdict="Nothing stands against a training on these data.", worst={"name": "", "vif": None}),
        Pictures(),
    ),
    "list_cut": (check_messages.findings, listed([ALIKE], whole=True, profile="strict"), Pictures()),
    "columns": (check_messages.columns, notice("check_columns", {**COLUMNS, "interval": "week"}), Pictures()),
    "pictures": (
        check_messages.pictures,
        notice("check_pictures", {"charts": [CHART], "condition": 61.3, "drivers": 5}),
        Pictures({"vif": "F1"}),
    ),
    "pictures_missing": (
        check_messages.pictures,
        notice("check_pictures", {"charts": [CHART], "condition": None, "drivers": 5}),
        Pictures({}, {"vif": NOT_TAKEN}),
    ),
    "pictures_none": (
        check_messages.pictures,
        notice("check_pictures", {"condition": 1.0, "drivers": 1}),
        Pictures(),
    ),
    "driver_curve": (driver_messages.drawn, notice("driver", {**DRIVEN, **CURVE}), Pictures({"driver_curve": "F1"})),
    "driver_lags": (
        driver_messages.drawn,
        notice("driver", {**DRIVEN, **LAGS, "lags": [{"periods": at, "r": 0.6 - at / 5} for at in range(5)]}),
        Pictures({}, {"driver_curve": NOT_TAKEN}),
    ),
    "driver_time": (driver_messages.drawn, notice("driver", {**DRIVEN, **TIME}), Pictures({"driver_curve": "F1"})),
}


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_said_is_what_was_looked_at(name: str) -> None:
    draw, told, pictures = DRAWN[name]
    message: Message = draw(told, pictures)
    check_golden(FOLDER, name, taken(message))
