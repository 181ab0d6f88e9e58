"""`/mmm results`: a run's verdict again; and what its buttons show: details, terms, more charts."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.data.modals import loading
from bot.results import asked, messages
from bot.results import details as details_of
from bot.results import terms as terms_of
from bot.results.messages import DETAILS, MORE_CHARTS, OF_PREVIEW, TERMS
from bot.runs.messages import listing
from bot.slack.blocks import Message, section
from bot.slack.form import View
from bot.wing import Command, Wing
from engine.cloud.once import was_sent
from engine.errors import NotFound
from engine.results.found import MORE, Found
from engine.runs.findings import found_of
from engine.runs.line import Listed
from engine.runs.records import more_charts_of, notice_of
from engine.runs.run import Run, State

NEWEST = 30


async def results(act: Act) -> Reply:
    """What a run found: the one that was named, else the newest that succeeded."""
    return Whisper(await act.blocking(_found, act))


def _found(act: Act) -> Message:
    wanted = act.text or act.value
    if wanted:
        runs: Sequence[Listed] = act.seen.find_runs(wanted, lambda run: run.state is State.SUCCEEDED)
        one = next((run for run in runs if run.state is State.SUCCEEDED), runs[0])
    else:
        known = act.seen.runs(NEWEST)
        done = [run for run in known if run.state is State.SUCCEEDED]
        if not done and known.more:
            done = act.seen.runs_done(1)
        if not done:
            return listing(known, act.clock.now(), known.beside)
        one = done[0]
        runs = [run for run in known if run.revision == one.revision]
    run = act.seen.whole(one)
    found = found_of(act.cloud.storage, run) if run.state is State.SUCCEEDED else None
    if found is None:
        return asked.no_results(run)
    message = messages.verdict(_without_charts(run, found), {})
    thread = section(f"The charts are in the run's thread in <#{run.channel}>.")
    opinion = found.second_opinion
    rest = [section(messages.opinion_line(opinion.model_dump(mode="json"))), thread] if opinion else [thread]
    newer = asked.later_runs(run, [one for one in runs if one.created_at > run.created_at])
    return Message(message.text, [*newer, *message.blocks, *rest], simpler=[*newer, *(message.simpler or []), *rest])


def _without_charts(run: Run, found: Found) -> dict[str, Any]:
    """What the verdict is drawn from where its pictures are elsewhere."""
    told = found.model_dump(mode="json", exclude={"charts", "second_opinion"})
    return {**told, "run": run.model_dump(mode="json"), "charts": [], "more_charts": len(found.placed(MORE))}


async def details(act: Act) -> Reply:
    """Everything else that is known of a result, in a modal."""
    return await _in_modal(act, details_of.TITLE, _details)


async def terms(act: Act) -> Reply:
    """What the words of a result mean, in a modal."""
    return await _in_modal(act, terms_of.TITLE, _terms)


async def _in_modal(act: Act, title: str, draw: Callable[[Act], View]) -> Reply:
    waiting = await act.open(loading("One moment …", title=title))
    await act.surface.update_view(waiting, await act.blocking(draw, act))
    return None


def _details(act: Act) -> View:
    run, found, _ = _asked_about(act)
    return details_of.details_view(run, found)


def _terms(act: Act) -> View:
    run, found, _ = _asked_about(act)
    return terms_of.terms_view(messages.verdict(_without_charts(run, found), {}))


async def more_charts(act: Act) -> Reply:
    """Have the charts that few people need posted in the run's thread, unless they are there."""
    return Whisper(await act.blocking(_more_charts, act))


def _more_charts(act: Act) -> Message:
    run, found, preview = _asked_about(act)
    more = found.placed(MORE)
    if not more:
        return asked.no_more_charts(run)
    if was_sent(act.cloud.storage, notice_of(run, more_charts_of(preview))):
        return asked.charts_are_there(run)
    # Named by the minute, too: whoever asks again later, because nothing came, is heard.
    key = f"more_charts|{act.settings.workspace}|{act.value}|{act.clock.now():%Y%m%dT%H%M}"
    payload: dict[str, str | int] = {"run": run.id, "preview": int(preview)}
    act.cloud.tasks.enqueue("notify", "more_charts", payload, key=key)
    return asked.charts_come(run, len(more))


def _asked_about(act: Act) -> tuple[Run, Found, bool]:
    """The run that a button is about, what it found, and whether that is its preview. Raises NotFound."""
    run_id, mark, _ = act.value.partition(OF_PREVIEW)
    run = act.seen.run(run_id)
    found = found_of(act.cloud.storage, run, preview=bool(mark))
    if found is None:
        raise NotFound(f"Run {run.id} has no results.", "See the runs with /mmm status.")
    return run, found, bool(mark)


WING = Wing(
    commands=(Command(("results",), results, "Show what a run found.", "[RUN]", needs=Role.VIEWER),),
    buttons=(
        ("run_results", results, Role.VIEWER),
        (DETAILS, details, Role.VIEWER),
        (TERMS, terms, Role.VIEWER),
        (MORE_CHARTS, more_charts, Role.VIEWER),
    ),
)
