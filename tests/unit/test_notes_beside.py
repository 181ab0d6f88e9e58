"""Notes in columns beside a workbook's table are left out, and said. In a text file they may be slips: refused."""

from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

from engine.data.intake.file import Asked, inspect
from engine.errors import BadData

NAMES = ["week", "revenue", "tv_spend"]


def workbook(folder: Path, notes: dict[str, object]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(NAMES)
    for n in range(60):
        sheet.append([date(2022, 1, 3) + timedelta(days=7 * n), 1000.5 + n, 20.25 * n])
    for place, note in notes.items():
        sheet[place] = note
    path = folder / "plan.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize("notes", [{"E10": "TV strike"}, {"D3": "new shop", "F40": "see mail"}, {"E61": "last week"}])
def test_a_note_is_left_out_and_said(tmp_path: Path, notes: dict[str, object]) -> None:
    found = inspect(workbook(tmp_path, notes), Asked())
    assert found.rows == 60
    assert [column.name for column in found.columns] == NAMES
    told = [one for one in found.findings if one.code == "layout.beside"]
    assert len(told) == 1
    assert str(next(iter(notes.values()))) in told[0].text
    assert told[0].row == int(next(iter(notes))[1:])


def test_a_number_beside_the_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="Column 5 has no name but holds"):
        inspect(workbook(tmp_path, {"E10": 17.5}), Asked())


def test_a_text_that_a_delimiter_may_have_moved_is_refused(tmp_path: Path) -> None:
    rows = [f"{date(2022, 1, 3) + timedelta(days=7 * n)},{n},{n}," for n in range(60)]
    rows[5] = "2022-02-07,1,200,promo"
    path = tmp_path / "dropped.csv"
    path.write_text("\n".join(["week,revenue,event,", *rows]))
    with pytest.raises(BadData, match="Column 4 has no name but holds “promo” in row 7"):
        inspect(path, Asked())
