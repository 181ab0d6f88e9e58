"""What is said of a budget: never more than its ranges promise."""

from typing import Any

import pandas as pd
import pytest

from engine.results.budgets import advice, basis, next_unit
from engine.results.headline import PlannedBudget, Shift, headline
from engine.results.summary import Budgeted, Interval
from tests.heads import head, one
from tests.made_results import CHOSEN, made_results

BETTER = (
    Shift(channel="tv_S", before=9000, after=5000),
    Shift(channel="facebook_I", before=4000, after=6500),
    Shift(channel="search_S", before=2500, after=4000),
)


def plan(shifts: tuple[Shift, ...] = BETTER, **changes: Any) -> PlannedBudget:
    asked = Budgeted(
        scenario="max_response", feasible=True, total_spend=15_500, initial_response=30_000, response=31_500,
        basis="flights", periods=13, gain=Interval(low=900, high=2100), gain_chance=0.97, recommended=True,
    )  # fmt: skip
    return PlannedBudget(asked=asked.model_copy(update=changes), shifts=shifts)


# By name: the sentence's condition holds, its words, and the same without the condition.
ROWS: dict[str, tuple[PlannedBudget, str, PlannedBudget]] = {
    "budget.shift": (
        plan(), "Shift 4k a week from TV to Facebook and Search: paid media would bring 3.0 to 7.0 % more at the same "
        "spend; the odds of a gain are 97 in 100.", plan(recommended=False),
    ),
    "budget.shift, with a loss in sight": (
        plan(gain=Interval(low=-300, high=2100), gain_chance=0.88),
        "between 1.0 % less and 7.0 % more at the same spend; the odds of a gain are 8 in 10.", plan(),
    ),
    "budget.shift, more money": (
        plan((BETTER[0].model_copy(update={"after": 12_100}),), total_spend=10_800),
        "Add 3.1k a week to TV: paid media would bring 3.0 to 7.0 % more than the same total split as today", plan(),
    ),
    "budget.target": (
        plan((BETTER[0], BETTER[1].model_copy(update={"after": 4500})), recommended=None, met=0.72),
        "Take 4k a week from TV and add 500 a week to Facebook: the odds that the target is met are 7 in 10.", plan(),
    ),
    "budget.keep": (
        plan(recommended=False, test="tv_S"),
        "Keep the split: no other gains enough in at least 8 of 10 answers that fit the data. A test of TV",
        plan(),
    ),
    "budget.same": (
        plan(tuple(one.model_copy(update={"after": one.before + 10}) for one in BETTER)),
        "Keep the split: it is as good as any.", plan(),
    ),
    "budget.robyn": (
        plan(recommended=None, basis="robyn"), "follows Robyn's formula, which does not tell how sure its gain is",
        plan(),
    ),
    "budget.one": (plan(recommended=None), "follows one model, which does not tell how sure", plan()),
    "budget.stopped": (
        plan(feasible=False, stopped=True), "Robyn's search stopped at a ROAS of", plan(feasible=False),
    ),
    "budget.impossible": (plan(feasible=False), "No split meets this budget within its bounds", plan()),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_each_advice_is_given_where_it_is_so(row: str) -> None:
    assert ROWS[row][1] in advice(ROWS[row][0], head())


@pytest.mark.parametrize("row", ROWS)
def test_no_advice_is_given_where_it_is_not_so(row: str) -> None:
    assert ROWS[row][1] not in advice(ROWS[row][2], head())


def test_no_chance_reads_as_certain() -> None:
    assert "99 in 100" in advice(plan(gain_chance=1.0), head())
    assert "odds" not in advice(plan(gain_chance=None), head())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "in flights as it was, over 13 weeks."),
        ({"periods": 1}, "over 1 week."),
        ({"basis": "even"}, "spent evenly, over 13 weeks."),
        ({"even": 600.0}, "Spreading today's spend evenly would alone bring about 2.0 % more."),
        ({"even": -600.0}, "alone bring about 2.0 % less."),
        ({"even": 600.0, "even_range": Interval(low=300.0, high=900.0)}, "alone bring 1.0 to 3.0 % more."),
        ({"even": 30.0, "even_range": Interval(low=-300.0, high=900.0)}, "between 1.0 % less and 3.0 % more."),
        ({"even": 3.0}, "evenly would change next to nothing."),
        ({"basis": "robyn"}, "By Robyn's formula, which holds carryover at its mean"),
    ],
    ids=str,
)
def test_it_is_said_how_the_money_lies_in_time(changes: dict[str, Any], words: str) -> None:
    assert words in basis(plan(**changes), head())


def test_the_next_unit_is_told_with_its_range_in_the_unit_of_the_headline() -> None:
    ranged = head(channels=one("tv_S", marginal=0.6, marginal_low=0.4, marginal_high=1.1))
    assert next_unit(ranged.channels[0], ranged) == "The next unit on TV: ROAS 0.4 to 1.1"
    cost = ranged.model_copy(update={"measure": "CPA"})
    assert next_unit(cost.channels[0], cost) == "The next unit on TV: CPA 0.4 to 1.1"
    assert next_unit(head().channels[0], head()) == "The next unit on TV: ROAS about 0.612"
    none = head(channels=one("tv_S", marginal=None))
    assert next_unit(none.channels[0], none) == "The next unit on TV: nothing seen"


def test_the_headline_carries_where_the_money_goes() -> None:
    results = made_results(budgets=(plan().asked,))
    results.allocation[["solID", "scenario", "channel", "initSpendUnit", "optmSpendUnit"]] = pd.DataFrame(
        [
            (CHOSEN, "max_response", "tv_S", 9000.0, 5000.0),
            (CHOSEN, "target_efficiency", "tv_S", 9000.0, 1.0),
            ("1_1_1", "max_response", "tv_S", 9000.0, 2.0),
        ]
    )
    results.allocation["beyond_observed"], results.allocation["left_out"] = 0.2, ""
    [found] = headline(results).budgets
    assert found.asked == plan().asked
    assert found.shifts == (Shift(channel="tv_S", before=9000, after=5000, beyond_observed=0.2),)
