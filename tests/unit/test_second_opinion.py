"""Two trainers, one experiment: where they agree, and in which words that is said."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bot.cli import main
from engine.errors import BadInput, NotFound
from engine.experiment.adstocks import in_robyn
from engine.model.evaluate import evaluate_file
from engine.results.by_robyn import by_robyns_formula
from engine.results.headline import ChannelResult, Headline, headline
from engine.results.second_opinion import (
    Agreement,
    Estimate,
    SecondOpinion,
    check_in_detail,
    check_in_words,
    compare,
    in_words,
    verified,
)
from engine.robyn.fitted import Fitted
from engine.robyn.stand_in import stand_in
from engine.robyn.verify import model_to_verify
from tests.made_results import CHOSEN, made_results
from tests.training_folder import training_folder


def view(**channels: tuple[float | None, float | None, float | None]) -> Headline:
    """A headline whose channels have these values, lows and highs."""
    head = headline(made_results())
    found = tuple(
        ChannelResult(
            channel=name,
            spend=1.0,
            spend_share=0.5,
            effect=0.0 if value is None else 1.0,
            effect_share=0.5,
            efficiency=value,
            low=low,
            high=high,
            marginal=None,
        )
        for name, (value, low, high) in channels.items()
    )
    return head.model_copy(update={"channels": found})


@pytest.mark.parametrize(
    ("ours", "theirs", "agreement"),
    [
        pytest.param((2.0, 1.5, 2.5), (2.8, 2.4, 3.0), Agreement.AGREE, id="overlap"),
        pytest.param((2.0, 1.5, 2.5), (2.7, 2.5, 3.0), Agreement.AGREE, id="touch"),
        pytest.param((2.0, 1.5, 2.5), (2.8, 2.6, 3.0), Agreement.DIFFER, id="above"),
        pytest.param((2.0, 1.5, 2.5), (1.0, 0.5, 1.4), Agreement.DIFFER, id="below"),
        pytest.param((2.0, 1.0, 4.0), (2.0, 1.9, 2.1), Agreement.AGREE, id="inside"),
        pytest.param((9.0, 5.0, None), (50.0, 40.0, 60.0), Agreement.AGREE, id="no-high-end"),
        pytest.param((9.0, 5.0, None), (3.0, 2.0, 4.0), Agreement.DIFFER, id="below-no-high-end"),
        pytest.param((None, None, None), (None, None, None), Agreement.AGREE, id="neither-sees-an-effect"),
        pytest.param((2.0, 1.5, 2.5), (None, None, None), Agreement.DIFFER, id="only-one-sees-an-effect"),
        pytest.param((2.0, None, None), (2.0, 1.0, 3.0), Agreement.UNKNOWN, id="no-range"),
    ],
)
def test_ranges_meet_or_do_not(ours: Any, theirs: Any, agreement: Agreement) -> None:
    for one, other in ((ours, theirs), (theirs, ours)):
        [channel] = compare(view(tv_S=one), view(tv_S=other)).channels
        assert channel.agreement is agreement


AGREED, DIFFERING, NO_RANGE = (2.0, 1.0, 3.0), (9.0, 8.0, 9.5), (2.0, None, None)


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        pytest.param(
            {"tv_S": AGREED, "search_S": AGREED},
            {"search_S": AGREED, "tv_S": AGREED},
            "Robyn confirms the preview on all 2 channels.",
            id="all",
        ),
        pytest.param({"tv_S": AGREED}, {"tv_S": AGREED}, "Robyn confirms the preview on the one channel.", id="one"),
        pytest.param(
            {"tv_S": AGREED, "search_S": AGREED, "ooh_S": AGREED},
            {"tv_S": AGREED, "search_S": AGREED, "ooh_S": DIFFERING},
            "Robyn and the preview agree on TV and Search; they differ on OOH. "
            "Do not move money on what they differ on before a lift test.",
            id="some",
        ),
        pytest.param(
            {"tv_S": AGREED, "search_S": AGREED},
            {"tv_S": DIFFERING, "search_S": DIFFERING},
            "Robyn and the preview differ on TV and Search; they agree on none. "
            "Do not move money on what they differ on before a lift test.",
            id="none",
        ),
        pytest.param(
            {"tv_S": AGREED, "search_S": NO_RANGE},
            {"tv_S": AGREED, "search_S": AGREED},
            "Robyn and the preview agree on TV. Search cannot be compared: a range is missing.",
            id="unknown",
        ),
    ],
)
def test_the_comparison_is_said_in_words(ours: Any, theirs: Any, said: str) -> None:
    assert in_words(compare(view(**ours), view(**theirs))) == said


def as_estimates(**channels: tuple[float | None, float | None, float | None]) -> dict[str, Estimate]:
    return {name: Estimate(value=value, low=low, high=high) for name, (value, low, high) in channels.items()}


def two_methods(ours: Any, theirs: Any, rule: Any, adstocks: tuple[str, str] = ("auto", "geometric")) -> SecondOpinion:
    native = view(**ours).model_copy(update={"method": "evidence"})
    return compare(native, view(**theirs), None if rule is None else as_estimates(**rule), adstocks)


@pytest.mark.parametrize(
    ("ours", "theirs", "rule", "said"),
    [
        pytest.param(
            {"tv_S": AGREED}, {"tv_S": AGREED}, {"tv_S": AGREED},
            "By Robyn's rule our trainer agrees with Robyn on the one channel. "
            "The ranges of both methods meet on every channel.",
            id="all alike",
        ),
        pytest.param(
            {"tv_S": AGREED, "search_S": AGREED}, {"tv_S": AGREED, "search_S": DIFFERING},
            {"tv_S": AGREED, "search_S": DIFFERING},
            "By Robyn's rule our trainer agrees with Robyn on all 2 channels. "
            "The two methods part on Search: do not move money there before a lift test.",
            id="the methods part",
        ),
        pytest.param(
            {"tv_S": AGREED, "search_S": DIFFERING}, {"tv_S": AGREED, "search_S": DIFFERING},
            {"tv_S": AGREED, "search_S": AGREED},
            "By Robyn's rule our trainer agrees with Robyn on TV and differs on Search. "
            "The ranges of both methods meet on every channel.",
            id="the trainers differ",
        ),
        pytest.param(
            {"tv_S": AGREED}, {"tv_S": DIFFERING}, None,
            "The two methods part on TV: do not move money there before a lift test.",
            id="nothing alike to compare",
        ),
    ],
)  # fmt: skip
def test_two_methods_are_called_that_and_compared_like_with_like(ours: Any, theirs: Any, rule: Any, said: str) -> None:
    told = in_words(two_methods(ours, theirs, rule))
    first = "Two methods: the preview asks what the data bear out and lets each channel's effect last as the data say, "
    assert told == f"{first}Robyn goes by its own rule. {said}"


def test_one_method_in_two_hands_is_compared_by_one_formula() -> None:
    # The preview's own range is another formula's: the cluster's counts, as Robyn's does.
    opinion = compare(view(tv_S=AGREED), view(tv_S=DIFFERING), as_estimates(tv_S=DIFFERING), ("geometric", "geometric"))
    [channel] = opinion.channels
    assert not opinion.two_methods
    assert (channel.agreement, channel.native.value, channel.rule) == (Agreement.AGREE, 9.0, None)
    assert in_words(opinion) == "Robyn confirms the preview on the one channel."


def test_an_older_opinion_is_still_read() -> None:
    older = compare(view(tv_S=AGREED), view(tv_S=AGREED)).model_dump(mode="json")
    for new in ("method", "adstocks"):
        older.pop(new)
    older["channels"] = [{k: v for k, v in one.items() if k not in ("rule", "parted")} for one in older["channels"]]
    assert in_words(SecondOpinion.model_validate(older)) == "Robyn confirms the preview on the one channel."


def test_our_answer_by_robyns_rule_has_its_clusters_range() -> None:
    results = made_results()
    best = "1_15_1"
    results.candidates["error_score"] = [0.5 if name != best else 0.1 for name in results.candidates["solID"]]
    results.candidates["cluster"] = 2
    spread = pd.DataFrame({"cluster": [1, 2, 2], "channel": ["tv_S", "tv_S", "facebook_I"], "ci_low": [0.0, 1.1, 2.0],
                           "ci_up": [9.0, 1.4, 3.0]})  # fmt: skip
    found = by_robyns_formula(replace(results, clusters=spread))
    model = results.model_of(best)
    assert (found["tv_S"].value, found["tv_S"].low, found["tv_S"].high) == (model.loc["tv_S", "roi_total"], 1.1, 1.4)
    assert (found["search_S"].low, found["search_S"].high) == (None, None)


def test_two_results_without_a_common_channel_cannot_be_compared() -> None:
    opinion = compare(view(tv_S=AGREED), view(radio_S=AGREED))
    assert not opinion.channels
    assert in_words(opinion).startswith("There is no second opinion.")


TINY = "tiny_S"
ROBYN = {"tv_S": 2.002, "search_S": -1.0, TINY: 7.0}


def check(**changes: Any) -> Any:
    given: dict[str, Any] = {
        "model": "1_2_1",
        "chosen": True,
        "version": "3.12.1",
        "nrmse": (0.0612, 0.0613),
        "native": {"tv_S": 2.0, "search_S": -1.0, "tiny_S": 1.0},
        "robyn": ROBYN,
        "shares": {"tv_S": 0.4, "search_S": -0.2, "tiny_S": 0.009},
    }
    return verified(**given | changes)


def test_a_verification_counts_only_variables_that_count() -> None:
    found = check()
    assert [one.name for one in found.coefficients] == ["tv_S", "search_S"]
    assert found.largest.name == "tv_S"
    assert found.largest.difference == pytest.approx(0.002 / 2.002)
    assert found.nrmse_difference == pytest.approx(0.0001)
    assert found.alike


def test_a_coefficient_that_robyn_does_not_have_differs_entirely() -> None:
    found = check(robyn={"tv_S": 2.0})
    assert (found.largest.name, found.largest.difference) == ("search_S", 1.0)
    assert not found.alike


def test_signs_that_differ_are_no_small_difference() -> None:
    assert check(robyn={"tv_S": -2.0, "search_S": -1.0}).largest.difference == 2.0


def test_the_verification_is_said_in_words() -> None:
    told = check_in_words(SecondOpinion(verification=check()))
    assert told == (
        "Robyn 3.12.1, given the preview's settings, makes the same model: its coefficients differ by at most 0.1 % "
        "(TV)."
    )
    far = check().coefficients[0].name
    other = check_in_words(SecondOpinion(verification=check(chosen=False, robyn={**ROBYN, far: 0.0})))
    assert "the best model that the preview's search met, makes another model" in other and "100 %" in other
    assert "fitted again" in check_in_words(SecondOpinion(unverified="R is ill."))
    assert "nothing to compare" in check_in_words(SecondOpinion(verification=check(shares={})))
    assert check_in_words(SecondOpinion()) == ""


def test_a_variable_that_one_fit_does_not_have_is_never_passed_over() -> None:
    """However small its share: a channel that a name cost is no rounding."""
    lost = check(robyn={name: value for name, value in ROBYN.items() if name != TINY})
    assert lost.missing == (TINY,) and not lost.alike
    assert "makes another model" in check_in_words(SecondOpinion(verification=lost))
    assert "is not in both" in check_in_words(SecondOpinion(verification=lost))
    assert check(robyn={**ROBYN, "w2_tv_S": 1.0}).missing == ("w2_tv_S",)


def test_how_far_time_effects_lie_apart_is_a_detail() -> None:
    near = check().model_copy(update={"time_apart": 0.0011})
    assert check_in_detail(SecondOpinion(verification=near)).endswith(
        "Both have Robyn's time effects; ours lie at most 0.1 % of the KPI's highest value from these."
    )


def test_which_model_was_verified_is_a_detail() -> None:
    assert check_in_detail(SecondOpinion(verification=check())) == (
        "Fitted again in Robyn 3.12.1: model 1_2_1; NRMSE 0.0612 here, 0.0613 there."
    )
    assert "made from the evidence of all" in check_in_detail(SecondOpinion(verification=check(chosen=False)))
    assert check_in_detail(SecondOpinion(unverified="R is ill.")) == ""


def test_the_chosen_model_is_verified_if_it_is_a_fit() -> None:
    results = made_results()
    results.candidates["lambda"] = 3.0
    found = model_to_verify(results)
    assert (found.model, found.chosen, found.penalty, found.train_size) == (CHOSEN, True, 3.0, 1.0)
    assert set(found.hyperparameters) == {"tv_S_thetas", "facebook_I_thetas", "search_S_thetas"}


def test_the_searchs_best_stands_in_for_a_model_made_of_evidence() -> None:
    results = made_results()
    frame = results.candidates
    frame["lambda"] = 3.0
    frame["error_score"] = range(len(frame), 0, -1)
    frame.loc[frame["solID"] == CHOSEN, ["trial", "error_score"]] = [0, -1.0]
    found = model_to_verify(results)
    assert (found.model, found.chosen) == (frame["solID"].iloc[-1], False)
    with pytest.raises(BadInput, match="no single fit"):
        model_to_verify(results, CHOSEN)


def test_a_model_that_is_not_there_cannot_be_verified() -> None:
    with pytest.raises(NotFound, match="9_9_9"):
        model_to_verify(made_results(), "9_9_9")


def test_train_size_and_lambda_are_no_hyperparameters_of_their_own() -> None:
    results = made_results(hyperparameters={"tv_S_thetas": (0, 1), "lambda": (0, 1), "train_size": (0.5, 0.8)})
    results.candidates["lambda"], results.candidates["train_size"] = 3.0, 0.7
    found = model_to_verify(results)
    assert (set(found.hyperparameters), found.train_size) == ({"tv_S_thetas"}, 0.7)


def test_a_verification_is_printed_with_its_differences_worked_out() -> None:
    told = check().as_json()
    assert (told["model"], told["largest_of"], told["alike"]) == ("1_2_1", "tv_S", True)
    assert told["nrmse_difference"] == pytest.approx(0.0001)
    assert told["largest_difference"] == pytest.approx(0.002 / 2.002)
    assert [one["name"] for one in json.loads(json.dumps(told))["coefficients"]] == ["tv_S", "search_S"]


def test_there_is_nothing_to_verify_in_a_folder_without_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tmp_path), str(tmp_path)]) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(("adstock", "taken"), [("auto", "thetas"), ("delayed", "shapes")])
def test_a_model_that_robyn_cannot_make_is_fitted_in_robyns_way_first(adstock: str, taken: str, tmp_path: Path) -> None:
    folder = training_folder(tmp_path, adstock=adstock, robyn_quirks=False)
    given = Fitted(
        "1_2_1", True, {"TV_IMPRESSIONS_alphas": 1.5, "TV_IMPRESSIONS_thetas": 0.25}, penalty=1e4, train_size=1
    )
    made = stand_in(folder, given)
    assert {name.rsplit("_", 1)[1] for name in made.fitted.hyperparameters} >= {"alphas", "gammas", taken}
    assert not {name for name in made.fitted.hyperparameters if name.endswith(("_kinds", "_peaks"))}
    assert made.fitted.hyperparameters["TV_IMPRESSIONS_alphas"] == 1.5
    assert made.fitted.penalty == pytest.approx(1e4, rel=1e-6)
    assert sum(made.shares.values()) == pytest.approx(1)
    # What Robyn is given leads to these coefficients again.
    config = json.loads((folder / "job_config.json").read_text()) | {"robyn_quirks": True}
    (folder / "job_config.json").write_text(json.dumps(config | {"adstock": in_robyn(adstock)}))
    lines = tmp_path / "models.jsonl"

    def fitted(*lambdas: float) -> list[dict[str, Any]]:
        again = [{"hyperparameters": dict(made.fitted.hyperparameters), "lambda_hp": one} for one in lambdas]
        lines.write_text("\n".join(map(json.dumps, again)))
        return list(evaluate_file(folder, lines))

    low, high = (one["lambda"] for one in fitted(0.0, 1.0))
    [found] = fitted((made.fitted.penalty - low) / (high - low))
    assert found["nrmse"] == pytest.approx(made.nrmse)
    assert found["coefficients"] == pytest.approx(made.coefficients, rel=1e-6)
