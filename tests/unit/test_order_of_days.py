"""Day and month in an open order, with words before them: both readings are seen, and one of them told."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.data.intake.file import Asked, inspect


def written(folder: Path, days: list[str]) -> Path:
    path = folder / "dropped.csv"
    path.write_text("date,sales\n" + "".join(f'"{day}",{n}\n' for n, day in enumerate(days)), encoding="utf-8")
    return path


@pytest.mark.parametrize("before", ["Mon ", "Mo, ", "w/c ", "Week of ", "week commencing "])
def test_words_before_a_date_do_not_decide_its_order(tmp_path: Path, before: str) -> None:
    weeks = [date(2022, 1, 3) + timedelta(days=7 * n) for n in range(30)]
    found = inspect(written(tmp_path, [f"{before}{day:%d/%m/%Y}" for day in weeks]), Asked(today=date(2024, 1, 1)))
    reading = found.plans[0].reading
    assert reading is not None
    assert not found.plans[0].bad
    assert getattr(reading, "day_first", None) is True


@pytest.mark.parametrize("before", ["", "Sat ", "w/c "])
def test_an_open_order_is_told(tmp_path: Path, before: str) -> None:
    months = [date(2020 + n // 12, n % 12 + 1, 1) for n in range(24)]
    found = inspect(written(tmp_path, [f"{before}{day:%m/%d/%Y}" for day in months]), Asked(today=date(2024, 1, 1)))
    assert [one.code for one in found.findings] == ["date.ambiguous"]
    assert getattr(found.plans[0].reading, "day_first", None) is False
