"""What a run found, kept as one object beside its results: written once by its end, or its preview, and read back."""

import json
from collections.abc import Iterable

from engine import paths
from engine.cloud.packed import ZIP, Parts, first, opened, packed, part, read
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, BrokenState, NotFound
from engine.listing import say_unreadable
from engine.results.calls import is_preview
from engine.results.found import Found, read_found
from engine.runs.records import folder_of
from engine.runs.run import Run, State

FINDINGS = "findings.json"
# They stand first in their zip, and take far less than this of it.
WORDS = 1 << 18


def picture_of(folder: str, chart: str) -> str:
    """The name of a chart's picture among the findings at `folder`: of a part of one object."""
    return part(paths.findings_pack(folder), _inside(chart))


def keep_findings(storage: Storage, folder: str, found: Found, pictures: Iterable[tuple[str, bytes]]) -> Found:
    """Keep what a training found, with each chart's name and PNG, once. Returns what is kept, by whichever call."""
    files = [(FINDINGS, found.model_dump_json().encode()), *((_inside(name), png) for name, png in pictures)]
    try:
        storage.put_bytes(paths.findings_pack(folder), packed(files), ZIP)
    except AlreadyExists:
        there = found_at(storage, folder)
        if there is None:
            raise
        return there
    return found


def found_at(storage: Storage, folder: str, parts: Parts | None = None) -> Found | None:
    """Return what the training at `folder` found; None where there is nothing (yet). Raises BrokenState.

    parts: with which its pictures are read, too, so that all is one request.
    """
    path = paths.findings_pack(folder)
    try:
        raw = _findings(parts, path) if parts else _findings_alone(storage, path)
    except NotFound:
        # The release before kept findings and pictures beside the results.
        before = paths.results(folder, FINDINGS)
        document = storage.read(before)
        return read_found(document.body, before) if document else None
    return read_found(json.loads(raw), path)


def _findings_alone(storage: Storage, path: str) -> bytes:
    """The findings without the pictures behind them, which are most of the zip. Raises NotFound, BrokenState."""
    return first(storage.get_start(path, WORDS), FINDINGS) or _findings(Parts(storage), path)


def _findings(parts: Parts, path: str) -> bytes:
    """The findings out of the whole zip. Raises NotFound where there is none, BrokenState."""
    with opened(parts.whole(path), path) as archive:
        try:
            return read(archive, FINDINGS, path)
        except NotFound as error:
            raise BrokenState("What this training found cannot be read.", detail=error.what) from error


def found_of(storage: Storage, run: Run, *, preview: bool = False, parts: Parts | None = None) -> Found | None:
    """Return what a run found, or the faster of its two trainers; None where there is nothing (yet).

    A preview may be an earlier attempt's. Raises BrokenState where it cannot be read.
    """
    for attempt in range(run.attempt, 0, -1) if preview else (run.attempt,):
        folder = folder_of(run, attempt)
        if (found := found_at(storage, paths.preview(folder) if preview else folder, parts)) is not None:
            return found
    return None


def with_verdict(storage: Storage, run: Run) -> Run:
    """Return `run` with its verdict on it, if it has one that can be read: earlier releases kept it there only."""
    if run.state is not State.SUCCEEDED or run.verdict:
        return run
    try:
        found = found_of(storage, run)
    except BrokenState as error:
        say_unreadable(paths.findings_pack(folder_of(run)), error)
        return run
    if found is None:
        return run
    return run.model_copy(update=on_record(found))


def on_record(found: Found) -> dict[str, str | bool]:
    """What a run itself keeps of what it found, for its card and for lists."""
    judged = found.verdict
    return {"verdict": str(judged.level), "sentence": judged.sentence, "preview": is_preview(found.headline)}


def _inside(chart: str) -> str:
    return f"charts/{chart}.png"
