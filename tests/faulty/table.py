"""What a faulty file is, and the tables that such files are made of."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

FIELD: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "field"
MONDAY: Final = date(2022, 1, 3)
WEEKS: Final = 120


@dataclass(frozen=True)
class Expected:
    """What is right: sums by column; the first and last period; words that must be said; or a refusal."""

    sums: dict[str, float] = field(default_factory=dict)
    first: str | None = None
    last: str | None = None
    says: tuple[tuple[str, str], ...] = ()
    """(column or nothing, a pattern in a finding's or the refusal's text)"""
    roles: dict[str, str] = field(default_factory=dict)
    refused: bool = False
    row: int | None = None


@dataclass(frozen=True)
class FaultyFile:
    """A file, the country it is said to be about, and what is right. `data` is None where the file is not at hand."""

    kind: str
    name: str
    data: bytes | None
    country: str
    expected: Expected

    @property
    def id(self) -> str:
        return f"{self.kind}: {self.name}"


def weeks(count: int = WEEKS, first: date = MONDAY) -> list[date]:
    return [first + timedelta(days=7 * n) for n in range(count)]


def numbers(seed: int, low: float, high: float, count: int = WEEKS) -> list[float]:
    random = Random(seed)
    return [round(random.uniform(low, high), 2) for _ in range(count)]


def whole(seed: int, low: int, high: int, count: int = WEEKS) -> list[int]:
    random = Random(seed)
    return [random.randint(low, high) for _ in range(count)]


def csv_of(rows: Sequence[Sequence[object]], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def columns_of(table: dict[str, Sequence[object]], delimiter: str = ",") -> bytes:
    return csv_of([list(table), *zip(*table.values(), strict=True)], delimiter)


def field_file(name: str) -> bytes | None:
    path = FIELD / name
    return path.read_bytes() if path.is_file() else None


def plain_table(seed: int = 1) -> dict[str, list[float]]:
    return {
        "revenue": numbers(seed, 120_000, 300_000),
        "tv_spend": numbers(seed + 1, 900, 20_000),
        "search_spend": numbers(seed + 2, 500, 15_000),
        "social_spend": numbers(seed + 3, 500, 15_000),
    }


def plain_of(count: int) -> dict[str, list[float]]:
    return {
        "revenue": numbers(1, 100_000, 200_000, count),
        "tv_spend": numbers(2, 900, 20_000, count),
        "search_spend": numbers(3, 900, 20_000, count),
    }


def dates_of(days: Sequence[date]) -> list[str]:
    return [day.isoformat() for day in days]


def sums_of(table: dict[str, list[float]]) -> dict[str, float]:
    return {name: sum(values) for name, values in table.items()}


def field_rows(data: bytes | None, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO((data or b"").decode()), delimiter=delimiter))


def field_sums(data: bytes | None, columns: Sequence[str], read: Callable[[str], float] = float) -> dict[str, float]:
    rows = field_rows(data)
    if not rows:
        return {}
    head = rows[0]
    return {name: sum(read(row[head.index(name)]) for row in rows[1:] if any(row)) for name in columns}


FIRST, LAST = MONDAY.isoformat(), weeks()[-1].isoformat()
MEDIA = ("revenue", "tv_spend", "search_spend", "social_spend")
