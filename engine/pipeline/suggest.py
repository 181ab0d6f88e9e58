"""What a form of roles begins with: what a person changed before, the title's newest mapping, or a guess."""

from engine.cloud.storage import Storage
from engine.columns import Column
from engine.data.changes import Changes, with_changes
from engine.data.dataset import Draft, Finding
from engine.data.details import guessed_goals
from engine.data.guess import Guess, guess
from engine.data.mapped import Beside, mapping_for
from engine.data.mapping import Mapping, validate_mapping
from engine.data.pattern_records import read_patterns
from engine.data.patterns import FIRST, Patterns, patterned
from engine.data.records import update_draft


def suggested(storage: Storage, draft: Draft) -> tuple[Draft, Mapping]:
    """Return the draft, as stored, and the roles that its form begins with.

    Whoever changed something about the guess keeps it. A first look takes the newest mapping of the title that they
    may know of, as far as its columns are there, and says so; else names and values are looked at.
    """
    guessed = guess(draft.columns, draft.country)
    if draft.week_dated == "last":
        guessed = guessed.model_copy(update={"week_dated": "last"})
    names = [column.name for column in draft.columns]
    findings: tuple[Finding, ...] = ()
    if draft.changes != Changes():
        roles = with_changes(guessed, draft.changes, names)
    else:
        known, findings = _earlier(storage, draft)
        roles = known if known is not None else first_guess(guessed, draft.columns, read_patterns(storage))
    roles = Mapping.model_validate(roles.model_dump())
    told = (*(one for one in draft.findings if not one.code.startswith("mapping.")), *findings)
    return update_draft(storage, draft.id, roles=roles, findings=told), roles


def first_guess(guessed: Guess, columns: tuple[Column, ...], patterns: Patterns = FIRST) -> Mapping:
    """Return a guess by a workspace's patterns, with what can be guessed beside the roles."""
    goals = guessed_goals(guessed, columns)
    return patterned(guessed.model_copy(update={"goals": goals}), columns, patterns)


def _earlier(storage: Storage, draft: Draft) -> tuple[Mapping | None, tuple[Finding, ...]]:
    """The mapping of an earlier snapshot of this title, where it still fits; and what is told about taking it."""
    known, told = mapping_for(storage, draft.title, draft.country, draft.columns, Beside(draft.who, draft.channel))
    if known is None or validate_mapping(known, draft.columns):
        return None, ()
    text = "The roles are those of the newest mapping of this name: correct what is wrong."
    return known, (Finding(code="mapping.taken", grade="INFO", text=text), *told)
