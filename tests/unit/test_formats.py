"""Each format that people have gives the same table, within limits, and what is broken is told in a sentence."""

import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlwt

from engine.data.intake.file import Asked, inspect, to_parquet
from engine.data.intake.workbook import as_text
from engine.data.outlook import file_outlook
from engine.errors import BadData
from tests import ods as open_document

pytestmark = pytest.mark.slow

WEEKS = [date(2022, 1, 3) + timedelta(days=7 * n) for n in range(30)]
# Three digits behind the point, as in 7.416, must stay what they are.
HEADER = ["date", "tv", "rev", "event"]
TABLE: list[list[Any]] = [
    [day, 7.416 + n, 100_000 + n, "sale" if n % 7 == 0 else "none"] for n, day in enumerate(WEEKS)
]
RIGHT = [dict(zip(HEADER, row, strict=True)) for row in TABLE]


def csv(mark: str = ",") -> bytes:
    lines = [[f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in row] for row in [HEADER, *TABLE]]
    return "\n".join(map(mark.join, lines)).encode()


def xlsx(sheets: dict[str, list[list[Any]]] | None = None, hidden: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in (sheets or {"Data": [HEADER, *TABLE]}).items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name in hidden:
            sheet.sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    day = xlwt.easyxf(num_format_str="DD.MM.YYYY")
    for r, row in enumerate([HEADER, *TABLE]):
        for c, value in enumerate(row):
            sheet.write(r, c, value, day) if isinstance(value, date) else sheet.write(r, c, value)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def ods() -> bytes:
    return open_document.ods([HEADER, *TABLE], padded=True)


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(RIGHT), file)
    return file.getvalue()


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_dot_", "."), data)
    return file.getvalue()


def read(path: Path, **asked: Any) -> list[dict[str, Any]]:
    into = path.with_name("out.parquet")
    to_parquet(path, into, Asked(**asked))
    return list(pq.read_table(into).to_pylist())


def write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(csv, id="csv"),
        pytest.param(lambda: csv(mark="\t"), id="tsv"),
        pytest.param(xlsx, id="xlsx"),
        pytest.param(xls, id="xls"),
        pytest.param(ods, id="ods"),
        pytest.param(parquet, id="parquet"),
        pytest.param(lambda: gzip.compress(csv()), id="csv.gz"),
        pytest.param(lambda: gzip.compress(xlsx()), id="xlsx.gz"),
        pytest.param(lambda: zipped(**{"a/media_dot_csv": csv(), "__MACOSX/a/._media_dot_csv": b"x"}), id="zip of csv"),
        pytest.param(lambda: zipped(media_dot_xlsx=xlsx(), about_dot_pdf=b"%PDF"), id="zip of xlsx"),
        pytest.param(lambda: zipped(media_dot_parquet=parquet()), id="zip of parquet"),
        pytest.param(lambda: zipped(media_dot_csv_dot_gz=gzip.compress(csv())), id="gz in zip"),
    ],
)
def test_every_format_gives_the_same_table(tmp_path: Path, make: Callable[[], bytes]) -> None:
    path = write(tmp_path, make())
    assert read(path) == RIGHT
    assert [finding for finding in inspect(path).findings if finding.grade != "INFO"] == []
    assert [column.type for column in inspect(path).columns] == ["date", "number", "number", "text"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        pytest.param(7.416, "7.4160", id="three digits"),
        pytest.param(-16.007, "-16.0070", id="three digits below 0"),
        pytest.param(1234.567, "1234.567", id="no thousands before"),
        pytest.param(0.05, "0.05", id="percent as stored"),
        pytest.param(5.0, "5", id="whole"),
        pytest.param(1e-7, "0.0000001", id="tiny"),
        pytest.param(1e22, "10000000000000000000000", id="huge"),
        pytest.param(True, "true", id="true"),
        pytest.param(datetime(2022, 1, 3), "2022-01-03", id="midnight"),
        pytest.param(datetime(2022, 1, 3, 5, 30), "2022-01-03 05:30:00", id="time"),
        pytest.param("1,234", "1,234", id="text stays"),
    ],
)
def test_a_cell_is_written_so_that_it_is_read_as_what_it_is(cell: Any, text: str) -> None:
    assert as_text(cell) == text


def test_rows_of_a_workbook_are_called_as_it_shows_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for place, row in enumerate([HEADER, *TABLE]):
        for column, value in enumerate(row):
            book.active.cell(place + 5, column + 3, value)
    book.active.cell(20, 4, "oops")
    path = tmp_path / "x.xlsx"
    book.save(path)
    with pytest.raises(BadData, match="Row 20 of column “tv” holds “oops”"):
        to_parquet(path, tmp_path / "out.parquet", needed=HEADER)


def test_the_likeliest_of_several_sheets_is_read_and_the_others_are_offered(tmp_path: Path) -> None:
    other = [["date", "tv"], *[[row[0], 1.5] for row in TABLE[:9]]]
    notes = [["This is a report"], ["by Ana"]]
    path = write(tmp_path, xlsx({"Notes": notes, "Old": other, "Data": [HEADER, *TABLE], "Secret": other}, ("Secret",)))
    assert read(path) == RIGHT
    (finding,) = inspect(path).findings
    assert (finding.grade, finding.code) == ("REVIEW", "file.sheets")
    assert [(offer.key, offer.value) for offer in finding.offers] == [("sheet", "Old")]
    assert len(read(path, choices={"sheet": "Old"})) == 9
    assert inspect(path, Asked(choices={"sheet": "Old"})).findings == ()
    with pytest.raises(BadData, match="no sheet “Gone”"):
        inspect(path, Asked(choices={"sheet": "Gone"}))


def test_errors_and_formulas_without_a_result_are_empty_and_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [HEADER, *TABLE]:
        book.active.append(row)
    book.active["B5"] = "#N/A"
    book.active["B5"].data_type = "e"
    book.active["B9"] = "=B8*2"
    path = tmp_path / "x.xlsx"
    book.save(path)
    (finding,) = inspect(path).findings
    assert (finding.code, finding.grade, finding.row, finding.where) == (
        "file.cells_without_value",
        "REVIEW",
        5,
        "B5, B9",
    )
    found = read(path)
    assert [n for n, row in enumerate(found) if row["tv"] is None] == [3, 7]


def test_types_of_parquet_columns_pass_as_they_are(tmp_path: Path) -> None:
    stamps = pa.array([datetime(2022, 1, 3, 23), None], pa.timestamp("us", tz="UTC"))
    table = pa.table(
        {
            "date": pa.array([date(2022, 1, 3), date(2022, 1, 10)]),
            "at": stamps,
            "price": pa.array([Decimal("7.416"), Decimal("1.5")], pa.decimal128(10, 3)),
            "open": pa.array([True, None]),
            "event": pa.array(["a", " b "]).dictionary_encode(),
            "money": pa.array(["1.234,50 €", "12,25 €"]),
            "tags": pa.array([["x"], []]),
            "tv\u200b": pa.array([1, 2], pa.int8()),
        }
    )
    path = tmp_path / "x"
    pq.write_table(table, path)
    facts = to_parquet(path, tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet")
    for name in ("date", "at", "price", "open"):
        assert found[name].equals(table[name])
    assert found["event"].to_pylist() == ["a", "b"]
    assert found["money"].to_pylist() == [1234.5, 12.25]
    assert found["tv"].to_pylist() == [1, 2]
    assert "tags" not in found.column_names
    assert {finding.code for finding in facts.findings} >= {"layout.type", "layout.invisible"}
    assert facts.missing == (0, 1, 0, 1, 0, 0, 0)


def test_the_index_that_pandas_keeps_in_parquet_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "x"
    pq.write_table(pa.table({"__index_level_0__": [0, 1, 2], "date": WEEKS[:3], "tv": [1.0, 2.0, 3.0]}), path)
    facts = inspect(path)
    assert [column.name for column in facts.columns] == ["date", "tv"]
    assert "numbers the rows" in facts.findings[0].text


@pytest.mark.parametrize("type_", [pa.timestamp("s"), pa.timestamp("us", "UTC"), pa.date32(), pa.date64()], ids=str)
def test_a_day_of_parquet_that_no_calendar_knows_is_refused_by_place(tmp_path: Path, type_: pa.DataType) -> None:
    counts = pa.int32() if type_ == pa.date32() else pa.int64()
    days = pa.array(WEEKS, pa.date32()).cast(type_).cast(counts).to_pylist()
    days[3] = {pa.date32(): 2**31 - 1, pa.timestamp("s"): 10**14}.get(type_, 2**62)
    table = {"date": pa.array(days, counts).view(type_), "revenue": pa.array(range(30)), "tv_spend": [2**60 + 1] * 30}
    pq.write_table(pa.table(table), tmp_path / "x.parquet")
    seen = file_outlook(tmp_path / "x.parquet", Asked())
    assert seen.refused and "which lies after" in seen.refused.text
    assert {column.name for column in seen.columns} == set(table)


def test_a_cell_far_away_that_holds_a_format_only_is_passed_over(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx()))
    book["Data"]["XFD1048576"].number_format = "0.0%"
    file = io.BytesIO()
    book.save(file)
    assert inspect(write(tmp_path, file.getvalue())).rows == len(TABLE)


def _corner() -> bytes:
    book = openpyxl.Workbook()
    book.active["A1"] = "date"
    book.active["XFD1048576"] = 1
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _rows_without_numbers() -> bytes:
    """A sheet whose rows and cells do not say where they stand: one wide row, and very many after it."""
    wide = "".join("<c><v>1</v></c>" for _ in range(16_000))
    sheet = (
        f"<worksheet><sheetData><row>{wide}</row>{'<row/>' * 40_000}<row><c><v>1</v></c></row></sheetData></worksheet>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx())) as book, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for entry in book.infolist():
            text = sheet if entry.filename.startswith("xl/worksheets/") else book.read(entry)
            packed.writestr(entry.filename, text)
    return file.getvalue()


def _repeated_ods() -> bytes:
    cell = '<table:table-cell table:number-columns-repeated="16000" office:value-type="float" office:value="1"/>'
    return open_document.packed(f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>')


def _lying_zip() -> bytes:
    """A workbook whose directory says that its sheet is small."""
    data = bytearray(xlsx({"Data": [["date", "tv"], *[["x" * 30_000, n] for n in range(300)]]}))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        sizes = [entry.file_size for entry in archive.infolist() if entry.file_size > 1_000_000]
    for size in sizes:
        at = data.rfind(size.to_bytes(4, "little"))
        data[at : at + 4] = (1000).to_bytes(4, "little")
    return bytes(data)


def _encrypted_zip() -> bytes:
    data = bytearray(zipped(a_dot_csv=csv()))
    data[6] |= 1
    at = data.rfind(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def _many_parquet_rows() -> bytes:
    file = io.BytesIO()
    zeros = pa.array([0] * 1_000_000)
    pq.write_table(pa.table({"date": zeros, "tv": zeros}), file, use_dictionary=False, compression="zstd")
    return file.getvalue()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda: gzip.compress(b"2022-01-03,1\n" * 500_000), "unpacks to more", id="gz bomb"),
        pytest.param(lambda: zipped(a_dot_csv=b"date,tv\n" * 800_000), "unpacks to more", id="zip bomb"),
        pytest.param(_lying_zip, "unpacks to more", id="a directory that lies"),
        pytest.param(_corner, "too large", id="far corner"),
        pytest.param(_rows_without_numbers, "too large", id="rows without numbers"),
        pytest.param(_repeated_ods, "too large", id="repeated cells"),
        pytest.param(_many_parquet_rows, "unpacks to more|at most", id="large parquet"),
        pytest.param(lambda: zipped(a_dot_csv=csv(), b_dot_xls=xls()), "2 tables: “a.csv”, “b.xls”", id="two tables"),
        pytest.param(lambda: zipped(a_dot_pdf=b"%PDF"), "no table: it holds “a.pdf”", id="no table"),
        pytest.param(lambda: gzip.compress(gzip.compress(gzip.compress(csv()))), "several times", id="nested"),
        pytest.param(_encrypted_zip, "password", id="encrypted zip"),
        pytest.param(lambda: xlsx()[:3000], "damaged", id="half a workbook"),
        pytest.param(lambda: gzip.compress(csv())[:80], "damaged", id="half a gz"),
        pytest.param(lambda: parquet()[:300], "damaged", id="half a parquet"),
        pytest.param(lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000), "damaged", id="broken xls"),
        pytest.param(lambda: xls()[:3000], "damaged", id="half an xls"),
        pytest.param(lambda: zipped(**{"word/document_dot_xml": b"<a/>"}), "a Word document", id="docx"),
        pytest.param(lambda: zipped(**{"xl/workbook_dot_bin": b"a"}), "binary Excel", id="xlsb"),
        pytest.param(lambda: xlsx({"Data": [[]]}), "holds no values", id="empty workbook"),
        pytest.param(lambda: xlsx({"Data": [HEADER]}), "no rows", id="header only"),
    ],
)
def test_what_cannot_be_unpacked_or_read_is_told_in_a_sentence(
    tmp_path: Path, make: Callable[[], bytes], said: str
) -> None:
    data = make()
    limit = max(1_000_000, len(data))
    with pytest.raises(BadData, match=said) as refused:
        inspect(write(tmp_path, data), Asked(limit_bytes=limit if said != "too large" else None))
    assert refused.value.todo
    assert refused.value.what.count(".") <= 3


@pytest.mark.parametrize(
    "make", [xlsx, xls, ods, parquet, lambda: gzip.compress(csv()), lambda: zipped(a_dot_csv=csv())]
)
def test_damage_anywhere_is_never_a_traceback(tmp_path: Path, make: Callable[[], bytes]) -> None:
    whole = make()
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        data = bytearray(whole)
        data[place] ^= 0xFF
        try:
            inspect(write(tmp_path, bytes(data)), Asked(limit_bytes=1_000_000))
        except BadData as error:
            assert error.todo
