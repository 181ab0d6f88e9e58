"""The rhythm of the week in daily data: a model that does not know it has to give it to something else."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.data.dataset import Finding
from engine.data.rules.view import Vector, View, finding

# Eight weeks; fewer days can look rhythmic by chance.
LEAST_DAYS: Final = 56
# Shares that the day of the week explains: of the ups and downs within weeks, and of all there are.
WITHIN, OVERALL = 0.25, 0.05


def weekday(view: View) -> Iterator[Finding]:
    """The KPI follows the day of the week, and no time effect of the model tells it."""
    if view.interval != "day" or (view.effects is not None and "weekday" in view.effects):
        return
    values, kpi = view.values(view.mapping.dep_var), view.mapping.dep_var
    weekdays = np.array([day.weekday() for day in view.days])
    if len(values) < LEAST_DAYS or np.isnan(values).any() or len(np.unique(weekdays)) < 7:
        return
    within, overall = weekly_rhythm(values, weekdays)
    if within < WITHIN or overall < OVERALL:
        return
    follows = f"“{kpi}” follows the day of the week ({within:.0%} of its ups and downs within a week)"
    if view.effects is None:
        text = f"{follows}."
        remedy = "Keep “Day of the week” among the time effects; the experiment's form turns it on for these data."
        yield finding("kpi.weekday", "INFO", kpi, "", text, remedy, within)
    else:
        text = f"{follows}, and the model does not know it."
        remedy = "Turn “Day of the week” on (`weekday` among `prophet_vars`)."
        yield finding("kpi.weekday", "REVIEW", kpi, "", text, remedy, within, trust=True)


def weekly_rhythm(values: Vector, weekdays: "np.typing.NDArray[np.int64]") -> tuple[float, float]:
    """Return the shares that the day of the week explains: of the deviations from the week's mean, and of all variance.

    values: (T,) by day, T >= 14, no NaN. weekdays: (T,), 0 to 6. Both shares are adjusted R² in [0, 1]; single far
    days are drawn in, so that one event on a Friday makes no Friday.
    """
    around = np.convolve(values, np.full(7, 1 / 7), mode="valid")
    apart, days = values[3:-3] - around, weekdays[3:-3]
    apart = np.clip(apart, *np.quantile(apart, [0.02, 0.98]))
    spread = float(np.sum((apart - apart.mean()) ** 2))
    total = float(np.sum((values[3:-3] - values[3:-3].mean()) ** 2))
    if spread <= 1e-12 * max(1.0, float(np.sum(values**2))) or total <= 0:
        return 0.0, 0.0
    means = np.array([apart[days == day].mean() for day in range(7)])
    left = float(np.sum((apart - means[days]) ** 2))
    count = len(apart)
    within = max(0.0, 1 - left / (count - 7) / (spread / (count - 1)))
    return within, within * min(1.0, spread / total)
