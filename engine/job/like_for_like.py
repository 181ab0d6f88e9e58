"""The native trainer's answer to Robyn's own question, by the same rule and with the same adstock: like with like."""

import json
import logging
from pathlib import Path

from engine.errors import MmmError
from engine.results.read import Results, load_results

log = logging.getLogger("training_job")


def robyns_way(folder_in: Path, native: Results, robyn: Results, work: Path, *, workers: int) -> Results | None:
    """Return a native result by Robyn's rule with Robyn's adstock: the preview if it is one, else a training more.

    folder_in: what both were trained on. work: an empty folder. None where no such result comes out: then only the
    methods can be compared.
    """
    ours, theirs = native.summary, robyn.summary
    config = json.loads((folder_in / "job_config.json").read_text())
    if (ours.selection.method, ours.adstock) == ("robyn", theirs.adstock) and config.get("robyn_quirks", True):
        return native
    from engine.model.train import train

    into = work / "in"
    into.mkdir(parents=True, exist_ok=True)
    for path in folder_in.iterdir():
        if path.name != "job_config.json":
            (into / path.name).symlink_to(path.resolve())
    config |= {"search": "nevergrad", "selection": "robyn", "adstock": theirs.adstock, "robyn_quirks": True}
    (into / "job_config.json").write_text(json.dumps(config))
    try:
        train(into, work / "out", workers=workers)
        return load_results(work / "out")
    except MmmError as error:
        log.warning("no native answer by Robyn's rule: %s %s", error.what, error.detail)
        return None
