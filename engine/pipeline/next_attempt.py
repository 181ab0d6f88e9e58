"""Next attempt: what follows when the infrastructure, not the data, failed one. Safe to call any number of times."""

from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.errors import IllegalTransition, TrainingFailed
from engine.pipeline.conclude import fail
from engine.pipeline.next_step import launch_next
from engine.pipeline.outbox import tell
from engine.runs.queue import release
from engine.runs.run import Run, State, move_as, told
from engine.runs.state import change_run

AGAIN = "Start it again with /mmm run; if it happens again, tell whoever runs this service."
# A kill without a reason may have been chance. A second one has a cause that nobody was told.
KILLS = 2
KILLED_AGAIN = (
    "Tell whoever runs this service: the log of the training machine and its memory say more than is known here. "
    "Fewer iterations or trials take less of it."
)


def try_again(cloud: Cloud, clock: Clock, run: Run, reason: str, *, killed: bool = False) -> None:
    """Open the next attempt; fail the run where none is left. `killed`: from outside, and nobody knows why."""
    kills = run.kills + killed
    if run.attempt >= cloud.settings.max_attempts or kills >= KILLS:
        attempts = f" ({run.attempt} attempts.)" if run.attempt > 1 else ""
        error = TrainingFailed(f"{reason}{attempts}", KILLED_AGAIN if killed else AGAIN)
        return fail(cloud, clock, run.id, error)

    def again(now: Run) -> Run:
        if now.attempt != run.attempt:
            return now
        changes = {"attempt": run.attempt + 1, "started_at": None, "reason": reason, "kills": kills, "waiting": ""}
        return move_as("retried", now, State.STAGED, clock.now(), launch=None, **changes)

    try:
        later = change_run(cloud.storage, run.id, again)
    except IllegalTransition:
        return
    if later.state is State.STAGED:
        open_next(cloud, clock, later)


def open_next(cloud: Cloud, clock: Clock, run: Run) -> None:
    """Do what follows a new attempt: the message, the old attempt's place, the launch."""
    ended = run.attempt - 1
    release(cloud.storage, run, ended)
    tell(
        cloud,
        clock,
        key=f"{run.id}-run_retried-{ended}",
        kind="run_retried",
        channel=run.channel,
        user=run.who,
        run=run.id,
        data={"run": told(run), "reason": run.reason},
    )
    launch_next(cloud, run)
