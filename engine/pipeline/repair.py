"""Repair: all views become what the facts say, whatever became of them. Tells what differed.

Beside people's work and the sweeps, and as often as one likes: each view that is mended stays mended, so that a repair
that broke off goes on where it was. Facts are never deleted, nor is what they say changed.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Storage
from engine.errors import BrokenState, NotFound
from engine.index.checked import Checked, OfKind, write_checked
from engine.index.compare import Amiss, How, amiss, mark_of, same
from engine.index.entry import Wanted, mark_whole, remove
from engine.pipeline.history import rebuild_history
from engine.pipeline.kinds import KINDS, Kind
from engine.pipeline.mend import Mended, mend
from engine.pipeline.places import restore_places
from engine.pipeline.portion import HANDFUL, PAGE
from engine.runs.index import run_of_marker
from engine.runs.records import read_run

# So many facts are read together.
AT_ONCE = 8


@dataclass(frozen=True)
class Difference:
    """A view that was not what its fact says. `how` completes the sentence that its name begins."""

    view: str
    how: str


@dataclass(frozen=True)
class Repaired:
    """What a repair found. `facts`: how many were looked at; `kept`: rows of runs that are gone, which stay.

    broken: facts that cannot be read, each with why.
    """

    differences: tuple[Difference, ...]
    facts: int
    kept: tuple[str, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()


def repair(
    cloud: Cloud, clock: Clock, *, thorough: bool = False, look_only: bool = False, at_once: int = AT_ONCE
) -> Repaired:
    """Compare all facts with all views, and bring those that differ to what the facts say.

    thorough: by the body of every fact, whatever its line says. look_only: only say what differs.
    """
    found: list[Difference] = []
    facts, kept, broken = 0, list[str](), list[tuple[str, str]]()
    remembered: dict[str, OfKind] = {}
    for kind in KINDS:
        one = _OfKind(cloud.storage, kind, thorough, look_only, at_once)
        one.bring()
        found += [Difference(wrong.path, wrong.how.value) for wrong in one.amiss]
        facts += len(one.facts)
        kept += one.kept
        broken += one.broken
        remembered[kind.name] = one.remembered()
    if not look_only:
        found += [Difference(name, How.MISSING.value) for name in _restore_places(cloud.storage)]
        found += [
            Difference(paths.HISTORY, what.removeprefix(f"{paths.HISTORY} ")) for what in rebuild_history(cloud, clock)
        ]
        write_checked(cloud.storage, Checked(kinds=remembered))
    return Repaired(tuple(found), facts, tuple(kept), tuple(broken))


def _restore_places(storage: Storage) -> list[str]:
    """Give back the places for training that were lost. Returns their names."""
    places = {entry.path: entry for entry in storage.list(paths.SLOTS)}
    runs = []
    for entry in storage.list(paths.ACTIVE):
        with suppress(BrokenState, NotFound):
            runs.append(read_run(storage, run_of_marker(entry.path)))
    return restore_places(storage, runs, places)


class _OfKind:
    """All facts of one kind, and all their views."""

    def __init__(self, storage: Storage, kind: Kind, thorough: bool, look_only: bool, at_once: int) -> None:
        self._storage = storage
        self._kind = kind
        self._thorough = thorough
        self._look_only = look_only
        self._at_once = at_once
        # Facts first: a view that comes meanwhile has its fact, and a view that is missed is looked for by its fact.
        self.facts = {fact.path: fact for fact in storage.list(kind.facts) if kind.is_fact(fact.path)}
        listed = [view for folder in kind.views for view in storage.list(folder)]
        self._listed = {one.path: one for one in listed if kind.is_view(one.path)}
        self._views = {name: kind.shown(one) for name, one in self._listed.items()}
        self._marked = {one.path for one in listed}
        # The views of each fact, by their names.
        self._of: dict[str, list[str]] = {}
        for name in self._views:
            self._of.setdefault(kind.fact_of(name) or name, []).append(name)
        self._wanted: dict[str, Wanted] = {}
        self._asker: dict[str, str] = {}
        self._asked: dict[str, list[str]] = {}
        self.amiss: list[Amiss] = []
        self.kept: list[str] = []
        self.broken: list[tuple[str, str]] = []

    def bring(self) -> None:
        """Mend what is amiss, and say of what has all its views that it has them."""
        wrong = self._suspects()
        if len(wrong) > HANDFUL and not self._look_only:
            for folder in self._kind.whole:
                remove(self._storage, paths.index_whole(folder))
                self._marked.discard(paths.index_whole(folder))
        suspects = sorted(wrong | self.facts.keys()) if self._thorough else sorted(wrong)
        with ThreadPoolExecutor(self._at_once) as pool:
            for path, mended in zip(suspects, pool.map(self._mend, suspects), strict=True):
                self.amiss += mended.amiss
                self.kept += [name for name in mended.kept if not name.startswith(paths.ACTIVE)]
                self.broken += [(path, mended.broken)] if mended.broken else []
                self._ask(path, mended.wanted)
            if self._kind.exact is not None and self._thorough:
                self.amiss += [one for one in pool.map(self._to_the_last_byte, sorted(self._listed)) if one]
        for folder in self._kind.whole:
            mark = paths.index_whole(folder)
            if mark not in self._marked:
                self.amiss.append(Amiss(mark, Wanted(mark), None))
                if not self._look_only:
                    mark_whole(self._storage, folder)

    def _suspects(self) -> set[str]:
        """The facts whose views are not what their lines ask for, and views that are of no fact."""
        unclear = set[str]()
        for path, fact in self.facts.items():
            views = self._kind.listed(fact)
            if views is None:
                unclear.add(path)
            self._ask(path, views or ())
        wrong = [one for one in amiss(self._wanted, self._views) if not self._is_on_its_way(one)]
        of = {self._asker.get(one.path) or self._kind.fact_of(one.path) or one.path for one in wrong}
        return unclear | of

    def _is_on_its_way(self, one: Amiss) -> bool:
        """Whether the sweep sees to it: to a run whose end is not complete, and to what is left of its marker."""
        if one.path.startswith(paths.ACTIVE):
            return one.wanted is None
        return one.entry is None and paths.active(paths.run_of(self._asker.get(one.path, ""))) in self._views

    def _ask(self, fact: str, views: Sequence[Wanted]) -> None:
        for name in self._asked.pop(fact, ()):
            self._wanted.pop(name, None)
        self._asked[fact] = [view.path for view in views]
        for view in views:
            self._wanted[view.path], self._asker[view.path] = view, fact

    def _mend(self, path: str) -> Mended:
        found = {name: self._views[name] for name in self._of.get(path, ())}
        return mend(self._storage, self._kind, path, self.facts.get(path), found, look_only=self._look_only)

    def _to_the_last_byte(self, name: str) -> Amiss | None:
        """Have a view, where it says what it should, hold that, too."""
        wanted, view = self._wanted.get(name), self._listed[name]
        if wanted is None or self._kind.exact is None or not same(wanted, self._views[name]):
            return None
        if self._kind.exact(self._storage, view):
            return None
        if not self._look_only:
            with suppress(BrokenState, NotFound):
                self._kind.write(self._storage, wanted)
        return Amiss(name, wanted, view)

    def remembered(self) -> OfKind:
        """What the next check is to remember: the first views of each folder, as the facts ask for them."""
        newest: dict[str, dict[str, str]] = {}
        for folder in self._kind.views:
            names = sorted(name for name in self._wanted if name.startswith(folder))
            newest[folder] = {name: mark_of(self._wanted[name]) for name in names[:PAGE]}
        return OfKind(newest=newest, kept=sorted(self.kept))
