"""Choosing by evidence: the truth of generated data is found, and what the data cannot tell is said."""

import dataclasses
import json

import numpy as np
import pytest

from engine.model.evidence.baseline import ECHOES, make_baseline
from engine.model.evidence.choice import pooled_share, select
from engine.model.evidence.front import evidence_of_front, fits_as_well, moved_share
from engine.model.evidence.level import factorise, project, whiten
from engine.model.evidence.sample import sample
from engine.model.evidence.spread import Spread
from engine.model.evidence.told import notes_of
from engine.model.fit.candidate import Evaluator, evaluate
from engine.model.fit.problem import Study
from engine.model.fit.space import space_of
from engine.model.fit.transforms import adstock, hill
from engine.model.read.inputs import read_inputs
from engine.model.read.modelling_table import make_problem
from engine.model.read.prophet import decompose
from local.sample.truths import generate

pytestmark = pytest.mark.slow

YEAR = 365.25 / 7
# Sweeps: enough to see what is tested.
FEW = 1500
AUTO = {
    "alphas": (0.5, 3), "gammas": (0.3, 1), "thetas": (0, 0.9), "peaks": (0, 10), "shapes": (0.5, 10),
    "scales": (0, 0.1), "kinds": (0, 4),
}  # fmt: skip


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return read_case(generate("collinear", 2), tmp_path_factory.mktemp("in"))


@pytest.fixture(scope="module")
def found(case):
    return select(*case[:2], YEAR, most=FEW)


def read_case(truth, folder):
    truth.frame.to_csv(folder / "input_data.csv", index=False)
    (folder / "job_config.json").write_text(json.dumps(truth.config))
    inputs = read_inputs(folder)
    problem, space = make_problem(inputs, decompose(inputs)), space_of(inputs.ranges)
    return problem, space, candidates_of(problem, space), np.array([*truth.roas.values()])


def candidates_of(problem, space):
    units = np.random.default_rng(5).random((400, int(space.free.sum())))
    return Evaluator(problem, space).many(space.scaled(units))


def misses(roas, true):
    return np.abs(np.log(roas / true))


def test_the_roas_of_channels_that_move_together_are_found(case, found):
    assert misses(found.roas, case[3]).mean() < 0.25


def test_the_chosen_model_brings_the_roas_it_is_chosen_for(case, found):
    problem, space = case[:2]
    model = found.model
    assert found.reestimated
    np.testing.assert_allclose(model.effects / problem.total_spend, found.roas)
    np.testing.assert_allclose(model.parts[:, len(problem.base_names) :].sum(axis=0), model.effects)
    assert (model.values >= space.low - 1e-12).all() and (model.values <= space.high + 1e-12).all()
    assert (model.coefficients >= problem.lower - 1e-9).all() and (model.coefficients <= problem.upper + 1e-9).all()
    missed = np.sqrt(((problem.y - model.fitted) ** 2).mean()) / np.ptp(problem.y)
    assert model.nrmse == pytest.approx(missed)


def test_the_same_data_give_the_same_answer(case, found):
    again = select(*case[:2], YEAR, windows=False, most=FEW, threads=3)
    np.testing.assert_array_equal(again.roas, found.roas)
    np.testing.assert_array_equal(again.prior_share, found.prior_share)


def test_every_range_names_what_was_varied_and_holds_the_answer(found):
    assert [one.over.split()[0] for one in found.ranges] == ["draws", "the"]
    for one in found.ranges:
        assert (one.low <= found.roas).all() and (found.roas <= one.high).all()


def test_a_channel_that_never_changes_is_decided_by_the_prior(case):
    problem, space = case[:2]
    media, spend = problem.media.copy(), problem.spend.copy()
    media[0] = media[0].mean()
    spend[:, 0] = media[0]
    flat = dataclasses.replace(problem, media=media, spend=spend)
    silent = select(flat, space, YEAR, windows=False, most=FEW)
    assert silent.prior_share[0] > 0.8
    assert silent.prior_share[1:].min() < 0.5
    assert any(problem.paid_names[0] in note and "lift test" in note for note in silent.notes)


def test_channels_with_the_same_spend_are_named_as_a_pair(case, found):
    problem, space = case[:2]
    media, spend = problem.media.copy(), problem.spend.copy()
    wobble = np.random.default_rng(2).uniform(0.97, 1.03, media.shape[1])
    media[2] = media[1] * wobble
    spend[:, 2] = media[2]
    twins = dataclasses.replace(problem, media=media, spend=spend)
    told = select(twins, space, YEAR, windows=False, most=FEW)
    assert [(pair.first, pair.second) for pair in told.pairs] == [problem.paid_names[1:3]]
    assert told.pairs[0].correlation < -0.25 and told.pairs[0].order < 0.9
    assert any("cannot tell" in note and all(name in note for name in problem.paid_names[1:3]) for note in told.notes)
    assert problem.paid_names[1:3] not in [(pair.first, pair.second) for pair in found.pairs]


def test_a_lift_test_decides_what_the_data_cannot(case):
    problem, space = case[:2]
    media, spend = problem.media.copy(), problem.spend.copy()
    media[0] = media[0].mean()
    spend[:, 0] = media[0]
    rows = problem.rows
    # A test over the whole window that measures a ROAS of 4.
    lift = 4.0 * float(spend[rows, 0].sum())
    study = Study(media=(0,), first=rows.start, stop=rows.stop, lift=lift, immediate=False, ratio=1.0)
    tested = dataclasses.replace(problem, media=media, spend=spend, studies=(study,))
    told = select(tested, space, YEAR, lift_errors=[0.05 * lift], windows=False, most=FEW)
    assert told.roas[0] == pytest.approx(4.0, rel=0.1)
    assert told.prior_share[0] < 0.2
    assert told.model.metrics["mape"] < 0.1


@pytest.mark.parametrize("immediate", [False, True])
def test_a_sure_lift_test_is_met_with_and_without_what_older_spend_causes(case, immediate):
    problem, space, _candidates = case[:3]
    first = problem.rows.start + 60
    lift = 3.0 * float(problem.spend[first : first + 12, 1].sum())
    tested = dataclasses.replace(problem, studies=(Study((1,), first, first + 12, lift, immediate, 1.0),))
    told = select(tested, space, YEAR, lift_errors=[0.01 * lift], windows=False, most=FEW)
    assert told.model.metrics["mape"] < 0.05


def test_organic_media_and_weibull_adstock_take_part(case):
    problem = case[0]
    last = problem.media_names[-1]
    organic = dataclasses.replace(problem, spend=problem.spend[:, :-1], adstock="weibull_pdf")
    ranges = {
        f"{name}_{kind}": limits
        for name in problem.media_names
        for kind, limits in {
            "alphas": (0.5, 3), "gammas": (0.3, 1), "shapes": (0.5, 5), "scales": (0.0, 0.05)
        }.items()
    }  # fmt: skip
    weibull = space_of(ranges)
    found = select(organic, weibull, YEAR, windows=False, most=FEW)
    assert last not in organic.paid_names and len(found.roas) == len(organic.paid_names)
    assert misses(found.roas, case[3][:-1]).mean() < 0.4
    assert found.model.parts[:, -1].sum() > 0


def test_a_medium_that_may_only_harm_does(case):
    problem, space, _candidates = case[:3]
    upper, lower = problem.upper.copy(), problem.lower.copy()
    upper[-1], lower[-1] = 0.0, -np.inf
    harmful = dataclasses.replace(problem, lower=lower, upper=upper)
    found = select(harmful, space, YEAR, windows=False, most=FEW)
    assert found.roas[-1] < 0 and (found.roas[:-1] > 0).all()
    assert found.model.coefficients[-1] < 0


def test_data_without_noise_do_not_break_it(case):
    problem, space, candidates, _ = case
    clean = evaluate(problem, space, candidates.values[0]).fitted
    dep_var = problem.dep_var.copy()
    dep_var[problem.rows] = clean
    exact = dataclasses.replace(problem, dep_var=dep_var)
    found = select(exact, space, YEAR, windows=False, most=FEW)
    assert np.isfinite(found.roas).all() and (found.roas > 0).all()


def test_the_truth_may_lie_beyond_the_searched_ranges_and_the_model_does_not(case):
    problem, space, _candidates, _ = case
    low, high = space.low.copy(), space.high.copy()
    # A range that leaves out nearly all of what is true.
    for name in problem.media_names:
        low[space.place(f"{name}_alphas")] = 2.9
    narrow = dataclasses.replace(space, low=low, high=high)
    setting = sample(problem, narrow, YEAR, seed=1, first=200, most=200).setting
    assert (setting.low[0, :, 0] < 2.9).all() and (setting.high[0, :, 0] > high[0]).all()
    assert (setting.low >= 0).all() and (setting.high[0, :, 2] < 1).all()
    values = select(problem, narrow, YEAR, windows=False, most=FEW).model.values
    assert (values >= low - 1e-12).all() and (values <= high + 1e-12).all()


def test_a_fixed_parameter_stays_fixed(case):
    problem, space, _candidates, _ = case
    at = space.place(f"{problem.media_names[0]}_thetas")
    low, high = space.low.copy(), space.high.copy()
    low[at] = high[at] = 0.25
    fixed = dataclasses.replace(space, low=low, high=high)
    setting = sample(problem, fixed, YEAR, seed=1, first=200, most=200).setting
    assert setting.low[0, 0, 2] == setting.high[0, 0, 2] == 0.25


@pytest.mark.parametrize("echo", [0.0, 0.6])
def test_the_echo_of_the_noise_is_found(case, echo):
    problem, space, candidates, _ = case
    rng, fitted = np.random.default_rng(3), evaluate(problem, space, candidates.values[0]).fitted
    noise = rng.normal(0, 0.05 * fitted.mean(), len(fitted))
    for t in range(1, len(noise)):
        noise[t] += echo * noise[t - 1]
    dep_var = problem.dep_var.copy()
    dep_var[problem.rows] = fitted + noise
    echoing = dataclasses.replace(problem, dep_var=dep_var)
    found = sample(echoing, space, YEAR, seed=1, first=800, most=800)
    assert found.setting.echoes[found.ways[:, :, 1]].mean() == pytest.approx(echo, abs=0.17)


def test_whitening_takes_the_echo_away():
    rng, echo = np.random.default_rng(1), 0.6
    noise = rng.normal(size=20_000)
    noise[0] /= np.sqrt(1 - echo**2)
    for t in range(1, len(noise)):
        noise[t] += echo * noise[t - 1]
    white = np.empty(len(noise))
    whiten(noise, echo, np.ones(len(noise)), white)
    assert white.std() == pytest.approx(1, abs=0.02)
    assert np.corrcoef(white[1:], white[:-1])[0, 1] == pytest.approx(0, abs=0.02)


def test_the_density_of_a_baseline_is_that_of_its_covariance(case):
    """Against the plain Gaussian: log det and quadratic form of W⁻¹ + BB' by other means than the sampler's."""
    problem, noise = case[0], 0.05 * case[0].y.std()
    laid, rng = make_baseline(problem, YEAR, noise), np.random.default_rng(2)
    assert set(laid.echoes) == set(ECHOES)
    rows, width = len(problem.y), len(laid.design)
    residual, roots = rng.normal(size=rows), np.sqrt(rng.gamma(3, 0.3, rows))
    shadow, lower, white = np.zeros((width, rows)), np.zeros((width, width)), np.empty(rows)
    seen = np.empty(width)
    for scale in laid.scales[::4]:
        for echo in laid.echoes:
            part = factorise(laid.design, scale, echo, roots, shadow, lower)
            whiten(residual, echo, roots, white)
            project(shadow, white, seen)
            # New noise each period: (I - echo·shift) of everything, the first period apart.
            filtered = np.eye(rows) - echo * np.eye(rows, k=-1)
            filtered[0, 0] = np.sqrt(1 - echo**2)
            columns = roots[:, None] * (filtered @ (laid.design * scale[:, None]).T)
            covariance = np.eye(rows) + columns @ columns.T
            told = roots * (filtered @ residual)
            assert white @ white - seen @ seen == pytest.approx(told @ np.linalg.solve(covariance, told), rel=1e-6)
            assert part == pytest.approx(
                0.5 * np.log(1 - echo**2) - 0.5 * np.linalg.slogdet(covariance)[1], rel=1e-6, abs=1e-6
            )


def test_an_odd_week_moves_no_channel_by_more_than_its_range_and_is_named(case, found):
    problem, space = case[:2]
    dep_var = problem.dep_var.copy()
    dep_var[problem.rows.start + 50] += 6 * problem.y.std()
    odd = select(dataclasses.replace(problem, dep_var=dep_var), space, YEAR, windows=False, most=FEW)
    own = found.ranges[0]
    assert ((own.low <= odd.roas) & (odd.roas <= own.high)).all()
    assert odd.odd[0].period == 50 and odd.odd[0].miss > 3 * problem.y.std()
    assert found.odd == () or found.odd[0].period != 50


def test_of_two_odd_weeks_in_a_row_both_are_named_and_not_the_one_after(case):
    problem, space = case[:2]
    dep_var = problem.dep_var.copy()
    dep_var[problem.rows.start + 60] += 7 * problem.y.std()
    dep_var[problem.rows.start + 61] += 4 * problem.y.std()
    odd = select(dataclasses.replace(problem, dep_var=dep_var), space, YEAR, windows=False, most=FEW).odd
    named = {one.period for one in odd}
    assert {60, 61} <= named and 62 not in named


def test_a_channel_without_effect_is_told_so(case):
    problem, space = case[:2]
    rng = np.random.default_rng(8)
    media, spend = problem.media.copy(), problem.spend.copy()
    # Nothing of this channel's spend is in the data.
    media[-1] = 5 * rng.gamma(2.0, 0.5, media.shape[1]) * media[0].mean()
    spend[:, -1] = media[-1]
    silent = select(dataclasses.replace(problem, media=media, spend=spend), space, YEAR, windows=False, most=FEW)
    low, high = silent.ranges[0].low, silent.ranges[0].high
    others = silent.roas[:-1].mean()
    assert low[-1] < 0.05 * others and high[-1] < others
    name = problem.paid_names[-1]
    assert silent.no_effect[name] > 0.4 > max(silent.no_effect[one] for one in problem.paid_names[:-1])


def test_all_media_together_have_a_range_that_holds_what_is_told(case, found):
    problem = case[0]
    share = found.roas @ problem.total_spend / problem.y.sum()
    assert found.media_share.low < share < found.media_share.high < 1


def test_draws_bring_what_their_roas_say(case, found):
    problem, draws = case[0], found.draws
    assert len(draws) == 400 and draws.names == problem.media_names
    brought = np.array([
        sum(draws.coefficients[d, m] * hill(adstock(series, "geometric", draws.shapes[d, m, 2])[problem.rows],
                                            draws.shapes[d, m, 0], draws.halves[d, m])
            for m, series in enumerate(problem.media[:1])).sum() / problem.total_spend[0]
        for d in range(len(draws))
    ])  # fmt: skip
    inside = (found.ranges[0].low[0] <= brought) & (brought <= found.ranges[0].high[0])
    assert 0.8 < inside.mean() < 1.0


@pytest.mark.parametrize("name", ["tv", "TV_SPEND", "Fernsehen"])
def test_no_name_decides_a_roas(case, found, name):
    problem, space = case[:2]
    old = problem.media_names[0]
    named = dataclasses.replace(problem, media_names=(name, *problem.media_names[1:]))
    other = dataclasses.replace(space, names=tuple(one.replace(f"{old}_", f"{name}_") for one in space.names))
    again = select(named, other, YEAR, windows=False, most=FEW)
    np.testing.assert_array_equal(again.roas, found.roas)


def test_chains_that_stopped_early_do_not_pass_for_good(case):
    problem, space = case[:2]
    short = sample(problem, space, YEAR, seed=1, first=50, most=50).agreement
    longer = sample(problem, space, YEAR, seed=1, most=3000).agreement
    assert not short.good and longer.rhat.max() < min(short.rhat.max(), 1.05)


def test_a_delayed_peak_is_found_where_the_data_choose_the_adstock(case):
    problem, _space = case[:2]
    rng = np.random.default_rng(3)
    first = problem.media_names[0]
    felt = adstock(problem.media[0], "delayed", 0.7, 5.0)[problem.rows]
    shape = hill(felt, 1.5, 0.6 * felt.max())
    spend = problem.total_spend
    brought = 3.0 * spend[0] * shape / shape.sum()
    base = 2.0 * brought.mean()
    dep_var = problem.dep_var.copy()
    dep_var[problem.rows] = base + brought + rng.normal(0, 0.02 * base, len(brought))
    ranges = {f"{one}_{kind}": ends for one in problem.media_names for kind, ends in AUTO.items()}
    alone = dataclasses.replace(problem, dep_var=dep_var, adstock="auto")
    found = select(alone, space_of(ranges), YEAR, windows=False, most=FEW)
    assert found.adstocks[first]["geometric"] < 0.1
    assert found.roas[0] == pytest.approx(3.0, rel=0.25)


def test_pooled_share_is_the_weight_of_the_others():
    rng = np.random.default_rng(1)
    mu, tau = rng.normal(0, 0.1, 40_000), np.full(40_000, 0.5)
    silent = mu + tau * rng.normal(size=40_000)
    # With as much noise as tau, a channel's own estimate and its fellows' weigh the same.
    even = rng.normal(0.3, np.sqrt((0.5**2 + 0.1**2) / 2), 40_000)
    certain = np.full(40_000, 1.0)
    draws = np.column_stack([silent, even, certain])
    share = pooled_share(draws, np.column_stack([mu, tau]), np.zeros(draws.shape, dtype=bool))
    np.testing.assert_allclose(share, [1, 0.5, 0], atol=0.03)


def test_draws_in_which_a_channel_brings_nothing_do_not_make_it_the_priors():
    rng = np.random.default_rng(1)
    idle = rng.random(10_000) < 0.3
    known = np.where(idle, rng.normal(-4, 1, 10_000), rng.normal(0, 0.05, 10_000))[:, None]
    pool = np.column_stack([np.zeros(10_000), np.full(10_000, 0.5)])
    assert pooled_share(known, pool, idle[:, None])[0] < 0.05
    assert pooled_share(known, pool, np.zeros((10_000, 1), dtype=bool))[0] > 0.5


def test_along_the_front_what_moves_for_free_was_not_decided_by_the_fit():
    nrmse = np.concatenate([np.full(20, 0.1), np.linspace(0.12, 0.2, 20)])
    tied = fits_as_well(nrmse, periods=100)
    assert tied.sum() == 20
    free = np.linspace(-1, 1, 20)
    logs = np.column_stack([np.concatenate([free, free]), np.concatenate([np.zeros(20), free]), np.zeros(40)])
    np.testing.assert_allclose(moved_share(logs[tied], logs), [1, 0, 0])


def test_a_roas_on_which_all_good_models_agree_was_decided_by_the_fit():
    good, any_model = np.linspace(1.0, 1.1, 30)[:, None], np.linspace(-2.0, 3.0, 500)[:, None]
    assert moved_share(good, any_model)[0] < 0.05


def test_robyns_choice_is_told_in_the_same_words(case):
    problem, space, candidates = case[:3]
    kept = np.argsort(candidates.nrmse)[:60]
    told = evidence_of_front(problem, space, candidates, kept, int(kept[7]))
    assert not told.reestimated
    np.testing.assert_allclose(told.model.effects / problem.total_spend, told.roas)
    assert ((told.prior_share >= 0) & (told.prior_share <= 1)).all()
    assert (np.diff(told.path[:, 0]) >= 0).all() and told.path.shape == (60, 1 + len(problem.paid_names))
    assert (told.ranges[0].low <= told.roas).all() and (told.roas <= told.ranges[0].high).all()


def test_notes_hold_for_roas_and_cpa_alike_and_for_small_numbers() -> None:
    parts = Spread("parts", np.array([0.0123]), np.array([0.0456]), 2)
    told = list(notes_of(["radio"], np.array([0.86]), [parts], []))
    assert "A unit of spend on radio brings 0.0123 to 0.0456" in told[1]
    assert not any("ROAS" in note for note in told)
