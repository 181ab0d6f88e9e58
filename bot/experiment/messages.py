"""What is said about experiments."""

from collections.abc import Sequence

from bot.runs.messages import TRAINERS
from bot.slack.blocks import Message, actions, button, context, divider, escape, left_out, moment, person, section
from bot.slack.limits import Block
from engine.experiment.experiment import Experiment

SHOWN = 12


def listing(experiments: Sequence[Experiment], unreadable: Sequence[str] = ()) -> Message:
    """The newest experiments, each with a button that runs it; how many more there are, and cannot be read."""
    if not experiments:
        text = "There is no experiment yet. Start one from a dataset."
        start = actions(button("New experiment", "start_experiment", style="primary"))
        return Message(text, [section(text), *left_out(unreadable), start])
    blocks: list[Block] = [section("*Experiments* · run one again as it is, or start a new one.")]
    for one in experiments[:SHOWN]:
        text = f"*{escape(one.revision)}* · {one.iterations} × {one.trials}, {TRAINERS[one.trainer]}\n"
        text += f"{person(one.who)}, {moment(one.created_at)}"
        blocks.append(section(text, button("Run", "experiment_run", one.revision)))
    if len(experiments) > SHOWN:
        blocks.append(context(f"and {len(experiments) - SHOWN} older ones: `/mmm run NAME`"))
    blocks += [*left_out(unreadable), divider(), actions(button("New experiment", "start_experiment"))]
    return Message(f"{len(experiments)} experiments, the newest: {experiments[0].revision}", blocks)
