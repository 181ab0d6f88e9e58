"""What a run found is read back whatever release wrote it, and every chart has one place."""

from random import randbytes
from typing import Any

import pytest

from engine import paths
from engine.errors import BrokenState
from engine.results.details import Details
from engine.results.found import MORE, POST, POSTED, Drawn, Found, read_found
from engine.results.headline import headline
from engine.results.verdict import judge
from engine.runs.findings import found_of, keep_findings, on_record, with_verdict
from engine.runs.records import folder_of
from engine.runs.run import State
from tests.faults.fake_cloud import FakeCloud
from tests.golden.test_messages import of_earlier_release, run
from tests.heads import head
from tests.made_results import made_results


def charts(*places: str) -> tuple[Drawn, ...]:
    return tuple(Drawn(name=f"c{n}", title="t", alt="a", path="p", place=place) for n, place in enumerate(places))


def found(**changes: Any) -> Found:
    return Found(verdict=judge(head()), headline=head(), **changes)


def test_charts_are_posted_or_kept_as_they_say() -> None:
    seen = found(charts=charts(POST, MORE, POST, MORE))
    assert [one.name for one in seen.placed(POST)] == ["c0", "c2"]
    assert [one.name for one in seen.placed(MORE)] == ["c1", "c3"]


def test_charts_drawn_before_they_had_places_keep_theirs() -> None:
    seen = found(charts=charts(*[""] * (POSTED + 1)))
    assert (len(seen.placed(POST)), [one.name for one in seen.placed(MORE)]) == (POSTED, [f"c{POSTED}"])


def test_what_an_earlier_release_wrote_is_read_without_what_it_did_not_know() -> None:
    seen = read_found(of_earlier_release())
    assert (seen.details, seen.verdict.calls, seen.headline.budgets) == (Details(), (), ())


def test_what_cannot_be_read_is_named() -> None:
    with pytest.raises(BrokenState) as refused:
        read_found({"verdict": {}}, "here/findings.json")
    assert "here/findings.json" in refused.value.detail


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        pytest.param(found().model_dump(mode="json"), "usable", id="there"),
        pytest.param({"verdict": "?"}, "", id="unreadable"),
        pytest.param(None, "", id="gone"),
    ],
)
def test_a_run_of_an_earlier_release_gets_its_verdict_from_what_it_found(body: Any, verdict: str) -> None:
    storage, done = FakeCloud().storage, run(State.SUCCEEDED)
    if body is not None:
        storage.create(paths.results(folder_of(done), "findings.json"), body)
    assert with_verdict(storage, done).verdict == verdict


@pytest.mark.parametrize(("trials", "short"), [(3, True), (10, False)])
def test_a_run_keeps_whether_its_verdict_asks_for_a_longer_one(trials: int, short: bool) -> None:
    shown = headline(made_results(iterations=200, trials=trials))
    assert on_record(Found(verdict=judge(shown), headline=shown))["preview"] is short


def test_the_preview_of_an_earlier_attempt_is_found() -> None:
    storage, again = FakeCloud().storage, run(State.RUNNING, trainer="both", attempt=2)
    storage.create(paths.results(paths.preview(folder_of(again, 1)), "findings.json"), found())
    assert found_of(storage, again, preview=True) is not None
    assert found_of(storage, again) is None


def test_findings_are_read_without_the_pictures_behind_them() -> None:
    fake, done = FakeCloud(), run(State.SUCCEEDED)
    shown = headline(made_results())
    kept = keep_findings(
        fake.storage,
        folder_of(done),
        Found(verdict=judge(shown), headline=shown),
        [("fit", randbytes(4 << 20))],
    )
    read: list[int] = []
    whole = fake.storage.get_start

    def counted(path: str, size: int) -> bytes:
        read.append(size)
        return whole(path, size)

    fake.storage.get_start = counted  # type: ignore[method-assign]
    calls = len(fake.world.calls)
    assert found_of(fake.storage, done) == kept
    assert len(fake.world.calls) == calls + 1 and read[0] < 1 << 20


def test_findings_that_are_longer_than_the_start_or_damaged_in_it_are_told_by_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake, done = FakeCloud(), run(State.SUCCEEDED)
    shown = headline(made_results())
    kept = keep_findings(fake.storage, folder_of(done), Found(verdict=judge(shown), headline=shown), [])
    monkeypatch.setattr("engine.runs.findings.WORDS", 100)
    assert found_of(fake.storage, done) == kept
    path = paths.findings_pack(folder_of(done))
    damaged = bytearray(fake.storage.objects[path][0])
    damaged[60] ^= 0xFF
    fake.storage.put(path, bytes(damaged))
    with pytest.raises(BrokenState):
        found_of(fake.storage, done)
