"""Read a training's results into frames. The only place of this wing that needs pandas."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from engine.errors import BrokenState
from engine.results.check import check_results
from engine.results.contract import ACTUAL, FITTED, INTERCEPT, TABLES, Table
from engine.results.from_csv import from_csv
from engine.results.summary import Summary

# Adstocks in the order of the codes in a column `_kinds`; `fit.transforms.ADSTOCKS` has them too.
KINDS = ("geometric", "weibull_cdf", "weibull_pdf", "delayed")


# A context variable that is 0 in this share of periods is absent then.
OFTEN_ABSENT = 1 / 3


@dataclass(frozen=True)
class Results:
    """One training's results. Frames as in `contract.py`; `ds` is datetime64."""

    folder: Path
    summary: Summary
    candidates: pd.DataFrame
    coefficients: pd.DataFrame
    decomposition: pd.DataFrame
    response_curves: pd.DataFrame
    allocation: pd.DataFrame
    ranges: pd.DataFrame
    clusters: pd.DataFrame
    forecast: pd.DataFrame
    convergence: pd.DataFrame
    draws: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def chosen(self) -> str:
        """The solID of the model that is reported."""
        return self.summary.chosen

    @property
    def channels(self) -> tuple[str, ...]:
        """The paid channels, in the order of the configuration."""
        return tuple(channel.channel for channel in self.summary.channels)

    @property
    def efficiency(self) -> str:
        """The column that says how well a channel works: `roi_total` for revenue, `cpa_total` for conversions."""
        return "roi_total" if self.summary.dep_var_type == "revenue" else "cpa_total"

    @property
    def hyperparameters(self) -> Mapping[str, float]:
        """The chosen model's hyperparameters, by name."""
        row = self.candidate(self.chosen)
        names = [name for name in self.summary.hyperparameters if name in row.index]
        return MappingProxyType({name: float(row[name]) for name in names})

    def adstock_of(self, channel: str) -> tuple[str, float, float]:
        """The chosen model's adstock of a channel: its kind, its first and its second parameter.

        geometric: theta and 0; delayed: theta and the peak in periods; Weibull: shape and scale, a share of the rows.
        """
        found, kind = self.hyperparameters, str(self.summary.adstock)
        if kind == "auto":
            kind = KINDS[min(int(found[f"{channel}_kinds"]), len(KINDS) - 1)]
        first, second = ("thetas", "peaks") if kind in ("geometric", "delayed") else ("shapes", "scales")
        return kind, found[f"{channel}_{first}"], 0.0 if kind == "geometric" else found[f"{channel}_{second}"]

    def candidate(self, sol_id: str) -> "pd.Series[Any]":
        """The row of one candidate."""
        [(_, row)] = self.candidates[self.candidates["solID"] == sol_id].iterrows()
        return row

    @cached_property
    def model(self) -> pd.DataFrame:
        """The chosen model's coefficients, indexed by `rn`, in model order."""
        return self.model_of(self.chosen)

    @cached_property
    def paid(self) -> pd.DataFrame:
        """The chosen model's paid channels, indexed by `rn`, in the order of the configuration."""
        return self.model.loc[list(self.channels)]

    def model_of(self, sol_id: str) -> pd.DataFrame:
        """One candidate's coefficients, indexed by `rn`."""
        return self.coefficients[self.coefficients["solID"] == sol_id].set_index("rn")

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """The chosen model over time: one row per date, one column per variable."""
        rows = self.decomposition[self.decomposition["solID"] == self.chosen]
        wide = rows.pivot(index="ds", columns="rn", values="xDecomp")
        return wide[[name for name in self.model.index if name in wide]]

    @cached_property
    def parts(self) -> "pd.Series[float]":
        """What each part of the chosen model brings in the window, counted from the average situation, in model order.

        A price or a temperature has no level at which it is absent: what it brings at its mean is the base's, and of it
        only the ups and downs are left, which add up to 0. What is often 0, as an event is, counts from 0.
        """
        totals = self.model["xDecompAgg"].astype(float).copy()
        for name in self.summary.context_vars:
            if name in self.contributions and (self.contributions[name] == 0).mean() < OFTEN_ABSENT:
                totals[INTERCEPT] = totals.get(INTERCEPT, 0.0) + totals[name]
                totals[name] = 0.0
        return totals

    @cached_property
    def fit(self) -> pd.DataFrame:
        """Actual (`dep_var`) and fitted (`depVarHat`) of the chosen model, one row per date."""
        rows = self.decomposition[self.decomposition["solID"] == self.chosen]
        rows = rows[rows["rn"].isin([ACTUAL, FITTED])]
        return rows.pivot(index="ds", columns="rn", values="xDecomp")[[ACTUAL, FITTED]]

    def curve(self, channel: str) -> pd.DataFrame:
        """The chosen model's response curve of one channel, by rising spend."""
        rows = self.response_curves
        rows = rows[(rows["solID"] == self.chosen) & (rows["channel"] == channel)]
        return rows.sort_values("spend").reset_index(drop=True)


def load_results(folder: Path) -> Results:
    """Read a trainer's OUT folder, or its `results/`. Raises BrokenState if they break the contract."""
    problems = check_results(folder)
    if problems:
        raise BrokenState("The results of this training cannot be read.", "Run it again.", detail="; ".join(problems))
    if (folder / "results").is_dir():
        folder = folder / "results"
    frames = {table.name: _frame(folder, table) for table in TABLES}
    for name in ("decomposition", "forecast"):
        days = pd.to_datetime(frames[name]["ds"]).astype("datetime64[ns]")
        frames[name] = frames[name].assign(ds=days)
    summary = Summary.model_validate_json((folder / "summary.json").read_bytes())
    return Results(folder=folder, summary=summary, **frames)


def _frame(folder: Path, table: Table) -> pd.DataFrame:
    """Read a table that keeps the contract: Parquet, or CSV as R has written it. What came later is read as empty."""
    frame: pd.DataFrame
    if (folder / table.file).is_file():
        frame = pd.read_parquet(folder / table.file)
    elif (folder / table.text_file).is_file():
        frame = from_csv(folder / table.text_file, table).to_pandas()
    else:
        frame = pd.DataFrame(columns=[column.name for column in table.columns])
    return frame.assign(**{one.name: float("nan") for one in table.columns if one.later and one.name not in frame})


__all__ = ["INTERCEPT", "Results", "load_results"]
