"""The stand-in's objects on disk: composed, thrown away in time, kept through kills and from the release before."""

import asyncio
import base64
import json
import os
import sqlite3
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import google_crc32c
import httpx
import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Blob, Bucket, Client

from local import workspace
from local.google.bytes_of import write
from local.google.described import METADATA_BYTES, Invalid, check_name, read_custom_time
from local.google.lifecycle import DAY_SECONDS, lifecycle, look
from local.google.objects import Objects
from local.google.stored import ANY, Match, Missing, PreconditionFailed, Replaced
from tests.local_google import Google

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def bucket(cloud: Google) -> Iterator[Bucket]:
    client = Client(
        project=workspace.PROJECT,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": cloud.url},
    )
    bucket = client.bucket(workspace.BUCKET)
    yield bucket
    for blob in bucket.list_blobs():
        blob.delete()
    client.close()


@pytest.fixture
def objects(tmp_path: Path) -> Iterator[Objects]:
    made = Objects(tmp_path)
    yield made
    made.close()


def put(bucket: Bucket, name: str, data: bytes = b"x", **about: Any) -> Blob:
    blob = bucket.blob(name)
    for key, value in about.items():
        setattr(blob, key, value)
    blob.upload_from_string(data)
    return blob


# Composing


def test_what_is_composed_has_all_bytes_its_own_metadata_and_no_md5(bucket: Bucket) -> None:
    parts = [put(bucket, f"part-{n}", f"{n};".encode()) for n in range(32)]
    whole = bucket.blob("whole")
    whole.metadata, whole.content_type, whole.custom_time = {"line": "l"}, "text/csv", NOW
    whole.compose(parts)
    data = b"".join(f"{n};".encode() for n in range(32))
    found = bucket.get_blob("whole")
    assert found.download_as_bytes(checksum="crc32c") == data
    assert (found.metadata, found.content_type, found.custom_time) == ({"line": "l"}, "text/csv", NOW)
    assert (found.component_count, found.md5_hash, found.size) == (32, None, len(data))
    again = bucket.blob("again")
    again.content_type = "text/csv"
    again.compose([whole, parts[0]])
    assert bucket.get_blob("again").component_count == 33, "of what was composed, its own parts count"
    bucket.blob("whole").compose([bucket.blob("whole"), parts[1]])
    assert bucket.blob("whole").download_as_bytes() == data + b"1;", "it may be a part of itself"


def test_composing_is_refused_where_the_service_refuses_it(bucket: Bucket) -> None:
    parts = [put(bucket, f"part-{n}") for n in range(33)]
    whole = bucket.blob("whole")
    with pytest.raises(exceptions.BadRequest, match=r"provided \(33\) exceeds the maximum \(32\)"):
        whole.compose(parts)
    with pytest.raises(exceptions.BadRequest, match="at least one source component"):
        whole.compose([])
    with pytest.raises(exceptions.NotFound, match="gone"):
        whole.compose([parts[0], bucket.blob("gone")])
    with pytest.raises(exceptions.PreconditionFailed):
        whole.compose(parts[:2], if_source_generation_match=[None, 7])
    whole.compose(parts[:2], if_source_generation_match=[None, parts[1].generation], if_generation_match=0)
    with pytest.raises(exceptions.PreconditionFailed):
        whole.compose(parts[:2], if_generation_match=0)
    assert not bucket.blob("gone").exists()


def test_large_objects_are_composed_and_read_without_being_held_in_memory(objects: Objects, tmp_path: Path) -> None:
    megabytes = 24
    for name in ("a", "b"):
        file = tmp_path / f"{name}.part"
        file.write_bytes(os.urandom(1 << 20) * megabytes)
        objects.put(name, file, content_type="x/y", metadata={})
    sources = [objects.require(name) for name in ("a", "b")]
    tracemalloc.start()
    pieces = (piece for source in sources for piece in objects.pieces(source))
    made = objects.put("ab", pieces, content_type="x/y", metadata={}, components=2)
    checksum = google_crc32c.Checksum()
    for piece in objects.pieces(made):
        checksum.update(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert made.size == 2 * megabytes << 20
    assert peak < 8 << 20, f"{peak} bytes were held"
    assert made.crc32c == base64.b64encode(checksum.digest()).decode()


def test_what_is_being_read_is_read_to_its_end_although_another_comes(objects: Objects) -> None:
    first = objects.put("a", b"first", content_type="x/y", metadata={})
    pieces = objects.pieces(first)
    objects.put("a", b"second", content_type="x/y", metadata={})
    assert b"".join(pieces) == b"first"
    with pytest.raises(Replaced):
        objects.read(first)


# Custom time


def test_a_custom_time_is_kept_told_and_never_goes_back(bucket: Bucket) -> None:
    blob = put(bucket, "a", custom_time=NOW)
    assert bucket.get_blob("a").custom_time == NOW
    blob.custom_time = NOW + timedelta(days=1)
    blob.patch()
    blob.custom_time = NOW
    with pytest.raises(exceptions.BadRequest):
        blob.patch()
    blob.custom_time = None
    blob.patch()
    assert bucket.get_blob("a").custom_time == NOW + timedelta(days=1), "it cannot be taken off either"
    put(bucket, "a", b"y")
    assert bucket.get_blob("a").custom_time is None, "another version has its own"
    [listed] = bucket.list_blobs(prefix="a")
    assert listed.custom_time is None


@pytest.mark.parametrize("given", ["today", "2026-11-30", "2026-11-30T12:00:00", 7, "2026-13-30T12:00:00Z", ""])
def test_what_is_no_time_is_refused(given: object) -> None:
    with pytest.raises(Invalid):
        read_custom_time({"customTime": given})


@pytest.mark.parametrize("given", ["2026-11-30T12:00:00Z", "2026-11-30T13:00:00.000+01:00"])
def test_times_are_one_in_every_zone(given: str) -> None:
    assert read_custom_time({"customTime": given}) == NOW.timestamp()


# What is said of an object


def test_custom_metadata_have_eight_kibibytes_and_no_more(bucket: Bucket) -> None:
    room = METADATA_BYTES - len("line")
    put(bucket, "a", metadata={"line": "z" * room})
    for text in ("z" * (room + 1), "ü" * (room // 2 + 1)):
        with pytest.raises(exceptions.BadRequest):
            put(bucket, "b", metadata={"line": text})
    blob = bucket.blob("a")
    blob.metadata = {"more": "m"}
    with pytest.raises(exceptions.BadRequest):
        blob.patch()
    assert not bucket.blob("b").exists()


@pytest.mark.parametrize("name", ["", "z" * 1025, "ü" * 513, ".", "..", "a\nb", "a\rb", ".well-known/acme-challenge/x"])
def test_names_that_no_object_may_have(name: str) -> None:
    with pytest.raises(Invalid):
        check_name(name)


def test_bytes_come_with_what_the_service_says_of_them(cloud: Google, bucket: Bucket) -> None:
    blob = put(bucket, "told", b"0123", content_type="text/plain", metadata={"k": "v"})
    blob.metadata = {"k": "w"}
    blob.patch()
    where = f"{cloud.url}/download/storage/v1/b/{workspace.BUCKET}/o/told"
    answer = httpx.get(where, params={"alt": "media"})
    headers = answer.headers
    assert answer.content == b"0123"
    assert headers["x-goog-generation"] == str(blob.generation)
    assert headers["x-goog-metageneration"] == "2"
    assert headers["x-goog-hash"] == f"crc32c={blob.crc32c},md5={blob.md5_hash}"
    assert headers["x-goog-stored-content-length"] == "4"
    assert headers["x-goog-storage-class"] == "STANDARD"
    stored = datetime.strptime(headers["last-modified"], "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC)
    assert stored == bucket.get_blob("told").time_created.replace(microsecond=0)
    part = httpx.get(where, params={"alt": "media"}, headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"12", "bytes 1-2/4")
    assert httpx.get(where, params={"alt": "media"}, headers={"Range": "bytes=9-"}).status_code == 416


def test_large_bytes_are_whole_when_they_come_piece_by_piece(cloud: Google, bucket: Bucket) -> None:
    data = os.urandom(1 << 20) * 9
    assert put(bucket, "large", data).download_as_bytes() == data
    assert bucket.blob("large").download_as_bytes(start=5, end=(9 << 20) - 1) == data[5:]


# Lifecycle


def test_what_is_done_for_so_many_days_is_thrown_away_and_nothing_else(objects: Objects) -> None:
    now = NOW.timestamp()
    for name, age in {"old": 31, "as old": 30.001, "young": 29.9, "never": None}.items():
        since = None if age is None else now - age * DAY_SECONDS
        objects.put(name, b"x", content_type="x/y", metadata={}, custom_time=since)
    objects.put("again", b"x", content_type="x/y", metadata={}, custom_time=now - 99 * DAY_SECONDS)
    objects.put("again", b"y", content_type="x/y", metadata={})
    objects.put("later", b"x", content_type="x/y", metadata={}, custom_time=now - 99 * DAY_SECONDS)
    objects.patch("later", custom_time=now)
    assert look(objects, 30, now) == 2
    assert [one.name for one in objects.all()] == ["again", "later", "never", "young"]
    assert len(list((objects.folder / "bytes").iterdir())) == 4
    assert look(objects, 30, now) == 0


@pytest.mark.parametrize(("days", "left"), [(30, ["young"]), (0, ["old", "young"])])
def test_a_server_looks_when_it_starts_unless_all_is_kept_for_ever(
    objects: Objects, days: int, left: list[str]
) -> None:
    now = datetime.now(UTC).timestamp()
    for name, age in {"old": 40, "young": 1}.items():
        objects.put(name, b"x", content_type="x/y", metadata={}, custom_time=now - age * DAY_SECONDS)

    async def starts() -> None:
        running = asyncio.create_task(lifecycle(objects, days))
        if not days:
            return await running  # there is nothing to look for, now or later
        while objects.find("old"):
            await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(starts())
    assert [one.name for one in objects.all()] == left


def test_many_are_thrown_away_at_once(objects: Objects) -> None:
    for n in range(1100):
        objects.put(f"{n:04d}", b"", content_type="x/y", metadata={}, custom_time=float(n))
    assert objects.throw_away(1099.0) == 1099
    assert [one.name for one in objects.all()] == ["1099"]


# Kills, and the release before


class Killed(BaseException):
    """The process died."""


@pytest.mark.parametrize("doing", ["put", "replace", "delete"])
def test_a_kill_at_any_moment_leaves_a_whole_object_or_none_and_no_bytes_of_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doing: str
) -> None:
    does: dict[str, Callable[[Objects], object]] = {
        "put": lambda objects: objects.put("new", b"new", content_type="x/y", metadata={}),
        "replace": lambda objects: objects.put("old", b"new", content_type="x/y", metadata={}, custom_time=1.0),
        "delete": lambda objects: objects.delete("old"),
    }
    survived = False
    for at in range(1, 40):
        folder = tmp_path / f"{doing}-{at}"
        folder.mkdir()
        objects = Objects(folder)
        objects.put("old", b"old", content_type="x/y", metadata={}, custom_time=2.0)
        survived = _killed_at(at, partial(does[doing], objects), monkeypatch)
        objects.close()
        after = Objects(folder)
        found = {one.name: after.read(one) for one in after.all()}
        assert found in _possible(doing), f"killed at {at}: {found}"
        assert {path.name for path in (folder / "bytes").iterdir()} == {one.file for one in after.all()}
        assert list((folder / "moving").iterdir()) == []
        after.close()
        if survived:
            break
    assert survived and at > 4, "every step was a moment to die at"


def _possible(doing: str) -> list[dict[str, bytes]]:
    after = {"put": {"old": b"old", "new": b"new"}, "replace": {"old": b"new"}, "delete": {}}
    return [{"old": b"old"}, after[doing]]


def _killed_at(at: int, do: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Die before the step numbered `at` on the disk or in the database; whatever cleans up then does not run either."""
    done = 0

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **more: Any) -> Any:
            nonlocal done
            done += 1
            if done >= at:
                raise Killed
            return real(*args, **more)

        return step

    with monkeypatch.context() as patched:
        patched.setattr("local.google.objects.os.link", dying(os.link))
        patched.setattr("local.google.objects.Path.unlink", dying(Path.unlink))
        patched.setattr("local.google.objects.Objects._row", dying(Objects._row))
        patched.setattr("local.google.objects.write", dying(write))
        try:
            do()
        except Killed:
            return False
    return True


def test_a_bucket_of_the_release_before_is_opened_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "bytes").mkdir()
    row = {
        "name": "runs/r1/state.json",
        "generation": 7,
        "metageneration": 1,
        "size": 2,
        "content_type": "a/b",
        "crc32c": "c",
        "md5": "m",
        "created": 1.0,
        "updated": 2.0,
        "metadata": {"write_id": "w"},
        "file": "0" * 32,
    }
    (tmp_path / "bytes" / row["file"]).write_bytes(b"{}")
    (tmp_path / "bytes" / ("f" * 32)).write_bytes(b"of nobody: that release was killed")
    with closing(sqlite3.connect(tmp_path / "objects.sqlite", isolation_level=None)) as opened:
        opened.execute("CREATE TABLE objects (name TEXT PRIMARY KEY, body TEXT NOT NULL)")
        opened.execute("INSERT INTO objects VALUES (?, ?)", (row["name"], json.dumps(row)))
    for _ in range(2):
        objects = Objects(tmp_path)
        [found] = objects.all()
        assert (found.generation, found.custom_time, found.components) == (7, None, 0)
        assert objects.read(found) == b"{}"
        assert [path.name for path in (tmp_path / "bytes").iterdir()] == [row["file"]]
        objects.close()
    objects = Objects(tmp_path)
    objects.patch(found.name, custom_time=5.0)
    assert objects.throw_away(6.0) == 1
    objects.close()


def test_a_start_looks_at_nothing_but_what_a_kill_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Objects(tmp_path)
    first.put("a", b"x", content_type="x/y", metadata={})
    first.close()
    looked: list[str] = []
    real = os.scandir
    monkeypatch.setattr("local.google.objects.os.scandir", lambda path: (looked.append(Path(path).name), real(path))[1])
    second = Objects(tmp_path)
    assert looked == ["moving"]
    second.close()


@pytest.mark.parametrize(
    ("match", "fails"),
    [(ANY, False), (Match(generation=0), True), (Match(generation=1), True), (Match(metageneration=2), True)],
)
def test_a_refused_write_leaves_nothing(objects: Objects, match: Match, fails: bool) -> None:
    objects.put("a", b"x", content_type="x/y", metadata={})
    if fails:
        with pytest.raises(PreconditionFailed):
            objects.put("a", b"y", content_type="x/y", metadata={}, match=match)
    else:
        objects.put("a", b"y", content_type="x/y", metadata={}, match=match)
    assert objects.read(objects.require("a")) == (b"x" if fails else b"y")
    assert len(list((objects.folder / "bytes").iterdir())) == 1
    with pytest.raises(Invalid):
        objects.put("a", b"z", content_type="x/y", metadata={}, checksums={"crc32c": "AAAA"})
    with pytest.raises(Missing):
        objects.delete("b")
    assert list((objects.folder / "moving").iterdir()) == []
