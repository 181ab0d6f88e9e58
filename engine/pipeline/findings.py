"""Findings: what a training's results say, as a message needs it: verdict, numbers, charts. Made once, then read."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine import paths
from engine.charts.gallery import draw_all
from engine.cloud.cloud import Cloud
from engine.cloud.manifest import fetch_files
from engine.data.intake.units import CURRENCY_UNITS
from engine.data.records import read_dataset
from engine.errors import AlreadyExists
from engine.results.details import details
from engine.results.found import Drawn, Found, read_found
from engine.results.headline import headline
from engine.results.read import load_results
from engine.results.second_opinion import OPINION_FILE, read_opinion
from engine.results.verdict import judge
from engine.runs.run import Run


def write_findings(cloud: Cloud, run: Run, folder: str, manifest: Mapping[str, Any], *, source: str = "") -> Found:
    """Judge and draw the results in `folder`, beside them; `source` is named in the charts beside the dataset.

    Returns what is stored, by whichever call. Raises NotFound or BrokenState if they are damaged.
    """
    path = paths.results(folder, "findings.json")
    if (there := cloud.storage.read(path)) is not None:
        return read_found(there.body, path)
    with TemporaryDirectory() as local:
        fetch_files(cloud.storage, folder, manifest["files"], Path(local))
        results = load_results(Path(local) / "results")
        head = headline(results)
        dataset = read_dataset(cloud.storage, run.dataset_id)
        charts = []
        units = {column.name: column.unit for column in dataset.columns if column.unit in CURRENCY_UNITS}
        named = f"{dataset.title}, {source}" if source else dataset.title
        for chart in draw_all(results, named, units=units):
            picture = paths.results(folder, f"charts/{chart.name}.png")
            with suppress(AlreadyExists):
                cloud.storage.put_bytes(picture, chart.png, "image/png")
            said = {"name": chart.name, "title": chart.title, "alt": chart.alt, "place": chart.place}
            charts.append(Drawn(**said, path=picture))
        opinion = read_opinion(Path(local) / "results" / OPINION_FILE)
    found = Found(
        verdict=judge(head),
        headline=head,
        charts=tuple(charts),
        second_opinion=opinion,
        details=details(results.summary),
    )
    with suppress(AlreadyExists):
        cloud.storage.create(path, found)
        return found
    return read_found(cloud.storage.require(path, f"Run {run.id} has no findings.").body, path)
