"""A backup that anybody may have made or changed: restored if every object is there as it was stored, else refused.

Each way to spoil one is written by hand, with its manifest computed anew, and given to the command: one sentence, exit
status 1, and nothing left behind.
"""

import gzip
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot import cli
from engine.errors import BadInput, BrokenState
from local.embedded.archive import ABOUT, BYTES, MANIFEST, OBJECTS, RUN, TASKS, read_manifest
from local.embedded.backup import backup
from local.embedded.folder import FORMAT, Folder
from local.embedded.restore import restore
from local.google.executions import Executions
from local.google.objects import Objects
from tests.embedded_state import State

pytestmark = pytest.mark.slow

Members = dict[str, bytes]
RUN_STATE = "runs/r1/state.json"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound backup: three objects, a task, an execution."""
    folder = tmp_path_factory.mktemp("whole")
    state = State(folder / "state")
    state.put(RUN_STATE, b'{"state": "SUCCEEDED"}')
    state.put("robyn/FR_1/fr/t/results/summary.json", b'{"chosen": "1_2_3"}')
    state.put("empty", b"")
    state.queue("notify", "n1")
    ours = Executions(state.folder.google, ["true"], {}, state.path)
    ours.start("projects/p/locations/r/jobs/j", {"MMM_RUN": "r1"}, 60)
    ours.stop()
    backup(state.path, folder / "b.tar")
    state.close()
    return folder / "b.tar"


def members(archive: Path) -> Members:
    with tarfile.open(archive) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]


def signed(content: Members) -> bytes:
    """A manifest for whatever is there."""
    files = {
        name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in content.items()
        if name != MANIFEST
    }
    return json.dumps({"format": FORMAT, "made": "2026-01-01T00:00:00", "files": files}).encode()


def written(into: Path, content: Members, more: list[tuple[tarfile.TarInfo, bytes]] | None = None) -> None:
    """An archive of these members; `more` stand before the manifest."""
    with tarfile.open(into, "w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(content, key=lambda name: (name == MANIFEST, name)):
            if name == MANIFEST:
                for member, data in more or []:
                    tar.addfile(member, io.BytesIO(data))
            member = tarfile.TarInfo(name)
            member.size = len(content[name])
            tar.addfile(member, io.BytesIO(content[name]))


def bytes_of(content: Members, name: str) -> str:
    """The member that holds an object's bytes."""
    body = json.loads(_ask(content[OBJECTS], "SELECT body FROM objects WHERE name = ?", name))
    return f"{BYTES}/{body['file']}"


def _ask(database: bytes, query: str, *values: Any) -> Any:
    opened = sqlite3.connect(":memory:")
    opened.deserialize(_without_wal(database))
    found = opened.execute(query, values).fetchone()[0]
    opened.close()
    return found


def _without_wal(database: bytes) -> bytes:
    """The same database for SQLite in memory, which knows no write-ahead log."""
    return database[:18] + b"\x01\x01" + database[20:]


def sql(database: str, *statements: str) -> Callable[[Members], None]:
    def spoil(content: Members) -> None:
        opened = sqlite3.connect(":memory:", isolation_level=None)
        opened.deserialize(_without_wal(content[database]))
        for statement in statements:
            opened.execute(statement)
        content[database] = opened.serialize()
        opened.close()

    return spoil


def _set(name: str, value: Any) -> str:
    return f"UPDATE objects SET body = json_set(body, '$.{name}', {value}) WHERE name = '{RUN_STATE}'"


def changed(content: Members) -> None:
    content[bytes_of(content, RUN_STATE)] = b'{"state": "SUCCEEDEX"}'


def shortened(content: Members) -> None:
    content[bytes_of(content, RUN_STATE)] = b'{"state"'


def removed(content: Members) -> None:
    del content[bytes_of(content, RUN_STATE)]


def another(content: Members) -> None:
    content[f"{BYTES}/{'a' * 32}"] = b"smuggled in"


def shared(content: Members) -> None:
    """Two objects, one file: the bytes are right for both, and the first deletion takes them from the other."""
    sql(OBJECTS, "INSERT INTO objects SELECT 'twin', json_set(body, '$.name', 'twin') FROM objects LIMIT 1")(content)


def text(name: str) -> Callable[[Members], None]:
    def spoil(content: Members) -> None:
        content[name] = b"this is no database at all, only text\n" * 40

    return spoil


def broken_pages(content: Members) -> None:
    data = bytearray(content[OBJECTS])
    data[4096:4500] = b"\xff" * 404
    content[OBJECTS] = bytes(data)


def without(name: str) -> Callable[[Members], None]:
    def spoil(content: Members) -> None:
        del content[name]

    return spoil


def about(data: bytes) -> Callable[[Members], None]:
    def spoil(content: Members) -> None:
        content[ABOUT] = data

    return spoil


DEEP = b"[" * 100_000 + b"]" * 100_000
# What is wrong inside, and a word of what is said. The manifest agrees with each.
INSIDE: dict[str, tuple[Callable[[Members], None], str]] = {
    "bytes changed": (changed, f"{RUN_STATE} has other bytes than were stored"),
    "bytes cut off": (shortened, f"{RUN_STATE} has other bytes than were stored"),
    "bytes removed": (removed, f"the bytes of {RUN_STATE} are missing"),
    "bytes of nobody": (another, "belong to none"),
    "bytes of two": (shared, "has the bytes of another object"),
    "object removed": (sql(OBJECTS, f"DELETE FROM objects WHERE name = '{RUN_STATE}'"), "belong to none"),
    "all objects removed": (sql(OBJECTS, "DELETE FROM objects"), "3 file(s) of bytes"),
    "another crc32c": (sql(OBJECTS, _set("crc32c", "'AAAAAA=='")), "has other bytes"),
    "another md5": (sql(OBJECTS, _set("md5", "'AAAA'")), "has other bytes"),
    "another size": (sql(OBJECTS, _set("size", 5)), "has other bytes"),
    "a file elsewhere": (sql(OBJECTS, _set("file", "'../../../../outside'")), "are missing"),
    "a number for a file": (sql(OBJECTS, _set("file", 7)), "a row of objects.sqlite cannot be read"),
    "a size in words": (sql(OBJECTS, _set("size", "'five'")), "a row of objects.sqlite cannot be read"),
    "a field too many": (sql(OBJECTS, _set("owner", "'me'")), "a row of objects.sqlite cannot be read"),
    "a date beyond all years": (sql(OBJECTS, _set("updated", "1e300")), "a row of objects.sqlite cannot be read"),
    "a custom time beyond all years": (sql(OBJECTS, _set("custom_time", "1e300")), "a row of objects.sqlite cannot"),
    "another table of what passes": (
        sql(OBJECTS, "DROP TABLE passing", "CREATE TABLE passing (name TEXT)"),
        "objects.sqlite has other tables than ours (passing)",
    ),
    "another name inside": (sql(OBJECTS, _set("name", "'b'")), "another name than its content"),
    "a row that is no JSON": (sql(OBJECTS, "UPDATE objects SET body = '{'"), "a row of objects.sqlite cannot be read"),
    "a row of bytes": (sql(OBJECTS, "UPDATE objects SET body = x'ff'"), "a row of objects.sqlite cannot be read"),
    "a deep row": (
        sql(OBJECTS, f"UPDATE objects SET body = '{'[' * 90_000}'"),
        "a row of objects.sqlite cannot be read",
    ),
    "an empty row": (sql(OBJECTS, "INSERT INTO objects VALUES ('x', '')"), "a row of objects.sqlite cannot be read"),
    "a huge row": (sql(OBJECTS, "UPDATE objects SET body = printf('%.*c', 5000000, '{')"), "too large"),
    "a trigger": (
        sql(OBJECTS, "CREATE TRIGGER t AFTER INSERT ON objects BEGIN DELETE FROM objects; END"),
        "objects.sqlite has other tables than ours (t)",
    ),
    "a view for a table": (
        sql(TASKS, "DROP TABLE gone", "CREATE VIEW gone AS SELECT name, due AS at FROM tasks"),
        "tasks.sqlite has other tables than ours",
    ),
    "a table too many": (sql(RUN, "CREATE TABLE more (x)"), "run.sqlite has other tables than ours (more)"),
    "a table too few": (sql(RUN, "DROP TABLE executions"), "run.sqlite has other tables than ours (executions)"),
    "other columns": (
        sql(OBJECTS, "DROP TABLE objects", "CREATE TABLE objects (name TEXT, body TEXT)"),
        "objects.sqlite has other tables than ours",
    ),
    "text for a database": (text(OBJECTS), "objects.sqlite is no database that can be read"),
    "text for the tasks": (text(TASKS), "tasks.sqlite is no database that can be read"),
    "nothing for a database": (lambda content: content.update({RUN: b""}), "run.sqlite has other tables than ours"),
    "half a database": (
        lambda content: content.update({OBJECTS: content[OBJECTS][: len(content[OBJECTS]) // 2]}),
        "objects.sqlite",
    ),
    "broken pages": (broken_pages, "objects.sqlite"),
    "a task without an address": (sql(TASKS, "UPDATE tasks SET body = json_remove(body, '$.task.httpRequest')"),
                                  "a row of tasks.sqlite cannot be read"),
    "an execution that is none": (sql(RUN, "UPDATE executions SET body = '[]'"), "a row of run.sqlite cannot be read"),
    "no objects": (without(OBJECTS), f"{OBJECTS} is missing"),
    "no tasks": (without(TASKS), f"{TASKS} is missing"),
    "no word of the folder": (without(ABOUT), f"{ABOUT} is missing"),
    "a folder that is a list": (about(b"[]"), f"{ABOUT} makes no sense"),
    "a folder that is no JSON": (about(b"{"), f"{ABOUT} makes no sense"),
    "a folder of bytes": (about(b"\xff\xfe"), f"{ABOUT} makes no sense"),
    "a deep folder": (about(DEEP[:60_000]), f"{ABOUT} makes no sense"),
    "a folder of another shape": (about(b'{"format": "1", "workspace": 7}'), f"{ABOUT} makes no sense"),
    "a folder with a port in words": (about(b'{"format": 1, "port": "8430"}'), f"{ABOUT} makes no sense"),
    "a folder of a newer release": (about(b'{"format": 99}'), "made by a newer release"),
}  # fmt: skip


def refused(archive: Path, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says one sentence, ends with 1 and leaves nothing behind, neither there nor above."""
    before = sorted(path for path in archive.parent.rglob("*"))
    assert cli.main(["restore", str(archive), "--state", str(archive.parent / "deep" / "new")]) == 1
    out, said = capsys.readouterr()
    assert out == "" and word in said and said.startswith("mmm: ") and said.count("\n") == 1, said
    assert len(said) < 300 + len(str(archive)), said
    assert sorted(path for path in archive.parent.rglob("*")) == before


@pytest.mark.parametrize(("spoil", "word"), INSIDE.values(), ids=list(INSIDE))
def test_what_is_wrong_inside_is_found_although_the_manifest_agrees(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Members], None], word: str
) -> None:
    content = members(whole)
    spoil(content)
    content[MANIFEST] = signed(content)
    written(tmp_path / "b.tar", content)
    refused(tmp_path / "b.tar", word, capsys)


def test_a_sound_backup_that_was_packed_anew_is_restored(whole: Path, tmp_path: Path) -> None:
    """So that the tests above fail where nothing is spoilt."""
    content = members(whole)
    content[MANIFEST] = signed(content)
    written(tmp_path / "b.tar", content)
    assert restore(tmp_path / "b.tar", tmp_path / "new").files == len(content) - 1


def test_a_backup_of_the_release_before_is_restored_and_goes_on_as_one_of_this(whole: Path, tmp_path: Path) -> None:
    content = members(whole)
    sql(OBJECTS, "DROP INDEX passing_since", "DROP TABLE passing")(content)
    content[ABOUT] = json.dumps(json.loads(content[ABOUT]) | {"format": 1}).encode()
    content[MANIFEST] = json.dumps(json.loads(signed(content)) | {"format": 1}).encode()
    written(tmp_path / "b.tar", content)
    state = tmp_path / "new"
    assert restore(tmp_path / "b.tar", state).files == len(content) - 1
    assert Folder(state).read()["format"] == 1
    objects = Objects(state / "google" / "storage")
    objects.put("outbox/n.json", b"{}", content_type="application/json", metadata={}, custom_time=1.0)
    assert objects.read(objects.require(RUN_STATE)) == b'{"state": "SUCCEEDED"}'
    assert objects.throw_away(2.0) == 1
    objects.close()
    Folder(state).write()
    assert Folder(state).read()["format"] == FORMAT


def test_a_backup_that_names_others_as_passing_loses_none_of_them(whole: Path, tmp_path: Path) -> None:
    content = members(whole)
    sql(OBJECTS, f"INSERT INTO passing VALUES ('{RUN_STATE}', 1.0)", "INSERT INTO passing VALUES ('gone', 1.0)")(
        content
    )
    content[MANIFEST] = signed(content)
    written(tmp_path / "b.tar", content)
    restore(tmp_path / "b.tar", tmp_path / "new")
    objects = Objects(tmp_path / "new" / "google" / "storage")
    assert objects.throw_away(2.0) == 0
    assert objects.find(RUN_STATE) is not None
    objects.close()


def _told(**changes: Any) -> Callable[[Members], bytes]:
    def make(content: Members) -> bytes:
        return json.dumps(json.loads(signed(content)) | changes).encode()

    return make


def _entry(**changes: Any) -> Callable[[Members], bytes]:
    def make(content: Members) -> bytes:
        told = json.loads(signed(content))
        told["files"][ABOUT] |= changes
        return json.dumps(told).encode()

    return make


def _constant(data: bytes) -> Callable[[Members], bytes]:
    return lambda _: data


MANIFESTS: dict[str, tuple[Callable[[Members], bytes], str]] = {
    "empty": (_constant(b""), "makes no sense"),
    "nonsense": (_constant(b"{nonsense"), "makes no sense"),
    "bytes": (_constant(b"\xff\xfe\x00"), "makes no sense"),
    "a list": (_constant(b"[1, 2]"), "makes no sense"),
    "a number": (_constant(b"7"), "makes no sense"),
    "null": (_constant(b"null"), "makes no sense"),
    "an empty object": (_constant(b"{}"), "makes no sense"),
    "deep": (_constant(b"[" * 5_000), "makes no sense"),
    "a huge number": (_constant(b'{"format": ' + b"9" * 5_000 + b"}"), "makes no sense"),
    "too large": (_constant(b" " * 200_000), "too large"),
    "no format": (_told(format=None), "makes no sense"),
    "a format in words": (_told(format="1"), "makes no sense"),
    "a format that is true": (_told(format=True), "makes no sense"),
    "a format of nobody": (_told(format=0), "makes no sense"),
    "a newer format": (_told(format=99), "made by a newer release"),
    "files that are a list": (_told(files=[]), "makes no sense"),
    "files that are missing": (_told(files=None), "makes no sense"),
    "a file in words": (_told(files={ABOUT: "here"}), "makes no sense"),
    "no files": (_told(files={}), "does not know"),
    "a size in words": (_entry(size="7"), "makes no sense"),
    "a size below nothing": (_entry(size=-1), "makes no sense"),
    "a sum that is none": (_entry(sha256="x"), "makes no sense"),
    "another size": (_entry(size=1), f"{ABOUT} is not as it was written"),
    "another sum": (_entry(sha256="0" * 64), f"{ABOUT} is not as it was written"),
    "more objects than there are": (_told(objects=4), "holds 3 objects, its manifest says 4"),
    "fewer objects than there are": (_told(objects=2), "holds 3 objects, its manifest says 2"),
    "objects in words": (_told(objects="3"), "makes no sense"),
}


@pytest.mark.parametrize(("make", "word"), MANIFESTS.values(), ids=list(MANIFESTS))
def test_a_manifest_that_is_none_is_refused(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Members], bytes], word: str
) -> None:
    content = members(whole)
    content[MANIFEST] = make(content)
    written(tmp_path / "b.tar", content)
    refused(tmp_path / "b.tar", word, capsys)


def member(
    name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"x", **fields: Any
) -> tuple[tarfile.TarInfo, bytes]:
    made = tarfile.TarInfo(name)
    made.type = kind
    made.size = len(data) if kind == tarfile.REGTYPE else 0
    for field, value in fields.items():
        setattr(made, field, value)
    return made, data


SPARSE = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,1", "GNU.sparse.size": "9999999999"}
EXTRA: dict[str, tuple[tuple[tarfile.TarInfo, bytes], str]] = {
    "a link": (member(f"{BYTES}/{'b' * 32}", tarfile.SYMTYPE, linkname="/etc/passwd"), "is no file"),
    "a hard link": (member(f"{BYTES}/{'b' * 32}", tarfile.LNKTYPE, linkname=ABOUT), "is no file"),
    "a device": (member("google/null", tarfile.CHRTYPE, devmajor=1, devminor=3), "is no file"),
    "a pipe": (member("google/pipe", tarfile.FIFOTYPE), "is no file"),
    "a folder": (member("google/", tarfile.DIRTYPE), "is no file"),
    "a file with holes": (member(f"{BYTES}/{'b' * 32}", pax_headers=SPARSE), "is no file"),
    "the same file twice": (member(ABOUT), f"{ABOUT} is in it twice"),
    "the same database twice": (member(RUN), f"{RUN} is in it twice"),
    "a way up": (member("../outside"), "nothing that a backup holds"),
    "a way up inside": (member("google/storage/bytes/../../x"), "nothing that a backup holds"),
    "an absolute name": (member("/tmp/outside"), "nothing that a backup holds"),
    "a name with a dot": (member(f"./{ABOUT}"), "nothing that a backup holds"),
    "a token": (member("secrets/slack-bot-token"), "nothing that a backup holds"),
    "a journal": (member(f"{OBJECTS}-wal"), "nothing that a backup holds"),
    "bytes of another name": (member(f"{BYTES}/x.sh"), "nothing that a backup holds"),
    "a file for a folder": (member("google/storage"), "nothing that a backup holds"),
    "a long name": (member("a" * 5_000), "nothing that a backup holds"),
    "a name of many lines": (member("x\ny\x1b[31m"), "nothing that a backup holds"),
    "an endless name": (member("a" * 200_000), "larger than the archive"),
    "a size beyond the archive": (member(f"{BYTES}/{'b' * 32}", pax_headers={"size": "99999999999999"}),
                                  "larger than the archive"),
}  # fmt: skip


@pytest.mark.parametrize(("extra", "word"), EXTRA.values(), ids=list(EXTRA))
def test_an_archive_with_anything_else_in_it_is_refused(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], extra: tuple[tarfile.TarInfo, bytes], word: str
) -> None:
    content = members(whole)
    written(tmp_path / "b.tar", content, [extra])
    refused(tmp_path / "b.tar", word, capsys)
    assert not Path("/tmp/outside").exists()


def _header(size_field: bytes) -> bytes:
    """A tar header whose size is written by hand, with the checksum that belongs to it."""
    made = tarfile.TarInfo(ABOUT)
    data = bytearray(made.tobuf(tarfile.USTAR_FORMAT))
    data[124:136] = size_field
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data)
    return bytes(data)


def _cut(at: float) -> Callable[[bytes], bytes]:
    return lambda data: data[: int(len(data) * at)]


FILES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda data: b"", "is empty"),
    "text": (lambda data: b"not a tar at all", "is no tar"),
    "zeros": (lambda data: bytes(10_240), "breaks off"),
    "noise": (lambda data: os.urandom(20_000), "is no tar"),
    "JSON": (lambda data: b'{"format": 1}' * 100, "is no tar"),
    "gzip": (lambda data: gzip.compress(data), "is compressed (gzip)"),
    "a gzip bomb": (lambda data: gzip.compress(bytes(20_000_000)), "is compressed (gzip)"),
    "zip": (lambda data: b"PK\x03\x04" + data, "is compressed (zip)"),
    "cut at a tenth": (_cut(0.1), "damaged"),
    "cut in half": (_cut(0.5), "damaged"),
    "without its manifest": (lambda data: data[: data.index(MANIFEST.encode())], "breaks off"),
    "in the middle of its manifest": (lambda data: data[: data.index(MANIFEST.encode()) + 700], "damaged"),
    "a size below nothing": (lambda data: _header(b"\xff" * 12) + bytes(2048), "larger than the archive"),
    "a size beyond counting": (lambda data: _header(b"\x80" + b"\x7f" * 11) + bytes(2048), "larger than the archive"),
    "a size of eight gigabytes": (lambda data: _header(b"77777777777\0") + bytes(2048), "larger than the archive"),
    "a size that is no number": (lambda data: _header(b"zzzzzzzzzzz\0") + bytes(2048), ""),
}


@pytest.mark.parametrize(("change", "word"), FILES.values(), ids=list(FILES))
def test_a_file_that_is_no_backup_is_refused(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[bytes], bytes], word: str
) -> None:
    (tmp_path / "b.tar").write_bytes(change(whole.read_bytes()))
    refused(tmp_path / "b.tar", word, capsys)


def test_any_flipped_bit_is_found_or_changes_nothing(whole: Path, tmp_path: Path) -> None:
    """Wherever a bit falls over, what is restored is what was saved; else nothing is."""
    data, found = whole.read_bytes(), 0
    for place in range(7, len(data), len(data) // 60):
        bent = bytearray(data)
        bent[place] ^= 0x10
        (tmp_path / "b.tar").write_bytes(bent)
        new = tmp_path / f"new{place}"
        try:
            restore(tmp_path / "b.tar", new)
        except (BrokenState, BadInput):
            found += 1
            assert not new.exists()
        else:
            assert [path.name for path in new.iterdir()], "padding, or a header's time"
    assert found > 40
    assert not list(tmp_path.glob(".new*"))


def test_what_is_no_file_is_refused(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    for source, word in ((tmp_path, "is no file"), (tmp_path / "pipe", "is no file"), (tmp_path / "x", "There is no")):
        assert cli.main(["restore", str(source), "--state", str(tmp_path / "new")]) == 1
        assert word in capsys.readouterr().err
    assert cli.main(["restore", str(whole), "--state", str(whole)]) == 1
    assert "is no folder" in capsys.readouterr().err


def test_a_restore_holds_little_in_memory_however_much_is_in_the_backup(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    for number in range(3):
        state.put(f"datasets/{number}", os.urandom(12_000_000))
    backup(state.path, tmp_path / "b.tar")
    state.close()
    tracemalloc.start()
    restore(tmp_path / "b.tar", tmp_path / "new")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8_000_000, most


def test_an_empty_folder_stays_when_a_restore_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_bytes(b"text")
    (tmp_path / "new").mkdir()
    with pytest.raises(BrokenState):
        restore(tmp_path / "b.tar", tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_manifest_of_before_without_a_count_is_read(whole: Path) -> None:
    told = json.loads(members(whole)[MANIFEST])
    assert read_manifest(whole, json.dumps(told).encode()).objects == told.pop("objects") == 3
    assert read_manifest(whole, json.dumps(told).encode()).objects is None
