"""Generated sets: they are what their family says, and their simulator answers for what it made."""

import numpy as np
import pytest

from local.sample.truths import FAMILIES, generate
from local.sample.truths.medium import Medium, fading, rising


@pytest.mark.parametrize("family", FAMILIES)
def test_generated_sets_are_what_they_say(family):
    truth, again, other = generate(family, 3), generate(family, 3), generate(family, 4)
    assert truth.frame.equals(again.frame) and truth.roas == again.roas
    assert not truth.frame.equals(other.frame)
    assert len(truth.roas) == FAMILIES[family].channels
    assert (truth.frame.drop(columns="DATE").to_numpy() >= 0).all()
    if FAMILIES[family].steps:
        values = sorted(truth.roas.values())
        assert values[-1] / values[0] == pytest.approx(5)
    if not FAMILIES[family].level:
        low, high = FAMILIES[family].share
        assert low * 0.95 <= truth.media_share <= high * 1.15


@pytest.mark.parametrize("family", FAMILIES)
def test_leaving_a_channel_out_takes_away_what_its_roas_says(family):
    truth = generate(family, 5)
    spends = truth.spends
    full = truth.respond(spends).sum()
    lost = {name: full - truth.respond({name: np.zeros_like(spends[name])}).sum() for name in spends}
    told = {name: truth.roas[name] * spends[name].sum() for name in spends}
    if FAMILIES[family].synergy:
        # What both bring together is lost with either.
        assert sum(told.values()) < sum(lost.values())
        nothing = {name: np.zeros_like(spend) for name, spend in spends.items()}
        assert sum(told.values()) == pytest.approx(full - truth.respond(nothing).sum())
    else:
        assert lost == pytest.approx(told)
    assert sum(told.values()) / truth.frame["REVENUE"].sum() == pytest.approx(truth.media_share)


def test_the_next_unit_is_worth_the_slope_of_the_response():
    truth = generate("weekly_small", 5)
    for name, spend in truth.spends.items():
        slope = (truth.respond({name: spend * 1.02}) - truth.respond({name: spend * 0.98})).sum() / (0.04 * spend.sum())
        assert truth.marginal(name) == pytest.approx(slope, rel=0.01)


def test_the_simulator_goes_on_for_a_year_after_the_data_and_no_longer():
    truth = generate("weekly_small", 5)
    longer = {name: np.concatenate([spend, spend[-52:]]) for name, spend in truth.spends.items()}
    known = truth.respond({})
    np.testing.assert_allclose(truth.respond(longer)[: len(known)], known)
    assert (truth.respond(longer)[len(known) :] > 0).all()
    with pytest.raises(ValueError, match="periods"):
        truth.respond({name: np.tile(spend, 2) for name, spend in truth.spends.items()})


def test_flags_say_what_is_special_of_a_channel():
    silent, twins = generate("no_effect", 3), generate("halves", 3)
    none = [name for name, said in silent.flags.items() if "no effect" in said]
    assert [silent.roas[name] for name in none] == [0.0]
    first, second = [name for name, said in twins.flags.items() if said]
    assert twins.roas[first] == pytest.approx(twins.roas[second], rel=0.05)
    assert np.corrcoef(twins.spends[first], twins.spends[second])[0, 1] > 0.95


def test_odd_periods_are_those_that_nothing_explains():
    truth = generate("odd_weeks", 3)
    missed = np.abs(truth.frame["REVENUE"].to_numpy() - truth.respond({}))
    assert set(np.argsort(missed)[-len(truth.odd) :]) == set(truth.odd)


def test_an_effect_that_rises_is_largest_when_it_should_be():
    assert rising(4.0).argmax() == 4
    assert fading(0.0).tolist() == [1.0]
    np.testing.assert_allclose(fading(0.5)[:3], [1, 0.5, 0.25])


def test_half_of_the_most_is_reached_at_the_half_point():
    medium = Medium(np.ones(1), 2.0, np.ones(1), np.array([10.0]), np.array([6.0]))
    np.testing.assert_allclose(medium.effect(np.array([0.0, 10.0])), [0.0, 3.0])
