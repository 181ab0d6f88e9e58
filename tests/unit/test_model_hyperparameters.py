"""Ranges of the search: presets by exact name, own ranges first, Robyn's limits."""

import pytest

from engine.errors import BadConfig
from engine.experiment.hyperparameters import search_ranges
from engine.experiment.job_config import JobConfig


def config(**settings):
    given = {"dep_var": "REVENUE", "paid_media_spends": ["TV_COST", "PARTNERSHIP_COSTS"], "organic_vars": ["SENDS"]}
    return JobConfig.model_validate(given | settings)


def of(name, **settings):
    ranges = search_ranges(config(**settings))
    return tuple(ranges[f"{name}_{kind}"] for kind in ("alphas", "gammas", "thetas"))


MESHED = "Meshed recommend"


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("TV_COST", {}, ((0.5, 3), (0.3, 1), (0.3, 0.8))),
        ("SENDS", {}, ((0.5, 3), (0.3, 1), (0, 0.3))),
        ("TV_COST", {"hyperparameter_preset": MESHED}, ((0.8, 2.2), (0.6, 0.99), (0.7, 0.95))),
        ("PARTNERSHIP_COSTS", {"hyperparameter_preset": MESHED}, ((0.65, 2.25), (0.45, 0.875), (0.3, 0.625))),
        ("SENDS", {"hyperparameter_preset": MESHED}, ((1, 3), (0.6, 0.9), (0.1, 0.4))),
        (
            "ORGANIC_TRAFFIC",
            {"hyperparameter_preset": MESHED, "organic_vars": ["ORGANIC_TRAFFIC"]},
            ((0.5, 2), (0.3, 0.7), (0.9, 0.99)),
        ),
        (
            "TV_IMPRESSIONS",
            {"paid_media_vars": ["TV_IMPRESSIONS", "PARTNERSHIP_COSTS"]},
            ((0.5, 3), (0.3, 1), (0.3, 0.8)),
        ),
        ("SENDS", {"hyperparameter_preset": "Custom"}, ((1, 3), (0.6, 0.9), (0.1, 0.4))),
        ("SENDS", {"custom_hyperparameters": {"SENDS_thetas": [0.2, 0.5]}}, ((0.5, 3), (0.3, 1), (0.2, 0.5))),
        ("SENDS", {"custom_hyperparameters": {"SENDS_thetas": 0.2}}, ((0.5, 3), (0.3, 1), (0.2, 0.2))),
        (
            "TV_COST",
            {"custom_hyperparameters": {"thetas_min": 0.1, "thetas_max": 0.2}},
            ((0.5, 3), (0.3, 1), (0.1, 0.2)),
        ),
    ],
    ids=["TV", "others", "narrow TV", "partners", "narrow others", "traffic", "TV by exposure", "custom", "own range",
         "own value", "global"],
)  # fmt: skip
def test_ranges_follow_the_preset_and_what_is_given(name, settings, expected):
    assert of(name, **settings) == expected


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"hyperparameter_preset": "Facebook recomend"}, "did you mean “Facebook recommend”"),
        ({"custom_hyperparameters": {"SENDS_alphas": [0, 3]}}, "above 0 and below 10"),
        ({"custom_hyperparameters": {"SENDS_gammas": [0.5, 1.2]}}, "at most 1"),
        ({"custom_hyperparameters": {"SENDS_thetas": [0.5, 1]}}, "below 1"),
        ({"custom_hyperparameters": {"SENDS_thetas": [0.5, 0.2]}}, "above the high end"),
        ({"custom_hyperparameters": {"SEND_thetas": [0.2, 0.5]}}, "did you mean SENDS_thetas"),
        ({"custom_hyperparameters": {"thetas_min": 0.5, "thetas_max": 1.5}}, "all_thetas.* below 1"),
        ({"custom_hyperparameters": {"lambda": [0, 1]}}, "leave it out"),
    ],
    ids=["preset", "alphas", "gammas", "thetas", "upside down", "unknown name", "global", "lambda"],
)
def test_ranges_that_cannot_be_searched_are_refused(settings, said):
    with pytest.raises(BadConfig, match=said):
        search_ranges(config(**settings))


def test_all_problems_are_told_at_once():
    own = {"SENDS_alphas": [0, 3], "SENDS_thetas": [0, 1], "X_alphas": [1, 2]}
    with pytest.raises(BadConfig) as refusal:
        search_ranges(config(custom_hyperparameters=own, hyperparameter_preset="?"))
    for name in (*own, "hyperparameter_preset"):
        assert name in str(refusal.value)
