"""A small, made-up training result, consistent in itself: what charts and verdicts are tested on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from engine.results.contract import ACTUAL, DRAWS, FITTED, INTERCEPT
from engine.results.read import Results
from engine.results.summary import Channel, Data, Objective, Selection, Summary, Window

WEEKS = 104
THETAS = {"tv_S": 0.55, "facebook_I": 0.2, "search_S": 0.05}
SPEND = {"tv_S": 9000.0, "facebook_I": 4000.0, "search_S": 2500.0}
EFFECT = {"tv_S": 11_000.0, "facebook_I": 9000.0, "search_S": 9500.0}
BASE = {INTERCEPT: 40_000.0, "trend": 12_000.0, "season": -3000.0}
CHOSEN = "2_118_1"
# Models along the Pareto front, the chosen one in the middle: what each channel's effect is, as times the chosen's.
FRONT = {f"1_{10 + n}_1": {"tv_S": 1.0, "facebook_I": 0.4 + 0.1 * n, "search_S": 1.2 - 0.03 * n} for n in range(12)}
VARIED = {"near-tied models": 0.2, "best models of the trials": 0.05, "shifted windows": 0.1}


@dataclass(frozen=True)
class Media:
    """What was spent on each channel per week, what that brought, and its carryover."""

    spend: Mapping[str, float]
    effect: Mapping[str, float]
    thetas: Mapping[str, float]


def media(names: Sequence[str]) -> Media:
    """Channels of these names: the first three are as above, each further one is smaller than the last but two."""
    smaller = {name: 0.8 ** (at // 3) for at, name in enumerate(names)}
    spends, effects, thetas = (list(one.values()) for one in (SPEND, EFFECT, THETAS))
    return Media(
        {name: spends[at % 3] * smaller[name] for at, name in enumerate(names)},
        {name: effects[at % 3] * smaller[name] for at, name in enumerate(names)},
        {name: thetas[at % 3] for at, name in enumerate(names)},
    )


def made_results(
    names: Sequence[str] = tuple(SPEND), *, base: Mapping[str, float] = BASE, draws: int = 0, **summary: object
) -> Results:
    """Build the result of a training over two years of weeks with these channels and a front of 13 models.

    base: what is no medium, per week. draws: from a posterior, for each channel. Other keywords replace fields of the
    summary.
    """
    made = media(names)
    weeks = pd.date_range("2023-01-02", periods=WEEKS, freq="7D")
    wave = 1 + 0.25 * np.sin(np.arange(WEEKS) / 8)
    parts = {name: mean * wave for name, mean in {**base, **made.effect}.items()}
    fitted = np.sum(list(parts.values()), axis=0)
    actual = fitted * (1 + 0.02 * np.cos(np.arange(WEEKS) * 1.7))
    columns = {**parts, FITTED: fitted, ACTUAL: actual}
    decomposition = pd.concat(
        pd.DataFrame({"solID": CHOSEN, "ds": weeks, "rn": name, "xDecomp": values}) for name, values in columns.items()
    )
    totals = {name: float(values.sum()) for name, values in parts.items()}
    conversion = summary.get("dep_var_type") == "conversion"
    return Results(
        folder=Path(),
        summary=_summary(made, **summary),
        candidates=pd.DataFrame([_candidate(made), *_front(made)]),
        coefficients=_coefficients(made, totals, conversion=conversion),
        decomposition=decomposition,
        response_curves=pd.concat(_curve(made, name) for name in names),
        allocation=pd.DataFrame(),
        ranges=_ranges(made, conversion=conversion),
        clusters=pd.DataFrame(),
        forecast=pd.DataFrame(),
        convergence=_search(),
        draws=_draws(made, draws),
    )


def _summary(made: Media, **changes: object) -> Summary:
    settled = Objective(converged=True, sentence="NRMSE converged.")
    moving = Objective(converged=False, sentence="DECOMP.RSSD did not converge.")
    summary = Summary(
        trainer="native",
        chosen=CHOSEN,
        dep_var="revenue",
        dep_var_type="revenue",
        adstock="geometric",
        interval="week",
        window=Window(start="2023-01-02", end="2024-12-23", periods=WEEKS),
        data=Data(rows=WEEKS, start="2023-01-02", end="2024-12-23", variables=2 + len(made.spend)),
        channels=tuple(Channel(channel=name, spend=name) for name in made.spend),
        hyperparameters={f"{name}_thetas": (0.0, 0.8) for name in made.thetas},
        iterations=2000,
        trials=5,
        seed=123,
        metrics={},
        convergence={"nrmse": settled, "decomp.rssd": moving},
        selection=Selection(evaluated=400, eligible=300, fronts=2, candidates=13, rule="smallest error_score"),
        range_over="near-tied models",
        range_models=34,
        versions={},
        durations={"total": 1.0},
        started_at="2026-11-22T10:00:00Z",
        finished_at="2026-11-22T10:00:01Z",
    )
    return summary.model_copy(update=changes)


def _candidate(made: Media) -> dict[str, object]:
    thetas = {f"{name}_thetas": theta for name, theta in made.thetas.items()}
    place = {"solID": CHOSEN, "trial": 2, "iterNG": 118, "robynPareto": 1}
    return {**place, "rsq_train": 0.91, "nrmse": 0.06, "decomp.rssd": 0.31, **thetas}


def _front(made: Media) -> list[dict[str, object]]:
    """The other models: from the best fit to the most even shares."""
    return [
        {**_candidate(made), "solID": name, "trial": 1, "nrmse": 0.05 + 0.002 * n, "decomp.rssd": 0.45 - 0.02 * n}
        for n, name in enumerate(FRONT)
    ]


def _ranges(made: Media, *, conversion: bool) -> pd.DataFrame:
    rows = []
    for over, reach in VARIED.items():
        for name, spent in made.spend.items():
            own = spent / made.effect[name] if conversion else made.effect[name] / spent
            ends = {"low": (1 - reach) * own, "high": (1 + reach) * own}
            rows.append({"solID": CHOSEN, "channel": name, "over": over, **ends, "n": 34})
    return pd.DataFrame(rows)


def _coefficients(made: Media, totals: dict[str, float], *, conversion: bool) -> pd.DataFrame:
    frames = [_of_model(made, CHOSEN, totals, conversion=conversion)]
    for model, times in FRONT.items():
        changed = {name: total * times.get(name, 1.0) for name, total in totals.items()}
        frames.append(_of_model(made, model, changed, conversion=conversion))
    return pd.concat(frames, ignore_index=True)


def _of_model(made: Media, model: str, totals: dict[str, float], *, conversion: bool) -> pd.DataFrame:
    whole, paid, spent = sum(totals.values()), sum(totals[name] for name in made.spend), sum(made.spend.values())
    rows = []
    for name, total in totals.items():
        row: dict[str, object] = {"solID": model, "rn": name, "xDecompAgg": total, "xDecompPerc": total / whole}
        if name in made.spend:
            roi = total / (made.spend[name] * WEEKS)
            row |= {"total_spend": made.spend[name] * WEEKS, "spend_share": made.spend[name] / spent}
            row |= {"effect_share": total / paid, "roi_total": roi, "cpa_total": 1 / roi}
            own = 1 / roi if conversion else roi
            row |= {"range_low": 0.8 * own, "range_high": 1.25 * own, "marginal_roi": 0.5 * roi}
        rows.append(row)
    return pd.DataFrame(rows)


def _curve(made: Media, channel: str) -> pd.DataFrame:
    spend = np.linspace(0, 3 * made.spend[channel], 31)
    response = 2 * made.effect[channel] * spend / (spend + made.spend[channel])
    return pd.DataFrame(
        {
            "solID": CHOSEN,
            "channel": channel,
            "spend": spend,
            "response": response,
            "carryover_response": 0.2 * made.effect[channel],
            "is_mean": np.arange(31) == 10,
            "beyond_observed": spend > 2.2 * made.spend[channel],
        }
    )


def _draws(made: Media, count: int) -> pd.DataFrame:
    """Draws around each channel's carryover, so near that the order of the channels is known."""
    rows = [
        {"draw": draw, "rn": name, "coef": 1.0, "alpha": 1.0, "inflexion": 1.0, "adstock": "geometric"}
        | {"first": min(0.95, theta * (0.9 + 0.2 * (draw % 10) / 9)), "second": 0.0}
        for draw in range(1, count + 1)
        for name, theta in made.thetas.items()
    ]
    return pd.DataFrame(rows, columns=[column.name for column in DRAWS.columns])


def _search() -> pd.DataFrame:
    frames = []
    for trial in (1, 2):
        done = np.arange(1, 201)
        falling = 0.05 + 0.2 * np.exp(-done / 60)
        rssd = np.where(done == 7, np.inf, 0.3 + 0.3 * np.exp(-done / 90))
        frame = {"trial": trial, "iterNG": done, "nrmse": falling, "decomp.rssd": rssd, "mape": 0.0}
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames)
