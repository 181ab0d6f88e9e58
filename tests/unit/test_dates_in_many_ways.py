"""The same days written in many ways: read back as they are, or doubted, or refused by their column. Never else."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from engine.data.dates import step
from engine.data.intake.file import Asked, to_parquet
from engine.errors import BadData

TODAY = date(2026, 5, 5)
ZONES = {"de": "Europe/Berlin", "jp": "Asia/Tokyo", "us": "America/New_York", "au": "Australia/Sydney"}


def utc(country: str) -> Callable[[date], str]:
    zone = ZoneInfo(ZONES[country])
    return lambda day: f"{datetime.combine(day, time(), zone).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def offset(country: str) -> Callable[[date], str]:
    return lambda day: datetime.combine(day, time(), ZoneInfo(ZONES[country])).isoformat()


WAYS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d-%m-%y",
    "%m/%d/%y %H:%M",
    "%d %B %Y",
    "%b %d, %Y",
)
WAYS += ("%d-%b-%y", "%Y%m%d", "%Y/%m/%d %H:%M:%S", "%A, %d %B %Y", "%d%b%Y", "%m-%d-%Y", "%B %d %Y", "%Y-%m-%dT%H:%M")


@pytest.mark.parametrize("seed", range(120))
def test_no_way_of_writing_days_is_read_wrongly_in_silence(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    country = draw.choice(list(ZONES))
    first, count = date(2019, 1, 1) + timedelta(days=draw.randrange(2000)), draw.randrange(8, 140)
    rhythm = draw.choice(("day", "week", "month"))
    days = [step(first.replace(day=1) if rhythm == "month" else first, rhythm, n) for n in range(count)]
    days = [day for day in days if day <= TODAY]
    way = draw.choice((*WAYS, utc(country), offset(country)))
    texts = [f"{datetime.combine(day, time()):{way}}" if isinstance(way, str) else way(day) for day in days]
    path, into = tmp_path / "dropped.csv", tmp_path / "raw.parquet"
    path.write_text("date;cost\n" + "".join(f'"{text}";{n}.5\n' for n, text in enumerate(texts)))
    try:
        facts = to_parquet(path, into, Asked(country=country, today=TODAY), needed=["date", "cost"])
    except BadData as error:
        assert "date" in error.what
        return
    doubted = [finding for finding in facts.findings if finding.column == "date" and finding.grade == "REVIEW"]
    assert pq.read_table(into)["date"].to_pylist() == days or doubted, (way, texts[:3])
