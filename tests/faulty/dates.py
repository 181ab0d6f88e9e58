"""Files whose dates can be misread: stamps, weeks, months, far and mixed ones."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from tests.faulty.table import (
    FIRST,
    LAST,
    MEDIA,
    WEEKS,
    Expected,
    FaultyFile,
    columns_of,
    dates_of,
    field_file,
    field_sums,
    plain_of,
    plain_table,
    sums_of,
    weeks,
)


def utc_stamps() -> Iterator[FaultyFile]:
    """Local midnights, written as UTC."""
    data = field_file("utc_week_stamps.csv")
    said = (("date", r"(?i)utc|midnight|local"),)
    yield FaultyFile("utc stamps", "field", data, "de", Expected(field_sums(data, MEDIA), FIRST, LAST, said))
    for name, country, hour, before in (("Tokyo", "jp", 15, 1), ("New York", "us", 5, 0)):
        table = plain_table(30)
        stamps = [f"{day - timedelta(days=before)}T{hour:02}:00:00Z" for day in weeks()]
        if country == "us":  # summer time begins on the second Sunday of March and ends on the first of November
            stamps = [f"{day}T{4 if _american_summer(day) else 5:02}:00:00Z" for day in weeks()]
        made: dict[str, Sequence[object]] = {"date": stamps, **table}
        yield FaultyFile("utc stamps", name, columns_of(made), country, Expected(sums_of(table), FIRST, LAST))
    constant = [f"{day - timedelta(days=1)} 23:00:00+00:00" for day in weeks()]
    made = {"woche": constant, **plain_table(31)}
    expected = Expected(sums_of(plain_table(31)), FIRST, LAST, (("woche", r"(?i)utc|midnight|local"),))
    yield FaultyFile("utc stamps", "Paris, one hour all year", columns_of(made), "fr", expected)


def _american_summer(day: date) -> bool:
    march = date(day.year, 3, 8)
    november = date(day.year, 11, 1)
    return march + timedelta(days=6 - march.weekday()) <= day < november + timedelta(days=6 - november.weekday())


def mixed_rhythm() -> Iterator[FaultyFile]:
    """Days first, weeks later."""
    data = field_file("daily_then_weekly.csv")
    said = (("", r"2022-03-0[37].*week|week.*2022-03-07"),)
    yield FaultyFile("mixed rhythm", "field", data, "us", Expected(says=said, refused=True))
    for name, days, words in (
        (
            "weeks, then days",
            [*weeks(60), *(date(2023, 2, 27) + timedelta(days=n) for n in range(60))],
            r"2023-02-27|2023-02-20",
        ),
        ("weeks, then months", [*weeks(60), *(date(2023 + n // 12, n % 12 + 1, 1) for n in range(3, 40))], r"month"),
    ):
        made: dict[str, Sequence[object]] = {
            "date": dates_of(days),
            **{n: values for n, values in plain_of(len(days)).items()},
        }
        yield FaultyFile("mixed rhythm", name, columns_of(made), "us", Expected(says=(("", words),), refused=True))


def other_dates() -> Iterator[FaultyFile]:
    """Dates as spreadsheets and reports write them."""
    for name, first, last in (
        ("excel_serial_dates.csv", FIRST, LAST),
        ("month_as_Jan-20.csv", "2020-01-01", "2023-12-01"),
    ):
        data = field_file(name)
        yield FaultyFile("dates", name, data, "us", Expected(field_sums(data, MEDIA), first, last))
    data = field_file("year_and_week_columns.csv")
    yield FaultyFile("dates", "year_and_week_columns.csv", data, "us", Expected(field_sums(data, MEDIA), FIRST, LAST))
    data = field_file("quarterly.csv")
    yield FaultyFile("dates", "quarterly.csv", data, "us", Expected(says=(("", "(?i)quarter"),), refused=True))
    months = [date(2020 + n // 12, n % 12 + 1, 1) for n in range(48)]
    german = ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
    ways: dict[str, tuple[str, Sequence[date], Callable[[date], str]]] = {
        "202205": ("month", months, lambda day: f"{day:%Y%m}"),
        "Mär 2020": ("monat", months, lambda day: f"{german[day.month - 1]} {day.year}"),
        "2022-W01-1": ("week", weeks(), lambda day: f"{day.isocalendar().year}-W{day.isocalendar().week:02}-1"),
        "KW 01 2022": ("Woche", weeks(), lambda day: f"KW {day.isocalendar().week:02} {day.isocalendar().year}"),
        "serial of days": ("Datum", weeks(), lambda day: str((day - date(1899, 12, 30)).days)),
    }
    for name, (column, days, write) in ways.items():
        table = plain_of(len(days))
        made: dict[str, Sequence[object]] = {column: [write(day) for day in days], **table}
        expected = Expected(sums_of(table), days[0].isoformat(), days[-1].isoformat())
        yield FaultyFile("dates", name, columns_of(made), "us", expected)
    table = plain_of(WEEKS)
    for year, week in (("iso_year", "iso_week"), ("Jahr", "KW")):
        made = {
            year: [day.isocalendar().year for day in weeks()],
            week: [day.isocalendar().week for day in weeks()],
            **table,
        }
        yield FaultyFile("dates", f"{year} and {week}", columns_of(made), "de", Expected(sums_of(table), FIRST, LAST))


def far_dates() -> Iterator[FaultyFile]:
    """Dates that no calendar of sales holds."""
    data = field_file("far_date.csv")
    yield FaultyFile("far dates", "field", data, "us", Expected(says=(("", "9999-12-31"),), refused=True))
    for written in ("1970-01-01", "0001-01-01", "2099-12-31", "1899-12-30"):
        days = dates_of(weeks())
        days[50] = written
        made: dict[str, Sequence[object]] = {"date": days, **plain_table(110)}
        expected = Expected(says=(("", written),), refused=True, row=52)
        yield FaultyFile("far dates", written, columns_of(made), "us", expected)


def ends_of_weeks() -> Iterator[FaultyFile]:
    """Weeks that are dated by their last day, by the name of the column."""
    table = plain_table(150)
    for name, column, after in (("Saturdays", "Week ending", 5), ("Sundays", "w/e", 6), ("German", "Woche bis", 6)):
        days = [day + timedelta(days=after) for day in weeks()]
        made: dict[str, Sequence[object]] = {column: dates_of(days), **table}
        said = ((column, "(?i)by their last day.*holds"),)
        expected = Expected(sums_of(table), days[0].isoformat(), days[-1].isoformat(), said)
        yield FaultyFile("ends of weeks", name, columns_of(made), "us", expected)


def fiscal_periods() -> Iterator[FaultyFile]:
    """Weeks and months of a year that may begin elsewhere: taken as the calendar's, and said."""
    table = plain_table(180)
    counted = [day.isocalendar() for day in weeks()]
    made: dict[str, Sequence[object]] = {
        "fiscal_year": [week.year for week in counted],
        "fiscal_week": [week.week for week in counted],
        **table,
    }
    yield FaultyFile(
        "fiscal periods", "weeks", columns_of(made), "de", Expected(sums_of(table), FIRST, LAST, (("date", "fiscal"),))
    )


def east_asian() -> Iterator[FaultyFile]:
    """Dates and money as they are written in Japan and Korea."""
    table = plain_table(130)
    whole = {name: [round(value) for value in values] for name, values in table.items()}
    sums = {name: float(sum(values)) for name, values in whole.items()}
    weekdays = "月火水木金土日"
    for name, write, money, encoding in (
        ("Japan", lambda day: f"{day.year}年{day.month}月{day.day}日", "¥{:,}", "cp932"),
        ("Japan, weekday", lambda day: f"{day:%Y/%m/%d}({weekdays[day.weekday()]})", "{:,}円", "utf-8"),
        ("Korea", lambda day: f"{day.year}년 {day.month}월 {day.day}일", "{:,}원", "utf-8"),
    ):
        made: dict[str, Sequence[object]] = {"date": [write(day) for day in weeks()]}
        made |= {column: [money.format(value) for value in values] for column, values in whole.items()}
        # A yen sign and a backslash are one character in Shift-JIS.
        data = columns_of(made).decode().replace("¥", "\\" if encoding == "cp932" else "¥").encode(encoding)
        yield FaultyFile("east asian", name, data, "jp", Expected(sums, FIRST, LAST))
    months = [date(2019 + n // 12, n % 12 + 1, 1) for n in range(60)]
    monthly = plain_of(60)
    made = {"month": [f"{day.year}年{day.month:02}月" for day in months], **monthly}
    expected = Expected(sums_of(monthly), "2019-01-01", "2023-12-01")
    yield FaultyFile("east asian", "months", columns_of(made), "jp", expected)
