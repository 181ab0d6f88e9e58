"""What the product left of one thing, and the same of another: its names and times replaced, nothing else.

So a store of thousands is filled with what the product wrote itself, whatever it writes today.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import google_crc32c

from engine.newest_first import moment_of, newest_first
from local.google.objects import Objects
from local.google.stored import Stored

# Times as the product writes them: of ISO, of a stamp in a name, of an index that sorts the newest first.
ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)"
STAMP = r"\d{8}T\d{6}(?:\.\d+)?Z"
INVERSE = r"(?<!\d)\d{13}(?!\d)"
MOMENTS = re.compile(f"{ISO}|{STAMP}|{INVERSE}")
# An index entry's moment lies in the hours of the thing itself; other numbers of that length do not.
NEAR = timedelta(days=2)
TEXTS = ("application/json", "text/")
USED, DIGEST = "requests/", re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Left:
    """One object that the product left: what is stored of it, where its bytes are, and their text if they are one."""

    stored: Stored
    path: Path
    text: str | None


@dataclass(frozen=True)
class Change:
    """What becomes of the names in a template, and how much later (or earlier) all of it happened."""

    names: Mapping[str, str]
    later: timedelta
    about: datetime
    """When the template's own thing happened."""

    def of(self) -> Callable[[str], str]:
        """The change as a function over texts."""
        # The longest first, so that no name is taken for the beginning of another.
        known = sorted(self.names, key=len, reverse=True)
        names = "|".join(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])" for name in known)
        found = f"(?P<name>{names})|(?P<iso>{ISO})|(?P<stamp>{STAMP})|(?P<inverse>{INVERSE})"
        return lambda text: "".join(self._one(kind, piece) for kind, piece in _pieces(found, text))

    def _one(self, kind: str, text: str) -> str:
        match kind:
            case "":
                return text
            case "name":
                return self.names[text]
            case "iso":
                at = datetime.fromisoformat(text.replace("Z", "+00:00")) + self.later
                shown = at.isoformat(timespec="microseconds" if "." in text else "seconds")
                return shown.replace("+00:00", "Z") if text.endswith("Z") else shown
            case "stamp":
                form = "%Y%m%dT%H%M%S.%fZ" if "." in text else "%Y%m%dT%H%M%SZ"
                return f"{datetime.strptime(text, form) + self.later:{form}}"
            case _:
                at = moment_of(text)
                return newest_first(at + self.later) if abs(at - self.about) < NEAR else text


@lru_cache(maxsize=10_000)
def _pieces(pattern: str, text: str) -> tuple[tuple[str, str], ...]:
    """A text in pieces, each with what kind of name or time it is, if any: of a template, looked for once."""
    pieces, at = [], 0
    for found in re.finditer(pattern, text):
        pieces += [("", text[at : found.start()]), (found.lastgroup or "", found[0])]
        at = found.end()
    return (*pieces, ("", text[at:]))


def left_behind(objects: Objects, before: set[str], into: Path) -> list[Left]:
    """The objects that are there and were not `before`; their bytes are copied `into` a folder."""
    found = []
    for stored in objects.all():
        if stored.name not in before:
            path = into / stored.file
            path.write_bytes(objects.read(stored))
            text = path.read_text() if stored.content_type.startswith(TEXTS) else None
            found.append(Left(stored, path, text))
    return found


def another(template: list[Left], change: Change, number: int, into: Path) -> Iterator[tuple[Stored, Path]]:
    """The objects of another thing, and where their bytes are. `number` tells it from all others; texts go `into`."""
    new, seconds = change.of(), change.later.total_seconds()
    for at, one in enumerate(template):
        stored = one.stored
        if (name := renamed(stored.name, new, number)) is None:
            continue
        moved = replace(
            stored,
            name=name,
            # Also of the same microsecond, each has one of its own.
            generation=stored.generation + int(seconds * 1e6) + at,
            created=stored.created + seconds,
            updated=stored.updated + seconds,
            metadata={key: new(value) for key, value in stored.metadata.items()},
            custom_time=None if stored.custom_time is None else stored.custom_time + seconds,
            file=f"{number:024x}{at:08x}",
        )
        if one.text is None:
            yield moved, one.path
            continue
        data = new(one.text).encode()
        path = into / moved.file
        path.write_bytes(data)
        md5 = hashlib.md5(data, usedforsecurity=False).digest()
        crc32c = google_crc32c.Checksum(data).digest()
        yield replace(moved, size=len(data), crc32c=_base64(crc32c), md5=_base64(md5)), path


def renamed(name: str, new: Callable[[str], str], number: int) -> str | None:
    """What an object of another thing is called; None for what is not a thing's own, as a view of all of them."""
    changed = new(name)
    if changed == name and name.startswith(USED):
        # Named by the digest of what was asked, which was something else.
        return DIGEST.sub(lambda found: hashlib.sha256(f"{found[0]}{number}".encode()).hexdigest()[:32], name)
    return changed if changed != name else None


def differences(template: list[Left], change: Change, real: list[Left]) -> list[str]:
    """How what is made of a template differs from what the product left of the very same thing; nothing if it does not.

    Names must be the same, and texts and metadata of the same form: the same fields with values of the same kind.
    """
    new = change.of()
    # Names by digests of what was asked cannot be told beforehand, nor moments to the millisecond.
    views = {one.stored.name for one in template if renamed(one.stored.name, new, 0) is None}
    ours = [one for one in template if one.stored.name not in views and not one.stored.name.startswith(USED)]
    made = {MOMENTS.sub("*", new(one.stored.name)): one for one in ours}
    its = [one for one in real if one.stored.name not in views and not one.stored.name.startswith(USED)]
    there = {MOMENTS.sub("*", one.stored.name): one for one in its}
    told = [f"only the product writes {name}" for name in there.keys() - made.keys()]
    told += [f"the product does not write {name}" for name in made.keys() - there.keys()]
    for name in made.keys() & there.keys():
        pair = made[name], there[name]
        # Names stand in names of fields, too.
        texts = [new(pair[0].text or ""), pair[1].text or ""]
        kinds, forms = {one.stored.content_type for one in pair}, [_form(text) for text in texts]
        if len(kinds) > 1:
            told.append(f"{name} is of another kind: {kinds}")
        if forms[0] != forms[1]:
            told.append(f"{name} has another form: {forms}")
        lines = [{key: _form(new(value)) for key, value in one.stored.metadata.items()} for one in pair]
        if lines[0] != lines[1]:
            told.append(f"{name} has other metadata")
    return told


def _form(text: str) -> Any:
    """The fields of a text and the kinds of their values; of what is no JSON, how many lines it has."""
    try:
        return _kind(json.loads(text))
    except ValueError:
        return text.count("\n")


def _kind(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _kind(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_kind(one) for one in value]
    return type(value).__name__


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)
