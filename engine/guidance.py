"""What to do next, as things stand: from what is known of somebody's data and runs to the next sensible step.

Pure: whoever asks brings the facts, of what the person sees alone, and draws the steps. A step is offered only to those
who may take it. The way is always the same (connect, make a dataset, map, check, prepare, train, look, take newer
data); what differs is how far somebody has come.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from engine.data.countries import country_name
from engine.data.dates import Interval
from engine.data.index import DatasetLine
from engine.data.recipe_state import RecipeState
from engine.names import quoted
from engine.runs.line import Listed
from engine.runs.run import State

# Data that end so many days before today have newer ones at their source: two periods and what they take to arrive.
STALE_DAYS: Final[dict[Interval, int]] = {"day": 10, "week": 21, "month": 62}
# A title in a sentence.
NAME: Final = 60


class Step(StrEnum):
    """One thing to do."""

    CONNECT = "connect"
    DATASET = "dataset"
    MAP = "map"
    CHECK = "check"
    REVIEW = "review"
    PREPARE = "prepare"
    APPROVE = "approve"
    EXPERIMENT = "experiment"
    RUNS = "runs"
    RESULTS = "results"
    REFRESH = "refresh"


LOOKS: Final = frozenset({Step.CHECK, Step.REVIEW, Step.RUNS, Step.RESULTS})
# After each step the likeliest ones: offered beside it.
BESIDE: Final[dict[Step, tuple[Step, ...]]] = {
    Step.CONNECT: (Step.DATASET,),
    Step.DATASET: (Step.CONNECT,),
    Step.MAP: (Step.CHECK, Step.REVIEW, Step.PREPARE),
    Step.CHECK: (Step.PREPARE, Step.REVIEW, Step.MAP),
    Step.REVIEW: (Step.CHECK, Step.PREPARE),
    Step.PREPARE: (Step.CHECK, Step.REVIEW, Step.EXPERIMENT),
    Step.APPROVE: (Step.PREPARE, Step.CHECK, Step.REVIEW),
    Step.EXPERIMENT: (Step.APPROVE, Step.PREPARE, Step.REVIEW, Step.CHECK),
    Step.RUNS: (Step.REVIEW, Step.CHECK, Step.EXPERIMENT),
    Step.RESULTS: (Step.EXPERIMENT, Step.REVIEW, Step.PREPARE),
    Step.REFRESH: (Step.EXPERIMENT, Step.REVIEW, Step.CHECK),
}


@dataclass(frozen=True)
class Facts:
    """What one person sees of how things stand. `recipe` and `connected` are None where nobody looked."""

    who: str
    today: date
    may_make: bool = True
    may_connect: bool = False
    connected: bool | None = None
    dataset: DatasetLine | None = None
    recipe: RecipeState | None = None
    run: Listed | None = None
    """The newest run on the dataset's family."""


@dataclass(frozen=True)
class Guide:
    """How things stand, in one line of plain text, and what to do: the likeliest first. `about`: by step, an id."""

    stands: str
    steps: tuple[Step, ...]
    about: dict[Step, str] = field(default_factory=dict)


def guide(facts: Facts) -> Guide:
    """Say how things stand and what comes next, for this person."""
    stands, step = _stands(facts)
    wanted = [step, *BESIDE[step]] if facts.dataset else [step, *BESIDE[step]][:2]
    steps = [one for one in dict.fromkeys(wanted) if _may(facts, one)]
    return Guide(stands, tuple(steps), _about(facts))


def _stands(facts: Facts) -> tuple[str, Step]:
    line, run, recipe = facts.dataset, facts.run, facts.recipe
    if line is None:
        return _nothing_yet(facts)
    data = f"{quoted(line.title, NAME)} ({country_name(line.country)})"
    if run is not None and not run.over:
        return f"{run.revision} on {data} is under way.", Step.RUNS
    if run is not None and run.state is State.SUCCEEDED and not _newer_since(facts):
        if _is_stale(facts):
            return f"{data} ends on {line.last_date}: there should be newer data by now.", Step.REFRESH
        return f"{run.revision} on {data} is done.", Step.RESULTS
    if run is not None and run.state is State.FAILED and not _newer_since(facts):
        return f"{run.revision} on {data} failed.", Step.RUNS
    if not line.mapped:
        return f"{data} has no mapping of its own yet.", Step.MAP
    if recipe is None:  # nobody looked
        return _after_dataset(line, data)
    if not recipe.number:
        if recipe.working:
            return f"A recipe for {data} is being worked on.", Step.PREPARE
        return _after_dataset(line, data)
    if run is not None and run.state is State.SUCCEEDED and run.dataset_id != line.id:
        return f"{data} has newer data than {run.revision} was trained on.", Step.EXPERIMENT
    if _is_stale(facts):
        return f"{data} ends on {line.last_date}: there should be newer data by now.", Step.REFRESH
    agreed = "approved by a second person and " if recipe.approved else ""
    return f"Recipe {recipe.number} of {data} is {agreed}ready for an experiment.", Step.EXPERIMENT


def _nothing_yet(facts: Facts) -> tuple[str, Step]:
    if not facts.may_make:
        return "There is no dataset yet. Whoever may make one has not done so.", Step.RUNS
    if facts.connected or facts.connected is None:
        return "There is no dataset yet: drop a file or name a table.", Step.DATASET
    if facts.may_connect:
        return "No warehouse is connected, and there is no dataset yet: connect one, or drop a file.", Step.CONNECT
    return "There is no dataset yet: drop a file. An admin can connect a warehouse.", Step.DATASET


def _after_dataset(line: DatasetLine, data: str) -> tuple[str, Step]:
    if line.open:
        number = f"{line.open} finding{'' if line.open == 1 else 's'}"
        return f"{data} has {number} to look at before it is trained on.", Step.CHECK
    return f"{data} is ready. Next is its recipe.", Step.PREPARE


def _newer_since(facts: Facts) -> bool:
    """Whether there are newer data or a newer recipe than the newest run was trained with."""
    run, line, recipe = facts.run, facts.dataset, facts.recipe
    if run is None or line is None:
        return False
    saved = recipe.saved_at if recipe else None
    return (run.dataset_id != line.id and line.created_at > run.created_at) or bool(saved and saved > run.created_at)


def _is_stale(facts: Facts) -> bool:
    """Whether the source of the newest snapshot should have newer data. A dropped file has none."""
    line = facts.dataset
    return bool(line and line.query and (facts.today - line.last_date).days > STALE_DAYS[line.interval])


def _may(facts: Facts, step: Step) -> bool:
    if step in LOOKS:
        return True
    if step is Step.CONNECT:
        return facts.may_connect and not facts.connected
    if step is Step.REFRESH:
        return facts.may_make and bool(facts.dataset and facts.dataset.query)
    if step is Step.APPROVE:
        # Whoever made it, somebody else approves it.
        recipe = facts.recipe
        return facts.may_make and bool(recipe and recipe.number and not recipe.approved and recipe.who != facts.who)
    return facts.may_make


def _about(facts: Facts) -> dict[Step, str]:
    about: dict[Step, str] = {}
    if facts.dataset:
        of_data = (Step.MAP, Step.CHECK, Step.REVIEW, Step.PREPARE, Step.EXPERIMENT, Step.REFRESH)
        about |= dict.fromkeys(of_data, facts.dataset.id)
    if facts.recipe and facts.recipe.id:
        about[Step.APPROVE] = facts.recipe.id
    if facts.run:
        about[Step.RESULTS] = facts.run.id
    return about


def after(line: DatasetLine, *, done: Iterable[Step] = ()) -> tuple[Step, ...]:
    """Return what comes after something was done with a dataset, the likeliest first: for messages that all see.

    done: steps that the message itself tells of, which are not offered again at once.
    """
    told = set(done)
    way = [Step.MAP] if not line.mapped else []
    way += [Step.CHECK] if line.open else []
    way += [Step.PREPARE, Step.CHECK, Step.EXPERIMENT, Step.REVIEW, Step.MAP]
    return tuple(step for step in dict.fromkeys(way) if step not in told)
