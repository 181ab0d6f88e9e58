"""The leader: the one channel that may be called best, if any."""

import pytest

from engine.results.headline import Spread
from engine.results.leader import Standing, leader
from tests.heads import each, every, head, one


def test_a_channel_whose_range_overlaps_nobodys_is_the_leader() -> None:
    standing, best = leader(head())
    assert (standing, best.channel if best else "") == (Standing.CLEAR, "search_S")


def test_overlapping_ranges_have_no_leader() -> None:
    assert leader(head(channels=every(low=1.0, high=2.5)))[0] is Standing.OVERLAP


@pytest.mark.parametrize("shares", [(0.1, 0.1, 0.9), (0.9, 0.1, 0.1)], ids=["the leader's", "another's"])
def test_a_lead_that_only_the_selection_made_is_no_finding(shares: tuple[float, ...]) -> None:
    names = ("tv_S", "facebook_I", "search_S")
    assumed = each({name: {"prior_share": share} for name, share in zip(names, shares, strict=True)})
    assert leader(head(channels=assumed))[0] is Standing.PRIOR


def test_a_leader_must_be_ahead_whatever_is_varied() -> None:
    shaken = Spread(over="block bootstrap of residuals", low=1.0, high=9.0, n=200)
    several = tuple(one.model_copy(update={"spreads": (*one.spreads, shaken)}) for one in head().channels)
    assert leader(head(channels=several))[0] is Standing.OVERLAP


def test_a_leader_must_be_told_apart_from_every_other() -> None:
    assert leader(head(indistinct=(("search_S", "tv_S"),)))[0] is Standing.OVERLAP
    assert leader(head(together=(("search_S", "tv_S"),)))[0] is Standing.OVERLAP
    assert leader(head(indistinct=(("facebook_I", "tv_S"),)))[0] is Standing.CLEAR


@pytest.mark.parametrize(
    "changes", [{"no_effect": 0.6}, {"low": 0.01}, {"effect": 0.0, "efficiency": None, "low": None, "high": None}],
    ids=["likely none", "a range from next to nothing", "none at all"],
)  # fmt: skip
def test_a_channel_that_may_bring_nothing_never_leads(changes: dict[str, float | None]) -> None:
    _, best = leader(head(channels=one("search_S", **changes)))
    assert best is not None and best.channel == "facebook_I"


def test_a_range_that_reaches_up_from_next_to_nothing_leaves_nobody_ahead() -> None:
    assert leader(head(channels=one("tv_S", low=0.01, high=9.0)))[0] is Standing.OVERLAP


def test_no_channel_leads_where_all_may_bring_nothing() -> None:
    assert leader(head(channels=every(no_effect=0.9))) == (Standing.NONE, None)


def test_a_channel_alone_is_ahead_of_nobody() -> None:
    assert leader(head(channels=head().channels[:1]))[0] is Standing.ALONE


def test_a_channel_whose_cost_has_no_upper_end_can_still_be_the_dearer_one() -> None:
    costs = {"tv_S": (1.0, 0.9, 1.2), "facebook_I": (3.0, 2.0, None), "search_S": (4.0, 2.5, None)}
    names = ("efficiency", "low", "high")
    priced = each({who: {**dict(zip(names, cost, strict=True)), "spreads": ()} for who, cost in costs.items()})
    standing, best = leader(head(measure="CPA", channels=priced))
    assert standing is Standing.CLEAR
    assert best is not None and best.channel == "tv_S"
