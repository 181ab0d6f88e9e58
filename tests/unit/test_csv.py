"""CSV files as people write them, and what is said about those that cannot be read."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from engine.data.intake.file import Asked, Facts, inspect, to_parquet
from engine.errors import BadData

DAYS = [f"2024-01-{day:02}" for day in range(1, 31)]


def write(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = tmp_path / "dropped.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def rows(path: Path) -> list[dict[str, Any]]:
    into = path.with_suffix(".parquet")
    to_parquet(path, into)
    return list(pq.read_table(into).to_pylist())


def kinds(facts: Facts) -> dict[str, str]:
    return {column.name: column.type for column in facts.columns}


WANTED = [
    {"date": date(2024, 1, 1), "größe": 1234.5, "text": "a"},
    {"date": date(2024, 1, 8), "größe": 12.25, "text": "b"},
]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        pytest.param("date,größe,text\n2024-01-01,1234.5,a\n2024-01-08,12.25,b\n", "utf-8", id="plain"),
        pytest.param("date,größe,text\r\n2024-01-01,1234.5,a\r\n2024-01-08,12.25,b\r\n", "utf-8-sig", id="excel utf-8"),
        pytest.param("date\tgröße\ttext\n2024-01-01\t1234.5\ta\n2024-01-08\t12.25\tb\n", "utf-16", id="excel unicode"),
        pytest.param("date;größe;text\n2024-01-01;1234.5;a\n2024-01-08;12.25;b\n", "utf-16-le", id="utf-16 unmarked"),
        pytest.param("date;größe;text\n1.1.2024;1.234,5;a\n8.1.2024;12,25;b\n", "cp1252", id="german excel"),
        pytest.param('"date","größe","text"\n"1/1/2024","1,234.50","a"\n"1/8/2024","12.25","b"\n', "utf-8", id="us"),
        pytest.param("date|größe|text\n01/01/24|€1234.5|a\n01/08/24|12.25 €|b\n", "utf-8", id="pipes and currency"),
        pytest.param("sep=;\ndate;größe;text\n2024/1/1;1234.5;a\n2024/1/8;12.25;b\n", "utf-8", id="excel sep line"),
        pytest.param(
            "date,größe,text,,\n2024-01-01,1234.5,a,,\n,,,,\n2024-01-08,12.25,b,,\n,,,,\n\n", "utf-8", id="empty edges"
        ),
        pytest.param("date;größe;text\n2024-W01;1 234,5;a\n2024-W02;12,25;b\n", "utf-8", id="iso weeks, french"),
        pytest.param(
            " date , größe , text \n2024-01-01 00:00:00, 1234.5 ,a\n2024-01-08T00:00:00Z,12.25,b", "utf-8", id="times"
        ),
    ],
)
def test_the_same_table_is_read_however_it_is_written(tmp_path: Path, content: str, encoding: str) -> None:
    assert rows(write(tmp_path, content, encoding)) == WANTED


def test_types_are_found_by_the_whole_column(tmp_path: Path) -> None:
    body = "".join(
        f"{day},{n}.5,{n % 2},{'yes' if n % 2 else 'no'},{'sale' if n == 7 else 'na'}\n" for n, day in enumerate(DAYS)
    )
    facts = inspect(write(tmp_path, "day,spend,count,open,event\n" + body))
    assert kinds(facts) == {"day": "date", "spend": "number", "count": "number", "open": "boolean", "event": "text"}
    assert facts.rows == 30
    assert facts.columns[1].examples == ("0.5", "1.5", "2.5")


def test_na_is_missing_in_numbers_and_a_value_in_text(tmp_path: Path) -> None:
    body = "".join(f"{day},{'NA' if n == 3 else n},{'ev' if n == 7 else 'na'}\n" for n, day in enumerate(DAYS))
    found = rows(write(tmp_path, "day,spend,event\n" + body))
    assert found[3] == {"day": date(2024, 1, 4), "spend": None, "event": "na"}


@pytest.mark.parametrize(
    ("dates", "first", "doubted"),
    [
        pytest.param(["01/02/2024", "13/02/2024"], date(2024, 2, 1), False, id="a 13th month shows day first"),
        pytest.param(["01/02/2024", "01/13/2024"], date(2024, 1, 2), False, id="a 13th day shows month first"),
        pytest.param(["01/02/2024", "02/01/2024"], date(2024, 1, 2), True, id="open: month first"),
        pytest.param(["01/01/2024", "08/01/2024", "02/12/2024"], date(2024, 1, 1), True, id="open but told"),
        pytest.param(["1-5-2024", "12-5-2024", "19-5-2024"], date(2024, 5, 1), False, id="dashes"),
        pytest.param(["20240101", "20240102"], date(2024, 1, 1), False, id="compact"),
        pytest.param(["Jan 5, 2024", "Jan 12, 2024"], date(2024, 1, 5), False, id="named month"),
        pytest.param(["5-Jan-24", "12-Jan-24"], date(2024, 1, 5), False, id="named month behind"),
        pytest.param(["2024-01", "2024-02"], date(2024, 1, 1), False, id="months"),
    ],
)
def test_the_order_of_day_and_month(tmp_path: Path, dates: list[str], first: date, doubted: bool) -> None:
    path = write(tmp_path, "date;cost\n" + "".join(f'"{day}";1.5\n' for day in dates))
    facts = inspect(path)
    assert rows(path)[0]["date"] == first
    assert [finding.code for finding in facts.findings] == (["date.ambiguous"] if doubted else [])


def test_regular_steps_decide_an_open_order(tmp_path: Path) -> None:
    # Read as month/day these are 5 February, 12 February …; read as day/month they have no rhythm.
    path = write(tmp_path, "date,cost\n02/05/2024,1\n02/12/2024,2\n03/04/2024,2\n03/11/2024,2\n")
    assert rows(path)[0]["date"] == date(2024, 2, 5)
    weekly = "date,cost\n05/02/2024,1\n12/02/2024,2\n04/03/2024,2\n11/03/2024,2\n"
    assert rows(write(tmp_path, weekly))[0]["date"] == date(2024, 2, 5)


def test_an_order_that_the_days_themselves_tell_is_no_doubt(tmp_path: Path) -> None:
    # First days of three years' months; the other order would be twelve days of each January.
    months = "date,cost\n" + "".join(f"{n % 12 + 1}/1/{2020 + n // 12},{n}\n" for n in range(36))
    (finding,) = inspect(write(tmp_path, months)).findings
    assert (finding.code, finding.grade, bool(finding.offers)) == ("date.ambiguous", "INFO", True)
    assert rows(write(tmp_path, months))[1]["date"] == date(2020, 2, 1)
    few = "date,cost\n" + "".join(f"{n + 1}/1/2020,{n}\n" for n in range(12))
    assert [finding.grade for finding in inspect(write(tmp_path, few)).findings] == ["REVIEW"]


def test_another_columns_mark_helps_to_a_guess_that_is_said(tmp_path: Path) -> None:
    path = write(tmp_path, "date;a;b\n2024-01-01;1.234;1,5\n2024-01-02;5.678;2,5\n")
    assert rows(path)[0] == {"date": date(2024, 1, 1), "a": 1234.0, "b": 1.5}
    assert [(finding.code, finding.column) for finding in inspect(path).findings] == [("number.ambiguous", "a")]
    facts = inspect(write(tmp_path, "date;a\n2024-01-01;1.234\n2024-01-02;5.678\n"))
    assert [(finding.code, finding.column) for finding in facts.findings] == [("number.ambiguous", "a")]


def test_brackets_signs_and_exponents(tmp_path: Path) -> None:
    values = ["(1200.50)", "-$3", "+4", "1e3", ".5", "(12 $)"]
    found = rows(write(tmp_path, "date;v\n" + "".join(f"2024-01-0{n + 1};{v}\n" for n, v in enumerate(values))))
    assert [row["v"] for row in found] == [-1200.5, -3.0, 4.0, 1000.0, 0.5, -12.0]


def test_yes_and_no_are_true_and_false(tmp_path: Path) -> None:
    found = rows(write(tmp_path, "date,open\n2024-01-01,Yes\n2024-01-02,no\n2024-01-03,NA\n"))
    assert [row["open"] for row in found] == [True, False, None]


def test_an_unnamed_column_of_row_numbers_gets_a_name(tmp_path: Path) -> None:
    columns = inspect(write(tmp_path, ",date,cost\n0,2024-01-01,1\n1,2024-01-02,2\n")).columns
    assert [column.name for column in columns] == ["column_1", "date", "cost"]


LONG = "date,cost\n" + "".join(f"{day},{n}\n" for n, day in enumerate(DAYS))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "The file is empty", id="empty"),
        pytest.param(" \n\n ", "The file is empty", id="blank"),
        pytest.param("date,cost\n", "a header but no rows", id="header only"),
        pytest.param(b"PK\x03\x04rest", "damaged or incomplete", id="xlsx"),
        pytest.param(b"\x89PNG\r\n", "an image", id="png"),
        pytest.param(b"%PDF-1.7", "a PDF", id="pdf"),
        pytest.param(b"\xd0\xcf\x11\xe0", "a damaged workbook", id="xls"),
        pytest.param(b"a\0\0\0b\0\0\0\1", "not a text file", id="binary"),
        pytest.param("<!DOCTYPE html><p>", "web page", id="html"),
        pytest.param('{"a": 1}', "JSON", id="json"),
        pytest.param("cost\n1\n2\n", "only one column", id="one column"),
        pytest.param("2024-01-01,1\n2024-01-02,2\n", "Row 1 holds values such as “2024-01-01”", id="no header"),
        pytest.param("My report\n\n2024-01-01,1\n", "Row 1 is not a header: it holds only “My report”", id="title"),
        pytest.param("date,cost,cost\n2024-01-01,1,2\n", "2 columns are called “cost”: columns 2, 3", id="same names"),
        pytest.param("date,cost\n2024-01-01,1\n2024-01-02,1,7\n", "Row 3 has 3 values", id="ragged"),
        pytest.param(
            "date,cost,\n2024-01-01,1,\n2024-01-02,1,7\n", "Column 3 has no name but holds “7” in row 3", id="stray"
        ),
        pytest.param(LONG + "later,435\n", "Row 32 of column “date” holds “later”, which is not a date", id="no date"),
        pytest.param(LONG + "2024-01-31,unknown\n", "Row 32 of column “cost” holds “unknown”", id="text in numbers"),
        pytest.param(
            "date;cost\n" + "".join(f"{day};1.5\n" for day in DAYS) + "2024-01-31;1,75\n",
            "holds “1,75”, but the column's other values have a decimal point",
            id="two decimal marks",
        ),
        pytest.param(
            "date,cost\n" + "".join(f"1/{n}/2024,1\n" for n in range(10, 25)) + "31/1/2024,2\n",
            "Row 17 of column “date” holds “31/1/2024”",
            id="two orders of dates",
        ),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(tmp_path: Path, content: str | bytes, said: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(BadData) as refused:
        to_parquet(path, tmp_path / "out.parquet", needed=("date", "cost"))
    assert said in refused.value.what + " " + refused.value.todo
    assert refused.value.todo
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dropped.csv"]


def test_a_quotation_mark_that_is_never_closed_is_found(tmp_path: Path) -> None:
    path = write(tmp_path, 'date,cost\n2024-01-01,1\n2024-01-02,"' + "1,2\n" * 60_000)
    with pytest.raises(BadData, match="Row 3 cannot be read"):
        inspect(path)


def test_too_large_a_file_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="at most"):
        inspect(write(tmp_path, LONG), Asked(limit_bytes=100))


def test_a_wrong_value_in_a_column_that_is_not_needed_does_not_matter(tmp_path: Path) -> None:
    path = write(tmp_path, LONG + "2024-01-31,unknown\n")
    facts = to_parquet(path, tmp_path / "out.parquet", needed=("date",))
    assert kinds(facts) == {"date": "date", "cost": "text"}
    assert pq.read_table(tmp_path / "out.parquet")["cost"].to_pylist()[-1] == "unknown"


def test_doubts_about_columns_that_are_not_needed_are_not_told(tmp_path: Path) -> None:
    path = write(tmp_path, "date;a\n2024-01-01;1.234\n2024-01-02;5.678\n")
    assert to_parquet(path, tmp_path / "out.parquet", needed=("date",)).findings == ()
    assert len(to_parquet(path, tmp_path / "out.parquet", needed=("date", "a")).findings) == 1


def test_rows_are_counted_over_batches(tmp_path: Path) -> None:
    path = write(tmp_path, "date,cost\n" + "2024-01-01,1\n" * 45_000 + "2024-01-02,oops\n")
    assert inspect(path).rows == 45_001
    with pytest.raises(BadData, match="Row 45002 of column “cost” holds “oops”"):
        to_parquet(path, tmp_path / "out.parquet", needed=("cost",))


def test_robyns_demo_file_is_read() -> None:
    path = Path(__file__).parents[2].parent / "shared/data/robyn_reference/dt_simulated_weekly.csv"
    if not path.exists():
        pytest.skip("Robyn's demo data are not beside the project")
    facts = inspect(path)
    assert (facts.rows, facts.findings) == (208, ())
    assert kinds(facts)["DATE"] == "date"
    assert kinds(facts)["events"] == "text"


@pytest.mark.parametrize("at", [10, 30, 57])
@pytest.mark.parametrize("closed", [False, True], ids=["never", "by a later mark"])
def test_rows_behind_a_quotation_mark_that_is_not_closed_never_go_unseen(tmp_path: Path, at: int, closed: bool) -> None:
    lines = [f"2024-{n // 28 + 1:02}-{n % 28 + 1:02},{n},{n}" for n in range(80)]
    lines[at] = f'"{lines[at]}'
    if closed:
        lines[at + 12] += '"'
    path = write(tmp_path, "date,sales,tv\n" + "\n".join(lines) + "\n")
    with pytest.raises(BadData, match=f"Row {at + 2} cannot be read: a quotation mark"):
        inspect(path)


def test_a_note_of_several_lines_is_a_cell(tmp_path: Path) -> None:
    rows_ = "".join(f'2024-01-{n + 1:02},{n},"first, second, third\nfourth, fifth"\n' for n in range(20))
    assert inspect(write(tmp_path, f"date,sales,note\n{rows_}")).rows == 20
