"""The history of runs: one row each, which is the fact; and `job_history.csv`, a view of them all.

A run's end writes its row and asks for the CSV, together with whatever else ends within the same moments. The CSV is
joined from two parts, at the same price however many runs there were: the days that are closed, and the last few days,
which are written anew. A part of closed days is named by its last day, so that nobody has to look for it; where it is
missing, it is made from the one before and the rows of the days between.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Entry, Storage
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound, Unavailable
from engine.listing import say_unreadable
from engine.newest_first import between
from engine.pipeline.old_rows import first_old_day, move_old_rows
from engine.runs.row import COLUMNS, cells_of, row_of
from engine.runs.run import Run

CSV = "text/csv"
# Today and the days before it whose rows still come, as a rule. A row that comes later opens its day again.
OPEN_DAYS = 3
# Runs that end within the same seconds are written together; and a task is not due at once, lest clocks differ.
TOGETHER, MARGIN = 20, 5
# Whoever writes at the same time makes us look again.
TRIES = 10
# Rows of the release before that one task moves.
PORTION = 200
FIRST_DAY = "0001-01-01"
# Nothing ended before.
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
# A part, and the version of it that is meant, if it matters.
Source = tuple[str, int | None]


def write_row(cloud: Cloud, clock: Clock, run: Run) -> bool:
    """Write the row of a run that is over, once, and have the CSV follow. Returns whether the row is new."""
    row, new = row_of(run), True
    try:
        cloud.storage.create(row.path, row.body, line=row.line)
    except AlreadyExists:
        new = False
    reopen(cloud, clock, run.changed_at)
    return new


def reopen(cloud: Cloud, clock: Clock, at: datetime) -> None:
    """Have the CSV written after a row came, or went, that is of the time `at`."""
    day = at.astimezone(UTC).date()
    # The oldest of the open days may be closed meanwhile.
    if day > _last_closed(clock) + timedelta(days=1):
        return queue_history(cloud, clock)
    # What is not there will be made again, even if the task is lost.
    _drop_since(cloud.storage, f"{day}")
    queue_history(cloud, clock, since=f"{day}")


def queue_history(cloud: Cloud, clock: Clock, *, since: str = "", swept: bool = False) -> None:
    """Have the CSV written within half a minute, once for all who ask meanwhile; with `since` anew from that day on.

    swept: by a name of the sweep's own, for that of a lost task is not free.
    """
    now = clock.now().timestamp()
    due = (now // TOGETHER + 1) * TOGETHER + MARGIN
    # Named by its time: whoever finds it there already has written their row before it began to read.
    key = f"history|{cloud.settings.workspace}|{since}|{due:.0f}{'|sweep' if swept else ''}"
    payload: dict[str, str | int] = {"since": since} if since else {}
    cloud.tasks.enqueue("watch", "history", payload, key=key, delay=due - now)


def write_history(cloud: Cloud, clock: Clock, since: str = "") -> None:
    """Have `job_history.csv` hold every row there is. Safe to repeat, also at once, and to break off anywhere.

    since: a closed day (YYYY-MM-DD) that a row came for, or lost one; what was made of it is made again. Raises
    Unavailable where others write all the time.
    """
    for _ in range(TRIES):
        day = _last_closed(clock)
        # Somebody else may have written meanwhile, perhaps with fewer rows than there are now: then all begins again.
        with suppress(Conflict, NotFound):
            if since and not _close(cloud, clock, day, since):
                return
            since = ""
            try:
                return _join(cloud.storage, day)
            except NotFound:
                if not _close(cloud, clock, day, ""):
                    return
    raise Unavailable("The history of runs is written by others all the time.", "Try again in a moment.")


def _join(storage: Storage, day: date) -> None:
    """Write the open days and join them to the closed ones. Raises NotFound where those are missing, Conflict.

    The listing brings the CSV's own version along, and only that one is replaced, with the very part that was made of
    the listing: so a CSV is never followed by one that holds less.
    """
    known, rows = _look(storage, day)
    opened = storage.overwrite_view(paths.OPEN_HISTORY, _text(storage, reversed(rows)), CSV)
    parts = [(paths.closed_history(f"{day}"), None), (paths.OPEN_HISTORY, opened.generation)][: 2 if opened.size else 1]
    _compose(
        storage,
        paths.HISTORY,
        parts,
        known.generation if known else 0,
        {"closed": f"{day}", "open": opened.size, "newest": rows[0].path if rows else "", "rows": len(rows)},
    )


def _close(cloud: Cloud, clock: Clock, day: date, since: str) -> bool:
    """Make the part of all days up to and with `day`; with `since` anew from that day on. Raises Conflict.

    Returns False where rows of the release before must be moved first: then the step comes again.
    """
    storage = cloud.storage
    if old := first_old_day(storage):
        since = min(since or old, old)
        _drop_since(storage, since)
        if move_old_rows(storage, PORTION) == PORTION:
            queue_history(cloud, clock, since=since)
            return False
    parts, target = _parts(storage), paths.closed_history(f"{day}")
    before = [part for part in parts if is_sound(part) and _day_of(part) < min(since or f"{day}", f"{day}")]
    base = before[-1] if before else None
    rows = _rows(storage, _day_of(base) if base else "", day)
    head = b"" if base else (",".join(COLUMNS) + "\n").encode()
    made = storage.overwrite_view(paths.CLOSING_HISTORY, head + _text(storage, rows), CSV)
    sources: list[Source] = [(base.path, base.generation)] if base else []
    sources += [(paths.CLOSING_HISTORY, made.generation)] if made.size else []
    replaced = next((part.generation for part in parts if part.path == target), 0) if since else 0
    try:
        _compose(storage, target, sources, replaced, {"size": made.size + (base.size if base else 0)})
    except AlreadyExists:
        if since:
            raise  # made by somebody who may have known less
    for part in parts:
        # The one before stays, for whoever began before midnight.
        if part.path != target and part is not base:
            storage.delete(part.path, part.generation)
    return True


def _compose(storage: Storage, path: str, parts: Sequence[Source], generation: int, line: dict[str, Any]) -> None:
    """Join parts, each as it was seen. Raises NotFound, Conflict."""
    names, seen = [name for name, _ in parts], [one for _, one in parts]
    storage.compose(path, names, CSV, generation=generation, source_generations=seen, line=line)


def _look(storage: Storage, closed: date) -> tuple[Entry | None, list[Entry]]:
    """The CSV as it stands, and the rows of open days, the newest first: one listing, since it stands before them."""
    opens = _begins(closed + timedelta(days=1))
    _, end = between(paths.HISTORY_ROWS, opens, opens)
    found = list(storage.list(paths.JOBS, start=paths.HISTORY, end=end))
    known = next((entry for entry in found if entry.path == paths.HISTORY), None)
    return known, [entry for entry in found if entry.path.startswith(paths.HISTORY_ROWS)]


def rebuild_history(cloud: Cloud, clock: Clock) -> list[str]:
    """Make everything anew from the rows alone. Returns what had been wrong with the CSV, in words."""
    before = _lines(cloud.storage)
    while move_old_rows(cloud.storage, PORTION):
        pass
    write_history(cloud, clock, since=FIRST_DAY)
    after = _lines(cloud.storage)
    found = {"lacked": len(set(after) - set(before)), "had too many": len(set(before) - set(after))}
    wrong = [f"{paths.HISTORY} {what}: {count} lines" for what, count in found.items() if count]
    return wrong or ([f"{paths.HISTORY} was in another order"] if before != after else [])


def look_after_history(cloud: Cloud, clock: Clock) -> None:
    """Have the CSV written where it is missing, damaged or behind: three requests, however many rows there are."""
    storage = cloud.storage
    if old := first_old_day(storage):
        return queue_history(cloud, clock, since=old, swept=True)
    day = _last_closed(clock)
    known, rows = _look(storage, day)
    parts = {_day_of(part): part for part in _parts(storage)}
    if known is None:
        if parts or rows or any(storage.list(paths.HISTORY_ROWS, limit=1)):
            queue_history(cloud, clock, since=FIRST_DAY, swept=True)
        return
    told, closed = known.line or {}, parts.get(f"{day}")
    if told.get("closed") in parts and told["closed"] != f"{day}":
        # Written on an earlier day: then today once more, which closes the days since.
        queue_history(cloud, clock, swept=True)
    elif closed is None or not is_sound(closed) or known.size != closed.size + int(told.get("open", -1)):
        queue_history(cloud, clock, since=FIRST_DAY, swept=True)
    elif (told.get("newest"), told.get("rows")) != (rows[0].path if rows else "", len(rows)):
        queue_history(cloud, clock, swept=True)


def is_sound(part: Entry) -> bool:
    """Whether a part is as long as whoever made it said."""
    return part.line is not None and part.line.get("size") == part.size


def _parts(storage: Storage) -> list[Entry]:
    """The parts of closed days, the oldest first."""
    return [entry for entry in storage.list(paths.HISTORY_PARTS) if _day_of(entry)]


def _drop_since(storage: Storage, day: str) -> None:
    for part in _parts(storage):
        if _day_of(part) >= day:
            storage.delete(part.path, part.generation)


def _day_of(part: Entry) -> str:
    """The last day of a part of the job history by its name; empty for anything else."""
    found = re.fullmatch(rf"{paths.HISTORY_PARTS}until-(\d{{4}}-\d\d-\d\d)\.csv", part.path)
    return found[1] if found else ""


def _rows(storage: Storage, after: str, day: date) -> Sequence[Entry]:
    """The rows of the days after `after` (all, where there is none) and up to `day`, the oldest first."""
    since = _begins(date.fromisoformat(after) + timedelta(days=1)) if after else EARLIEST
    start, end = between(paths.HISTORY_ROWS, since, _begins(day + timedelta(days=1)))
    return list(storage.list(paths.HISTORY_ROWS, start=start, end=end))[::-1]


def _text(storage: Storage, rows: Iterable[Entry]) -> bytes:
    """Rows as lines of the CSV, without its head."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    for entry in rows:
        if (cells := _said(storage, entry)) is not None:
            writer.writerow({name: _harmless(cells.get(name, "")) for name in COLUMNS})
    return text.getvalue().encode()


def _said(storage: Storage, entry: Entry) -> dict[str, Any] | None:
    """A row's cells: from what the listing says of it, or, where that is not all, from itself."""
    if (cells := cells_of(entry.line)) is not None:
        return cells
    try:
        document = storage.read(entry.path)
    except BrokenState as error:
        say_unreadable(entry.path, error)
        return None
    return document.body if document else None


def _lines(storage: Storage) -> list[str]:
    with suppress(NotFound):
        return storage.get_bytes(paths.HISTORY).decode(errors="replace").splitlines()
    return []


def _last_closed(clock: Clock) -> date:
    return clock.now().astimezone(UTC).date() - timedelta(days=OPEN_DAYS)


def _begins(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _harmless(cell: object) -> object:
    """A cell that a spreadsheet would not run as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell
