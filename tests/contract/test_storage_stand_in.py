"""The Storage stand-in as the real client library meets it, beyond what our own wrapper asks."""

import base64
from collections.abc import Iterator
from pathlib import Path

import google_crc32c
import httpx
import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Bucket, Client

from local import workspace
from local.google.uploads import BadUpload, split_multipart
from local.serving import free_port
from tests.local_google import Google, google


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


def put(bucket: Bucket, name: str, data: bytes = b"x") -> int:
    blob = bucket.blob(name)
    blob.upload_from_string(data)
    return int(blob.generation)


def test_412_really_happens_on_every_call_that_takes_a_precondition(bucket: Bucket) -> None:
    old = put(bucket, "a")
    new = put(bucket, "a", b"y")
    assert new > old
    blob = bucket.blob("a")
    calls = [
        lambda: blob.upload_from_string(b"z", if_generation_match=0),
        lambda: blob.upload_from_string(b"z", if_generation_match=old),
        lambda: blob.upload_from_string(b"z", if_generation_not_match=new),
        lambda: blob.upload_from_string(b"z", if_metageneration_match=7),
        lambda: blob.download_as_bytes(if_generation_match=old),
        lambda: blob.reload(if_generation_match=old),
        lambda: blob.patch(if_metageneration_match=7),
        lambda: blob.compose([blob], if_generation_match=old),
        lambda: bucket.copy_blob(blob, bucket, "b", if_source_generation_match=old),
        lambda: blob.delete(if_generation_match=old),
    ]
    for call in calls:
        with pytest.raises(exceptions.PreconditionFailed):
            call()
    assert blob.download_as_bytes() == b"y"


def test_what_did_not_change_is_not_sent_again(bucket: Bucket) -> None:
    generation = put(bucket, "a")
    with pytest.raises(exceptions.NotModified):
        bucket.blob("a").download_as_bytes(if_generation_not_match=generation)


def test_a_resumable_upload_is_refused_when_its_precondition_fails(bucket: Bucket) -> None:
    put(bucket, "a")
    blob = bucket.blob("a", chunk_size=256 * 1024)
    with pytest.raises(exceptions.PreconditionFailed):
        blob.upload_from_string(b"z" * 300_000, if_generation_match=0)
    assert bucket.blob("a").download_as_bytes() == b"x"


def test_a_resumable_upload_of_unknown_size_survives_a_restart_of_the_service(tmp_path: Path) -> None:
    port = free_port()

    def send(data: bytes, span: str) -> httpx.Response:
        return httpx.put(where, content=data, headers={"content-range": f"bytes {span}"})

    with google(tmp_path, port=port) as first:
        root = f"{first.url}/upload/storage/v1/b/{workspace.BUCKET}/o"
        begun = httpx.post(root, params={"uploadType": "resumable", "name": "slow"}, json={"metadata": {"k": "v"}})
        where = begun.headers["location"]
        sent = send(b"a" * 10, "0-9/*")
        assert (sent.status_code, sent.headers["range"]) == (308, "bytes=0-9")
    with google(tmp_path, port=port):
        assert send(b"a" * 10, "0-9/*").headers["range"] == "bytes=0-9", "what is here already changes nothing"
        assert send(b"", "*/*").headers["range"] == "bytes=0-9", "a question is answered"
        assert send(b"c", "20-20/*").headers["range"] == "bytes=0-9", "a gap is not filled"
        done = send(b"b" * 5, "10-14/15")
        assert (done.status_code, done.json()["size"], done.json()["metadata"]) == (200, "15", {"k": "v"})
        assert send(b"b" * 5, "10-14/15").json() == done.json(), "the last chunk may be sent again"
        httpx.delete(where)
        assert send(b"b" * 5, "10-14/15").status_code == 404


def test_an_upload_with_the_wrong_checksum_is_refused(cloud: Google) -> None:
    root = f"{cloud.url}/upload/storage/v1/b/{workspace.BUCKET}/o"
    wrong = base64.b64encode(google_crc32c.value(b"other").to_bytes(4, "big")).decode()
    given = {"uploadType": "media", "name": "w"}
    assert httpx.post(root, params=given, content=b"x", headers={"x-goog-hash": f"crc32c={wrong}"}).status_code == 400
    begun = httpx.post(root, params={"uploadType": "resumable", "name": "w"}, json={"crc32c": wrong})
    ended = httpx.put(begun.headers["location"], content=b"x", headers={"content-range": "bytes 0-0/1"})
    assert ended.status_code == 400
    assert httpx.get(f"{cloud.url}/storage/v1/b/{workspace.BUCKET}/o/w").status_code == 404


def test_lists_come_in_pages_with_folders_and_offsets(bucket: Bucket) -> None:
    for name in ("a/1", "a/2", "b", "c/1/x", "d"):
        put(bucket, name)
    pages = [[blob.name for blob in page] for page in bucket.list_blobs(page_size=2).pages]
    assert pages == [["a/1", "a/2"], ["b", "c/1/x"], ["d"]]
    top = bucket.list_blobs(delimiter="/")
    assert ([blob.name for blob in top], sorted(top.prefixes)) == (["b", "d"], ["a/", "c/"])
    assert [blob.name for blob in bucket.list_blobs(start_offset="b", end_offset="d")] == ["b", "c/1/x"]
    assert [blob.name for blob in bucket.list_blobs(prefix="a/")] == ["a/1", "a/2"]


def test_ranges_copies_compositions_and_metadata(bucket: Bucket) -> None:
    put(bucket, "a", b"0123456789")
    blob = bucket.blob("a")
    assert blob.download_as_bytes(start=2, end=4) == b"234"
    blob.metadata = {"k": "v", "gone": "soon"}
    blob.patch()
    blob.metadata = {"gone": None}
    blob.patch()
    assert bucket.get_blob("a").metadata == {"k": "v"}
    assert bucket.copy_blob(blob, bucket, "b").metadata == {"k": "v"}
    joined = bucket.blob("ab")
    joined.compose([blob, bucket.blob("b")])
    assert joined.download_as_bytes() == b"0123456789" * 2
    moved = bucket.blob("moved")
    assert moved.rewrite(blob) == (None, 10, 10)


@pytest.mark.parametrize("body", [b"", b"--b\r\nno end", b"--b\r\n\r\nnot json\r\n--b\r\n\r\nx\r\n--b--"])
def test_a_multipart_body_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(BadUpload):
        split_multipart("multipart/related; boundary=b", body)


def test_a_multipart_body_may_hold_its_own_boundary() -> None:
    head = b'--b\r\ncontent-type: application/json\r\n\r\n{"name": "n"}\r\n--b\r\ncontent-type: text/x\r\n\r\n'
    media = b"\r\n\r\n--b\r\n--b--\r\n\x00"
    got = split_multipart('multipart/related; boundary="b"', head + media + b"\r\n--b--\r\n")
    assert got == ({"name": "n"}, "text/x", media)
