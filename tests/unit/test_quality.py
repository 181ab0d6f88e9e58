"""The rules on values: each trips at its threshold, says where, and leaves clean data alone."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest

from engine.data.collinearity import correlations, exposure_fit, variance_inflation
from engine.data.dataset import Finding
from engine.data.guess import guess
from engine.data.intake.file import to_parquet
from engine.data.mapping import Mapping, validate_mapping
from engine.data.prepare import prepare
from engine.data.quality import blocking, check, drop, refuse, review
from engine.data.rules.likeness import _most
from engine.errors import BadData
from local.sample import daily

WEEKS = 156
MAPPING = Mapping(
    date_var="day",
    dep_var="revenue",
    paid_media_spends=("tv", "fb", "search"),
    exposures={"fb": "fb_seen"},
    organic_vars=("mails",),
    context_vars=("price", "event"),
    factor_vars=("event",),
)


def make(weeks: int = WEEKS, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    fb = rng.uniform(50, 150, weeks)
    usual: dict[str, Any] = {
        "day": pd.date_range("2022-01-03", periods=weeks, freq="7D"),
        "revenue": rng.normal(10_000, 500, weeks),
        "tv": rng.uniform(100, 300, weeks),
        "fb": fb,
        "fb_seen": fb * rng.uniform(95, 105, weeks),
        "search": rng.uniform(80, 90, weeks),
        "mails": rng.uniform(1, 9, weeks),
        "price": rng.normal(2, 0.1, weeks),
        "event": np.where(np.arange(weeks) % 13 == 5, "fair", "none"),
    }
    return pd.DataFrame(usual | columns)


def found(frame: pd.DataFrame, code: str, mapping: Mapping = MAPPING, **options: Any) -> list[Finding]:
    return [
        finding for finding in check(frame, mapping, options.pop("interval", "week"), **options) if finding.code == code
    ]


def at(values: Any, **changes: float) -> Any:
    """Return values with some replaced: `at(x, w3=0)` changes the fourth."""
    changed = np.array(values, dtype=float)
    for place, value in changes.items():
        changed[int(place[1:])] = value
    return changed


def test_clean_data_have_only_facts_to_tell() -> None:
    assert [finding.code for finding in check(make(), MAPPING, "week")] == ["rows.per_hyperparameter"]


BASE = make()


@pytest.mark.parametrize(
    ("columns", "code", "grade", "column", "where"),
    [
        pytest.param(
            {"revenue": at(BASE.revenue, w3=np.nan)}, "kpi.missing", "FAIL", "revenue", "2022-01-24", id="kpi na"
        ),
        pytest.param({"tv": at(BASE.tv, w3=np.nan)}, "media.missing", "REVIEW", "tv", "2022-01-24", id="media na"),
        pytest.param({"tv": at(BASE.tv, w0=-1)}, "media.negative", "FAIL", "tv", "2022-01-03", id="negative spend"),
        pytest.param(
            {"mails": at(BASE.mails, w0=-1)}, "media.negative", "FAIL", "mails", "2022-01-03", id="negative mails"
        ),
        pytest.param({"revenue": 5.0}, "kpi.constant", "FAIL", "revenue", "", id="constant kpi"),
        pytest.param({"price": 5.0}, "column.constant", "REVIEW", "price", "", id="constant context"),
        pytest.param({"event": "none"}, "column.constant", "REVIEW", "event", "", id="constant category"),
        pytest.param({"tv": 0.0}, "media.zero", "REVIEW", "tv", "2022-01-03 to 2024-12-23", id="nothing spent"),
        pytest.param(
            {"tv": np.where(np.arange(WEEKS) % 20 == 0, 100.0, 0)}, "media.sparse", "REVIEW", "tv", "", id="95 % zeros"
        ),
        pytest.param(
            {"tv": np.where(np.arange(WEEKS) % 3 == 0, 100.0, 0)}, "media.sparse", "INFO", "tv", "", id="67 % zeros"
        ),
        pytest.param({"tv": BASE.search * 2}, "drivers.correlated", "FAIL", "tv", "tv and search", id="same channel"),
        pytest.param(
            {"tv": BASE.search + BASE.mails * 0.2},
            "drivers.correlated",
            "REVIEW",
            "tv",
            "tv and search",
            id="nearly same",
        ),
        pytest.param(
            {"tv": BASE.search + BASE.mails + BASE.price * 10},
            "drivers.inflated",
            "REVIEW",
            "tv",
            "",
            id="a sum of others",
        ),
        pytest.param(
            {"fb_seen": BASE.fb_seen.to_numpy()[::-1]},
            "exposure.fit",
            "REVIEW",
            "fb_seen",
            "",
            id="exposure unlike spend",
        ),
        pytest.param(
            {"fb": at(BASE.fb, w2=0)}, "exposure.without_spend", "REVIEW", "fb", "2022-01-17", id="seen for free"
        ),
        pytest.param(
            {"fb_seen": at(BASE.fb_seen, w2=0)}, "spend.without_exposure", "REVIEW", "fb", "2022-01-17", id="unseen"
        ),
        pytest.param(
            {"fb": np.where(np.arange(WEEKS) < 80, BASE.fb, BASE.fb * 7)},
            "exposure.unit_cost",
            "REVIEW",
            "fb",
            "2023-07-17",
            id="another currency",
        ),
        pytest.param(
            {"revenue": at(BASE.revenue, w50=30_000)}, "kpi.outlier", "INFO", "revenue", "2022-12-19", id="outlier"
        ),
        pytest.param(
            {"revenue": at(BASE.revenue, w155=2_000)},
            "kpi.incomplete",
            "REVIEW",
            "revenue",
            "2024-12-23",
            id="broken last week",
        ),
        pytest.param({"search": BASE.search / 100}, "spend.small", "INFO", "search", "", id="tiny channel"),
        pytest.param({"price": BASE.revenue * 3 + 1}, "driver.leakage", "REVIEW", "price", "", id="the kpi as context"),
        pytest.param({"search": BASE.revenue / 10}, "driver.leakage", "REVIEW", "search", "", id="a share of the kpi"),
    ],
)
def test_each_rule_finds_its_fault(columns: dict[str, Any], code: str, grade: str, column: str, where: str) -> None:
    first = found(make(**columns), code)[0]
    assert (first.grade, first.column, first.where) == (grade, column, where)
    assert first.text.endswith((".", "?"))
    assert first.remedy or first.grade == "INFO"


@pytest.mark.parametrize(
    ("weeks", "codes"),
    [
        (25, {"rows.per_variable": "FAIL", "rows.span": "FAIL"}),
        (51, {"rows.per_variable": "REVIEW", "rows.span": "FAIL"}),
        (52, {"rows.per_variable": "REVIEW", "rows.span": "REVIEW"}),
        (103, {"rows.span": "REVIEW"}),
        (104, {}),
    ],
)
def test_too_few_rows(weeks: int, codes: dict[str, str]) -> None:
    frame = make(WEEKS).iloc[:weeks]
    grades = {f.code: f.grade for f in check(frame, MAPPING, "week") if f.code in ("rows.per_variable", "rows.span")}
    assert grades == codes


def test_an_overridable_fail_can_be_accepted_and_no_other() -> None:
    frame = make(tv=at(BASE.tv, w0=-1)).iloc[:25]
    eased = check(frame, MAPPING, "week", accepted={"rows.per_variable", "rows.span", "media.negative"})
    assert [f.code for f in blocking(eased)] == ["media.negative"]


def test_short_daily_data_are_reviewed_not_refused() -> None:
    assert [f.grade for f in found(make(120), "rows.span", interval="day")] == ["REVIEW"]


def test_only_the_window_is_looked_at() -> None:
    frame = make(tv=np.where(np.arange(WEEKS) < 100, BASE.tv, 0))
    assert found(frame, "media.zero") == []
    assert len(found(frame, "media.zero", start=date(2024, 1, 1))) == 1
    assert found(frame, "media.zero", start=date(2024, 1, 1), end=date(2024, 1, 1))


def test_one_channel_is_too_few_to_compare() -> None:
    mapping = MAPPING.model_copy(update={"paid_media_spends": ("tv",), "exposures": {}})
    assert [f.column for f in found(make(), "media.single", mapping)] == ["tv"]


def test_worst_comes_first() -> None:
    grades = [f.grade for f in check(make(tv=at(BASE.tv, w0=-1), search=BASE.search / 100, price=5.0), MAPPING, "week")]
    assert grades == sorted(grades, key=["FAIL", "REVIEW", "INFO"].index)


def test_the_first_fail_is_raised_with_its_place() -> None:
    frame = make(tv=at(BASE.tv, w0=-1), revenue=at(BASE.revenue, w3=np.nan))
    with pytest.raises(
        BadData, match=r"The KPI “revenue” has no value in 1 week\. Where: 2022-01-24\. \(1 more"
    ) as refused:
        refuse(check(frame, MAPPING, "week"))
    assert refused.value.field == "revenue"
    refuse(check(make(), MAPPING, "week"))


def test_drivers_that_never_change_are_dropped() -> None:
    frame = make(tv=0.0, fb_seen=3.0, price=1.0, event="none")
    left = drop(MAPPING, check(frame, MAPPING, "week"))
    assert (left.paid_media_spends, left.exposures) == (("search",), {})
    assert (left.organic_vars, left.context_vars, left.factor_vars) == (("mails",), (), ())
    with pytest.raises(BadData, match="No paid channel changes"):
        frame = make(tv=0.0, fb=0.0, search=0.0)
        drop(MAPPING, check(frame, MAPPING, "week"))


def test_variance_inflation_has_an_intercept() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(loc=(1000.0, 50.0, -20.0), size=(500, 3))
    assert variance_inflation(x) == pytest.approx([1, 1, 1], abs=0.05)
    # y = x0 + noise of the same variance: R² of x0 on y is 1/2, so both have a VIF of 2.
    pair = np.column_stack([x[:, 0], x[:, 0] + rng.normal(size=500)])
    assert variance_inflation(pair) == pytest.approx([2, 2], rel=0.15)
    r = correlations(pair)[0, 1]
    assert variance_inflation(pair) == pytest.approx([1 / (1 - r**2)] * 2)
    assert np.isinf(variance_inflation(np.column_stack([x, x.sum(axis=1)]))).all()
    assert variance_inflation(np.column_stack([x[:, 0], np.ones(500)])).tolist() == [1.0, 1.0]
    assert variance_inflation(x[:3]).tolist() == [1.0, 1.0, 1.0]


def test_constant_columns_correlate_with_nothing() -> None:
    x = np.column_stack([np.arange(9.0), np.full(9, 0.1), -np.arange(9.0)])
    assert correlations(x) == pytest.approx(np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]]))


@pytest.fixture
def demo(tmp_path: Path) -> Callable[[], tuple[pd.DataFrame, tuple[Finding, ...]]]:
    def load() -> tuple[pd.DataFrame, tuple[Finding, ...]]:
        path = Path(__file__).parents[2].parent / "shared/data/robyn_reference/dt_simulated_weekly.csv"
        if not path.exists():
            pytest.skip("Robyn's demo data are not beside the project")
        facts = to_parquet(path, tmp_path / "raw.parquet")
        mapping = Mapping.model_validate(guess(facts.columns, "de").model_dump())
        prepared = prepare(tmp_path / "raw.parquet", mapping, "de")
        return prepared.frame, review(prepared)

    return load


def test_robyns_demo_data_do_not_fail(demo: Callable[[], tuple[pd.DataFrame, tuple[Finding, ...]]]) -> None:
    _, findings = demo()
    assert blocking(findings) == []
    # 4 of its 5 channels are silent more than half of the time: a note, never a stop.
    assert {f.grade for f in findings if f.code == "media.sparse"} == {"INFO"}


def test_exposures_fit_as_robyn_says(demo: Callable[[], tuple[pd.DataFrame, tuple[Finding, ...]]]) -> None:
    frame, _ = demo()
    columns = {name: frame[name].to_numpy() for name in ("facebook_S", "facebook_I", "search_S", "search_clicks_P")}
    # `exposure_fit` in the reference's inputs.json, over all rows.
    assert exposure_fit(columns["facebook_S"], columns["facebook_I"]) == pytest.approx(0.98250223741388, rel=1e-12)
    assert exposure_fit(columns["search_S"], columns["search_clicks_P"]) == pytest.approx(0.964601785279815, rel=1e-12)


@pytest.mark.parametrize("country", ["DE", "FR", "GB"])
@pytest.mark.parametrize("resample", ["none", "W"])
def test_the_sample_data_do_not_fail(tmp_path: Path, country: str, resample: Literal["none", "W"]) -> None:
    daily(country).to_csv(tmp_path / "sample.csv", index=False)
    facts = to_parquet(tmp_path / "sample.csv", tmp_path / "raw.parquet")
    mapping = Mapping.model_validate(guess(facts.columns, country).model_dump())
    assert validate_mapping(mapping, facts.columns) == []
    assert blocking(review(prepare(tmp_path / "raw.parquet", mapping, country, resample=resample))) == []


def test_hundreds_of_columns_that_say_the_same_are_told_in_bounds() -> None:
    days = pd.date_range("2022-01-03", periods=120, freq="7D")
    money = np.random.default_rng(5).uniform(100, 900, 120)
    spends = tuple(f"channel_{n}_spend" for n in range(60))
    frame = pd.DataFrame(
        {"date": days, "revenue": money[::-1] * 9, **{name: money * (n + 1) for n, name in enumerate(spends)}}
    )
    mapping = Mapping(date_var="date", dep_var="revenue", paid_media_spends=spends)
    pairs = [one for one in check(frame, mapping, "week") if one.code == "drivers.correlated"]
    assert len(pairs) == 101
    assert "1,670 more pairs" in pairs[-1].text


@pytest.mark.parametrize(
    ("share", "said"), [(0.91, "91%"), (0.996, "nearly all"), (1.0, "all")], ids=["most", "nearly all", "all"]
)
def test_what_other_drivers_explain_is_a_share_in_words(share: float, said: str) -> None:
    assert _most(share) == said
