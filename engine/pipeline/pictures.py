"""Pictures: a message whose words are there gets the pictures that were not ready, or a word why they are missing.

What waits holds all that is needed: the message, where it stands, and what was uploaded of it.
"""

import logging
from contextlib import suppress
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.earlier_posts import pictures_in_todays_words
from engine.cloud.packed import Parts
from engine.cloud.storage import Document
from engine.errors import AlreadyExists, Conflict, Postponed, Unavailable
from engine.pipeline.later import come_again
from engine.pipeline.run_told import Told
from engine.ports import Messenger, Notice, Place, Uploads

log = logging.getLogger(__name__)

# How long to wait before each look: a scan takes seconds, an outage minutes. After the last one they are given up.
WAITS = (10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 600.0)


def expect_pictures(cloud: Cloud, notice: Notice, place: Place, files: dict[str, Any]) -> None:
    """Have a message's pictures looked after: its words are there, they follow. `files` were uploaded already."""
    path = paths.pictures_open(notice.key)
    body = {"notice": notice.model_dump(mode="json"), "place": place, "files": files}
    try:
        cloud.storage.create(path, body)
    except AlreadyExists:
        there = cloud.storage.read(path)
        if there is not None and "notice" not in there.body:  # an earlier release's
            with suppress(Conflict):
                cloud.storage.swap(path, body, there.generation)
    _look_later(cloud, notice.key, 0)


def pictures(cloud: Cloud, clock: Clock, messenger: Messenger, key: str, n: int, *, swept: bool = False) -> None:
    """Look for a message's pictures, the `n`-th time. Safe to call any number of times.

    Raises Unavailable; what was `swept` up is left to the next sweep instead.
    """
    document = cloud.storage.read(paths.pictures_open(key))
    if document is None:
        return  # they are there, or given up
    document, last = pictures_in_todays_words(cloud.storage, document), n >= len(WAITS) - 1
    try:
        done = _illustrate(cloud, messenger, document, last=last)
    except Postponed as error:
        again: dict[str, str | int] = {"key": key, "n": n, "swept": 1} if swept else {"key": key, "n": n}
        come_again(cloud, clock, "notify", "pictures", again, error.seconds)
        return
    except Unavailable as error:
        if not swept:
            raise
        log.warning("the pictures of %s go on waiting: %s (%s)", key, error.what, error.detail)
        return
    if done or last:
        cloud.storage.delete(document.path)
    else:
        _look_later(cloud, key, n + 1)


def _illustrate(cloud: Cloud, messenger: Messenger, document: Document, *, last: bool) -> bool:
    """Bring the pictures into their message as far as that goes; what was uploaded until then is kept."""
    body, place = document.body, document.body["place"]
    files, parts = {name: dict(one) for name, one in body.get("files", {}).items()}, Parts(cloud.storage)
    try:
        notice = Told(cloud.storage, parts).complete(Notice.model_validate(body["notice"]))
        if notice is None or not place.get("ts"):
            return True
        return messenger.illustrate(notice, place, Uploads(files, parts.get), last=last)
    finally:
        if files != body.get("files", {}) and not last:
            with suppress(Conflict, Unavailable):
                cloud.storage.swap(document.path, {**body, "files": files}, document.generation)


def _look_later(cloud: Cloud, key: str, n: int) -> None:
    name = f"pictures|{cloud.settings.workspace}|{key}|{n}"
    cloud.tasks.enqueue("notify", "pictures", {"key": key, "n": n}, key=name, delay=WAITS[n])
