"""The same table, however it is written: read as it is, or the column is named in a doubt or a refusal."""

from pathlib import Path

import pytest

from engine.data.intake.file import Asked
from engine.data.outlook import Outlook, file_outlook
from tests.written_tables import Truth, Way, way

pytestmark = pytest.mark.slow

WAYS = 240
# Reading rightly is the aim; a doubt or a refusal is allowed where the file leaves it open.
LEAST_RIGHT = 0.95


def differences(seen: Outlook, table: Truth, drawn: Way) -> list[str]:
    """Everything that was read differently and of which nothing is said."""
    named = {finding.column for finding in seen.findings} | ({seen.refused.column} if seen.refused else set())
    said = " ".join([*(finding.text for finding in seen.findings), seen.refused.text if seen.refused else ""])
    if seen.refused and not seen.columns:
        return [] if seen.refused.text and seen.refused.todo else ["refused without a word"]
    found = []
    sums = {_plain(column.name): column for column in seen.columns}
    for name, true in table.sums().items():
        column = sums.get(_plain(name))
        if column is None:
            found.append(f"{name} is gone")
        elif not _alike(column.sum, true) and column.name not in named and column.name not in said:
            found.append(f"{name}: {column.sum} instead of {true}")
    dates = (seen.first_date, seen.last_date)
    true_dates = (table.days[0].isoformat(), table.days[-1].isoformat())
    if dates != true_dates and dates != (None, None) and not any(f.code.startswith("date.") for f in seen.findings):
        found.append(f"{dates} instead of {true_dates}")
    return [f"{one} (said: {said[:300]})" for one in found]


def _alike(seen: float | None, true: float) -> bool:
    return seen is not None and abs(seen - true) <= 1e-6 * abs(true)


def _plain(name: str) -> str:
    """A column's name without the order of its words, as two header rows may give it."""
    words = sorted(name.lower().replace("average", "avg").replace(" ", "_").split("_"))
    return "_".join(words)


@pytest.mark.parametrize("first", range(0, WAYS, 20))
def test_no_way_of_writing_is_read_wrongly_in_silence(tmp_path: Path, first: int) -> None:
    wrong, right = [], 0
    for seed in range(first, first + 20):
        drawn, table = way(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        seen = file_outlook(drawn.write(table, folder), Asked(country="de"))
        wrong += [f"seed {seed}: {one}\n  {drawn.told()}" for one in differences(seen, table, drawn)]
        right += seen.refused is None and seen.first_date == table.days[0].isoformat()
    assert wrong == []
    assert right >= LEAST_RIGHT * 20
