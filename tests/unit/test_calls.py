"""Calls on channels: act, test first, or silent, each with its one reason."""

from typing import Any

import pytest

from engine.data.dataset import Finding
from engine.results.calls import Call, calls, in_words
from engine.results.headline import Headline
from engine.results.summary import Chains, Edge
from tests.heads import by_robyn, each, every, head, one

APART = Chains(rhat=1.5, ess_bulk=9, ess_tail=9, chains=4, draws=2000, good=False, worst="tv_S")
# Not settled, but not by this channel.
FAR = APART.model_copy(update={"rhat": 1.03, "worst": "search_S"})
GOOD = APART.model_copy(update={"rhat": 1.0, "good": True})
NEAR = APART.model_copy(update={"rhat": 1.03})
LATE = Edge(channel="tv_S", parameter="carryover", end="high", share=0.6)
DOUBT = Finding(code="media.zero", grade="REVIEW", column="tv_S", text="“tv_S” is 0 in 95 % of weeks.", trust=True)
LEAK = Finding(code="driver.leakage", grade="REVIEW", column="carts", text="“carts” is nearly the KPI.", trust=True)
# What calls for less than acting on TV, the words that say why, and how near it may come without.
ROWS: dict[str, tuple[Headline, str, Headline]] = {
    "silent.any": (
        head(channels=one("tv_S", low=0.05, high=4.0)), "from none at all to a ROAS of 4 fits",
        head(channels=one("tv_S", low=1.0, high=1.5)),
    ),
    "silent.prior": (
        head(channels=one("tv_S", prior_share=0.8)), "assumption that channels are alike",
        head(channels=one("tv_S", prior_share=0.4)),
    ),
    "silent.wide": (
        head(channels=one("tv_S", low=0.5, high=4.0)), "may be 0.5 to 4: that says next to nothing",
        head(channels=one("tv_S", low=0.9, high=1.6)),
    ),
    "test.verdict": (head(), "model as a whole", head()),
    "test.no_effect": (
        head(channels=one("tv_S", low=0.1, high=1.5)), "No effect seen: it may bring next to nothing, at most 1.5",
        head(channels=one("tv_S", low=0.9, high=1.5)),
    ),
    "test.leak": (head(doubts=(LEAK,)), "nearly revenue itself may have taken its credit", head()),
    "test.data": (head(doubts=(DOUBT,)), "doubt: “tv_S” is 0", head(doubts=(DOUBT.model_copy(
        update={"column": "radio", "text": "“radio” is 0 in 95 % of weeks."}),))),
    "test.prior": (
        head(channels=one("tv_S", prior_share=0.6)), "decide only 40 % of its ROAS",
        head(channels=one("tv_S", prior_share=0.5)),
    ),
    "test.outside": (
        head(channels=one("tv_S", low=1.4, high=1.8)), "outside its own range",
        head(channels=one("tv_S", low=1.23, high=1.8)),
    ),
    "test.wide": (
        head(channels=one("tv_S", low=0.8, high=2.4)), "may be 0.8 to 2.4",
        head(channels=one("tv_S", low=0.9, high=1.7)),
    ),
    "test.pair": (
        head(indistinct=(("search_S", "tv_S"),)), "told apart from Search",
        head(indistinct=(("search_S", "facebook_I"),)),
    ),
    "test.edge": (
        head(edges=(LATE,)), "TV's effect may last longer than was",
        head(edges=(LATE.model_copy(update={"parameter": "saturation"}),)),
    ),
    "test.chains": (
        head(chains=APART), "did not come out alike", head(chains=NEAR.model_copy(update={"worst": "search_S"})),
    ),
    "test.preview": (
        head(iterations=200, trials=3, chains=FAR), "preview",
        head(iterations=200, trials=3, chains=GOOD),
    ),
    "test.robyn": (by_robyn(), "no lift test bears it out", by_robyn(lift_miss=0.1)),
    "test.no_range": (head(channels=one("tv_S", low=None, high=None)), "was not measured", head()),
}  # fmt: skip


def of_tv(head: Headline, **how: Any) -> tuple[Call, str, str]:
    [made] = [one for one in calls(head, **how) if one.channel == "tv_S"]
    return made.call, made.code, made.reason


@pytest.mark.parametrize("code", ROWS)
def test_each_reason_for_less_than_acting_is_said_where_it_is_so(code: str) -> None:
    weak, words, _ = ROWS[code]
    call, found, reason = of_tv(weak, usable=code != "test.verdict")
    assert (found, call) == (code, Call.SILENT if code.startswith("silent") else Call.TEST)
    assert words in reason


@pytest.mark.parametrize("code", ROWS)
def test_no_reason_is_said_where_it_is_not_so(code: str) -> None:
    call, found, reason = of_tv(ROWS[code][2])
    assert (call, found) == (Call.ACT, "act")
    assert "known well enough: " in reason


def test_chains_that_hardly_differ_concern_the_worst_channel_only() -> None:
    made = {one.channel: one.call for one in calls(head(chains=NEAR))}
    assert made == {"tv_S": Call.TEST, "facebook_I": Call.ACT, "search_S": Call.ACT}
    assert {one.call for one in calls(head(chains=APART))} == {Call.TEST}


def test_a_doubt_about_the_column_of_the_spend_concerns_the_channel_modelled_on_its_exposure() -> None:
    doubted = head(doubts=(DOUBT,), channels=one("facebook_I", column="tv_S"))
    assert {one.channel for one in calls(doubted) if one.code == "test.data"} == {"tv_S", "facebook_I"}


def test_a_cost_without_an_upper_end_reaches_next_to_nothing() -> None:
    priced = head(measure="CPA", channels=one("tv_S", efficiency=0.8, low=0.2, high=None))
    call, code, reason = of_tv(priced)
    assert (call, code) == (Call.SILENT, "silent.any")
    assert "from none at all to a CPA of 0.2 fits" in reason


def test_all_calls_stand_in_one_sentence() -> None:
    mixed = head(channels=each({"tv_S": {"low": 0.4, "high": 4.0}, "facebook_I": {"low": 1.5, "high": 4.0}}))
    assert in_words(calls(mixed), mixed) == "act on Search; test Facebook first; the data are silent on TV"


def test_no_effect_has_its_own_words() -> None:
    for high in (1.5, 4.0):
        none = head(channels=one("tv_S", low=0.1, high=high))
        assert "; no effect seen for TV" in in_words(calls(none), none)


def test_many_channels_are_counted() -> None:
    many = tuple(head().channels[0].model_copy(update={"channel": f"c{n}_S"}) for n in range(9))
    assert in_words(calls(head(channels=many)), head(channels=many)) == "act on all 9 channels"
    some = (*many, *(one.model_copy(update={"low": 0.1, "channel": "d"}) for one in every()[:1]))
    assert "act on C0, C1, C2, C3 and 5 more" in in_words(calls(head(channels=some)), head(channels=some))
