"""Key numbers of made results, as verdicts and sentences are tested on: sound unless a test changes them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from engine.results.headline import ChannelResult, Headline, headline
from engine.results.summary import Backtest, Chains, Stretch
from tests.made_results import made_results

GOOD_CHAINS = Chains(rhat=1.004, ess_bulk=900, ess_tail=700, chains=4, draws=2000, good=True, worst="tv_S")


def head(**changes: Any) -> Headline:
    """A sound run by evidence: three channels, known well, none together."""
    return _sound().model_copy(update=changes)


@cache
def _sound() -> Headline:
    return headline(made_results()).model_copy(update={"method": "evidence", "chains": GOOD_CHAINS})


def by_robyn(**changes: Any) -> Headline:
    """A run by Robyn's rule that is as sound as such a run can be."""
    return head(**({"method": "robyn", "converged": True, "chains": None} | changes))


def every(**changes: Any) -> tuple[ChannelResult, ...]:
    """All channels with the same change."""
    return tuple(one.model_copy(update=changes) for one in head().channels)


def one(channel: str, **changes: Any) -> tuple[ChannelResult, ...]:
    """All channels, of which one is changed."""
    return each({channel: changes})


def each(changes: Mapping[str, Mapping[str, Any]]) -> tuple[ChannelResult, ...]:
    """All channels, each with its own change."""
    return tuple(one.model_copy(update=dict(changes.get(one.channel, {}))) for one in head().channels)


def backtest(nrmse: float | None, naive: float | None) -> Backtest:
    return Backtest(folds=4, horizon=13, nrmse=nrmse, naive=naive, bias=0.01)


def stretches(*misses: float) -> Backtest:
    """A backtest of stretches that were told so badly each."""
    each = [Stretch(start=f"2023-0{at + 1}-02", nrmse=miss, naive=0.6) for at, miss in enumerate(misses)]
    return backtest(0.1, 0.6).model_copy(update={"stretches": tuple(each)})
