"""What stands around a table is recognised, left out and told; what could be two tables is refused."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from engine.data.intake.file import Facts, inspect, to_parquet
from engine.errors import BadData

DAYS = [date(2022, 1, 3) + timedelta(days=7 * n) for n in range(30)]
HEADER = ["date", "sales", "tv", "search"]
BODY: list[list[Any]] = [[day, 1000 + 7 * n, 31.5 + n * n % 11, n % 5] for n, day in enumerate(DAYS)]
SUMS = [round(sum(row[place] for row in BODY), 2) for place in (1, 2, 3)]
RIGHT = [dict(zip(HEADER, row, strict=True)) for row in BODY]
Lines = Sequence[Sequence[Any]]


def csv(tmp_path: Path, lines: Lines, mark: str = ",") -> Path:
    path = tmp_path / "x.csv"
    path.write_text("\n".join(mark.join(map(str, line)) for line in lines) + "\n")
    return path


def xlsx(tmp_path: Path, lines: Lines) -> Path:
    book = openpyxl.Workbook()
    for number, line in enumerate(lines, 1):
        for place, value in enumerate(line, 1):
            if value != "":
                book.active.cell(number, place, value)
    path = tmp_path / "x.xlsx"
    book.save(path)
    return path


def rows(path: Path) -> list[dict[str, Any]]:
    to_parquet(path, path.with_suffix(".parquet"))
    return list(pq.read_table(path.with_suffix(".parquet")).to_pylist())


def codes(facts: Facts) -> list[str]:
    return [finding.code for finding in facts.findings]


def said(facts: Facts) -> str:
    return " ".join(finding.text for finding in facts.findings)


def with_index(lines: Iterable[Sequence[Any]], name: str, first: int) -> list[list[Any]]:
    head, *body = lines
    return [[name, *head], *([first + n, *line] for n, line in enumerate(body))]


TABLE: Lines = [HEADER, *BODY]
TOTAL = ["", *SUMS]
LAYOUTS = [
    pytest.param(TABLE, [], "", id="plain"),
    pytest.param([["Weekly media"], [], *TABLE], ["layout.above"], "Row 1 stands above", id="title"),
    pytest.param(
        [["Report"], ["Country", "FR"], ["From", "2022-01-03", "to", "2022-07-25"], [], *TABLE],
        ["layout.above"],
        "Rows 1 to 3 stand above",
        id="title and filters",
    ),
    pytest.param([*TABLE, TOTAL], ["layout.totals"], "Row 32 holds totals", id="total without a label"),
    pytest.param([*TABLE, [], ["Gesamt", *SUMS]], ["layout.totals"], "Row 33 holds totals", id="total below a gap"),
    pytest.param([*TABLE, ["Grand Total:", *SUMS]], ["layout.totals"], "Row 32 holds totals", id="grand total"),
    pytest.param([*TABLE, ["Итого", *SUMS]], ["layout.totals"], "Row 32 holds totals", id="Russian total"),
    pytest.param([*TABLE, ["合計", *SUMS]], ["layout.totals"], "Row 32 holds totals", id="Japanese total"),
    pytest.param([HEADER, TOTAL, *BODY, TOTAL], ["layout.totals"], "Rows 2 and 33 hold totals", id="both ends"),
    pytest.param(
        [HEADER, *BODY[:10], ["2022 Q1 Total", *[sum(r[p] for r in BODY[:10]) for p in (1, 2, 3)]], *BODY[10:]],
        ["layout.totals"],
        "Row 12 holds totals",
        id="subtotal in the middle",
    ),
    pytest.param(
        [HEADER, *BODY[:10], ["", *[sum(r[p] for r in BODY[:10]) for p in (1, 2, 3)]], *BODY[10:], TOTAL],
        ["layout.totals"],
        "Rows 12 and 33 hold totals",
        id="subtotal without a label, and total",
    ),
    pytest.param(
        [*TABLE, ["Average", *[total / 30 for total in SUMS]]], ["layout.totals"], "Row 32", id="averages below"
    ),
    pytest.param(
        [*TABLE, [], ["Source: our warehouse"], ["* 2022 is provisional"]],
        ["layout.below"],
        "Rows 33 and 34 .*below the table",
        id="notes",
    ),
    pytest.param([*TABLE, ["Generated", "2024-05-01"]], ["layout.below"], "Row 32", id="a note with a date"),
    pytest.param([*TABLE, ["Note", "net of returns"]], ["layout.below"], "Row 32", id="a note of two cells"),
    pytest.param(
        [HEADER, *BODY[:15], HEADER, *BODY[15:]], ["layout.header_again"], "again in row 17", id="header again"
    ),
    pytest.param([HEADER, ["", "EUR", "(EUR)", "#"], *BODY], ["layout.units"], "Row 2 names units", id="units row"),
    pytest.param(with_index(TABLE, "", 0), ["layout.index"], "numbers the rows", id="index of pandas"),
    pytest.param(with_index(TABLE, "Unnamed: 0", 1), ["layout.index"], "Unnamed: 0", id="index read once more"),
    pytest.param(with_index(TABLE, "index", 0), ["layout.index"], "numbers the rows", id="named index"),
    pytest.param(
        [[*line[:2], "", *line[2:]] for line in TABLE], ["layout.empty_columns"], "Column 3 is empty", id="blank column"
    ),
    pytest.param([HEADER, *[line for row in BODY for line in (row, [])]], [], "", id="blank rows"),
    pytest.param([[*line, "", ""] for line in TABLE], [], "", id="empty columns behind"),
    pytest.param(
        [["Media report"], [], HEADER, ["", "EUR", "EUR", "count"], *BODY, [], ["Total", *SUMS], ["Source: BI"]],
        ["layout.above", "layout.units", "layout.totals", "layout.below"],
        "Row 36 holds totals",
        id="all of it",
    ),
]


@pytest.mark.parametrize("write", [csv, xlsx])
@pytest.mark.parametrize(("lines", "told", "words"), LAYOUTS)
def test_the_table_is_the_same_whatever_stands_around_it(
    tmp_path: Path, lines: Lines, told: list[str] | None, words: str, write: Any
) -> None:
    path = write(tmp_path, lines)
    assert rows(path) == RIGHT
    facts = inspect(path)
    assert told is None or codes(facts) == told
    assert re.search(words, said(facts))


JOINED = [
    pytest.param(
        [["Date", "Revenue", "TV", "", "Search", ""], ["", "", "Spend", "GRP", "Spend", "Clicks"]],
        ["Date", "Revenue", "TV Spend", "TV GRP", "Search Spend", "Search Clicks"],
        id="merged over measures",
    ),
    pytest.param(
        [["", "", "TV", "TV", "Search", "Search"], ["Date", "Revenue", "Spend", "GRP", "Spend", "Clicks"]],
        ["Date", "Revenue", "TV Spend", "TV GRP", "Search Spend", "Search Clicks"],
        id="repeated above",
    ),
    pytest.param(
        [["Week", "Total", "TV", "Radio", "Search", "OOH"], ["", "Revenue", "Cost", "Cost", "Cost", "Cost"]],
        ["Week", "Total Revenue", "TV Cost", "Radio Cost", "Search Cost", "OOH Cost"],
        id="channel over measure",
    ),
    pytest.param(
        [
            ["", "", "Media", "", "", ""],
            ["", "", "TV", "", "Search", ""],
            ["Date", "KPI", "€", "GRP", "Cost", "Clicks"],
        ],
        None,
        id="three rows",
    ),
]


@pytest.mark.parametrize("write", [csv, xlsx])
@pytest.mark.parametrize(("head", "names"), JOINED)
def test_header_rows_are_joined_and_told(tmp_path: Path, head: Lines, names: list[str] | None, write: Any) -> None:
    body = [[*row, n, n + 0.5] for n, row in enumerate(BODY)]
    facts = inspect(write(tmp_path, [*head, *body]))
    found = [column.name for column in facts.columns]
    assert names is None or found == names
    assert len(set(found)) == 6
    assert "layout.headers" in codes(facts)
    assert facts.rows == 30


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param(
            [*TABLE, [], ["week", "clicks", "views", "x"], *BODY], "second table begins", id="one below another"
        ),
        pytest.param([[*row, "", *row] for row in TABLE], "side by side", id="side by side"),
        pytest.param([["date", "a", "a"], *[row[:3] for row in BODY]], "2 columns are called “a”", id="twice"),
        pytest.param(BODY, "Row 1 holds values such as", id="no header"),
        pytest.param([["Report"], *BODY], "Row 1 is not a header", id="title for a header"),
        pytest.param([HEADER, *BODY, [DAYS[-1], 1, 2, 3, 4]], "Row 32 has 5 values", id="ragged"),
    ],
)
def test_what_is_not_one_table_is_refused(tmp_path: Path, lines: Lines, words: str) -> None:
    with pytest.raises(BadData, match=words) as refused:
        to_parquet(csv(tmp_path, lines), tmp_path / "out.parquet")
    assert refused.value.todo


def test_a_row_without_a_date_that_is_no_sum_stays(tmp_path: Path) -> None:
    path = csv(tmp_path, [*TABLE[:12], ["", 1077, 3.5, 1], *TABLE[12:]])
    assert len(rows(path)) == 31
    assert codes(inspect(path)) == []


def test_sums_are_told_with_decimal_commas_too(tmp_path: Path) -> None:
    def german(value: Any) -> str:
        return str(value).replace(".", ",") if isinstance(value, float) else str(value)

    lines = [HEADER, *[[german(cell) for cell in row] for row in BODY], ["", *map(german, SUMS)]]
    path = csv(tmp_path, lines, ";")
    assert rows(path) == RIGHT
    assert codes(inspect(path)) == ["layout.totals"]


def test_columns_that_only_look_like_row_numbers_stay(tmp_path: Path) -> None:
    trend = [["trend", "date", "tv"], *[[n, *row[:2]] for n, row in enumerate(BODY)]]
    assert [column.name for column in inspect(csv(tmp_path, trend)).columns] == ["trend", "date", "tv"]
    prices = [["index", "date", "tv"], *[[100 + n % 3, *row[:2]] for n, row in enumerate(BODY)]]
    assert [column.name for column in inspect(csv(tmp_path, prices)).columns] == ["index", "date", "tv"]


def test_a_brand_with_total_in_its_name_is_no_total(tmp_path: Path) -> None:
    lines = [
        ["brand", "week", "tv"],
        *[["Total Wine" if n % 2 else "Other", row[0], row[2]] for n, row in enumerate(BODY)],
    ]
    path = csv(tmp_path, lines)
    assert len(rows(path)) == 30
    assert codes(inspect(path)) == []


def test_what_nobody_sees_is_taken_out_of_names_and_told(tmp_path: Path) -> None:
    lines = [["\u200bdate", "tv\u00a0spend", "sea\u00adrch"], *[row[:3] for row in BODY]]
    facts = inspect(csv(tmp_path, lines))
    assert [column.name for column in facts.columns] == ["date", "tv spend", "search"]
    assert codes(facts) == ["layout.invisible"]


def test_a_title_with_commas_does_not_decide_what_parts_the_cells(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    body = "\n".join(f"{row[0]};{row[1]};{row[3]}" for row in BODY)
    path.write_text(f"Report, weekly, all countries\n\ndate;sales;search\n{body}\n")
    assert [column.name for column in inspect(path).columns] == ["date", "sales", "search"]


@pytest.mark.parametrize("label", ["Total", "all", "Gesamt", "All channels"])
def test_totals_of_each_date_are_not_counted_with_what_they_add_up(tmp_path: Path, label: str) -> None:
    lines: list[list[Any]] = [["date", "channel", "spend"]]
    for day, _, tv, search in BODY:
        lines += [[day, "tv", tv], [day, "search", search], [day, label, tv + search]]
    facts = inspect(csv(tmp_path, lines))
    assert facts.rows == 60
    (finding,) = [one for one in facts.findings if one.code == "layout.parts"]
    assert (finding.grade, finding.row) == ("REVIEW", 4)


def test_a_category_called_all_that_adds_up_nothing_stays(tmp_path: Path) -> None:
    lines = [["date", "audience", "tv"], *[[row[0], "all" if n % 2 else "young", row[2]] for n, row in enumerate(BODY)]]
    facts = inspect(csv(tmp_path, lines))
    assert (facts.rows, codes(facts)) == (30, [])


def test_labels_of_parts_of_a_table_are_left_out(tmp_path: Path) -> None:
    path = csv(tmp_path, [HEADER, ["First half"], *BODY[:15], ["Second half"], *BODY[15:]])
    assert rows(path) == RIGHT
    assert codes(inspect(path)) == ["layout.within", "layout.within"]
