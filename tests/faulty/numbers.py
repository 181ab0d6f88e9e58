"""Files whose numbers can be misread: marks, currencies, counts, what stands for no value."""

from collections.abc import Iterator, Sequence

from tests.faulty.table import (
    FIRST,
    LAST,
    MEDIA,
    WEEKS,
    Expected,
    FaultyFile,
    columns_of,
    csv_of,
    dates_of,
    field_file,
    field_rows,
    field_sums,
    plain_table,
    sums_of,
    weeks,
    whole,
)


def comma_thousands() -> Iterator[FaultyFile]:
    """Commas between thousands in one column, commas as decimal marks in another."""
    data = field_file("comma_thousands_beside_comma_price.csv")
    rows = field_rows(data, ";")
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
        kpi, spend = whole(7 + number, 120_000, 300_000), whole(9 + number, 100, 19_000)
        price = [4.99 + n % 7 / 10 for n in range(WEEKS)]
        table: dict[str, Sequence[object]] = {
            "date": dates_of(weeks()),
            names[0]: [f"{one:,}".replace(",", mark) for one in kpi],
            names[1]: [f"{one:,}".replace(",", mark) for one in spend],
            names[2]: [f"{one:.2f}".replace(".", decimal) for one in price],
        }
        sums = {names[0]: sum(kpi), names[1]: sum(spend), names[2]: sum(round(one, 2) for one in price)}
        yield FaultyFile(
            "comma thousands", f"made, {mark} in both", columns_of(table, ";"), "us", Expected(sums, FIRST, LAST)
        )


def dot_thousands() -> Iterator[FaultyFile]:
    """Points between thousands in one column only."""
    data = field_file("dot_thousands_clicks_only.csv")
    sums = field_sums(data, ("revenue", "tv_spend", "search_spend"))
    sums |= field_sums(data, ("search_clicks",), lambda cell: float(cell.replace(".", "")))
    said = (("search_clicks", r"\d"),)
    yield FaultyFile("dot thousands", "field", data, "us", Expected(sums, FIRST, LAST, said))
    for name, column in (("visits", "site_visits"), ("impressions", "facebook_impressions")):
        table = plain_table(20)
        counted = whole(23, 100, 9_999)
        made: dict[str, Sequence[object]] = {"week": dates_of(weeks()), **table}
        made |= {column: [f"{one:,}".replace(",", ".") for one in counted]}
        expected = Expected(sums_of(table) | {column: sum(counted)}, FIRST, LAST, ((column, r"\d"),))
        yield FaultyFile("dot thousands", f"made, {name}", columns_of(made), "us", expected)


def money() -> Iterator[FaultyFile]:
    """Amounts with words around them."""
    data = field_file("one_channel_in_USD_text.csv")
    sums = field_sums(data, MEDIA, lambda cell: float(cell.replace("USD", "")))
    yield FaultyFile("money", "field", data, "us", Expected(sums, FIRST, LAST, roles={"tv_spend": "paid_media_spends"}))
    for name, write in (
        ("krona", lambda value: f"kr {value:,.2f}".replace(",", " ")),
        ("real", lambda value: "R$ " + f"{value:,.2f}".replace(",", "x").replace(".", ",").replace("x", ".")),
        ("franc behind", lambda value: f"{value:,.2f}".replace(",", "'") + " CHF"),
    ):
        table = plain_table(80)
        made: dict[str, Sequence[object]] = {"date": dates_of(weeks()), **table}
        made |= {"tv_spend": [write(value) for value in table["tv_spend"]]}
        expected = Expected(sums_of(table), FIRST, LAST, roles={"tv_spend": "paid_media_spends"})
        yield FaultyFile("money", name, columns_of(made), "us", expected)


def other_money() -> Iterator[FaultyFile]:
    """Lakh and the like, as they are written in India."""
    table = plain_table(170)
    shown = [round(value / 1e5, 4) for value in table["revenue"]]
    for name, write in (("L", "₹{} L"), ("lakh", "Rs. {} lakh"), ("Lacs", "INR {} Lacs")):
        made: dict[str, Sequence[object]] = {"date": dates_of(weeks()), **table}
        made |= {"revenue": [write.format(value) for value in shown]}
        expected = Expected({"revenue": sum(shown) * 1e5}, FIRST, LAST, (("revenue", r"\d"),))
        yield FaultyFile("other money", name, columns_of(made), "in", expected)


def counts_in_groups() -> Iterator[FaultyFile]:
    """Counts of whole things, all with a mark before three digits: nobody counts thousandths of an order."""
    for name, column, mark, delimiter in (
        ("points", "orders", ".", ","),
        ("clicks", "search_clicks", ".", ","),
        ("visits", "Site Visits", ",", ";"),
    ):
        table, counted = plain_table(160), whole(161, 1_000, 9_999)
        made: dict[str, Sequence[object]] = {"week": dates_of(weeks()), **table}
        made |= {column: [f"{one:,}".replace(",", mark) for one in counted]}
        expected = Expected(sums_of(table) | {column: sum(counted)}, FIRST, LAST, ((column, r"\d"),))
        yield FaultyFile("counts in groups", name, columns_of(made, delimiter), "us", expected)


def marks_for_nothing() -> Iterator[FaultyFile]:
    """Rows that hold little but marks for no value, the first of them right below the header."""
    table = plain_table(200)
    for name, mark in (("dashes", "--"), ("Eurostat", ":"), ("points", ".."), ("words", "n.d.")):
        holes: dict[str, Sequence[object]] = {"week": dates_of(weeks()), "revenue": table["revenue"]}
        sums = {"revenue": sum(table["revenue"])}
        for column in ("tv_spend", "search_spend", "social_spend"):
            holes[column] = [mark if n < 3 or n % 9 == 0 else value for n, value in enumerate(table[column])]
            sums[column] = sum(value for value in holes[column] if isinstance(value, float))
        expected = Expected(sums, FIRST, LAST, (("tv_spend", "(?i)no value"),))
        yield FaultyFile("marks for nothing", name, columns_of(holes), "us", expected)


def kept_as_text() -> Iterator[FaultyFile]:
    """Values that an export protects from being read as what they are."""
    table = plain_table(210)
    for name, write in (("formula", '="{}"'), ("apostrophe", "'{}")):
        rows: list[list[object]] = [["week", *table]]
        for day, *values in zip(dates_of(weeks()), *table.values(), strict=True):
            rows.append([write.format(day), *(write.format(value) for value in values)])
        yield FaultyFile("kept as text", name, csv_of(rows), "us", Expected(sums_of(table), FIRST, LAST))
    rows = [["week", *table]]
    rows += [[f'="{day}"', *values] for day, *values in zip(dates_of(weeks()), *table.values(), strict=True)]
    bare = "\n".join(";".join(map(str, row)) for row in rows).encode()
    yield FaultyFile("kept as text", "unquoted", bare, "us", Expected(sums_of(table), FIRST, LAST))


def no_category() -> Iterator[FaultyFile]:
    """Many distinct numbers under a name that looks like a flag's."""
    data = field_file("numeric_column_named_on.csv")
    sums = field_sums(data, ("revenue", "tv_spend", "search_spend", "impr_on"))
    yield FaultyFile("no category", "field", data, "us", Expected(sums, FIRST, LAST, roles={"impr_on": "!factor_vars"}))
    for column in ("visits_flag", "is_reach"):
        table = plain_table(90) | {column: [float(one) for one in whole(93, 1_000, 900_000)]}
        made: dict[str, Sequence[object]] = {"date": dates_of(weeks()), **table}
        expected = Expected(sums_of(plain_table(90)), FIRST, LAST, roles={column: "!factor_vars"})
        yield FaultyFile("no category", column, columns_of(made), "us", expected)
