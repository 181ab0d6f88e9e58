"""An experiment's parameters: one definition, and the form, the check, the config and the docs that follow from it."""

from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest

from engine.data.dataset import Dataset, Source
from engine.data.mapping import Mapping
from engine.experiment.check import cautions, check_experiment, periods, read_form
from engine.experiment.estimate import estimate, in_words
from engine.experiment.experiment import (
    SIZES,
    Experiment,
    ExperimentForm,
    Preset,
    docs_table,
    form_fields,
    label_of,
    to_job_config,
)
from engine.experiment.hyperparameters import search_ranges
from engine.experiment.job_config import JobConfig, parse_job_config


def dataset(**changes: Any) -> Dataset:
    made: dict[str, Any] = {
        "workspace": "T1",
        "title": "Shop",
        "country": "de",
        "ts": "20260101T000000Z-aaaa",
        "source": Source(kind="csv"),
        "mapping": Mapping(
            date_var="day",
            dep_var="revenue",
            paid_media_spends=("tv", "fb"),
            exposures={"fb": "fb_seen"},
            context_vars=("price",),
            factor_vars=("event",),
        ),
        "columns": (),
        "rows": 156,
        "bytes": 1,
        "crc32c": "AAAAAA==",
        "first_date": date(2022, 1, 3),
        "last_date": date(2024, 12, 23),
        "interval": "week",
        "who": "U1",
        "channel": "C1",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Dataset.model_validate(made | changes)


WEEKLY = dataset()
DAILY = dataset(interval="day", rows=1086, last_date=date(2024, 12, 23))


def errors(data: Dataset = WEEKLY, **values: Any) -> dict[str, str]:
    checked = read_form({"dataset_id": data.id, **values}, data)
    assert (checked.form is None) == bool(checked.errors)
    return dict(checked.errors)


def test_only_the_dataset_must_be_given() -> None:
    checked = read_form({"dataset_id": WEEKLY.id, "start_date": "", "channel": None}, WEEKLY)
    assert checked.form is not None
    assert checked.errors == checked.cautions == ()
    assert (checked.form.preset, checked.form.iterations, checked.form.trials) == ("quick", 200, 3)


@pytest.mark.parametrize("preset", SIZES)
def test_a_named_size_decides_iterations_and_trials(preset: str) -> None:
    form = ExperimentForm.model_validate({"dataset_id": "de/1", "preset": preset, "iterations": 77, "trials": 9})
    assert (form.iterations, form.trials) == SIZES[preset]  # type: ignore[index]


def test_the_custom_size_is_as_typed() -> None:
    checked = read_form({"dataset_id": WEEKLY.id, "preset": "custom", "iterations": "500", "trials": "2"}, WEEKLY)
    assert checked.form is not None
    assert (checked.form.iterations, checked.form.trials) == (500, 2)


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"preset": "custom", "iterations": "ten"}, "iterations", "must be a whole number, not “ten”"),
        ({"preset": "custom", "iterations": "1.5"}, "iterations", "must be a whole number"),
        ({"preset": "custom", "iterations": "49"}, "iterations", "must be at least 50"),
        ({"preset": "custom", "trials": "21"}, "trials", "can be at most 20"),
        ({"preset": "custom", "iterations": "20000", "trials": "6"}, "iterations", "120,000 models"),
        ({"preset": "huge"}, "preset", "not a choice"),
        ({"start_date": "soon"}, "start_date", "must be a date such as 2024-01-31, not “soon”"),
        ({"start_date": "2021-01-04"}, "start_date", "The data run from 2022-01-03 to 2024-12-29"),
        ({"end_date": "2024-12-30"}, "end_date", "The data run from 2022-01-03 to 2024-12-29"),
        ({"start_date": "2024-01-01", "end_date": "2023-01-01"}, "end_date", "not after its start"),
        (
            {"start_date": "2024-11-04"},
            "start_date",
            "The window holds 8 weeks; at least 10 are needed for 7 variables",
        ),
        ({"start_date": "2022-01-03", "end_date": "2022-02-28"}, "end_date", "The window holds 9 weeks"),
        ({"trainer": "robyn"}, "trainer", "“robyn” is not available here. Choose native."),
        ({"search": "slow"}, "search", "not a choice"),
        ({"ts_validation": "maybe"}, "ts_validation", "not a choice"),
        ({"prophet_vars": ["trend", "weekday"]}, "prophet_vars", "needs daily data"),
        ({"seed": "-1"}, "seed", "at least 0"),
        ({"tag": "müsli!"}, "tag", "letters, digits and dashes"),
        ({"tag": "x" * 25}, "tag", "at most 24 characters"),
        ({"dataset_id": ""}, "dataset_id", "Choose a dataset"),
    ],
)
def test_each_mistake_is_said_at_its_field(values: dict[str, Any], field: str, said: str) -> None:
    assert said in errors(**values)[field]


def test_all_mistakes_are_said_at_once() -> None:
    found = errors(preset="custom", iterations="ten", seed="x", trainer="robyn", start_date="2020-01-01", tag="1")
    assert set(found) == {"iterations", "seed", "trainer", "start_date", "tag"}


def test_a_window_may_end_with_the_last_week() -> None:
    assert errors(end_date="2024-12-29") == {}


def test_a_window_may_end_with_the_last_day_of_the_last_month() -> None:
    monthly = dataset(interval="month", last_date=date(2024, 12, 1))
    assert errors(monthly, end_date="2024-12-31") == {}
    assert "end inside them" in errors(monthly, end_date="2025-01-01")["end_date"]


def test_months_cannot_become_weeks() -> None:
    assert (
        "cannot be made finer"
        in errors(dataset(interval="month", last_date=date(2024, 12, 1)), resample_freq="W")["resample_freq"]
    )


def test_no_time_effects_may_be_chosen() -> None:
    checked = read_form({"dataset_id": WEEKLY.id, "prophet_vars": []}, WEEKLY)
    assert checked.form is not None
    assert checked.form.prophet_vars == ()


@pytest.mark.parametrize(
    ("data", "values", "count"),
    [
        (WEEKLY, {}, 156),
        (WEEKLY, {"start_date": "2024-01-01", "end_date": "2024-12-29"}, 52),
        (WEEKLY, {"resample_freq": "M"}, 36),
        (DAILY, {}, 1086),
        (DAILY, {"resample_freq": "W"}, 156),
        (WEEKLY, {"start_date": "2030-01-01"}, 0),
    ],
)
def test_periods_of_the_window(data: Dataset, values: dict[str, Any], count: int) -> None:
    assert periods(ExperimentForm.model_validate({"dataset_id": data.id, **values}), data) == count


def test_few_rows_for_the_variables_is_a_caution_not_an_error() -> None:
    checked = read_form({"dataset_id": WEEKLY.id, "start_date": "2024-06-03"}, WEEKLY)
    assert checked.form is not None
    assert "30 weeks for 7 variables is 4.3 per variable, far too few" in checked.cautions[0]
    assert "less than two years" in checked.cautions[1]


def test_the_trainers_are_those_of_the_image() -> None:
    def offered(*trainers: str) -> list[str]:
        field = next(field for field in form_fields(trainers=trainers) if field.name == "trainer")
        return [option.value for option in field.options]

    assert offered("native") == ["native"]
    assert offered("robyn") == ["robyn"]
    assert offered("native", "robyn") == ["native", "robyn", "both"]
    assert read_form({"dataset_id": WEEKLY.id, "trainer": "robyn"}, WEEKLY, trainers=("native", "robyn")).form


def test_the_form_starts_with_the_datasets_window() -> None:
    fields = {field.name: field for field in form_fields(dataset=WEEKLY)}
    assert (fields["start_date"].default, fields["end_date"].default) == (WEEKLY.first_date, WEEKLY.last_date)
    assert fields["dataset_id"].default == WEEKLY.id
    assert fields["dataset_id"].required


def test_each_parameter_can_be_asked_for() -> None:
    fields = form_fields()
    assert [field.name for field in fields] == list(ExperimentForm.model_fields)
    for field in fields:
        # Slack's limits for labels, hints and options.
        assert 0 < len(field.label) <= 40
        assert len(field.hint) <= 150
        assert all(len(option.label) <= 75 and len(option.hint) <= 75 for option in field.options)
        assert bool(field.options) == (field.kind in ("choice", "choices"))
    assert label_of("trials") == "Trials"


def test_the_choices_are_those_of_the_types() -> None:
    for name, info in ExperimentForm.model_fields.items():
        values = get_args(info.annotation)
        if values and all(isinstance(value, str) for value in values):
            field = next(field for field in form_fields(trainers=("native", "robyn")) if field.name == name)
            assert tuple(option.value for option in field.options) == values
            assert field.default in [option.value for option in field.options if option.offered]
    assert set(get_args(Preset)) == {*SIZES, "custom"}


WIDE_BY_WEEK = {"alphas": (0.5, 3), "gammas": (0.3, 1), "thetas": (0, 0.9), "peaks": (0, 10), "shapes": (0.5, 10),
                "scales": (0, 0.1), "kinds": (0, 4)}  # fmt: skip


def test_the_config_says_what_was_chosen_and_survives_a_round_trip() -> None:
    values = {"dataset_id": WEEKLY.id, "preset": "standard", "start_date": "2023-01-02", "tag": "SHOP"}
    stored = {"revision": "SHOP_3", "who": "U1", "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
    config = to_job_config(Experiment.model_validate({**values, **stored}), WEEKLY)
    assert parse_job_config(config.model_dump(mode="json")) == config
    assert config == JobConfig.model_validate(
        {
            "country": "DE",
            "revision": "SHOP_3",
            "date_var": "day",
            "week_dated": "first",
            "dep_var": "revenue",
            "start_date": "2023-01-02",
            "paid_media_spends": "tv, fb",
            "paid_media_vars": "tv, fb_seen",
            "context_vars": "price, event",
            "factor_vars": "event",
            "iterations": 2000,
            "trials": 5,
            "selection": "evidence",
            "adstock": "auto",
            "hyperparameter_preset": "Wide",
            "custom_hyperparameters": {
                f"{medium}_{parameter}": ends
                for medium in ("tv", "fb_seen")
                for parameter, ends in WIDE_BY_WEEK.items()
            },
        }
    )


def test_a_stored_config_keeps_its_ranges_whatever_becomes_of_the_presets() -> None:
    chosen = {"hyperparameter_preset": "Meshed recommend", "ts_validation": "yes", "add_penalty_factor": "yes"}
    config = to_job_config(ExperimentForm.model_validate({"dataset_id": WEEKLY.id, **chosen}), WEEKLY)
    assert config.custom_hyperparameters["tv_alphas"] == (0.5, 3)
    assert config.custom_hyperparameters["price_penalty"] == (0, 1)
    assert search_ranges(config.model_copy(update={"hyperparameter_preset": "Facebook recommend"})) == {
        **config.custom_hyperparameters,
        "train_size": config.train_size,
    }


def test_the_models_choices_reach_the_config() -> None:
    chosen = {"adstock": "weibull_pdf", "search": "fast", "selection": "evidence"}
    yes = {"ts_validation": "yes", "add_penalty_factor": "yes"}
    config = to_job_config(ExperimentForm.model_validate({"dataset_id": WEEKLY.id, **chosen, **yes}), WEEKLY)
    assert (config.adstock, config.search, config.selection) == ("weibull_pdf", "fast", "evidence")
    assert (config.ts_validation, config.train_size, config.add_penalty_factor) == (True, (0.5, 0.8), True)
    plain = to_job_config(ExperimentForm(dataset_id=WEEKLY.id, preset="standard"), WEEKLY)
    assert (plain.search, plain.selection, plain.ts_validation, plain.add_penalty_factor) == (
        "nevergrad", "evidence", False, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("trainer", "asked", "taken"),
    [("robyn", "auto", "geometric"), ("robyn", "delayed", "weibull_pdf"), ("robyn", "weibull_cdf", "weibull_cdf"),
     ("both", "auto", "auto"), ("native", "delayed", "delayed")],
)  # fmt: skip
def test_robyn_takes_an_adstock_that_it_has_and_the_form_says_so(trainer: str, asked: str, taken: str) -> None:
    form = ExperimentForm.model_validate({"dataset_id": WEEKLY.id, "trainer": trainer, "adstock": asked})
    assert to_job_config(form, WEEKLY).adstock == taken
    told = [one for one in cautions(form, WEEKLY) if one.startswith("Robyn (R) has")]
    assert len(told) == (trainer != "native" and asked in ("auto", "delayed"))


def test_effects_last_as_long_by_days_as_by_weeks_and_months() -> None:
    def thetas(**answers: str) -> tuple[float, float]:
        form = ExperimentForm.model_validate({"dataset_id": DAILY.id, **answers})
        return to_job_config(form, DAILY).custom_hyperparameters["tv_thetas"]

    assert (thetas(), thetas(resample_freq="W"), thetas(resample_freq="M")) == ((0, 0.98), (0, 0.9), (0, 0.65))


@pytest.mark.parametrize(("preset", "search"), [("quick", "fast"), ("standard", "nevergrad"), ("custom", "nevergrad")])
def test_a_first_look_is_searched_fast_and_what_is_decided_on_as_robyn_does(preset: str, search: str) -> None:
    form = ExperimentForm.model_validate({"dataset_id": WEEKLY.id, "preset": preset})
    assert to_job_config(form, WEEKLY).search == search


def test_robyn_itself_has_its_own_search_and_rule_only() -> None:
    plain = ExperimentForm(dataset_id=WEEKLY.id, trainer="robyn")
    config = to_job_config(plain, WEEKLY)
    assert (config.search, config.selection) == ("nevergrad", "robyn")
    form = ExperimentForm(dataset_id=WEEKLY.id, trainer="robyn", search="fast", selection="evidence")
    found = dict(check_experiment(form, WEEKLY, trainers=("native", "robyn")))
    assert "its own search only" in found["search"]


def test_enough_rows_are_left_to_fit_when_some_are_held_back() -> None:
    assert errors(ts_validation="yes") == {}
    assert errors(ts_validation="yes", start_date="2024-07-01") == {}
    wide = WEEKLY.model_copy(update={"mapping": WEEKLY.mapping.model_copy(update={"context_vars": tuple("abcdefgh")})})
    assert (
        "leaves 13 weeks to fit 13 variables on"
        in errors(wide, ts_validation="yes", start_date="2024-07-01")["ts_validation"]
    )


def test_a_reduced_mapping_replaces_the_datasets() -> None:
    mapping = WEEKLY.mapping.model_copy(update={"paid_media_spends": ("tv",), "exposures": {}})
    config = to_job_config(ExperimentForm(dataset_id=WEEKLY.id), WEEKLY, mapping)
    assert (config.paid_media_spends, config.paid_media_vars) == (("tv",), ("tv",))


def test_the_docs_list_each_parameter() -> None:
    table = docs_table()
    assert all(f"| `{name}` |" in table for name in ExperimentForm.model_fields)
    assert "evidence" in table


def test_longer_searches_take_longer() -> None:
    times = [estimate(ExperimentForm(dataset_id="de/1", preset=preset), WEEKLY) for preset in SIZES]
    assert times == sorted(times)
    form = ExperimentForm(dataset_id="de/1", preset="standard", selection="robyn")
    weighed = form.model_copy(update={"selection": "evidence"})
    assert 0.2 < estimate(weighed, WEEKLY) - estimate(form, WEEKLY) < 2
    assert estimate(form, WEEKLY, workers=5) < estimate(form, WEEKLY, workers=1)
    # Measured: 0.6 ms for each of 10,000 candidates, and three seconds to start and to finish.
    assert estimate(form, WEEKLY, workers=1) == pytest.approx(9, rel=0.1)
    assert estimate(form, WEEKLY, workers=2) == pytest.approx(6, rel=0.1)
    robyn = form.model_copy(update={"trainer": "robyn"})
    # Measured: 1,583 s to search and 64 s for the outputs, on one core or more.
    assert estimate(robyn, WEEKLY, workers=8) == pytest.approx(1650, rel=0.25)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (10, "under a minute"),
        (70, "about a minute"),
        (300, "about 5 minutes"),
        (1650, "about 30 minutes"),
        (7300, "about 2 hours"),
    ],
)
def test_durations_in_words(seconds: float, said: str) -> None:
    assert in_words(seconds) == said
