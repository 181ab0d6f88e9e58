"""A true table, written as people and programs write tables: marks, currencies, dates, encodings, layouts, formats.

`way(seed)` draws one way; `Way.write` writes the truth in it. Every way is one that somebody could have meant.
"""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tests.ods import ods

Number = Callable[[float], str]
FIRST: Final = date(2022, 1, 3)


@dataclass(frozen=True)
class Truth:
    """What a table says: dates, and numbers by column."""

    days: tuple[date, ...]
    columns: dict[str, tuple[float, ...]]

    def sums(self) -> dict[str, float]:
        return {name: sum(values) for name, values in self.columns.items()}


def truth(random: Random, rhythm: str) -> Truth:
    """A table of about two years of days or weeks, or of four years of months."""
    count = {"day": 740, "week": 112, "month": 49}[rhythm]
    days = [FIRST + timedelta(days=n * (7 if rhythm == "week" else 1)) for n in range(count)]
    if rhythm == "month":
        days = [date(2020 + n // 12, n % 12 + 1, 1) for n in range(count)]

    def cents(low: float, high: float) -> tuple[float, ...]:
        return tuple(round(random.uniform(low, high), 2) for _ in days)

    columns = {
        "revenue": cents(120_000, 980_000),
        "tv_spend": tuple(0.0 if random.random() < 0.2 else one for one in cents(800, 40_000)),
        "search_spend": cents(300, 9_000),
        "search_clicks": tuple(float(random.randint(90, 15_000)) for _ in days),
        "avg_price": cents(3, 60),
    }
    return Truth(tuple(days), columns)


def _grouped(thousands: str, decimal: str, places: int | None = None) -> Number:
    def write(value: float) -> str:
        digits = (0 if value == int(value) else 2) if places is None else places
        text = f"{value:,.{digits}f}"
        return text.replace(",", "\0").replace(".", decimal).replace("\0", thousands)

    return write


def _lakh(value: float) -> str:
    whole, _, cents = f"{value:.2f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    parts = []
    while head:
        parts.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*parts, tail]) + "." + cents


MARKS: Final[dict[str, Number]] = {
    "plain": lambda value: f"{value:g}" if value == int(value) and value < 1e6 else f"{value:.2f}",
    "plain, comma": lambda value: f"{value:.2f}".replace(".", ","),
    "english": _grouped(",", ".", 2),
    "english, whole where whole": _grouped(",", "."),
    "german": _grouped(".", ",", 2),
    "french": _grouped("\u202f", ",", 2),
    "blanks": _grouped("\u00a0", ",", 2),
    "swiss": _grouped("'", ".", 2),
    "indian": _lakh,
}
AROUND: Final[dict[str, Callable[[str], str]]] = {
    "bare": lambda text: text,
    "euro behind": lambda text: f"{text} €",
    "dollar before": lambda text: f"${text}",
    "code before": lambda text: f"USD {text}",
    "code behind": lambda text: f"{text} EUR",
    "krona": lambda text: f"kr {text}",
    "real": lambda text: f"R$ {text}",
    "franc": lambda text: f"CHF {text}",
}
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
GERMAN: Final = ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
DATES: Final[dict[str, Callable[[date], str]]] = {
    "iso": lambda day: day.isoformat(),
    "iso with time": lambda day: f"{day.isoformat()} 00:00:00",
    "slashes, year first": lambda day: f"{day:%Y/%m/%d}",
    "dots": lambda day: f"{day:%d.%m.%Y}",
    "short dots": lambda day: f"{day.day}.{day.month}.{day:%y}",
    "american": lambda day: f"{day.month}/{day.day}/{day.year}",
    "british": lambda day: f"{day:%d/%m/%Y}",
    "compact": lambda day: f"{day:%Y%m%d}",
    "named": lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}",
    "named, dashes": lambda day: f"{day:%d}-{MONTHS[day.month - 1]}-{day:%y}",
    "month before day": lambda day: f"{MONTHS[day.month - 1]} {day.day}, {day.year}",
    "with offset": lambda day: f"{day.isoformat()}T00:00:00+01:00",
}
WEEKS: Final[dict[str, Callable[[date], str]]] = {
    "iso week": lambda day: f"{day.isocalendar().year}-W{day.isocalendar().week:02}",
    "iso week and day": lambda day: f"{day.isocalendar().year}-W{day.isocalendar().week:02}-1",
    "german week": lambda day: f"KW {day.isocalendar().week:02} {day.isocalendar().year}",
    "serial": lambda day: str((day - date(1899, 12, 30)).days),
}
MONTHLY: Final[dict[str, Callable[[date], str]]] = {
    "month": lambda day: f"{day:%Y-%m}",
    "compact month": lambda day: f"{day:%Y%m}",
    "named month": lambda day: f"{MONTHS[day.month - 1]}-{day:%y}",
    "german month": lambda day: f"{GERMAN[day.month - 1]} {day.year}",
}
FORMATS: Final = ("csv", "csv", "csv", "tsv", "csv.gz", "zip", "xlsx", "xlsx text", "ods", "parquet")


@dataclass(frozen=True)
class Way:
    """One way to write a table."""

    rhythm: str
    format: str
    delimiter: str
    encoding: str
    dates: str
    marks: dict[str, str]
    around: dict[str, str]
    above: int
    blank_above: bool
    totals: bool
    notes: bool
    index: bool
    blank_column: bool
    two_headers: bool
    random: Random = field(compare=False, repr=False, default_factory=Random)

    def write(self, table: Truth, folder: Path) -> Path:
        """Write the table; returns the file."""
        path = folder / f"weekly media.{self.format.partition(' ')[0]}"
        if self.format == "parquet":
            columns: dict[str, Any] = {"date": pa.array(table.days, pa.date32())} | dict(table.columns)
            pq.write_table(pa.table(columns), path)
            return path
        if self.format in ("xlsx", "ods"):
            cells = self._cells(table, typed=True)
            if self.format == "ods":
                path.write_bytes(ods(cells))
            else:
                _write_xlsx(cells, path)
            return path
        cells = self._cells(table, typed=False)
        if self.format == "xlsx text":
            _write_xlsx(cells, path)
            return path
        text = io.StringIO()
        csv.writer(text, delimiter=self.delimiter, lineterminator="\r\n").writerows(cells)
        written = text.getvalue()
        if self.encoding == "cp1252":  # it has no narrow blank: programs write the wide one
            written = written.replace("\u202f", "\u00a0")
        data = written.encode(self.encoding)
        if self.format == "zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
                packed.writestr("weekly media.csv", data)
            return path
        path.write_bytes(gzip.compress(data) if self.format == "csv.gz" else data)
        return path

    def _cells(self, table: Truth, *, typed: bool) -> list[list[Any]]:
        names = list(table.columns)
        rows: list[list[Any]] = []
        for place, day in enumerate(table.days):
            if typed:
                rows.append([day, *(table.columns[name][place] for name in names)])
            else:
                written = (DATES | WEEKS | MONTHLY)[self.dates](day)
                rows.append([written, *(self._number(name, table.columns[name][place]) for name in names)])
        head = [["date", *names]]
        if self.two_headers:
            head = [["Date", "Revenue", "TV", "Search", "", "Price"], ["", "", "Spend", "Spend", "Clicks", "Average"]]
        if self.totals:
            sums = [sum(table.columns[name]) for name in names]
            rows.append(
                ["Total", *(one if typed else self._number(n, one) for n, one in zip(names, sums, strict=True))]
            )
        width = len(names) + 1
        above = [[f"Report {n}: weekly media", *[""] * (width - 1)] for n in range(self.above)]
        if self.blank_above and self.above:
            above.append([""] * width)
        below = [[""] * width, ["Source: the warehouse, exported on Monday", *[""] * (width - 1)]] if self.notes else []
        body = [*head, *rows]
        if self.index:
            body = [["" if n < len(head) else n - len(head), *row] for n, row in enumerate(body)]
            above, below = ([["", *row] for row in part] for part in (above, below))
        if self.blank_column:
            body, above, below = ([[*row[:2], "", *row[2:]] for row in part] for part in (body, above, below))
        return [*above, *body, *below]

    def _number(self, name: str, value: float) -> str:
        written = MARKS[self.marks[name]](value)
        return AROUND[self.around[name]](written)

    def told(self) -> str:
        """The way in a line, for a failing test."""
        return str(self)


def way(seed: int) -> tuple[Way, Truth]:
    """Draw a way, and a table that is written in it."""
    random = Random(seed)
    rhythm = random.choice(("day", "week", "week", "week", "month"))
    table = truth(random, rhythm)
    kinds = {"day": DATES, "week": DATES | WEEKS, "month": DATES | MONTHLY}[rhythm]
    delimiter = random.choice((",", ";", "\t", "|"))
    format_ = random.choice(FORMATS)
    house = random.choice(tuple(MARKS))
    # One program writes all columns alike, but people paste columns from elsewhere.
    marks = {name: random.choice(tuple(MARKS)) if random.random() < 0.15 else house for name in table.columns}
    around = {name: random.choice(tuple(AROUND)) if name.endswith("spend") else "bare" for name in table.columns}
    return (
        Way(
            rhythm=rhythm,
            format=format_,
            delimiter="\t" if format_ == "tsv" else delimiter,
            encoding=random.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252")),
            dates=random.choice(tuple(kinds)),
            marks=marks,
            around=around,
            above=random.choice((0, 0, 0, 1, 3)),
            blank_above=random.random() < 0.5,
            totals=random.random() < 0.2,
            notes=random.random() < 0.2,
            index=random.random() < 0.15,
            blank_column=random.random() < 0.1,
            two_headers=random.random() < 0.1,
            random=random,
        ),
        table,
    )


def _write_xlsx(cells: list[list[Any]], path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in cells:
        sheet.append([None if cell == "" else cell for cell in row])
    book.save(path)
