"""What is said beside results that somebody asks for: that there are none, or that a later run has none yet."""

from collections.abc import Sequence

from bot.runs.states import state_of
from bot.slack.blocks import Message, context, count, escape, section
from bot.slack.limits import Block
from engine.runs.line import Listed
from engine.runs.run import Run, State


def no_results(run: Run) -> Message:
    """Somebody asked for the results of a run that has none: not yet, or for good."""
    which, word = f"Run `{run.id}` of *{escape(run.revision)}*", state_of(run)[1].lower()
    if not run.over:
        text = f"{which} has no results yet ({word}). They arrive in its thread."
    elif run.state is State.CANCELLED:
        text = f"{which} has no results. {run.reason or 'It was stopped.'}"
    else:
        text = f"{which} has no results: {word}. {escape(run.reason)} {escape(run.todo)}".strip()
    return Message(f"Run {run.id} of {run.revision} has no results.", [section(text)])


def later_runs(shown: Run, later: Sequence[Listed]) -> list[Block]:
    """That runs of the same experiment were begun after the one that is shown; `later`, the newest first."""
    if not later:
        return []
    going = next((one for one in later if not one.over), None)
    newest = going or later[0]
    mark, word = state_of(newest)
    another = f"{mark} Another run of {escape(shown.revision)}, `{newest.id}`, "
    told = f"is on its way ({word.lower()})." if going else f"came later and has no results: {word.lower()}."
    return [context(f"{another}{told} This is the newest that finished, `{shown.id}`.")]


def charts_come(run: Run, number: int) -> Message:
    """Somebody asked for more charts: they are on their way."""
    where = f"in the run's thread in <#{run.channel}>"
    text = f"On it: {count(number, 'more chart')} of *{escape(run.revision)}* will be {where}."
    return Message(f"More charts of {run.revision} are on their way.", [section(text)])


def charts_are_there(run: Run) -> Message:
    """Somebody asked for more charts before."""
    text = f"More charts of *{escape(run.revision)}* are in the run's thread in <#{run.channel}> already."
    return Message(f"More charts of {run.revision} are in its thread already.", [section(text)])


def no_more_charts(run: Run) -> Message:
    text = f"There are no more charts of *{escape(run.revision)}*: all are in the run's thread."
    return Message(f"There are no more charts of {run.revision}.", [section(text)])
