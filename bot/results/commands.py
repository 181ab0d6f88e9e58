"""`/mmm results`: a run's verdict again, with a link to its thread."""

from typing import Any

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.registry import Command, Wing
from bot.results import messages
from bot.runs.messages import listing
from bot.slack.blocks import Message, section
from engine import paths
from engine.runs.records import find_run, folder_of, list_runs
from engine.runs.run import State

NEWEST = 30


async def results(act: Act) -> Reply:
    """What a run found: the one that was named, else the newest that succeeded."""
    return Whisper(await act.blocking(_found, act))


def _found(act: Act) -> Message:
    wanted = act.text or act.value
    if wanted:
        run = find_run(act.cloud.storage, wanted)
    else:
        runs = list_runs(act.cloud.storage, NEWEST)
        done = [run for run in runs if run.state is State.SUCCEEDED]
        if not done:
            return listing(runs, act.clock.now(), runs.unreadable)
        run = done[0]
    document = act.cloud.storage.read(paths.results(folder_of(run), "findings.json"))
    if run.state is not State.SUCCEEDED or document is None:
        text = f"Run `{run.id}` has no results: it is {run.state.lower()}. {run.reason} {run.todo}".strip()
        return Message(text, [section(text)])
    data: dict[str, Any] = {**document.body, "run": run.model_dump(mode="json"), "charts": []}
    message = messages.verdict(data, {})
    thread = section(f"The charts are in the run's thread in <#{run.channel}>.")
    opinion = document.body.get("second_opinion")
    rest = [section(messages.opinion_line(opinion)), thread] if opinion else [thread]
    return Message(message.text, [*message.blocks, *rest], simpler=[*(message.simpler or []), *rest])


WING = Wing(
    commands=(Command(("results",), results, "Show what a run found.", "[RUN]", needs=Role.VIEWER),),
    buttons=(("run_results", results, Role.VIEWER),),
)
