"""What is said about experiments."""

from collections.abc import Sequence
from typing import Any

from bot.experiment.offers import SAME, other_seed, standard
from bot.runs.messages import TRAINERS
from bot.runs.states import state_of
from bot.slack.blocks import (
    Message,
    actions,
    button,
    count,
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
from engine.experiment.experiment import Experiment
from engine.experiment.index import ExperimentLine
from engine.listing import NOTHING, Beside
from engine.runs.line import Listed
from engine.runs.run import Run, State

SHOWN = 12


def listing(experiments: Sequence[Experiment | ExperimentLine], beside: Beside = NOTHING) -> Message:
    """The newest experiments, each with a button that runs it; how many more there are, and cannot be read."""
    if not experiments:
        text = f"{none('There is no experiment', beside)} Start one from a dataset."
        start = actions(button("New experiment", "start_experiment", style="primary"))
        return Message(text, [section(text), *left_out(beside), start])
    blocks: list[Block] = [section("*Experiments* · run one again as it is, or start a new one.")]
    for one in experiments[:SHOWN]:
        text = f"*{escape(one.revision)}* · {one.iterations} × {one.trials}, {TRAINERS[one.trainer]}\n"
        text += f"{person(one.who)}, {moment(one.created_at)}"
        blocks.append(section(text, button("Run", "experiment_run", one.revision)))
    blocks += older(len(experiments) - SHOWN, beside, "/mmm run NAME")
    blocks += [*left_out(beside), divider(), actions(button("New experiment", "start_experiment"))]
    number = f"{'More than ' if beside.more else ''}{count(len(experiments), 'experiment')}"
    return Message(f"{number}, the newest: {experiments[0].revision}", blocks)


def runs_again(experiment: Experiment, run: Run, answered: Listed | None) -> Message:
    """An experiment runs as it is once more. `answered`: a run of it that has the same answer already."""
    name = escape(experiment.revision)
    text = f"On it: *{name}* runs again as `{run.id}`. Its card is in <#{run.channel}>."
    blocks: list[Block] = [section(text)]
    if answered is not None:
        same = f"{SAME} (seed {experiment.seed}): what `{answered.id}` found, and a check that it is found again."
        blocks += [section(f"{same} What may change it:"), actions(*_changes(experiment))]
    return Message(f"{experiment.revision} runs again as {run.id}.", blocks)


def variant_runs(origin: Experiment, experiment: Experiment, run: Run, takes: str) -> Message:
    """Another experiment was made of one, and runs."""
    name, of = escape(experiment.revision), escape(origin.revision)
    takes = f" It takes {takes}." if takes else ""
    text = f"On it: *{name}*, which is {of} {_how(origin, experiment)}, runs as `{run.id}`.{takes} "
    return Message(f"{experiment.revision} runs as {run.id}.", [section(f"{text}Its card is in <#{run.channel}>.")])


def variant_is_there(experiment: Experiment, run: Listed) -> Message:
    """Somebody asked for it before: its run is on, or has the answer."""
    mark, word = state_of(run)
    text = f"{mark} That is *{escape(experiment.revision)}* (run `{run.id}`, {word.lower()}) already: "
    if run.state is State.SUCCEEDED:
        shown = actions(button("Show results", "run_results", run.id), *_changes(experiment))
        return Message(
            f"{experiment.revision} is done already.",
            [section(f"{text}running it again gives the same answer."), shown],
        )
    return Message(f"{experiment.revision} is there already.", [section(f"{text}its card is in <#{run.channel}>.")])


def _how(origin: Experiment, experiment: Experiment) -> str:
    """What sets an experiment apart from the one it was made of."""
    if experiment.seed != origin.seed:
        return f"with seed {experiment.seed}"
    return f"at {experiment.iterations} × {experiment.trials}"


def _changes(experiment: Experiment) -> list[dict[str, Any]]:
    return [*standard(experiment.model_dump()), other_seed(experiment.revision)]
