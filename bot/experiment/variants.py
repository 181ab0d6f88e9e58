"""An experiment run once more: as it is, with another seed, or at the size that can be decided on."""

from collections.abc import Sequence
from contextlib import suppress

from bot.act import Act, Reply, Whisper
from bot.experiment import messages
from bot.slack.blocks import Message
from engine import paths
from engine.errors import AlreadyExists
from engine.experiment.create import create_experiment
from engine.experiment.estimate import estimate, in_words
from engine.experiment.experiment import Experiment, ExperimentForm
from engine.pipeline.submit import submit
from engine.runs.line import Listed
from engine.runs.run import Run, State

# A seed is drawn from so many; the one after the last is the first.
SEEDS = 1_000_000


async def again(act: Act, wanted: str) -> Reply:
    """Run an experiment as it is, and say what to expect of that."""
    return Whisper(await act.blocking(_again, act, wanted))


def _again(act: Act, wanted: str) -> Message:
    experiment = act.seen.find_experiment(wanted)
    answered = _newest(act.seen.runs_of(experiment.revision, _succeeded), State.SUCCEEDED)
    run = _submit(act, experiment, act.key)
    return messages.runs_again(experiment, run, answered if answered and answered.id != run.id else None)


async def standard(act: Act) -> Reply:
    """The same experiment, searched as long as Standard."""
    return Whisper(await act.blocking(_variant, act, "standard"))


async def other_seed(act: Act) -> Reply:
    """The same experiment with the next seed."""
    return Whisper(await act.blocking(_variant, act, "seed"))


def _variant(act: Act, which: str) -> Message:
    """Make the variant once, however often it is asked for, and run it unless it has run or runs already."""
    origin = act.seen.find_experiment(act.value)
    experiment = create_experiment(
        act.cloud.storage,
        _changed(origin, which),
        key=f"{act.settings.workspace}|{which}|{origin.revision}",
        who=act.user,
        at=act.clock.now(),
        lasting=True,
    )
    mark = paths.experiment_request(f"{act.key}|run")
    if (done := act.cloud.storage.read(mark)) is not None:  # this very press, delivered again
        return messages.variant_is_there(experiment, act.seen.run(str(done.body["run"])))
    known = act.seen.runs_of(experiment.revision, _is_or_has_an_answer)
    if there := next((run for run in known if not run.over), None) or _newest(known, State.SUCCEEDED):
        return messages.variant_is_there(experiment, there)
    # What ended without an answer is begun anew; two who press at once begin one run, if both may see it.
    key = f"{experiment.key}|{len(known)}"
    run = _submit(act, experiment, key)
    if not act.seen.sees(run):
        run = _submit(act, experiment, f"{key}|{act.user}")
    with suppress(AlreadyExists):
        act.cloud.storage.create(mark, {"revision": experiment.revision, "run": run.id})
    if run.over:  # begun so long ago that it was not among those looked at
        return messages.variant_is_there(experiment, run)
    return messages.variant_runs(origin, experiment, run, _takes(act, experiment))


def _changed(origin: Experiment, which: str) -> ExperimentForm:
    settings = origin.model_dump()
    if which == "standard":
        settings |= {"preset": "standard"}
    else:
        settings |= {"seed": (origin.seed + 1) % SEEDS}
    return ExperimentForm.model_validate(settings)


def _submit(act: Act, experiment: Experiment, key: str) -> Run:
    # What was private is not posted elsewhere because its button was pressed, or its name typed, there.
    here = "" if act.seen.is_private(experiment) else act.channel
    channel = here or experiment.channel
    dataset = act.seen.dataset_of(experiment)
    return submit(act.cloud, act.clock, experiment, dataset, key=key, who=act.user, channel=channel)


def _succeeded(run: Listed) -> bool:
    return run.state is State.SUCCEEDED


def _is_or_has_an_answer(run: Listed) -> bool:
    return not run.over or _succeeded(run)


def _newest(runs: Sequence[Listed], state: State) -> Listed | None:
    return next((run for run in runs if run.state is state), None)


def _takes(act: Act, experiment: Experiment) -> str:
    """How long it takes; nothing where nobody can tell."""
    dataset = act.seen.data_of(experiment)
    return in_words(estimate(experiment, dataset, workers=act.settings.job_workers)) if dataset else ""
