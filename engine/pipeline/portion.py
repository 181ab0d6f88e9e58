"""One look at one kind of facts and its views, by a few listings, whatever there is of them.

Where facts and views fill a page each, all of them are compared. Else the first page of views, the newest, is compared
with what it was at the last look, and what has changed there with its facts; and the next page of facts and the next
page of views go into sums, which must be equal at the end of a round.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine import paths
from engine.cloud.storage import Entry, Storage
from engine.index.checked import OfKind, Round, Walk
from engine.index.compare import Amiss, Sum, amiss, mark_of, older
from engine.index.entry import Wanted, mark_whole
from engine.pipeline.kinds import Kind
from engine.pipeline.mend import mend

# What one request for a listing brings.
PAGE = 1000
# So many facts of a kind are read and mended within a sweep; more are a task's work.
HANDFUL = 20
NAMED = 3
# What is younger may be on its way from fact to view: no round counts it.
SETTLED = timedelta(hours=1)


class TooMuch(Exception):
    """More is amiss than a sweep mends. Says what, in a sentence."""


@dataclass
class Page:
    """Views of a folder, by name, as listed: the first, all up to `last`; where it is `whole`, all there are.

    marked: its first name says that the folder has all its views.
    """

    views: dict[str, Entry]
    whole: bool
    last: str = ""
    marked: bool = False

    def sees(self, view: str) -> bool:
        """Whether a view would be in here, if there was one of that name."""
        return self.whole or view <= self.last


class Portion:
    """One look at one kind. `before`: what the last look remembered. `markers`: all of `active/`, by name.

    turn: whether a page of views beyond the first may be listed, too.
    """

    def __init__(
        self,
        storage: Storage,
        now: datetime,
        kind: Kind,
        before: OfKind,
        markers: Mapping[str, Entry],
        *,
        size: int = PAGE,
        turn: bool = True,
    ) -> None:
        self._storage = storage
        self._now = now
        self._kind = kind
        self._before = before
        self._markers = markers
        self._size = size
        self._turn = turn
        self._pages: dict[str, Page] = {}
        self._facts: dict[str, Entry] = {}
        self._unclear: set[str] = set()
        # What the facts of this portion ask for, and which of them.
        self._wanted: dict[str, Wanted] = {}
        self._asker: dict[str, str] = {}
        self._kept: set[str] = set(before.kept)
        self._unknown: set[str] = set()
        self._amiss: list[str] = []

    def compare(self) -> OfKind:
        """Compare, and mend a handful. Returns what is to be remembered. Raises TooMuch."""
        walked = self._before.round or Round(since=self._now - SETTLED)
        self._pages = {folder: self._first_page(folder) for folder in self._kind.views}
        walk = self._read_facts(walked.facts)
        if not walked.facts.after and walk.done and all(page.whole for page in self._pages.values()):
            self._look_at_all()
            return self._remembered(None)
        self._look_at_news()
        return self._remembered(self._add_up(walked.model_copy(update={"facts": walk})))

    # What there is

    def _first_page(self, folder: str) -> Page:
        if folder == paths.ACTIVE:
            return Page({name: self._kind.shown(view) for name, view in self._markers.items()}, whole=True)
        listed = list(self._storage.list(folder, limit=self._size))
        mark = paths.index_whole(folder)
        last = listed[-1].path if listed else ""
        return Page(self._views(listed), len(listed) < self._size, last, any(one.path == mark for one in listed))

    def _views(self, listed: Iterable[Entry]) -> dict[str, Entry]:
        return {one.path: self._kind.shown(one) for one in listed if self._kind.is_view(one.path)}

    def _read_facts(self, walk: Walk) -> Walk:
        """Take the next page of facts, and what they ask for by their lines. Returns where the page after it begins."""
        if walk.done:
            return walk
        listed = list(self._storage.list(self._kind.facts, start=walk.after, limit=self._size))
        for fact in listed:
            if fact.path != walk.after and self._kind.is_fact(fact.path):
                self._facts[fact.path] = fact
                views = self._kind.listed(fact)
                if views is None:
                    self._unclear.add(fact.path)
                self._ask(fact.path, views or ())
        return Walk(after=listed[-1].path if listed else walk.after, done=len(listed) < self._size)

    def _ask(self, fact: str, views: Iterable[Wanted]) -> None:
        for view in views:
            self._wanted[view.path] = view
            self._asker[view.path] = fact

    # What is amiss

    def _look_at_all(self) -> None:
        found = {name: view for page in self._pages.values() for name, view in page.views.items()}
        wrong = [one for one in amiss(self._wanted, found) if not self._is_on_its_way(one)]
        self._mend({*self._unclear, *self._facts_of(one.path for one in wrong)})
        for folder in self._kind.whole:
            if not self._pages[folder].marked:
                mark_whole(self._storage, folder)

    def _is_on_its_way(self, one: Amiss) -> bool:
        """Whether the sweep sees to it anyway: a run whose end is not complete has its marker, and gets its row."""
        if one.path.startswith(paths.ACTIVE):
            return one.wanted is None
        return one.entry is None and paths.active(paths.run_of(self._asker.get(one.path, ""))) in self._markers

    def _look_at_news(self) -> None:
        """Compare the first pages with what they were: what is gone or has changed is looked at, then what is new.

        Where one of them was lost, others may be that are not on these pages: it is mended, and TooMuch raised.
        """
        for folder, page in self._pages.items():
            if folder not in self._before.newest or (folder in self._kind.whole and not page.marked):
                raise TooMuch(f"Nobody knows whether {folder} has all its views.")
        changed = {name for folder in self._pages for name in self._changed(folder)}
        missing = {name for name in self._wanted if name.startswith(paths.ACTIVE) and name not in self._markers}
        must = {*self._unclear, *self._facts_of(changed | missing)}
        self._mend(must)
        new = {name for folder in self._pages for name in self._new(folder)}
        facts = sorted(set(self._facts_of(new)) - must)
        now = facts[: max(0, HANDFUL - len(must))]
        self._mend(now)
        # What there was no time for is new at the next look, too.
        self._unknown = {name for name in new if set(self._facts_of([name])) - must - set(now)}
        if self._amiss:
            raise TooMuch(f"The facts do not say what these did: {', '.join(self._amiss[:NAMED])}.")

    def _changed(self, folder: str) -> Iterable[str]:
        """Views of the first page that are gone or say something else than at the last look."""
        page, ended = self._pages[folder], self._ended()
        for name, mark in self._before.newest[folder].items():
            view = page.views.get(name)
            if view is None and page.sees(name):
                if not (folder == paths.ACTIVE and name.removeprefix(paths.ACTIVE) in ended):
                    yield name
            elif view is not None and folder != paths.ACTIVE and mark_of(view) != mark:
                yield name

    def _new(self, folder: str) -> Iterable[str]:
        if folder == paths.ACTIVE:
            return []  # the sweep looks at every marker
        return self._pages[folder].views.keys() - self._before.newest[folder].keys() - self._kept

    def _ended(self) -> set[str]:
        """The runs that have a row on the first page: that their markers are gone is as it should be."""
        rows = self._pages.get(paths.HISTORY_ROWS)
        return {paths.run_of(self._kind.fact_of(name) or "") for name in rows.views} if rows else set()

    def _facts_of(self, views: Iterable[str]) -> Iterable[str]:
        """The facts that views are of; of one that is of none, its own name."""
        for name in views:
            if name not in self._kept:
                yield self._asker.get(name) or self._kind.fact_of(name) or name

    def _mend(self, suspects: Collection[str]) -> None:
        """Compare the views of a few facts with what those say, and mend them. Raises TooMuch where they are many."""
        if len(suspects) > HANDFUL:
            raise TooMuch(f"Views of {len(suspects)} {self._kind.name} are amiss.")
        for path in sorted(suspects):
            found = self._found_of(path)
            mended = mend(self._storage, self._kind, path, self._facts.get(path), found, sees=self._sees)
            self._kept |= set(mended.kept)
            self._amiss += [one.path for one in mended.amiss]
            for one in mended.amiss:
                views = self._pages[self._folder(one.path)].views
                views.pop(one.path, None)
                if one.wanted is not None:
                    views[one.path] = Entry(one.path, 0, 0, self._now, line=_plain(one.wanted))
            if path in self._facts:
                self._wanted = {name: view for name, view in self._wanted.items() if self._asker[name] != path}
                self._ask(path, mended.wanted)

    def _found_of(self, fact: str) -> dict[str, Entry]:
        return {
            name: view
            for page in self._pages.values()
            for name, view in page.views.items()
            if fact in (name, self._asker.get(name), self._kind.fact_of(name))
        }

    def _folder(self, view: str) -> str:
        return next(folder for folder in self._pages if view.startswith(folder))

    def _sees(self, view: str) -> bool:
        return self._pages[self._folder(view)].sees(view)

    # What it adds up to

    def _add_up(self, walked: Round) -> Round | None:
        """Add this portion to the round's sums. None: the round is over, and both were equal. Raises TooMuch."""
        folders = [folder for folder in self._pages if folder != paths.ACTIVE]
        asked, seen, walks = dict(walked.asked), dict(walked.seen), dict(walked.views)
        for folder in folders:
            wants = [view for name, view in self._wanted.items() if name.startswith(folder)]
            asked[folder] = asked.get(folder, Sum()).plus(self._marks(wants, walked.since))
            views, walks[folder] = self._next_views(folder, walks.get(folder, Walk()))
            seen[folder] = seen.get(folder, Sum()).plus(self._marks(views, walked.since))
        if walked.facts.done and all(walks[folder].done for folder in folders):
            unequal = [folder for folder in folders if asked[folder] != seen[folder]]
            if unequal:
                raise TooMuch(f"{' and '.join(unequal)} are not what the facts ask for.")
            return None
        return walked.model_copy(update={"asked": asked, "seen": seen, "views": walks})

    def _next_views(self, folder: str, walk: Walk) -> tuple[Iterable[Entry], Walk]:
        if walk.done:
            return (), walk
        if not walk.after:
            page = self._pages[folder]
            return page.views.values(), Walk(after=page.last, done=page.whole)
        if not self._turn:
            return (), walk
        self._turn = False
        listed = list(self._storage.list(folder, start=walk.after, limit=self._size))
        views = [view for name, view in self._views(listed).items() if name != walk.after]
        return views, Walk(after=listed[-1].path if listed else walk.after, done=len(listed) < self._size)

    def _marks(self, views: Iterable[Wanted | Entry], since: datetime) -> list[str]:
        return [mark_of(view) for view in views if older(view.path, since) and view.path not in self._kept]

    def _remembered(self, walked: Round | None) -> OfKind:
        newest = {
            folder: {name: mark_of(view) for name, view in sorted(page.views.items()) if name not in self._unknown}
            for folder, page in self._pages.items()
        }
        seen = {name for page in newest.values() for name in page}
        kept = sorted(name for name in self._kept if name in seen or walked is not None)
        return OfKind(newest=newest, kept=kept, round=walked)


def _plain(wanted: Wanted) -> dict[str, object] | None:
    return None if wanted.line is None else dict(wanted.line)
