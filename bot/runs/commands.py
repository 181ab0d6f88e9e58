"""`/mmm status` and `/mmm cancel`: where a run stands, and how to end it."""

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.runs import messages
from bot.slack.blocks import Message, section
from bot.wing import Command, Wing
from engine.pipeline.cancel import request_cancel
from engine.runs.findings import with_verdict
from engine.runs.queue import ahead_of
from engine.runs.records import read_progress
from engine.runs.run import State, told
from engine.runs.stop import SOMEBODY

NEWEST = 30


async def status(act: Act) -> Reply:
    """All newest runs, or one."""
    if not act.text:
        runs = await act.blocking(act.seen.runs, NEWEST)
        return Whisper(messages.listing(runs, act.clock.now(), runs.beside))
    return Whisper(await act.blocking(_one, act))


async def mine(act: Act) -> Reply:
    """The newest runs that this person started."""
    own = await act.blocking(act.seen.runs_by, act.user, NEWEST)
    return Whisper(messages.listing(own, act.clock.now(), own.beside, mine=True))


def _one(act: Act) -> Message:
    run = with_verdict(act.cloud.storage, act.seen.find_run(act.text))
    stopping_by = "" if run.over else run.stopping_by
    return messages.card(
        {
            "run": told(run),
            "experiment": act.seen.settings_of(run),
            "dataset": {"title": act.seen.title_of(run)},
            "progress": read_progress(act.cloud.storage, run) if run.state is State.RUNNING else None,
            "queue_ahead": ahead_of(act.cloud.storage, run),
            "stopping": bool(stopping_by),
            "stopped_by": _known(stopping_by),
            "now": act.clock.now().isoformat(),
        }
    )


async def cancel(act: Act) -> Reply:
    """Stop a run: by its name, or by the button on its card."""
    wanted = act.text or act.value
    if not wanted:
        text = "Which run? `/mmm cancel RUN`; `/mmm status` shows the runs."
        return Whisper(Message(text, [section(text)]))
    run = await act.blocking(act.seen.find_run, wanted)
    outcome, run = await act.blocking(request_cancel, act.cloud, act.clock, run.id, act.user)
    if outcome == "over":
        return Whisper(messages.over_already(run))
    before = outcome == "asked before"
    return Whisper(messages.stopping(run, before, _known(run.stopping_by) if before else ""))


def _known(who: str) -> str:
    """Who asked for a run to be stopped, where that can still be told."""
    return "" if who == SOMEBODY else who


WING = Wing(
    commands=(
        Command(("status",), status, "Show the runs, or one of them.", "[RUN]", needs=Role.VIEWER),
        Command(("cancel",), cancel, "Stop a run.", "RUN", needs=Role.ANALYST),
    ),
    buttons=(("start_status", mine, Role.VIEWER), ("run_cancel", cancel, Role.ANALYST)),
)
