"""Preview: while Robyn still trains, the thread gets what the native trainer found, once, marked as a preview.

The job's call, every look of the watch and the end of the run lead here; whichever is first does it. That it
was told stands in the run itself, or else in the messages' record: so a step that broke off within it is done again,
posts nothing twice, and a look at a run whose preview was told costs nothing more.
"""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.result import RESULTS, read_result
from engine.errors import MmmError, Unavailable
from engine.pipeline.findings import write_findings
from engine.pipeline.outbox import refresh_card
from engine.pipeline.run_told import preview_was_told, tell_preview
from engine.runs.records import folder_of, read_run
from engine.runs.run import Run
from engine.runs.state import record_event

log = logging.getLogger(__name__)


def preview(cloud: Cloud, clock: Clock, run_id: str, attempt: int) -> None:
    """Post the preview of a run that goes on. Safe to call any number of times; too late, it does nothing."""
    run = read_run(cloud.storage, run_id)
    if run.attempt == attempt and not run.over:
        show_preview(cloud, clock, run)


def show_preview(cloud: Cloud, clock: Clock, run: Run) -> None:
    """Post a run's preview if there is one that was not posted yet. A preview that cannot be shown costs no run."""
    if run.trainer != "both" or any(one.what == "previewed" for one in run.events):
        return
    try:
        if not preview_was_told(cloud.storage, run):
            if not _is_found(cloud, run):
                return
            tell_preview(cloud, run)
            refresh_card(cloud, run.id, "previewed")
    except Unavailable:
        raise
    except MmmError as error:
        log.error("the preview of run %s cannot be shown: %s %s", run.id, error.what, error.detail)
        return
    # From here on no look asks for it again.
    record_event(cloud.storage, clock, run, "previewed")


def _is_found(cloud: Cloud, run: Run) -> bool:
    """Whether there is something to show: what the preview says is found now, unless it was before."""
    folder = paths.preview(folder_of(run))
    with TemporaryDirectory() as local:
        left = read_result(cloud.storage, folder, Path(local))
        if left is None:
            return False
        write_findings(cloud, run, folder, Path(local) / RESULTS, source="native preview")
    return True
