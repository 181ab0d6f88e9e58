"""Files with the faults that real ones have: three of each kind and more, with what a careful person would read.

Each kind has a small made file beside the checkout where that is at hand, and others made here that differ in
words, marks or place.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

FIELD: Final = Path(__file__).resolve().parents[2] / "shared" / "data" / "field"
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


Table = dict[str, list[str]]


def _weeks(count: int = WEEKS, first: date = MONDAY) -> list[date]:
    return [first + timedelta(days=7 * n) for n in range(count)]


def _numbers(seed: int, low: float, high: float, count: int = WEEKS) -> list[float]:
    random = Random(seed)
    return [round(random.uniform(low, high), 2) for _ in range(count)]


def _whole(seed: int, low: int, high: int, count: int = WEEKS) -> list[int]:
    random = Random(seed)
    return [random.randint(low, high) for _ in range(count)]


def _csv(rows: Sequence[Sequence[object]], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _columns(table: dict[str, Sequence[object]], delimiter: str = ",") -> bytes:
    return _csv([list(table), *zip(*table.values(), strict=True)], delimiter)


def _field(name: str) -> bytes | None:
    path = FIELD / name
    return path.read_bytes() if path.is_file() else None


def _plain_table(seed: int = 1) -> dict[str, list[float]]:
    return {
        "revenue": _numbers(seed, 120_000, 300_000),
        "tv_spend": _numbers(seed + 1, 900, 20_000),
        "search_spend": _numbers(seed + 2, 500, 15_000),
        "social_spend": _numbers(seed + 3, 500, 15_000),
    }


def _dates(days: Sequence[date]) -> list[str]:
    return [day.isoformat() for day in days]


def _sums(table: dict[str, list[float]]) -> dict[str, float]:
    return {name: sum(values) for name, values in table.items()}


def _field_rows(data: bytes | None, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO((data or b"").decode()), delimiter=delimiter))


def _field_sums(data: bytes | None, columns: Sequence[str], read: Callable[[str], float] = float) -> dict[str, float]:
    rows = _field_rows(data)
    if not rows:
        return {}
    head = rows[0]
    return {name: sum(read(row[head.index(name)]) for row in rows[1:] if any(row)) for name in columns}


FIRST, LAST = MONDAY.isoformat(), _weeks()[-1].isoformat()
MEDIA = ("revenue", "tv_spend", "search_spend", "social_spend")


def comma_thousands() -> Iterator[FaultyFile]:
    """Commas between thousands in one column, commas as decimal marks in another."""
    data = _field("comma_thousands_beside_comma_price.csv")
    rows = _field_rows(data, ";")
    sums = {
        name: sum(float(row[place].replace(",", "." if name == "price" else "")) for row in rows[1:])
        for place, name in enumerate(("date", "revenue", "tv_spend", "search_spend", "price"))
        if place
    } if rows else {}  # fmt: skip
    yield FaultyFile(
        "comma thousands", "field", data, "us", Expected(sums, FIRST, LAST, (("tv_spend", r"16.?007|3.?851"),))
    )
    for number, (mark, decimal, names) in enumerate(
        ((",", ",", ("umsatz", "tv_kosten", "preis")), (".", ".", ("sales", "radio_cost", "avg_price")))
    ):
        kpi, spend = _whole(7 + number, 120_000, 300_000), _whole(9 + number, 100, 19_000)
        price = [4.99 + n % 7 / 10 for n in range(WEEKS)]
        table: dict[str, Sequence[object]] = {
            "date": _dates(_weeks()),
            names[0]: [f"{one:,}".replace(",", mark) for one in kpi],
            names[1]: [f"{one:,}".replace(",", mark) for one in spend],
            names[2]: [f"{one:.2f}".replace(".", decimal) for one in price],
        }
        sums = {names[0]: sum(kpi), names[1]: sum(spend), names[2]: sum(round(one, 2) for one in price)}
        yield FaultyFile(
            "comma thousands", f"made, {mark} in both", _columns(table, ";"), "us", Expected(sums, FIRST, LAST)
        )


def dot_thousands() -> Iterator[FaultyFile]:
    """Points between thousands in one column only."""
    data = _field("dot_thousands_clicks_only.csv")
    sums = _field_sums(data, ("revenue", "tv_spend", "search_spend"))
    sums |= _field_sums(data, ("search_clicks",), lambda cell: float(cell.replace(".", "")))
    said = (("search_clicks", r"\d"),)
    yield FaultyFile("dot thousands", "field", data, "us", Expected(sums, FIRST, LAST, said))
    for name, column in (("visits", "site_visits"), ("impressions", "facebook_impressions")):
        table = _plain_table(20)
        counted = _whole(23, 100, 9_999)
        made: dict[str, Sequence[object]] = {"week": _dates(_weeks()), **table}
        made |= {column: [f"{one:,}".replace(",", ".") for one in counted]}
        expected = Expected(_sums(table) | {column: sum(counted)}, FIRST, LAST, ((column, r"\d"),))
        yield FaultyFile("dot thousands", f"made, {name}", _columns(made), "us", expected)


def utc_stamps() -> Iterator[FaultyFile]:
    """Local midnights, written as UTC."""
    data = _field("utc_week_stamps.csv")
    said = (("date", r"(?i)utc|midnight|local"),)
    yield FaultyFile("utc stamps", "field", data, "de", Expected(_field_sums(data, MEDIA), FIRST, LAST, said))
    for name, country, hour, before in (("Tokyo", "jp", 15, 1), ("New York", "us", 5, 0)):
        table = _plain_table(30)
        stamps = [f"{day - timedelta(days=before)}T{hour:02}:00:00Z" for day in _weeks()]
        if country == "us":  # summer time begins on the second Sunday of March and ends on the first of November
            stamps = [f"{day}T{4 if _american_summer(day) else 5:02}:00:00Z" for day in _weeks()]
        made: dict[str, Sequence[object]] = {"date": stamps, **table}
        yield FaultyFile("utc stamps", name, _columns(made), country, Expected(_sums(table), FIRST, LAST))
    constant = [f"{day - timedelta(days=1)} 23:00:00+00:00" for day in _weeks()]
    made = {"woche": constant, **_plain_table(31)}
    expected = Expected(_sums(_plain_table(31)), FIRST, LAST, (("woche", r"(?i)utc|midnight|local"),))
    yield FaultyFile("utc stamps", "Paris, one hour all year", _columns(made), "fr", expected)


def _american_summer(day: date) -> bool:
    march = date(day.year, 3, 8)
    november = date(day.year, 11, 1)
    return march + timedelta(days=6 - march.weekday()) <= day < november + timedelta(days=6 - november.weekday())


def long_by_channel() -> Iterator[FaultyFile]:
    """One row per channel; the KPI stands in each of them."""
    data = _field("long_by_channel_kpi_repeated.csv")
    rows = _field_rows(data)
    sums = {}
    if rows:
        sums = {"revenue": sum({row[0]: float(row[3]) for row in rows[1:]}.values())}
        sums |= {"spend": sum(float(row[2]) for row in rows[1:])}
    yield FaultyFile("long by channel", "field", data, "us", Expected(sums, FIRST, LAST, (("", r"(?i)channel|once"),)))
    for name, names in (
        ("media", ("week", "media", "cost", "sales")),
        ("German", ("Woche", "Kanal", "Kosten", "Umsatz")),
    ):
        kpi = _numbers(40, 100_000, 200_000)
        spends = {channel: _numbers(41 + n, 500, 9_000) for n, channel in enumerate(("TV", "Radio", "Search", "Meta"))}
        body = [
            [day, channel, values[n], kpi[n]]
            for n, day in enumerate(_dates(_weeks()))
            for channel, values in spends.items()
        ]
        expected = Expected(
            {names[2]: sum(map(sum, spends.values())), names[3]: sum(kpi)}, FIRST, LAST, (("", r"(?i)channel|once"),)
        )
        yield FaultyFile("long by channel", f"made, {name}", _csv([names, *body]), "us", expected)


def total_row() -> Iterator[FaultyFile]:
    """Sums below the table."""
    data = _field("total_row_blank_date.csv")
    rows = [row for row in _field_rows(data) if any(row)][:-1]
    sums = (
        {name: sum(float(row[n]) for row in rows[1:]) for n, name in enumerate(("date", *MEDIA)) if n} if rows else {}
    )
    yield FaultyFile("total row", "field", data, "us", Expected(sums, FIRST, LAST, (("", "124"),), row=124))
    for word, gap in (("Total", 0), ("Summe", 1)):
        table = _plain_table(50)
        body: list[list[object]] = [
            [day, *values] for day, *values in zip(_dates(_weeks()), *table.values(), strict=True)
        ]
        body += [[]] * gap
        body.append([word, *(round(sum(values), 2) for values in table.values())])
        expected = Expected(_sums(table), FIRST, LAST, (("", str(WEEKS + 2 + gap)),))
        yield FaultyFile("total row", word, _csv([["date", *table], *body]), "us", expected)


def title_rows() -> Iterator[FaultyFile]:
    """A title above the table."""
    data = _field("title_rows_above.csv")
    rows = _field_rows(data)[3:]
    sums = (
        {name: sum(float(row[n]) for row in rows[1:]) for n, name in enumerate(("date", *MEDIA)) if n} if rows else {}
    )
    yield FaultyFile("title rows", "field", data, "us", Expected(sums, FIRST, LAST, (("", r"(?i)row"),)))
    for name, above, mark in (
        ("one line", [["Wochenbericht"]], ";"),
        ("filters of an export", [["Filter:", "all"], ["From", "2022-01-03", "to", "2024-04-15"], []], ","),
    ):
        table = _plain_table(60)
        body = [["date", *table], *zip(_dates(_weeks()), *table.values(), strict=True)]
        expected = Expected(_sums(table), FIRST, LAST, (("", r"(?i)row"),))
        yield FaultyFile("title rows", name, _csv([*above, *body], mark), "us", expected)


def two_headers() -> Iterator[FaultyFile]:
    """Two header rows: refused, or joined and said."""
    data = _field("two_header_rows.csv")
    yield FaultyFile("two headers", "field", data, "us", Expected(first=FIRST, last=LAST, says=(("", r"(?i)header"),)))
    table = _plain_table(70)
    for name, head in (
        ("merged cells", [["Week", "Revenue", "Spend", "", ""], ["", "", "TV", "Search", "Social"]]),
        (
            "channel over measure",
            [["Week", "Total", "TV", "Search", "Social"], ["", "Revenue", "Cost", "Cost", "Cost"]],
        ),
    ):
        body = zip(_dates(_weeks()), *table.values(), strict=True)
        expected = Expected(first=FIRST, last=LAST, says=(("", r"(?i)header"),))
        yield FaultyFile("two headers", name, _csv([*head, *body]), "us", expected)


def many_headers() -> Iterator[FaultyFile]:
    """Three and four header rows, with and without a title above them."""
    table = _plain_table(75)
    columns = list(table.values())
    body = [list(row) for row in zip(_dates(_weeks()), *columns, strict=True)]
    three = [
        ["", "KPI", "Paid", "Paid", "Paid"],
        ["", "", "TV", "Search", "Social"],
        ["Week", "Revenue", *["Spend"] * 3],
    ]
    names = ("KPI Revenue", "Paid TV Spend", "Paid Search Spend", "Paid Social Spend")
    sums = dict(zip(names, map(sum, columns), strict=True))
    for name, above in (("three", []), ("three below a title", [["", "2022-2024 plan", "", "", ""]])):
        expected = Expected(sums, FIRST, LAST, (("", "header has 3 rows"),))
        yield FaultyFile("many headers", name, _csv([*above, *three, *body]), "us", expected)
    four = [["Week", "Shop", "", "", ""], ["", "KPI", "Media", "", ""], ["", "", "TV", "Online", ""]]
    four += [["", "Revenue", "Spend", "Search Spend", "Social Spend"]]
    expected = Expected(first=FIRST, last=LAST, says=(("", "header has 4 rows"),))
    yield FaultyFile("many headers", "four", _csv([*four, *body]), "us", expected)


def money() -> Iterator[FaultyFile]:
    """Amounts with words around them."""
    data = _field("one_channel_in_USD_text.csv")
    sums = _field_sums(data, MEDIA, lambda cell: float(cell.replace("USD", "")))
    yield FaultyFile("money", "field", data, "us", Expected(sums, FIRST, LAST, roles={"tv_spend": "paid_media_spends"}))
    for name, write in (
        ("krona", lambda value: f"kr {value:,.2f}".replace(",", " ")),
        ("real", lambda value: "R$ " + f"{value:,.2f}".replace(",", "x").replace(".", ",").replace("x", ".")),
        ("franc behind", lambda value: f"{value:,.2f}".replace(",", "'") + " CHF"),
    ):
        table = _plain_table(80)
        made: dict[str, Sequence[object]] = {"date": _dates(_weeks()), **table}
        made |= {"tv_spend": [write(value) for value in table["tv_spend"]]}
        expected = Expected(_sums(table), FIRST, LAST, roles={"tv_spend": "paid_media_spends"})
        yield FaultyFile("money", name, _columns(made), "us", expected)


def no_category() -> Iterator[FaultyFile]:
    """Many distinct numbers under a name that looks like a flag's."""
    data = _field("numeric_column_named_on.csv")
    sums = _field_sums(data, ("revenue", "tv_spend", "search_spend", "impr_on"))
    yield FaultyFile("no category", "field", data, "us", Expected(sums, FIRST, LAST, roles={"impr_on": "!factor_vars"}))
    for column in ("visits_flag", "is_reach"):
        table = _plain_table(90) | {column: [float(one) for one in _whole(93, 1_000, 900_000)]}
        made: dict[str, Sequence[object]] = {"date": _dates(_weeks()), **table}
        expected = Expected(_sums(_plain_table(90)), FIRST, LAST, roles={column: "!factor_vars"})
        yield FaultyFile("no category", column, _columns(made), "us", expected)


def country_names() -> Iterator[FaultyFile]:
    """Countries by name."""
    data = _field("country_names_in_full.csv")
    rows = [row for row in _field_rows(data) if row[1] == "Germany"]
    sums = {n: sum(float(row[i]) for row in rows) for i, n in ((2, "tv_spend"), (3, "search_spend"), (4, "revenue"))}
    yield FaultyFile(
        "country names", "field", data, "de", Expected(sums if rows else {}, FIRST, LAST, roles={"country": "country"})
    )
    for names, country in ((("Deutschland", "Frankreich"), "de"), (("UK", "USA"), "gb"), (("ESP", "FRA"), "es")):
        table, other = _plain_table(100), _plain_table(105)
        body = [
            [day, who, *values]
            for who, part in zip(names, (table, other), strict=True)
            for day, *values in zip(_dates(_weeks()), *part.values(), strict=True)
        ]
        expected = Expected(_sums(table), FIRST, LAST, roles={"market": "country"})
        yield FaultyFile("country names", names[0], _csv([["date", "market", *table], *body]), country, expected)


def mixed_rhythm() -> Iterator[FaultyFile]:
    """Days first, weeks later."""
    data = _field("daily_then_weekly.csv")
    said = (("", r"2022-03-0[37].*week|week.*2022-03-07"),)
    yield FaultyFile("mixed rhythm", "field", data, "us", Expected(says=said, refused=True))
    for name, days, words in (
        (
            "weeks, then days",
            [*_weeks(60), *(date(2023, 2, 27) + timedelta(days=n) for n in range(60))],
            r"2023-02-27|2023-02-20",
        ),
        ("weeks, then months", [*_weeks(60), *(date(2023 + n // 12, n % 12 + 1, 1) for n in range(3, 40))], r"month"),
    ):
        made: dict[str, Sequence[object]] = {
            "date": _dates(days),
            **{n: values for n, values in _plain_of(len(days)).items()},
        }
        yield FaultyFile("mixed rhythm", name, _columns(made), "us", Expected(says=(("", words),), refused=True))


def _plain_of(count: int) -> dict[str, list[float]]:
    return {
        "revenue": _numbers(1, 100_000, 200_000, count),
        "tv_spend": _numbers(2, 900, 20_000, count),
        "search_spend": _numbers(3, 900, 20_000, count),
    }


def other_dates() -> Iterator[FaultyFile]:
    """Dates as spreadsheets and reports write them."""
    for name, first, last in (
        ("excel_serial_dates.csv", FIRST, LAST),
        ("month_as_Jan-20.csv", "2020-01-01", "2023-12-01"),
    ):
        data = _field(name)
        yield FaultyFile("dates", name, data, "us", Expected(_field_sums(data, MEDIA), first, last))
    data = _field("year_and_week_columns.csv")
    yield FaultyFile("dates", "year_and_week_columns.csv", data, "us", Expected(_field_sums(data, MEDIA), FIRST, LAST))
    data = _field("quarterly.csv")
    yield FaultyFile("dates", "quarterly.csv", data, "us", Expected(says=(("", "(?i)quarter"),), refused=True))
    months = [date(2020 + n // 12, n % 12 + 1, 1) for n in range(48)]
    german = ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
    ways: dict[str, tuple[str, Sequence[date], Callable[[date], str]]] = {
        "202205": ("month", months, lambda day: f"{day:%Y%m}"),
        "Mär 2020": ("monat", months, lambda day: f"{german[day.month - 1]} {day.year}"),
        "2022-W01-1": ("week", _weeks(), lambda day: f"{day.isocalendar().year}-W{day.isocalendar().week:02}-1"),
        "KW 01 2022": ("Woche", _weeks(), lambda day: f"KW {day.isocalendar().week:02} {day.isocalendar().year}"),
        "serial of days": ("Datum", _weeks(), lambda day: str((day - date(1899, 12, 30)).days)),
    }
    for name, (column, days, write) in ways.items():
        table = _plain_of(len(days))
        made: dict[str, Sequence[object]] = {column: [write(day) for day in days], **table}
        expected = Expected(_sums(table), days[0].isoformat(), days[-1].isoformat())
        yield FaultyFile("dates", name, _columns(made), "us", expected)
    table = _plain_of(WEEKS)
    for year, week in (("iso_year", "iso_week"), ("Jahr", "KW")):
        made = {
            year: [day.isocalendar().year for day in _weeks()],
            week: [day.isocalendar().week for day in _weeks()],
            **table,
        }
        yield FaultyFile("dates", f"{year} and {week}", _columns(made), "de", Expected(_sums(table), FIRST, LAST))


def far_dates() -> Iterator[FaultyFile]:
    """Dates that no calendar of sales holds."""
    data = _field("far_date.csv")
    yield FaultyFile("far dates", "field", data, "us", Expected(says=(("", "9999-12-31"),), refused=True))
    for written in ("1970-01-01", "0001-01-01", "2099-12-31", "1899-12-30"):
        days = _dates(_weeks())
        days[50] = written
        made: dict[str, Sequence[object]] = {"date": days, **_plain_table(110)}
        expected = Expected(says=(("", written),), refused=True, row=52)
        yield FaultyFile("far dates", written, _columns(made), "us", expected)


def odd_first_rows() -> Iterator[FaultyFile]:
    """The first rows below the header have no date that can be read: they are rows all the same."""
    table = _plain_table(120)
    body = list(zip(_dates(_weeks()), *table.values(), strict=True))
    for name, words in (("range without a year", "3 - 9 Jan"), ("a word", "kick-off")):
        odd = [(words, *body[0][1:]), *body[1:]]
        expected = Expected(says=(("week", words),), refused=True, row=2)
        yield FaultyFile("odd first rows", name, _csv([["week", *table], *odd]), "us", expected)
    total = ["Total", *(round(sum(values), 2) for values in table.values())]
    expected = Expected(_sums(table), FIRST, LAST, (("", "(?i)total.*left out"),), row=2)
    yield FaultyFile("odd first rows", "total first", _csv([["week", *table], total, *body]), "us", expected)


def east_asian() -> Iterator[FaultyFile]:
    """Dates and money as they are written in Japan and Korea."""
    table = _plain_table(130)
    whole = {name: [round(value) for value in values] for name, values in table.items()}
    sums = {name: float(sum(values)) for name, values in whole.items()}
    weekdays = "月火水木金土日"
    for name, write, money, encoding in (
        ("Japan", lambda day: f"{day.year}年{day.month}月{day.day}日", "¥{:,}", "cp932"),
        ("Japan, weekday", lambda day: f"{day:%Y/%m/%d}({weekdays[day.weekday()]})", "{:,}円", "utf-8"),
        ("Korea", lambda day: f"{day.year}년 {day.month}월 {day.day}일", "{:,}원", "utf-8"),
    ):
        made: dict[str, Sequence[object]] = {"date": [write(day) for day in _weeks()]}
        made |= {column: [money.format(value) for value in values] for column, values in whole.items()}
        # A yen sign and a backslash are one character in Shift-JIS.
        data = _columns(made).decode().replace("¥", "\\" if encoding == "cp932" else "¥").encode(encoding)
        yield FaultyFile("east asian", name, data, "jp", Expected(sums, FIRST, LAST))
    months = [date(2019 + n // 12, n % 12 + 1, 1) for n in range(60)]
    monthly = _plain_of(60)
    made = {"month": [f"{day.year}年{day.month:02}月" for day in months], **monthly}
    expected = Expected(_sums(monthly), "2019-01-01", "2023-12-01")
    yield FaultyFile("east asian", "months", _columns(made), "jp", expected)


def on_its_side() -> Iterator[FaultyFile]:
    """A column for each date."""
    table = _plain_table(140)
    for name, days in (("iso", _dates(_weeks())), ("German", [f"{day:%d.%m.%Y}" for day in _weeks()])):
        rows = [["metric", *days], *([column, *values] for column, values in table.items())]
        expected = Expected(says=(("", "(?i)transpose"),), refused=True, row=1)
        yield FaultyFile("on its side", name, _csv(rows), "us", expected)


def ends_of_weeks() -> Iterator[FaultyFile]:
    """Weeks that are dated by their last day, by the name of the column."""
    table = _plain_table(150)
    for name, column, after in (("Saturdays", "Week ending", 5), ("Sundays", "w/e", 6), ("German", "Woche bis", 6)):
        days = [day + timedelta(days=after) for day in _weeks()]
        made: dict[str, Sequence[object]] = {column: _dates(days), **table}
        said = ((column, "(?i)by their last day.*holds"),)
        expected = Expected(_sums(table), days[0].isoformat(), days[-1].isoformat(), said)
        yield FaultyFile("ends of weeks", name, _columns(made), "us", expected)


def counts_in_groups() -> Iterator[FaultyFile]:
    """Counts of whole things, all with a mark before three digits: nobody counts thousandths of an order."""
    for name, column, mark, delimiter in (
        ("points", "orders", ".", ","),
        ("clicks", "search_clicks", ".", ","),
        ("visits", "Site Visits", ",", ";"),
    ):
        table, counted = _plain_table(160), _whole(161, 1_000, 9_999)
        made: dict[str, Sequence[object]] = {"week": _dates(_weeks()), **table}
        made |= {column: [f"{one:,}".replace(",", mark) for one in counted]}
        expected = Expected(_sums(table) | {column: sum(counted)}, FIRST, LAST, ((column, r"\d"),))
        yield FaultyFile("counts in groups", name, _columns(made, delimiter), "us", expected)


def other_money() -> Iterator[FaultyFile]:
    """Lakh and the like, as they are written in India."""
    table = _plain_table(170)
    shown = [round(value / 1e5, 4) for value in table["revenue"]]
    for name, write in (("L", "₹{} L"), ("lakh", "Rs. {} lakh"), ("Lacs", "INR {} Lacs")):
        made: dict[str, Sequence[object]] = {"date": _dates(_weeks()), **table}
        made |= {"revenue": [write.format(value) for value in shown]}
        expected = Expected({"revenue": sum(shown) * 1e5}, FIRST, LAST, (("revenue", r"\d"),))
        yield FaultyFile("other money", name, _columns(made), "in", expected)


def fiscal_periods() -> Iterator[FaultyFile]:
    """Weeks and months of a year that may begin elsewhere: taken as the calendar's, and said."""
    table = _plain_table(180)
    weeks = [day.isocalendar() for day in _weeks()]
    made: dict[str, Sequence[object]] = {
        "fiscal_year": [week.year for week in weeks],
        "fiscal_week": [week.week for week in weeks],
        **table,
    }
    yield FaultyFile(
        "fiscal periods", "weeks", _columns(made), "de", Expected(_sums(table), FIRST, LAST, (("date", "fiscal"),))
    )


def total_in_a_column_of_text() -> Iterator[FaultyFile]:
    """A total whose label stands in a column of text, behind an empty date."""
    table = _plain_table(190)
    for name, word in (("Total", "Total"), ("Summe", "Summe"), ("All", "All")):
        titles = [f"flight {n % 7}" for n in range(WEEKS)]
        body: list[Sequence[object]] = list(zip(_dates(_weeks()), titles, *table.values(), strict=True))
        body.append(["", word, *(round(sum(values), 2) for values in table.values())])
        expected = Expected(_sums(table), FIRST, LAST, (("", str(WEEKS + 2)),), row=WEEKS + 2)
        yield FaultyFile("total beside", name, _csv([["date", "title", *table], *body]), "us", expected)


def marks_for_nothing() -> Iterator[FaultyFile]:
    """Rows that hold little but marks for no value, the first of them right below the header."""
    table = _plain_table(200)
    for name, mark in (("dashes", "--"), ("Eurostat", ":"), ("points", ".."), ("words", "n.d.")):
        holes: dict[str, Sequence[object]] = {"week": _dates(_weeks()), "revenue": table["revenue"]}
        sums = {"revenue": sum(table["revenue"])}
        for column in ("tv_spend", "search_spend", "social_spend"):
            holes[column] = [mark if n < 3 or n % 9 == 0 else value for n, value in enumerate(table[column])]
            sums[column] = sum(value for value in holes[column] if isinstance(value, float))
        expected = Expected(sums, FIRST, LAST, (("tv_spend", "(?i)no value"),))
        yield FaultyFile("marks for nothing", name, _columns(holes), "us", expected)


def kept_as_text() -> Iterator[FaultyFile]:
    """Values that an export protects from being read as what they are."""
    table = _plain_table(210)
    for name, write in (("formula", '="{}"'), ("apostrophe", "'{}")):
        rows: list[list[object]] = [["week", *table]]
        for day, *values in zip(_dates(_weeks()), *table.values(), strict=True):
            rows.append([write.format(day), *(write.format(value) for value in values)])
        yield FaultyFile("kept as text", name, _csv(rows), "us", Expected(_sums(table), FIRST, LAST))
    rows = [["week", *table]]
    rows += [[f'="{day}"', *values] for day, *values in zip(_dates(_weeks()), *table.values(), strict=True)]
    bare = "\n".join(";".join(map(str, row)) for row in rows).encode()
    yield FaultyFile("kept as text", "unquoted", bare, "us", Expected(_sums(table), FIRST, LAST))


KINDS: Final = (
    comma_thousands,
    dot_thousands,
    utc_stamps,
    long_by_channel,
    total_row,
    title_rows,
    two_headers,
    many_headers,
    money,
    no_category,
    country_names,
    mixed_rhythm,
    other_dates,
    far_dates,
    odd_first_rows,
    east_asian,
    on_its_side,
    ends_of_weeks,
    counts_in_groups,
    other_money,
    fiscal_periods,
    total_in_a_column_of_text,
    marks_for_nothing,
    kept_as_text,
)
FILES: Final = tuple(one for kind in KINDS for one in kind())
