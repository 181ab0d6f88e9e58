"""The card of a run, and what else is said about runs."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.experiment.offers import again, other_seed, standard
from bot.runs.states import BEFORE, state_of
from bot.slack.blocks import (
    Message,
    actions,
    button,
    confirm,
    context,
    divider,
    escape,
    left_out,
    moment,
    none,
    older,
    person,
    section,
)
from bot.slack.limits import Block
from engine.data.recipes import number_in
from engine.listing import NOTHING, Beside
from engine.runs.line import Listed
from engine.runs.pulse import Sign, pulse
from engine.runs.run import Run, State

PHASES = {"reading": "Reading", "prophet": "Decomposing time", "search": "Searching", "outputs": "Writing results"}
# What a run's trainer is called, and what its parts are where there are two.
TRAINERS = {"native": "native", "robyn": "Robyn", "both": "native, then Robyn"}
PARTS = {"native": "Preview", "robyn": "Robyn"}
STANDS = ":eyes: The native trainer's preview above stands, as a preview: Robyn has not confirmed it."
BAR = 16
SHOWN = 10


def card(data: Mapping[str, Any]) -> Message:
    """A run's one card: what, whose, state, when. Edited in place until the run is over."""
    run = Run.model_validate(data["run"])
    mark, word = state_of(run)
    title = data["dataset"]["title"]
    if data.get("stopping"):
        mark, word = ":black_square_for_stop:", "Stopping"
        word += f", as {person(data['stopped_by'])} asked" if data.get("stopped_by") else ""
    first = f"{mark} *{escape(run.revision)}* on {escape(title)} · *{word}*{_line(data)}"
    settings = data["experiment"]
    trainer = TRAINERS.get(run.trainer, run.trainer)
    facts = f"`{run.id}` · {settings['iterations']} × {settings['trials']}, {trainer} · started by {person(run.who)}"
    if recipe := number_in(str(settings.get("recipe") or "")):
        facts += f" · recipe {recipe}"
    if run.attempt > 1:
        facts += f" · attempt {run.attempt}"
    blocks: list[Block] = [section(first)]
    if run.state is State.SUCCEEDED and run.sentence:
        blocks.append(section(escape(run.sentence)))
    if run.waiting and run.state in BEFORE and not data.get("stopping"):
        blocks.append(section(escape(run.waiting)))
    if run.state is State.RUNNING and data.get("progress"):
        part = PARTS.get(str(data["progress"].get("trainer")), "") if run.trainer == "both" else ""
        blocks.append(section(progress_text(data["progress"], part)))
        if silence := _silence(data["progress"], data["now"]):
            blocks.append(context(silence))
    if run.state is State.FAILED:
        blocks.append(section(f"{escape(run.reason)} {escape(run.todo)}".strip()))
    if run.state is State.CANCELLED:
        blocks.append(section(run.reason or "It was stopped."))
    blocks.append(context(f"{facts} · {_when(run, data['now'])}"))
    if not run.over and not data.get("stopping"):
        blocks.append(actions(stop_button(run)))
    elif run.state is State.SUCCEEDED:
        show = button("Show results", "run_results", run.id)
        # A run of an earlier release did not keep whether it was too short: its size tells.
        longer = [] if run.preview is False else standard(settings)
        blocks.append(actions(show, *longer, other_seed(run.revision), again(run.revision, same=True)))
    elif run.over:
        blocks.append(actions(again(run.revision)))
    return Message(f"{run.revision} on {title}: {_plain(data, run)}", blocks)


def _plain(data: Mapping[str, Any], run: Run) -> str:
    """How a run stands, for a notification: no mention of anybody in it."""
    return "stopping" if data.get("stopping") else state_of(run)[1].lower()


def progress_text(progress: Mapping[str, Any], part: str = "") -> str:
    """How far the training is, as a bar and in numbers; `part` names which of two trainings it is."""
    trials, trial = int(progress.get("trials") or 1), int(progress.get("trial") or 1)
    iterations, done = int(progress.get("iterations") or 1), int(progress.get("iteration") or 0)
    phase = PHASES.get(str(progress.get("phase")), str(progress.get("phase", "")).capitalize())
    phase = f"{part}: {phase.lower()}" if part else phase
    if "iterations" not in progress:
        return phase  # it has not said more yet
    share = min(1.0, ((trial - 1) * iterations + done) / max(trials * iterations, 1))
    full = round(share * BAR)
    bar = "█" * full + "░" * (BAR - full)
    return f"`{bar}` {share:.0%} · {phase} · trial {trial} of {trials}, iteration {done} of {iterations}"


def _silence(progress: Mapping[str, Any], now: str) -> str:
    """That nothing new was heard for long, and whether that is a reason to worry."""
    beat = pulse(progress, datetime.fromisoformat(now))
    if beat.sign is Sign.LOST:
        return f":warning: No sign of the training's machine for {_span(beat.silent)}. It is tried again if it is gone."
    if beat.sign is Sign.QUIET:
        return f"Nothing new for {_span(beat.silent)}; the training is alive and at work."
    return ""


def failed(run: Run, *, preview: bool = False) -> Message:
    """Why there is no result, in the run's thread; `preview` says that a preview was posted there."""
    text = f":x: {person(run.who)} *{escape(run.revision)}* failed. {escape(run.reason)}"
    blocks = [section(text)]
    if run.todo:
        blocks.append(section(f"*What to do:* {escape(run.todo)}"))
    if preview:
        blocks.append(section(STANDS))
    note = f"Run `{run.id}`" + (f" · reference {run.reference}" if run.reference else "")
    return Message(f"{run.revision} failed: {run.reason}", [*blocks, context(note)])


def cancelled(run: Run, *, preview: bool = False) -> Message:
    """That a run was stopped, and by whom, in its thread; `preview` says that a preview was posted there."""
    by = f" by {person(run.stopped_by)}" if run.stopped_by else ""
    whose = f" of {person(run.who)}" if run.stopped_by != run.who else ""
    text = f":black_square_for_stop: *{escape(run.revision)}*{whose} was stopped{by}. No result will follow."
    if preview:
        text += f" {STANDS}"
    notes = [] if by or not run.reason else [context(run.reason)]
    return Message(f"{run.revision} was stopped.", [section(text), *notes, context(f"Run `{run.id}`")])


def stopped_for_you(run: Run, title: str) -> Message:
    """For whoever started a run that somebody else stopped, in the conversation with them."""
    by = f"{person(run.stopped_by)} stopped" if run.stopped_by else "Somebody stopped"
    text = f":black_square_for_stop: {by} your run *{escape(run.revision)}* on {escape(title)}. No result will follow."
    where = f"Run `{run.id}`" + (f" in <#{run.channel}>" if run.channel else "")
    notes = where if run.stopped_by else f"{run.reason} {where}"
    return Message(
        f"Your run {run.revision} on {title} was stopped.",
        [section(text), context(notes), actions(again(run.revision))],
    )


def retried(run: Run, reason: str) -> Message:
    text = f":repeat: {escape(reason)} Trying again: attempt {run.attempt}."
    return Message(f"{run.revision} is tried again: {reason}", [section(text)])


def listing(runs: Sequence[Listed], now: datetime, beside: Beside = NOTHING, *, mine: bool = False) -> Message:
    """The newest runs, those that are not over first; `mine`: they are all of whoever looks."""
    if not runs:
        text = f"{none('You have started no run' if mine else 'There is no run', beside)} Start an experiment."
        start = actions(button("New experiment", "start_experiment", style="primary"))
        return Message(text, [section(text), *left_out(beside), start])
    ordered = sorted(runs, key=lambda run: run.over)
    blocks: list[Block] = [section("*My runs*" if mine else "*Runs*")]
    for run in ordered[:SHOWN]:
        mark, word = state_of(run)
        text = f"{mark} *{escape(run.revision)}* · `{run.id}` · {word.lower()}\n"
        text += f"{person(run.who)}, {_when(run, now.isoformat())}"
        if run.state is State.SUCCEEDED:
            blocks.append(section(text, button("Results", "run_results", run.id)))
        elif run.over:
            blocks.append(section(text))
        else:
            blocks.append(section(text, stop_button(run)))
    blocks += older(len(runs) - SHOWN, beside, "/mmm status RUN")
    blocks += [*left_out(beside), divider(), actions(button("New experiment", "start_experiment"))]
    going = sum(not run.over for run in runs)
    if going == len(runs) and beside.more:
        # A list begins with those that are open: there may be more of them.
        return Message(f"Runs under way: more than {going - 1}.", blocks)
    done = f"{'more than ' if beside.more else ''}{len(runs) - going}"
    return Message(f"Runs under way: {going}; finished runs: {done}.", blocks)


def over_already(run: Run) -> Message:
    """Stop was pressed on a run that has ended."""
    mark, word = state_of(run)
    by = f" by {person(run.stopped_by)}" if run.stopped_by else ""
    text = f"{mark} Run `{run.id}` is over already ({word.lower()}{by}): there is nothing to stop."
    return Message(f"Run {run.id} is over already: there is nothing to stop.", [section(text)])


def stopping(run: Run, before: bool, who: str = "") -> Message:
    """That a run is being stopped; `before`: somebody had asked for it before, `who` if that is known."""
    already = (f" already, as {person(who)} asked" if who else " already") if before else ""
    text = f"Run `{run.id}` is being stopped{already}. Its card says when that is done."
    return Message(f"Run {run.id} is being stopped.", [section(text)])


def stop_button(run: Listed) -> dict[str, Any]:
    """Ends a run, after a question."""
    question = confirm(
        "Stop this run?", "Its training ends and there will be no result.", "Stop it", "Go on", danger=True
    )
    return button("Stop", "run_cancel", run.id, style="danger", confirm=question)


def _line(data: Mapping[str, Any]) -> str:
    ahead = int(data.get("queue_ahead") or 0)
    return f" · {ahead} before it" if ahead else ""


def _when(run: Listed, now: str) -> str:
    began = run.started_at or run.created_at
    until = run.changed_at if run.over else datetime.fromisoformat(now)
    if run.over:
        return f"ended {moment(run.changed_at)} after {_span(until - run.created_at)}"
    return f"since {moment(began)} ({_span(until - began)})"


def _span(length: timedelta) -> str:
    seconds = max(0, int(length.total_seconds()))
    if seconds < 90:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
