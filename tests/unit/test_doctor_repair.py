"""`mmm doctor` says which lists are not what the facts say; `--repair` has them be so, and tells what differed."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest

from bot import cli
from bot.admin import doctor
from bot.installations import Installation
from engine import paths
from engine.doctor import views
from engine.doctor.report import Finding, Report, Verdict, ok
from engine.doctor.subject import Subject
from engine.errors import Unavailable
from engine.paths import workspace_root
from engine.pipeline.portion import HANDFUL
from engine.pipeline.repair import repair
from engine.runs.run import Launch, Slot, State
from tests.faults.fake_cloud import NOON
from tests.harms import corrupt, delete, swap
from tests.stored_facts import Store, filled


def subject(store: Store) -> Subject:
    return Subject(store.fake.settings, store.cloud, store.fake.clock, {})


@pytest.fixture
def store() -> Store:
    store = filled(datasets=3, experiments=3, ended=3, open=1)
    repair(store.cloud, store.fake.clock)
    return store


def told(found: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(one.verdict.value, one.found) for one in found]


def harm(store: Store) -> None:
    names = sorted(store.views())
    delete(store.fake.storage, [name for name in names if name.startswith(paths.DATASET_INDEX)])
    swap(store.fake.storage, [name for name in names if name.startswith(paths.EXPERIMENT_INDEX)])
    corrupt(store.fake.storage, [name for name in names if name.startswith(paths.HISTORY_ROWS)][:1])
    store.storage.overwrite_view(f"{paths.DATASET_INDEX}odd", b"{}", "application/json")


SENTENCES = [
    "index/datasets/: 3 of its entries were missing: ",
    "index/datasets/: 1 of its entries belonged to nothing: odd.",
    "index/experiments/: 3 of its entries said something else: ",
    "robyn-jobs/rows/: 1 of its entries said something else: ",
]


def test_a_look_says_what_differs_and_changes_nothing(store: Store) -> None:
    assert told(views.look(subject(store))) == [
        ("ok", "10 datasets, experiments and runs were looked at; their lists and look-ups say what they should.")
    ]
    harm(store)
    before = dict(store.fake.storage.objects)
    found = list(views.look(subject(store)))
    assert {one.verdict for one in found} == {Verdict.WARNING}
    assert all(any(one.found.startswith(said) for one in found) for said in SENTENCES), found
    assert all("mmm doctor --repair" in one.fix for one in found)
    assert store.fake.storage.objects == before


def test_before_the_first_sweep_nothing_is_amiss() -> None:
    assert [one.verdict for one in views.look(subject(filled(datasets=2, experiments=1, ended=1, open=0)))] == ["ok"]


def test_a_repair_tells_what_it_mended_and_then_finds_nothing(store: Store) -> None:
    right = store.views()
    harm(store)
    found = list(views.mended(store.cloud, store.fake.clock))
    assert {one.verdict for one in found} == {Verdict.OK}
    assert all(any(one.found.startswith(said) for one in found) for said in SENTENCES), found
    assert all(one.check == views.CHECK for one in found)
    assert store.views() == right
    assert len(list(views.mended(store.cloud, store.fake.clock))) == 1


def test_a_repair_deletes_no_fact_and_names_what_cannot_be_read(store: Store) -> None:
    broken, gone = paths.experiment("FR_2"), paths.run_state(f"r{0:07x}")
    store.fake.storage.put(broken, b"{")
    store.fake.storage.drop(gone)
    kept = [name for name in store.fake.storage.objects if name.startswith((paths.EXPERIMENTS, paths.HISTORY_ROWS))]
    found = list(views.mended(store.cloud, store.fake.clock))
    assert all(name in store.fake.storage.objects for name in kept)
    [failed] = [one for one in found if one.verdict is Verdict.FAILED]
    assert broken in failed.found
    [warned] = [one for one in found if one.verdict is Verdict.WARNING]
    assert "1 rows of the history are of runs that are gone, and stay" in warned.found


def test_where_nothing_is_amiss_a_repair_changes_nothing_however_much_there_is() -> None:
    store = filled(datasets=HANDFUL + 5, experiments=HANDFUL + 5, ended=HANDFUL + 5, open=0)
    repair(store.cloud, store.fake.clock)
    store.fake.world.calls.clear()
    assert repair(store.cloud, store.fake.clock, thorough=True).differences == ()
    views = (paths.DATASET_INDEX, paths.TITLE_INDEX, paths.EXPERIMENT_INDEX, paths.ACTIVE, paths.HISTORY_ROWS)
    changed = [call for call in store.fake.world.calls if not call.startswith(("read ", "list ", "get "))]
    assert not [call for call in changed if call.split(" ", 1)[1].startswith(views)]


def test_places_and_markers_that_were_lost_are_given_back(store: Store) -> None:
    at = NOON
    launch = Launch(token="t", lease_until=at, launched_at=at)
    store.run(9, State.RUNNING, launch=launch, slot=Slot(number=1, generation=7))
    delete(store.fake.storage, [name for name in store.views() if name.startswith(paths.ACTIVE)])
    found = told(views.mended(store.cloud, store.fake.clock))
    assert ("ok", "slots/: 1 of its entries was missing: 1.json. It is mended.") in found
    assert store.fake.storage.look(paths.slot(1)) == {"run": "r0000009", "attempt": 1}
    assert paths.active("r0000009") in store.fake.storage.objects


# By hand


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> Report:
    """What the doctor says of everything else."""
    rest = Report((ok("All is well.", check="bucket"),))
    monkeypatch.setattr(doctor, "look_from_here", lambda part=None, clock=None: rest)
    monkeypatch.setattr(doctor, "_unreadable", lambda environment: [])
    return rest


def serve(monkeypatch: pytest.MonkeyPatch, store: Store, **settings: Any) -> None:
    at = store.fake.settings.model_copy(update=settings)
    monkeypatch.setattr(doctor, "Settings", lambda: at)
    monkeypatch.setattr(doctor, "Cloud", lambda settings: store.cloud)


def test_the_command_prints_what_differed_and_ends_as_the_doctor_does(
    store: Store, report: Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = store.views()
    harm(store)
    serve(monkeypatch, store)
    assert cli.main(["doctor", "--repair"]) == 0
    said = capsys.readouterr().out
    assert all(sentence in said for sentence in SENTENCES) and "bucket" in said
    assert store.views() == right
    assert cli.main(["doctor", "--repair", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [one["verdict"] for one in found] == ["ok", "ok"]
    store.fake.storage.put(paths.experiment("FR_2"), b"{")
    assert cli.main(["doctor", "--repair"]) == 1


def test_what_was_mended_is_not_told_as_amiss_by_the_doctor_s_look(
    store: Store, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    harm(store)
    serve(monkeypatch, store)
    monkeypatch.setattr(doctor, "look_from_here", lambda *_: Report(tuple(views.look(subject(store)))))
    assert {one.verdict for one in doctor.repair_from_here().findings} == {Verdict.OK}


def test_where_storage_does_not_answer_that_is_a_finding(
    store: Store, report: Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def down(call: str) -> None:
        raise Unavailable("Cloud Storage does not answer.", "Try again.")

    serve(monkeypatch, store)
    store.fake.world.before = down
    assert cli.main(["doctor", "--repair"]) == 1
    assert "Cloud Storage does not answer." in capsys.readouterr().out


def test_each_workspace_that_has_the_app_is_repaired(
    store: Store, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = filled(datasets=0, experiments=0, ended=0, open=0)
    for team, left in (("T1", None), ("T2", NOON)):
        installed = Installation(
            team=team, name=team, bot_user="U", who="U1", scopes=(), token="t", installed_at=NOON, left_at=left
        )
        deployment.storage.create(paths.installation(team), installed)
    asked = []

    def of(settings: Any) -> Any:
        asked.append((settings.workspace, settings.bucket_root))
        return store.cloud

    cast(Any, deployment.fake).of = of
    serve(monkeypatch, deployment, workspace="", slack_client_id="1.2")
    harm(store)
    found = doctor.repair_from_here().findings
    assert asked == [("T1", workspace_root("T1"))]
    assert all(one.found.startswith("T1: ") for one in found[:-1]) and len(found) > 3
