"""Preview: while Robyn still trains, the thread gets what the native trainer found, once, marked as a preview.

The job's call, every look of the watch and the end of the run lead here; whichever is first does it. That it
was told is known by the message's mark, so a step that broke off within it is done again and posts nothing twice.
"""

import logging
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
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
    folder = paths.preview(folder_of(run))
    manifest = cloud.storage.read(paths.result(folder))
    if manifest is None:
        return
    try:
        _tell(cloud, clock, run, write_findings(cloud, run, folder, manifest.body, source="native preview"))
    except Unavailable:
        raise
    except MmmError as error:
        log.error("the preview of run %s cannot be shown: %s %s", run.id, error.what, error.detail)


def _tell(cloud: Cloud, clock: Clock, run: Run, seen: Found) -> None:
    """The verdict with the main chart, then the other charts. One key a run, whatever the attempt."""
    about: dict[str, Any] = {"run": run.model_dump(mode="json")}
    place = {"channel": run.channel, "user": run.who, "run": run.id}
    record_event(cloud.storage, clock, run, "previewed")
    tell(cloud, clock, key=notice_of(run, PREVIEW), kind=PREVIEW, data={**about, **first_look(seen)}, **place)
    rest = {**about, "charts": in_json(seen.placed(POST)[1:])}
    tell(cloud, clock, key=notice_of(run, CHARTS), kind=CHARTS, data=rest, **place)
    refresh_card(cloud, run.id, "previewed")
