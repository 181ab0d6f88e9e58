"""Two snapshots side by side: their rows are fetched, brought onto their grids and compared; answers `dataset_diff`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from engine.cloud.cloud import Cloud
from engine.data.dataset import Dataset
from engine.data.dated_weeks import week_dated
from engine.data.diff import Side, every_difference, summary
from engine.data.difference import Diff, Listed, Retyped
from engine.data.given_csv import as_csv
from engine.data.grid import read_grid
from engine.data.records import read_dataset
from engine.names import alike
from engine.pipeline.answer import Answer, Given, Work
from engine.pipeline.rows import raw_of

# So many differences the file lists; all are counted.
MOST_LISTED: Final = 200_000


def differences(cloud: Cloud, older: Dataset, newer: Dataset, folder: Path) -> Diff:
    """Say what differs between two stored snapshots. `folder`: where their rows may lie meanwhile.

    Raises BadData where one cannot be brought onto a grid, BrokenState where its rows are not those that were checked.
    """
    return summary(*_sides(cloud, older, newer, folder))


def _sides(cloud: Cloud, older: Dataset, newer: Dataset, folder: Path) -> tuple[Side, Side]:
    """Both as they are compared: what is a category in one is read in the other, too."""
    categories = {*older.mapping.factor_vars, *newer.mapping.factor_vars}
    return side_of(cloud, older, folder, categories), side_of(cloud, newer, folder, categories)


def side_of(cloud: Cloud, dataset: Dataset, folder: Path, categories: Collection[str] = ()) -> Side:
    """Return a stored snapshot as it is compared: its numbers and categories, on its own grid.

    categories: further columns that are read although they hold text and play no role.
    """
    raw = raw_of(cloud, dataset, folder)
    schema = pq.read_schema(raw)
    mapping = dataset.mapping
    played = {*mapping.raw_columns, mapping.date_var, mapping.country_var}
    wanted = [field for field in schema if field.name not in played]
    more = [field.name for field in wanted if _is_number(field.type) or field.name in categories]
    grid = read_grid(raw, mapping, dataset.country, columns=more, choices=dataset.choices, weekends_needed=False)
    rows = grid.rows_by_country.get(dataset.country, 0) if mapping.country_var else grid.rows_read
    kinds = {field.name: _kind(field.type) for field in schema}
    return Side(
        frame=grid.frame,
        interval=grid.interval,
        kpi=mapping.dep_var,
        rules=grid.rules,
        types={name: kind for name, kind in kinds.items() if name not in (mapping.date_var, mapping.country_var)},
        rows=rows,
        week_dated=week_dated(mapping, dataset.choices),
    )


def answer_diff(work: Work) -> Answer:
    """Compare the snapshots that were asked for: the facts, and every difference as a file."""
    storage = work.cloud.storage
    older, newer = (read_dataset(storage, str(work.about[name])) for name in ("older", "newer"))
    sides = _sides(work.cloud, older, newer, work.folder)
    found = summary(*sides)
    listed = Listed(
        title=newer.title,
        country=newer.country,
        older=older.id,
        newer=newer.id,
        older_made=older.created_at,
        newer_made=newer.created_at,
        same_rows=older.crc32c == newer.crc32c,
        roles=roles_changed(older, newer),
        diff=found,
    )
    return Answer(listed.model_dump(mode="json"), files=_file(newer, sides, listed) if listed.differs else ())


def _file(newer: Dataset, sides: tuple[Side, Side], told: Listed) -> list[Given]:
    every = every_difference(*sides)
    rows: list[list[Any]] = [["", one.column, "role", one.before, one.after, ""] for one in told.roles]
    rows += every.head(MOST_LISTED).to_numpy().tolist()
    if len(every) > MOST_LISTED:
        rows.append(["", "", f"and {len(every) - MOST_LISTED:,} more", "", "", ""])
    return [Given(f"{file_name(newer)}-differences.csv", "Every difference", as_csv(list(every.columns), rows))]


def file_name(dataset: Dataset) -> str:
    """How a file of a snapshot is called, without its ending."""
    title = alike(dataset.title).replace("/", "-")[:60].strip("-. ") or "dataset"
    return f"{title}-{dataset.country}-{dataset.ts[:15]}"


def roles_changed(older: Dataset, newer: Dataset) -> tuple[Retyped, ...]:
    """Return the columns that play another role than before, in the order of the newer one's roles."""
    was, now = _roles(older), _roles(newer)
    names = [name for name in dict.fromkeys([*now, *was]) if was.get(name) != now.get(name)]
    return tuple(Retyped(column=name, before=was.get(name, ""), after=now.get(name, "")) for name in names)


def _roles(dataset: Dataset) -> dict[str, str]:
    mapping = dataset.mapping
    found = {mapping.date_var: "the date", mapping.dep_var: "the KPI"}
    found |= dict.fromkeys(mapping.paid_media_spends, "a spend")
    found |= {name: f"the exposure of {spend}" for spend, name in mapping.exposures.items() if name != spend}
    found |= dict.fromkeys(mapping.organic_vars, "organic")
    found |= dict.fromkeys(mapping.context_vars, "context") | dict.fromkeys(mapping.factor_vars, "a category")
    return found | ({mapping.country_var: "the country"} if mapping.country_var else {})


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _kind(kind: pa.DataType) -> str:
    if _is_number(kind):
        return "number"
    if pa.types.is_boolean(kind):
        return "yes or no"
    return "date" if pa.types.is_temporal(kind) else "text"
