"""Mend: the views of one fact become what its body says. No fact is ever deleted, nor what it says changed."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from engine import paths
from engine.cloud.storage import Entry, Storage
from engine.errors import BrokenState, NotFound
from engine.index.compare import Amiss, amiss
from engine.index.entry import Wanted
from engine.pipeline.kinds import Kind, Said


@dataclass(frozen=True)
class Mended:
    """What became of views that were suspected. `kept` are rows of runs that are gone: facts, too.

    broken: why the fact's body cannot be read, where it cannot.
    """

    amiss: tuple[Amiss, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    kept: tuple[str, ...] = ()
    broken: str = ""


def mend(
    storage: Storage,
    kind: Kind,
    path: str,
    fact: Entry | None,
    found: Mapping[str, Entry],
    *,
    sees: Callable[[str], bool] = lambda view: True,
    look_only: bool = False,
) -> Mended:
    """Compare the views of the fact at `path` with its body, and bring those that are amiss to what it says.

    fact: as it was listed, None where it was not. found: its views, as `kind.shown` shows them; what is not among them
    is taken to be missing, where the listing `sees` it. Safe to repeat, and beside others who write.
    """
    said = _said(storage, kind, path, fact)
    wanted = {one.path: one for one in said.views if sees(one.path)} if said else {}
    wrong = amiss(wanted, found) if fact is not None or not (said and said.broken) else []
    kept = tuple(one.path for one in wrong if one.wanted is None and _is_kept(one.path, said))
    wrong = [one for one in wrong if one.path not in kept]
    if not look_only:
        for one in wrong:
            _bring(storage, kind, one)
        if said and said.line and fact is not None and fact.line != said.line:
            kind.relined(storage, path)
    return Mended(tuple(wrong), said.views if said else (), kept, said.broken if said else "")


def _said(storage: Storage, kind: Kind, path: str, fact: Entry | None) -> Said | None:
    """What a fact says, by its body; by its line, or that it cannot be read, where that is broken. None: it is gone."""
    if not kind.is_fact(path):
        return None  # a view under a name that none can have
    try:
        return kind.read(storage, path)
    except NotFound:
        return None
    except BrokenState as error:
        # A view that was listed without its fact says what it said: nobody can tell better.
        views = (kind.listed(fact) or kind.unread(fact)) if fact is not None else ()
        return Said(tuple(views), {}, f"{error.what} {error.detail}".strip())


def _is_kept(view: str, said: Said | None) -> bool:
    """Whether a view of nothing stays: a row of a run that is gone, and a marker, to which the sweep sees."""
    return view.startswith(paths.ACTIVE) or (view.startswith(paths.HISTORY_ROWS) and said is None)


def _bring(storage: Storage, kind: Kind, one: Amiss) -> None:
    if one.wanted is not None:
        with suppress(NotFound):  # deleted meanwhile
            kind.write(storage, one.wanted)
    elif one.entry is not None:
        storage.delete(one.path, one.entry.generation)
