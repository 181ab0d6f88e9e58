"""A refresh: ranges around the earlier model, the moved window, what it stays close to, and what moved."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.errors import BadConfig
from engine.model.fit.candidate import evaluate
from engine.model.fit.problem import Previous
from engine.model.read.earlier import Earlier, cautions_of, read_earlier
from engine.model.read.inputs import Inputs, read_inputs
from engine.model.refresh import narrowed, what_moved
from engine.model.train import prepare, train
from engine.results.check import check_results
from engine.results.summary import Summary
from tests.training_folder import CONFIG, training_folder, weeks

pytestmark = pytest.mark.slow

WEEKS, STEPS = len(weeks()), 8
BEFORE = WEEKS - STEPS
START, END = weeks()["DATE"].iloc[[30, BEFORE - 1]]
SMALL: dict[str, Any] = {"prophet_vars": ["trend", "season"], "iterations": 80, "trials": 1, "start_date": START}
PAID = tuple(CONFIG["paid_media_vars"])


@dataclass(frozen=True)
class Trained:
    folder: Path
    out: Path
    summary: Summary

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.out / "results" / f"{name}.parquet")

    @property
    def hyperparameters(self) -> dict[str, float]:
        row = self.table("candidates").set_index("solID").loc[self.summary.chosen]
        return {name: float(row[name]) for name in (*self.summary.hyperparameters, "lambda_hp")}

    @property
    def shares(self) -> "pd.Series[float]":
        table = self.table("coefficients")
        return table[table["solID"] == self.summary.chosen].set_index("rn")["xDecompPerc"]


def trained(root: Path, rows: int, **settings: Any) -> Trained:
    folder = training_folder(root / "in", lambda frame: frame.head(rows), **SMALL | settings)
    return Trained(folder, root / "out", train(folder, root / "out"))


def going_on(**refresh: Any) -> dict[str, Any]:
    """Settings of a refresh that names no window of its own."""
    return {"start_date": None, "refresh": {"results": "../../first/out", "refresh_steps": STEPS} | refresh}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("refresh")


@pytest.fixture(scope="module")
def first(root: Path) -> Trained:
    """The training that is gone on from, on all weeks but the newest."""
    return trained(root / "first", BEFORE)


@pytest.fixture(scope="module")
def second(root: Path, first: Trained) -> Trained:
    return trained(root / "second", WEEKS, **going_on())


@pytest.fixture
def asked(root: Path, first: Trained, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Read the inputs of a refresh with other settings or fewer rows."""

    def ask(rows: int = WEEKS, refresh: dict[str, Any] | None = None, **settings: Any) -> Inputs:
        given = SMALL | going_on(**refresh or {}) | settings
        folder = training_folder(
            root / tmp_path_factory.mktemp("asked").name / "in", lambda frame: frame.head(rows), **given
        )
        return read_inputs(folder)

    return ask


def test_a_refresh_keeps_the_contract_and_moves_the_window(first: Trained, second: Trained) -> None:
    assert check_results(second.out) == []
    moved = {name: weeks()["DATE"].iloc[row] for name, row in (("start", 30 + STEPS), ("end", WEEKS - 1))}
    assert first.summary.window.start == START and first.summary.window.end == END
    assert (second.summary.window.start, second.summary.window.end) == (moved["start"], moved["end"])
    assert second.summary.window.periods == first.summary.window.periods
    assert first.summary.refresh is None


def test_both_ends_move_by_the_steps_whatever_window_is_named(asked: Any) -> None:
    """Robyn's rule: a configuration that comes along from the earlier training names that one's window."""
    moved = (weeks()["DATE"].iloc[30 + STEPS], weeks()["DATE"].iloc[-1])
    said = f"A refresh moves the earlier window by refresh_steps, to {moved[0]} … {moved[1]}"
    for named in ({}, {"start_date": START, "end_date": END}, {"start_date": weeks()["DATE"].iloc[32]}):
        inputs = asked(**named)
        assert (str(inputs.window[0]), str(inputs.window[-1])) == moved
        assert any(note.startswith(said) for note in inputs.notes) == bool(named)
    assert not any(note.startswith(said) for note in asked(start_date=moved[0], end_date=moved[1]).notes)


def test_every_range_is_narrowed_around_the_earlier_model(first: Trained, second: Trained) -> None:
    free = STEPS / (BEFORE - 30)
    best, searched = first.hyperparameters, second.table("candidates")
    for name, (low, high) in first.summary.hyperparameters.items():
        reach = (high - low) * free
        narrow = (max(low, best[name] - reach), min(high, best[name] + reach))
        assert searched[name].between(narrow[0] - 1e-9, narrow[1] + 1e-9).all(), name
        assert np.ptp(searched[name]) > 0.2 * (narrow[1] - narrow[0]), name


def test_lambda_is_narrowed_like_everything_else(first: Trained, second: Trained) -> None:
    free, best = STEPS / (BEFORE - 30), first.hyperparameters["lambda_hp"]
    assert second.table("candidates")["lambda_hp"].between(best - free, best + free + 2e-4).all()


def test_a_freedom_of_ones_own_takes_the_place_of_the_share_of_new_periods(asked: Any, first: Trained) -> None:
    inputs = asked(refresh={"bounds_freedom": 0.5})
    _, space = prepare(first.folder, inputs)
    place, best = space.place("OOH_COST_alphas"), first.hyperparameters["OOH_COST_alphas"]
    assert space.low[place] == pytest.approx(max(0.5, best - 0.5 * 2.5))
    assert space.high[place] == pytest.approx(min(3.0, best + 0.5 * 2.5))


# --- by evidence


def test_by_evidence_nothing_is_narrowed_and_nothing_held_close(asked: Any, first: Trained) -> None:
    inputs = asked(selection="evidence", adstock="geometric")
    problem, space = prepare(first.folder, inputs)
    _, narrow = prepare(first.folder, asked())
    assert problem.previous is None
    for name, ends in inputs.ranges.items():
        assert (space.low[space.place(name)], space.high[space.place(name)]) == ends
    assert (narrow.high - narrow.low).sum() < 0.6 * (space.high - space.low).sum()


def test_a_freedom_that_does_nothing_is_told(asked: Any) -> None:
    said = "bounds_freedom does nothing with selection evidence"
    assert any(
        said in note for note in asked(selection="evidence", adstock="geometric", refresh={"bounds_freedom": 0.5}).notes
    )
    assert not any(said in note for note in asked(selection="evidence", adstock="geometric").notes)
    assert not any(said in note for note in asked(refresh={"bounds_freedom": 0.5}).notes)


def test_a_few_new_weeks_hardly_change_what_the_data_left_open(tmp_path: Path) -> None:
    settings = {"selection": "evidence", "search": "fast"}
    old = trained(tmp_path / "first", WEEKS - 4, **settings)
    new = trained(tmp_path / "second", WEEKS, **settings | going_on(refresh_steps=4))
    assert new.summary.refresh is not None and new.summary.refresh.bounds_freedom == 1
    assert not any(channel.parted for channel in new.summary.refresh.channels)
    ranges = []
    for one in (old, new):
        table = one.table("coefficients")
        chosen = table[table["solID"] == one.summary.chosen].set_index("rn")
        ranges.append([np.log(chosen["range_high"][name] / chosen["range_low"][name]) for name in PAID])
    # Searched around the earlier model only, most ranges were half as wide, or less.
    assert np.median(np.divide(ranges[1], ranges[0])) > 0.7
    for name in PAID:
        assert new.summary.prior_share[name] > old.summary.prior_share[name] - 0.25


def earlier(first: Trained, **values: float) -> Earlier:
    read = read_earlier(first.out)
    return replace(read, values=read.values | values)


RANGES = {"a_alphas": (0.5, 3.0), "a_gammas": (0.3, 1.0), "a_thetas": (0.4, 0.4)}
FOUND = {"a_alphas": 1.0, "a_gammas": 0.98, "a_thetas": 0.4, "lambda": 0.3}


@pytest.mark.parametrize(("quirks", "shift"), [(True, 1e-4 / (1 - 1e-4)), (False, 0.0)], ids=["as Robyn", "corrected"])
def test_ranges_are_narrowed_as_robyn_refresh_does(first: Trained, quirks: bool, shift: float) -> None:
    """lambda's value is read as lambda / (largest - smallest) in Robyn, though the smallest was added to it."""
    found = narrowed(RANGES, earlier(first, **FOUND), 0.1, quirks=quirks)
    assert found["a_alphas"] == pytest.approx((0.75, 1.25))
    assert found["a_gammas"] == pytest.approx((0.91, 1.0))
    assert found["a_thetas"] == pytest.approx((0.36, 0.44))
    assert found["lambda"] == pytest.approx((0.2 + shift, 0.4 + shift), rel=1e-12)
    lambda_max = 5e7
    penalty = 1e-4 * lambda_max + (lambda_max - 1e-4 * lambda_max) * 0.3
    if quirks:
        assert sum(found["lambda"]) / 2 == pytest.approx(penalty / (lambda_max - 1e-4 * lambda_max), rel=1e-12)


def test_a_value_outside_of_the_ranges_is_taken_to_their_end(first: Trained) -> None:
    found = narrowed({"a_alphas": (1.0, 2.0)}, earlier(first, a_alphas=2.5), 0.1, quirks=True)
    assert found["a_alphas"] == (2.0, 2.0)


def test_a_fixed_value_does_not_leave_its_limits(first: Trained) -> None:
    found = narrowed({"a_thetas": (0.9, 0.9)}, earlier(first, a_thetas=0.9), 0.25, quirks=True)
    assert found["a_thetas"] == pytest.approx((0.675, 0.9))


def test_what_the_earlier_model_did_not_have_is_searched_whole(asked: Any, first: Trained) -> None:
    inputs = asked(add_penalty_factor=True, ts_validation=True)
    _, space = prepare(first.folder, inputs)
    for name, ends in {"trend_penalty": (0.0, 1.0), "train_size": (0.5, 0.8)}.items():
        assert (space.low[space.place(name)], space.high[space.place(name)]) == ends


def test_the_loss_is_how_far_the_shares_moved(first: Trained, second: Trained) -> None:
    before, after, row = first.shares, second.shares, second.table("candidates").iloc[0]
    moved = (after - before[after.index]) ** 2
    paid = moved.index.isin(PAID)
    assert paid.sum() == 3 and (~paid).sum() == 6
    kept = 1 - STEPS / (BEFORE - 30)
    expected = np.sqrt(moved[paid].mean()) + np.sqrt(moved[~paid].mean()) / kept
    assert row["decomp.rssd"] == pytest.approx(expected, rel=1e-9)


def test_the_model_that_moved_least_is_chosen(second: Trained) -> None:
    candidates = second.table("candidates")
    assert candidates["decomp.rssd"].iloc[0] == candidates["decomp.rssd"].min()
    assert candidates["nrmse"].iloc[0] > candidates["nrmse"].min()


def test_in_the_earlier_models_own_place_nothing_has_moved(first: Trained, root: Path) -> None:
    """The same data, window and values: the loss is 0."""
    inputs = read_inputs(first.folder)
    problem, space = prepare(first.folder, inputs)
    found = read_earlier(first.out)
    names = ("(Intercept)", *problem.names)
    shares = np.array([found.variables[name]["xDecompPerc"] for name in names])
    values = np.array([found.values[name] for name in space.names])
    model = evaluate(problem.staying_close_to(Previous(shares, 0.9)), space, values)
    assert model.rssd == pytest.approx(0.0, abs=1e-12)
    assert evaluate(problem, space, values).rssd > 0.01


def test_the_report_says_what_moved(first: Trained, second: Trained) -> None:
    drift = second.summary.refresh
    assert drift is not None
    assert (drift.earlier, drift.now) == (first.summary.chosen, second.summary.chosen)
    assert (drift.new_periods, drift.earlier_revision) == (STEPS, "TEST_1")
    assert drift.bounds_freedom == STEPS / (BEFORE - 30)
    assert [moved.channel for moved in drift.channels] == list(PAID)
    chosen = {}
    for name, one in (("before", first), ("after", second)):
        table = one.table("coefficients")
        chosen[name] = table[table["solID"] == one.summary.chosen].set_index("rn")
    for moved in drift.channels:
        before, after = (table.loc[moved.channel] for table in chosen.values())
        assert (moved.before, moved.after) == (before["roi_total"], after["roi_total"])
        assert (moved.share_before, moved.share_after) == (before["xDecompPerc"], after["xDecompPerc"])
        apart = before["range_low"] > after["range_high"] or after["range_low"] > before["range_high"]
        assert moved.parted == apart


@pytest.mark.parametrize(
    ("low", "high", "parted"),
    [(2.1, 3.0, True), (0.1, 0.9, True), (2.0, 3.0, False), (0.5, 1.0, False), (1.2, 1.3, False), (0.0, 9.0, False),
     (np.nan, np.nan, False)],
    ids=["above", "below", "touching above", "touching below", "inside", "around", "missing"],
)  # fmt: skip
def test_a_channel_has_parted_only_where_the_ranges_do(first: Trained, low: float, high: float, parted: bool) -> None:
    old = read_earlier(first.out)
    known = {"roi_total": 1.5, "xDecompPerc": 0.1, "range_low": 1.0, "range_high": 2.0}
    old = replace(old, variables={**old.variables, **{name: known for name in PAID}})
    now = {name: known | {"range_low": low, "range_high": high, "roi_total": np.nan} for name in PAID}
    drift = what_moved(old, now, "1_1_1", STEPS, 0.1)
    assert [moved.parted for moved in drift.channels] == [parted] * 3
    assert drift.channels[0].after is None


def test_a_refresh_can_be_gone_on_from_in_turn(root: Path, first: Trained) -> None:
    between = trained(root / "between", WEEKS, **going_on(refresh_steps=2), iterations=40)
    third = trained(
        root / "third", WEEKS, **going_on(results="../../between/out", refresh_steps=1), iterations=40
    )  # fmt: skip
    assert third.summary.refresh is not None
    assert third.summary.refresh.earlier == between.summary.chosen
    assert third.summary.window.start == weeks()["DATE"].iloc[30 + 2 + 1]


# --- what cannot be gone on from


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"dep_var": "ORDERS"}, r"explains REVENUE \(revenue\).* this one ORDERS"),
        ({"dep_var_type": "conversion"}, r"explains REVENUE \(revenue\).* this one REVENUE \(conversion\)"),
        ({"adstock": "weibull_cdf"}, "geometric adstock, this one .* with weibull_cdf"),
        ({"context_vars": ["PRICE_INDEX", "TEMPERATURE"]}, "knows no TEMPERATURE"),
        ({"paid_media_vars": ["TV_COST", "FACEBOOK_COST", "OOH_COST"]}, "knows no TV_COST"),
        ({"organic_vars": []}, "leaves out NEWSLETTER_SENDS"),
        ({"refresh": {"results": "../../nowhere"}}, "no folder nowhere"),
        ({"refresh": {"results": "../../first/in"}}, "no folder in with an earlier result"),
    ],
    ids=["dep_var", "type", "adstock", "more context", "exposure", "less", "no folder", "no results"],
)
def test_another_model_cannot_be_gone_on_from(asked: Any, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        asked(**settings)


def test_a_window_of_new_periods_only_is_refused_and_a_mostly_new_one_noted(asked: Any) -> None:
    length = BEFORE - 30
    with pytest.raises(BadConfig, match=f"leaves no old period in a window of {length}"):
        asked(refresh={"refresh_steps": length})
    config = asked().config
    steps = config.refresh.refresh_steps
    assert any("8 of 15 periods are new, more than half" in note for note in cautions_of(config, 2 * steps - 1))
    assert not any("are new" in note for note in cautions_of(config, 2 * steps))


def test_rows_that_are_missing_at_the_end_are_told(asked: Any) -> None:
    with pytest.raises(BadConfig, match=f"hold {BEFORE - 30 - 3} of {BEFORE - 30} periods; add the rows"):
        asked(rows=WEEKS - 3)


def test_every_problem_is_told_at_once(asked: Any) -> None:
    with pytest.raises(BadConfig) as refused:
        asked(rows=WEEKS - 3, organic_vars=[])
    assert "leaves out NEWSLETTER_SENDS" in str(refused.value) and "add the rows" in str(refused.value)


@pytest.mark.parametrize("broken", ["summary.json", "candidates.parquet", "coefficients.parquet"])
@pytest.mark.parametrize("how", ["missing", "torn", "another's"])
def test_results_that_cannot_be_read_are_refused(first: Trained, tmp_path: Path, broken: str, how: str) -> None:
    results = tmp_path / "results"
    shutil.copytree(first.out / "results", results)
    path = results / broken
    if how == "missing":
        path.unlink()
    elif how == "torn":
        path.write_bytes(path.read_bytes()[:40])
    elif path.suffix == ".json":
        path.write_text(json.dumps(json.loads(path.read_text()) | {"chosen": "9_9_9"}))
    else:
        pd.DataFrame({"name": ["1_1_1"]}).to_parquet(path)
    with pytest.raises(BadConfig, match="earlier result"):
        read_earlier(tmp_path)


def test_an_earlier_result_is_named_by_its_folder_or_by_its_results(first: Trained) -> None:
    by_out, by_results = read_earlier(first.out), read_earlier(first.out / "results")
    assert by_out.summary == by_results.summary and by_out.values == by_results.values
    assert set(by_out.variables) == {"(Intercept)", *by_results.summary.context_vars, *PAID, "NEWSLETTER_SENDS",
                                     "trend", "season"}  # fmt: skip
    assert by_out.values["lambda"] == first.hyperparameters["lambda_hp"]
