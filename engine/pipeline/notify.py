"""Notify: messages leave the outbox, in the order of their conversation; the run's card shows where the run stands."""

import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.data.records import title_of
from engine.errors import AlreadyExists, LockedOut, Postponed, Refused, Unavailable
from engine.experiment.records import read_experiment
from engine.observe.logs import event
from engine.pipeline.later import come_again
from engine.pipeline.outbox import Waiting, mark, waiting
from engine.pipeline.pictures import expect_pictures
from engine.ports import Messenger, Notice
from engine.runs.findings import with_verdict
from engine.runs.queue import ahead_of
from engine.runs.records import read_card, read_progress, read_run
from engine.runs.run import Run
from engine.runs.stop import who_stops

log = logging.getLogger(__name__)

REDRAWS = 5
# Of the two minutes that Cloud Tasks gives one delivery.
AT_WORK = timedelta(seconds=60)
# Of one's own message that is younger than this, nobody asks whether it was sent before.
FRESH = timedelta(minutes=1)
# So long a message that nobody can send for reasons of its own may hold up those after it.
HELD_UP = timedelta(days=1)


def notify(cloud: Cloud, clock: Clock, messenger: Messenger, key: str, *, swept: bool = False) -> None:
    """Deliver a message of the outbox, and before it those that wait longer for the same conversation.

    Raises Unavailable, so that the task comes again; whoever was asked to wait comes again by itself. What was `swept`
    up is left to the next sweep instead: in a long outage, each would leave a task that comes again for a day.
    """
    document = cloud.storage.require(paths.notice(key), f"There is no message {key}.")
    notice = Notice.model_validate(document.body)
    try:
        _deliver_in_order(cloud, clock, messenger, notice)
    except Postponed as error:
        log.info("message %s comes again in %.0f s: %s", key, error.seconds, error.detail)
        again: dict[str, str | int] = {"key": key, "swept": 1} if swept else {"key": key}
        come_again(cloud, clock, "notify", "notify", again, error.seconds)
    except Unavailable as error:
        if isinstance(error, LockedOut):
            said = {"key": key, "conversation": notice.conversation}
            what = f"Slack refuses the app: {error.what} {error.todo} ({error.detail}) Messages wait."
            event(log, "app_refused", what, said, level=logging.ERROR)
        if not swept:
            raise
        log.warning("message %s goes on waiting: %s (%s)", key, error.what, error.detail)


def _deliver_in_order(cloud: Cloud, clock: Clock, messenger: Messenger, own: Notice) -> None:
    """Deliver what waits for `own`'s conversation, the oldest first; what fails holds up what comes after it."""
    began, before = clock.now(), waiting(cloud.storage, own.conversation)
    if own.key not in {one.key for one in before}:
        if cloud.storage.exists(paths.notice_sent(own.key)):
            return
        # It was written down by an older release, which may have posted it, or by whoever died before they marked it.
        _look_first(cloud, clock, own)
        mark(cloud.storage, own)
        before = waiting(cloud.storage, own.conversation)
    failed: Exception | None = None
    for one in before:
        if clock.now() - began > AT_WORK:
            raise Postponed("There is more to be sent.", seconds=1.0, detail="the rest")
        try:
            if (one.key != own.key or clock.now() - one.at > FRESH) and _sent(cloud, one):
                continue
            notice = own if one.key == own.key else _read(cloud, one)
            _deliver(cloud, clock, messenger, notice, one)
        except Postponed:
            raise
        except Unavailable as error:
            if _holds_up(error, clock, one):
                raise
            failed = _passed_over(one, own, error, failed)
        except Exception as error:
            # It cannot be drawn: that is no reason to keep others waiting.
            failed = _passed_over(one, own, error, failed)
    if failed is not None:
        raise failed


def _look_first(cloud: Cloud, clock: Clock, own: Notice) -> None:
    """Note that nobody knows whether a message was posted already."""
    unknown = {"state": "doubt", "first": own.created_at.isoformat(), "at": clock.now().isoformat()}
    with suppress(AlreadyExists):
        cloud.storage.create(paths.notice_try(own.key), unknown)


def _passed_over(one: Waiting, own: Notice, error: Exception, failed: Exception | None) -> Exception | None:
    """What this task fails with: its own message's error. Another's is its own task's, or the sweep's."""
    if one.key == own.key:
        return error
    log.warning("message %s goes on waiting: %s", one.key, error)
    return failed


def _holds_up(error: Unavailable, clock: Clock, one: Waiting) -> bool:
    """Whether those after it must wait, too: the refusal is not about this one, or it is young."""
    return (isinstance(error, LockedOut) and error.sure) or clock.now() - one.at < HELD_UP


def _sent(cloud: Cloud, one: Waiting) -> bool:
    """Whether a message was sent and its mark stayed: its worker died, or was of a release that knows of no marks."""
    sent = cloud.storage.exists(paths.notice_sent(one.key))
    if sent:
        cloud.storage.delete(one.path, one.generation)
    return sent


def _read(cloud: Cloud, one: Waiting) -> Notice:
    document = cloud.storage.require(paths.notice(one.key), f"There is no message {one.key}.")
    return Notice.model_validate(document.body)


def _deliver(cloud: Cloud, clock: Clock, messenger: Messenger, notice: Notice, one: Waiting) -> None:
    if notice.run:
        thread = read_card(cloud.storage, notice.run)
        if thread is None:
            draw_card(cloud, clock, messenger, notice.run)  # a thread needs its first message
        notice = notice.model_copy(update={"thread": thread})
    try:
        place = messenger.deliver(notice)
    except Refused as error:
        place = _deliver_in_person(messenger, notice, error)
    if place.get("pictures"):
        expect_pictures(cloud, notice.key)
    if place.get("unthreaded") and notice.run:
        _show_card_again(cloud, clock, messenger, notice.run)
    with suppress(AlreadyExists):
        cloud.storage.create(paths.notice_sent(notice.key), {**place, "at": clock.now().isoformat()})
    cloud.storage.delete(one.path, one.generation)


def _deliver_in_person(messenger: Messenger, notice: Notice, error: Refused) -> dict[str, Any]:
    """The channel took no message (archived, bot removed): tell the person who asked, else give up loudly."""
    if notice.user and notice.channel:
        try:
            direct = notice.model_copy(update={"channel": "", "run": "", "thread": None, "key": f"{notice.key}-dm"})
            return {**messenger.deliver(direct), "instead_of": notice.channel}
        except Refused as again:
            error = again
    said = {"key": notice.key, "kind": notice.kind}
    what = f"Message {notice.key} reaches nobody: {error.what} ({error.detail})"
    event(log, "message_undeliverable", what, said, level=logging.ERROR)
    return {"undeliverable": error.what}


def _show_card_again(cloud: Cloud, clock: Clock, messenger: Messenger, run_id: str) -> None:
    """Somebody deleted the card, and its thread went with it: what follows gets a new one."""
    try:
        draw_card(cloud, clock, messenger, run_id)
    except Unavailable as error:
        _remember_undrawn(cloud, run_id, error)


def card(cloud: Cloud, clock: Clock, messenger: Messenger, run_id: str, marked: int = 0) -> None:
    """Draw a run's card as the run stands now: posted the first time, edited in place afterwards.

    marked: the generation of the mark that it was not drawn before, where the sweep found one; it goes. Raises
    Unavailable, but where the sweep comes again anyway.
    """
    try:
        draw_card(cloud, clock, messenger, run_id)
    except Postponed as error:
        payload: dict[str, str | int] = {"run": run_id, "marked": marked}
        come_again(cloud, clock, "notify", "card", payload, error.seconds)
        return
    except Unavailable as error:
        if not marked:
            _remember_undrawn(cloud, run_id, error)
            raise
        log.warning("the card of run %s goes on waiting: %s (%s)", run_id, error.what, error.detail)
        return
    if marked:
        cloud.storage.delete(paths.card_open(run_id), marked)


def _remember_undrawn(cloud: Cloud, run_id: str, error: Unavailable) -> None:
    """Have the sweep draw a card once that is possible: tasks do not come again for ever."""
    log.warning("the card of run %s is drawn later: %s (%s)", run_id, error.what, error.detail)
    with suppress(AlreadyExists):
        cloud.storage.create(paths.card_open(run_id), {"run": run_id})


def draw_card(cloud: Cloud, clock: Clock, messenger: Messenger, run_id: str) -> None:
    """Draw a run's card, again until it shows the newest state. Raises Unavailable, also Postponed."""
    for _ in range(REDRAWS):
        drawn = _draw(cloud, clock, messenger, read_run(cloud.storage, run_id))
        # Cards are drawn side by side: whoever draws last must have seen the newest state.
        if read_run(cloud.storage, run_id).seq == drawn.seq:
            return


def _draw(cloud: Cloud, clock: Clock, messenger: Messenger, run: Run) -> Run:
    data: dict[str, Any] = {
        "run": with_verdict(cloud.storage, run).model_dump(mode="json"),
        "experiment": read_experiment(cloud.storage, run.revision).model_dump(mode="json"),
        "dataset": {"id": run.dataset_id, "title": title_of(cloud.storage, run.dataset_id)},
        "progress": None if run.over else read_progress(cloud.storage, run),
        "queue_ahead": ahead_of(cloud.storage, run),
        "stopping": not run.over and cloud.storage.exists(paths.run_cancel(run.id)),
        "stopped_by": "" if run.over else who_stops(cloud.storage, run.id),
        "now": clock.now().isoformat(),
    }
    notice = Notice(
        key=f"{run.id}-card",
        kind="run_card",
        workspace=run.workspace,
        channel=run.channel,
        user=run.who,
        run=run.id,
        data=data,
        created_at=run.created_at,
    )
    try:
        messenger.deliver(notice)
    except Refused as error:
        log.warning("the card of run %s cannot be shown: %s (%s)", run.id, error.what, error.detail)
    return run
