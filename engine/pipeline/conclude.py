"""The end of a run, however it ended: every step may have happened before, and is safe to repeat."""

import logging
from collections.abc import Sequence
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.data.records import title_of
from engine.errors import MmmError, NotFound
from engine.experiment.records import read_experiment
from engine.observe.logs import event
from engine.observe.telemetry import count
from engine.pipeline.history import write_row
from engine.pipeline.outbox import refresh_card, tell
from engine.results.found import MORE, POST, Drawn, Found
from engine.runs.findings import found_of
from engine.runs.queue import release
from engine.runs.records import change_run, notice_of
from engine.runs.run import Run, State, move

log = logging.getLogger(__name__)

# The message that shows what a faster trainer found while the run's own still works.
PREVIEW = "run_preview"


def fail(cloud: Cloud, clock: Clock, run_id: str, error: MmmError, *, reference: str = "") -> None:
    """End a run as failed, with the error's words for the person."""
    end(cloud, clock, run_id, State.FAILED, reason=error.what, todo=error.todo, reference=reference)


def end(cloud: Cloud, clock: Clock, run_id: str, state: State, **changes: object) -> Run:
    """Move a run to its last state, if it has none yet, and announce whichever last state it has."""

    def last(run: Run) -> Run:
        return run if run.over else move(run, state, clock.now(), **changes)

    run = change_run(cloud.storage, run_id, last)
    conclude(cloud, clock, run)
    return run


def settle(cloud: Cloud, clock: Clock, run: Run) -> None:
    """Complete the end of a run that is over, if an earlier step broke off within it."""
    if run.over and cloud.storage.exists(paths.active(run.id)):
        conclude(cloud, clock, run)


def conclude(cloud: Cloud, clock: Clock, run: Run, found: Found | None = None) -> None:
    """Do everything that follows the end: history, messages, the slot, the marker. found: where it is in hand."""
    if write_row(cloud, clock, run):
        _count(run)
    if run.state is State.SUCCEEDED:
        _tell_results(cloud, clock, run, found or found_of(cloud.storage, run))
    else:
        kind = "run_failed" if run.state is State.FAILED else "run_cancelled"
        data = {**_run(run), "preview": True} if _has_preview(cloud, run) else _run(run)
        tell(
            cloud,
            clock,
            key=notice_of(run, kind),
            kind=kind,
            channel=run.channel,
            user=run.who,
            run=run.id,
            data=data,
        )
        _tell_owner(cloud, clock, run)
    refresh_card(cloud, run.id, f"end-{run.seq}")
    release(cloud.storage, run)
    cloud.storage.delete(paths.active(run.id))


def _tell_owner(cloud: Cloud, clock: Clock, run: Run) -> None:
    """Whoever started a run hears that it was stopped, unless they did it: its channel may be none they read."""
    if run.state is not State.CANCELLED or run.stopped_by == run.who:
        return
    data = {**_run(run), "dataset": {"title": title_of(cloud.storage, run.dataset_id)}}
    tell(cloud, clock, key=notice_of(run, "run_stopped"), kind="run_stopped", user=run.who, data=data)


def _tell_results(cloud: Cloud, clock: Clock, run: Run, seen: Found | None) -> None:
    """The verdict with the main chart, a second opinion where there is one, then the other charts, in the thread."""
    if seen is None:
        raise NotFound(f"Run {run.id} has no findings.")
    experiment = read_experiment(cloud.storage, run.revision).model_dump(mode="json")
    place = {"channel": run.channel, "user": run.who, "run": run.id}
    found = {**_run(run), "experiment": experiment, **first_look(seen)}
    tell(cloud, clock, key=notice_of(run, "run_finished"), kind="run_finished", data=found, **place)
    if seen.second_opinion is not None:
        told = {**_run(run), "second_opinion": seen.second_opinion.model_dump(mode="json")}
        tell(cloud, clock, key=notice_of(run, "run_second_opinion"), kind="run_second_opinion", data=told, **place)
    rest = {**_run(run), "charts": in_json(seen.placed(POST)[1:])}
    tell(cloud, clock, key=notice_of(run, "run_charts"), kind="run_charts", data=rest, **place)


def first_look(seen: Found) -> dict[str, Any]:
    """What the message with the verdict is drawn from: all that was found, and of the charts the first."""
    told = seen.model_dump(mode="json", exclude={"charts", "second_opinion"})
    return {**told, "charts": in_json(seen.placed(POST)[:1]), "more_charts": len(seen.placed(MORE))}


def in_json(charts: Sequence[Drawn]) -> list[dict[str, Any]]:
    """Charts as a message's data hold them."""
    return [chart.model_dump(mode="json") for chart in charts]


def _has_preview(cloud: Cloud, run: Run) -> bool:
    """Whether the thread has the run's preview, or gets it for certain."""
    return run.trainer == "both" and cloud.storage.exists(paths.notice(notice_of(run, PREVIEW)))


def _run(run: Run) -> dict[str, Any]:
    return {"run": run.model_dump(mode="json")}


def _count(run: Run) -> None:
    """A run counts once, with the row of its history."""
    count("mmm.runs", state=str(run.state), trainer=run.trainer)
    if run.state is State.FAILED:
        said = {"run": run.id, "attempt": run.attempt, "state": str(run.state), "reference": run.reference}
        event(log, "run_failed", f"Run {run.id} failed: {run.reason}", said, level=logging.WARNING)
