"""Notify: messages leave the outbox; the run's card shows where the run stands."""

import logging
from contextlib import suppress
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.data.records import title_of
from engine.errors import AlreadyExists, Refused
from engine.experiment.records import read_experiment
from engine.ports import Messenger, Notice
from engine.runs.findings import with_verdict
from engine.runs.queue import ahead_of
from engine.runs.records import read_card, read_progress, read_run
from engine.runs.run import Run
from engine.runs.stop import who_stops

log = logging.getLogger(__name__)

REDRAWS = 5


def notify(cloud: Cloud, clock: Clock, messenger: Messenger, key: str) -> None:
    """Deliver one message of the outbox. Raises Unavailable, so that the task comes again."""
    document = cloud.storage.require(paths.notice(key), f"There is no message {key}.")
    if cloud.storage.exists(paths.notice_sent(key)):
        return
    notice = Notice.model_validate(document.body)
    if notice.run and read_card(cloud.storage, notice.run) is None:
        card(cloud, clock, messenger, notice.run)  # a thread needs its first message
    try:
        place = messenger.deliver(notice)
    except Refused as error:
        place = _deliver_in_person(messenger, notice, error)
    with suppress(AlreadyExists):
        cloud.storage.create(paths.notice_sent(key), {**place, "at": clock.now().isoformat()})


def _deliver_in_person(messenger: Messenger, notice: Notice, error: Refused) -> dict[str, Any]:
    """The channel took no message (archived, bot removed): tell the person who asked, else give up loudly."""
    if notice.user and notice.channel:
        try:
            direct = notice.model_copy(update={"channel": "", "run": "", "key": f"{notice.key}-dm"})
            return {**messenger.deliver(direct), "instead_of": notice.channel}
        except Refused as again:
            error = again
    log.error("message %s reaches nobody: %s (%s)", notice.key, error.what, error.detail)
    return {"undeliverable": error.what}


def card(cloud: Cloud, clock: Clock, messenger: Messenger, run_id: str) -> None:
    """Draw a run's card as the run stands now: posted the first time, edited in place afterwards."""
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
