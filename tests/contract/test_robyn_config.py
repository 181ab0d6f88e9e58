"""Every key of a configuration reaches R, or R says why it does not use it; and R knows no key that there is not."""

import re
from pathlib import Path

import pytest

from engine.experiment.experiment import ExperimentForm, to_job_config
from engine.experiment.job_config import LARGEST_SEED, JobConfig
from tests.unit.test_experiment import WEEKLY

R = Path(__file__).resolve().parents[2] / "r"
SOURCES = sorted([*R.glob("*.R"), *(R / "R").glob("*.R")])
CONFIG = R / "R" / "config.R"
# What of a form decides about the launch, the data or the message, so that R is not told.
BEFORE_R = {
    "dataset_id": "names the data, which R is given",
    "recipe": "is done when the data are prepared; what it leaves out is in no column that R is told",
    "preset": "becomes iterations and trials",
    "resample_freq": "is done when the data are prepared",
    "trainer": "decides that R is called",
    "channel": "is where the result is posted",
    "tag": "names the experiment: revision",
}
# A form's other parameters, each with two answers that must make a difference to the configuration.
ANSWERS = {
    "iterations": (100, 200),
    "trials": (2, 3),
    "start_date": ("2022-01-10", "2022-01-17"),
    "end_date": ("2024-12-09", "2024-12-16"),
    "adstock": ("geometric", "weibull_cdf"),
    "hyperparameter_preset": ("Facebook recommend", "Meshed recommend"),
    "prophet_vars": (("trend",), ("trend", "season")),
    "search": ("nevergrad", "fast"),
    "selection": ("evidence", "robyn"),
    "ts_validation": ("no", "yes"),
    "add_penalty_factor": ("no", "yes"),
    "seed": (1, 2),
}

pytestmark = pytest.mark.skipif(not CONFIG.is_file(), reason="the R scripts are not in this checkout")


def code(path: Path) -> str:
    """An R file without its comments."""
    return "\n".join(re.sub(r"(^|\s)#.*", "", line) for line in path.read_text().splitlines())


def keys_in(paths: list[Path]) -> set[str]:
    """The keys of a configuration that R files read: `config$key` and `config[["key"]]`, unless they are assigned."""
    found = r"""\bconfig(?:\$(\w+)|\[\["(\w+)"\]\])(?!\w|\s*<-)"""
    return {one or other for path in paths for one, other in re.findall(found, code(path))}


def read_by_r() -> set[str]:
    """Keys that R uses: those read where configurations are not merely checked or renamed."""
    return keys_in([path for path in SOURCES if path.name not in ("config.R", "names.R")])


def not_used() -> dict[str, str]:
    """Keys that R says it does not use → why."""
    [listed] = re.findall(r"^not_used_by_robyn <- c\((.*?)^\)", CONFIG.read_text(), re.DOTALL | re.MULTILINE)
    return dict(re.findall(r'^\s*(\w+) = "([^"]*)"', listed, re.MULTILINE))


def test_every_key_is_used_by_r_or_said_not_to_be() -> None:
    forgotten = JobConfig.model_fields.keys() - read_by_r() - not_used().keys()
    assert sorted(forgotten) == []


def test_what_is_said_not_to_be_used_is_not_and_for_a_reason() -> None:
    assert sorted(not_used().keys() & keys_in(SOURCES)) == []
    assert [name for name, why in not_used().items() if len(why.split()) < 3] == []


def test_r_knows_no_other_keys() -> None:
    assert sorted((keys_in(SOURCES) | not_used().keys()) - JobConfig.model_fields.keys()) == []


def test_every_parameter_of_the_form_comes_before_r_or_into_the_configuration() -> None:
    assert BEFORE_R.keys() | ANSWERS.keys() == ExperimentForm.model_fields.keys()
    accounted = read_by_r() | not_used().keys()
    for name, (one, other) in ANSWERS.items():
        first, second = configured(**{name: one}), configured(**{name: other})
        changed = {key for key in first if first[key] != second[key]}
        assert changed and changed <= accounted, name


def test_a_training_in_r_differs_by_what_r_uses_only() -> None:
    """What the form still offers beside Robyn, but Robyn does not know, must not reach it in disguise."""
    first, second = configured(trainer="robyn", selection="evidence"), configured(trainer="robyn", selection="robyn")
    assert first == second


def configured(**answers: object) -> dict[str, object]:
    form = ExperimentForm.model_validate({"dataset_id": WEEKLY.id, "preset": "custom", **answers})
    return to_job_config(form, WEEKLY).model_dump(mode="json")


def test_both_know_the_same_largest_seed() -> None:
    assert "LARGEST_SEED <- .Machine$integer.max - 100L" in CONFIG.read_text()
    assert LARGEST_SEED == 2**31 - 1 - 100
