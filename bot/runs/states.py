"""How a run's state reads: a mark and a word, the same on its card, in lists and at the Home."""

from engine.results.verdict import Level
from engine.runs.line import Listed
from engine.runs.run import State

WORDS = {
    State.QUEUED: (":hourglass_flowing_sand:", "Waiting"),
    State.STAGING: (":package:", "Preparing the data"),
    State.STAGED: (":hourglass_flowing_sand:", "Waiting for a free place"),
    State.LAUNCHING: (":rocket:", "Starting the training"),
    State.RUNNING: (":gear:", "Training"),
    # That a training is done says nothing of what it found: the verdict's mark does.
    State.SUCCEEDED: (":checkered_flag:", "Done"),
    State.FAILED: (":x:", "Failed"),
    State.CANCELLED: (":black_square_for_stop:", "Stopped"),
}
# Where a run may stand while it waits for Cloud Run.
BEFORE = (State.STAGED, State.LAUNCHING)
MARKS = {Level.USABLE: ":large_green_circle:", Level.CARE: ":large_yellow_circle:", Level.NOT: ":red_circle:"}


def state_of(run: Listed) -> tuple[str, str]:
    """A run's mark and word; of one that is done, how far its result can be trusted, where that is known."""
    mark, word = WORDS[run.state]
    if run.waiting and run.state is State.STAGED:
        return mark, "Waiting for room"
    if run.state is State.SUCCEEDED and run.verdict in {str(level) for level in Level}:
        return MARKS[Level(run.verdict)], f"{word}, {run.verdict}"
    return mark, word
