"""What belongs to a run or a dataset: every object that would be left over if one of them were forgotten."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from engine import paths
from engine.asks import about_datasets
from engine.cloud.storage import Entry, Storage
from engine.data.index import moment_of
from engine.data.index import read_line as read_dataset_line
from engine.data.records import dataset_at, read_draft
from engine.errors import BrokenState, NotFound
from engine.experiment.listed import experiments_on
from engine.names import alike
from engine.pipeline.latest import OF
from engine.runs.line import RunLine, read_line
from engine.runs.records import read_run


def of_run(storage: Storage, run: RunLine) -> Iterator[str]:
    """Yield the names of all that belongs to a run that is over, in the order in which they may go.

    First what lists show, then what makes it exist, then the rest: whoever looks meanwhile finds it whole, or not at
    all. Some may not be there.
    """
    yield paths.row(run.changed_at, run.id)
    yield paths.history_row(f"{run.changed_at:%Y-%m-%d}", run.id)
    yield paths.active(run.id)
    yield paths.run_state(run.id)
    # Before the configuration that it is a copy of: afterwards nobody could tell whose it is.
    if _is_latest(storage, run.ts):
        yield paths.LATEST_CONFIG
    yield from _below(storage, f"{paths.RUNS}{run.id}/")
    yield from _below(storage, _folder(paths.input_data(run.ts)))
    yield from _below(storage, _folder(paths.job_config(run.ts)))
    yield from _trainings(storage, run)
    yield paths.card_open(run.id)
    yield from _messages(storage, run.id)


def of_dataset(
    storage: Storage, country: str, ts: str, title: str, forms: tuple[str, ...], kept_as: str = ""
) -> Iterator[str]:
    """Yield the names of all that belongs to a dataset, in the order in which they may go; `forms` are its drafts'.

    kept_as: under which name the rows that it was made of are kept; whoever would use them again asks the warehouse.
    """
    at = moment_of(ts)
    yield paths.dataset_entry(at, country, ts)
    yield paths.title_entry(alike(title), at, country, ts)
    yield paths.dataset_manifest(country, ts)
    yield from _below(storage, _folder(paths.dataset_manifest(country, ts)))
    for scope in (country, paths.UNIVERSAL):
        yield paths.mapping_entry(alike(title), at, scope, ts)
        yield from _below(storage, _folder(paths.mapping_version(scope, ts)))
    if kept_as:
        yield paths.cached_rows(kept_as)
    left = _left(storage, country, ts, title)
    if country not in left:
        yield from _below(storage, paths.recipes_of_title(country, alike(title)))
    if not left:
        yield from _versions(storage, title)
    yield from (one.path for one in storage.list(paths.ANSWERS) if f"{country}/{ts}" in about_datasets(one.line))
    # What is told of a country of a round, and its rows until they are a dataset's: each by the name of its draft.
    for entry in storage.list(paths.ROUNDS):
        if entry.path.rpartition("/")[2].partition(".")[0] in forms:
            yield entry.path
    for draft in forms:
        yield from (paths.draft_open(draft), paths.draft(draft), paths.draft_mapping(draft))
        yield paths.draft_answered(draft)
        yield from _messages(storage, draft)


def _left(storage: Storage, country: str, ts: str, title: str) -> set[str]:
    """The countries of which other snapshots of a title are there, by the facts: what is theirs stays."""
    found: set[str] = set()
    for entry in storage.list(paths.DATASETS):
        named = paths.dataset_of(entry.path)
        if named is None or named == (country, ts) or named[0] in found:
            continue
        line, called = read_dataset_line(entry.path, entry.line), None
        with suppress(NotFound, BrokenState):
            called = line.title if line else dataset_at(storage, entry.path).title
        # Of one that cannot be read nobody knows what it is called.
        if called is None or alike(called) == alike(title):
            found.add(named[0])
    return found


def _versions(storage: Storage, title: str) -> Iterator[str]:
    """The versions of a title's mapping that no snapshot is named after: one for all countries of a round."""
    for entry in storage.list(paths.mapping_entries(alike(title))):
        if (version := paths.mapping_version_of(entry.path)) is not None:
            yield from _below(storage, _folder(paths.mapping_version(*version)))
        yield entry.path


@dataclass(frozen=True)
class Forms:
    """The drafts of a dataset: those that go with it, and those that other datasets were made from."""

    own: tuple[str, ...]
    others: tuple[str, ...] = ()


def forms_of(storage: Storage, ts: str) -> Forms:
    """Return the drafts that are of the same first form as the one that a dataset was made from.

    Of a form that was thrown away already, only the dataset's own name is known.
    """
    with suppress(NotFound, BrokenState):
        own = read_draft(storage, ts)
        origin = own.origin or own.id
        found = {draft: country for draft, of, country in _drafts(storage) if of == origin or draft == origin}
        others = [
            draft
            for draft, country in found.items()
            if draft != ts and storage.exists(paths.dataset_manifest(country, draft))
        ]
        kept = {*others, *([origin] if others else [])} - {ts}
        return Forms(tuple(dict.fromkeys([ts, *(draft for draft in found if draft not in kept)])), tuple(sorted(kept)))
    return Forms((ts,))


@dataclass(frozen=True)
class Needs:
    """What needs a dataset: experiments by their names, and runs."""

    experiments: tuple[str, ...] = ()
    runs: tuple[RunLine, ...] = ()

    @property
    def open(self) -> tuple[RunLine, ...]:
        return tuple(run for run in self.runs if not run.over)

    def __bool__(self) -> bool:
        return bool(self.experiments or self.runs)


def needs_of(storage: Storage, *dataset_ids: str) -> Needs:
    """Return what needs any of some datasets, by the facts: a listing each of experiments, open runs and rows."""
    runs = [*storage.list(paths.ACTIVE), *storage.list(paths.HISTORY_ROWS)]
    found = {run.id: run for entry in runs if (run := _run(storage, entry)) and run.dataset_id in dataset_ids}
    experiments = (one.revision for one in experiments_on(storage, dataset_ids))
    return Needs(tuple(experiments), tuple(found.values()))


def _run(storage: Storage, entry: Entry) -> RunLine | None:
    """A run by its marker or its row, as the listing says or as its state does."""
    if (line := read_line(entry.line)) is not None:
        return line
    name = entry.path.rpartition("/")[2].removesuffix(".json").rpartition("-")[2]
    with suppress(NotFound, BrokenState):
        return RunLine.model_validate(read_run(storage, name).model_dump())
    return None


def _drafts(storage: Storage) -> Iterator[tuple[str, str, str]]:
    """All drafts: name, the first form that each is of, country."""
    for entry in storage.list(paths.DRAFTS):
        name = entry.path.removeprefix(paths.DRAFTS).removesuffix(".json")
        if name.endswith(".mapping"):
            continue
        if entry.line and {"origin", "country"} <= entry.line.keys():
            yield name, str(entry.line["origin"]), str(entry.line["country"])
            continue
        with suppress(NotFound, BrokenState):
            draft = read_draft(storage, name)
            yield draft.id, draft.origin or draft.id, draft.country


def _trainings(storage: Storage, run: RunLine) -> Iterator[str]:
    """All that the run's attempts left."""
    first = paths.training_folder(run.revision, run.country, run.ts, 1).rstrip("/")
    for entry in storage.list(first):
        if re.match(r"(-a\d+)?/", entry.path[len(first) :]):
            yield entry.path


def _messages(storage: Storage, about: str) -> Iterator[str]:
    """What is kept of messages about a run or a form: whose keys begin with its name."""
    for one in (paths.notice(about), paths.notice_try(about), paths.notice_pictures(about)):
        yield from _below(storage, f"{one.removesuffix('.json')}-")
    yield from _below(storage, f"{paths.pictures_open(about)}-")
    for entry in storage.list(paths.OPEN_NOTICES):
        if entry.path.rpartition("/")[2].partition("-")[2].startswith(f"{about}-"):
            yield entry.path


def _is_latest(storage: Storage, ts: str) -> bool:
    """Whether the copy that people look at is of this run's configuration."""
    found = [entry.line for entry in storage.list(paths.LATEST_CONFIG, limit=1)]
    if found and found[0] and OF in found[0]:
        return bool(found[0][OF] == paths.job_config(ts))
    # The release before did not say of which it is.
    with suppress(NotFound, BrokenState):
        own = storage.require(paths.job_config(ts), "It has no configuration.")
        latest = storage.require(paths.LATEST_CONFIG, "There is no copy.")
        return own.body == latest.body
    return False


def _below(storage: Storage, prefix: str) -> Iterator[str]:
    for entry in storage.list(prefix):
        yield entry.path


def _folder(path: str) -> str:
    return f"{path.rpartition('/')[0]}/"
