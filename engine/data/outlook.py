"""What an upload would make of a source: its columns, their roles and sums, and everything that would be told.

The very code of an upload, without its storage: the file is read, the roles are guessed, the rows are prepared
and checked. Where a role stays open, a person would be asked; what can be said without it is said.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.data.dataset import Finding
from engine.data.guess import Guess, guess
from engine.data.intake.choices import Choices
from engine.data.intake.file import Asked, Facts, inspect, to_parquet
from engine.data.mapping import Mapping, validate_mapping
from engine.data.prepare import Prepared, prepare
from engine.data.quality import blocking, review
from engine.data.week_dates import week_dated_guess
from engine.errors import BadData, BadInput
from engine.labels import label

ROLES = {
    "date_var": "date",
    "dep_var": "dep_var",
    "paid_media_spends": "paid_media_spends",
    "organic_vars": "organic_vars",
    "factor_vars": "factor_vars",
    "context_vars": "context_vars",
    "country_var": "country",
}
ASKED_FOR = {
    "date_var": "the date",
    "dep_var": "what should be explained",
    "paid_media_spends": "the spends of paid media",
}


@dataclass(frozen=True)
class ColumnOutlook:
    """One column: its role (empty if it gets none), and the sum of its values as they would be trained on."""

    name: str
    role: str
    label: str
    sum: float | None
    missing: int
    unit: str


@dataclass(frozen=True)
class Refusal:
    """Why the source would not be taken."""

    text: str
    todo: str
    row: int | None = None
    column: str = ""


@dataclass(frozen=True)
class Outlook:
    """What would become of a source. `rows` are those of the source; dates are those of the periods."""

    rows: int = 0
    first_date: str | None = None
    last_date: str | None = None
    rhythm: str | None = None
    columns: tuple[ColumnOutlook, ...] = ()
    findings: tuple[Finding, ...] = ()
    refused: Refusal | None = None

    def as_json(self) -> dict[str, Any]:
        """The outlook for programs."""
        return {
            "rows": self.rows,
            "first_date": self.first_date,
            "last_date": self.last_date,
            "rhythm": self.rhythm,
            "columns": [vars(column) for column in self.columns],
            "findings": [_finding(one) for one in self.findings],
            "refused": vars(self.refused) if self.refused else None,
        }


def as_text(seen: Outlook) -> str:
    """The outlook for people: what it is, column by column, and what would be told."""
    lines = []
    if seen.first_date:
        lines.append(f"{seen.rows:,} rows, by {seen.rhythm}, from {seen.first_date} to {seen.last_date}.")
    elif seen.rows:
        lines.append(f"{seen.rows:,} rows.")
    width = max((len(column.name) for column in seen.columns), default=0)
    for column in seen.columns:
        total = "" if column.sum is None else f"{column.sum:,.2f}{f' {column.unit}' if column.unit else ''}"
        missing = f", {column.missing:,} empty" if column.missing else ""
        lines.append(f"  {column.name:<{width}}  {column.role or '(no role)':<17}  {total}{missing}".rstrip())
    for one in seen.findings:
        place = f" Where: {one.where}." if one.where else ""
        lines.append(f"{one.grade:<6} {one.text}{place} {one.remedy}".rstrip())
    if seen.refused:
        lines.append(f"Refused: {seen.refused.text} {seen.refused.todo}".rstrip())
    return "\n".join(lines)


class OpenSource:
    """A source that is looked at: how its columns are learnt, and how its rows are written as Parquet."""

    def __init__(
        self,
        columns: Callable[[], Facts],
        rows: Callable[[Path, Collection[str] | None], tuple[Finding, ...]],
        choices: Choices | None = None,
    ) -> None:
        self.columns, self.rows, self.choices = columns, rows, choices or {}


def file_outlook(path: Path, asked: Asked) -> Outlook:
    """Say what an upload would make of a file. Never raises BadInput: what would be refused is in `refused`."""
    source = OpenSource(
        lambda: inspect(path, asked),
        lambda into, needed: to_parquet(path, into, asked, needed=needed).findings,
        asked.choices,
    )
    return outlook(source, asked.country)


def outlook(source: OpenSource, country: str) -> Outlook:
    """Say what would become of a source for a country; without one, for the country that most rows are of."""
    facts: Facts | None = None
    try:
        facts = source.columns()
        roles = guess(facts.columns, country)
        with TemporaryDirectory() as folder:
            return _with_rows(source, facts, roles, country, Path(folder) / "raw.parquet")
    except BadInput as error:
        known = _columns(facts, None, None, None) if facts else ()
        return Outlook(
            rows=facts.rows if facts else 0,
            columns=known,
            findings=facts.findings if facts else (),
            refused=_refusal(error),
        )


def _with_rows(source: OpenSource, facts: Facts, roles: Guess, country: str, raw: Path) -> Outlook:
    open_roles = [name for name in ASKED_FOR if not getattr(roles, name)]
    if open_roles:
        if "date_var" in open_roles and not any(column.type in ("date", "text") for column in facts.columns):
            raise BadData("No column holds dates.", "Add a column with the date of each row.", field="date_var")
        source.rows(raw, None)
        return Outlook(
            rows=_rows(facts, raw),
            columns=_columns(facts, roles, None, raw),
            findings=(*facts.findings, *(_asked(name) for name in open_roles)),
        )
    if problems := validate_mapping(roles, facts.columns):
        field, text = problems[0]
        raise BadData(text, "Choose the roles in the form.", field=field)
    doubts = source.rows(raw, roles.raw_columns)
    assumed: tuple[Finding, ...] = ()
    if roles.country_var and not country:
        country, told = _likeliest_country(raw, roles.country_var)
        assumed = (told,)
    prepared = prepare(raw, roles, country, choices=source.choices)
    sure = True
    if prepared.interval == "week":
        dated, _, sure = week_dated_guess(roles.date_var, prepared.first.weekday(), country)
        if dated == "last":  # the form is filled with it
            roles = roles.model_copy(update={"week_dated": "last"})
            prepared = prepare(raw, roles, country, choices=source.choices)
    # A column without a role is told of too: the form shows it, and somebody may choose it there.
    unused = [one for one in facts.findings if one not in doubts]
    seen = (*doubts, *unused, *assumed, *review(prepared))
    findings = tuple(_asked_in_the_form(one) if one.code == "date.week_dated" and not sure else one for one in seen)
    stops = [finding for finding in blocking(findings) if not finding.overridable]
    return Outlook(
        rows=_rows(facts, raw),
        first_date=prepared.first.isoformat(),
        last_date=prepared.last.isoformat(),
        rhythm=prepared.interval,
        columns=_columns(facts, roles, prepared, raw),
        findings=findings,
        refused=_stopped(stops[0]) if stops else None,
    )


def _asked_in_the_form(finding: Finding) -> Finding:
    """What a person is asked in the form is a guess before."""
    return finding.model_copy(update={"grade": "REVIEW"})


def _likeliest_country(raw: Path, column: str) -> tuple[str, Finding]:
    counts = pd.Series(pq.read_table(raw, columns=[column])[column].to_pandas()).value_counts()
    text = (
        f"No country was given; the rows of {counts.index[0]} were looked at ({counts.iloc[0]:,} of {counts.sum():,})."
    )
    return str(counts.index[0]), Finding(
        code="country.assumed", grade="REVIEW", column=column, text=text, remedy="Give the country with --country."
    )


def _columns(
    facts: Facts, roles: Mapping | None, prepared: Prepared | None, raw: Path | None
) -> tuple[ColumnOutlook, ...]:
    played = dict(_played(roles)) if roles else {}
    missing, sums = _missing(facts, raw), _sums(prepared, raw)
    return tuple(
        ColumnOutlook(
            name=column.name,
            role=played.get(column.name, ""),
            label=label(column.name),
            sum=sums.get(column.name),
            missing=missing[column.name],
            unit=column.unit,
        )
        for column in facts.columns
    )


def _rows(facts: Facts, raw: Path) -> int:
    """How many rows the source has; of a warehouse that is known once they were read."""
    return facts.rows or int(pq.read_metadata(raw).num_rows)


def _missing(facts: Facts, raw: Path | None) -> dict[str, int]:
    if facts.missing or raw is None or not raw.exists():
        counts = facts.missing or (0,) * len(facts.columns)
        return dict(zip([column.name for column in facts.columns], counts, strict=True))
    names = [column.name for column in facts.columns]
    found = dict.fromkeys(names, 0)
    with pq.ParquetFile(raw) as file:
        for batch in file.iter_batches(columns=[name for name in names if name in file.schema_arrow.names]):
            for name in batch.schema.names:
                found[name] += batch[name].null_count
    return found


def _played(roles: Mapping) -> Iterator[tuple[str, str]]:
    """Every column with a role, as (name, role); a column that is a category is not also told as context."""
    for field, role in reversed(ROLES.items()):
        value = getattr(roles, field)
        yield from ((name, role) for name in ((value,) if isinstance(value, str) else value) if name)
    yield from ((name, "paid_media_vars") for spend, name in roles.exposures.items() if name != spend)
    yield from ((name, "factor_vars") for name in roles.factor_vars)


def _sums(prepared: Prepared | None, raw: Path | None) -> dict[str, float | None]:
    """The sum of each column as it would be trained on; of the rows as they are, where it plays no role."""
    found: dict[str, float | None] = {}
    if prepared is not None:
        for name, values in prepared.frame.items():
            numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
            found[str(name)] = float(values.sum()) if numeric else None
    if raw is None or not raw.exists():
        return found
    with pq.ParquetFile(raw) as file:
        left = [field.name for field in file.schema_arrow if field.name not in found and _numeric(field.type)]
        found |= dict.fromkeys(left, 0.0)
        for group in range(file.num_row_groups if left else 0):
            for batch in file.iter_batches(row_groups=[group], columns=left):
                for name, column in zip(batch.schema.names, batch.columns, strict=True):
                    part = pc.sum(column.cast(pa.float64(), safe=False)).as_py()
                    found[name] = (found[name] or 0.0) + (part or 0.0)
    return found


def _numeric(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _asked(name: str) -> Finding:
    return Finding(
        code="role.open",
        grade="REVIEW",
        text=f"No column is surely {ASKED_FOR[name]}: the form asks for it.",
        remedy="Choose it in the form.",
    )


def _refusal(error: BadInput) -> Refusal:
    return Refusal(error.what, error.todo, error.row, error.column)


def _stopped(finding: Finding) -> Refusal:
    where = f" Where: {finding.where}." if finding.where else ""
    return Refusal(f"{finding.text}{where}", finding.remedy, finding.row, finding.column)


def _finding(one: Finding) -> dict[str, Any]:
    where = f" ({one.where})" if one.where else ""
    return {
        "rule": one.code,
        "severity": one.grade,
        "column": one.column,
        "row": one.row,
        "value": one.value,
        "text": f"{one.text}{where}",
        "remedy": one.remedy,
    }
