"""Delete: a run or a dataset goes whole, or stays whole. What still needs it is named, and what is kept is said.

The wish is written down first, so whatever dies in the middle is finished by the sweep. What a step that was under way
writes afterwards is taken away when the sweep looks once more.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Storage
from engine.data.dataset import Dataset
from engine.data.records import read_dataset
from engine.errors import AlreadyExists, BadInput, BrokenState, Conflict, NotFound, Unavailable
from engine.labels import listed
from engine.observe.logs import event
from engine.pipeline.belongings import Needs, forms_of, needs_of, of_dataset, of_run
from engine.pipeline.history import reopen, write_history
from engine.pipeline.outbox import tell
from engine.runs.line import RunLine, line_of
from engine.runs.records import read_run
from engine.runs.run import Run

log = logging.getLogger(__name__)

# So long the very request that began a run may come again, and would begin it anew.
REPLAYED = timedelta(minutes=10)
# Longer than any step may be at work, so that what it writes is there by then.
ONCE_MORE = timedelta(minutes=40)
WITH_RUNS = "To delete the runs with it, add --with-runs; experiments stay, without data."
SLACK = "What was posted in Slack stays there; it can be deleted there, by those who may."
NAMED = 5
NOTHING = Needs()


class InUse(BadInput):
    """Something needs it. `needs` says what needs a dataset: not all may see all of that."""

    def __init__(self, what: str, todo: str, needs: Needs = NOTHING) -> None:
        super().__init__(what, todo)
        self.needs = needs


class Wish(BaseModel):
    """Somebody's wish that a run or a dataset be deleted, with all that must be known when it is half gone."""

    model_config = ConfigDict(frozen=True)

    what: str = Field(description="run/ID or dataset/COUNTRY/TS.")
    who: str = Field("", description="Who wished it; empty: whoever typed a command on a machine.")
    at: datetime
    run: dict[str, Any] | None = Field(None, description="The run's line.")
    title: str = Field("", description="The dataset's title.")
    channel: str = Field("", description="Where the dataset was posted.")
    source: str = Field("", description="What its rows came from, in a few words.")
    versions: tuple[str, ...] = Field((), description="Other snapshots of the dataset, that go before it.")
    kept_as: str = Field("", description="Under which name its rows were kept to be used again.")
    with_runs: bool = Field(False, description="Whether the runs on the dataset go with it.")
    forms: tuple[str, ...] = Field((), description="Forms that go with the dataset, once that has begun.")
    kept: tuple[str, ...] = Field((), description="What stays and why, as sentences.")
    begun: bool = Field(False, description="Whether it was seen that nothing needs it any more.")
    done_at: datetime | None = None


@dataclass(frozen=True)
class Deleted:
    """What came of it: how many objects went, and what stayed and why, as sentences."""

    what: str
    objects: int
    kept: tuple[str, ...]


def wish_for_run(cloud: Cloud, clock: Clock, run_id: str, who: str = "") -> Wish:
    """Return the wish that a run be deleted, not written down yet.

    Raises NotFound, InUse while it is open, Unavailable while its end is being written down.
    """
    run = read_run(cloud.storage, run_id)
    if not run.over:
        raise InUse(f"Run {run.id} is not over.", f"Stop it first: /mmm cancel {run.id}.")
    if clock.now() - run.created_at < REPLAYED:
        raise Unavailable(f"Run {run.id} was begun minutes ago.", "Try again in ten minutes.")
    if cloud.storage.exists(paths.active(run.id)):
        raise Unavailable(f"The end of run {run.id} is being written down.", "Try again in a few minutes.")
    return Wish(what=f"run/{run.id}", who=who, at=clock.now(), run=line_of(run), kept=_of(run))


def wish_for_dataset(
    cloud: Cloud,
    clock: Clock,
    dataset: Dataset,
    who: str = "",
    *,
    with_runs: bool = False,
    versions: Sequence[str] = (),
) -> Wish:
    """Return the wish that a dataset be deleted, not written down yet. Whether anything needs it is seen later.

    with_runs: the runs on it go first, and its experiments stay, without data. versions: other snapshots of it, by
    their ids, that go with it.
    """
    return Wish(
        what=f"dataset/{dataset.id}",
        who=who,
        at=clock.now(),
        title=dataset.title,
        channel=dataset.channel,
        source=dataset.source.label,
        kept_as=dataset.kept_as,
        with_runs=with_runs,
        versions=tuple(versions),
    )


def wish_for(
    cloud: Cloud, clock: Clock, kind: Literal["run", "dataset"], name: str, *, with_runs: bool = False
) -> Wish:
    """Return the wish of whoever may do everything, by a run's id or a dataset's country/ts. Raises as for each."""
    if kind == "run":
        return wish_for_run(cloud, clock, name)
    return wish_for_dataset(cloud, clock, read_dataset(cloud.storage, name), with_runs=with_runs)


def note(storage: Storage, wish: Wish) -> Wish:
    """Write a wish down, once. Returns the one that counts."""
    with suppress(AlreadyExists):
        storage.create(paths.deletion(wish.what), wish, line=_line(wish))
        return wish
    return _read(storage, wish.what) or wish


def queue_deletion(cloud: Cloud, wish: Wish) -> None:
    """Write a wish down and have it carried out by the worker."""
    wish = note(cloud.storage, wish)
    key = f"delete|{cloud.settings.workspace}|{wish.what}|{wish.at.isoformat()}"
    cloud.tasks.enqueue("stage", "delete", {"what": wish.what}, key=key)


def delete(cloud: Cloud, clock: Clock, what: str) -> None:
    """Carry a wish out and tell so. Safe to call any number of times, also at once, and to break off anywhere."""
    wish = _read(cloud.storage, what)
    if wish is None:
        return
    if wish.done_at is not None:
        if clock.now() - wish.done_at >= ONCE_MORE:
            _remove(cloud.storage, wish)
            _history_without(cloud, clock, wish)
            cloud.storage.delete(paths.deletion(what))
        return
    try:
        done = carry_out(cloud, clock, wish)
    except InUse as error:
        counted = {"experiments": len(error.needs.experiments), "runs": len(error.needs.runs)}
        _tell(cloud, clock, wish, "dataset_not_deleted", **counted)
        cloud.storage.delete(paths.deletion(what))
        return
    _history_without(cloud, clock, wish)
    _tell(cloud, clock, wish, "dataset_deleted", kept=list(done.kept), versions=len(wish.versions))
    _finished(cloud.storage, clock, what)


def _history_without(cloud: Cloud, clock: Clock, wish: Wish) -> None:
    """Have the history written without a run that is gone."""
    if wish.run is not None:
        reopen(cloud, clock, RunLine.model_validate(wish.run).changed_at)


def delete_now(cloud: Cloud, clock: Clock, wish: Wish) -> Deleted:
    """Write a wish down and carry it out here and now, without a task or a message: for a command.

    Raises InUse, and forgets it then.
    """
    wish = note(cloud.storage, wish)
    try:
        done = carry_out(cloud, clock, wish)
    except InUse:
        cloud.storage.delete(paths.deletion(wish.what))
        raise
    if wish.run is not None:
        write_history(cloud, clock, f"{RunLine.model_validate(wish.run).changed_at:%Y-%m-%d}")
    _finished(cloud.storage, clock, wish.what)
    return done


def carry_out(cloud: Cloud, clock: Clock, wish: Wish) -> Deleted:
    """Take away all that belongs to it. Raises InUse, having taken nothing away."""
    if not wish.begun:
        wish = _begun(cloud, clock, wish)
    objects = _remove(cloud.storage, wish)
    event(log, "deleted", f"{wish.what} was deleted: {objects} objects.", {"object": wish.what, "count": objects})
    return Deleted(wish.what, objects, wish.kept)


def finish_deletions(cloud: Cloud, clock: Clock, mark: str) -> None:
    """Have wishes carried out whose task was lost, and those that are done looked after once more: for the sweep."""
    for entry in cloud.storage.list(paths.DELETIONS):
        try:
            wish = _read(cloud.storage, str((entry.line or {}).get("what", "")), entry.path)
        except BrokenState as error:
            log.error("a wish to delete needs a look by hand: %s %s", error.what, error.detail)
            continue
        if wish is not None and (wish.done_at is None or clock.now() - wish.done_at >= ONCE_MORE):
            cloud.tasks.enqueue("stage", "delete", {"what": wish.what}, key=f"sweep|{mark}|delete|{wish.what}")


def in_use(needs: Needs, title: str, todo: str) -> InUse:
    """Say what needs a dataset, and what to do."""
    kinds = (("experiment", needs.experiments), ("run", [run.id for run in needs.runs]))
    said = [f"{_number(len(names), kind)} ({_names(names)})" for kind, names in kinds if names]
    return InUse(f"“{title}” is needed by {listed(said)}.", todo, needs)


def _begun(cloud: Cloud, clock: Clock, wish: Wish) -> Wish:
    """See that nothing needs it, and note that from now on there is no way back."""
    storage = cloud.storage
    if wish.run is None:
        dataset_id = wish.what.removeprefix("dataset/")
        needs = needs_of(storage, dataset_id, *wish.versions)
        if needs.open:
            raise in_use(Needs(runs=needs.open), wish.title, "Stop what is not over, or wait for it.")
        if needs and not wish.with_runs:
            raise in_use(needs, wish.title, WITH_RUNS)
        for run in needs.runs:
            delete_now(cloud, clock, wish_for_run(cloud, clock, run.id, wish.who))
        for version in wish.versions:
            _delete_version(cloud, clock, version)
        forms = forms_of(storage, dataset_id.rpartition("/")[2])
        kept = [f"What its rows came from stays where it is ({wish.source}).", SLACK]
        if forms.others:
            kept.append(f"{_number(len(forms.others), 'form')} of it stay: other datasets were made from them.")
        if needs.experiments:
            kept.append(
                f"Its experiments stay ({_names(needs.experiments)}): they are numbered, and hold settings and no data."
            )
        wish = wish.model_copy(update={"forms": forms.own, "kept": tuple(kept)})
    wish = wish.model_copy(update={"begun": True})
    storage.replace(paths.deletion(wish.what), wish, line=_line(wish))
    return wish


def _delete_version(cloud: Cloud, clock: Clock, dataset_id: str) -> None:
    """Take another version away. Told to nobody: what is told of all of them stands in the wish for the newest."""
    begun = _read(cloud.storage, f"dataset/{dataset_id}")
    if begun is not None and begun.done_at is None:  # an earlier try died in the middle of it
        delete_now(cloud, clock, begun)
        return
    with suppress(NotFound):  # gone in an earlier try
        delete_now(cloud, clock, wish_for_dataset(cloud, clock, read_dataset(cloud.storage, dataset_id)))


def _remove(storage: Storage, wish: Wish) -> int:
    return sum(storage.delete(path) for path in _belongings(storage, wish))


def _belongings(storage: Storage, wish: Wish) -> Iterator[str]:
    if wish.run is not None:
        return of_run(storage, RunLine.model_validate(wish.run))
    _, country, ts = wish.what.split("/")
    return of_dataset(storage, country, ts, wish.title, wish.forms, wish.kept_as)


def _of(run: Run) -> tuple[str, ...]:
    """What stays of a run, and why."""
    return (
        f"Its experiment {run.revision} stays: it is numbered, and others may run it.",
        "The dataset that it was trained on stays: it is deleted by itself.",
        SLACK,
    )


def _finished(storage: Storage, clock: Clock, what: str) -> None:
    """Note that it is done. It goes when the sweep has looked once more."""
    document = storage.read(paths.deletion(what))
    if document is not None:
        done = Wish.model_validate(document.body).model_copy(update={"done_at": clock.now()})
        with suppress(Conflict):
            storage.swap(document.path, done, document.generation, line=_line(done))


def _line(wish: Wish) -> dict[str, str]:
    return {"what": wish.what}


def _read(storage: Storage, what: str, path: str = "") -> Wish | None:
    document = storage.read(path or paths.deletion(what))
    try:
        return Wish.model_validate(document.body) if document else None
    except ValidationError as error:
        raise BrokenState("A wish to delete cannot be read.", detail=f"{path}: {error}") from error


def _tell(cloud: Cloud, clock: Clock, wish: Wish, kind: str, **data: Any) -> None:
    """Tell of a dataset, where it was posted. Who deletes a run does so by a command, which answers."""
    if wish.run is None and wish.who:
        key = f"{wish.what.replace('/', '-')}-{wish.at:%Y%m%dT%H%M%S}-{kind}"
        about = {"title": wish.title, "who": wish.who, **data}
        tell(cloud, clock, key=key, kind=kind, channel=wish.channel, user=wish.who, data=about)


def _number(number: int, one: str) -> str:
    return f"{number} {one}{'' if number == 1 else 's'}"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"
