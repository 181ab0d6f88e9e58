"""What a training leaves is one object, read whole or not at all; what the release before left is read, too."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from engine import paths
from engine.cloud.packed import packed
from engine.cloud.result import MANIFEST, SCHEMA, File, Manifest, read_result, vouch
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, BrokenState, Unavailable
from engine.job import upload
from engine.job.upload import leave_results, leave_words
from engine.results.check import check_results
from engine.runs.findings import found_of
from engine.runs.records import folder_of, read_run
from tests.earlier_store import SUCCEEDED, into_memory
from tests.faults.fake_cloud import FakeCloud, FakeStorage

FOLDER = "robyn/BASE_1/de/t/"
DONE = Manifest(kind="succeeded", seconds=2.5, execution="e1")
FAILED = Manifest(kind="failed", what="No.", todo="Look.")
FILES = {
    "timings.csv": b"Step,Time (s)\n",
    "robyn_console.log": b"one\ntwo\n" * 40,
    "status.json": b'{"phase": "writing"}',
    "results/summary.json": b'{"chosen": "1_2_3"}',
    "results/candidates.parquet": bytes(range(256)),
    "results/robyn/small.csv": b"a,b\n" * 10,
    "results/robyn/model.rds": b"r" * 4000,
}


def out(folder: Path, **more: bytes) -> Path:
    """A trainer's OUT folder, with what a trainer keeps for itself beside it."""
    for name, data in {**FILES, "trials/trial_1.npz": b"t", "error.json": b"{}", **more}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def as_real(storage: FakeStorage) -> Storage:
    return cast(Storage, storage)


def test_a_result_is_one_request_to_write_and_one_to_read(tmp_path: Path) -> None:
    fake = FakeCloud()
    storage = as_real(fake.storage)
    leave_results(storage, FOLDER, DONE, out(tmp_path / "out"), tmp_path / "scratch.zip")
    told = read_result(storage, FOLDER, tmp_path / "in")
    assert told == DONE.with_files(told.files if told else ())
    assert fake.world.calls == [f"put {FOLDER}result.zip", f"get {FOLDER}result.zip"]
    assert {file.name for file in told.files} == set(FILES) if told else False
    # What finish reads: the contract's results, without Robyn's own files.
    wanted = {name: data for name, data in FILES.items() if name.startswith("results/") and "robyn/" not in name}
    assert tree(tmp_path / "in") == wanted
    assert not (tmp_path / "scratch.zip").exists()
    assert fake.storage.lines[f"{FOLDER}result.zip"] == {"kind": "succeeded"}


def test_all_of_it_is_brought_to_whoever_wants_all(tmp_path: Path) -> None:
    storage = as_real(FakeCloud().storage)
    leave_results(storage, FOLDER, DONE, out(tmp_path / "out"), tmp_path / "scratch.zip")
    read_result(storage, FOLDER, tmp_path / "in", whole=True)
    assert tree(tmp_path / "in") == FILES


def test_for_the_release_before_each_file_lies_by_itself_and_the_manifest_comes_last(
    tmp_path: Path,
) -> None:
    fake = FakeCloud()
    storage = as_real(fake.storage)
    fake.storage.put(f"{FOLDER}status.json", b"the progress")
    leave_results(storage, FOLDER, DONE, out(tmp_path / "out"), tmp_path / "scratch.zip", packed_up=False)
    found = {name.removeprefix(FOLDER): data for name, (data, *_) in fake.storage.objects.items()}
    manifest = json.loads(found.pop("result.json"))
    assert found == {**FILES, "status.json": b"the progress"}
    assert fake.world.calls[-1] == f"create {FOLDER}result.json"
    assert (manifest["schema_version"], manifest["kind"]) == (1, "succeeded")
    assert {one["name"] for one in manifest["files"]} == set(FILES) - {"status.json"}
    read_result(storage, FOLDER, tmp_path / "in", whole=True)
    assert tree(tmp_path / "in") == {name: data for name, data in FILES.items() if name != "status.json"}


def test_why_there_are_no_results_is_left_likewise(tmp_path: Path) -> None:
    fake = FakeCloud()
    leave_words(as_real(fake.storage), FOLDER, FAILED, out(tmp_path / "out"), packed_up=False)
    left = fake.storage.look(f"{FOLDER}result.json") or {}
    assert (left["kind"], left["what"], left["todo"]) == ("failed", FAILED.what, FAILED.todo)
    assert not [name for name in fake.storage.objects if name.endswith(".zip") or "/results/" in name]


def test_nothing_yet_is_no_result(tmp_path: Path) -> None:
    assert read_result(as_real(FakeCloud().storage), FOLDER, tmp_path) is None


def test_large_extras_lie_apart_and_are_fetched_only_by_who_wants_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "HEAVY", 100)
    fake = FakeCloud()
    storage = as_real(fake.storage)
    # Left by an earlier start of this container, from a training that did not end.
    fake.storage.put(f"{FOLDER}results/robyn/model.rds", b"half")
    leave_results(storage, FOLDER, DONE, out(tmp_path / "out"), tmp_path / "scratch.zip")
    assert fake.storage.objects[f"{FOLDER}results/robyn/model.rds"][0] == FILES["results/robyn/model.rds"]
    assert fake.world.calls[-1] == f"put {FOLDER}result.zip", "the manifest vouches for what is there already"
    fake.world.calls.clear()
    told = read_result(storage, FOLDER, tmp_path / "in")
    assert told and [file.name for file in told.files if file.apart] == ["results/robyn/model.rds"]
    assert fake.world.calls == [f"get {FOLDER}result.zip"]
    read_result(storage, FOLDER, tmp_path / "all", whole=True)
    assert tree(tmp_path / "all") == FILES
    fake.storage.put(f"{FOLDER}results/robyn/model.rds", b"others")
    with pytest.raises(BrokenState):
        read_result(storage, FOLDER, tmp_path / "again", whole=True)


def test_who_comes_second_leaves_nothing(tmp_path: Path) -> None:
    fake = FakeCloud()
    storage = as_real(fake.storage)
    leave_words(storage, FOLDER, FAILED, None)
    with pytest.raises(AlreadyExists):
        leave_results(storage, FOLDER, DONE, out(tmp_path / "out"), tmp_path / "scratch.zip")
    told = read_result(storage, FOLDER, tmp_path / "in")
    assert told and told.kind == "failed"


def test_a_training_without_results_leaves_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "LAST_WORDS", 12)
    fake = FakeCloud()
    leave_words(as_real(fake.storage), FOLDER, FAILED, out(tmp_path / "out"))
    told = read_result(as_real(fake.storage), FOLDER, tmp_path / "in", whole=True)
    assert told and (told.kind, told.what, told.todo) == ("failed", "No.", "Look.")
    assert tree(tmp_path / "in") == {
        "timings.csv": FILES["timings.csv"][-12:],
        "robyn_console.log": FILES["robyn_console.log"][-12:],
        "status.json": FILES["status.json"][-12:],
    }
    assert fake.world.calls[0] == f"put {FOLDER}result.zip" and len(fake.world.calls) == 2


# Damage


def stored(manifest: bytes, **files: bytes) -> FakeStorage:
    storage = FakeCloud().storage
    storage.put(f"{FOLDER}result.zip", packed([(MANIFEST, manifest), *files.items()]))
    return storage


def vouching(*files: File, **changes: Any) -> bytes:
    return json.dumps({**json.loads(DONE.with_files(files).written()), **changes}).encode()


@pytest.mark.parametrize(
    ("manifest", "files"),
    [
        pytest.param(vouching(vouch("results/a", b"a")), {}, id="a-file-is-missing"),
        pytest.param(vouching(vouch("results/a", b"a")), {"results/a": b"ab"}, id="another-size"),
        pytest.param(vouching(vouch("results/a", b"a")), {"results/a": b"b"}, id="other-bytes"),
        pytest.param(vouching(vouch("results/../../a", b"a")), {"results/../../a": b"a"}, id="outside"),
        pytest.param(vouching(vouch("results/\0a", b"a")), {"results/\0a": b"a"}, id="no-name"),
        pytest.param(vouching(kind="perhaps"), {}, id="unknown-kind"),
        pytest.param(b"[1]", {}, id="no-object"),
        pytest.param(b"{half", {}, id="no-json"),
    ],
)
def test_a_result_that_is_not_as_it_was_vouched_for_is_not_used(
    tmp_path: Path, manifest: bytes, files: dict[str, bytes]
) -> None:
    with pytest.raises(BrokenState):
        read_result(as_real(stored(manifest, **files)), FOLDER, tmp_path / "deep" / "in")
    assert tree(tmp_path).keys() <= {"deep/in/results/a"}


def test_a_result_of_a_newer_release_is_left_to_it(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        read_result(as_real(stored(vouching(schema_version=SCHEMA + 1))), FOLDER, tmp_path)


@pytest.mark.parametrize("times", [1, 2])
def test_a_result_that_arrives_damaged_is_fetched_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    storage, left = stored(vouching()), [times]
    real = storage.get_file

    def on_its_way(path: str, into: Path) -> Any:
        if left[0]:
            left[0] -= 1
            raise BrokenState(f"{path} arrived damaged.", "Try again.")
        return real(path, into)

    monkeypatch.setattr(storage, "get_file", on_its_way)
    if times == 1:
        assert read_result(as_real(storage), FOLDER, tmp_path) == DONE
    else:
        with pytest.raises(BrokenState, match="of this training are damaged"):
            read_result(as_real(storage), FOLDER, tmp_path)


def test_a_result_without_a_manifest_is_not_used(tmp_path: Path) -> None:
    storage = FakeCloud().storage
    storage.put(f"{FOLDER}result.zip", packed([("results/a", b"a")]))
    with pytest.raises(BrokenState):
        read_result(as_real(storage), FOLDER, tmp_path)


def test_half_a_result_is_never_used_wherever_it_is_cut_off_or_wrong(tmp_path: Path) -> None:
    storage = FakeCloud().storage
    leave_results(as_real(storage), FOLDER, DONE, out(tmp_path / "out"), tmp_path / "scratch.zip")
    whole = storage.objects[f"{FOLDER}result.zip"][0]
    wrong = [whole[:at] for at in range(0, len(whole), 97)]
    wrong += [whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :] for at in range(0, len(whole), 41)]
    refused = 0
    for number, data in enumerate(wrong):
        storage.put(f"{FOLDER}result.zip", data)
        into = tmp_path / str(number)
        try:
            told = read_result(as_real(storage), FOLDER, into, whole=True)
        except BrokenState:
            refused += 1
        else:
            assert told and tree(into) == FILES
    assert refused > len(wrong) / 2


# The release before


def test_what_the_release_before_left_is_read(tmp_path: Path) -> None:
    fake = FakeCloud()
    into_memory(fake.storage)
    storage = as_real(fake.storage)
    run = read_run(storage, SUCCEEDED)
    told = read_result(storage, folder_of(run), tmp_path)
    assert told and (told.kind, told.schema_version) == ("succeeded", 1)
    assert check_results(tmp_path) == []
    assert not (tmp_path / "robyn_console.log").exists()
    found = found_of(storage, run)
    assert found and all(storage.get_bytes(chart.path).startswith(b"\x89PNG") for chart in found.charts)


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_what_is_damaged_of_the_release_before_is_not_used(tmp_path: Path, damage: str) -> None:
    fake = FakeCloud()
    into_memory(fake.storage)
    folder = folder_of(read_run(as_real(fake.storage), SUCCEEDED))
    path = paths.results(folder, "summary.json")
    if damage == "gone":
        fake.storage.drop(path)
    else:
        fake.storage.put(path, b"{}")
    with pytest.raises(BrokenState):
        read_result(as_real(fake.storage), folder, tmp_path)
