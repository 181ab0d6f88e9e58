"""The check of a training's results against their contract: every file, every column, and one with the other."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types
from pydantic import ValidationError

from engine.errors import BrokenState
from engine.results.agreement import disagreements
from engine.results.contract import TABLES, Column, Kind, Table
from engine.results.from_csv import from_csv
from engine.results.summary import Summary


def check_results(out: Path) -> list[str]:
    """Say everything that is wrong with the results in `out` (a trainer's OUT folder, or its `results/`).

    A table that is not there as Parquet may be there as CSV, as R has written it.
    """
    folder = out / "results" if (out / "results").is_dir() else out
    problems: list[str] = []
    summary = _read_summary(folder / "summary.json", problems)
    tables = {table.name: found for table in TABLES if (found := _read_table(folder, table, problems)) is not None}
    if summary is not None and not problems:
        problems += disagreements(summary, tables)
    return problems


def _read_summary(path: Path, problems: list[str]) -> Summary | None:
    try:
        return Summary.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        problems.append(f"{path.name} is missing")
    except ValidationError as error:
        problems += [f"{path.name}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return None


def _read_table(folder: Path, table: Table, problems: list[str]) -> pa.Table | None:
    path, text = folder / table.file, folder / table.text_file
    if not path.is_file() and not text.is_file():
        if not table.later:
            problems.append(f"{table.file} is missing")
        return None
    try:
        found = pq.read_table(path) if path.is_file() else from_csv(text, table)
    except (pa.ArrowException, OSError) as error:
        problems.append(f"{table.file} cannot be read: {error}")
        return None
    except BrokenState as error:
        problems.append(error.what.rstrip("."))
        return None
    problems += [f"{table.file}: {text}" for column in table.columns for text in _column_problems(found, column)]
    if not found.num_rows and not table.may_be_empty:
        problems.append(f"{table.file} has no rows")
    return found


def _column_problems(found: Any, column: Column) -> list[str]:
    if column.name not in found.column_names:
        return [] if column.later else [f"column {column.name} is missing"]
    values = found.column(column.name)
    if not _is_of(values.type, column.kind) and not (column.empty and str(values.type) == "null"):
        return [f"column {column.name} should hold {column.kind}, not {values.type}"]
    if values.null_count and not column.empty:
        return [f"column {column.name} has {values.null_count} missing values"]
    return []


def _is_of(found: Any, kind: Kind) -> bool:
    if types.is_dictionary(found):
        found = found.value_type
    return bool(
        {
            "text": types.is_string(found) or types.is_large_string(found),
            "whole": types.is_integer(found),
            "number": types.is_floating(found) or types.is_integer(found),
            "yes/no": types.is_boolean(found),
            "day": types.is_date(found) or types.is_timestamp(found),
        }[kind]
    )
