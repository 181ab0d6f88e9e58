"""The stand-in's listings: as paged as the service's, and no slower for what stands elsewhere in the bucket."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from local import workspace
from local.google.listing import BadToken, Page, make_token, page
from local.google.objects import Objects, after_all
from local.google.partial import BadFields, part_of, wanted
from local.google.stored import Stored
from tests.local_google import Google


@pytest.fixture
def objects(tmp_path: Path) -> Iterator[Objects]:
    made = Objects(tmp_path)
    yield made
    made.close()


def fill(objects: Objects, tmp_path: Path, names: list[str]) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    rows = (Stored(name, 1, 1, 1, "text/plain", "", "", 0, 0, {}, f"{n:032x}") for n, name in enumerate(names))
    objects.add_many((row, source) for row in rows)


def all_pages(objects: Objects, **asked: object) -> Iterator[Page]:
    token = ""
    while True:
        found = page(objects, token=token, **asked)  # type: ignore[arg-type]
        yield found
        if not (token := found.token):
            return


def test_a_page_holds_a_thousand_and_the_next_goes_on_where_it_ended(objects: Objects, tmp_path: Path) -> None:
    names = [f"runs/{n:05d}" for n in range(2500)]
    fill(objects, tmp_path, names)
    pages = list(all_pages(objects, prefix="runs/", limit=5000))
    assert [len(one) for one in pages] == [1000, 1000, 500]
    assert [item.name for one in pages for item in one.items] == names


def test_a_page_reads_no_more_rows_than_it_shows(objects: Objects, tmp_path: Path) -> None:
    fill(objects, tmp_path, [f"a/{n:05d}/{part}" for n in range(800) for part in range(5)])
    read: list[int] = []
    real = objects.between
    objects.between = lambda *asked: (rows := real(*asked), read.append(len(rows)))[0]  # type: ignore[method-assign]
    assert len(page(objects, prefix="a/", limit=30)) == 30
    assert sum(read) == 31
    read.clear()
    assert page(objects, prefix="a/", delimiter="/", limit=30).prefixes == [f"a/{n:05d}/" for n in range(30)]
    assert sum(read) <= 31 * 16, "of a folder, a few rows"


def expected(names: list[str], prefix: str, delimiter: str, start: str, end: str) -> list[str]:
    """What a listing shows, said in another way."""
    shown = []
    for name in sorted(names, key=lambda name: name.encode()):
        if not name.startswith(prefix) or name.encode() < start.encode() or (end and name.encode() >= end.encode()):
            continue
        rest = name[len(prefix) :]
        shown.append(prefix + rest.partition(delimiter)[0] + delimiter if delimiter and delimiter in rest else name)
    return list(dict.fromkeys(shown))


LETTERS = st.text(alphabet="ab/-\ud7ff\ue000\U0010ffff", max_size=5)


@settings(max_examples=150, deadline=None)
@given(
    names=st.lists(LETTERS.filter(bool), max_size=30, unique=True),
    prefix=LETTERS,
    delimiter=st.sampled_from(["", "/", "-"]),
    start=LETTERS,
    end=LETTERS,
    limit=st.integers(1, 7),
)
def test_any_listing_shows_what_stands_there_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory,
    names: list[str],
    prefix: str,
    delimiter: str,
    start: str,
    end: str,
    limit: int,
) -> None:
    folder = tmp_path_factory.mktemp("objects")
    objects = Objects(folder)
    fill(objects, folder, names)
    pages = list(all_pages(objects, prefix=prefix, delimiter=delimiter, start=start, end=end, limit=limit))
    shown = [name for one in pages for name in sorted([*one.prefixes, *(item.name for item in one.items)])]
    objects.close()
    assert sorted(shown) == sorted(expected(names, prefix, delimiter, start, end))
    assert all(len(one) == limit for one in pages[:-1]), "only the last page has room left"
    assert all(len(one) for one in pages[1:]), "no page that is told of is empty"


@pytest.mark.parametrize(
    ("prefix", "after"),
    [("a/", "a0"), ("a\U0010ffff", "b"), ("\U0010ffff", ""), ("", ""), ("\ud7ff", "\ue000")],
)
def test_what_stands_after_a_prefix(prefix: str, after: str) -> None:
    assert after_all(prefix) == after


@pytest.mark.parametrize("token", ["?", "not a token", "a"])
def test_a_token_that_no_page_gave_is_refused(objects: Objects, token: str) -> None:
    with pytest.raises(BadToken):
        page(objects, token=token)


def test_the_real_client_pages_through_offsets_folders_and_parts_of_the_answer(cloud: Google) -> None:
    client = Client(
        project=workspace.PROJECT,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": cloud.url},
    )
    bucket = client.bucket(workspace.BUCKET)
    names = [f"list/{n}" for n in range(5)]
    for name in names:
        blob = bucket.blob(name)
        blob.metadata = {"line": name}
        blob.upload_from_string(b"x")
    fields = "items(name,metadata),nextPageToken"
    found = bucket.list_blobs(prefix="list/", start_offset="list/1", end_offset="list/4", page_size=2, fields=fields)
    pages = [[(blob.name, blob.metadata) for blob in one] for one in found.pages]
    assert pages == [[(name, {"line": name}) for name in names[1:3]], [(names[3], {"line": names[3]})]]
    answer = httpx.get(
        f"{cloud.url}/storage/v1/b/{workspace.BUCKET}/o", params={"prefix": "list/", "fields": fields, "maxResults": 2}
    ).json()
    assert answer == {
        "items": [{"name": name, "metadata": {"line": name}} for name in names[:2]],
        "nextPageToken": make_token(names[2]),
    }
    for name in names:
        bucket.blob(name).delete()
    client.close()


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"maxResults": "0"}, 400),
        ({"maxResults": "many"}, 400),
        ({"pageToken": "none of ours"}, 400),
        ({"fields": "items("}, 400),
        ({"fields": "items(name)"}, 200),
        ({"versions": "true"}, 501),
        ({"matchGlob": "**.json"}, 501),
        ({"prefix": "nothing/"}, 200),
    ],
)
def test_what_cannot_be_listed_is_refused(cloud: Google, asked: dict[str, str], status: int) -> None:
    answer = httpx.get(f"{cloud.url}/storage/v1/b/{workspace.BUCKET}/o", params=asked)
    assert answer.status_code == status
    assert "items" not in answer.json(), "an empty page names no items"


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ("kind", {"kind": "k"}),
        ("items(name,size),next", {"items": [{"name": "a", "size": 1}], "next": "n"}),
        ("items/name", {"items": [{"name": "a"}]}),
        ("items(metadata/line)", {"items": [{"metadata": {"line": "l"}}]}),
        ("items(*)", {"items": [{"name": "a", "size": 1, "metadata": {"line": "l"}}]}),
        ("nothing", {}),
    ],
)
def test_parts_of_an_answer(fields: str, part: object) -> None:
    whole = {"kind": "k", "next": "n", "items": [{"name": "a", "size": 1, "metadata": {"line": "l"}}]}
    assert part_of(whole, wanted(fields)) == part


@pytest.mark.parametrize("fields", ["", "items(", "items)", "a,,b", "a b!", "/a"])
def test_fields_that_say_nothing_are_refused(fields: str) -> None:
    with pytest.raises(BadFields):
        wanted(fields)
