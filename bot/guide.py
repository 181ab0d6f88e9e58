"""What to do next: `/mmm` alone, the Home's head, and the buttons below what is told of a dataset.

What there is to say is `engine.guidance`'s; here are the facts that one person sees, and the buttons.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.slack.blocks import Message, actions, bullets, button, context, escape, header, section
from bot.slack.limits import Block
from bot.slack.menus import LONGEST_ID, menu
from engine.cloud.connections import list_connections
from engine.data.dataset import Dataset
from engine.data.index import DatasetLine, shown_of
from engine.errors import MmmError
from engine.guidance import Facts, Guide, Step, after, guide

# Among so many of the newest datasets one's own is looked for, and among so many runs one on it.
LOOKED_AT = 60
# A message has at most five buttons of its own.
MOST = 5
# Of them, so many stand beside each other where there is a menu behind them.
SHOWN = 4
# By step: what its button says, and which button it is.
BUTTONS: dict[Step, tuple[str, str]] = {
    Step.CONNECT: ("Connect a warehouse", "start_connect"),
    Step.DATASET: ("New dataset", "start_dataset"),
    Step.MAP: ("Map the columns", "map_show"),
    Step.CHECK: ("Check the data", "dataset_check"),
    Step.REVIEW: ("Review", "dataset_review"),
    Step.PREPARE: ("Prepare a recipe", "dataset_prepare"),
    Step.APPROVE: ("Approve the recipe", "recipe_approve"),
    Step.EXPERIMENT: ("New experiment", "experiment_from_dataset"),
    Step.RUNS: ("My runs", "start_status"),
    Step.RESULTS: ("Results", "run_results"),
    Step.REFRESH: ("Take newer data", "dataset_refresh"),
}
FIRST_STEPS = (
    "*A dataset*: drop a file or name a table; say what its columns mean.",
    "*A recipe*: what is checked, left out, filled and added up.",
    "*An experiment*: how thorough, which window. The verdict and the charts arrive in its thread.",
)
MORE = (("Show roles", "dataset_show"), ("Versions", "dataset_versions"), ("Download", "dataset_download"))


async def start(act: Act) -> Reply:
    """`/mmm` alone: how things stand, and what this person can do next."""
    try:
        told = guide(await act.blocking(facts_of, act))
    except MmmError:
        # Whatever cannot be read now, there is something to do.
        return Whisper(started(Guide("What would you like to do?", (Step.DATASET,))))
    return Whisper(started(told))


def facts_of(act: Act) -> Facts:
    """What the person sees of how things stand: four requests at most, however much there is."""
    datasets = act.seen.datasets(LOOKED_AT)
    line = focus(act, datasets)
    if line is None:
        found = list_connections(act.cloud.storage, act.settings)
        return facts_with(act, None, connected=bool(found))
    run = act.seen.newest_run_of(line.title, line.country, LOOKED_AT)
    return facts_with(act, line, recipe=act.seen.recipe_state(line), run=run)


def facts_with(act: Act, line: DatasetLine | None, **more: Any) -> Facts:
    """The facts about one dataset, with what else is known of it."""
    return Facts(
        who=act.user,
        today=act.clock.now().date(),
        may_make=act.may(Role.ANALYST),
        may_connect=act.may(Role.ADMIN),
        dataset=line,
        **more,
    )


def focus(act: Act, datasets: Iterable[DatasetLine]) -> DatasetLine | None:
    """The dataset that a person is likeliest to go on with: their own newest, else the newest."""
    found = list(datasets)
    return next((one for one in found if one.who == act.user), found[0] if found else None)


def started(told: Guide) -> Message:
    """The answer to `/mmm`: a line, the likeliest step, some beside it, and the ways to everything else."""
    blocks: list[Block] = [header("Marketing Mix Models"), section(escape(told.stands))]
    if Step.DATASET in told.steps[:2]:
        blocks.append(section(bullets(FIRST_STEPS)))
    return Message(told.stands, [*blocks, actions(*start_buttons(told)), context("`/mmm help` shows every command.")])


def start_buttons(told: Guide) -> list[dict[str, Any]]:
    """At most five: two steps, and the ways to a new dataset, to one's runs and to help; the rest behind three dots."""
    steps = [*told.steps[:2], *(step for step in (Step.DATASET, Step.RUNS) if step not in told.steps[:2])]
    drawn = [button_of(step, told.about.get(step, ""), primary=not n) for n, step in enumerate(steps)]
    rest = [button_of(step, told.about.get(step, "")) for step in told.steps if step not in steps]
    if Step.EXPERIMENT not in told.steps:
        rest.append(button("New experiment", "start_experiment"))
    fits = [one for one in rest if len(one.get("value", "")) <= LONGEST_ID][:MOST]
    return [*drawn[: MOST - 1], button("Help", "start_help"), *([menu(*fits)] if fits else [])]


def button_of(step: Step, about: str = "", *, primary: bool = False) -> dict[str, Any]:
    """One step as a button."""
    label, action_id = BUTTONS[step]
    return button(label, action_id, about, style="primary" if primary else "")


def next_steps(
    dataset: Dataset | DatasetLine,
    *,
    done: Iterable[Step] = (),
    first: Step | None = None,
    own: Sequence[dict[str, Any]] = (),
) -> Block:
    """The buttons below what is told of a dataset, for all to see: the likeliest first, the rest behind three dots.

    done: what the message itself tells of. first: what comes first, where the message knows better than the dataset.
    own: buttons of the message itself, which come after the likeliest step.
    """
    line = shown_of(dataset) if isinstance(dataset, Dataset) else dataset
    ordered = dict.fromkeys([*([first] if first else []), *after(line, done=done)])
    steps = [button_of(step, line.id, primary=not n) for n, step in enumerate(ordered)]
    drawn = [*steps[:1], *own, *steps[1:]]
    rest = [*drawn[SHOWN:], *(button(label, name, line.id) for label, name in MORE)]
    return actions(*drawn[:SHOWN], *([menu(*rest[:MOST])] if len(line.id) <= LONGEST_ID else []))
