"""The rules on values, each with its threshold: pure functions from a window's rows to findings.

Thresholds are deliberately far out: a well-known demo data set, in which most channels are silent most of
the time, must not fail.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from engine.data.collinearity import correlations, exposure_fit, variance_inflation
from engine.data.dataset import Finding
from engine.data.dates import Interval, listing
from engine.data.mapping import Mapping

Grade = Literal["FAIL", "REVIEW", "INFO"]
Vector = npt.NDArray[np.float64]

ROWS_PER_VARIABLE: Final = (5, 10)
WEEKS: Final = (52, 104)
TWO_YEARS: Final[dict[Interval, int]] = {"day": 728, "week": WEEKS[1], "month": 24}
SPARSE: Final = (0.9, 0.5)
CORRELATED: Final = (0.999, 0.95)
INFLATED: Final = 10.0
EXPOSURE_R2: Final = 0.8
LEAKAGE: Final = 0.98
UNIT_COST_JUMP: Final = 5.0
SMALL_SHARE: Final = 0.01
LAST_LOW: Final = 0.5
HYPERPARAMETERS_A_CHANNEL: Final = 3


class View:
    """The window's rows, with shortcuts."""

    def __init__(self, frame: pd.DataFrame, mapping: Mapping, interval: Interval) -> None:
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


def _missing(view: View) -> Iterator[Finding]:
    kpi = view.mapping.dep_var
    holes = np.isnan(view.values(kpi))
    if holes.any():
        yield _finding(
            "kpi.missing",
            "FAIL",
            kpi,
            view.where(holes),
            f"The KPI “{kpi}” has no value {view.on(holes.sum())}.",
            "Add the values, or end the data before them; a KPI is never made up.",
            holes.sum(),
        )
    for name in view.paid_and_organic:
        holes = np.isnan(view.values(name))
        if holes.any():
            yield _finding(
                "media.missing",
                "REVIEW",
                name,
                view.where(holes),
                f"“{name}” has no value {view.on(holes.sum())}.",
                "Write 0 where nothing was spent.",
                holes.sum(),
            )


def _negative(view: View) -> Iterator[Finding]:
    for name in view.paid_and_organic:
        values = view.values(name)
        if (values < 0).any():
            yield _finding(
                "media.negative",
                "FAIL",
                name,
                view.where(values < 0),
                f"“{name}” is negative {view.on((values < 0).sum())}, down to {np.nanmin(values):,.2f}.",
                "If these are refunds or corrections, book them on the days of the spend they correct, or write 0.",
                np.nanmin(values),
            )


def _flat(view: View) -> Iterator[Finding]:
    kpi = view.mapping.dep_var
    if _constant(view.values(kpi)):
        text = f"The KPI “{kpi}” never changes."
        yield _finding("kpi.constant", "FAIL", kpi, "", text, "Choose the column to explain.")
    for name in dict.fromkeys([*view.paid_and_organic, *view.mapping.context_vars]):
        if name in view.texts:
            constant, zero = view.frame[name].nunique() < 2, False
        else:
            values = view.values(name)
            constant, zero = _constant(values), not np.nan_to_num(values).any()
        if zero and name in view.paid_and_organic:
            yield _finding(
                "media.zero",
                "REVIEW",
                name,
                f"{view.days[0]} to {view.days[-1]}" if view.days else "",
                f"“{name}” is 0 in the whole window.",
                "It is left out of the training; widen the window to keep it.",
            )
        elif constant:
            yield _finding(
                "column.constant",
                "REVIEW",
                name,
                "",
                f"“{name}” never changes, so it can explain nothing.",
                "It is left out of the training.",
            )


def _sparse(view: View) -> Iterator[Finding]:
    for name in view.media:
        values = np.nan_to_num(view.values(name))
        share = float((values == 0).mean()) if len(values) else 0.0
        if share == 1 or share <= SPARSE[1]:
            continue
        grade: Grade = "REVIEW" if share > SPARSE[0] else "INFO"
        yield _finding(
            "media.sparse",
            grade,
            name,
            "",
            f"“{name}” is 0 in {share:.0%} of the {view.interval}s.",
            "Merge it with a similar channel, or read its result with care." if grade == "REVIEW" else "",
            share,
        )


def _rows(view: View) -> Iterator[Finding]:
    rows, variables = len(view.frame), len(view.mapping.drivers)
    ratio = rows / max(variables, 1)
    least, usual = ROWS_PER_VARIABLE
    if ratio < usual:
        few = ratio < least
        yield _finding(
            "rows.per_variable",
            "FAIL" if few else "REVIEW",
            "",
            "",
            f"{view.count(rows)} for {variables} variables: {ratio:.1f} rows per variable, "
            f"{f'{least} are the least' if few else f'{usual} are usual'}.",
            f"Keep at most {max(rows // (least if few else usual), 1)} variables, or add earlier data.",
            ratio,
            overridable=few,
        )
    if rows < TWO_YEARS[view.interval]:
        short = view.interval == "week" and rows < WEEKS[0]
        yield _finding(
            "rows.span",
            "FAIL" if short else "REVIEW",
            "",
            f"{view.days[0]} to {view.days[-1]}" if view.days else "",
            f"{view.count(rows)} are less than {'one year' if short else 'two years'}: "
            "a season cannot be told from an effect of media.",
            "Add earlier data.",
            rows,
            overridable=short,
        )


def _alike(view: View) -> Iterator[Finding]:
    """Pairs of drivers that move together, and drivers that others together explain."""
    names = [name for name in view.numeric if not _constant(view.values(name))]
    if len(names) < 2 or len(view.frame) < 3:
        return
    x = np.column_stack([np.nan_to_num(view.values(name)) for name in names])
    r = correlations(x)
    for first in range(len(names)):
        for second in range(first + 1, len(names)):
            if abs(r[first, second]) > CORRELATED[1]:
                same = abs(r[first, second]) > CORRELATED[0]
                yield _finding(
                    "drivers.correlated",
                    "FAIL" if same else "REVIEW",
                    names[first],
                    f"{names[first]} and {names[second]}",
                    f"“{names[first]}” and “{names[second]}” move {'as one' if same else 'nearly as one'} "
                    f"(r = {r[first, second]:.3f}); no model can tell their effects apart.",
                    "Keep one of them, or add them up.",
                    r[first, second],
                )
    for name, factor in zip(names, variance_inflation(x), strict=True):
        if factor > INFLATED:
            yield _finding(
                "drivers.inflated",
                "REVIEW",
                name,
                "",
                f"The other drivers together explain “{name}” (VIF {factor:,.0f}).",
                "Leave out or merge drivers that say the same; expect a wide range for this one.",
                factor,
            )


def _exposures(view: View) -> Iterator[Finding]:
    for spend_name, name in view.mapping.exposures.items():
        if spend_name == name:
            continue
        spend, exposure = np.nan_to_num(view.values(spend_name)), np.nan_to_num(view.values(name))
        fit = exposure_fit(spend, exposure)
        if fit < EXPOSURE_R2:
            yield _finding(
                "exposure.fit",
                "REVIEW",
                name,
                "",
                f"“{name}” follows “{spend_name}” poorly (R² {fit:.2f}), so its ROAS is uncertain.",
                "Model the channel on its spend, or split it where prices differ.",
                fit,
            )
        for code, mask, text in (
            ("exposure.without_spend", (exposure > 0) & (spend <= 0), f"“{name}” but no “{spend_name}”"),
            ("spend.without_exposure", (spend > 0) & (exposure <= 0), f"“{spend_name}” but no “{name}”"),
        ):
            if mask.any():
                yield _finding(
                    code,
                    "REVIEW",
                    spend_name,
                    view.where(mask),
                    f"There is {text} {view.on(mask.sum())}.",
                    "Check that spend and exposure are booked on the same dates.",
                    mask.sum(),
                )
        yield from _unit_cost(view, spend_name, name, spend, exposure)


def _unit_cost(view: View, spend_name: str, name: str, spend: Vector, exposure: Vector) -> Iterator[Finding]:
    """A price per unit that jumps and stays there speaks of another currency or unit."""
    both = np.flatnonzero((spend > 0) & (exposure > 0))
    if len(both) < 8:
        return
    cost = spend[both] / exposure[both]
    jumps = [
        (np.median(cost[place : place + 4]) / np.median(cost[place - 4 : place]), place)
        for place in range(4, len(cost) - 3)
    ]
    ratio, place = max(jumps, key=lambda jump: abs(np.log(jump[0])))
    if max(ratio, 1 / ratio) >= UNIT_COST_JUMP:
        # Medians say that it jumped, the largest single step near there says when.
        place = max(range(place - 2, place + 3), key=lambda at: abs(np.log(cost[at] / cost[at - 1])))
        yield _finding(
            "exposure.unit_cost",
            "REVIEW",
            spend_name,
            f"{view.days[both[place]]}",
            f"The price of one “{name}” jumps to {ratio:,.2g} times what it was.",
            "Check the currency of the spend and the unit of the exposure from that date.",
            ratio,
        )


def _kpi_shape(view: View) -> Iterator[Finding]:
    kpi = view.mapping.dep_var
    values = view.values(kpi)
    if len(values) < 12 or np.isnan(values).any():
        return
    usual = pd.Series(values).rolling(13, center=True, min_periods=5).median().to_numpy()
    apart = values - usual
    low, high = np.quantile(apart, [0.25, 0.75])
    far = (apart < low - 3 * (high - low)) | (apart > high + 3 * (high - low))
    if far.any() and high > low:
        yield _finding(
            "kpi.outlier",
            "INFO",
            kpi,
            view.where(far),
            f"“{kpi}” is far from its neighbours {view.on(far.sum())}. An event?",
            "If so, add a column that marks it.",
            far.sum(),
        )
    before = values[:-2][-52:]
    recent = np.median(before[-8:])
    low_end = np.array([False] * (len(values) - 2) + [v < LAST_LOW * recent and v < before.min() for v in values[-2:]])
    if low_end.any():
        yield _finding(
            "kpi.incomplete",
            "REVIEW",
            kpi,
            view.where(low_end),
            f"“{kpi}” ends far below everything before it; the last {view.interval} may not be complete.",
            f"End the window before it if the {view.interval} was still running.",
            values[-1] / recent if recent else None,
        )


def _shares(view: View) -> Iterator[Finding]:
    sums = {name: float(np.nansum(view.values(name))) for name in view.mapping.paid_media_spends}
    whole = sum(sums.values())
    if len(sums) == 1:
        yield _finding(
            "media.single",
            "REVIEW",
            next(iter(sums)),
            "",
            "There is one paid channel only: there is nothing to compare or to move budget between.",
            "Split it, or add the other channels.",
        )
    for name, spent in sums.items():
        if whole > 0 and 0 < spent / whole < SMALL_SHARE:
            yield _finding(
                "spend.small",
                "INFO",
                name,
                "",
                f"“{name}” is {spent / whole:.1%} of all spend; its effect may be too small to see.",
                "Merge it with a similar channel.",
                spent / whole,
            )


def _leakage(view: View) -> Iterator[Finding]:
    kpi = view.values(view.mapping.dep_var)
    for name in [*view.mapping.organic_vars, *view.mapping.context_vars]:
        if name in view.texts or np.isnan(kpi).any() or len(kpi) < 3:
            continue
        r = correlations(np.column_stack([kpi, np.nan_to_num(view.values(name))]))[0, 1]
        if abs(r) > LEAKAGE:
            yield _finding(
                "driver.leakage",
                "REVIEW",
                name,
                "",
                f"“{name}” is nearly the KPI itself (r = {r:.3f}).",
                "Leave it out if it is part of the KPI or a result of it: it would take all credit from media.",
                r,
            )


def _information(view: View) -> Iterator[Finding]:
    parameters = HYPERPARAMETERS_A_CHANNEL * len(view.media) + 1
    ratio = len(view.frame) / parameters
    yield _finding(
        "rows.per_hyperparameter",
        "INFO",
        "",
        "",
        f"{view.count(len(view.frame))} for {parameters} hyperparameters: {ratio:.1f} rows each.",
        "",
        ratio,
    )


RULES: Final[Sequence[Callable[[View], Iterator[Finding]]]] = (
    _missing,
    _negative,
    _flat,
    _rows,
    _sparse,
    _alike,
    _exposures,
    _kpi_shape,
    _shares,
    _leakage,
    _information,
)


def _constant(values: Vector) -> bool:
    known = values[~np.isnan(values)]
    return len(known) == 0 or bool(np.ptp(known) <= 1e-12 * max(1.0, float(np.abs(known).max())))


def _finding(
    code: str,
    grade: Grade,
    column: str,
    where: str,
    text: str,
    remedy: str,
    number: Any = None,
    *,
    overridable: bool = False,
) -> Finding:
    return Finding(
        code=code,
        grade=grade,
        column=column,
        where=where,
        text=text,
        remedy=remedy,
        number=None if number is None or not np.isfinite(number) else float(number),
        overridable=overridable,
    )
