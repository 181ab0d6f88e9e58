"""Finish: a training left its manifest, so judge it, draw it and end the run. Three routes lead here:
the job's call, the watch and the sweep; whichever is first does it, the others find it done."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine import paths
from engine.charts.gallery import draw_all
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.data.records import read_dataset
from engine.errors import AlreadyExists, BadInput, BrokenState, IllegalTransition, TrainingFailed
from engine.pipeline.conclude import conclude, end, fail, settle
from engine.results.headline import headline
from engine.results.read import load_results
from engine.results.verdict import judge
from engine.runs.records import change_run, folder_of, read_run
from engine.runs.run import Run, State, move


def finish(cloud: Cloud, clock: Clock, run_id: str, attempt: int) -> bool:
    """End the run if its attempt has a result. True if the attempt is over. Safe to call any number of times."""
    run = read_run(cloud.storage, run_id)
    if run.attempt != attempt:
        return True
    if run.over:
        settle(cloud, clock, run)
        return True
    manifest = cloud.storage.read(paths.result(folder_of(run)))
    if manifest is None:
        return False
    kind = manifest.body["kind"]
    if kind == "cancelled":
        end(cloud, clock, run.id, State.CANCELLED, reason=manifest.body["what"])
    elif kind == "failed":
        fail(cloud, clock, run.id, TrainingFailed(manifest.body["what"], manifest.body["todo"]))
    else:
        _succeed(cloud, clock, run, manifest.body)
    return True


def _succeed(cloud: Cloud, clock: Clock, run: Run, manifest: dict[str, Any]) -> None:
    try:
        _write_findings(cloud, run, manifest)
    except (BrokenState, BadInput) as error:
        return fail(cloud, clock, run.id, error)

    def succeeded(now: Run) -> Run:
        if now.over:
            return now
        if now.state is State.LAUNCHING:  # the result came before anybody saw it run
            now = move(now, State.RUNNING, clock.now(), started_at=now.changed_at)
        return move(now, State.SUCCEEDED, clock.now())

    with suppress(IllegalTransition):
        conclude(cloud, clock, change_run(cloud.storage, run.id, succeeded))


def _write_findings(cloud: Cloud, run: Run, manifest: dict[str, Any]) -> None:
    """Verdict, key numbers and charts, beside the results. Raises BrokenState if the results are damaged."""
    folder = folder_of(run)
    if cloud.storage.exists(paths.results(folder, "findings.json")):
        return
    with TemporaryDirectory() as local:
        for file in manifest["files"]:
            target = Path(local) / file["name"]
            target.parent.mkdir(parents=True, exist_ok=True)
            stored = cloud.storage.get_file(f"{folder}{file['name']}", target)
            if stored.crc32c != file["crc32c"]:
                raise BrokenState("The results are not those the training wrote.", "Run it again.")
        results = load_results(Path(local) / "results")
        head = headline(results)
        dataset = read_dataset(cloud.storage, run.dataset_id)
        charts = []
        for chart in draw_all(results, dataset.title):
            path = paths.results(folder, f"charts/{chart.name}.png")
            with suppress(AlreadyExists):
                cloud.storage.put_bytes(path, chart.png, "image/png")
            charts.append({"name": chart.name, "title": chart.title, "alt": chart.alt, "path": path})
    found = {"verdict": judge(head).model_dump(mode="json"), "headline": head.model_dump(mode="json")}
    with suppress(AlreadyExists):
        cloud.storage.create(paths.results(folder, "findings.json"), {**found, "charts": charts})
