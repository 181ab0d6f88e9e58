"""Numbers as people write them: read as they are meant, or said, column by column."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.data.dataset import Finding
from engine.data.intake.file import Asked, Facts, inspect, to_parquet
from engine.data.intake.units import around
from engine.data.mapping import Mapping
from engine.data.prepare import prepare
from engine.errors import BadData

pytestmark = pytest.mark.slow


def write(tmp_path: Path, columns: dict[str, Sequence[str]], delimiter: str = ";") -> Path:
    path = tmp_path / "numbers.csv"
    count = len(next(iter(columns.values())))
    table = {"date": [f"2022-{n // 28 + 1:02}-{n % 28 + 1:02}" for n in range(count)], **columns}
    lines = [
        delimiter.join(table),
        *(delimiter.join(f'"{cell}"' for cell in row) for row in zip(*table.values(), strict=True)),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(path: Path, needed: Sequence[str] | None = None, **chosen: str) -> tuple[Facts, dict[str, list[Any]]]:
    into = path.with_suffix(".parquet")
    choices = {key.replace("__", ":"): value for key, value in chosen.items()}
    facts = to_parquet(path, into, Asked(choices=choices), needed=needed)
    return facts, pq.read_table(into).to_pydict()


def said(facts: Facts, column: str) -> list[tuple[str, str]]:
    return [(finding.grade, finding.code) for finding in facts.findings if finding.column == column]


def doubt(facts: Facts, column: str) -> Finding:
    return next(finding for finding in facts.findings if finding.column == column)


THOUSANDS = [16007, 3851, 1166, 15010, 845, 120, 6817, 11460, 999, 18826]
PRICES = ["4,99", "5,09", "5,19", "5,29", "5,39", "5,49", "5,59", "4,99", "5,09", "5,19"]


def grouped(number: float, mark: str, decimal: str = "", digits: int = 0) -> str:
    text = f"{number:,.{digits}f}".replace(",", "\0").replace(".", decimal)
    return text.replace("\0", mark)


@pytest.mark.parametrize(("mark", "delimiter"), [(",", ";"), (".", ","), (".", ";"), (",", ",")])
def test_three_digits_beside_unmarked_hundreds_are_thousands_whatever_the_file_does(
    tmp_path: Path, mark: str, delimiter: str
) -> None:
    other = "." if mark == "." else ","
    columns = {"spend": [grouped(n, mark) for n in THOUSANDS], "price": [p.replace(",", other) for p in PRICES]}
    facts, found = read(write(tmp_path, columns, delimiter))
    assert found["spend"] == THOUSANDS
    assert found["price"] == [float(price.replace(",", ".")) for price in PRICES]
    assert said(facts, "spend") == [("INFO", "number.marks")]
    assert "“price”" in doubt(facts, "spend").text


def test_ordinary_thousands_are_no_news(tmp_path: Path) -> None:
    columns = {"spend": [grouped(n, ",") for n in THOUSANDS], "price": [p.replace(",", ".") for p in PRICES]}
    facts, found = read(write(tmp_path, columns, ","))
    assert (found["spend"], facts.findings) == (THOUSANDS, ())


def test_a_comma_in_a_file_of_commas_parts_thousands(tmp_path: Path) -> None:
    facts, found = read(write(tmp_path, {"revenue": ["232,447", "248,564", "234,131"]}, ","))
    assert (found["revenue"], facts.findings) == ([232447, 248564, 234131], ())


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(["0.416", "1.299", "2.345"], id="below one"),
        pytest.param(["1234.567", "7.416", "12.345"], id="four digits before the mark"),
        pytest.param(["7.41", "7.416", "1.319"], id="zeros cut off"),
        pytest.param(["1 234.500", "7.416", "1.319"], id="spaces between thousands"),
        pytest.param(["1'234.500", "7.416", "1.319"], id="Swiss"),
        pytest.param(["12,34,567.500", "7.416", "1.319"], id="Indian"),
        pytest.param(["1.234E+03", "2.345e+02", "1.100E+03"], id="exponents"),
        pytest.param(["7.416 %", "1.319 %", "3.100 %"], id="percent"),
        pytest.param(["1500", "2300", "4100", "1.345"], id="thousands are not marked"),
    ],
)
def test_three_decimals_stay_decimals(tmp_path: Path, cells: list[str]) -> None:
    facts, found = read(write(tmp_path, {"rate": cells}, ","))
    for cell, number in zip(cells, found["rate"], strict=True):
        assert number == float("".join(sign for sign in cell if sign in "0123456789.eE+"))
    assert [finding for finding in facts.findings if finding.grade != "INFO"] == []


@pytest.mark.parametrize(
    ("cells", "delimiter", "total", "other"),
    [
        pytest.param(["232,447", "248,564", "234,131"], "|", "715,142", "715.142", id="only thousands, English"),
        pytest.param(["1.703", "1.299", "1.311"], ",", "4.313", "4,313", id="only prices, English"),
        pytest.param(["7.416", "1.319", "2.107"], ";", "10,842", "10.842", id="German"),
        pytest.param(["12,345 €", "17,500 €"], ";", "29,845", "29.845", id="money against the file's custom"),
        pytest.param(["16,010", "3,850", "0", "1,166"], ";", "21,026", "21.026", id="only zeros are unmarked"),
    ],
)
def test_an_open_mark_is_guessed_and_both_totals_are_told(
    tmp_path: Path, cells: list[str], delimiter: str, total: str, other: str
) -> None:
    path = write(tmp_path, {"spend": cells}, delimiter)
    facts, found = read(path)
    finding = doubt(facts, "spend")
    assert (finding.grade, finding.code, finding.row, finding.value) == ("REVIEW", "number.ambiguous", 2, cells[0])
    assert f"(total {total})" in finding.text and f"the total would be {other}." in finding.text
    offer = finding.offers[0]
    again, turned = read(path, **{offer.key.replace(":", "__"): offer.value})
    assert again.findings == ()
    ratio = turned["spend"][0] / found["spend"][0]
    assert ratio == pytest.approx(1000) or ratio == pytest.approx(0.001)


def test_a_single_slip_does_not_make_thousands_decimals(tmp_path: Path) -> None:
    cells = [grouped(1001 + 37 * n, ".") for n in range(90)] + ["930", "12.5"]
    path = write(tmp_path, {"clicks": cells}, ",")
    with pytest.raises(BadData, match=r"Row 93 of column “clicks” holds “12.5”"):
        read(path, needed=("date", "clicks"))
    assert said(inspect(path), "clicks")[0] == ("REVIEW", "number.ambiguous")


def test_two_marks_that_both_leave_it_open_are_refused_with_both_rows(tmp_path: Path) -> None:
    path = write(tmp_path, {"spend": ["1.234", "5.678", "3,456"]})
    with pytest.raises(BadData, match=r"Row 4 of column “spend” holds “3,456”, while row 2 holds “1.234”"):
        read(path, needed=("date", "spend"))


MONEY = [
    ("USD 8615.23", 8615.23, "USD"),
    ("8615.23 EUR", 8615.23, "EUR"),
    ("usd8,615.23", 8615.23, "USD"),
    ("kr 1 200,50", 1200.5, "kr"),
    ("1 200,50 kr.", 1200.5, "kr"),
    ("R$ 1.234,50", 1234.5, "BRL"),
    ("R 1 200,50", 1200.5, "ZAR"),
    ("R1200,50", 1200.5, "ZAR"),
    ("CHF 1'234.50", 1234.5, "CHF"),
    ("CHF 1’234.50", 1234.5, "CHF"),
    ("Fr. 1'200.–", 1200.0, "CHF"),
    ("49,- €", 49.0, "EUR"),
    ("1.234,50 €", 1234.5, "EUR"),
    ("1\u202f234,50\u00a0€", 1234.5, "EUR"),
    ("Rs. 12,34,567.50", 1234567.5, "Rs"),
    ("₹12,34,567.5", 1234567.5, "INR"),
    ("1 234,50 zł", 1234.5, "PLN"),
    ("1 234,50 Kč", 1234.5, "CZK"),
    ("₽ 99,50", 99.5, "RUB"),
    ("₺99,50", 99.5, "TRY"),
    ("₩1,234,500", 1234500.0, "KRW"),
    ("฿12.50", 12.5, "THB"),
    ("1.234.500 ₫", 1234500.0, "VND"),
    ("US$ 12.50", 12.5, "USD"),
    ("A$12.50", 12.5, "AUD"),
    ("$12.50 AUD", 12.5, "AUD"),
    ("(1,200.50)", -1200.5, ""),
    ("($1,200.50)", -1200.5, "$"),
    ("$(1,200.50)", -1200.5, "$"),
    ("-$3.5", -3.5, "$"),
    ("$-3.5", -3.5, "$"),
    ("1,200.50-", -1200.5, ""),
    ("1,200.50- EUR", -1200.5, "EUR"),
    ("−12.5", -12.5, ""),
    ("+12.5", 12.5, ""),
    ("１２．５", 12.5, ""),
    ("١٢٫٥", 12.5, ""),
    ("12.3k", 12300.0, ""),
    ("1.2M", 1200000.0, ""),
    ("$1.2mm", 1200000.0, "$"),
    ("2.5 mm", 2.5, "mm"),
    ("3,5 Mio. €", 3500000.0, "EUR"),
    ("2,5 Mrd", 2500000000.0, ""),
    ("1.5bn", 1500000000.0, ""),
    ("12,5 Tsd.", 12500.0, ""),
    ("12,5 TEUR", 12500.0, "EUR"),
    ("2.5 lakh", 250000.0, ""),
    ("₹ 1.25 Cr", 12500000.0, "INR"),
    ("6,5 %", 6.5, "%"),
    ("%6,5", 6.5, "%"),
    ("21.5 °C", 21.5, "°C"),
]


@pytest.mark.parametrize(("cell", "number", "unit"), MONEY, ids=[cell for cell, _, _ in MONEY])
def test_words_and_signs_around_a_number_are_read(tmp_path: Path, cell: str, number: float, unit: str) -> None:
    # A second way of the same column keeps cells from being alike, which is read on another path.
    for cells in ([cell, cell], [cell, "0", cell]):
        facts, found = read(write(tmp_path, {"spend": cells}, "\t"))
        assert [found["spend"][0], found["spend"][-1]] == [number, number]
        assert facts.columns[1].unit == unit
        assert [finding for finding in facts.findings if finding.grade != "INFO"] == []


@pytest.mark.parametrize(
    "cell",
    [
        "R1",
        "M3",
        "TOP 5",
        "Week 12",
        "5 CR",
        "1.2 (3",
        "--5",
        "5e3k",
        "0x1F",
        "1.2.3",
        "12 Fooo",
        "$5 EUR",
        "65+",
    ],
)
def test_what_only_looks_like_a_number_is_none(tmp_path: Path, cell: str) -> None:
    facts = inspect(write(tmp_path, {"label": [cell, cell]}))
    assert facts.columns[1].type == "text"


def test_a_bare_r_before_a_digit_is_a_label() -> None:
    assert around("R", "") is None
    assert around("R ", "") is not None


def test_two_currencies_in_one_column_are_refused_naming_both_rows(tmp_path: Path) -> None:
    path = write(tmp_path, {"spend": ["USD 5.50", "USD 6", "EUR 7.10", "USD 8", "EUR 9"]})
    with pytest.raises(BadData) as refused:
        read(path, needed=("date", "spend"))
    assert "Row 4 of column “spend” holds “EUR 7.10”, while row 2 holds “USD 5.50”" in refused.value.what
    assert (refused.value.row, refused.value.column) == (4, "spend")
    facts = inspect(path)
    assert facts.columns[1].doubt.startswith("looks like amounts, but row 4 holds “EUR 7.10”")
    assert said(facts, "spend") == [("REVIEW", "number.unread")]


def test_a_sign_of_several_currencies_is_the_one_that_is_named_beside_it(tmp_path: Path) -> None:
    facts, found = read(write(tmp_path, {"spend": ["$5", "USD 6.5"]}))
    assert (found["spend"], facts.columns[1].unit, facts.findings) == ([5.0, 6.5], "USD", ())


def test_cells_without_the_columns_currency_are_told(tmp_path: Path) -> None:
    facts, found = read(write(tmp_path, {"spend": ["$ 5", "90", "$ 65", "0"]}))
    assert found["spend"] == [5.0, 90.0, 65.0, 0.0]
    assert said(facts, "spend") == [("REVIEW", "number.unit")]
    assert doubt(facts, "spend").row == 3


def test_columns_in_different_currencies_are_told(tmp_path: Path) -> None:
    facts = inspect(write(tmp_path, {"a": ["€5", "€6"], "b": ["€5", "€6"], "c": ["£5", "£6"], "d": ["5", "6"]}))
    assert [(finding.code, finding.column, finding.trust) for finding in facts.findings] == [
        ("number.currencies", "c", True)
    ]


@pytest.mark.parametrize(
    ("cells", "right", "other"),
    [
        pytest.param(["6%", "5%", "0.05", "0.06"], [6.0, 5.0, 5.0, 6.0], "percent", id="fractions"),
        pytest.param(["6.5%", "5%", "5", "6"], [6.5, 5.0, 5.0, 6.0], "fraction", id="percent without a sign"),
    ],
)
def test_percent_and_bare_cells_become_one_unit_and_both_totals_are_told(
    tmp_path: Path, cells: list[str], right: list[float], other: str
) -> None:
    path = write(tmp_path, {"rate": cells})
    facts, found = read(path)
    finding = doubt(facts, "rate")
    assert (found["rate"], facts.columns[1].unit) == (right, "%")
    assert (finding.grade, finding.code, finding.row, finding.value) == ("REVIEW", "number.percent", 4, cells[2])
    assert finding.offers[0].value == other
    again, turned = read(path, unit__rate=other)
    assert again.findings == ()
    assert turned["rate"] != right and turned["rate"][:2] == right[:2]


def test_percent_beside_cells_that_could_be_either_is_refused_naming_both_rows(tmp_path: Path) -> None:
    path = write(tmp_path, {"rate": ["1%", "2%", "1%", "0.15"]})
    with pytest.raises(BadData, match=r"Row 5 of column “rate” holds “0.15”, while row 2 holds “1%”"):
        read(path, needed=("date", "rate"))
    _, found = read(path, unit__rate="fraction")
    assert found["rate"] == [1.0, 2.0, 1.0, 15.0]


@pytest.mark.parametrize("cell", ["1e400", "-1e400", "inf", "-inf", "Infinity", "∞", "1e308*10", "1e200", "9" * 120])
def test_what_no_number_can_be_is_refused_with_its_row(tmp_path: Path, cell: str) -> None:
    path = write(tmp_path, {"spend": ["1", "2", "3", cell, "5"]})
    with pytest.raises(BadData, match=r"Row 5 of column “spend” holds") as refused:
        read(path, needed=("date", "spend"))
    assert (refused.value.row, refused.value.column) == (5, "spend")


@pytest.mark.parametrize("mark", ["#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#WERT!", "#NV"])
def test_errors_of_formulas_are_missing_and_told(tmp_path: Path, mark: str) -> None:
    facts, found = read(write(tmp_path, {"spend": ["1", "2", mark, "4"]}))
    assert found["spend"] == [1, 2, None, 4]
    assert facts.missing == (0, 1)
    assert said(facts, "spend") == ([] if mark == "#NV" else [("REVIEW", "number.errors")])


@pytest.mark.parametrize("mark", ["(blank)", "n.a.", "k.A.", "K.A.", "NULL", "#N/A", ""])
def test_marks_for_no_value_are_missing(tmp_path: Path, mark: str) -> None:
    facts, found = read(write(tmp_path, {"spend": ["1", "2", mark, "0"]}))
    assert (found["spend"], facts.missing, facts.findings) == ([1, 2, None, 0], (0, 1), ())


def test_a_dash_is_no_value_until_somebody_says_that_it_is_0(tmp_path: Path) -> None:
    path = write(tmp_path, {"spend": ["1", "-", "0", "—"]})
    facts, found = read(path)
    assert (found["spend"], facts.missing) == ([1, None, 0, None], (0, 2))
    assert said(facts, "spend") == [("INFO", "number.dashes")]
    assert doubt(facts, "spend").row == 3
    facts, found = read(path, dash__spend="zero")
    assert (found["spend"], facts.missing, facts.findings) == ([1, 0, 0, 0], (0, 0), ())


def test_amounts_that_cannot_be_read_are_shown_as_such(tmp_path: Path) -> None:
    facts = inspect(write(tmp_path, {"a": ["XBX 12.50", "XBX 8.10"], "b": ["1", "2"], "c": ["Store 5", "Store 6"]}))
    assert [bool(column.doubt) for column in facts.columns] == [False, True, False, False]
    assert "row 2 holds “XBX 12.50”" in facts.columns[1].doubt
    assert said(facts, "a") == [("REVIEW", "number.unread")]


def test_a_column_of_numbers_with_a_word_says_which(tmp_path: Path) -> None:
    facts = inspect(write(tmp_path, {"a": ["1", "2", "3", "abc"]}))
    assert facts.columns[1].doubt == "looks like numbers, but row 5 holds “abc”, which is not a number"


def test_long_integers_are_read_without_a_crash(tmp_path: Path) -> None:
    _, found = read(write(tmp_path, {"id": ["12345678901234567890", "1", "007"]}))
    assert found["id"] == [12345678901234567890.0, 1.0, 7.0]


def test_a_typed_source_with_an_infinity_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "typed.parquet"
    days = [f"2024-01-{day:02}" for day in range(1, 31)]
    pq.write_table(pa.table({"d": days, "y": [1.0] * 30, "s": [2.0] * 29 + [float("-inf")]}), path)
    with pytest.raises(BadData, match="Column “s”, in row 30 of what was read, holds “-inf”"):
        prepare(path, Mapping(date_var="d", dep_var="y", paid_media_spends=("s",)), "de")


WAYS = st.fixed_dictionaries(
    {
        "marks": st.sampled_from(
            [(",", "."), (".", ","), (" ", ","), ("\u202f", ","), ("'", "."), ("", "."), ("", ",")]
        ),
        "digits": st.sampled_from([0, 2, 3]),
        "around": st.sampled_from(["{}", "{} €", "€{}", "USD {}", "{} kr", "R$ {}", "CHF {}", "{} zł"]),
        "accountant": st.booleans(),
        "scale": st.sampled_from([(0, ""), (0, ""), (3, "k"), (6, " Mio."), (6, "M")]),
    }
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ways=st.lists(WAYS, min_size=1, max_size=3), delimiter=st.sampled_from(";,\t"), seed=st.integers(0, 999))
def test_numbers_come_back_as_they_were_or_their_column_is_named(
    tmp_path: Path, ways: list[dict[str, Any]], delimiter: str, seed: int
) -> None:
    draw = random.Random(seed)
    columns, true = {}, {}
    for place, way in enumerate(ways):
        name, (power, word) = f"x{place}", way["scale"]
        largest = draw.choice([9, 900, 30_000, 4_000_000])
        drawn = [draw.choice([0.0, draw.uniform(-0.1, 1)]) * largest for _ in range(24)]
        numbers = [round(number, way["digits"]) + 0.0 for number in drawn]
        texts = []
        for number in numbers:
            text = grouped(abs(number), *way["marks"], way["digits"]) + word
            text = way["around"].format(text)
            minus = number < 0
            texts.append(f"({text})" if minus and way["accountant"] else f"-{text}" if minus else text)
        columns[name], true[name] = texts, [number * 10**power for number in numbers]
    facts, found = read(write(tmp_path, columns, delimiter))
    named = {one.column for one in facts.findings if one.code in ("number.ambiguous", "number.unread", "number.unit")}
    for name, numbers in true.items():
        assert found[name] == pytest.approx(numbers, rel=1e-9) or name in named, (columns[name], found[name])


@pytest.mark.parametrize("commas", [10, 15, 20], ids=["a fourth", "three of eight", "half"])
def test_a_column_with_points_in_some_rows_and_commas_in_others_never_vanishes(tmp_path: Path, commas: int) -> None:
    cells = [f"{n + 0.25:.2f}".replace(".", "," if n < commas else ".") for n in range(40)]
    path = write(tmp_path, {"tv_spend": cells})
    facts, _ = read(path, needed=[])
    assert facts.columns[1].doubt and said(facts, "tv_spend") == []
    with pytest.raises(BadData, match=r"of column “tv_spend” holds .* have a decimal"):
        read(path, needed=["tv_spend"])
