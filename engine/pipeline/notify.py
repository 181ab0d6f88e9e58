"""Notify: messages leave the outbox, in the order of their conversation, each once."""

import logging
from datetime import datetime, timedelta
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.once import Held, Once
from engine.errors import LockedOut, NotFound, Postponed, Refused, Unavailable
from engine.observe.logs import event
from engine.pipeline.cards import CARD, draw_last, of_thread, show_again
from engine.pipeline.later import come_again
from engine.pipeline.outbox import Waiting, waiting, what_waits
from engine.pipeline.pictures import expect_pictures
from engine.pipeline.rounds import look_at_round, place_of_round
from engine.pipeline.run_told import Told
from engine.pipeline.unsent import take_up
from engine.ports import Bundle, Messenger, Notice, Place

log = logging.getLogger(__name__)

# Of the two minutes that Cloud Tasks gives one delivery.
AT_WORK = timedelta(seconds=60)
# So long a message that nobody can send for reasons of its own may hold up those after it.
HELD_UP = timedelta(days=1)
# A mark of an earlier release may have been made before its message: so long, its maker may be at it.
ORPHANED = timedelta(hours=1)


def notify(
    cloud: Cloud, clock: Clock, messenger: Messenger, key: str, conversation: str = "", *, swept: bool = False
) -> None:
    """Deliver what waits for a conversation, up to the message `key` and beyond, the oldest first.

    Without a conversation, which tasks of an earlier release do not name, it is the message's. Raises Unavailable where
    `key` itself could not be sent, so that the task comes again; whoever was asked to wait comes again by itself. What
    was `swept` up is left to the next sweep instead: in a long outage, each would leave a task that comes again for a
    day.
    """
    conversation = conversation or take_up(cloud.storage, key)
    if not conversation:
        return
    try:
        _deliver_in_order(cloud, clock, messenger, key, conversation)
    except Postponed as error:
        log.info("message %s comes again in %.0f s: %s", key, error.seconds, error.detail)
        again: dict[str, str | int] = {"key": key, "conversation": conversation}
        come_again(cloud, clock, "notify", "notify", again | {"swept": 1} if swept else again, error.seconds)
    except Unavailable as error:
        if isinstance(error, LockedOut):
            said = {"key": key, "conversation": conversation}
            what = f"Slack refuses the app: {error.what} {error.todo} ({error.detail}) Messages wait."
            event(log, "app_refused", what, said, level=logging.ERROR)
        if not swept:
            raise
        log.warning("message %s goes on waiting: %s (%s)", key, error.what, error.detail)


def _deliver_in_order(cloud: Cloud, clock: Clock, messenger: Messenger, key: str, conversation: str) -> None:
    """Deliver what waits for a conversation, the oldest first; what fails holds up what comes after it."""
    began = clock.now()
    failed: Exception | None = None
    for one in waiting(cloud.storage, conversation):
        _within(clock, began)
        try:
            _deliver(cloud, clock, messenger, one, began)
        except Postponed:
            raise
        except Unavailable as error:
            if _holds_up(error, clock, one):
                raise
            failed = _passed_over(one, key, error, failed)
        except Exception as error:
            # It cannot be drawn: that is no reason to keep others waiting.
            failed = _passed_over(one, key, error, failed)
    if failed is not None:
        raise failed


def _within(clock: Clock, began: datetime) -> None:
    """Raises Postponed where this task has been at work for long enough."""
    if clock.now() - began > AT_WORK:
        raise Postponed("There is more to be sent.", seconds=1.0, detail="the rest")


def _passed_over(one: Waiting, key: str, error: Exception, failed: Exception | None) -> Exception | None:
    """What this task fails with: its own message's error. Another's is its own task's, or the sweep's."""
    if one.key == key:
        return error
    log.warning("message %s goes on waiting: %s", one.key, error)
    return failed


def _holds_up(error: Unavailable, clock: Clock, one: Waiting) -> bool:
    """Whether those after it must wait, too: the refusal is not about this one, or it is young."""
    return (isinstance(error, LockedOut) and error.sure) or clock.now() - one.at < HELD_UP


def _deliver(cloud: Cloud, clock: Clock, messenger: Messenger, one: Waiting, began: datetime) -> None:
    """Send what waits, unless that was done, and take it out of the outbox."""
    try:
        bundle = what_waits(cloud.storage, one)
    except NotFound:
        if one.line is None and clock.now() - one.at > ORPHANED:
            cloud.storage.delete(one.path, one.generation)
        return  # somebody else has just sent it, or its maker is at it
    with Once(cloud.storage, clock).hold(paths.notice(bundle.key)) as held:
        if not held.done:
            _send(cloud, clock, messenger, bundle, held, began)
            held.settle()
    for notice in bundle.each():
        place = held.told.get(notice.key, {})
        if place.get("pictures"):
            expect_pictures(cloud, notice, place, held.uploads(notice.key).files)
        if place.get("unthreaded") and notice.run:
            show_again(cloud, clock, messenger, notice.run)
        elif place.get("unthreaded") and notice.under:
            look_at_round(cloud, clock, notice.under)
    cloud.storage.delete(one.path, one.generation)


def _send(cloud: Cloud, clock: Clock, messenger: Messenger, bundle: Bundle, held: Held, began: datetime) -> None:
    """Send the messages of a bundle that were not sent before, and remember where each went."""
    told, thread = Told(cloud.storage, held.parts), None
    for notice in bundle.each():
        if notice.key in held.told:
            continue
        _within(clock, began)
        if notice.run and thread is None:
            thread = of_thread(cloud, clock, messenger, notice)
        if notice.under and thread is None:
            thread = place_of_round(cloud, clock, messenger, notice.under)
        if notice.kind == CARD:
            thread = draw_last(cloud, clock, messenger, notice, thread)
            continue
        whole = told.complete(notice)
        if whole is not None:
            held.told[notice.key] = _post(messenger, whole.model_copy(update={"thread": thread}), held)


def _post(messenger: Messenger, notice: Notice, held: Held) -> Place:
    try:
        return messenger.deliver(notice, held)
    except Refused as error:
        return _deliver_in_person(messenger, notice, held, error)


def _deliver_in_person(messenger: Messenger, notice: Notice, held: Held, error: Refused) -> dict[str, Any]:
    """The channel took no message (archived, bot removed): tell the person who asked, else give up loudly."""
    if notice.user and notice.channel:
        try:
            nowhere = {"channel": "", "run": "", "below": "", "under": "", "thread": None}
            direct = notice.model_copy(update={**nowhere, "key": f"{notice.key}-dm"})
            return {**messenger.deliver(direct, held), "instead_of": notice.channel}
        except Refused as again:
            error = again
    said = {"key": notice.key, "kind": notice.kind}
    what = f"Message {notice.key} reaches nobody: {error.what} ({error.detail})"
    event(log, "message_undeliverable", what, said, level=logging.ERROR)
    return {"undeliverable": error.what}
