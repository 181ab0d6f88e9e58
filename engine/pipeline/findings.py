"""Findings: what a training's results say, as a message needs it: verdict, numbers, charts. Made once, then read."""

from pathlib import Path

from engine.charts.gallery import draw_all
from engine.cloud.cloud import Cloud
from engine.results.details import details
from engine.results.found import Drawn, Found
from engine.results.headline import headline
from engine.results.read import load_results
from engine.results.second_opinion import OPINION_FILE, read_opinion
from engine.results.verdict import judge
from engine.runs.findings import keep_findings, picture_of
from engine.runs.run import Run


def write_findings(cloud: Cloud, run: Run, folder: str, results: Path, *, source: str = "") -> Found:
    """Judge and draw what the training at `folder` left, whose files lie in `results`, on this machine.

    `source` is named in the charts beside the dataset. Returns what is kept, by whichever call: one request where it
    is this one. Raises BrokenState if the results break the contract.
    """
    read = load_results(results)
    head = headline(read)
    title = run.title or run.dataset_id
    named = f"{title}, {source}" if source else title
    charts = list(draw_all(read, named, units=run.units))
    drawn = (
        Drawn(name=one.name, title=one.title, alt=one.alt, place=one.place, path=picture_of(folder, one.name))
        for one in charts
    )
    found = Found(
        verdict=judge(head),
        headline=head,
        charts=tuple(drawn),
        second_opinion=read_opinion(results / OPINION_FILE),
        details=details(read.summary),
    )
    return keep_findings(cloud.storage, folder, found, [(one.name, one.png) for one in charts])
