"""More charts: those that few people need, in the run's thread once somebody asks for them; once, whoever asks."""

from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.errors import NotFound
from engine.pipeline.outbox import tell
from engine.pipeline.run_told import FOUND
from engine.runs.findings import found_of
from engine.runs.records import more_charts_of, notice_of, read_run
from engine.runs.run import told


def more_charts(cloud: Cloud, clock: Clock, run_id: str, *, preview: bool) -> None:
    """Post the charts that are kept for who asks, of a run or of its preview. Safe to call any number of times."""
    run, kind = read_run(cloud.storage, run_id), more_charts_of(preview)
    found = found_of(cloud.storage, run, preview=preview)
    if found is None:
        raise NotFound(f"Run {run.id} has no charts.")
    data = {"run": told(run), FOUND: {"preview": preview}}
    place = {"channel": run.channel, "user": run.who, "run": run.id}
    tell(cloud, clock, key=notice_of(run, kind), kind=kind, data=data, **place)
