"""Pictures: a message whose words are there gets the pictures that were not ready, or a word why they are missing."""

import logging
from contextlib import suppress

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.errors import AlreadyExists, Postponed, Unavailable
from engine.pipeline.later import come_again
from engine.ports import Messenger, Notice

log = logging.getLogger(__name__)

# How long to wait before each look: a scan takes seconds, an outage minutes. After the last one they are given up.
WAITS = (10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 600.0)


def expect_pictures(cloud: Cloud, key: str) -> None:
    """Have a message's pictures looked after: its words are there, they follow."""
    with suppress(AlreadyExists):
        cloud.storage.create(paths.pictures_open(key), {"key": key})
    _look_later(cloud, key, 0)


def pictures(cloud: Cloud, clock: Clock, messenger: Messenger, key: str, n: int, *, swept: bool = False) -> None:
    """Look for a message's pictures, the `n`-th time. Safe to call any number of times.

    Raises Unavailable; what was `swept` up is left to the next sweep instead.
    """
    document = cloud.storage.require(paths.notice(key), f"There is no message {key}.")
    sent = cloud.storage.read(paths.notice_sent(key))
    if sent is None:
        raise Unavailable(f"Message {key} is still on its way.")
    notice, last = Notice.model_validate(document.body), n >= len(WAITS) - 1
    try:
        done = not sent.body.get("ts") or messenger.illustrate(notice, sent.body, last=last)
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
        cloud.storage.delete(paths.pictures_open(key))
    else:
        _look_later(cloud, key, n + 1)


def _look_later(cloud: Cloud, key: str, n: int) -> None:
    name = f"pictures|{cloud.settings.workspace}|{key}|{n}"
    cloud.tasks.enqueue("notify", "pictures", {"key": key, "n": n}, key=name, delay=WAITS[n])
