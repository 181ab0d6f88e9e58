"""Drivers that stand still: told by the form for the window that was chosen, before anything is trained."""

from datetime import UTC, date, datetime
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest

from bot.experiment.modals import EFFECTS, EFFECTS_ANEW, WEEKDAY, experiment_form, read_experiment_form, started
from bot.slack.form import Values
from engine.data.dataset import Dataset, Finding, Source
from engine.data.mapping import Mapping
from engine.data.still import MOST, SHORTEST, stretches
from engine.experiment.check import read_form
from engine.experiment.experiment import effects_of, form_fields, to_job_config

MAPPING = Mapping(date_var="day", dep_var="kpi", paid_media_spends=("tv", "fb"), factor_vars=("event",))
STEP = {"day": "D", "week": "7D", "month": "MS"}
RHYTHM = Finding(code="kpi.weekday", grade="INFO", column="kpi", text="“kpi” follows the day of the week.")


def dataset(interval: Literal["day", "week", "month"] = "week", rows: int = 156, **changes: Any) -> Dataset:
    """One campaign of TV in the middle, an event on one date, Facebook all the time."""
    rng = np.random.default_rng(3)
    days = pd.date_range("2022-01-01" if interval == "month" else "2022-01-03", periods=rows, freq=STEP[interval])
    place = np.arange(rows)
    frame = pd.DataFrame(
        {
            "day": days,
            "kpi": rng.normal(100, 9, rows),
            "tv": np.where((place >= 60) & (place < 70), rng.uniform(1, 9, rows), 0.0),
            "fb": rng.uniform(1, 9, rows),
            "event": np.where(place == 50, "fair", "none"),
        }
    )
    made: dict[str, Any] = {
        "workspace": "T1",
        "title": "Shop",
        "country": "de",
        "ts": "20260101T000000Z-aaaa",
        "source": Source(kind="csv"),
        "mapping": MAPPING,
        "columns": (),
        "rows": rows,
        "bytes": 1,
        "crc32c": "",
        "first_date": days[0].date(),
        "last_date": days[-1].date(),
        "interval": interval,
        "still": stretches(frame, MAPPING),
        "who": "U1",
        "channel": "C1",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Dataset.model_validate(made | changes)


WEEKLY = dataset()


def cautions(data: Dataset, **values: Any) -> str:
    checked = read_form({"dataset_id": data.id, **values}, data)
    assert checked.errors == ()
    return " ".join(checked.cautions)


def test_the_stretches_are_kept_and_no_more() -> None:
    assert WEEKLY.still["event"] == (
        (date(2022, 1, 3), date(2022, 12, 12)),
        (date(2022, 12, 26), date(2024, 12, 23)),
    )
    assert len(WEEKLY.still["tv"]) == 2 and "fb" not in WEEKLY.still
    often = pd.DataFrame(
        {"day": pd.date_range("2022-01-03", periods=900), "tv": np.arange(900) // SHORTEST % 2, "fb": 1}
    )
    found = stretches(often.assign(event="none"), MAPPING)
    assert len(found["tv"]) == MOST
    assert found["event"] == ((date(2022, 1, 3), date(2024, 6, 20)),)


@pytest.mark.parametrize(
    ("window", "names"),
    [
        pytest.param({}, "", id="the whole"),
        pytest.param({"start_date": "2022-12-19"}, "", id="from the event's week on"),
        pytest.param({"start_date": "2022-12-20"}, "“event” never changes", id="from the day after its row on"),
        pytest.param({"start_date": "2023-07-03"}, "“tv” and “event” never change", id="after both"),
        pytest.param({"end_date": "2022-12-18"}, "“tv” and “event” never change", id="before both"),
        pytest.param({"end_date": "2022-12-25"}, "“tv” never changes", id="to the end of the event's week"),
        pytest.param({"start_date": "2023-01-02", "end_date": "2024-01-01"}, "“event” never changes", id="between"),
    ],
)
def test_the_form_says_what_never_changes_in_the_window(window: dict[str, str], names: str) -> None:
    said = cautions(WEEKLY, **window)
    assert (names in said) if names else ("never" not in said)
    assert ("left out" in said) == bool(names)


@pytest.mark.parametrize(("interval", "rows", "start"), [("day", 400, "2022-06-01"), ("month", 96, "2028-12-15")])
def test_days_and_months_are_looked_at_alike(interval: Any, rows: int, start: str) -> None:
    data = dataset(interval, rows)
    assert "“tv” and “event” never change" in cautions(data, start_date=start)
    assert "never" not in cautions(data)


def test_a_dataset_of_an_earlier_version_says_nothing() -> None:
    old = Dataset.model_validate(WEEKLY.model_dump(exclude={"still"}))
    assert "never" not in cautions(old, start_date="2023-07-03")


def test_what_was_found_is_shown_when_the_form_is_redrawn_and_when_it_was_sent() -> None:
    said = read_form({"dataset_id": WEEKLY.id, "start_date": "2023-07-03"}, WEEKLY).cautions
    form = experiment_form(dataset=WEEKLY, values={}, trainers=("native",), more=False, cautions=said)
    assert {block["block_id"]: block.get("dispatch_action") for block in form["blocks"] if "block_id" in block}[
        "start_date"
    ]
    assert "never change from 2023-07-03" in str(form) and "never change" in str(started("A_1", "r1", "C1", said))


# The day of the week


DAILY = dataset("day", 400, findings=(RHYTHM,))


def test_daily_data_with_a_rhythm_are_trained_with_the_day_of_the_week_unless_it_is_turned_off() -> None:
    form = read_form({"dataset_id": DAILY.id}, DAILY).form
    assert form is not None
    assert to_job_config(form, DAILY).prophet_vars == ("trend", "season", "holiday", "weekday")
    assert {one.name: one.default for one in form_fields(dataset=DAILY)}[EFFECTS][-1] == "weekday"
    assert "turn it on" not in cautions(DAILY)
    assert "Day of the week is off: turn it on" in cautions(DAILY, prophet_vars=["trend"])
    plain = dataset("day", 400)
    unasked = read_form({"dataset_id": plain.id}, plain).form
    assert unasked is not None and "weekday" not in unasked.prophet_vars
    assert "Day of the week" not in cautions(plain, prophet_vars=["trend"])


def test_days_added_up_to_weeks_train_without_the_day_of_the_week_and_say_so() -> None:
    form = read_form({"dataset_id": DAILY.id, "resample_freq": "W"}, DAILY).form
    assert form is not None and effects_of(form, DAILY) == ("trend", "season", "holiday")
    assert "Day of the week is left out" in cautions(DAILY, resample_freq="W")


def test_one_press_turns_the_day_of_the_week_on() -> None:
    def drawn(**options: bool) -> dict[str, Any]:
        values = {EFFECTS: ("trend", "weekday") if options.get("weekday_on") else ("trend",)}
        return experiment_form(dataset=DAILY, values=values, trainers=("native",), more=True, **options)

    assert WEEKDAY in str(drawn(weekday_off=True)) and WEEKDAY not in str(drawn())
    # Slack keeps what a person chose while the block keeps its name.
    on = next(block for block in drawn(weekday_on=True)["blocks"] if block.get("block_id") == EFFECTS_ANEW)
    state = {EFFECTS_ANEW: {EFFECTS: {"selected_options": on["element"]["initial_options"]}}}
    assert read_experiment_form(Values(state), (EFFECTS,)) == {EFFECTS: ("trend", "weekday")}
