"""What is told of draws: ranges, chances, pairs, what leans on an edge, what is odd."""

from collections.abc import Iterator, Sequence

import numpy as np

from engine.model.evidence.evidence import Odd, Pair
from engine.model.evidence.sample import Draws
from engine.model.evidence.spread import Spread
from engine.model.fit.compiled import Matrix, Vector
from engine.model.fit.transforms import ADSTOCKS, DELAYED, GEOMETRIC
from engine.results.summary import Chains, Edge, Interval

INSIDE = 0.9
# The posterior takes the kind of model for true, so its middle held fewer true ROAS of generated data than it says;
# this much wider it held as many: times so much, and so much more, as a standard deviation of the log ROAS, which no
# amount of data takes away. A part of that is common to all channels. Found on other sets than the published ones: a
# calibrated spread, no confidence interval.
WIDER, BESIDE, COMMON = 1.15, 0.08, 0.05
# What chains that do not agree add to that, per unit of R-hat above 1, and at most.
UNSETTLED, WIDEST = 5.0, 2.0
# From here on we speak of it: effects that trade off; an order that is not known; a prior that decides; windows that
# disagree by a factor.
TRADED, ORDERED, DECIDED, MOVED = -0.25, 0.9, 0.5, 1.5
# A channel brings next to nothing below this share of what paid media bring on average for the same money.
NOTHING = 0.1
# Draws this near an end of a range lean on it, as a share of its width; from this share of all draws on it is told.
NEAR_EDGE, LEANING = 0.1, 0.45
# A period counts as odd below this weight; so many are told.
ODD_WEIGHT, ODD_TOLD = 0.4, 5
# And where it is this many times as far off as usual; a median times SIGMA is a standard deviation.
ODD_SIZE, SIGMA = 3.0, 1.4826


def widened(draws: Draws) -> Matrix:
    """Return (D, M) log ROAS, as far from their means as the truth was found to be; further where chains disagree."""
    flat = draws.log_roas.reshape(-1, draws.log_roas.shape[2])
    factor = np.full(flat.shape[1], WIDER)
    rhat = draws.agreement.rhat[:-1]
    factor[: len(rhat)] *= np.clip(1.0 + UNSETTLED * (rhat - 1.01), 1.0, WIDEST)
    middle, rng = flat.mean(axis=0), np.random.default_rng(1)
    beside = BESIDE * rng.normal(size=flat.shape) + COMMON * rng.normal(size=(len(flat), 1))
    return np.asarray(middle + factor * (flat - middle) + beside)


def inside(own: Vector, signs: Vector, log_roas: Matrix) -> Spread:
    """Return the middle of the draws, which holds the model's own ROAS. own, signs: (C,). log_roas: (D, C)."""
    low, high = np.quantile(signs * np.exp(log_roas), [(1 - INSIDE) / 2, (1 + INSIDE) / 2], axis=0)
    over = f"draws from the posterior, the middle {INSIDE:.0%}, wider than drawn as the truth was found to be"
    return Spread(over, np.minimum(low, own), np.maximum(high, own), len(log_roas))


def share_range(shares: Vector) -> Interval:
    """Return the middle of draws of the share that all paid media bring."""
    low, high = np.quantile(shares, [(1 - INSIDE) / 2, (1 + INSIDE) / 2])
    return Interval(low=float(low), high=float(min(high, 1.0)))


def idle_chances(names: Sequence[str], log_roas: Matrix, level: Vector) -> dict[str, float]:
    """Return each channel's chance to bring next to nothing: less than NOTHING of what the same money brings on
    average.

    level: (C,) the money. With one channel there is no average to hold it against: the share of draws is 0.
    """
    roas = np.exp(log_roas)
    average = (roas @ level) / level.sum()
    if len(names) == 1:
        return {names[0]: 0.0}
    return dict(zip(names, (roas < NOTHING * average[:, None]).mean(axis=0).tolist(), strict=True))


def kind_weights(names: Sequence[str], draws: Draws) -> dict[str, dict[str, float]]:
    """Return the weight of each kind of adstock, by medium; nothing where there is only one kind."""
    codes = draws.setting.kinds
    if len(codes) == 1:
        return {}
    called = {code: name for name, code in ADSTOCKS.items()}
    flat = draws.kinds.reshape(-1, len(names))
    return {
        name: {called[int(code)]: float((flat[:, m] == place).mean()) for place, code in enumerate(codes)}
        for m, name in enumerate(names)
    }


def chains_of(draws: Draws, names: Sequence[str]) -> Chains:
    """Return whether the chains agree, by the worst of all channels and of what they bring together."""
    found = draws.agreement
    return Chains(
        rhat=float(found.rhat.max()),
        ess_bulk=float(found.bulk.min()),
        ess_tail=float(found.tail.min()),
        chains=draws.log_roas.shape[0],
        draws=draws.log_roas.shape[0] * draws.log_roas.shape[1],
        good=found.good,
        worst=names[int(found.rhat[:-1].argmax())],
    )


def pairs_of(names: Sequence[str], correlation: Matrix, order: Matrix) -> Iterator[Pair]:
    """Yield the pairs of channels whose effects trade off and whose order is not known."""
    for i, first in enumerate(names):
        for j in range(i + 1, len(names)):
            sure = float(max(order[i, j], order[j, i]))
            if correlation[i, j] <= TRADED and sure < ORDERED:
                yield Pair(first, names[j], float(correlation[i, j]), sure)


def pair_note(pair: Pair) -> str:
    """Say in a sentence that two channels cannot be told apart."""
    return (
        f"The data cannot tell {pair.first} from {pair.second}: what one brings more, the other brings less, and which "
        "has the higher ROAS is not known. Spend on them at different times, or test one."
    )


def edges_of(names: Sequence[str], draws: Draws) -> Iterator[Edge]:
    """Yield what leans on an end of where it may lie. An end that is natural, no carryover at all, is none."""
    setting, count = draws.setting, len(names)
    units, kinds = draws.units.reshape(-1, *draws.units.shape[2:]), draws.kinds.reshape(-1, draws.kinds.shape[2])
    for m in range(count):
        codes = setting.kinds[kinds[:, m]]
        theta = np.isin(codes, (GEOMETRIC, DELAYED))
        lasting = np.where(theta, units[:, m, 2], units[:, m, 3])
        peak = np.where(codes == DELAYED, units[:, m, 3], 0.5)
        ends = (setting.low[kinds[:, m], m], setting.high[kinds[:, m], m])
        free = {k: ends[1][:, k] > ends[0][:, k] for k in (1, 2, 3)}
        at = np.where(theta, 2, 3)
        moves = np.where(theta, free[2], free[3])
        bounded = np.where(theta, ends[0][np.arange(len(at)), at] > 0.02, False)
        for parameter, end, leaning in (
            ("carryover", "high", moves & (lasting > 1 - NEAR_EDGE)),
            ("carryover", "low", moves & bounded & (lasting < NEAR_EDGE)),
            ("delay", "high", free[3] & (peak > 1 - NEAR_EDGE)),
            ("saturation", "high", free[1] & (units[:, m, 1] > 1 - NEAR_EDGE)),
            ("saturation", "low", free[1] & (units[:, m, 1] < NEAR_EDGE)),
        ):
            share = float(leaning.mean())
            if share >= LEANING:
                yield Edge.model_validate({"channel": names[m], "parameter": parameter, "end": end, "share": share})


def odd_periods(draws: Draws) -> list[Odd]:
    """Return the periods that count little because nothing explains them, the oddest first.

    Where noise lasts into the next period, it is the change from one to the other that counts little: of two odd ones
    in a row, the second may be usual given the first, and the one after them is odd although nothing is wrong with it.
    So a period is odd by what is left of it, and it or the one after it counts little.
    """
    left = np.abs(draws.misses - np.median(draws.misses))
    usual = SIGMA * float(np.median(left))
    weights = np.minimum(draws.weights, np.append(draws.weights[1:], 1.0))
    odd = (weights < ODD_WEIGHT) & (left > ODD_SIZE * usual)
    order = np.argsort(-left, kind="stable")
    return [Odd(int(t), float(draws.misses[t]), float(weights[t])) for t in order if odd[t]][:ODD_TOLD]


def notes_of(
    names: Sequence[str], prior_share: Vector, windows: Sequence[Spread], pairs: Sequence[Pair]
) -> Iterator[str]:
    """Say in sentences what a reader must know, in words that hold for ROAS and CPA alike."""
    for c, name in enumerate(names):
        if prior_share[c] >= DECIDED:
            yield (
                f"The data say little about {name}: {prior_share[c]:.0%} of its effect is the assumption that "
                "channels are alike. A lift test would tell."
            )
        for one in windows:
            low, high = sorted((abs(one.low[c]), abs(one.high[c])))
            if high > MOVED * low:
                yield (
                    f"A unit of spend on {name} brings {one.low[c]:.3g} to {one.high[c]:.3g} when the first or the "
                    "last quarter of the window is left out."
                )
    yield from map(pair_note, pairs)
