"""The time decomposition: trend, seasons, holidays and factors as columns in units of the dependent variable."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from engine.model.fit.compiled import Vector
from engine.model.read.categories import one_hot
from engine.model.read.holidays import joined_holidays
from engine.model.read.inputs import Inputs
from engine.model.read.unplotted import unplotted

if TYPE_CHECKING:
    from prophet import Prophet

# Robyn's names → Prophet's components.
COMPONENTS = {"trend": "trend", "season": "yearly", "monthly": "monthly", "weekday": "weekly", "holiday": "holidays"}
MONTH_DAYS, MONTH_ORDER = 30.5, 5


@dataclass(frozen=True)
class Decomposition:
    """Prophet's columns and the numeric columns that replace factors, (T,) each, in the configuration's order."""

    columns: dict[str, Vector]
    factors: dict[str, Vector]


def decompose(inputs: Inputs) -> Decomposition:
    """Fit Prophet once on all rows and return its parts. Numeric context and media take no part in it."""
    wanted = inputs.config.prophet_vars
    if not wanted and not inputs.factors:
        return Decomposition({}, {})
    frame = pd.DataFrame({"ds": pd.to_datetime(list(inputs.begins)), "y": inputs.numbers[inputs.config.dep_var]})
    encoded = partial(one_hot, quirks=inputs.config.robyn_quirks)
    # Prophet gets names of our own: a category may be called like one of its parts, or like another factor's.
    dummies = [(name, *one) for name, values in inputs.factors.items() for one in encoded(name, values).items()]
    own_names = [f"regressor{i}" for i in range(len(dummies))]
    frame = frame.assign(**{own: column for own, (_, _, column) in zip(own_names, dummies, strict=True)})
    holidays = joined_holidays(inputs.holidays, inputs.begins, inputs.interval) if "holiday" in wanted else None
    with _quiet():
        model = _prophet(wanted, holidays)
        for own in own_names:
            model.add_regressor(own)
        forecast = _fitted(model, frame)
    columns: dict[str, Vector] = {name: _component(forecast, COMPONENTS[name]) for name in wanted}
    factors = {}
    for name in inputs.factors:
        parts = [own for own, (factor, _, _) in zip(own_names, dummies, strict=True) if factor == name]
        total = sum((_component(forecast, part) for part in parts), start=np.zeros(len(frame)))
        factors[name] = total - total.min()
    return Decomposition(columns, factors)


def _prophet(wanted: Sequence[str], holidays: pd.DataFrame | None) -> "Prophet":
    from prophet import Prophet

    model = Prophet(
        holidays=holidays,
        yearly_seasonality="season" in wanted,
        weekly_seasonality="weekday" in wanted,
        daily_seasonality=False,
    )
    if "monthly" in wanted:
        model.add_seasonality(name="monthly", period=MONTH_DAYS, fourier_order=MONTH_ORDER)
    return model


def _fitted(model: "Prophet", frame: pd.DataFrame) -> pd.DataFrame:
    """Return the fitted components, one row per row of `frame`. No simulation of the future is needed for them."""
    model.fit(frame)
    prepared = model.setup_dataframe(frame.copy())
    components = model.predict_seasonal_components(prepared)
    components["trend"] = model.predict_trend(prepared)
    components["yhat"] = components["trend"] + components["additive_terms"]
    return components


def _component(forecast: pd.DataFrame, name: str) -> Vector:
    """Return one component; 0 where Prophet found nothing of the kind, as when no holiday lies in the data."""
    if name not in forecast:
        return np.zeros(len(forecast))
    return forecast[name].to_numpy(dtype=np.float64)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Prophet and its sampler from writing to the log; both announce every fit."""
    from cmdstanpy import disable_logging

    logger = logging.getLogger("prophet")
    level = logger.level
    try:
        logger.setLevel(logging.CRITICAL)
        # It complains while it is loaded, and sets the level anew.
        with unplotted():
            import prophet  # noqa: F401

        logger.setLevel(logging.CRITICAL)
        with disable_logging():
            yield
    finally:
        logger.setLevel(level)
