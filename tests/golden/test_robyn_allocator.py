"""The allocator against what Robyn's own one answered on its demo: three questions to one model."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from engine.experiment.budget import parse_budget
from engine.model.budget.robyn.allocation import Allocation, Channel
from engine.model.budget.robyn.allocator import allocate
from engine.model.budget.robyn.export import robyn_rows
from tests.robyn_reference import PAID, SPENDS, content, needs_reference, table

pytestmark = needs_reference

HISTORICAL, TARGET, INFEASIBLE = range(3)
# NLopt stops within 1e-10 of the spends; a marginal response is the small difference of two large numbers.
SPEND, EXACT = 1e-8, 1e-9


def channels() -> list[Channel]:
    features, raw = table("dt_mod.csv"), table("dt_simulated_weekly.csv")
    inside = features["in_window"].to_numpy() == 1
    model = {row["channel"]: row for row in content("allocator.json")["model"]}
    return [
        Channel(
            name=name,
            spend_name=spend,
            coef=model[name]["coef"],
            alpha=model[name]["alpha"],
            inflexion=model[name]["inflexion"],
            carryover=model[name]["mean_carryover_window"],
            modelled=features[name].to_numpy(float)[inside],
            spent=raw[spend].to_numpy(float)[inside],
            mean_response=0.0,
        )
        for name, spend in zip(PAID, SPENDS, strict=True)
    ]


def days() -> list[date]:
    features = table("dt_mod.csv")
    return [date.fromisoformat(day) for day in features["ds"][features["in_window"] == 1]]


def run(which: int) -> dict[str, Any]:
    found: dict[str, Any] = content("allocator.json")["runs"][which]
    return found


def answer(which: int) -> Allocation:
    """Put Robyn's question to our allocator, its bounds given by name."""
    options = run(which)["options"]
    asked = {
        key: options[key]
        for key in ("scenario", "date_range", "total_budget", "channel_constr_low", "channel_constr_multiplier")
        if key in options
    }
    up = options["channel_constr_up"]
    asked["channel_constr_up"] = (
        dict(zip(options["order_of_constraints"], up, strict=True)) if isinstance(up, list) else up
    )
    return allocate(channels(), parse_budget(asked), days(), dep_var_type="revenue")


def differences(which: int, fields: list[str], tolerance: float) -> dict[str, Any]:
    """Name every field of every channel that is off, relative to the largest value of the field."""
    found: dict[str, Any] = {}
    ours = robyn_rows(answer(which), run(which)["channels"][0]["solID"], "week")
    for mine, theirs in zip(ours, run(which)["channels"], strict=True):
        for name in fields:
            got, expected = mine[name], theirs[name]
            if isinstance(expected, str):
                same = str(got) == expected
            else:
                same = bool(np.isclose(float(str(got)), expected, rtol=tolerance, atol=tolerance))
            if not same:
                found[f"{theirs['channels']}.{name}"] = (got, expected)
    return found


def names(which: int) -> list[str]:
    return list(run(which)["channels"][0])


def solved(name: str) -> bool:
    return name.startswith("optm")


@pytest.mark.parametrize("which", [HISTORICAL, TARGET, INFEASIBLE], ids=["historical", "target", "infeasible"])
def test_everything_before_the_optimum_is_robyns(which: int) -> None:
    fields = [name for name in names(which) if not solved(name)]
    assert len(fields) == 39
    assert differences(which, fields, EXACT) == {}


@pytest.mark.parametrize("which", [HISTORICAL, INFEASIBLE], ids=["historical", "infeasible"])
def test_the_most_response_for_a_total_is_robyns(which: int) -> None:
    fields = [name for name in names(which) if solved(name)]
    assert len(fields) == 30
    assert differences(which, fields, SPEND) == {}


@pytest.mark.parametrize("which", [HISTORICAL, INFEASIBLE], ids=["historical", "infeasible"])
def test_the_response_agrees_to_the_last_digits(which: int) -> None:
    ours, theirs = answer(which), run(which)["channels"][0]
    assert ours.optimum.response == pytest.approx(theirs["optmResponseUnitTotal"], rel=1e-13)
    assert ours.unbound.response == pytest.approx(theirs["optmResponseUnitTotalUnbound"], rel=1e-13)
    assert ours.optimum.gap <= 1e-10 and ours.unbound.gap <= 1e-10


def test_a_total_beyond_the_bounds_ends_at_every_upper_bound_and_says_so() -> None:
    found = answer(INFEASIBLE)
    assert not found.optimum.feasible and not found.unbound.feasible
    for row in found.rows:
        assert row.optimum.spend == pytest.approx(row.limits.up * row.limits.base, rel=1e-12)
    assert "5,000,000 (500,000 in each of 10 periods)" in found.notes[0]
    assert "1,084,490" in found.notes[0] and "channel_constr_up" in found.notes[0]


def test_the_target_is_met_with_more_response_than_robyn_found() -> None:
    """Robyn's Jacobian of this constraint is wrong; its own answers are allowed splits, so ours may not be below."""
    ours, theirs = answer(TARGET), run(TARGET)["channels"][0]
    target = 0.8 * theirs["initResponseUnitTotal"] / theirs["initSpendUnitTotal"]
    assert ours.optimum.response / ours.optimum.spend == pytest.approx(target, rel=1e-12)
    assert ours.optimum.response / theirs["optmResponseUnitTotal"] == pytest.approx(1.0436607, abs=1e-6)
    assert ours.optimum.gap <= 1e-10
    assert ours.unbound.response / ours.unbound.spend == pytest.approx(1.0, rel=1e-12)
    assert ours.unbound.response / theirs["optmResponseUnitTotalUnbound"] == pytest.approx(1.0074289, abs=1e-6)


def test_robyns_answer_to_the_target_is_an_allowed_split() -> None:
    """So that the comparison above is a fair one: within the bounds, at the target, and priced as by our curves."""
    ours = {row.channel: row for row in answer(TARGET).rows}
    for row in run(TARGET)["channels"]:
        limits = ours[row["channels"]].limits
        assert limits.low * limits.base <= row["optmSpendUnit"] <= limits.up * limits.base
    first = run(TARGET)["channels"][0]
    target = 0.8 * first["initResponseUnitTotal"] / first["initSpendUnitTotal"]
    assert first["optmResponseUnitTotal"] / first["optmSpendUnitTotal"] == pytest.approx(target, rel=1e-6)


def test_spend_beyond_what_was_seen_is_marked() -> None:
    shares = {row.channel: row.unbound.beyond_observed for row in answer(INFEASIBLE).rows}
    spent = {channel.name: channel.spent.max() for channel in channels()}
    expected = {row["channels"]: row["optmSpendUnitUnbound"] for row in run(INFEASIBLE)["channels"]}
    for name, share in shares.items():
        assert share == pytest.approx(max(0.0, expected[name] / spent[name] - 1), rel=1e-9)
