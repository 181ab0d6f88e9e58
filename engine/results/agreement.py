"""Whether the files of one training agree with each other: the checks that need more than one table."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from engine.results.contract import ACTUAL, FITTED
from engine.results.summary import Summary


def disagreements(summary: Summary, tables: Mapping[str, pa.Table]) -> list[str]:
    """Say where the tables contradict each other or the summary."""
    return [
        *_names(summary, tables),
        *_shares(summary, tables["coefficients"]),
        *_sums(tables["decomposition"]),
        *_curves(summary, tables["response_curves"]),
        *_search(summary, tables["convergence"]),
    ]


def _names(summary: Summary, tables: Mapping[str, pa.Table]) -> list[str]:
    problems = []
    known = _distinct(tables["candidates"], "solID")
    if len(known) != tables["candidates"].num_rows:
        problems.append("candidates.parquet: a solID appears more than once")
    for name in ("candidates", "coefficients", "decomposition", "response_curves"):
        there = _distinct(tables[name], "solID")
        if summary.chosen not in there:
            problems.append(f"{name}.parquet: the chosen model {summary.chosen} is not in it")
        if there - known:
            problems.append(f"{name}.parquet: {min(there - known)} is not among the candidates")
    if missing := known - _distinct(tables["coefficients"], "solID"):
        problems.append(f"coefficients.parquet: candidate {min(missing)} has no coefficients")
    for name in summary.hyperparameters:
        if name not in (*tables["candidates"].column_names, "lambda"):
            problems.append(f"candidates.parquet: hyperparameter {name} is missing")
    if tables["candidates"].num_rows != summary.selection.candidates:
        problems.append("summary.json: selection.candidates is not the number of candidates")
    return problems


def _shares(summary: Summary, coefficients: pa.Table) -> list[str]:
    problems = []
    channels = {channel.channel for channel in summary.channels}
    rows = coefficients.select(
        ["solID", "rn", "xDecompPerc", "spend_share", "effect_share", "range_low", "range_high"]
    ).to_pylist()
    of_all: dict[str, float] = {}
    spend: dict[str, float] = {}
    paid: dict[str, set[str]] = {}
    for row in rows:
        of_all[row["solID"]] = of_all.get(row["solID"], 0.0) + row["xDecompPerc"]
        if row["rn"] in channels:
            paid.setdefault(row["solID"], set()).add(row["rn"])
            spend[row["solID"]] = spend.get(row["solID"], 0.0) + (row["spend_share"] or 0.0)
        low, high = row["range_low"], row["range_high"]
        if low is not None and high is not None and low > high:
            problems.append(f"coefficients.parquet: {row['solID']} {row['rn']}: range_low is above range_high")
    for sol_id in of_all:
        if abs(of_all[sol_id] - 1) > 1e-6:
            problems.append(f"coefficients.parquet: xDecompPerc of {sol_id} sums to {of_all[sol_id]:.6g}, not 1")
        if paid.get(sol_id) != channels:
            problems.append(f"coefficients.parquet: {sol_id} does not have every paid channel")
        elif abs(spend[sol_id] - 1) > 1e-6:
            problems.append(f"coefficients.parquet: spend_share of {sol_id} sums to {spend[sol_id]:.6g}, not 1")
    return problems


def _sums(decomposition: pa.Table) -> list[str]:
    fitted = decomposition.filter(pc.equal(decomposition["rn"], FITTED))
    parts = decomposition.filter(pc.invert(pc.is_in(decomposition["rn"], pa.array([FITTED, ACTUAL]))))
    whole = _by_day(parts.group_by(["solID", "ds"]).aggregate([("xDecomp", "sum")]), "xDecomp_sum")
    problems = []
    if fitted.num_rows != len(whole):
        problems.append(f"decomposition.parquet: {FITTED} is missing for some dates")
    for key, value in _by_day(fitted, "xDecomp").items():
        if key in whole and abs(whole[key] - value) > 1e-6 * max(1.0, abs(value)):
            problems.append(f"decomposition.parquet: {key[0]} {key[1]}: the parts do not sum to {FITTED}")
            break
    return problems


def _curves(summary: Summary, curves: pa.Table) -> list[str]:
    problems = []
    channels = {channel.channel for channel in summary.channels}
    if strange := _distinct(curves, "channel") - channels:
        problems.append(f"response_curves.parquet: {min(strange)} is not a paid channel")
    means = curves.group_by(["solID", "channel"]).aggregate([("is_mean", "sum")]).to_pylist()
    for row in means:
        if row["is_mean_sum"] != 1:
            problems.append(
                f"response_curves.parquet: {row['solID']} {row['channel']} has {row['is_mean_sum']} mean points"
            )
    return problems


def _search(summary: Summary, convergence: pa.Table) -> list[str]:
    if convergence.num_rows != summary.selection.evaluated:
        return [
            f"convergence.parquet: {convergence.num_rows} rows, but {summary.selection.evaluated} models were evaluated"
        ]
    return []


def _distinct(table: pa.Table, column: str) -> set[Any]:
    return set(pc.unique(table[column]).to_pylist())


def _by_day(table: pa.Table, value: str) -> dict[tuple[str, Any], float]:
    return dict(
        zip(
            zip(table["solID"].to_pylist(), table["ds"].to_pylist(), strict=True),
            table[value].to_pylist(),
            strict=True,
        )
    )
