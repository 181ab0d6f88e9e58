"""Lift tests: what is read of them, what is refused, and which rows Robyn would read a model's answer from."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from engine.experiment.calibration import parts
from engine.experiment.contradictions import setting_cautions, setting_problems
from engine.experiment.job_config import JobConfig, understand
from engine.model.fit.problem import Study
from engine.model.read.lift import spend_cautions, studies, study_problems, study_rows
from tests import robyn_reference as reference

WEEKS = [date(2023, 1, 2) + timedelta(days=7 * i) for i in range(60)]
WINDOW = slice(8, 60)
TEST: dict[str, Any] = {
    "channel": "fb",
    "liftStartDate": "2023-05-01",
    "liftEndDate": "2023-06-04",
    "liftAbs": 500,
    "spend": 100,
    "confidence": 0.9,
    "metric": "revenue",
    "calibration_scope": "total",
}


def config(*tests: dict[str, Any], **settings: Any) -> JobConfig:
    given: dict[str, Any] = {
        "dep_var": "sales",
        "paid_media_spends": ["tv", "fb"],
        "paid_media_vars": ["tv", "fb_seen"],
        "organic_vars": ["mail"],
        "calibration_input": [TEST | test for test in tests],
    }
    return JobConfig.model_validate(given | settings)


def study(test: dict[str, Any], **settings: Any) -> Study:
    return studies(config(test, **settings), WEEKS, "week")[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"calibration_scope": "imediate"}, "calibration_scope: must be 'immediate' or 'total', not 'imediate'"),
        ({"liftAbs": 0}, "liftAbs: must be above 0"),
        ({"liftAbs": "lots"}, "liftAbs: must be a number"),
        ({"liftAbs": float("nan")}, "liftAbs: must be a number"),
        ({"confidence": 95}, "confidence: must be at most 1"),
        ({"spend": -1}, "spend: must be at least 0"),
        ({"liftStartDate": "May"}, "liftStartDate: must be a date such as"),
        ({"channel": ""}, "channel: is empty"),
    ],
)
def test_a_lift_test_that_cannot_be_read_is_refused(change: dict[str, Any], said: str) -> None:
    given = {"dep_var": "sales", "paid_media_spends": ["fb"], "calibration_input": [TEST, TEST | change]}
    _, problems = understand(given)
    assert len(problems) == 1
    assert f"calibration_input 2.{said}" in problems[0]


def test_robyns_required_names_are_required() -> None:
    given = {"dep_var": "sales", "paid_media_spends": ["fb"], "calibration_input": [{"scope": "total"}]}
    _, problems = understand(given)
    assert problems == [f"calibration_input 1.{name}: is missing" for name in TEST]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"channel": "fbb"}, "fbb is no channel of this model; did you mean fb"),
        ({"channel": "radio"}, "choose from tv, fb, mail"),
        ({"channel": "tv+fbb"}, "fbb is no channel"),
        ({"channel": "fb+fb"}, "names a channel twice"),
        ({"channel": "+"}, "channel is empty"),
        ({"liftEndDate": "2023-05-01"}, "ends before or as it starts"),
        ({"metric": "visits"}, "measured visits, while the model explains sales or revenue"),
    ],
)
def test_a_lift_test_of_something_else_is_refused(change: dict[str, Any], said: str) -> None:
    problems = setting_problems(config(change))
    assert len(problems) == 1
    assert said in problems[0]


def test_exposures_are_no_names_of_channels_in_robyn_but_may_be_here() -> None:
    by_exposure = config({"channel": "fb_seen"})
    assert "name the channel by its spend, fb" in setting_problems(by_exposure)[0]
    assert setting_problems(config({"channel": "fb_seen"}, robyn_quirks=False)) == []
    assert study({"channel": "fb_seen"}, robyn_quirks=False).media == study({"channel": "fb"}).media == (1,)


def test_the_metric_may_be_the_column_or_its_type() -> None:
    assert setting_problems(config({"metric": "sales"}, {"metric": "revenue", "channel": "tv"})) == []


def test_channels_are_split_as_robyn_does_but_known_names_stay_whole() -> None:
    names = {name: name for name in ("tv", "fb", "paid search")}
    for written in ("tv+fb", "tv + fb", "tv,fb", "tv; fb", "tv fb"):
        assert parts(written, names) == ("tv", "fb")
    assert parts("paid search", names) == ("paid search",)
    assert parts("tv+paid search", names) == ("tv", "paid search")


def test_weak_evidence_is_said_not_refused() -> None:
    weak = config({"confidence": 0.7}, {}, {}, iterations=100, trials=2)
    assert setting_problems(weak) == []
    said = " ".join(setting_cautions(weak))
    for text in ("confidence of 0.7", "more than once", "are 20; 500 or more"):
        assert text in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"liftStartDate": "2023-02-26"}, "outside the modelled window, 2023-02-27 to 2024-02-25"),
        ({"liftEndDate": "2024-02-26"}, "outside the modelled window"),
        ({"liftStartDate": "2023-05-02", "liftEndDate": "2023-05-05"}, "one week of the data only"),
        ({"liftStartDate": "2023-05-01", "liftEndDate": "2023-05-07"}, "one week of the data only"),
    ],
    ids=["too early", "too late", "within a week", "a week"],
)
def test_a_lift_test_that_the_window_does_not_hold_is_refused(change: dict[str, Any], said: str) -> None:
    problems = list(study_problems(config(change), WEEKS, WINDOW, "week"))
    assert len(problems) == 1
    assert said in problems[0]


def test_the_windows_last_week_belongs_to_it() -> None:
    assert list(study_problems(config({"liftEndDate": "2024-02-25"}), WEEKS, WINDOW, "week")) == []


@pytest.mark.parametrize(
    ("start", "end", "rows"),
    [
        ("2023-05-01", "2023-06-04", slice(17, 22)),
        ("2023-05-02", "2023-06-04", slice(17, 22)),
        ("2023-05-01", "2023-06-05", slice(17, 23)),
        ("2023-04-30", "2023-06-04", slice(16, 22)),
        ("2023-05-02", "2023-05-05", slice(17, 18)),
    ],
    ids=["from a row", "within a row", "to a row", "a day before a row", "within one row"],
)
def test_a_study_takes_the_row_it_begins_in_as_well(start: str, end: str, rows: slice) -> None:
    test = config({"liftStartDate": start, "liftEndDate": end}).calibration_input[0]
    assert study_rows(test, WEEKS) == rows


def test_days_are_one_short_on_both_sides_in_robyn_and_counted_in_full_here() -> None:
    # 35 days on five whole weeks: the model's sum should be taken as it is.
    assert study({}).ratio == pytest.approx(34 / 28)
    assert study({}, robyn_quirks=False).ratio == 1
    one_week = {"liftStartDate": "2023-05-01", "liftEndDate": "2023-05-07"}
    assert list(study_problems(config(one_week, robyn_quirks=False), WEEKS, WINDOW, "week")) == []
    assert study(one_week, robyn_quirks=False).ratio == 1
    assert study({"liftStartDate": "2023-05-02", "liftEndDate": "2023-05-03"}, robyn_quirks=False).ratio == 2 / 7


def test_a_study_says_what_the_fit_needs() -> None:
    found = study({"channel": "mail+tv", "calibration_scope": "immediate"})
    assert (found.media, found.lift, found.immediate) == ((2, 0), 500, True)
    assert (found.first, found.stop) == (17, 22)
    assert not study({}).immediate


def test_another_spend_than_the_datas_is_said() -> None:
    numbers = {name: np.full(60, 20.0) for name in ("tv", "fb", "fb_seen", "mail")}
    assert list(spend_cautions(config({}), WEEKS, numbers)) == []
    assert list(spend_cautions(config({"spend": 109}, {"spend": 92}), WEEKS, numbers)) == []
    assert "spend of 80, the data 100" in next(spend_cautions(config({"spend": 80}), WEEKS, numbers))
    assert "spend of 100, the data 200" in next(spend_cautions(config({"channel": "tv+fb"}), WEEKS, numbers))
    assert list(spend_cautions(config({"channel": "mail", "spend": 0}), WEEKS, numbers)) == []


def robyns() -> tuple[JobConfig, list[date]]:
    inputs = reference.content("inputs.json")
    given = {name: inputs[name] for name in ("dep_var", "paid_media_spends", "paid_media_vars", "calibration_input")}
    days = [date.fromisoformat(day) for day in reference.table("dt_mod.csv")["ds"]]
    return JobConfig.model_validate({**given, "organic_vars": inputs["organic_vars"]}), days


@reference.needs_reference
def test_robyns_own_lift_tests_have_no_problem() -> None:
    demo, days = robyns()
    inputs = reference.content("inputs.json")
    window = slice(inputs["window_start_row_1based"] - 1, inputs["window_end_row_1based"])
    assert setting_problems(demo) == list(study_problems(demo, days, window, "week")) == []


@reference.needs_reference
def test_studies_cover_robyns_rows_and_media() -> None:
    demo, days = robyns()
    known = {one["liftMedia"]: one for one in reference.content("vectors_calibration.json")[0]["lift"]}
    for found in studies(demo, days, "week"):
        robyn = known["+".join(reference.MEDIA[m] for m in found.media)]
        assert (str(days[found.first]), str(days[found.stop - 1])) == (robyn["decompStart"], robyn["decompEnd"])


@reference.needs_reference
def test_rows_and_ratio_give_robyns_predicted_totals() -> None:
    """The response of the channels over the study's rows, from Robyn's own coefficients and formulas."""
    demo, days = robyns()
    table = reference.table("dt_mod.csv")
    inside = (table["in_window"] == 1).to_numpy()
    for vector in reference.content("vectors_calibration.json"):
        coefficients = {row["rn"]: row["coef"] for row in vector["variables"]}
        known = {one["liftMedia"]: one for one in vector["lift"]}
        for found in studies(demo, days, "week"):
            total = 0.0
            for name in (reference.MEDIA[m] for m in found.media):
                alpha, theta = (vector["hyperparameters"][f"{name}_{kind}"] for kind in ("alphas", "thetas"))
                felt, half = table[name].to_numpy(float).copy(), vector["inflexion"][f"{name}_inflexion"]
                for t in range(1, len(felt)):
                    felt[t] += theta * felt[t - 1]
                assert felt[inside].max() >= half
                response = felt**alpha / (felt**alpha + half**alpha) * coefficients[name]
                total += response[found.first : found.stop].sum()
            robyn = known["+".join(reference.MEDIA[m] for m in found.media)]
            assert total * found.ratio == pytest.approx(robyn["decompAbsTotalScaled"], rel=1e-9)
