"""A snapshot's rows under another mapping: copied from the snapshot that has them, and the version that it makes."""

from contextlib import suppress
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from engine import paths
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Storage
from engine.data.dataset import Dataset, Draft, Finding
from engine.data.mapped import Beside, mapping_versions, read_version, same_roles, save_version, version_of
from engine.data.mapping import Mapping
from engine.data.records import read_dataset
from engine.errors import BadData, BrokenState, NotFound
from engine.listing import ASK
from engine.paths import UNIVERSAL

# What is told beside a file that says what columns mean.
OF_FILE: Final = "mapping.file"
# What was told of dates on reading a source; all else about them is seen in the rows.
OF_DATES: Final = {f"date.{name}" for name in ("ambiguous", "made", "numbered", "range", "utc", "week_numbers")}


def copy_rows(cloud: Cloud, draft: Draft, mapping: Mapping, raw: Path) -> tuple[Dataset, tuple[Finding, ...]]:
    """Bring the rows of the dataset that a draft gives other roles; returns that dataset, and doubts on its reading.

    Raises BadData where the rows are gone, or hold as text what is to be a number now, BrokenState.
    """
    try:
        dataset = read_dataset(cloud.storage, draft.rows_of)
        stored = cloud.storage.get_file(paths.raw_data(dataset.country, dataset.ts), raw)
    except NotFound as error:
        raise BadData("The rows are not there any more.", "Somebody deleted them: make the dataset again.") from error
    if stored.crc32c != dataset.crc32c:
        raise BrokenState("The stored rows of a dataset are not those that were written.", ASK, detail=dataset.id)
    types = {column.name: column.type for column in dataset.columns}
    for field in pq.read_schema(raw):
        wants = field.name in mapping.raw_columns and types.get(field.name) == "number"
        if wants and (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            raise BadData(
                f"Column “{field.name}” holds values that are no numbers: unused, it was kept as text.",
                "Make the dataset again with /mmm dataset new: you are told where those values are.",
            )
    used = {"", *mapping.raw_columns}
    read = tuple(one for one in dataset.findings if one.column in used and _of_reading(one.code))
    return dataset, (*read, *(one for one in draft.findings if one.code == OF_FILE))


def _of_reading(code: str) -> bool:
    """Whether a rule speaks of how a source was read: what it found goes with the rows, whatever their roles are."""
    return code.partition(".")[0] in ("number", "file", "layout") or code in OF_DATES


def known_version(storage: Storage, draft: Draft, mapping: Mapping) -> str:
    """Return the version that says what `mapping` says, for the same countries; empty where it is a new one.

    A version that it names already is its own; else the newest is looked at that whoever made it may know of.
    """
    if mapping.version:
        return mapping.version
    eyes = Beside(draft.who, draft.channel)
    for line in mapping_versions(storage, draft.title, draft.country, eyes)[:1]:
        with suppress(NotFound):
            newest = read_version(storage, line.id)
            if newest.universal == (draft.scope == UNIVERSAL) and same_roles(newest.mapping, mapping):
                return newest.id
    return ""


def keep_version(storage: Storage, dataset: Dataset, scope: str) -> None:
    """Store the mapping version that a snapshot's own roles are, before anything names it. Safe to repeat."""
    save_version(storage, version_of(dataset, scope, made_from=dataset.rows_of))
