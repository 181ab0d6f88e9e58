"""Files with the faults that real ones have, as `mmm inspect` sees them."""

import json
import re
from pathlib import Path

import pytest

from bot import cli
from engine.data.intake.file import Asked
from engine.data.outlook import Outlook, file_outlook
from tests.faulty.files import FILES
from tests.faulty.table import FaultyFile

pytestmark = pytest.mark.slow


def written(file: FaultyFile, folder: Path) -> Path:
    if file.data is None:
        pytest.skip("the small made files are not beside this project")
    path = folder / "dropped.csv"
    path.write_bytes(file.data)
    return path


def texts(seen: Outlook) -> list[tuple[str, str]]:
    """Everything that is told, as (column, words)."""
    told = [(one.column, f"{one.text} {one.where} {one.row} {one.value}") for one in seen.findings]
    if seen.refused:
        told.append((seen.refused.column, f"{seen.refused.text} {seen.refused.todo} {seen.refused.row}"))
    return told


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.id)
def test_what_is_meant_is_read_or_said(file: FaultyFile, tmp_path: Path) -> None:
    seen = file_outlook(written(file, tmp_path), Asked(country=file.country))
    right, told = file.expected, texts(seen)
    assert (seen.refused is not None) == right.refused, seen.refused
    for column, pattern in right.says:
        assert any((not column or named == column) and re.search(pattern, words) for named, words in told), told
    if right.row is not None:
        assert any(f"{right.row}" in words for _, words in told), told
    if right.first:
        assert (seen.first_date, seen.last_date) == (right.first, right.last)
    columns = {column.name: column for column in seen.columns}
    for name, total in right.sums.items():
        assert columns[name].sum == pytest.approx(total, rel=1e-9), name
    for name, role in right.roles.items():
        assert (columns[name].role != role[1:]) if role.startswith("!") else (columns[name].role == role)


def test_the_command_prints_it_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = next(one for one in FILES if one.data is not None and not one.expected.refused)
    path = written(file, tmp_path)
    assert cli.main(["inspect", str(path), "--country", file.country, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"rows", "first_date", "last_date", "rhythm", "columns", "findings", "refused"}
    assert set(told["columns"][0]) == {"name", "role", "label", "sum", "missing", "unit"}
    assert told["refused"] is None


def test_a_refusal_ends_with_status_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "empty.csv"
    path.write_bytes(b"\n")
    assert cli.main(["inspect", str(path), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert set(told["refused"]) == {"text", "todo", "row", "column"}
    assert cli.main(["inspect", str(path)]) == 1
    assert "refused" in capsys.readouterr().out.lower()
