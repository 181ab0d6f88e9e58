"""Several files in one object: one request for all of them, and nothing of a damaged one is used."""

from pathlib import Path
from typing import cast

import pytest

from engine.cloud.packed import LARGEST, Parts, first, opened, pack, packed, part, read
from engine.cloud.storage import Storage
from engine.errors import BrokenState, NotFound
from tests.faults.fake_cloud import FakeCloud

FILES = [("charts/roas.png", b"\x89PNG roas"), ("charts/fit.png", b"\x89PNG fit" * 50), ("a.json", b'{"a": 1}')]


def test_several_pictures_of_one_message_are_one_request() -> None:
    fake = FakeCloud()
    fake.storage.put("f/findings.zip", packed(FILES))
    fake.storage.put("old/charts/x.png", b"old")
    parts = Parts(cast(Storage, fake.storage))
    for name, data in FILES:
        assert parts.get(part("f/findings.zip", name)) == data
    assert parts.get("old/charts/x.png") == b"old"
    assert fake.world.calls == ["get f/findings.zip", "get old/charts/x.png"]


@pytest.mark.parametrize("path", ["f/findings.zip#charts/other.png", "f/gone.zip#charts/roas.png", "gone.png"])
def test_a_picture_that_is_not_there_is_said_to_be_missing(path: str) -> None:
    fake = FakeCloud()
    fake.storage.put("f/findings.zip", packed(FILES))
    with pytest.raises(NotFound):
        Parts(cast(Storage, fake.storage)).get(path)


def test_the_same_files_make_the_same_bytes_from_disk_and_from_memory(tmp_path: Path) -> None:
    for name, data in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    pack(tmp_path / "x.zip", [(name, tmp_path / name) for name, _ in FILES])
    again = packed(FILES)
    with opened((tmp_path / "x.zip").read_bytes(), "x") as one, opened(again, "x") as other:
        assert one.namelist() == other.namelist() == [name for name, _ in FILES]
        assert [read(one, name, "x") for name, _ in FILES] == [read(other, name, "x") for name, _ in FILES]
    assert again == packed(FILES)


def test_a_zip_that_is_cut_off_anywhere_is_damaged() -> None:
    whole = packed(FILES)
    for length in range(len(whole)):
        with pytest.raises(BrokenState), opened(whole[:length], "x") as archive:
            read(archive, "a.json", "x")


def test_a_wrong_byte_anywhere_gives_what_was_packed_or_nothing() -> None:
    whole, refused = packed(FILES), 0
    for at in range(len(whole)):
        for flip in (0x01, 0x80, 0xFF):
            broken = bytearray(whole)
            broken[at] ^= flip
            try:
                with opened(bytes(broken), "x") as archive:
                    got = [read(archive, name, "x") for name, _ in FILES]
            except (BrokenState, NotFound):
                refused += 1
            else:
                assert got == [data for _, data in FILES], at
    assert refused > len(whole)


def test_a_part_that_is_too_large_to_be_read_at_once_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LARGEST >= 8 << 20
    monkeypatch.setattr("engine.cloud.packed.LARGEST", 8)
    with pytest.raises(BrokenState), opened(packed(FILES), "x") as archive:
        read(archive, "charts/fit.png", "x")


def test_a_full_disk_is_not_called_damage(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space"), opened(packed(FILES), "x"):
        raise OSError(28, "No space left on device")


def test_the_first_part_is_read_from_the_start_alone() -> None:
    words = b"{" + b"x" * 5000 + b"}"
    whole = packed([("findings.json", words), ("charts/a.png", bytes(9000))])
    found = [first(whole[:size], "findings.json") for size in range(len(whole) + 1)]
    enough = found.index(words)
    assert enough < 1000
    assert found == [None] * enough + [words] * (len(whole) + 1 - enough)
    assert first(whole, "charts/a.png") is None


def test_a_wrong_byte_in_the_first_part_gives_what_was_packed_or_nothing() -> None:
    words = b"all that was found, and then some"
    whole = packed([("findings.json", words), ("charts/a.png", b"picture")])
    for place in range(len(whole)):
        broken = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        assert first(broken, "findings.json") in (words, None)
