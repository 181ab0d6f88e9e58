"""Frames to check, and what a check finds in them."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.data.check.applied import Applied
from engine.data.check.profiles import BALANCED, Profile
from engine.data.check.report import Item, Report, check
from engine.data.mapping import Mapping
from engine.data.recipe import Recipe, recipe_of

TODAY = date(2026, 7, 1)
WEEKS = 130


def plain_weeks(seed: int = 0, weeks: int = WEEKS) -> pd.DataFrame:
    """A shop about which there is little to say: three channels, a price, a season."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2024-01-01", periods=weeks, freq="7D")
    frame = pd.DataFrame({"date": days.strftime("%Y-%m-%d")})
    for name, level in (("tv_cost", 900.0), ("search_cost", 400.0), ("radio_cost", 250.0)):
        frame[name] = rng.gamma(6, level / 6, weeks).round(2)
    frame["price"] = (20 + rng.normal(0, 1, weeks)).round(2)
    season = 5000 + 600 * np.sin(2 * np.pi * np.arange(weeks) / 52.18)
    frame["revenue"] = (season + 1.5 * np.sqrt(frame.tv_cost * 900) + 0.8 * frame.search_cost).round(2)
    frame["revenue"] += rng.normal(0, 120, weeks).round(2)
    return frame


def roles(frame: pd.DataFrame, **more: Any) -> Mapping:
    """Roles by the ends of names."""
    spends = tuple(name for name in frame if name.endswith("_cost"))
    taken = {"date", "revenue", *spends, *more.get("exposures", {}).values(), *more.get("organic_vars", ())}
    taken |= set(more.pop("unused", ()))
    context = tuple(name for name in frame if name not in taken)
    known = {"date_var": "date", "dep_var": "revenue", "paid_media_spends": spends, "context_vars": context}
    return Mapping.model_validate(known | more)


def applied(folder: Path, frame: pd.DataFrame, mapping: Mapping, further: tuple[str, ...] = ()) -> Applied:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "raw.parquet"
    frame.to_parquet(path)
    return Applied(path, mapping, "fr", today=TODAY, further=further)


def checked(
    folder: Path,
    frame: pd.DataFrame,
    mapping: Mapping | None = None,
    *,
    recipe: Recipe | None = None,
    asked: Profile = BALANCED,
    further: tuple[str, ...] = (),
    **more: Any,
) -> Report:
    mapping = mapping or roles(frame)
    known = {"today": TODAY} | more
    return check(applied(folder, frame, mapping, further), recipe or recipe_of(mapping), asked, **known)


def codes(report: Report) -> set[str]:
    return {one.finding.code for one in report.items}


def item(report: Report, code: str, column: str | None = None) -> Item:
    return next(
        one
        for one in report.items
        if one.finding.code == code and (column is None or one.finding.column == column)
    )  # fmt: skip
