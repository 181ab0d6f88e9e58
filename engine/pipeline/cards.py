"""Cards: each run has one in its channel, posted once, drawn anew in place; it shows where the run stands."""

import logging
from contextlib import suppress
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.once import Once
from engine.cloud.storage import Storage
from engine.data.records import title_of
from engine.errors import AlreadyExists, LockedOut, Postponed, Refused, Unavailable
from engine.experiment.records import read_experiment
from engine.pipeline.later import come_again
from engine.ports import Messenger, Notice, Place
from engine.runs.findings import with_verdict
from engine.runs.queue import ahead_of
from engine.runs.records import place_of, read_card, read_progress, read_run
from engine.runs.run import Run, State, told
from engine.runs.stop import SOMEBODY

log = logging.getLogger(__name__)

CARD = "run_card"
REDRAWS = 5
# What of an experiment a card shows, or offers to make larger.
SETTINGS = ("iterations", "trials", "revision", "recipe")


def card(
    cloud: Cloud, clock: Clock, messenger: Messenger, run_id: str, marked: int = 0, *, first: bool = False
) -> None:
    """Draw a run's card as the run stands now: posted the first time, edited in place afterwards.

    marked: the generation of the mark that it was not drawn before, where the sweep found one; it goes. first: nobody
    can have drawn it before, as far as whoever asks knows. Raises Unavailable, but where the sweep comes again anyway.
    """
    try:
        draw_card(cloud, clock, messenger, run_id, first=first)
    except Postponed as error:
        payload: dict[str, str | int] = {"run": run_id, "marked": marked}
        come_again(cloud, clock, "notify", "card", payload, error.seconds)
        return
    except Unavailable as error:
        if not marked:
            remember_undrawn(cloud, run_id, error)
            raise
        log.warning("the card of run %s goes on waiting: %s (%s)", run_id, error.what, error.detail)
        return
    if marked:
        cloud.storage.delete(paths.card_open(run_id), marked)


def remember_undrawn(cloud: Cloud, run_id: str, error: Unavailable) -> None:
    """Have the sweep draw a card once that is possible: tasks do not come again for ever."""
    log.warning("the card of run %s is drawn later: %s (%s)", run_id, error.what, error.detail)
    with suppress(AlreadyExists):
        cloud.storage.create(paths.card_open(run_id), {"run": run_id})


def draw_card(cloud: Cloud, clock: Clock, messenger: Messenger, run_id: str, *, first: bool = False) -> Place | None:
    """Draw a run's card, again until it shows the newest state; returns where it stands, None where none can.

    Raises Unavailable, also Postponed.
    """
    run = read_run(cloud.storage, run_id)
    place = None if first else read_card(cloud.storage, run_id)
    for _ in range(REDRAWS):
        place, fresh = show(cloud.storage, clock, messenger, _notice(cloud, clock, run), place)
        if fresh or run.over or place is None:
            # Nobody else draws a card while it is posted, and a run that is over does not change.
            return place
        drawn, run = run.seq, read_run(cloud.storage, run_id)
        # Cards are drawn side by side: whoever draws last must have seen the newest state.
        if run.seq == drawn:
            return place
    return place


def of_thread(cloud: Cloud, clock: Clock, messenger: Messenger, notice: Notice) -> Place | None:
    """Where the card stands in whose thread a message belongs: it is posted first if there is none."""
    place = read_card(cloud.storage, notice.run)
    if place is None and notice.kind != CARD:
        place = draw_card(cloud, clock, messenger, notice.run)
    return place


def draw_last(cloud: Cloud, clock: Clock, messenger: Messenger, notice: Notice, place: Place | None) -> Place | None:
    """Draw the card of a run that is over, as `notice` has it; returns where it stands.

    Where Slack does not take that, it is drawn later: nothing else that is said waits for it. Raises Postponed,
    LockedOut.
    """
    notice = notice.model_copy(update={"data": {**notice.data, "now": clock.now().isoformat()}})
    try:
        return show(cloud.storage, clock, messenger, notice, place)[0]
    except Unavailable as error:
        if place is None or isinstance(error, Postponed) or (isinstance(error, LockedOut) and error.sure):
            raise
        remember_undrawn(cloud, notice.run, error)
        return place


def show_again(cloud: Cloud, clock: Clock, messenger: Messenger, run_id: str) -> None:
    """Somebody deleted the card, and its thread went with it: what follows gets a new one."""
    try:
        draw_card(cloud, clock, messenger, run_id)
    except Unavailable as error:
        remember_undrawn(cloud, run_id, error)


def show(
    storage: Storage, clock: Clock, messenger: Messenger, notice: Notice, place: Place | None, record: str = ""
) -> tuple[Place | None, bool]:
    """Draw a card at its place, or post it; returns where it stands, and whether we have just posted it.

    record: the name of what is kept of its posting; a run's card has its own.
    """
    try:
        if place is not None and messenger.redraw(notice, place):
            return place, False
        return _post(storage, clock, messenger, notice, place, record or paths.run_card(notice.run))
    except Refused as error:
        log.warning("card %s cannot be shown: %s (%s)", notice.key, error.what, error.detail)
        return place, False


def _post(
    storage: Storage, clock: Clock, messenger: Messenger, notice: Notice, gone: Place | None, record: str
) -> tuple[Place | None, bool]:
    """Post a card, once, where there is none, or the one at `gone` was deleted."""

    def is_gone(body: dict[str, Any]) -> bool:
        return gone is not None and body.get("ts") == gone["ts"]

    with Once(storage, clock).hold(record, anew=is_gone) as held:
        if not held.done:
            before = held.body.get("gone")
            key = f"{notice.key}-after-{before['ts']}" if before else notice.key
            posted = messenger.deliver(notice.model_copy(update={"key": key}), held)
            held.settle(channel=posted["channel"], ts=posted["ts"])
            fresh = held.posted(key)
        else:
            fresh = False
    place = place_of(held.body)
    if place is not None and not fresh:
        messenger.redraw(notice, place)
    return place, fresh


def about(cloud: Cloud, run: Run) -> dict[str, Any]:
    """What messages about a run are drawn from: the run, its data's title, and how much it tried."""
    settings = run.experiment or read_experiment(cloud.storage, run.revision).model_dump(mode="json")
    return {
        "run": told(run),
        "experiment": {name: settings[name] for name in SETTINGS if name in settings},
        "dataset": {"id": run.dataset_id, "title": run.title or title_of(cloud.storage, run.dataset_id)},
    }


def _notice(cloud: Cloud, clock: Clock, run: Run) -> Notice:
    """A run's card as the run stands."""
    run, storage = with_verdict(cloud.storage, run), cloud.storage
    stops = "" if run.over else run.stopping_by
    data = {
        **about(cloud, run),
        "progress": read_progress(storage, run) if run.state is State.RUNNING else None,
        "queue_ahead": ahead_of(storage, run) if run.state is State.STAGED else 0,
        "stopping": bool(stops),
        "stopped_by": stops.removeprefix(SOMEBODY),
        "now": clock.now().isoformat(),
    }
    return _named(run, data, clock)


def _named(run: Run, data: dict[str, Any], clock: Clock) -> Notice:
    return Notice(
        key=f"{run.id}-card",
        kind=CARD,
        workspace=run.workspace,
        channel=run.channel,
        user=run.who,
        run=run.id,
        data=data,
        created_at=clock.now(),
    )
