"""What R is given: the configuration with nothing left to a default, the model's columns as CSV, or what is wrong."""

import json

import pandas as pd
import pytest

from engine.errors import BadInput
from engine.experiment.job_config import JobConfig
from engine.model.train import train
from engine.robyn.__main__ import main
from engine.robyn.prepare import prepare
from tests.training_folder import training_folder

MEDIA = ("TV_IMPRESSIONS", "FACEBOOK_COST", "OOH_COST", "NEWSLETTER_SENDS")
STUDY = {
    "channel": "TV_COST+FACEBOOK_COST",
    "liftStartDate": "2024-01-01",
    "liftEndDate": "2024-03-31",
    "liftAbs": 250_000,
    "spend": 900_000,
    "confidence": 0.9,
    "metric": "revenue",
    "calibration_scope": "immediate",
}


def prepared(tmp_path, **settings):
    """The configuration and the rows as R finds them."""
    prepare(training_folder(tmp_path / "in", **settings), tmp_path / "for_r")
    config = json.loads((tmp_path / "for_r" / "job_config.json").read_text())
    return config, pd.read_csv(tmp_path / "for_r" / "input_data.csv")


def refused(tmp_path, **settings):
    with pytest.raises(BadInput) as refusal:
        prepared(tmp_path, **settings)
    assert not (tmp_path / "for_r").exists()
    return refusal.value


def test_every_key_of_a_configuration_is_spelled_out(tmp_path):
    config, _ = prepared(tmp_path)
    assert list(config) == list(JobConfig.model_fields)
    assert (config["adstock"], config["calibration_constraint"], config["min_candidates"]) == ("geometric", 0.1, 100)
    assert config["custom_hyperparameters"]["TV_IMPRESSIONS_thetas"] == [0.3, 0.8]
    assert config["custom_hyperparameters"].keys() == {
        f"{medium}_{kind}" for medium in MEDIA for kind in ("alphas", "gammas", "thetas")
    }
    # A factor that is not among the context belongs to it, and each variable has a sign.
    assert config["context_vars"] == ["PRICE_INDEX", "PROMO_FLAG"]
    assert config["context_signs"] == ["default", "default"]
    assert (config["paid_media_signs"], config["organic_signs"]) == (["positive"] * 3, ["positive"])
    assert config["prophet_signs"] == ["default"] * 3


def test_without_exposures_the_spends_are_modelled(tmp_path):
    config, _ = prepared(tmp_path, paid_media_vars=[])
    assert config["paid_media_vars"] == config["paid_media_spends"]


@pytest.mark.parametrize(("asked", "taken", "said"), [("auto", "geometric", "one kind of adstock"),
                                                      ("delayed", "weibull_pdf", "no delayed adstock")])  # fmt: skip
def test_robyn_gets_an_adstock_that_it_has_and_the_summary_says_so(tmp_path, asked, taken, said):
    config, _ = prepared(tmp_path, adstock=asked, selection="evidence")
    assert (config["adstock"], config["selection"]) == (taken, "robyn")
    kinds = {"thetas"} if taken == "geometric" else {"shapes", "scales"}
    assert {name.rsplit("_", 1)[1] for name in config["custom_hyperparameters"]} == {"alphas", "gammas"} | kinds
    [note] = config["notes"]
    assert said in note


@pytest.mark.parametrize("adstock", ["weibull_cdf", "weibull_pdf"])
def test_weibull_has_shapes_and_scales(tmp_path, adstock):
    config, _ = prepared(tmp_path, adstock=adstock)
    assert config["custom_hyperparameters"].keys() == {
        f"{medium}_{kind}" for medium in MEDIA for kind in ("alphas", "gammas", "shapes", "scales")
    }


def test_penalties_and_the_training_share_are_ranges_where_they_are_searched(tmp_path):
    given = {"TV_COST_alphas": [1, 2], "PRICE_INDEX_penalty": [0.2, 0.4], "OOH_COST_gammas": 0.5}
    config, _ = prepared(
        tmp_path, ts_validation=True, train_size=[0.7, 0.9], add_penalty_factor=True, custom_hyperparameters=given
    )
    ranges = config["custom_hyperparameters"]
    assert ranges["train_size"] == [0.7, 0.9]
    assert ranges["PRICE_INDEX_penalty"] == [0.2, 0.4]
    assert {name for name in ranges if name.endswith("_penalty")} == {
        f"{name}_penalty" for name in ("trend", "season", "holiday", "PRICE_INDEX", "PROMO_FLAG", *MEDIA)
    }
    # What was given by the spend's name is a range of the column that is modelled; a fixed value has equal ends.
    assert (ranges["TV_IMPRESSIONS_alphas"], ranges["OOH_COST_gammas"]) == ([1, 2], [0.5, 0.5])


def test_presets_and_ranges_for_all_media_are_resolved(tmp_path):
    config, _ = prepared(
        tmp_path,
        hyperparameter_preset="Meshed recommend",
        custom_hyperparameters={"thetas_min": 0.2, "thetas_max": 0.3},
    )
    assert config["custom_hyperparameters"]["TV_IMPRESSIONS_alphas"] == [0.8, 2.2]
    assert all(config["custom_hyperparameters"][f"{medium}_thetas"] == [0.2, 0.3] for medium in MEDIA)


def test_a_lift_test_measures_the_kpis_column(tmp_path):
    config, _ = prepared(tmp_path, calibration_input=[STUDY])
    assert config["calibration_input"] == [STUDY | {"metric": "REVENUE"}]


def test_one_column_alone_is_refused_before_robyn_breaks_off_at_it(tmp_path):
    alone = {"paid_media_spends": ["TV_COST"], "paid_media_vars": [], "organic_vars": [], "context_vars": [],
             "factor_vars": []}  # fmt: skip
    error = refused(tmp_path, **alone, prophet_vars=[])
    assert "TV_COST: Robyn cannot fit one column alone" in error.todo and "native trainer" in error.todo
    config, _ = prepared(tmp_path / "with_trend", **alone, prophet_vars=["trend"])
    assert config["paid_media_vars"] == ["TV_COST"]


def test_the_channels_of_a_lift_test_can_be_taken_apart_however_they_are_joined(tmp_path):
    called = {"TV_COST": "TV + radio", "FACEBOOK_COST": "face book"}
    tests = [STUDY | {"channel": "TV + radio"}, STUDY | {"channel": "face book; OOH_COST"}]
    prepare(
        training_folder(
            tmp_path / "in", lambda frame: frame.rename(columns=called), paid_media_vars=[],
            paid_media_spends=["TV + radio", "face book", "OOH_COST"], calibration_input=tests,
        ),
        tmp_path / "for_r",
    )  # fmt: skip
    config = json.loads((tmp_path / "for_r" / "job_config.json").read_text())
    assert [one["channel"] for one in config["calibration_input"]] == ["TV + radio", "face book+OOH_COST"]


def test_the_window_is_that_of_rows_and_ends_with_the_datas_last_day(tmp_path):
    config, rows = prepared(tmp_path, start_date="2023-07-01")
    assert (config["start_date"], config["end_date"]) == ("2023-07-03", "2025-12-28")
    assert rows["DATE"].iloc[-1] == "2025-12-22"


def test_an_earlier_window_ends_on_a_rows_day(tmp_path):
    # The next row's day would be nearer to the last week's Sunday, and Robyn takes the nearest.
    config, _ = prepared(tmp_path, end_date="2025-06-03")
    assert config["end_date"] == "2025-06-02"
    assert prepared(tmp_path, start_date=None)[0]["start_date"] == "2023-01-02"


def test_a_lift_test_may_end_in_the_datas_last_week_but_not_in_that_of_an_earlier_window(tmp_path):
    study = STUDY | {"liftStartDate": "2025-10-06", "liftEndDate": "2025-12-27"}
    assert prepared(tmp_path, calibration_input=[study])[0]["end_date"] == "2025-12-28"
    study = STUDY | {"liftStartDate": "2025-03-03", "liftEndDate": "2025-06-05"}
    (tmp_path / "earlier").mkdir()
    error = refused(tmp_path / "earlier", calibration_input=[study], end_date="2025-06-02")
    assert "for Robyn the window ends on 2025-06-02" in error.todo


def test_what_only_the_corrected_model_can_do_robyn_does_not_do(tmp_path):
    by_exposure = STUDY | {"channel": "TV_IMPRESSIONS"}
    error = refused(tmp_path, robyn_quirks=False, calibration_input=[by_exposure])
    assert "name the channel by its spend, TV_COST" in error.todo


def test_the_budget_is_robyns_own_where_none_is_asked_for(tmp_path):
    config, _ = prepared(tmp_path)
    assert config["budget"] == {
        "scenario": "max_response",
        "total_budget": None,
        "target_value": None,
        "date_range": "all",
        "channel_constr_low": [0.5] * 3,
        "channel_constr_up": [2.0] * 3,
        "channel_constr_multiplier": 3.0,
        "constr_mode": "eq",
    }


def test_bounds_by_name_become_bounds_in_the_order_of_the_channels(tmp_path):
    budget = {
        "scenario": "target_efficiency",
        "target_value": 2,
        "channel_constr_low": {"OOH_COST": 0.8, "TV_IMPRESSIONS": 0.9},
        "channel_constr_up": 1.5,
    }
    config, _ = prepared(tmp_path, budget=budget)
    assert config["budget"]["channel_constr_low"] == [0.9, 0.1, 0.8]
    assert config["budget"]["channel_constr_up"] == [1.5] * 3
    assert config["budget"]["target_value"] == 2


@pytest.mark.parametrize(
    ("given", "resolved"),
    [
        pytest.param("last_10", "last_10", id="last periods"),
        pytest.param("last_5000", "all", id="more periods than there are"),
        pytest.param(["2025-06-01", "2026-01-10"], "last_30", id="to the end"),
        pytest.param(["2025-01-08", "2025-02-02"], ["2025-01-06", "2025-02-03"], id="in between"),
    ],
)
def test_a_date_range_is_that_of_rows(tmp_path, given, resolved):
    config, _ = prepared(tmp_path, budget={"date_range": given})
    assert config["budget"]["date_range"] == resolved


def test_with_one_channel_there_is_no_budget(tmp_path):
    config, _ = prepared(tmp_path, paid_media_spends=["TV_COST"], paid_media_vars=[], budget_scenario=None)
    assert config["budget"] is None


def test_the_launchers_words_become_a_budget(tmp_path):
    words = {"budget_scenario": "max_response_expected_spend", "channel_budgets": {"TV_COST": 3e6, "OOH_COST": 1e6}}
    config, _ = prepared(tmp_path, **words, expected_spend=8e6)
    assert config["budget"]["total_budget"] == pytest.approx(8e6)
    assert config["budget"]["date_range"] == "last_52"
    low, up = (config["budget"][f"channel_constr_{end}"] for end in ("low", "up"))
    assert low[1] == up[1] == 0 and low[0] < up[0] and low[2] < up[2]
    assert [config[key] for key in ("budget_scenario", "expected_spend", "channel_budgets")] == [None] * 3


def test_an_earlier_result_is_named_by_its_whole_path(tmp_path):
    earlier = tmp_path / "earlier"
    train(training_folder(tmp_path / "before", end_date="2025-09-01"), earlier)
    settings = {"start_date": None, "end_date": None, "refresh": {"results": "../earlier", "refresh_steps": 6}}
    config, _ = prepared(tmp_path, **settings)
    assert config["refresh"] == {"results": str(earlier.resolve()), "refresh_steps": 6, "bounds_freedom": None}
    assert (config["start_date"], config["end_date"]) == ("2023-08-14", "2025-10-13")


def test_r_gets_the_models_columns_only_without_gaps_and_under_their_own_names(tmp_path):
    def change(frame):
        renamed = frame.rename(columns={"OOH_COST": "Außen, Plakat €"}).assign(UNUSED="", PROMO_FLAG='grün, "groß"')
        renamed.loc[renamed.index % 5 > 0, "PROMO_FLAG"] = "nein"
        return renamed.iloc[::-1]

    spends = ["TV_COST", "FACEBOOK_COST", "Außen, Plakat €"]
    folder = training_folder(tmp_path / "in", change, paid_media_spends=spends, paid_media_vars=[])
    prepare(folder, tmp_path / "for_r")
    rows = pd.read_csv(tmp_path / "for_r" / "input_data.csv", encoding="utf-8", keep_default_na=False)
    assert list(rows) == ["DATE", "REVENUE", *spends, "NEWSLETTER_SENDS", "PRICE_INDEX", "PROMO_FLAG"]
    assert rows["DATE"].is_monotonic_increasing and rows["DATE"].iloc[0] == "2023-01-02"
    # Nobody sees a category's name: Robyn gets ones that it can bear, in the order of the person's.
    assert sorted(set(rows["PROMO_FLAG"])) == ["C00", "C01"]
    assert (rows["PROMO_FLAG"] == "C01").mean() > 0.5
    assert rows.drop(columns=["DATE", "PROMO_FLAG"]).dtypes.eq("float64").all()
    text = (tmp_path / "for_r" / "input_data.csv").read_text()
    assert "2023-01-02,1248581.88,0.0," in text


def test_own_holidays_come_along(tmp_path):
    folder = training_folder(tmp_path / "in", country="XX")
    own = "ds,holiday,country,year\n2023-12-25,Feast,XX,2023\n2024-12-25,Feast,XX,2024\n"
    (folder / "prophet_holidays.csv").write_text(own)
    prepare(folder, tmp_path / "for_r")
    assert (tmp_path / "for_r" / "prophet_holidays.csv").read_text() == own


def test_what_is_wrong_is_told_as_by_the_native_trainer(tmp_path, capsys):
    folder = training_folder(tmp_path / "in", context_vars=["WEATHER"], trials=0, organic_vars=["POSTS"])
    assert main(["prepare", str(folder), str(tmp_path / "for_r")]) == 2
    told = json.loads((tmp_path / "for_r" / "error.json").read_text())
    assert set(told) == {"what", "todo"}
    with pytest.raises(BadInput) as native:
        train(folder, tmp_path / "out")
    assert (told["what"], told["todo"]) == (native.value.what, native.value.todo)
    assert "WEATHER" in capsys.readouterr().err
    assert not (tmp_path / "for_r" / "job_config.json").exists()


def test_what_was_wrong_before_is_forgotten(tmp_path, capsys):
    assert main(["prepare", str(tmp_path / "nothing"), str(tmp_path / "for_r")]) == 2
    assert main(["prepare", str(training_folder(tmp_path / "in")), str(tmp_path / "for_r")]) == 0
    assert not (tmp_path / "for_r" / "error.json").exists()
