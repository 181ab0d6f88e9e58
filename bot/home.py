"""App Home: what runs, what is done, what one can start."""

from collections.abc import Sequence
from datetime import datetime

from bot.access import NotAllowed, Role, allow
from bot.act import Act, Reply
from bot.guide import facts_with, focus, start, start_buttons
from bot.runs.messages import stop_button
from bot.runs.states import state_of
from bot.slack.blocks import actions, button, context, divider, escape, header, left_out, moment, older, person, section
from bot.slack.form import View
from bot.slack.limits import Block
from bot.slack.told import refusal
from bot.wing import Wing
from engine.cloud.connections import list_connections
from engine.data.countries import country_name
from engine.data.dataset import Dataset
from engine.data.index import DatasetLine
from engine.data.listed import by_family
from engine.guidance import Facts, Guide, Step, guide
from engine.listing import NOTHING, Beside
from engine.names import alike
from engine.runs.line import Listed
from engine.runs.run import State

SHOWN = 8
# One's own are found among so many of the newest.
LOOKED_AT = 60
# Where the older ones are.
MINE = "`/mmm`, then *My runs*."
BEGINNING = Guide(
    "Make a dataset, start an experiment; the verdict and the charts arrive in its thread.", (Step.DATASET,)
)


async def opened(act: Act) -> Reply:
    """Somebody looks at the Home: draw it as things stand. The other tab is the conversation, which draws itself."""
    if act.value != "home":
        return None
    try:
        allow(act.settings, act.standing, Role.VIEWER)
    except NotAllowed as error:
        await act.surface.publish_home(act.user, {"type": "home", "blocks": refusal(error, act).blocks})
        return None
    runs = await act.blocking(act.seen.runs, LOOKED_AT)
    datasets = await act.blocking(act.seen.datasets, LOOKED_AT)
    told = guide(await act.blocking(_facts, act, runs, datasets))
    view = home(act.user, runs, datasets, act.clock.now(), runs.beside, datasets.beside, told)
    await act.surface.publish_home(act.user, view)
    return None


def _facts(act: Act, runs: Sequence[Listed], datasets: Sequence[DatasetLine]) -> Facts:
    """How things stand, from what the Home shows; where no run is under way, a request more tells of recipes."""
    line, going = focus(act, datasets), any(not run.over for run in runs)
    if line is None:
        connected = None if going else bool(list_connections(act.cloud.storage, act.settings))
        return facts_with(act, None, connected=connected)
    title = alike(line.title)
    run = next((one for one in runs if alike(one.title) == title and one.country == line.country), None)
    return facts_with(act, line, run=run, recipe=None if going else act.seen.recipe_state(line))


def home(
    user: str,
    runs: Sequence[Listed],
    datasets: Sequence[Dataset | DatasetLine],
    now: datetime,
    beside_runs: Beside = NOTHING,
    beside_datasets: Beside = NOTHING,
    told: Guide = BEGINNING,
) -> View:
    """One person's overview: their own runs first; where each list goes on; at its end, what is left out, and why."""
    own = [run for run in runs if run.who == user]
    blocks: list[Block] = [
        header("Marketing Mix Models"),
        section(escape(told.stands)),
        actions(*start_buttons(told)),
        divider(),
        header("Your runs"),
    ]
    blocks += _runs(own) or [context(_none_of_yours(runs, beside_runs))]
    if own and (len(own) > SHOWN or beside_runs.more):
        blocks.append(context(f"Older ones: {MINE}"))
    others = [run for run in runs if run.who != user]
    if others:
        blocks += [header("Others' runs"), *_runs(others, named=True)]
        blocks += older(len(others) - SHOWN, beside_runs, "/mmm status")
    blocks += [divider(), header("Datasets")]
    families = by_family(datasets)
    blocks += [_dataset(one) for one, *_ in families[:SHOWN]] or [context("None yet. Drop a file or name a table.")]
    blocks += older(len(families) - SHOWN, beside_datasets, "/mmm dataset list") + left_out(
        beside_runs.and_(beside_datasets)
    )
    blocks.append(context(f"As of {moment(now)}."))
    return {"type": "home", "blocks": blocks}


def _none_of_yours(runs: Sequence[Listed], beside: Beside) -> str:
    if beside.more or beside.looked:
        return f"None among the newest {len(runs)}. Older ones: {MINE}"
    return "None yet. Start an experiment, and it shows up here."


def _runs(runs: Sequence[Listed], *, named: bool = False) -> list[Block]:
    """The newest runs, those that are not over first; `named`: with who started each."""
    ordered = sorted(runs, key=lambda run: run.over)[:SHOWN]
    blocks = []
    for run in ordered:
        mark, word = state_of(run)
        text = f"{mark} *{escape(run.revision)}* · {word} · `{run.id}`\n"
        text += f"{person(run.who)}, " if named else ""
        text += f"{moment(run.changed_at)} in <#{run.channel}>"
        if run.state is State.FAILED and run.reason:
            text += f"\n{escape(run.reason)}"
        if run.state is State.SUCCEEDED:
            blocks.append(section(text, button("Results", "run_results", run.id)))
        elif run.over:
            blocks.append(section(text))
        else:
            blocks.append(section(text, stop_button(run)))
    return blocks


def _dataset(one: Dataset | DatasetLine) -> Block:
    text = f"*{escape(one.title)}* · {country_name(one.country)}\n{one.first_date} to {one.last_date}"
    return section(text, button("Use", "experiment_from_dataset", one.id))


# Everybody may open it: it is where Slack leads people first, and who may not come in is told so there.
WING = Wing(events=(("app_home_opened", opened, Role.NONE),), start=start)
