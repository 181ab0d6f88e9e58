"""Ranges of the search: presets, own ranges first, Robyn's limits; and when a name counts."""

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


@pytest.mark.parametrize(
    ("adstock", "preset", "shapes", "scales"),
    [
        ("weibull_cdf", "Facebook recommend", (0.0001, 2), (0, 0.1)),
        ("weibull_pdf", "Facebook recommend", (0.0001, 10), (0, 0.1)),
        ("weibull_cdf", MESHED, (0.5, 2.5), (0.001, 0.15)),
        ("weibull_pdf", MESHED, (0.5, 2.5), (0.001, 0.15)),
        ("weibull_pdf", "Custom", (0.5, 2.5), (0.001, 0.15)),
    ],
)
def test_weibull_has_shapes_and_scales_in_place_of_thetas(adstock, preset, shapes, scales):
    ranges = search_ranges(config(adstock=adstock, hyperparameter_preset=preset))
    assert {name: ranges[f"TV_COST_{name}"] for name in ("alphas", "gammas", "shapes", "scales")} == {
        "alphas": (0.5, 3), "gammas": (0.3, 1), "shapes": shapes, "scales": scales,
    }  # fmt: skip
    assert len(ranges) == 3 * 4


@pytest.mark.parametrize("preset", ["Wide", "Facebook recommend", MESHED, "Custom"])
@pytest.mark.parametrize("adstock", ["auto", "geometric", "delayed", "weibull_cdf", "weibull_pdf"])
def test_by_evidence_a_name_decides_nothing(preset, adstock):
    names = ["TV_COST", "tv", "Kanal 7", "PARTNERSHIP_COSTS", "ORGANIC_TRAFFIC"]
    # An own range, for “Custom” to be that.
    own_range = {"custom_hyperparameters": {"tv_penalty": 0.5}, "add_penalty_factor": True}
    given = config(paid_media_spends=names, organic_vars=[], selection="evidence", adstock=adstock,
                   hyperparameter_preset=preset, **own_range)  # fmt: skip
    ranges = search_ranges(given)
    own = [{key.removeprefix(f"{name}_"): ends for key, ends in ranges.items()
            if key.startswith(f"{name}_") and not key.endswith("_penalty")} for name in names]  # fmt: skip
    assert own[0] and all(one == own[0] for one in own)


@pytest.mark.parametrize("name", ["TV_COST", "tv", "tv_S", "Tv Spend", "TVSpend", "television", "Fernsehen Kosten"])
def test_by_robyns_rule_a_preset_knows_television_however_it_is_written(name):
    given = {"paid_media_spends": [name, "PARTNERSHIP_COSTS"]}
    assert of(name, **given) == ((0.5, 3), (0.3, 1), (0.3, 0.8))
    assert of(name, **given, hyperparameter_preset=MESHED) == ((0.8, 2.2), (0.6, 0.99), (0.7, 0.95))
    assert of(name, **given, hyperparameter_preset="Wide") == ((0.5, 3), (0.3, 1), (0, 0.9))


@pytest.mark.parametrize("name", ["ctv_spend", "atv", "tvs", "traffic", "partner"])
def test_a_word_that_only_resembles_is_another(name):
    assert of(name, paid_media_spends=[name, "X"])[2] == (0, 0.3)


def test_wide_lasts_as_long_whatever_the_rhythm_of_the_data():
    given = config(hyperparameter_preset="Wide", adstock="delayed")
    found = {
        interval: {name.removeprefix("SENDS_"): ends for name, ends in search_ranges(given, interval).items()}
        for interval in ("day", "week", "month")
    }
    assert {interval: one["thetas"] for interval, one in found.items()} == {
        "day": (0, 0.98), "week": (0, 0.9), "month": (0, 0.65),
    }  # fmt: skip
    assert [found[interval]["peaks"][1] for interval in ("day", "week", "month")] == [42, 10, 3]


def test_automatic_has_what_each_kind_has_and_the_kind():
    ranges = search_ranges(config(adstock="auto"))
    assert {name.removeprefix("SENDS_") for name in ranges if name.startswith("SENDS_")} == {
        "alphas", "gammas", "thetas", "peaks", "shapes", "scales", "kinds",
    }  # fmt: skip
    assert (ranges["SENDS_kinds"], ranges["SENDS_thetas"], ranges["SENDS_shapes"]) == ((0, 4), (0, 0.3), (0.0001, 10))
    one = search_ranges(
        config(adstock="auto", custom_hyperparameters={"SENDS_kinds": 3, "peaks_min": 0, "peaks_max": 5})
    )
    assert (one["SENDS_kinds"], one["SENDS_peaks"], one["TV_COST_peaks"]) == ((3, 3), (0, 5), (0, 5))


@pytest.mark.parametrize(
    ("given", "adstock", "preset"),
    [
        ({}, "geometric", "Facebook recommend"),
        ({"selection": "robyn"}, "geometric", "Facebook recommend"),
        ({"selection": "evidence"}, "auto", "Wide"),
        ({"selection": "evidence", "adstock": "weibull_cdf"}, "weibull_cdf", "Wide"),
        ({"selection": "evidence", "hyperparameter_preset": MESHED}, "auto", MESHED),
        ({"selection": "evidence", "custom_hyperparameters": {"SENDS_thetas": 0.2}}, "geometric", "Wide"),
    ],
)
def test_what_is_not_said_is_left_open_by_evidence_and_is_robyns_by_its_rule(given, adstock, preset):
    found = config(**given)
    assert (found.adstock, found.hyperparameter_preset) == (adstock, preset)
    assert JobConfig.model_validate(found.model_dump(mode="json")) == found


def test_ranges_of_the_other_adstocks_may_be_carried_along():
    own = {"SENDS_thetas": [0.1, 0.2], "SENDS_shapes": [1, 2], "SENDS_scales": "[0, 0.05]"}
    assert "SENDS_shapes" not in search_ranges(config(custom_hyperparameters=own))
    ranges = search_ranges(config(custom_hyperparameters=own, adstock="weibull_cdf"))
    assert "SENDS_thetas" not in ranges
    assert (ranges["SENDS_shapes"], ranges["SENDS_scales"]) == ((1, 2), (0, 0.05))


def test_a_channels_spend_may_name_its_ranges_as_in_robyn():
    exposures = {"paid_media_vars": ["TV_SEEN", "PARTNERSHIP_COSTS"]}
    own = {"TV_COST_alphas": [1, 2]}
    assert search_ranges(config(**exposures, custom_hyperparameters=own))["TV_SEEN_alphas"] == (1, 2)
    with pytest.raises(BadConfig, match="TV_SEEN_alphas: is the same range as TV_COST_alphas"):
        search_ranges(config(**exposures, custom_hyperparameters=own | {"TV_SEEN_alphas": [1, 3]}))


def test_held_back_rows_make_the_training_share_a_range():
    assert "train_size" not in search_ranges(config())
    assert search_ranges(config(ts_validation=True))["train_size"] == (0.5, 0.8)
    assert search_ranges(config(ts_validation=True, train_size=0.7))["train_size"] == (0.7, 0.7)


def test_each_column_of_the_model_has_a_penalty_factor_in_robyns_order():
    given = {"context_vars": ["PRICE"], "factor_vars": ["EVENT"], "add_penalty_factor": True}
    own = {"PRICE_penalty": [0.2, 0.4]}
    ranges = search_ranges(config(**given, custom_hyperparameters=own))
    penalties = {name: ends for name, ends in ranges.items() if name.endswith("_penalty")}
    names = ("trend", "season", "holiday", "PRICE", "EVENT", "TV_COST", "PARTNERSHIP_COSTS", "SENDS")
    assert list(penalties) == [f"{name}_penalty" for name in names]
    assert penalties["PRICE_penalty"] == (0.2, 0.4)
    assert set(penalties.values()) == {(0, 1), (0.2, 0.4)}
    with pytest.raises(BadConfig, match="add_penalty_factor only"):
        search_ranges(config(context_vars=["PRICE"], custom_hyperparameters=own))


LIMITS = [
    ("SENDS_shapes", 0, 20, True, False),
    ("SENDS_scales", 0, 1, True, True),
    ("SENDS_alphas", 0, 10, False, False),
    ("SENDS_gammas", 0, 1, False, True),
    ("SENDS_thetas", 0, 1, True, False),
    ("trend_penalty", 0, 1, True, True),
    ("SENDS_peaks", 0, 366, True, True),
    ("SENDS_kinds", 0, 4, True, True),
]


@pytest.mark.parametrize(("name", "low", "high", "with_low", "with_high"), LIMITS)
def test_robyns_limits(name, low, high, with_low, with_high):
    def accepted(value):
        try:
            search_ranges(config(custom_hyperparameters={name: value}, add_penalty_factor=True))
        except BadConfig:
            return False
        return True

    assert accepted((low + high) / 2)
    assert accepted(low) is with_low
    assert accepted(high) is with_high
    assert not accepted([low - 0.01, high / 2])
    assert not accepted([high / 2, high + 0.01])


@pytest.mark.parametrize(("share", "accepted"), [(0.1, False), (0.11, True), (1, True), (1.01, False)])
def test_the_training_shares_limits(share, accepted):
    given = config(train_size=share)
    if accepted:
        search_ranges(given)
    else:
        with pytest.raises(BadConfig, match="train_size"):
            search_ranges(given)


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"alphas_min": 1}, "give alphas_max as well"),
        ({"train_size": [0.5, 0.8]}, "a key of its own"),
        ({"TREND_penalty": 0.5}, "did you mean trend_penalty"),
    ],
)
def test_ranges_that_mean_nothing_are_refused(own, said):
    with pytest.raises(BadConfig, match=said):
        search_ranges(config(custom_hyperparameters=own))
