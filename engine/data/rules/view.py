"""What a rule sees: a window's rows, with shortcuts; and how it says what it found."""

from collections.abc import Collection
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.data.dataset import Finding, Offer
from engine.data.dates import Interval, listing
from engine.data.mapping import Mapping

Grade = Literal["FAIL", "REVIEW", "INFO"]
Vector = npt.NDArray[np.float64]


class View:
    """The window's rows, with shortcuts. `whole` are the rows before and after it, too.

    `effects` are the time effects of the model, None where none is planned yet.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        mapping: Mapping,
        interval: Interval,
        *,
        whole: pd.DataFrame | None = None,
        effects: Collection[str] | None = None,
    ) -> None:
        self.whole, self.effects = frame if whole is None else whole, effects
        self.frame, self.mapping, self.interval = frame, mapping, interval
        self.days: list[date] = [stamp.date() for stamp in pd.to_datetime(frame[mapping.date_var])]
        texts = {name for name in mapping.factor_vars if not pd.api.types.is_numeric_dtype(frame[name])}
        self.texts = texts
        self.media = list(dict.fromkeys([*mapping.paid_media_vars, *mapping.organic_vars]))
        self.paid_and_organic = list(dict.fromkeys([*mapping.paid_media_spends, *self.media]))
        self.numeric = [name for name in mapping.drivers if name not in texts]

    def values(self, name: str) -> Vector:
        """Return a column as numbers, NaN where missing."""
        return self.frame[name].to_numpy(dtype=np.float64, na_value=np.nan)

    def where(self, mask: Any) -> str:
        """Return the dates at which `mask` holds, as text."""
        return listing([day for day, hit in zip(self.days, mask, strict=True) if hit])

    def count(self, number: int) -> str:
        """Say a number of periods: `3 weeks`."""
        return f"{number} {self.interval}{'' if number == 1 else 's'}"

    def on(self, number: int) -> str:
        """Say in how many periods: `on 3 days`, `in 3 weeks`."""
        return f"{'on' if self.interval == 'day' else 'in'} {self.count(int(number))}"


def constant(values: Vector) -> bool:
    """Whether a column never changes. values: (T,), NaN where missing."""
    known = values[~np.isnan(values)]
    return len(known) == 0 or bool(np.ptp(known) <= 1e-12 * max(1.0, float(np.abs(known).max())))


def finding(
    code: str,
    grade: Grade,
    column: str,
    where: str,
    text: str,
    remedy: str,
    number: Any = None,
    *,
    value: str = "",
    overridable: bool = False,
    trust: bool = False,
    offers: tuple[Offer, ...] = (),
) -> Finding:
    """Return what a rule found. `trust`: whether it bears on how far a result may be trusted."""
    return Finding(
        code=code,
        grade=grade,
        column=column,
        where=where,
        text=text,
        remedy=remedy,
        number=None if number is None or not np.isfinite(number) else float(number),
        value=value,
        overridable=overridable,
        trust=trust,
        offers=offers,
    )
