"""Few rows: what the dataset's check lets pass, knowingly accepted or not, the form takes and the trainer trains."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.dataset import Dataset, Source
from engine.data.enough import CAUTIONED, least_periods
from engine.data.mapping import Mapping
from engine.data.prepare import Prepared, write_input
from engine.data.quality import blocking, drop, review
from engine.data.still import stretches
from engine.errors import BadInput
from engine.experiment.check import read_form
from engine.experiment.experiment import ExperimentForm, effects_of, to_job_config
from engine.model.read.inputs import read_inputs
from engine.model.train import train

pytestmark = pytest.mark.slow

Unit = Literal["day", "week", "month"]
STEP = {"day": "D", "week": "7D", "month": "MS"}


def prepared(unit: Unit, rows: int, spends: int, others: int, *, seed: int = 5, rhythm: bool = False) -> Prepared:
    """A dataset of noise: as many paid channels and other drivers as wanted, none like another."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2018-01-01", periods=rows, freq=STEP[unit])
    weekly = np.where(days.weekday >= 5, 0.2, 1.0) if rhythm else 1.0
    columns = {f"c{i}_cost": rng.uniform(50, 150, rows) for i in range(spends)}
    columns |= {f"x{i}": rng.normal(5, 1, rows) for i in range(others)}
    frame = pd.DataFrame({"day": days, "kpi": rng.normal(1000, 90, rows) * weekly, **columns})
    mapping = Mapping(
        date_var="day",
        dep_var="kpi",
        paid_media_spends=tuple(f"c{i}_cost" for i in range(spends)),
        context_vars=tuple(f"x{i}" for i in range(others)),
    )
    return Prepared(frame, mapping, unit, days[0].date(), days[-1].date(), (), rows, {})


def dataset_of(made: Prepared) -> Dataset | None:
    """The dataset that a person gets who accepts what can be accepted; None if something stops it."""
    findings = review(made, accepted=CAUTIONED)
    if blocking(findings):
        return None
    return Dataset(
        workspace="T1",
        title="Shop",
        country="de",
        ts="20260101T000000Z-aaaa",
        source=Source(kind="csv"),
        mapping=made.mapping,
        columns=(),
        rows=len(made.frame),
        bytes=1,
        crc32c="",
        first_date=made.first,
        last_date=made.last,
        interval=made.interval,
        findings=findings,
        still=stretches(made.frame, made.mapping),
        who="U1",
        channel="C1",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def staged(made: Prepared, data: Dataset, form: ExperimentForm, folder: Path) -> Path:
    """What the trainer is given, as stage makes it."""
    findings = review(
        made, start=form.start_date, end=form.end_date, accepted=CAUTIONED, effects=effects_of(form, data)
    )
    assert blocking(findings) == []
    config = to_job_config(form, data, drop(made.mapping, findings)).model_dump(mode="json")
    write_input(made, folder)
    (folder / "job_config.json").write_text(json.dumps(config | {"iterations": 20, "trials": 1}))
    return folder


@settings(max_examples=60, deadline=None)
@given(
    unit=st.sampled_from(["day", "week", "month"]),
    rows=st.integers(2, 70),
    spends=st.integers(1, 6),
    others=st.integers(0, 5),
    rhythm=st.booleans(),
)
def test_what_may_be_accepted_is_never_refused_later(
    tmp_path_factory: pytest.TempPathFactory, unit: Unit, rows: int, spends: int, others: int, rhythm: bool
) -> None:
    made = prepared(unit, rows, spends, others, rhythm=rhythm)
    data = dataset_of(made)
    checked = read_form({"dataset_id": "de/1"}, data) if data else None
    if data is None or checked is None:
        # Nothing but too few rows stops noise.
        assert {one.code for one in blocking(review(made, accepted=CAUTIONED))} <= {"rows.too_few"} | LOOKS_ALIKE
        return
    assert checked.errors == ()
    assert checked.form is not None
    read_inputs(staged(made, data, checked.form, tmp_path_factory.mktemp("in")))


# With hardly any rows noise looks like anything.
LOOKS_ALIKE = {"drivers.correlated"}


@pytest.mark.parametrize(("unit", "spends", "others"), [("week", 2, 0), ("week", 3, 2), ("month", 2, 1), ("day", 3, 1)])
def test_the_least_that_may_be_accepted_trains_and_one_period_less_is_refused_by_all(
    tmp_path: Path, unit: Unit, spends: int, others: int
) -> None:
    least = least_periods(spends + others + (4 if unit == "day" else 3))
    made = prepared(unit, least, spends, others)
    data = dataset_of(made)
    assert data is not None
    form = read_form({"dataset_id": data.id}, data).form
    assert form is not None
    summary = train(staged(made, data, form, tmp_path / "in"), tmp_path / "out")
    assert {one.code for one in summary.findings} >= {"rows.per_variable"}

    fewer = prepared(unit, least - 1, spends, others)
    assert [one.code for one in blocking(review(fewer, accepted=CAUTIONED))] == ["rows.too_few"]
    shorter = data.model_copy(update={"last_date": fewer.frame["day"].iloc[-1 if unit != "day" else -2].date()})
    assert [field for field, _ in read_form({"dataset_id": data.id}, shorter).errors] == ["start_date"]
    folder = staged(made, data, form, tmp_path / "in")
    fewer.frame.iloc[: len(fewer.frame) - (unit == "day")].to_csv(folder / "input_data.csv", index=False)
    (folder / "input_data.parquet").unlink()
    with pytest.raises(BadInput, match="lengthen it or leave variables out"):
        read_inputs(folder)
