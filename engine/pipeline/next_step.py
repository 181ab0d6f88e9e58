"""A run's next step: queued under names that no lost delivery can have used up, and that meet where two ask for it.

Looks are numbered by the time they are meant for. So a chain that was lost can be begun again under names nobody used,
and chains that run side by side meet in the same name and become one.
"""

from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.runs.run import Run

# Soon after the launch the card has news, and a short training its result.
FIRST_LOOK = 10.0

Payload = dict[str, str | int]


def launch_next(cloud: Cloud, run: Run) -> None:
    """Have the current attempt of a staged run launched."""
    key = f"launch|{cloud.settings.workspace}|{run.id}|{run.attempt}"
    cloud.tasks.enqueue("launch", "launch", {"run": run.id, "attempt": run.attempt, "n": 0}, key=key)


def launch_later(cloud: Cloud, clock: Clock, run: Run, n: int, seconds: float) -> None:
    """Wait for a place (or a lease) without failing: an error would slow the whole queue down."""
    # One scale for every wait, so that the numbers grow; the waits are whole multiples of a look or longer.
    number = _number(clock, cloud.settings.watch_seconds, n, seconds)
    key = f"launch|{cloud.settings.workspace}|{run.id}|{run.attempt}|{number}"
    payload: Payload = {"run": run.id, "attempt": run.attempt, "n": number}
    cloud.tasks.enqueue("launch", "launch", payload, key=key, delay=seconds)


def watch_first(cloud: Cloud, clock: Clock, run: Run, token: str) -> None:
    """Queue the first look after a launch, under the name of its lease: it comes before any that is numbered."""
    delay = min(FIRST_LOOK, cloud.settings.watch_seconds)
    number = _number(clock, cloud.settings.watch_seconds, 0, delay)
    key = f"watch|{cloud.settings.workspace}|{run.id}|{run.attempt}|{token}"
    payload: Payload = {"run": run.id, "attempt": run.attempt, "n": number}
    cloud.tasks.enqueue("watch", "watch", payload, key=key, delay=delay)


def watch_next(cloud: Cloud, clock: Clock, run: Run, n: int) -> None:
    """Queue the look at an attempt that follows look `n`; 0 begins a chain."""
    seconds = cloud.settings.watch_seconds
    number = _number(clock, seconds, n)
    key = f"watch|{cloud.settings.workspace}|{run.id}|{run.attempt}|{number}"
    payload: Payload = {"run": run.id, "attempt": run.attempt, "n": number}
    cloud.tasks.enqueue("watch", "watch", payload, key=key, delay=seconds)


def finish_next(cloud: Cloud, run_id: str, attempt: int, n: int = 0) -> None:
    """Have an attempt's result brought to its end, in a task, which comes again until that is done.

    The training's call and a look at it mean the same one, unless it was lost: then `n` names another.
    """
    key = f"finish|{cloud.settings.workspace}|{run_id}|{attempt}" + (f"|{n}" if n else "")
    cloud.tasks.enqueue("watch", "finish", {"run": run_id, "attempt": attempt}, key=key)


def unused(cloud: Cloud, clock: Clock) -> int:
    """Return a number after which no lost delivery was numbered, to begin a chain again."""
    return _number(clock, cloud.settings.watch_seconds, 0)


def _number(clock: Clock, scale: float, last: int, wait: float | None = None) -> int:
    """Number a delivery after `wait` seconds; always more than `last`, also where this clock is behind."""
    due = clock.now().timestamp() + (scale if wait is None else wait)
    return max(int(due / scale), last + 1)
