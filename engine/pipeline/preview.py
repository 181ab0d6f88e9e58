"""Preview: while Robyn still trains, the thread gets what the native trainer found, once, marked as a preview.

The job's call, every look of the watch and the end of the run lead here; whichever is first does it. That it
was told is known by the message's mark, so a step that broke off within it is done again and posts nothing twice.
"""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.result import RESULTS, read_result
from engine.errors import MmmError, Unavailable
from engine.pipeline.conclude import PREVIEW, first_look, in_json
from engine.pipeline.findings import write_findings
from engine.pipeline.outbox import refresh_card, tell
from engine.results.found import POST, Found
from engine.runs.records import folder_of, notice_of, read_run, record_event
from engine.runs.run import Run

log = logging.getLogger(__name__)

CHARTS = "run_preview_charts"


def preview(cloud: Cloud, clock: Clock, run_id: str, attempt: int) -> None:
    """Post the preview of a run that goes on. Safe to call any number of times; too late, it does nothing."""
    run = read_run(cloud.storage, run_id)
    if run.attempt == attempt and not run.over:
        show_preview(cloud, clock, run)


def show_preview(cloud: Cloud, clock: Clock, run: Run) -> None:
    """Post a run's preview if there is one that was not posted yet. A preview that cannot be shown costs no run."""
    if run.trainer != "both" or cloud.storage.exists(paths.notice_sent(notice_of(run, CHARTS))):
        return
    try:
        seen = _seen(cloud, run)
        if seen is not None:
            _tell(cloud, clock, run, seen)
    except Unavailable:
        raise
    except MmmError as error:
        log.error("the preview of run %s cannot be shown: %s %s", run.id, error.what, error.detail)


def _seen(cloud: Cloud, run: Run) -> Found | None:
    """What the preview says: as it was found once, or found now; None where there is none yet."""
    folder = paths.preview(folder_of(run))
    with TemporaryDirectory() as local:
        left = read_result(cloud.storage, folder, Path(local))
        if left is None:
            return None
        return write_findings(cloud, run, folder, Path(local) / RESULTS, source="native preview")


def _tell(cloud: Cloud, clock: Clock, run: Run, seen: Found) -> None:
    """The verdict with the main chart, then the other charts. One key a run, whatever the attempt."""
    about: dict[str, Any] = {"run": run.model_dump(mode="json")}
    place = {"channel": run.channel, "user": run.who, "run": run.id}
    record_event(cloud.storage, clock, run, "previewed")
    tell(cloud, clock, key=notice_of(run, PREVIEW), kind=PREVIEW, data={**about, **first_look(seen)}, **place)
    rest = {**about, "charts": in_json(seen.placed(POST)[1:])}
    tell(cloud, clock, key=notice_of(run, CHARTS), kind=CHARTS, data=rest, **place)
    refresh_card(cloud, run.id, "previewed")
