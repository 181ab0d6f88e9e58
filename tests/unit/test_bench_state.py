"""How bench.state fills a store: names and times of what the product left replaced, and nothing else."""

from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import google_crc32c
import pytest

from bench.state.fill import KEEP, Templates, Thing, counts, fill, revisions, title
from bench.state.template import Change, Left, another, differences, renamed
from engine.newest_first import newest_first
from local.google.bytes_of import sums_of
from local.google.objects import Objects
from local.google.stored import Stored

AT = datetime(2026, 11, 30, 12, 0, 0, 123000, tzinfo=UTC)
LATER = timedelta(days=-40, seconds=7)
NAMES = {"r1234567": "r7654321", "FR_1": "DE_12", "fr": "de", "20261130T120000Z-00aa": "20261021T120007Z-00bb"}
CHANGE = Change(NAMES, LATER, AT)
INVERSE, MOVED = newest_first(AT), newest_first(AT + LATER)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("runs/r1234567/state.json", "runs/r7654321/state.json"),
        ("robyn/FR_1/fr/20261130T120000Z-00aa/claim.json", "robyn/DE_12/de/20261021T120007Z-00bb/claim.json"),
        (f"robyn-jobs/rows/{INVERSE}-r1234567.json", f"robyn-jobs/rows/{MOVED}-r7654321.json"),
        ('{"at": "2026-11-30T12:00:00+00:00"}', '{"at": "2026-10-21T12:00:07+00:00"}'),
        ('{"at": "2026-11-30T12:00:00.500000Z"}', '{"at": "2026-10-21T12:00:07.500000Z"}'),
        ("outbox-open/C/20261130T120000.000001Z-x", "outbox-open/C/20261021T120007.000001Z-x"),
        ("FR_10 frame r12345678 2023-01-02", "FR_10 frame r12345678 2023-01-02"),
        ("1234567890123", "1234567890123"),
    ],
)
def test_names_and_times_are_replaced_and_nothing_else(text: str, changed: str) -> None:
    assert CHANGE.of()(text) == changed


def test_a_view_of_all_is_no_things_own_and_a_request_is_another_one() -> None:
    new = CHANGE.of()
    assert renamed("robyn-jobs/job_history.csv", new, 1) is None
    digest = "0123456789abcdef" * 2
    made = {renamed(f"requests/drafts/{digest}.json", new, number) for number in (1, 2)}
    assert len(made) == 2 and None not in made


def left(tmp_path: Path, name: str, text: str | None = None, **about: object) -> Left:
    path = tmp_path / name.replace("/", "-")
    path.write_bytes(b"\x00" if text is None else text.encode())
    kind = "application/octet-stream" if text is None else "application/json"
    sums = sums_of(path)
    at = AT.timestamp()
    stored = Stored(name, 1, 1, sums.size, kind, sums.crc32c, sums.md5, at, at, {}, "")
    return Left(replace(stored, **about), path, text)  # type: ignore[arg-type]


def test_another_thing_has_sound_bytes_its_own_times_and_its_own_line(tmp_path: Path) -> None:
    one = left(tmp_path, "runs/r1234567/state.json", '{"id": "r1234567"}', metadata={"line": '{"id": "r1234567"}'})
    [(stored, path)] = another([one], CHANGE, 3, tmp_path)
    assert stored.name == "runs/r7654321/state.json"
    assert path.read_text() == '{"id": "r7654321"}'
    assert stored.metadata == {"line": '{"id": "r7654321"}'}
    assert (stored.size, stored.crc32c) == (path.stat().st_size, sums_of(path).crc32c)
    assert stored.updated == (AT + LATER).timestamp()


def test_what_the_product_writes_otherwise_is_found(tmp_path: Path) -> None:
    ours = [left(tmp_path, "runs/r1234567/state.json", '{"a": 1}'), left(tmp_path, "views.csv", "x")]
    same = left(tmp_path, "runs/r7654321/state.json", '{"a": 2}')
    assert differences(ours, CHANGE, [same]) == []
    other = left(tmp_path, "runs/r7654321/state.json", '{"a": "2"}')
    more = left(tmp_path, "runs/r7654321/more.json", "{}")
    lined = left(tmp_path, "runs/r7654321/state.json", '{"a": 2}', metadata={"line": "{}"})
    for real, words in (([other], "another form"), ([same, more], "only the product"), ([lined], "other metadata")):
        [told] = differences(ours, CHANGE, real)
        assert words in told
    [told] = differences(ours, CHANGE, [])
    assert "does not write" in told


def test_a_store_is_spread_over_a_year_and_what_passes_has_passed(tmp_path: Path) -> None:
    names = {"run": "r1234567", "ts": "20261130T120000Z-00aa", "revision": "FR_1", "country": "fr", "title": "T"}
    names |= {"dataset": "20261130T110000Z-00dd", "who": "U0ANA", "channel": "C0"}
    line = '{"who": "U0ANA", "channel": "C0", "title": "T", "country": "fr"}'
    run = [
        left(tmp_path, "runs/r1234567/state.json", line),
        left(tmp_path, f"robyn-jobs/rows/{INVERSE}-r1234567.json", line),
        left(tmp_path, "experiments/FR_1.json", line),
        left(tmp_path, "robyn/FR_1/fr/20261130T120000Z-00aa/result.zip"),
        left(tmp_path, "outbox/r1234567.json", line, custom_time=AT.timestamp()),
    ]
    dataset = [left(tmp_path, "datasets/fr/20261130T110000Z-00dd/manifest.json", line)]
    made = Templates(
        Thing(dataset, AT, names), dict.fromkeys(("succeeded", "failed", "cancelled"), Thing(run, AT, names))
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    fill(tmp_path / "storage", made, 40, scratch)
    objects = Objects(tmp_path / "storage")
    found = {one.name: one for one in objects.all()}
    states = [name for name in found if name.startswith("runs/")]
    rows = [name for name in found if name.startswith("robyn-jobs/rows/")]
    assert (len(states), len(rows)) == (40, 40)
    assert counts(40) == (20, 2)
    assert sum(name.startswith("experiments/") for name in found) == 20
    assert sum(name.startswith("datasets/") for name in found) == 2
    assert sum(name.endswith("result.zip") for name in found) == 40
    ages = sorted(datetime.now(UTC).timestamp() - found[name].created for name in states)
    assert ages[0] < 86_400 and ages[-1] > 300 * 86_400
    kept = [name for name in found if name.startswith("outbox/")]
    assert len(kept) == sum(age < KEEP.total_seconds() for age in ages)
    people = {objects.read(found[name]) for name in states}
    assert len(people) > 5, "several people, channels, countries and datasets"
    for one in found.values():
        data = objects.read(one)
        assert len(data) == one.size
        assert google_crc32c.Checksum(data).digest() == b64decode(one.crc32c)
    objects.close()


def test_datasets_and_experiments_have_names_of_their_own() -> None:
    assert len({title(number) for number in range(500)}) == 500
    made = revisions(250, 25)
    assert len(set(made)) == 250
    german = [int(name.removeprefix("DE_")) for name in made if name.startswith("DE_")]
    assert german == list(range(german[0], german[0] + len(german))), "numbered without a gap"
