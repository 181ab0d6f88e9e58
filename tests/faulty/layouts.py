"""Files whose table stands elsewhere or otherwise: long, on its side, with totals, titles and headers."""

from collections.abc import Iterator, Sequence

from tests.faulty.table import (
    FIRST,
    LAST,
    MEDIA,
    WEEKS,
    Expected,
    FaultyFile,
    csv_of,
    dates_of,
    field_file,
    field_rows,
    numbers,
    plain_table,
    sums_of,
    weeks,
)


def long_by_channel() -> Iterator[FaultyFile]:
    """One row per channel; the KPI stands in each of them."""
    data = field_file("long_by_channel_kpi_repeated.csv")
    rows = field_rows(data)
    sums = {}
    if rows:
        sums = {"revenue": sum({row[0]: float(row[3]) for row in rows[1:]}.values())}
        sums |= {"spend": sum(float(row[2]) for row in rows[1:])}
    yield FaultyFile("long by channel", "field", data, "us", Expected(sums, FIRST, LAST, (("", r"(?i)channel|once"),)))
    for name, names in (
        ("media", ("week", "media", "cost", "sales")),
        ("German", ("Woche", "Kanal", "Kosten", "Umsatz")),
    ):
        kpi = numbers(40, 100_000, 200_000)
        spends = {channel: numbers(41 + n, 500, 9_000) for n, channel in enumerate(("TV", "Radio", "Search", "Meta"))}
        body = [
            [day, channel, values[n], kpi[n]]
            for n, day in enumerate(dates_of(weeks()))
            for channel, values in spends.items()
        ]
        expected = Expected(
            {names[2]: sum(map(sum, spends.values())), names[3]: sum(kpi)}, FIRST, LAST, (("", r"(?i)channel|once"),)
        )
        yield FaultyFile("long by channel", f"made, {name}", csv_of([names, *body]), "us", expected)


def total_row() -> Iterator[FaultyFile]:
    """Sums below the table."""
    data = field_file("total_row_blank_date.csv")
    rows = [row for row in field_rows(data) if any(row)][:-1]
    sums = (
        {name: sum(float(row[n]) for row in rows[1:]) for n, name in enumerate(("date", *MEDIA)) if n} if rows else {}
    )
    yield FaultyFile("total row", "field", data, "us", Expected(sums, FIRST, LAST, (("", "124"),), row=124))
    for word, gap in (("Total", 0), ("Summe", 1)):
        table = plain_table(50)
        body: list[list[object]] = [
            [day, *values] for day, *values in zip(dates_of(weeks()), *table.values(), strict=True)
        ]
        body += [[]] * gap
        body.append([word, *(round(sum(values), 2) for values in table.values())])
        expected = Expected(sums_of(table), FIRST, LAST, (("", str(WEEKS + 2 + gap)),))
        yield FaultyFile("total row", word, csv_of([["date", *table], *body]), "us", expected)


def total_in_a_column_of_text() -> Iterator[FaultyFile]:
    """A total whose label stands in a column of text, behind an empty date."""
    table = plain_table(190)
    for name, word in (("Total", "Total"), ("Summe", "Summe"), ("All", "All")):
        titles = [f"flight {n % 7}" for n in range(WEEKS)]
        body: list[Sequence[object]] = list(zip(dates_of(weeks()), titles, *table.values(), strict=True))
        body.append(["", word, *(round(sum(values), 2) for values in table.values())])
        expected = Expected(sums_of(table), FIRST, LAST, (("", str(WEEKS + 2)),), row=WEEKS + 2)
        yield FaultyFile("total beside", name, csv_of([["date", "title", *table], *body]), "us", expected)


def title_rows() -> Iterator[FaultyFile]:
    """A title above the table."""
    data = field_file("title_rows_above.csv")
    rows = field_rows(data)[3:]
    sums = (
        {name: sum(float(row[n]) for row in rows[1:]) for n, name in enumerate(("date", *MEDIA)) if n} if rows else {}
    )
    yield FaultyFile("title rows", "field", data, "us", Expected(sums, FIRST, LAST, (("", r"(?i)row"),)))
    for name, above, mark in (
        ("one line", [["Wochenbericht"]], ";"),
        ("filters of an export", [["Filter:", "all"], ["From", "2022-01-03", "to", "2024-04-15"], []], ","),
    ):
        table = plain_table(60)
        body = [["date", *table], *zip(dates_of(weeks()), *table.values(), strict=True)]
        expected = Expected(sums_of(table), FIRST, LAST, (("", r"(?i)row"),))
        yield FaultyFile("title rows", name, csv_of([*above, *body], mark), "us", expected)


def two_headers() -> Iterator[FaultyFile]:
    """Two header rows: refused, or joined and said."""
    data = field_file("two_header_rows.csv")
    yield FaultyFile("two headers", "field", data, "us", Expected(first=FIRST, last=LAST, says=(("", r"(?i)header"),)))
    table = plain_table(70)
    for name, head in (
        ("merged cells", [["Week", "Revenue", "Spend", "", ""], ["", "", "TV", "Search", "Social"]]),
        (
            "channel over measure",
            [["Week", "Total", "TV", "Search", "Social"], ["", "Revenue", "Cost", "Cost", "Cost"]],
        ),
    ):
        body = zip(dates_of(weeks()), *table.values(), strict=True)
        expected = Expected(first=FIRST, last=LAST, says=(("", r"(?i)header"),))
        yield FaultyFile("two headers", name, csv_of([*head, *body]), "us", expected)


def many_headers() -> Iterator[FaultyFile]:
    """Three and four header rows, with and without a title above them."""
    table = plain_table(75)
    columns = list(table.values())
    body = [list(row) for row in zip(dates_of(weeks()), *columns, strict=True)]
    three = [
        ["", "KPI", "Paid", "Paid", "Paid"],
        ["", "", "TV", "Search", "Social"],
        ["Week", "Revenue", *["Spend"] * 3],
    ]
    names = ("KPI Revenue", "Paid TV Spend", "Paid Search Spend", "Paid Social Spend")
    sums = dict(zip(names, map(sum, columns), strict=True))
    for name, above in (("three", []), ("three below a title", [["", "2022-2024 plan", "", "", ""]])):
        expected = Expected(sums, FIRST, LAST, (("", "header has 3 rows"),))
        yield FaultyFile("many headers", name, csv_of([*above, *three, *body]), "us", expected)
    four = [["Week", "Shop", "", "", ""], ["", "KPI", "Media", "", ""], ["", "", "TV", "Online", ""]]
    four += [["", "Revenue", "Spend", "Search Spend", "Social Spend"]]
    expected = Expected(first=FIRST, last=LAST, says=(("", "header has 4 rows"),))
    yield FaultyFile("many headers", "four", csv_of([*four, *body]), "us", expected)


def odd_first_rows() -> Iterator[FaultyFile]:
    """The first rows below the header have no date that can be read: they are rows all the same."""
    table = plain_table(120)
    body = list(zip(dates_of(weeks()), *table.values(), strict=True))
    for name, words in (("range without a year", "3 - 9 Jan"), ("a word", "kick-off")):
        odd = [(words, *body[0][1:]), *body[1:]]
        expected = Expected(says=(("week", words),), refused=True, row=2)
        yield FaultyFile("odd first rows", name, csv_of([["week", *table], *odd]), "us", expected)
    total = ["Total", *(round(sum(values), 2) for values in table.values())]
    expected = Expected(sums_of(table), FIRST, LAST, (("", "(?i)total.*left out"),), row=2)
    yield FaultyFile("odd first rows", "total first", csv_of([["week", *table], total, *body]), "us", expected)


def on_its_side() -> Iterator[FaultyFile]:
    """A column for each date."""
    table = plain_table(140)
    for name, days in (("iso", dates_of(weeks())), ("German", [f"{day:%d.%m.%Y}" for day in weeks()])):
        rows = [["metric", *days], *([column, *values] for column, values in table.items())]
        expected = Expected(says=(("", "(?i)transpose"),), refused=True, row=1)
        yield FaultyFile("on its side", name, csv_of(rows), "us", expected)


def country_names() -> Iterator[FaultyFile]:
    """Countries by name."""
    data = field_file("country_names_in_full.csv")
    rows = [row for row in field_rows(data) if row[1] == "Germany"]
    sums = {n: sum(float(row[i]) for row in rows) for i, n in ((2, "tv_spend"), (3, "search_spend"), (4, "revenue"))}
    yield FaultyFile(
        "country names", "field", data, "de", Expected(sums if rows else {}, FIRST, LAST, roles={"country": "country"})
    )
    for names, country in ((("Deutschland", "Frankreich"), "de"), (("UK", "USA"), "gb"), (("ESP", "FRA"), "es")):
        table, other = plain_table(100), plain_table(105)
        body = [
            [day, who, *values]
            for who, part in zip(names, (table, other), strict=True)
            for day, *values in zip(dates_of(weeks()), *part.values(), strict=True)
        ]
        expected = Expected(sums_of(table), FIRST, LAST, roles={"market": "country"})
        yield FaultyFile("country names", names[0], csv_of([["date", "market", *table], *body]), country, expected)
