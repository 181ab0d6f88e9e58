"""Later: a step that was asked to wait gives its thread back and comes again as a task, at the time it was told."""

import json
from math import ceil

from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.tasks import Queue

LEAST_SECONDS = 1.0


def come_again(
    cloud: Cloud, clock: Clock, queue: Queue, step: str, payload: dict[str, str | int], seconds: float
) -> None:
    """Queue a step again, `seconds` from now.

    Its name is the second it is meant for: repetitions that were asked for side by side meet in one, and a step that
    comes again from there asks for a later second, whose name nobody used.
    """
    due = ceil(clock.now().timestamp() + max(seconds, LEAST_SECONDS))
    key = f"again|{cloud.settings.workspace}|{step}|{json.dumps(payload, sort_keys=True)}|{due}"
    cloud.tasks.enqueue(queue, step, payload, key=key, delay=due - clock.now().timestamp())
