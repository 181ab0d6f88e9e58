"""The storage wrapper, through the real client, against the stand-in."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from google.cloud.storage import Blob
from google.oauth2.credentials import Credentials

from engine.cloud.storage import Storage, file_crc32c
from engine.errors import AlreadyExists, Ambiguous, BrokenState, Conflict, NotFound, Unavailable
from local import workspace
from local.faults import Fault
from local.google.app import Project, create_app
from local.serving import free_port, serving
from tests.local_google import Google, google
from tests.words import WORD

pytestmark = pytest.mark.slow


def test_a_created_object_is_read_back_without_our_marks(bucket: Storage) -> None:
    made = bucket.create("a.json", {"x": 1})
    found = bucket.read("a.json")
    assert found is not None
    assert found.body == {"x": 1}
    assert found.generation == made.generation


def test_what_is_not_there_is_none_or_an_error_that_says_what(bucket: Storage) -> None:
    assert bucket.read("nothing.json") is None
    with pytest.raises(NotFound, match="There is no run r1"):
        bucket.require("nothing.json", "There is no run r1.")
    with pytest.raises(NotFound):
        bucket.get_bytes("nothing")


def test_preconditions_really_hold(bucket: Storage) -> None:
    made = bucket.create("a.json", {"x": 1})
    with pytest.raises(AlreadyExists):
        bucket.create("a.json", {"x": 2})
    swapped = bucket.swap("a.json", {"x": 3}, made.generation)
    with pytest.raises(Conflict):
        bucket.swap("a.json", {"x": 4}, made.generation)
    assert swapped.generation > made.generation
    found = bucket.read("a.json")
    assert found is not None and found.body == {"x": 3}


def test_of_eight_creators_one_wins(bucket: Storage) -> None:
    def create(number: int) -> bool:
        try:
            bucket.create("race.json", {"who": number})
        except AlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(create, range(8))) == 1


@pytest.mark.parametrize("status", [503, 0], ids=["answered 503", "connection dropped"])
def test_a_write_whose_reply_was_lost_is_known_as_ours(cloud: Google, bucket: Storage, status: int) -> None:
    cloud.faults.add(Fault("storage.objects.insert", "after", status=status))
    made = bucket.create("lost.json", {"x": 1})
    cloud.faults.add(Fault("storage.objects.insert", "after", status=status))
    bucket.swap("lost.json", {"x": 2}, made.generation)
    found = bucket.read("lost.json")
    assert found is not None and found.body == {"x": 2}


def test_an_outage_is_unavailable_and_nothing_is_written(cloud: Google, bucket: Storage) -> None:
    cloud.faults.add(Fault("storage.objects.insert", "before", times=1000))
    with pytest.raises(Unavailable):
        bucket.create("never.json", {})
    cloud.faults.clear()
    assert bucket.read("never.json") is None


def test_replace_overwrites_whatever_is_there(bucket: Storage) -> None:
    bucket.replace("view.json", {"n": 1})
    bucket.replace("view.json", {"n": 2})
    found = bucket.read("view.json")
    assert found is not None and found.body == {"n": 2}


def test_eight_replacers_all_get_through(bucket: Storage) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: bucket.replace("view.json", {"n": n}), range(8)))
    assert bucket.read("view.json") is not None


@pytest.mark.parametrize("size", [0, 10, 9_000_000], ids=["empty", "small", "resumable"])
def test_files_come_back_unchanged(bucket: Storage, tmp_path: Path, size: int) -> None:
    source, back = tmp_path / "source", tmp_path / "back"
    source.write_bytes(bytes(index % 251 for index in range(1000)) * (size // 1000) + b"\r\n--x" * (size % 1000))
    stored = bucket.put_file("file.bin", source)
    assert stored.size == source.stat().st_size
    assert stored.crc32c == file_crc32c(source)
    assert bucket.get_file("file.bin", back).crc32c == stored.crc32c
    assert back.read_bytes() == source.read_bytes()
    with pytest.raises(AlreadyExists):
        bucket.put_file("file.bin", source)


@pytest.mark.parametrize("skip", [0, 1], ids=["of the start", "of the last chunk"])
def test_a_large_file_whose_reply_was_lost_is_known_as_ours(
    cloud: Google, bucket: Storage, tmp_path: Path, skip: int
) -> None:
    source = tmp_path / "large"
    source.write_bytes(b"x" * 9_000_000)
    cloud.faults.add(Fault("storage.objects.insert", "after", skip=skip))
    stored = bucket.put_file("large.bin", source)
    assert stored.size == 9_000_000
    assert [entry.generation for entry in bucket.list("")] == [stored.generation]


def test_a_write_that_nobody_answers_for_is_ours_when_it_is_found(cloud: Google, bucket: Storage) -> None:
    cloud.faults.add(Fault("storage.objects.insert", "after", times=1000))
    made = bucket.create("found.json", {"x": 1})
    cloud.faults.clear()
    found = bucket.read("found.json")
    assert found is not None and (found.body, found.generation) == ({"x": 1}, made.generation)


def test_a_write_that_nobody_can_tell_of_is_ambiguous(cloud: Google, bucket: Storage) -> None:
    cloud.faults.add(Fault("storage.*", "after", times=1000))
    with pytest.raises(Ambiguous):
        bucket.create("who-knows.json", {})


def test_another_writer_after_a_lost_reply_is_not_taken_for_us(cloud: Google, bucket: Storage) -> None:
    bucket.create("taken.json", {"who": "them"})
    cloud.faults.add(Fault("storage.objects.insert", "before"))
    with pytest.raises(AlreadyExists):
        bucket.create("taken.json", {"who": "us"})


def test_bytes_damaged_on_the_way_are_refused(cloud: Google, bucket: Storage, tmp_path: Path) -> None:
    bucket.put_bytes("damaged.bin", b"these very bytes", "text/plain")
    for path in (cloud.state / "storage" / "bytes").iterdir():
        if path.read_bytes() == b"these very bytes":
            path.write_bytes(b"other bytes here")
    with pytest.raises(BrokenState):
        bucket.get_bytes("damaged.bin")
    with pytest.raises(BrokenState):
        bucket.get_file("damaged.bin", tmp_path / "back")


def test_a_bucket_that_is_not_there_holds_nothing_and_takes_nothing(cloud: Google) -> None:
    other = Storage("other-bucket", project=workspace.PROJECT, url=cloud.url, deadline=1)
    assert other.read("a.json") is None
    with pytest.raises(Unavailable):
        other.create("a.json", {})
    other.close()


@pytest.mark.parametrize("path", ["/a.json", "../a.json", "a/../../b.json", ""])
def test_a_path_cannot_leave_the_root(bucket: Storage, path: str) -> None:
    with pytest.raises(ValueError, match="below the root"):
        bucket.create(path, {})


@pytest.mark.parametrize("name", ["100%/a b.json", "a%2Fb", "ü/ß+?#&.json"])
def test_names_are_taken_as_they_are(bucket: Storage, name: str) -> None:
    bucket.put_bytes(name, b"x", "text/plain")
    assert [entry.path for entry in bucket.list("")] == [name]
    assert bucket.exists(name) and bucket.get_bytes(name) == b"x"
    assert bucket.delete(name)


def test_listing_is_relative_to_the_root_and_pages_through_everything(bucket: Storage) -> None:
    for name in ("b/2", "b/1", "a", "c/3"):
        bucket.put_bytes(name, b"x", "text/plain")
    assert [entry.path for entry in bucket.list("b/")] == ["b/1", "b/2"]
    assert [entry.path for entry in bucket.list("")] == ["a", "b/1", "b/2", "c/3"]
    assert len(list(bucket.list("", limit=3))) == 3


def test_delete_says_whether_it_was_us(bucket: Storage) -> None:
    made = bucket.create("a.json", {})
    assert not bucket.delete("a.json", generation=made.generation + 1)
    assert bucket.delete("a.json", generation=made.generation)
    assert not bucket.delete("a.json")


def test_an_object_that_is_not_json_is_broken_not_a_crash(bucket: Storage) -> None:
    bucket.put_bytes("bad.json", b"{", "application/json")
    with pytest.raises(BrokenState):
        bucket.read("bad.json")


def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    with google(tmp_path) as first:
        storage = first.storage()
        storage.create("kept.json", {"x": 1})
        storage.close()
    with google(tmp_path) as second:
        storage = second.storage()
        found = storage.read("kept.json")
        storage.close()
    assert found is not None and found.body == {"x": 1}


def test_a_read_is_one_request(cloud: Google, bucket: Storage) -> None:
    bucket.create("a.json", {"x": 1})
    asked = _asked(bucket)
    found = bucket.read("a.json")
    assert found is not None and found.body == {"x": 1}
    assert len(asked) == 1


def test_a_read_that_failed_for_a_moment_goes_on_over_the_same_connection(cloud: Google, bucket: Storage) -> None:
    bucket.create("a.json", {"x": 1})
    pool = bucket._client._http.get_adapter("http://").poolmanager
    cloud.faults.add(Fault("storage.objects.get", "before", status=503, times=2))
    assert bucket.read("a.json") is not None
    [key] = pool.pools.keys()
    connections = pool.pools.get(key)
    assert connections.num_connections == 1


def test_a_read_takes_a_second_look_where_the_answer_says_nothing_of_the_version(
    bucket: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bucket.create("a.json", {"x": 1})
    monkeypatch.setattr(Blob, "_extract_headers_from_download", lambda blob, response: None)
    found = bucket.read("a.json")
    assert found is not None and (found.body, found.generation) == ({"x": 1}, made.generation)


def test_a_listing_brings_the_lines_along(bucket: Storage) -> None:
    bucket.create("a/1.json", {"x": 1}, line={"name": "Ärmel ⚑", "n": 1})
    bucket.create("a/2.json", {"x": 1})
    bucket.create("a/3.json", {"x": 1}, line={"name": "x" * 7000})
    bucket.overwrite_view("a/4.csv", b"1,2\n", "text/csv", line={"rows": 1})
    assert [entry.line for entry in bucket.list("a/")] == [{"name": "Ärmel ⚑", "n": 1}, None, None, {"rows": 1}]


def test_a_write_changes_or_drops_the_line(bucket: Storage) -> None:
    first = bucket.create("a.json", {}, line={"n": 1})
    second = bucket.swap("a.json", {}, first.generation, line={"n": 2})
    assert [entry.line for entry in bucket.list("a.json")] == [{"n": 2}]
    bucket.swap("a.json", {}, second.generation)
    assert [entry.line for entry in bucket.list("a.json")] == [None]


def test_a_listing_begins_and_ends_where_it_is_told(bucket: Storage) -> None:
    for name in "abcd":
        bucket.create(f"n/{name}", {})
    assert [entry.path for entry in bucket.list("n/", start="n/b", end="n/d")] == ["n/b", "n/c"]
    asked = _asked(bucket)
    assert [entry.path for entry in bucket.list("n/", limit=2)] == ["n/a", "n/b"]
    assert len(asked) == 1


def test_a_view_is_written_over_in_one_request(bucket: Storage) -> None:
    bucket.overwrite_view("v.csv", b"1", "text/csv")
    asked = _asked(bucket)
    bucket.overwrite_view("v.csv", b"2", "text/csv")
    assert len(asked) == 1
    assert bucket.get_bytes("v.csv") == b"2"


def test_objects_are_joined(bucket: Storage) -> None:
    for name in ("p1", "p2"):
        bucket.put_bytes(name, name.encode(), "text/plain")
    made = bucket.compose("whole", ["p1", "p2", "p1"], "text/plain")
    assert bucket.get_bytes("whole") == b"p1p2p1"
    bucket.compose("whole", ["p2"], "text/plain", generation=made.generation)
    assert bucket.get_bytes("whole") == b"p2"
    with pytest.raises(Conflict):
        bucket.compose("whole", ["p1"], "text/plain", generation=made.generation)
    with pytest.raises(AlreadyExists):
        bucket.compose("whole", ["p1"], "text/plain", generation=0)
    with pytest.raises(NotFound):
        bucket.compose("whole", ["p1", "nothing"], "text/plain")
    assert bucket.get_bytes("whole") == b"p2"


def test_a_join_takes_of_each_source_the_version_that_is_meant(bucket: Storage) -> None:
    first, second = (bucket.overwrite_view(name, name.encode(), "text/plain") for name in ("p1", "p2"))
    versions = (first.generation, second.generation)
    made = bucket.compose("whole", ["p1", "p2"], "text/plain", source_generations=versions, line={"size": 4})
    bucket.overwrite_view("p2", b"another's", "text/plain")
    with pytest.raises(Conflict):
        bucket.compose("whole", ["p1", "p2"], "text/plain", source_generations=versions)
    with pytest.raises(Conflict):
        bucket.compose("whole", ["p1", "p2"], "text/plain", generation=made.generation, source_generations=versions)
    assert bucket.get_bytes("whole") == b"p1p2"
    [entry] = bucket.list("whole")
    assert (entry.line, entry.size, entry.generation) == ({"size": 4}, 4, made.generation)
    bucket.compose("whole", ["p1", "p2"], "text/plain", source_generations=(first.generation, None))
    assert bucket.get_bytes("whole") == b"p1another's"


def test_a_join_whose_reply_was_lost_is_known_as_ours(cloud: Google, bucket: Storage) -> None:
    bucket.put_bytes("p", b"p", "text/plain")
    cloud.faults.add(Fault("storage.objects.compose", "after", status=503))
    made = bucket.compose("whole", ["p"], "text/plain", generation=0)
    assert bucket.delete("whole", made.generation)


def _asked(bucket: Storage) -> list[str]:
    """The requests that are made from now on."""
    asked: list[str] = []
    http = bucket._client._http
    send = http.request

    def counted(method: str, url: str, **more: object) -> object:
        asked.append(f"{method} {url}")
        return send(method, url, **more)

    http.request = counted
    return asked


def test_nothing_is_asked_of_the_bucket_itself_beside_what_was_called(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = create_app(tmp_path, public_url=url, project=Project(word=WORD, asked=True))
    with serving(app, port):
        storage = Storage(
            workspace.BUCKET, project=workspace.PROJECT, url=url, deadline=3, credentials=Credentials(token=WORD)
        )
        storage.create("a.json", {})
        assert storage.read("a.json") and storage.read("b.json") is None
        assert len(list(storage.list(""))) == 1
        for thread in threading.enumerate():
            if "_background" in thread.name:  # the library's own, named after what they do
                thread.join(5)
        asked = httpx.get(f"{url}/_local/asked", headers={"Authorization": f"Bearer {WORD}"}).json()["calls"]
        storage.close()
    assert [(one["call"].removeprefix("storage."), one["about"], one["status"]) for one in asked] == [
        ("objects.insert", "a.json", 200),
        ("objects.get", "a.json", 200),
        ("objects.get", "b.json", 404),
        ("objects.list", "", 200),
    ]
    assert all(one["got"] for one in asked)


def test_the_start_of_a_file_is_read_without_the_rest(bucket: Storage) -> None:
    bucket.put_bytes("long.bin", bytes(range(256)) * 1000, "application/octet-stream")
    bucket.put_bytes("short.bin", b"abc", "application/octet-stream")
    assert bucket.get_start("long.bin", 300) == bytes(range(256)) + bytes(range(44))
    assert bucket.get_start("short.bin", 300) == b"abc"
    with pytest.raises(NotFound):
        bucket.get_start("nothing.bin", 300)
