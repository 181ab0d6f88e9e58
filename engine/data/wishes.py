"""What people wish of a draft: each wish is a draft of its own, and none is done twice or lost.

A click that is delivered again is the same wish. So is another click while nobody was answered yet. Once the
person was answered, the same click is a new wish: the source may have been mended meanwhile.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, Field

from engine import paths
from engine.cloud.storage import Storage
from engine.data.dataset import Draft, Finding, Offer
from engine.data.mapping import Mapping
from engine.data.records import read_draft, save_draft, save_mapping
from engine.errors import AlreadyExists, Conflict, NotFound

# What of a draft makes two wishes different.
INTENT = {"source", "choices", "accepted", "changes", "view_id", "rows_of", "scope", "mapping_file"}
INTENT |= {"countries", "renews", "fresh"}

# A step of a draft that nobody waits for is begun within this time, or it is a late repetition.
FORGOTTEN = timedelta(days=2)


def wish(
    storage: Storage, draft: Draft, key: str, at: datetime, mapping: Mapping | None = None, **changes: Any
) -> Draft:
    """Return the draft that does what somebody wished of `draft`: with other roles, choices or a fresh look.

    `key` names the click or the sending, the same however often it is delivered. The draft waits to be worked on.
    """
    renewed = draft.model_copy(update={"origin": draft.origin or draft.id, "fresh": False, **changes})
    path = paths.draft_wish(draft.id, key)
    known = storage.read(path)
    if known is None:
        with suppress(AlreadyExists):
            storage.create(path, {"draft": _unanswered(storage, renewed, at, mapping)}, passing=True)
        known = storage.require(path, "That wish is not known")
    renewed = renewed.model_copy(update={"id": str(known.body["draft"])})
    with suppress(AlreadyExists):  # wished before
        save_draft(storage, renewed)
    if mapping is not None:
        save_mapping(storage, renewed.id, mapping)
    return read_draft(storage, renewed.id)


def _unanswered(storage: Storage, draft: Draft, at: datetime, mapping: Mapping | None) -> str:
    """The name of the first draft of this intent that nobody was answered about. Names sort by the time of the wish."""
    about = f"{draft.origin}|{draft.model_dump_json(include=INTENT)}|{mapping.model_dump_json() if mapping else ''}"
    n = 0
    while True:
        path = paths.draft_intent(f"{about}|{n}")
        meant = storage.read(path)
        if meant is None:
            name = f"{at:%Y%m%dT%H%M%SZ}-{sha256(f'{about}|{n}'.encode()).hexdigest()[:6]}"
            with suppress(AlreadyExists):
                storage.create(path, {"draft": name}, passing=True)
            meant = storage.require(path, "That wish is not known")
        name = str(meant.body["draft"])
        if not storage.exists(paths.draft_answered(name)):
            return name
        n += 1


class Waiting(BaseModel):
    """A draft that somebody waits for: since when, and whether a step is at work on it now."""

    since: datetime
    working: datetime | None = Field(default=None, description="When the step that is at work began.")
    tried: datetime | None = Field(default=None, description="When a step began on it for the first time.")
    queued: int = Field(default=0, description="How often its step was queued again because it was lost.")


def step_of(draft: Draft, *, form: bool = False, chosen: bool = True) -> str:
    """The step that a draft waits for: its countries, its rows where columns and roles are known, else its columns.

    form: somebody looks at a form that waits for the columns. chosen: the roles are known.
    """
    if draft.countries and not form:
        return "countries"
    return "read_columns" if form or not draft.columns or not chosen else "snapshot"


def open_draft(storage: Storage, draft_id: str, at: datetime) -> None:
    """Note that somebody waits for a draft, unless they were answered already."""
    if not storage.exists(paths.draft_answered(draft_id)):
        with suppress(AlreadyExists):
            storage.create(paths.draft_open(draft_id), Waiting(since=at))


def begin(storage: Storage, draft_id: str, at: datetime) -> bool:
    """Note that a step is at work on a draft. False: there is nothing left to do, its person was answered."""
    if storage.exists(paths.draft_answered(draft_id)) or _long_over(storage, draft_id, at):
        storage.delete(paths.draft_open(draft_id))
        return False
    open_draft(storage, draft_id, at)
    note(storage, draft_id, working=at)
    return True


def _long_over(storage: Storage, draft_id: str, at: datetime) -> bool:
    """Whether a draft was answered so long ago that its answer may have been thrown away before it was.

    Whoever is waited for has a mark, however long that takes.
    """
    made = _opening(draft_id)
    return made is not None and at - made > FORGOTTEN and not storage.exists(paths.draft_open(draft_id))


def _opening(draft_id: str) -> datetime | None:
    """When the form of a draft was opened, by its name; None where the name does not say so."""
    stamp = draft_id.partition("-")[0]
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def waiting(storage: Storage, draft_id: str) -> Waiting | None:
    """Return how a draft waits; None if nobody waits for it."""
    document = storage.read(paths.draft_open(draft_id))
    return Waiting.model_validate(document.body) if document else None


def note(storage: Storage, draft_id: str, **changes: Any) -> None:
    """Change what is noted about a draft that waits; whoever changes it at the same time knows as well."""
    document = storage.read(paths.draft_open(draft_id))
    if document is None:
        return
    known = Waiting.model_validate(document.body)
    noted = known.model_copy(update={"tried": known.tried or changes.get("working"), **changes})
    with suppress(Conflict):
        storage.swap(document.path, noted, document.generation)


class Answer(BaseModel):
    """How a draft was answered, and what its person was offered then."""

    kind: str
    offers: tuple[Offer, ...] = ()
    overridable: tuple[str, ...] = Field(default=(), description="Rules that stopped it and that a person may accept.")


def close_draft(storage: Storage, draft_id: str, kind: str, findings: tuple[Finding, ...]) -> None:
    """Note that a draft's person was answered. The first answer stands."""
    # From now on nobody needs it but whoever presses a button of the answer. First, for once it is answered no step
    # comes here again.
    storage.let_pass(paths.draft(draft_id))
    storage.let_pass(paths.draft_mapping(draft_id))
    offers = tuple(offer for finding in findings for offer in finding.offers)
    overridable = tuple(sorted({one.code for one in findings if one.grade == "FAIL" and one.overridable}))
    with suppress(AlreadyExists):
        answer = Answer(kind=kind, offers=offers, overridable=overridable)
        storage.create(paths.draft_answered(draft_id), answer, passing=True)
    storage.delete(paths.draft_open(draft_id))


def answer_of(storage: Storage, draft_id: str) -> Answer:
    """Return how a draft was answered. Raises NotFound."""
    document = storage.read(paths.draft_answered(draft_id))
    if document is None:
        raise NotFound("That is no longer on offer.", "Open the columns once more and press it there.")
    return Answer.model_validate(document.body)
