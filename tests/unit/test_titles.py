"""What stands above a chart: each title where it may be said, and what is said instead where it may not.

The names are those of the table in docs/model.md.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from engine.charts import titles
from engine.data.dataset import Finding
from engine.labels import label
from engine.results.headline import Headline, PlannedBudget
from engine.results.reasons.reason import Level
from engine.results.summary import Budgeted, Edge, Interval
from tests.heads import GOOD_CHAINS, by_robyn, each, every, head, one

LASTS = Edge(channel="search_S", parameter="carryover", end="high", share=0.7)
PEAKS_LATE = Edge(channel="tv_S", parameter="delay", end="high", share=0.7)
MOVING = GOOD_CHAINS.model_copy(update={"good": False, "rhat": 1.03})
LEAK = Finding(code="driver.leakage", grade="REVIEW", text="“carts” is nearly the KPI itself.", trust=True)
BENDS = Edge(channel="search_S", parameter="saturation", end="high", share=0.7)
PLAIN_RANGES, PLAIN_CURVES = "ROAS by channel, with its range", "What more or less spend would bring"
PLAIN_SHARES, WITHIN = "Shares of spend and of effect", "Within the ranges, effects are as spend is shared"
PLAIN_ADSTOCK = "How long each channel's effect lasts"
LAGS = {"tv_S": "4.0 weeks", "facebook_I": "1.0 weeks", "search_S": "0.5 weeks"}


def names(of: Headline) -> dict[str, str]:
    return {channel.channel: label(channel.channel) for channel in of.channels}


def alone(of: Headline, channel: str, **changes: Any) -> Headline:
    """The same run with this channel only."""
    kept = tuple(found.model_copy(update=changes) for found in of.channels if found.channel == channel)
    return of.model_copy(update={"channels": kept})


def with_next_units(**ends: tuple[float, float, float]) -> Headline:
    """A sound run in which each channel's next unit has a range."""
    keys = ("marginal", "marginal_low", "marginal_high")
    changes = {channel: dict(zip(keys, values, strict=True)) for channel, values in ends.items()}
    return head(channels=each(changes))


def plan(low: float, high: float) -> PlannedBudget:
    """A recommended budget that promises a gain of so much a week, of 29,500 that paid media bring."""
    asked = Budgeted(
        scenario="max_response", feasible=True, total_spend=15_500.0, initial_response=29_500.0, response=30_400.0,
        gain=Interval(low=low, high=high), recommended=True,
    )  # fmt: skip
    return PlannedBudget(asked=asked)


CLEAR_NEXT = {"tv_S": (0.6, 0.5, 0.7), "facebook_I": (1.1, 0.9, 1.3), "search_S": (1.9, 1.5, 2.4)}
TIED_NEXT = {**CLEAR_NEXT, "search_S": (1.4, 1.2, 2.4)}
MOVES = {"tv_S": 0.9, "search_S": 0.2}
NO_ENDS = {"low": 1.0, "high": 4.0, "spreads": ()}


@pytest.mark.parametrize(
    ("of", "level", "title"),
    [
        (head(), Level.USABLE, "Search is ahead: ROAS 3.8"),
        (head(), Level.CARE, "Search is ahead: ROAS 3.8"),
        (by_robyn(), Level.CARE, "In this model Search is ahead: ROAS 3.8"),
        (head(), Level.NOT, PLAIN_RANGES),
        (head(edges=(LASTS,)), Level.CARE, PLAIN_RANGES),
        (head(edges=(PEAKS_LATE,)), Level.CARE, PLAIN_RANGES),
        (head(edges=(BENDS,)), Level.CARE, "Search is ahead: ROAS 3.8"),
        (head(chains=MOVING), Level.CARE, PLAIN_RANGES),
        (head(doubts=(LEAK,)), Level.CARE, PLAIN_RANGES),
        (head(channels=every(**NO_ENDS)), Level.CARE, "Which channel is ahead cannot be told"),
        (head(channels=one("search_S", prior_share=0.8)), Level.CARE, "The data do not say which channel is ahead"),
        (head(channels=every(efficiency=None, effect=0.0)), Level.CARE, "No channel's effect is seen"),
        (alone(head(), "tv_S"), Level.USABLE, "TV shows an effect: ROAS 1.22, 0.979 to 1.53"),
        (alone(head(), "tv_S"), Level.NOT, "ROAS of TV, with its range"),
        (alone(head(), "tv_S", effect=0.0), Level.CARE, "No effect of TV is seen"),
        (alone(head(edges=(PEAKS_LATE,)), "tv_S"), Level.CARE, "ROAS of TV, with its range"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_title_of_ranges_names_a_leader_only_where_there_is_one(of: Headline, level: Level, title: str) -> None:
    assert titles.of_ranges(of, level, names(of)) == title


@pytest.mark.parametrize(
    ("of", "level", "title"),
    [
        (head(), Level.USABLE, "Paid media explains about 38 % of revenue"),
        (
            head(media_range=Interval(low=0.12, high=0.34)),
            Level.CARE,
            "Paid media explains 12 to 34 % of revenue",
        ),
        (head(), Level.NOT, "What the model makes revenue of"),
        (head(baseline={"trend": 1.2, "holiday": -0.56}), Level.CARE, "Large parts of revenue cancel each other out"),
        (head(baseline={"trend": 1.2, "holiday": -0.2}), Level.CARE, "A part is larger than all of revenue"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_title_of_the_waterfall_has_the_range_and_tells_what_cancels(
    of: Headline, level: Level, title: str
) -> None:
    assert titles.of_waterfall(of, level, "revenue") == title


@pytest.mark.parametrize(
    ("of", "level", "title"),
    [
        (head(), Level.USABLE, "The model follows 91 % of the ups and downs of revenue"),
        (head(), Level.NOT, "Actual and fitted revenue"),
        (head(rsq=-0.1), Level.CARE, "The model does not follow revenue"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_title_of_the_fit_tells_what_the_model_follows(of: Headline, level: Level, title: str) -> None:
    assert titles.of_fit(of, level, "revenue") == title


@pytest.mark.parametrize(
    ("of", "level", "title"),
    [
        (
            with_next_units(**CLEAR_NEXT),
            Level.USABLE,
            "The next unit of spend brings most in Search: ROAS 1.9 (1.5 to 2.4)",
        ),
        (with_next_units(**TIED_NEXT), Level.USABLE, PLAIN_CURVES),
        (head(), Level.USABLE, PLAIN_CURVES),
        (with_next_units(**CLEAR_NEXT), Level.NOT, "Response curves of this model"),
        (with_next_units(**CLEAR_NEXT).model_copy(update={"edges": (BENDS,)}), Level.CARE, PLAIN_CURVES),
        (
            with_next_units(**CLEAR_NEXT).model_copy(update={"indistinct": (("search_S", "tv_S"),)}),
            Level.CARE,
            PLAIN_CURVES,
        ),
        (
            with_next_units(**CLEAR_NEXT).model_copy(update={"measure": "CPA"}),
            Level.USABLE,
            "The next unit of spend brings most in TV: CPA 0.6 (0.5 to 0.7)",
        ),
        (with_next_units(**CLEAR_NEXT).model_copy(update={"chains": MOVING}), Level.CARE, PLAIN_CURVES),
        (alone(with_next_units(**CLEAR_NEXT), "tv_S"), Level.USABLE, PLAIN_CURVES),
        (alone(with_next_units(**CLEAR_NEXT), "tv_S"), Level.NOT, "Response curve of this model"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_title_of_curves_names_a_channel_only_whose_range_is_apart(of: Headline, level: Level, title: str) -> None:
    assert titles.of_response_curves(of, level, names(of)) == title


@pytest.mark.parametrize(
    ("of", "level", "title"),
    [
        (head(), Level.USABLE, "TV has less effect than its share of spend"),
        (
            head(channels=one("tv_S", low=0.4, high=9.0)),
            Level.CARE,
            WITHIN,
        ),
        (head(channels=every(low=None, high=None)), Level.CARE, WITHIN),
        (head(), Level.NOT, PLAIN_SHARES),
        (head(edges=(LASTS,)), Level.CARE, PLAIN_SHARES),
        (head(chains=MOVING), Level.CARE, PLAIN_SHARES),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_title_of_shares_compares_only_what_holds_over_all_ranges(of: Headline, level: Level, title: str) -> None:
    assert titles.of_shares(of, level, names(of)) == title


@pytest.mark.parametrize(
    ("of", "level", "sure", "title"),
    [
        (head(), Level.USABLE, 0.95, "TV works longest: 4.0 weeks on average"),
        (head(), Level.USABLE, 0.7, PLAIN_ADSTOCK),
        (head(edges=(PEAKS_LATE,)), Level.CARE, 0.95, PLAIN_ADSTOCK),
        (head(edges=(LASTS,)), Level.CARE, 0.95, PLAIN_ADSTOCK),
        (head(edges=(BENDS,)), Level.CARE, 0.95, "TV works longest: 4.0 weeks on average"),
        (head(channels=one("tv_S", prior_share=0.9)), Level.CARE, 0.95, PLAIN_ADSTOCK),
        (head(chains=MOVING), Level.CARE, 0.95, PLAIN_ADSTOCK),
        (head(), Level.NOT, 0.95, PLAIN_ADSTOCK),
        (head(), Level.USABLE, 0.0, PLAIN_ADSTOCK),
    ],
)
def test_a_channel_works_longest_only_where_draws_say_so(of: Headline, level: Level, sure: float, title: str) -> None:
    longest = {"tv_S": sure, "search_S": 1 - sure} if sure else {}
    assert titles.of_adstock(of, level, names(of), longest, LAGS) == title


@pytest.mark.parametrize(
    ("edges", "level", "title"),
    [
        ((), Level.USABLE, "TV works for 4.0 weeks on average"),
        ((PEAKS_LATE,), Level.CARE, "How long TV works, in this model"),
        ((), Level.NOT, "How long TV works, in this model"),
    ],
)
def test_the_adstock_of_one_channel_is_compared_with_nothing(edges: tuple[Edge, ...], level: Level, title: str) -> None:
    of = alone(head(edges=edges), "tv_S")
    assert titles.of_adstock(of, level, names(of), {}, {"tv_S": "4.0 weeks"}) == title


@pytest.mark.parametrize(
    ("widths", "level", "title"),
    [
        ({"models": 0.4, "noise": 0.1}, Level.CARE, "ROAS moves most with models, least with noise"),
        ({"models": 0.4, "noise": 0.35}, Level.CARE, "All that was varied moves ROAS about as far"),
        ({"models": 0.4}, Level.CARE, "How far each ROAS moves"),
        ({"models": 0.4, "noise": 0.1}, Level.NOT, "How far each ROAS moves"),
    ],
)
def test_the_title_of_spreads_tells_what_moves_most_if_it_is_clearly_more(
    widths: dict[str, float], level: Level, title: str
) -> None:
    assert titles.of_spreads(widths, "ROAS", level) == title


@pytest.mark.parametrize(
    ("moves", "level", "title"),
    [
        ({"tv_S": 0.9, "search_S": 0.2}, Level.CARE, "TV moves most along the front of the search: ROAS 1 to 2"),
        ({"tv_S": 0.9, "search_S": 0.8}, Level.CARE, "ROAS moves along the front of the search"),
        ({"tv_S": 0.1, "search_S": 0.0}, Level.CARE, "No ROAS moves much along the front of the search"),
        ({"tv_S": 0.9}, Level.CARE, "TV moves along the front of the search: ROAS 1 to 2"),
        ({"tv_S": 0.9, "search_S": 0.2}, Level.NOT, "ROAS along the front of the search"),
    ],
)
def test_the_title_of_the_front_names_a_channel_that_clearly_moves_most(
    moves: dict[str, float], level: Level, title: str
) -> None:
    assert titles.of_front(moves, dict.fromkeys(moves, "1 to 2"), "ROAS", level, names(head())) == title


@pytest.mark.parametrize(
    ("settled", "title"),
    [
        (["nrmse", "decomp.rssd"], "The search had settled"),
        (["nrmse"], "Only NRMSE had settled when the search ended"),
        ([], "The search was still improving when it ended"),
    ],
)
def test_the_title_of_convergence_is_about_the_search(settled: list[str], title: str) -> None:
    assert titles.of_convergence(settled, 2) == title


def test_the_ends_of_a_share_are_those_of_all_channels_at_the_ends_of_their_ranges() -> None:
    of = head(channels=every(spend=100.0, low=1.0, high=2.0))
    assert titles.share_ends(of.channels[0], of) == pytest.approx((1 / 5, 2 / 4))


SOME = head(channels=one("tv_S", low=0.4, high=9.0))
CANCELS = head(baseline={"trend": 1.2, "holiday": -0.56})
# Each title of the table in docs/model.md, as the made results have it.
SAID = {
    "ranges.ahead": titles.of_ranges(head(), Level.USABLE, names(head())),
    "ranges.overlap": titles.of_ranges(head(channels=every(**NO_ENDS)), Level.CARE, names(head())),
    "ranges.prior": titles.of_ranges(head(channels=one("search_S", prior_share=0.8)), Level.CARE, names(head())),
    "ranges.none": titles.of_ranges(head(channels=every(efficiency=None, effect=0.0)), Level.CARE, names(head())),
    "ranges.alone": titles.of_ranges(alone(head(), "tv_S"), Level.USABLE, names(head())),
    "ranges.plain": titles.of_ranges(head(), Level.NOT, names(head())),
    "waterfall.media": titles.of_waterfall(head(media_range=Interval(low=0.12, high=0.34)), Level.CARE, "revenue"),
    "waterfall.cancel": titles.of_waterfall(CANCELS, Level.CARE, "revenue"),
    "waterfall.beyond": titles.of_waterfall(head(baseline={"trend": 1.2}), Level.CARE, "revenue"),
    "waterfall.plain": titles.of_waterfall(head(), Level.NOT, "revenue"),
    "fit.follows": titles.of_fit(head(), Level.USABLE, "revenue"),
    "fit.not": titles.of_fit(head(rsq=-0.1), Level.CARE, "revenue"),
    "fit.plain": titles.of_fit(head(), Level.NOT, "revenue"),
    "curves.most": titles.of_response_curves(with_next_units(**CLEAR_NEXT), Level.USABLE, names(head())),
    "curves.plain": titles.of_response_curves(with_next_units(**TIED_NEXT), Level.USABLE, names(head())),
    "curves.model": titles.of_response_curves(head(), Level.NOT, names(head())),
    "budget.gain": titles.of_budget(plan(300.0, 1800.0), "revenue"),
    "budget.either": titles.of_budget(plan(-300.0, 1800.0), "revenue"),
    "shares.apart": titles.of_shares(head(), Level.USABLE, names(head())),
    "shares.within": titles.of_shares(SOME, Level.CARE, names(head())),
    "shares.plain": titles.of_shares(head(), Level.NOT, names(head())),
    "adstock.longest": titles.of_adstock(head(), Level.USABLE, names(head()), {"tv_S": 0.95}, LAGS),
    "adstock.plain": titles.of_adstock(head(), Level.USABLE, names(head()), {"tv_S": 0.7}, LAGS),
    "adstock.alone": titles.of_adstock(head(), Level.USABLE, names(head()), {}, {"tv_S": "4.0 weeks"}),
    "adstock.model": titles.of_adstock(head(), Level.NOT, names(head()), {}, {"tv_S": "4.0 weeks"}),
    "spreads.most": titles.of_spreads({"models": 0.4, "noise": 0.1}, "ROAS", Level.CARE),
    "spreads.alike": titles.of_spreads({"models": 0.4, "noise": 0.35}, "ROAS", Level.CARE),
    "spreads.plain": titles.of_spreads({"models": 0.4}, "ROAS", Level.CARE),
    "front.most": titles.of_front(MOVES, dict.fromkeys(MOVES, "1 to 2"), "ROAS", Level.CARE, names(head())),
    "front.some": titles.of_front({"tv_S": 0.9, "search_S": 0.8}, {}, "ROAS", Level.CARE, names(head())),
    "front.still": titles.of_front({"tv_S": 0.1, "search_S": 0.0}, {}, "ROAS", Level.CARE, names(head())),
    "front.plain": titles.of_front(MOVES, {}, "ROAS", Level.NOT, names(head())),
    "convergence.settled": titles.of_convergence(["nrmse", "decomp.rssd"], 2),
    "convergence.one": titles.of_convergence(["nrmse"], 2),
    "convergence.none": titles.of_convergence([], 2),
}


def test_the_docs_have_every_title_as_it_is_said_and_none_besides() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "model.md").read_text()
    table = text.split("### Titles of charts\n", 1)[1].split("\n## ", 1)[0]
    documented = dict(re.findall(r"^\| `([a-z.]+)` \| (.+?) \| .+? \|$", table, re.MULTILINE))
    assert documented == SAID


@pytest.mark.parametrize(("other", "named"), [(1.0, True), (3.0, False)], ids=["furthest", "outdone"])
def test_who_moves_most_along_the_front_does_so_in_the_picture_too(other: float, named: bool) -> None:
    seen, told = {"tv_S": 2.0, "search_S": other}, dict.fromkeys(MOVES, "1 to 2")
    assert ("TV moves most" in titles.of_front(MOVES, told, "ROAS", Level.CARE, names(head()), seen)) == named
