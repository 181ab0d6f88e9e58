"""Can these data be modelled? What preparing told and what the values show, graded.

A FAIL stops, a REVIEW lets a person go on knowing why to be careful, an INFO is worth a look. The rules on
values are listed in `quality_rules` and stand, each with its threshold, in `rules`; those on dates are in
`calendar`, those on filling in `prepare`.
"""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from engine.data.dataset import Finding
from engine.data.dates import Interval
from engine.data.enough import eased
from engine.data.mapping import Mapping
from engine.data.prepare import Prepared
from engine.data.quality_rules import RULES
from engine.data.rules.view import View
from engine.errors import BadData

GRADES: Final[dict[str, int]] = {"FAIL": 0, "REVIEW": 1, "INFO": 2}


def review(
    prepared: Prepared,
    *,
    start: date | None = None,
    end: date | None = None,
    accepted: Collection[str] = (),
    effects: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """Return every finding about prepared data, worst first: what preparing told, and what the values show."""
    values = check(prepared.frame, prepared.mapping, prepared.interval, start=start, end=end, effects=effects)
    found = eased((*prepared.findings, *values), accepted)
    return tuple(sorted(found, key=lambda finding: GRADES[finding.grade]))


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that stop a training."""
    return [finding for finding in findings if finding.grade == "FAIL"]


def refuse(findings: Iterable[Finding]) -> None:
    """Raise BadData for the first FAIL, saying how many there are. Does nothing if there is none."""
    stops = blocking(findings)
    if stops:
        more = f" ({len(stops) - 1} more of this weight.)" if len(stops) > 1 else ""
        where = f" Where: {stops[0].where}." if stops[0].where else ""
        raise BadData(f"{stops[0].text}{where}{more}", stops[0].remedy, field=stops[0].column)


def drop(mapping: Mapping, findings: Iterable[Finding]) -> Mapping:
    """Return `mapping` without the drivers that never change: they carry nothing and stop Robyn.

    Raises BadData if no paid channel would be left.
    """
    flat = {finding.column for finding in findings if finding.code in ("column.constant", "media.zero")}
    spends = tuple(
        spend for spend in mapping.paid_media_spends if spend not in flat and mapping.exposures.get(spend) not in flat
    )
    if not spends:
        raise BadData(
            "No paid channel changes within the window.",
            "Take a window in which money was spent.",
            field="paid_media_spends",
        )
    return mapping.model_copy(
        update={
            "paid_media_spends": spends,
            "exposures": {spend: name for spend, name in mapping.exposures.items() if spend in spends},
            "organic_vars": tuple(name for name in mapping.organic_vars if name not in flat),
            "context_vars": tuple(name for name in mapping.context_vars if name not in flat),
            "factor_vars": tuple(name for name in mapping.factor_vars if name not in flat),
        }
    )


def check(
    frame: pd.DataFrame,
    mapping: Mapping,
    interval: Interval,
    *,
    start: date | None = None,
    end: date | None = None,
    accepted: Collection[str] = (),
    effects: Collection[str] | None = None,
) -> list[Finding]:
    """Return what the values of a regular frame (a row per period) show, worst first.

    `start` and `end` bound the window that is modelled. `accepted` names rules whose overridable FAIL a
    person has accepted: they become a REVIEW. `effects` are the time effects of the model, if they are known.
    """
    days = pd.to_datetime(frame[mapping.date_var])
    inside = np.ones(len(frame), dtype=bool)
    if start:
        inside &= (days >= pd.Timestamp(start)).to_numpy()
    if end:
        inside &= (days <= pd.Timestamp(end)).to_numpy()
    view = View(frame[inside].reset_index(drop=True), mapping, interval, whole=frame, effects=effects)
    findings = [finding for rule in RULES for finding in rule(view)]
    return sorted(eased(findings, accepted), key=lambda finding: GRADES[finding.grade])
