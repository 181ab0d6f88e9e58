"""Look after drafts: nobody waits for ever for columns or a dataset, whatever happened to the step that makes them."""

import logging
from datetime import datetime, timedelta
from secrets import token_hex

from pydantic import ValidationError

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.data.dataset import Draft
from engine.data.records import read_draft
from engine.data.wishes import Waiting, begin, note, step_of, waiting
from engine.errors import BrokenState, MmmError, NotFound, Unavailable
from engine.observe.logs import event
from engine.pipeline.read_columns import unreadable
from engine.pipeline.snapshot import refused

log = logging.getLogger(__name__)

# What is down this long is told, instead of being waited for in silence.
PATIENCE = timedelta(minutes=5)
# Until then a task is taken to be on its way.
LOST = timedelta(minutes=3)
# The longest that a step may be at work: its queue takes it for dead afterwards.
AT_WORK = timedelta(minutes=31)
# So long somebody may wait in line behind others who are at work: sixty countries of one person, or of eight.
IN_LINE = timedelta(hours=3)
# A draft that cannot even be read is kept for a look by hand no longer than this.
KEPT = timedelta(days=2)
BROKE = "Something broke on our side."


def give_up(cloud: Cloud, clock: Clock, draft_id: str, error: MmmError | None, reference: str) -> None:
    """Tell who waits for a draft that it does not work, with a reference. Once told, no late step does anything."""
    draft = read_draft(cloud.storage, draft_id)
    if not begin(cloud.storage, draft.id, clock.now()):
        return
    what = error.what if error else BROKE
    todo = error.todo if error else ""
    again = f"Try again; if it happens again, name the reference {reference}."
    told = MmmError(what, again if todo in ("", "Try again.") else f"{todo} {again}")
    if makes_rows(cloud, draft):
        refused(cloud, clock, draft, error=told)
    else:
        unreadable(cloud, clock, draft, told)


def makes_rows(cloud: Cloud, draft: Draft) -> bool:
    """Whether a draft's next step reads its rows, and not its columns."""
    if draft.countries and not draft.view_id:
        return True
    return bool(draft.columns) and cloud.storage.exists(paths.draft_mapping(draft.id))


def waited_long(cloud: Cloud, clock: Clock, draft_id: str) -> bool:
    """Whether somebody has waited for a draft as long as anybody should without a word, since it was first tried."""
    found = waiting(cloud.storage, draft_id)
    return found is not None and clock.now() - (found.tried or found.since) >= PATIENCE


def look_after_drafts(cloud: Cloud, clock: Clock, mark: str) -> None:
    """Queue again what was lost, and tell where that does not help. One that cannot be read holds up no other."""
    for entry in cloud.storage.list(paths.OPEN_DRAFTS):
        draft_id = entry.path.removeprefix(paths.OPEN_DRAFTS).removesuffix(".json")
        try:
            _look(cloud, clock, draft_id, mark)
        except Unavailable:
            raise
        except (MmmError, ValidationError) as error:
            log.error("draft %s needs a look by hand: %s", draft_id, error)
            if isinstance(error, NotFound | BrokenState | ValidationError) and clock.now() - entry.updated > KEPT:
                cloud.storage.delete(entry.path, entry.generation)


def _look(cloud: Cloud, clock: Clock, draft_id: str, mark: str) -> None:
    if cloud.storage.exists(paths.draft_answered(draft_id)):
        cloud.storage.delete(paths.draft_open(draft_id))
        return
    found, now = waiting(cloud.storage, draft_id), clock.now()
    if found is None or (found.working and now - found.working < AT_WORK):
        return
    if found.queued and now - found.since >= PATIENCE:
        if found.tried is None and now - found.since < IN_LINE and _somebody_is_served(cloud, now):
            return  # its turn comes
        reference = token_hex(3)
        said = {"reference": reference}
        event(log, "task_failed", f"Draft {draft_id} is given up, reference {reference}.", said, level=logging.ERROR)
        give_up(cloud, clock, draft_id, None, reference)
    elif now - found.since >= LOST:
        _queue_again(cloud, draft_id, found, mark)


def _somebody_is_served(cloud: Cloud, now: datetime) -> bool:
    """Whether the line moves: somebody's draft is at work, or was answered a moment ago."""
    for entry in cloud.storage.list(paths.OPEN_DRAFTS):
        found = waiting(cloud.storage, entry.path.removeprefix(paths.OPEN_DRAFTS).removesuffix(".json"))
        if found is None or (found.working and now - found.working < AT_WORK):
            return True
    return False


def _queue_again(cloud: Cloud, draft_id: str, found: Waiting, mark: str) -> None:
    draft = read_draft(cloud.storage, draft_id)
    chosen = makes_rows(cloud, draft)
    step = step_of(draft, form=not chosen and bool(draft.view_id), chosen=chosen)
    # A new name, or the tombstone of the lost task would refuse it.
    payload: dict[str, str | int] = {"draft": draft.id, "who": draft.who}
    cloud.tasks.enqueue("stage", step, payload, key=f"sweep|{mark}|{draft.id}")
    note(cloud.storage, draft.id, queued=found.queued + 1)
