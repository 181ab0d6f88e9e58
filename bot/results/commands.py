"""`/mmm results`: a run's verdict again, with a link to its thread."""

from collections.abc import Sequence
from typing import Any

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.registry import Command, Wing
from bot.results import asked, messages
from bot.runs.messages import listing
from bot.slack.blocks import Message, section
from engine import paths
from engine.runs.records import find_runs, folder_of, list_runs
from engine.runs.run import Run, State

NEWEST = 30


async def results(act: Act) -> Reply:
    """What a run found: the one that was named, else the newest that succeeded."""
    return Whisper(await act.blocking(_found, act))


def _found(act: Act) -> Message:
    wanted = act.text or act.value
    if wanted:
        runs: Sequence[Run] = find_runs(act.cloud.storage, wanted)
        run = next((run for run in runs if run.state is State.SUCCEEDED), runs[0])
    else:
        known = list_runs(act.cloud.storage, NEWEST)
        done = [run for run in known if run.state is State.SUCCEEDED]
        if not done:
            return listing(known, act.clock.now(), known.unreadable)
        run = done[0]
        runs = [one for one in known if one.revision == run.revision]
    document = act.cloud.storage.read(paths.results(folder_of(run), "findings.json"))
    if run.state is not State.SUCCEEDED or document is None:
        return asked.no_results(run)
    later = [one for one in runs if one.created_at > run.created_at]
    data: dict[str, Any] = {**document.body, "run": run.model_dump(mode="json"), "charts": []}
    message = messages.verdict(data, {})
    thread = section(f"The charts are in the run's thread in <#{run.channel}>.")
    opinion = document.body.get("second_opinion")
    rest = [section(messages.opinion_line(opinion)), thread] if opinion else [thread]
    newer = asked.later_runs(run, later)
    return Message(message.text, [*newer, *message.blocks, *rest], simpler=[*newer, *(message.simpler or []), *rest])


WING = Wing(
    commands=(Command(("results",), results, "Show what a run found.", "[RUN]", needs=Role.VIEWER),),
    buttons=(("run_results", results, Role.VIEWER),),
)
