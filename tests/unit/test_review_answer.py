"""The worker's answer to a review: any look at any dataset, with picture and file, or in words why there is none."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from engine.cloud.storage import Storage
from engine.data.dataset import Dataset
from engine.data.made import Made
from engine.data.mapping import Goal, Mapping
from engine.data.review.filters import LOOKS, Filters, mark
from engine.errors import BadInput, NotFound
from engine.pipeline.answer import Answer, Work
from engine.pipeline.review import review
from local.sample import daily, weekly
from tests.kept_rows import keep_rows
from tests.stored import Kept

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 30, tzinfo=UTC)
ROLES = Mapping(
    date_var="DATE",
    dep_var="REVENUE",
    paid_media_spends=("TV_COST", "SEARCH_COST"),
    exposures={"SEARCH_COST": "SEARCH_CLICKS"},
    goals=(Goal(column="ORDERS", kind="conversion"),),
    factor_vars=("PROMO_FLAG",),
    currency="EUR",
)


@pytest.fixture
def kept() -> Kept:
    return Kept()


def keep(kept: Kept, rows: pd.DataFrame, name: str = "01", **changes: Any) -> Dataset:
    given = {"mapping": ROLES, "country": "fr", "interval": "day", **changes}
    return keep_rows(cast(Storage, kept.storage), f"20260105T100000Z-00{name}", "Shop", rows, **given)


def ask(kept: Kept, dataset: Dataset, folder: Path, others: Sequence[str] = (), **filters: Any) -> Answer:
    about = {"dataset": dataset.id, "filters": Filters(**filters).model_dump(), "others": list(others)}
    cloud, clock = SimpleNamespace(storage=kept.storage), SimpleNamespace(now=lambda: NOW)
    return review(cast(Work, SimpleNamespace(cloud=cloud, clock=clock, folder=folder, about=about)))


def told(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = answer.data["review"]["told"]
    return found


def rows() -> pd.DataFrame:
    return daily("FR").drop(columns="COUNTRY")


@pytest.mark.parametrize("look", LOOKS)
def test_each_look_has_a_sentence_and_a_picture_that_begins_with_it(kept: Kept, tmp_path: Path, look: str) -> None:
    answer = ask(kept, keep(kept, rows()), tmp_path, look=look)
    sentence = told(answer)["sentence"]
    assert sentence.endswith(".") and told(answer)["look"] == look
    assert [one.alt.startswith(sentence) for one in answer.pictures] == ([] if look == "columns" else [True])
    assert answer.files == [] or answer.files == ()


def test_another_goal_is_a_cost_of_one(kept: Kept, tmp_path: Path) -> None:
    answer = ask(kept, keep(kept, rows()), tmp_path, goal=mark("ORDERS"))
    frame = rows().iloc[-365:]
    cost = (frame["TV_COST"] + frame["SEARCH_COST"]).sum() / frame["ORDERS"].sum()
    assert f"one of it stands beside {cost:.3g} EUR of spend" in told(answer)["sentence"]


def test_a_column_that_is_made_of_others_can_be_looked_at(kept: Kept, tmp_path: Path) -> None:
    mapping = ROLES.model_copy(update={"made": (Made(name="ALL_COST", parts=("OOH_COST", "PRINT_COST")),)})
    answer = ask(kept, keep(kept, rows(), mapping=mapping), tmp_path, look="metric", metric=mark("ALL_COST"))
    frame = rows().iloc[-365:]
    assert told(answer)["sentence"].startswith("All: ")
    total = sum(told(answer)["plot"]["series"][0]["values"])
    months = pd.to_datetime(frame["DATE"]).dt.strftime("%Y-%m")
    whole = months.isin([f"2025-{n:02d}" for n in range(1, 12)])
    assert total == pytest.approx(frame.loc[whole, ["OOH_COST", "PRINT_COST"]].to_numpy().sum(), abs=1e-6)


def test_a_week_that_a_person_says_is_dated_by_its_last_day_is_told_by_its_first(kept: Kept, tmp_path: Path) -> None:
    frame = weekly("FR")
    frame["DATE"] = [day + pd.Timedelta(days=6) for day in pd.to_datetime(frame["DATE"])]
    frame["DATE"] = frame["DATE"].dt.date
    dataset = keep(kept, frame, interval="week", choices={"week_dated": "last"})
    assert "(2024-12-30 to 2025-12-28, 52 weeks)" in ask(kept, dataset, tmp_path).data["review"]["window"]


def test_only_the_rows_of_the_datasets_country_count(kept: Kept, tmp_path: Path) -> None:
    both = pd.concat([daily("FR"), daily("DE")], ignore_index=True)
    mapping = ROLES.model_copy(update={"country_var": "COUNTRY"})
    one = ask(kept, keep(kept, both, mapping=mapping), tmp_path)
    other = ask(kept, keep(kept, rows(), "02"), tmp_path)
    assert told(one)["sentence"] == told(other)["sentence"]


@pytest.mark.parametrize(
    ("filters", "error", "words"),
    [
        ({"timeframe": "2031"}, BadInput, "holds no data"),
        ({"timeframe": "gone"}, BadInput, "I do not know the timeframe “gone”"),
        ({"look": "metric", "metric": mark("GONE")}, NotFound, "no longer there"),
        ({"look": "dance"}, BadInput, "another release"),
        ({"period": "H"}, BadInput, "another release"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(
    kept: Kept, tmp_path: Path, filters: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        ask(kept, keep(kept, rows()), tmp_path, **filters)


def test_a_dataset_that_is_gone_is_told(kept: Kept, tmp_path: Path) -> None:
    missing = keep(kept, rows()).model_copy(update={"ts": "20200101T000000Z-0000"})
    with pytest.raises(NotFound):
        ask(kept, missing, tmp_path)


def test_all_channels_of_a_long_funnel_are_in_a_file_that_no_spreadsheet_runs(kept: Kept, tmp_path: Path) -> None:
    frame = pd.DataFrame({"DATE": pd.date_range("2024-01-01", periods=60).date, "REVENUE": np.arange(60.0)})
    names = [f"C{n:03d}" for n in range(120)] + ["=HYPERLINK(1)"]
    more = {f"{name}_COST": 1.0 for name in names} | {f"{name}_CLICKS": 2.0 for name in names}
    frame = pd.concat([frame, pd.DataFrame(more, index=frame.index)], axis=1)
    spends = tuple(f"{name}_COST" for name in names)
    bought = {f"{name}_COST": (f"{name}_CLICKS",) for name in names}
    mapping = Mapping(date_var="DATE", dep_var="REVENUE", paid_media_spends=spends, paid_media_mapping=bought)
    answer = ask(kept, keep(kept, frame, mapping=mapping), tmp_path, look="funnel")
    [file] = answer.files
    found = list(csv.reader(io.StringIO(cast(bytes, file.data).decode("utf-8-sig"))))
    assert len(found) == 122 and found[0] == ["Channel", "Spend", "Clicks", "CPC"]
    assert {row[1] for row in found[1:]} == {"60"} and not any(row[0].startswith("=") for row in found)
    assert "all are in the file" in " ".join(told(answer)["notes"])


def test_columns_that_a_message_has_no_room_for_are_in_a_file(kept: Kept, tmp_path: Path) -> None:
    frame = rows()[["DATE", "REVENUE", "TV_COST", "SEARCH_COST", "SEARCH_CLICKS", "ORDERS", "PROMO_FLAG"]]
    frame = pd.concat([frame, pd.DataFrame({f"N{n}": 1.0 for n in range(60)}, index=frame.index)], axis=1)
    answer = ask(kept, keep(kept, frame), tmp_path, look="columns")
    assert told(answer)["sentence"] == "60 of 67 columns have no role."
    assert (
        len(cast(bytes, answer.files[0].data).splitlines()) == 61
        and "20 more are in the file." in told(answer)["notes"]
    )


def test_countries_are_each_of_their_own_rows_and_a_broken_one_is_named(kept: Kept, tmp_path: Path) -> None:
    own = keep(kept, rows())
    german = keep(kept, daily("DE").drop(columns="COUNTRY"), "02", country="de")
    old = daily("GB").drop(columns="COUNTRY").assign(DATE=pd.date_range("2015-01-01", periods=1092).date)
    british = keep(kept, old, "03", country="gb")
    answer = ask(kept, own, tmp_path, [german.id, british.id, "it/20200101T000000Z-0000"], look="countries")
    table = told(answer)["table"]
    assert [row[0]["text"] for row in table["rows"]] == ["Germany", "France"]
    assert "United Kingdom: The data go from 2015-01-01 to 2017-12-27." in told(answer)["notes"]
    frame = daily("DE").iloc[-365:]
    ratio = frame["REVENUE"].sum() / (frame["TV_COST"] + frame["SEARCH_COST"]).sum()
    assert table["rows"][0][5]["number"] == pytest.approx(ratio, abs=1e-9)


def test_a_dataset_of_one_row_or_of_empty_columns_is_shown_as_what_it_is(kept: Kept, tmp_path: Path) -> None:
    single = ask(kept, keep(kept, rows().iloc[:1]), tmp_path)
    assert told(single)["sentence"].startswith("In all data, revenue came to")
    assert single.data["review"]["short"].startswith("Fewer than asked for: the data begin on 2023-01-02")
    blank = rows()
    blank[["TV_COST", "SEARCH_COST", "REVENUE"]] = np.nan
    empty = ask(kept, keep(kept, blank, "02"), tmp_path)
    assert told(empty)["sentence"] == "“revenue” holds no value in the last 12 months."
