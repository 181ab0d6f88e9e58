"""Both trainers as a choice: offered where both are, and as long as the two together."""

from datetime import UTC, date, datetime

import pytest

from engine.data.dataset import Dataset, Source
from engine.data.mapping import Mapping
from engine.experiment.check import read_form
from engine.experiment.estimate import estimate
from engine.experiment.experiment import ExperimentForm, form_fields, search_of

WEEKLY = Dataset(
    workspace="T1",
    title="Shop",
    country="fr",
    ts="20260105T120000Z-aaaa",
    source=Source(kind="csv"),
    mapping=Mapping(date_var="DATE", dep_var="REVENUE", paid_media_spends=("TV_COST", "OOH_COST")),
    columns=(),
    rows=156,
    bytes=1,
    crc32c="AAAAAA==",
    first_date=date(2022, 1, 3),
    last_date=date(2024, 12, 23),
    interval="week",
    who="U1",
    channel="C1",
    created_at=datetime(2026, 1, 5, tzinfo=UTC),
)


def offered(*trainers: str) -> set[str]:
    [field] = [one for one in form_fields(trainers=trainers) if one.name == "trainer"]
    return {option.value for option in field.options}


@pytest.mark.parametrize(
    ("trainers", "choices"),
    [(("native",), {"native"}), (("robyn",), {"robyn"}), (("native", "robyn"), {"native", "robyn", "both"})],
)
def test_both_are_offered_where_an_image_holds_both(trainers: tuple[str, ...], choices: set[str]) -> None:
    assert offered(*trainers) == choices


def test_both_are_refused_where_there_is_no_robyn() -> None:
    values = {"dataset_id": WEEKLY.id, "trainer": "both"}
    [(field, text)] = read_form(values, trainers=("native",)).errors
    assert field == "trainer" and "not available here" in text
    assert read_form(values, trainers=("native", "robyn")).form is not None


def test_the_preview_of_a_quick_run_is_searched_fast() -> None:
    assert search_of(ExperimentForm(dataset_id=WEEKLY.id, trainer="both")) == "fast"
    assert search_of(ExperimentForm(dataset_id=WEEKLY.id, trainer="robyn")) == "nevergrad"


def test_both_take_as_long_as_one_after_the_other() -> None:
    def seconds(trainer: str) -> float:
        form = ExperimentForm.model_validate({"dataset_id": WEEKLY.id, "trainer": trainer, "preset": "standard"})
        return estimate(form, WEEKLY)

    assert seconds("both") == pytest.approx(seconds("native") + seconds("robyn"))
