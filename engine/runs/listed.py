"""Runs as people list and name them: three requests, however many there are.

Open ones stand in `active/`, as they were when they were begun; who has a place in `slots/` trains. What ended stands
in the rows of the history, the newest first. Where a run stands exactly, its card and its state say.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from difflib import get_close_matches
from itertools import chain, islice

from engine import paths
from engine.cloud.storage import Entry, Storage
from engine.errors import BrokenState, NotFound
from engine.index.page import LOOKED_AT, SEARCHED, Entries, Kind, first_page, pages, shown
from engine.listing import Listing, say_unreadable
from engine.names import bare, readings
from engine.runs.index import ended_at, run_of_earlier_row, run_of_marker, run_of_row
from engine.runs.line import Listed, RunLine, read_line, shown_of
from engine.runs.records import read_run, run_at
from engine.runs.run import Run, State
from engine.sight import Eyes, sees

# What a run is called; an experiment's name has an underscore.
ID = re.compile(r"[a-z0-9]{2,40}")
# Of an experiment that ran long ago, so many trainings are looked at.
TRAININGS = 10
# What they left, object by object: so many names are gone through.
LEFT = 3000


def list_runs(
    storage: Storage,
    limit: int | None = None,
    eyes: Eyes | None = None,
    *,
    most: int = LOOKED_AT,
    wanted: Callable[[RunLine], bool] = lambda line: True,
    places: bool = True,
) -> Listing[RunLine]:
    """Return the runs, newest first: the open ones and those that ended last, at most `limit` that are `wanted`.

    What cannot be read is left out. With `eyes`: the runs that they see, and as many of them. places: whether it is
    told of open ones that they train; without, that costs a request less.
    """
    return _Newest(storage, most, first_page(limit, most + 1), places=places).shown(limit, eyes, wanted)


class _Newest:
    """The open runs, and those that ended last, as three listings told of them."""

    def __init__(self, storage: Storage, most: int, first: int, *, places: bool = True) -> None:
        # In this order: what ends meanwhile is in both, and not in neither.
        going = list(storage.list(paths.ACTIVE))
        self._kind = _kind(_training(storage) if going and places else {})
        ended = Entries(_newest_rows(storage, most, first))
        # What has ended just now stands among the first.
        over = {_run_of(entry.path) for entry in islice(ended, first)} if going else set()
        begun = sorted((one for one in going if run_of_marker(one.path) not in over), key=_begun, reverse=True)
        self._entries, self._most, self._storage = Entries(chain(begun, ended)), most, storage
        self._begun = len(begun)

    def shown(
        self, limit: int | None, eyes: Eyes | None, wanted: Callable[[RunLine], bool] = lambda line: True
    ) -> Listing[RunLine]:
        most = self._begun + self._most
        found = shown(self._storage, self._kind, self._entries, limit, eyes, most=most, wanted=wanted)
        ordered = Listing(sorted(found, key=lambda run: run.created_at, reverse=True), found.unreadable)
        # How many are open in all is told to nobody who may not see them.
        ordered.more, ordered.looked = found.more, min(found.looked, self._most)
        return ordered


def find_run(storage: Storage, text: str, eyes: Eyes | None = None) -> Run:
    """Return the run that `text` names: its id, or an experiment, whose newest run it then is.

    However it is quoted, in any case, also as `#r3f9a2c1`. Raises NotFound, BrokenState.
    """
    newest = find_runs(storage, text, eyes)[0]
    return newest if isinstance(newest, Run) else read_run(storage, newest.id, eyes)


def find_runs(
    storage: Storage,
    text: str,
    eyes: Eyes | None = None,
    *,
    until: Callable[[Listed], bool] = lambda run: True,
) -> Sequence[Listed]:
    """Return the runs that `text` names, the newest first: one by its id, or the lines of an experiment's.

    Names as for `find_run`. Older ones of an experiment are looked for until there is one with `until`. With `eyes`,
    among those that they see. Raises NotFound, BrokenState.
    """
    if (run := _by_id(storage, text, eyes)) is not None:
        return [run]
    names = [name.lstrip("#").upper() for name in readings(text)]
    told = _Newest(storage, SEARCHED, SEARCHED + 1)
    newest = told.shown(None, eyes, lambda run: run.revision in names)
    for name in dict.fromkeys(names):
        found: list[Listed] = [run for run in newest if run.revision == name]
        if not any(until(run) for run in found) and newest.looked and "_" in name:
            known = {run.id for run in found}
            found += [run for run in _trained(storage, name, eyes, until) if run.id not in known]
        if found:
            return found
    raise _no_run(bare(text) or text.strip(), told.shown(None, eyes), newest.looked)


def _by_id(storage: Storage, text: str, eyes: Eyes | None) -> Run | None:
    for name in dict.fromkeys(name.lstrip("#").casefold() for name in readings(text)):
        if ID.fullmatch(name):
            with suppress(NotFound):
                return read_run(storage, name, eyes)
    return None


def _no_run(wanted: str, known: Listing[RunLine], looked: int) -> NotFound:
    near = get_close_matches(wanted.lower(), [run.id for run in known], n=2, cutoff=0.5)
    todo = f"Did you mean {' or '.join(near)}?" if near else "See the runs with /mmm status."
    if looked and "_" in wanted:
        todo += f" Of runs that ended before they trained, only the newest {looked} were looked at."
    return NotFound(f"There is no run “{wanted}”.", todo, field="run")


def _kind(training: Mapping[str, datetime]) -> Kind[RunLine]:
    """How runs are read from markers and rows, where the runs in `training` have a place, and since when."""

    def line(path: str, told: object) -> RunLine | None:
        read = read_line(told) if isinstance(told, dict) else None
        if read is None or read.id != _run_of(path) or read.over != bool(run_of_row(path)):
            return None
        if (since := training.get(read.id)) is None:
            return read
        return read.model_copy(update={"state": State.RUNNING, "started_at": read.started_at or since})

    def fact_of(path: str) -> str | None:
        return paths.run_state(run) if (run := _run_of(path)) else None

    return Kind(fact_of, line, lambda storage, path: shown_of(run_at(storage, path)))


def _run_of(path: str) -> str:
    """The run that a marker or a row is of; empty for any other name."""
    return run_of_row(path) or run_of_earlier_row(path) or run_of_marker(path)


def _begun(entry: Entry) -> float:
    """When an open run was begun, as its marker says."""
    line = read_line(entry.line)
    own = line if line and line.id == run_of_marker(entry.path) else None
    return (own.created_at if own else entry.updated).timestamp()


def _training(storage: Storage) -> dict[str, datetime]:
    """The runs that have a place, and since when, by the places' lines; those of the release before have bodies."""
    found = {}
    for entry in storage.list(paths.SLOTS):
        holder = entry.line
        if holder is None:
            try:
                document = storage.read(entry.path)
            except BrokenState as error:
                say_unreadable(entry.path, error)
                continue
            holder = document.body if document else {}
        if run := str(holder.get("run") or ""):
            found[run] = entry.updated
    return found


def _newest_rows(storage: Storage, most: int, first: int) -> Iterator[Entry]:
    """The rows of the runs that ended last, and one more than `most` if there is."""
    for page in pages(storage, paths.HISTORY_ROWS, most + 1, first):
        rows = [entry for entry in page if run_of_row(entry.path)]
        if any(run_of_earlier_row(entry.path) for entry in page):
            # Of the release before, in the order of their days: those that were written last are the newest.
            earlier = [entry for entry in storage.list(paths.OLD_ROWS) if run_of_earlier_row(entry.path)]
            yield from sorted([*rows, *earlier], key=_ended, reverse=True)
            return
        yield from rows


def _ended(row: Entry) -> datetime:
    return ended_at(row.path) or row.updated


def _trained(storage: Storage, revision: str, eyes: Eyes | None, until: Callable[[Listed], bool]) -> Iterator[Run]:
    """Runs of an experiment by the trainings that it left, the newest first; bounded."""
    for run_id in _by_claims(storage, revision):
        with suppress(NotFound, BrokenState):
            run = read_run(storage, run_id)
            if run.revision == revision and sees(eyes, run):
                yield run
                if until(run):
                    return


def _by_claims(storage: Storage, revision: str) -> list[str]:
    """The runs that trained an experiment, the newest training first."""
    told: dict[str, Entry] = {}
    for entry in storage.list(paths.trainings(revision), limit=LEFT):
        folder, _, name = entry.path.rpartition("/")
        if name in ("claim.json", "result.zip") and (folder not in told or entry.line):
            told[folder] = entry
    newest = sorted(told, key=lambda folder: folder.rpartition("/")[2], reverse=True)[:TRAININGS]
    return list(dict.fromkeys(run for folder in newest if (run := _claimed_by(storage, told[folder]))))


def _claimed_by(storage: Storage, entry: Entry) -> str:
    if entry.line and entry.line.get("run"):
        return str(entry.line["run"])
    with suppress(BrokenState):
        if entry.path.endswith(".json") and (document := storage.read(entry.path)) is not None:
            return str(document.body.get("run") or "")
    return ""
