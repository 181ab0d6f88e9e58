"""One row per channel, or per variable: recognised, offered as one press, and turned into columns."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.data.dataset import Finding
from engine.data.guess import guess
from engine.data.intake import choices
from engine.data.intake.file import Asked, Facts, inspect, to_parquet
from engine.data.intake.reshape import reshape
from engine.data.prepare import prepare
from engine.errors import BadData

pytestmark = pytest.mark.slow

WEEKS = 60
DAYS = [date(2022, 1, 3) + timedelta(weeks=n) for n in range(WEEKS)]
CHANNELS = ("tv", "search", "social")
PRESSED = Asked(choices={choices.CHANNELS: choices.COLUMNS})


def wide(seed: int = 3) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    spends = {f"{name}_spend": random.uniform(100, 900, WEEKS).round(2) for name in CHANNELS}
    return pd.DataFrame({"date": DAYS, "revenue": random.uniform(2e5, 3e5, WEEKS).round(2), **spends})


def by_channel(frame: pd.DataFrame, key: str = "channel", measure: str = "spend") -> pd.DataFrame:
    """The same numbers with a row per channel; the revenue stands in each of them."""
    parts = [
        frame[["date"]].assign(**{key: name, measure: frame[f"{name}_spend"], "revenue": frame.revenue})
        for name in CHANNELS
    ]
    return pd.concat(parts).sort_values("date", kind="stable").reset_index(drop=True)


def fully(frame: pd.DataFrame, key: str = "variable", value: str = "value") -> pd.DataFrame:
    return frame.melt("date", var_name=key, value_name=value)


def written(tmp_path: Path, frame: pd.DataFrame, **how: Any) -> Path:
    path = tmp_path / "long.csv"
    frame.to_csv(path, index=False, **how)
    return path


def long_finding(facts: Facts) -> Finding | None:
    return next((finding for finding in facts.findings if finding.code == "layout.long"), None)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(by_channel(wide()), id="one row per channel"),
        pytest.param(by_channel(wide(), "Kanal", "Kosten"), id="German names"),
        pytest.param(by_channel(wide(), "grp", "cost"), id="told by its values"),
        pytest.param(by_channel(wide()).sort_values("channel"), id="channel after channel"),
        pytest.param(fully(wide()), id="fully long"),
        pytest.param(fully(wide(), "metric", "measure"), id="metric and measure"),
        pytest.param(fully(wide(), "what", "n"), id="told by its values too"),
    ],
)
def test_a_long_table_is_told_and_offered_as_a_press(tmp_path: Path, frame: pd.DataFrame) -> None:
    path = written(tmp_path, frame)
    for facts in (inspect(path), to_parquet(path, tmp_path / "raw.parquet")):
        told = long_finding(facts)
        assert told is not None
        assert told.grade == "REVIEW"
        assert [(o.key, o.value, o.label) for o in told.offers] == [
            ("channels", "columns", "Turn channels into columns")
        ]
        assert facts.columns[0].name == "date"


@pytest.mark.parametrize(
    "frame", [by_channel(wide()), fully(wide()), by_channel(wide()).sample(frac=1, random_state=1)]
)
def test_one_press_turns_channels_into_columns(tmp_path: Path, frame: pd.DataFrame) -> None:
    path, truth = written(tmp_path, frame), wide()
    seen = inspect(path, PRESSED)
    roles = guess(seen.columns, "de")
    assert (roles.date_var, roles.dep_var) == ("date", "revenue")
    assert set(roles.paid_media_spends) == {"tv_spend", "search_spend", "social_spend"}
    facts = to_parquet(path, tmp_path / "raw.parquet", PRESSED, needed=list(roles.model_columns))
    assert [column.name for column in facts.columns] == [column.name for column in seen.columns]
    assert facts.rows == WEEKS
    found = prepare(tmp_path / "raw.parquet", roles, "de").frame
    for name in ("revenue", "tv_spend", "search_spend", "social_spend"):
        assert found[name].tolist() == pytest.approx(truth[name].tolist())


def test_without_the_press_the_kpi_counts_once_and_spends_are_added_up(tmp_path: Path) -> None:
    path, truth = written(tmp_path, by_channel(wide())), wide()
    facts = to_parquet(path, tmp_path / "raw.parquet")
    found = prepare(tmp_path / "raw.parquet", guess(facts.columns, "de"), "de")
    assert found.frame.revenue.tolist() == truth.revenue.tolist()
    assert found.frame.spend.sum() == pytest.approx(truth.filter(like="spend").to_numpy().sum())
    assert "kpi.repeated" in {finding.code for finding in found.findings}


def turned(tmp_path: Path, frame: pd.DataFrame) -> tuple[pd.DataFrame, Facts]:
    facts = to_parquet(written(tmp_path, frame), tmp_path / "raw.parquet", PRESSED)
    return pq.read_table(tmp_path / "raw.parquet").to_pandas(), facts


def test_a_channel_without_a_row_spent_nothing(tmp_path: Path) -> None:
    frame = by_channel(wide())
    found, _ = turned(tmp_path, frame[~((frame.channel == "tv") & (frame.date == DAYS[5]))])
    assert found.tv_spend[5] == 0
    assert found.tv_spend[6] == wide().tv_spend[6]


def test_several_measures_become_columns_each(tmp_path: Path) -> None:
    frame = by_channel(wide()).assign(Impressions=lambda rows: (rows.spend * 10).astype(int), holiday="none", price=4.5)
    frame.loc[frame.date == DAYS[3], "holiday"] = "fair"
    found, facts = turned(tmp_path, frame)
    assert set(found) == {"date", "revenue", "holiday", "price"} | {
        f"{name}_{what}" for name in CHANNELS for what in ("spend", "Impressions")
    }
    assert found.holiday.tolist().count("fair") == 1
    assert guess(facts.columns).exposures == {f"{name}_spend": f"{name}_Impressions" for name in CHANNELS}


def test_campaigns_of_a_channel_are_added_up_into_its_column(tmp_path: Path) -> None:
    frame = by_channel(wide())
    halves = pd.concat([frame.assign(spend=frame.spend / 2, ad=f"ad {n}") for n in (1, 2)])
    found, facts = turned(tmp_path, halves)
    assert found.tv_spend.tolist() == pytest.approx(wide().tv_spend.tolist())
    assert "ad" in next(finding for finding in facts.findings if finding.code == "layout.turned").text


def test_what_channels_say_they_sold_is_added_up(tmp_path: Path) -> None:
    frame = by_channel(wide()).assign(revenue=np.arange(WEEKS * 3) + 1.0)
    found, _ = turned(tmp_path, frame)
    assert found.revenue.sum() == frame.revenue.sum()


def test_countries_stay_rows(tmp_path: Path) -> None:
    frame = pd.concat([by_channel(wide()).assign(country="Germany"), by_channel(wide(4)).assign(country="France")])
    found, facts = turned(tmp_path, frame)
    assert len(found) == 2 * WEEKS
    roles = guess(facts.columns, "de")
    assert roles.country_var == "country"
    for code, seed in (("de", 3), ("fr", 4)):
        table = prepare(tmp_path / "raw.parquet", roles, code).frame
        assert table.revenue.tolist() == pytest.approx(wide(seed).revenue.tolist())
        assert table.tv_spend.tolist() == pytest.approx(wide(seed).tv_spend.tolist())


def test_a_kpi_that_repeats_within_each_region_is_never_added_up_unsaid(tmp_path: Path) -> None:
    frame = pd.concat([by_channel(wide()).assign(region="north"), by_channel(wide(4)).assign(region="south")])
    told = long_finding(inspect(written(tmp_path, frame)))
    assert told is not None
    assert told.grade == "FAIL"
    found, facts = turned(tmp_path, frame)
    table = prepare(tmp_path / "raw.parquet", guess(facts.columns, "de"), "de").frame
    assert table.revenue.tolist() == pytest.approx((wide().revenue + wide(4).revenue).tolist())
    assert len(found) == 2 * WEEKS


def test_channel_and_metric_in_two_columns(tmp_path: Path) -> None:
    rows = fully(wide())
    rows["channel"] = rows.variable.str.replace("_spend", "").replace("revenue", "all")
    rows["metric"] = np.where(rows.variable == "revenue", "revenue", "spend")
    found, _ = turned(tmp_path, rows[["date", "channel", "metric", "value"]])
    assert set(found) == {"date", "revenue", "tv_spend", "search_spend", "social_spend"}
    assert found.revenue.tolist() == wide().revenue.tolist()


def test_names_of_channels_keep_their_spelling_and_never_collide(tmp_path: Path) -> None:
    frame = by_channel(wide())
    frame["channel"] = frame.channel.map({"tv": "Google Ads", "search": "Google  Ads", "social": "TikTok"})
    found, _ = turned(tmp_path, frame.assign(TikTok_spend=frame.revenue))
    assert found["Google_Ads_spend"].sum() == pytest.approx(wide()[["tv_spend", "search_spend"]].to_numpy().sum())
    assert {"TikTok_spend", "TikTok_spend_2"} <= set(found)


def test_too_many_channels_are_refused_with_the_remedy(tmp_path: Path) -> None:
    names = [f"c{n}" for n in range(400)]
    rows = pd.DataFrame([(day, name, 1.0 + n, 2, 3, 9.0 + day.day) for day in DAYS[:3] for n, name in enumerate(names)])
    frame = rows.set_axis(["date", "channel", "spend", "impressions", "clicks", "revenue"], axis=1)
    frame["clicks"] += range(len(frame))
    frame["impressions"] += range(len(frame))
    with pytest.raises(BadData, match=r"1,20\d; at most 1,000") as refused:
        turned(tmp_path, frame)
    assert "“channel”" in refused.value.todo


def test_a_value_that_is_no_number_is_named_before_it_is_turned(tmp_path: Path) -> None:
    frame = by_channel(wide()).astype({"spend": object})
    frame.loc[7, "spend"] = "much"
    with pytest.raises(BadData, match="“spend” holds “much”"):
        to_parquet(written(tmp_path, frame), tmp_path / "raw.parquet", PRESSED, needed=["date", "tv_spend"])


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(wide(), id="wide"),
        pytest.param(wide().assign(channel="web"), id="one channel in a column"),
        pytest.param(wide().assign(channel=[f"c{n % 3}" for n in range(WEEKS)]), id="one row a date"),
        pytest.param(
            pd.concat([wide().assign(region="north"), wide(4).assign(region="south")]), id="regions with all columns"
        ),
        pytest.param(wide().assign(event=["none", "fair"] * 30), id="events"),
        pytest.param(pd.concat([wide().assign(country="DE"), wide(4).assign(country="FR")]), id="countries"),
    ],
)
def test_other_tables_are_left_as_they_are(tmp_path: Path, frame: pd.DataFrame) -> None:
    assert long_finding(inspect(written(tmp_path, frame))) is None


def test_what_can_no_longer_be_turned_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="no longer one per channel"):
        inspect(written(tmp_path, wide()), PRESSED)


def test_the_rows_of_a_warehouse_are_turned_the_same_way(tmp_path: Path) -> None:
    raw, truth = tmp_path / "raw.parquet", wide()
    pq.write_table(pa.Table.from_pandas(by_channel(wide()), preserve_index=False), raw, row_group_size=7)
    assert reshape(raw, {}).findings[0].code == "layout.long"
    shaped = reshape(raw, PRESSED.choices)
    assert shaped.columns is not None
    assert [column.name for column in shaped.columns][:2] == ["date", "revenue"]
    assert pq.read_table(raw).to_pandas().social_spend.tolist() == truth.social_spend.tolist()
