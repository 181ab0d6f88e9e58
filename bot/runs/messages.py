"""The card of a run, and what else is said about runs."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

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
    person,
    section,
)
from bot.slack.limits import Block
from engine.runs.pulse import Sign, pulse
from engine.runs.run import Run, State

WORDS = {
    State.QUEUED: (":hourglass_flowing_sand:", "Waiting"),
    State.STAGING: (":package:", "Preparing the data"),
    State.STAGED: (":hourglass_flowing_sand:", "Waiting for a free place"),
    State.LAUNCHING: (":rocket:", "Starting the training"),
    State.RUNNING: (":gear:", "Training"),
    State.SUCCEEDED: (":white_check_mark:", "Done"),
    State.FAILED: (":x:", "Failed"),
    State.CANCELLED: (":black_square_for_stop:", "Stopped"),
}
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
    mark, word = WORDS[run.state]
    title = data["dataset"]["title"]
    if data.get("stopping"):
        mark, word = ":black_square_for_stop:", "Stopping"
    first = f"{mark} *{escape(run.revision)}* on {escape(title)} · *{word}*{_line(data)}"
    settings = data["experiment"]
    trainer = TRAINERS.get(run.trainer, run.trainer)
    facts = f"`{run.id}` · {settings['iterations']} × {settings['trials']}, {trainer} · {person(run.who)}"
    if run.attempt > 1:
        facts += f" · attempt {run.attempt}"
    blocks: list[Block] = [section(first)]
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
        again = button("Run again", "experiment_run", run.revision)
        blocks.append(actions(button("Show results", "run_results", run.id), again))
    elif run.over:
        blocks.append(actions(button("Run again", "experiment_run", run.revision)))
    return Message(f"{run.revision} on {title}: {word.lower()}", blocks)


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
    text = f"`{bar}` {share:.0%} · {phase} · trial {trial} of {trials}, iteration {done} of {iterations}"
    if progress.get("nrmse") is not None and progress.get("rssd") is not None:
        text += f"\nBest so far: NRMSE {progress['nrmse']:.3f}, DECOMP.RSSD {progress['rssd']:.3f}"
    return text


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
    text = f":black_square_for_stop: *{escape(run.revision)}* was stopped. No result will follow."
    if preview:
        text += f" {STANDS}"
    return Message(f"{run.revision} was stopped.", [section(text), context(run.reason or "")])


def retried(run: Run, reason: str) -> Message:
    text = f":repeat: {escape(reason)} Trying again: attempt {run.attempt}."
    return Message(f"{run.revision} is tried again: {reason}", [section(text)])


def listing(runs: Sequence[Run], now: datetime, unreadable: Sequence[str] = ()) -> Message:
    """The newest runs, those that are not over first."""
    if not runs:
        text = "There is no run yet. Start an experiment."
        start = actions(button("New experiment", "start_experiment", style="primary"))
        return Message(text, [section(text), *left_out(unreadable), start])
    ordered = sorted(runs, key=lambda run: run.over)
    blocks: list[Block] = [section("*Runs*")]
    for run in ordered[:SHOWN]:
        mark, word = WORDS[run.state]
        text = f"{mark} *{escape(run.revision)}* · `{run.id}` · {word.lower()}\n"
        text += f"{person(run.who)}, {_when(run, now.isoformat())}"
        if run.state is State.SUCCEEDED:
            blocks.append(section(text, button("Results", "run_results", run.id)))
        elif run.over:
            blocks.append(section(text))
        else:
            blocks.append(section(text, stop_button(run)))
    if len(runs) > SHOWN:
        blocks.append(context(f"and {len(runs) - SHOWN} older ones: `/mmm status RUN`"))
    blocks += [*left_out(unreadable), divider(), actions(button("New experiment", "start_experiment"))]
    going = sum(not run.over for run in runs)
    return Message(f"{going} running, {len(runs) - going} finished runs.", blocks)


def over_already(run: Run) -> Message:
    """Stop was pressed on a run that has ended."""
    mark, word = WORDS[run.state]
    text = f"{mark} Run `{run.id}` is over already ({word.lower()}): there is nothing to stop."
    return Message(text, [section(text)])


def stopping(run: Run, before: bool) -> Message:
    text = f"Run `{run.id}` is being stopped{' already' if before else ''}. Its card says when that is done."
    return Message(text, [section(text)])


def stop_button(run: Run) -> dict[str, Any]:
    """Ends a run, after a question."""
    question = confirm(
        "Stop this run?", "Its training ends and there will be no result.", "Stop it", "Go on", danger=True
    )
    return button("Stop", "run_cancel", run.id, style="danger", confirm=question)


def _line(data: Mapping[str, Any]) -> str:
    ahead = int(data.get("queue_ahead") or 0)
    return f" · {ahead} before it" if ahead else ""


def _when(run: Run, now: str) -> str:
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
