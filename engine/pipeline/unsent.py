"""Unsent: what the sweep does for messages, by what is open alone; and messages of an earlier release, once."""

import logging
from contextlib import suppress
from datetime import timedelta

from pydantic import ValidationError

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.earlier_posts import in_todays_words
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, BrokenState, Conflict, NotFound
from engine.pipeline.outbox import have_sent, put, waiting
from engine.pipeline.pictures import WAITS
from engine.ports import Bundle, Notice

log = logging.getLogger(__name__)


def look_after_messages(cloud: Cloud, clock: Clock, mark: str) -> None:
    """Have messages sent that were not, cards drawn that could not be, pictures brought whose looks were lost.

    Three listings, whatever was ever sent.
    """
    _send_what_waits(cloud, mark)
    for entry in cloud.storage.list(paths.OPEN_CARDS):
        run_id = entry.path.removeprefix(paths.OPEN_CARDS)
        payload: dict[str, str | int] = {"run": run_id, "marked": entry.generation}
        cloud.tasks.enqueue("notify", "card", payload, key=f"sweep|{mark}|{run_id}|card")
    for entry in cloud.storage.list(paths.OPEN_PICTURES):
        key = entry.path.removeprefix(paths.OPEN_PICTURES)
        if clock.now() - entry.updated > timedelta(seconds=2 * sum(WAITS)):
            last: dict[str, str | int] = {"key": key, "n": len(WAITS) - 1, "swept": 1}
            cloud.tasks.enqueue("notify", "pictures", last, key=f"sweep|{mark}|{key}|pictures")


def _send_what_waits(cloud: Cloud, mark: str) -> None:
    """A task sends all that waits for its conversation, in order."""
    known: dict[str, list[str]] = {}
    for one in waiting(cloud.storage):
        known.setdefault(one.conversation, []).append(one.key)
    for conversation, keys in known.items():
        # The last one, too: the first may be one that cannot even be read.
        for key in sorted({keys[0], keys[-1]}):
            have_sent(cloud, key, conversation, name=f"sweep|{mark}|{conversation}|{key}", swept=True)


def take_up(storage: Storage, key: str) -> str:
    """Take up a message that an earlier release wrote down; returns its conversation, empty where it was sent.

    One that lies there without a mark was written by a release that knew of none, which may have posted it, or by
    whoever died before they marked it: it is looked for first. Raises NotFound.
    """
    record = storage.require(paths.notice(key), f"There is no message {key}.")
    if "state" not in record.body:
        notice = Notice.model_validate(record.body)
        conversation = notice.conversation
        if storage.exists(paths.notice_sent(key)) or any(one.key == key for one in waiting(storage, conversation)):
            return conversation
        told = in_todays_words(storage, record).body
        body = told if told["state"] == "trying" else {**told, "state": "doubt"}
        record = storage.swap(record.path, body, record.generation, line={"state": body["state"]})
    if "notice" not in record.body:
        return ""
    notice = Notice.model_validate(record.body["notice"])
    put(storage, Bundle(key=key, notices=(notice,)))
    return notice.conversation


def upgrade_messages(cloud: Cloud, limit: int) -> int:
    """Take up messages of an earlier release that were neither sent nor marked; returns how many, up to `limit`.

    For the one time that a store is upgraded: it lists all that was ever sent. What has a mark needs no upgrade: it is
    understood where it stands. Safe to repeat.
    """
    _keep_places_of_cards(cloud)
    marked = {one.key for one in waiting(cloud.storage)}
    entries = {entry.path: entry for entry in cloud.storage.list(paths.OUTBOX)}
    taken = 0
    for path, entry in entries.items():
        key = path.removeprefix(paths.OUTBOX).removesuffix(".json")
        if key.endswith(".sent") or key in marked or entry.line is not None or paths.notice_sent(key) in entries:
            continue
        if taken == limit:
            break
        try:
            conversation = take_up(cloud.storage, key)
        except (BrokenState, Conflict, NotFound, ValidationError) as error:
            log.error("message %s needs a look by hand: %s", key, error)
            continue
        if conversation:
            have_sent(cloud, key, conversation, name=f"notify|{cloud.settings.workspace}|{key}|upgraded", swept=True)
            taken += 1
    return taken


def _keep_places_of_cards(cloud: Cloud) -> None:
    """Of a card that was posted by whoever died before they could keep where: an earlier release noted it elsewhere."""
    for entry in cloud.storage.list(paths.ACTIVE):
        run_id = entry.path.removeprefix(paths.ACTIVE)
        noted = cloud.storage.read(paths.notice_try(f"{run_id}-card"))
        if noted is not None and noted.body.get("state") == "done":
            with suppress(AlreadyExists):
                cloud.storage.create(paths.run_card(run_id), noted.body["place"])
