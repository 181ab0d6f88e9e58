"""What is doubtful about a training's data: told before it begins, kept in its summary, repeated by the verdict.

The window is looked at by the same rules as a dataset is, so that it does not matter by which way the data came.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from engine.data.dataset import Finding
from engine.data.dates import Interval
from engine.data.mapping import Mapping as Roles
from engine.data.quality import check
from engine.data.trust import doubts
from engine.experiment.job_config import JobConfig
from engine.model.fit.compiled import Vector


def roles_of(config: JobConfig) -> Roles:
    """Return a configuration's roles as a dataset has them."""
    pairs = zip(config.paid_media_spends, config.modelled_media, strict=False)
    return Roles(
        date_var=config.date_var,
        dep_var=config.dep_var,
        dep_var_type=config.dep_var_type,
        paid_media_spends=config.paid_media_spends,
        exposures={spend: name for spend, name in pairs if name != spend},
        organic_vars=config.organic_vars,
        context_vars=config.context,
        factor_vars=config.factor_vars,
    )


def find_doubts(
    config: JobConfig,
    days: Sequence[date],
    interval: Interval,
    rows: slice,
    numbers: Mapping[str, Vector],
    factors: Mapping[str, Sequence[str]],
) -> tuple[Finding, ...]:
    """Return what was doubtful before, and what the window's values show, the gravest first.

    days, numbers, factors: (T,) each, the history before the window included.
    """
    frame = pd.DataFrame({config.date_var: pd.to_datetime(pd.Series(days)), **numbers, **factors})
    found = check(
        frame, roles_of(config), interval, start=days[rows.start], end=days[rows.stop - 1], effects=config.prophet_vars
    )
    return doubts((*found, *config.data_findings))
