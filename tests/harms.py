"""What may become of views."""

from collections.abc import Callable, Sequence

from tests.faults.fake_cloud import FakeStorage


def delete(storage: FakeStorage, names: Sequence[str]) -> None:
    for name in names:
        storage.drop(name)


def corrupt(storage: FakeStorage, names: Sequence[str]) -> None:
    """Bytes that say nothing, and no line."""
    for name in names:
        storage.put(name, b"\x00garbage")


def garble(storage: FakeStorage, names: Sequence[str]) -> None:
    """Bytes that say nothing, below a line that says what it said."""
    for name in names:
        line = storage.lines.get(name)
        storage.put(name, b"\x00garbage")
        if line is not None:
            storage.lines[name] = line


def truncate(storage: FakeStorage, names: Sequence[str]) -> None:
    """The first byte is left, and a line without half of what it said."""
    for name in names:
        data, line = storage.objects[name][0], storage.lines.get(name) or {}
        storage.put(name, data[:1])
        storage.lines[name] = dict(list(line.items())[: len(line) // 2])


def swap(storage: FakeStorage, names: Sequence[str]) -> None:
    """Each says what its neighbour said."""
    said = [(storage.objects[name][0], storage.lines.get(name)) for name in names]
    for name, (data, line) in zip(names, [*said[1:], *said[:1]], strict=True):
        storage.put(name, data)
        if line is not None:
            storage.lines[name] = line


HARMS: dict[str, Callable[[FakeStorage, Sequence[str]], None]] = {
    "deleted": delete,
    "corrupted": corrupt,
    "garbled": garble,
    "truncated": truncate,
    "swapped": swap,
}
