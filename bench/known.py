"""Sets whose truth is known: generated ones, and folders that anybody made.

A folder holds `input_data.csv` or `.parquet` and `job_config.json`, as for a training, and `truth.json`:
`{"roas": {spend column: ROAS in the window}, "media_share": share of the KPI that paid media brought}`, if wanted with
`"family"`. A channel without effect has a ROAS of 0.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from engine.experiment.experiment import Experiment
from local.sample.truths import Truth, generate

DATA = ("input_data.csv", "input_data.parquet")


@dataclass(frozen=True)
class Known:
    """A set and its truth. Either made by `family` and `seed`, or a `folder`. config: what is changed in its own."""

    name: str
    family: str
    seed: int | None
    folder: Path | None
    config: tuple[tuple[str, Any], ...] = ()

    def write(self, into: Path) -> tuple[dict[str, float], float]:
        """Write data and configuration as a training reads them; return the true ROAS and media share."""
        into.mkdir(parents=True, exist_ok=True)
        if self.folder is None:
            truth = generate(self.family, self.seed or 0)
            truth.frame.to_csv(into / DATA[0], index=False)
            config, roas, share = as_the_form_would(truth), truth.roas, truth.media_share
        else:
            for name in DATA:
                if (self.folder / name).is_file():
                    shutil.copy(self.folder / name, into / name)
            config = json.loads((self.folder / "job_config.json").read_text())
            told = json.loads((self.folder / "truth.json").read_text())
            roas, share = told["roas"], told.get("media_share", float("nan"))
        (into / "job_config.json").write_text(json.dumps(config | dict(self.config)))
        return roas, share


def as_the_form_would(truth: Truth) -> dict[str, Any]:
    """A generated set's configuration with what the form chooses where nobody changes anything."""
    config = {name: value for name, value in truth.config.items() if name != "custom_hyperparameters"}
    fields = Experiment.model_fields
    return config | {name: fields[name].default for name in ("adstock", "selection", "hyperparameter_preset")}


def generated(families: Sequence[str], seeds: Sequence[int], config: dict[str, Any]) -> Iterator[Known]:
    """Yield the sets of each family for each seed."""
    for family in families:
        for seed in seeds:
            yield Known(f"{family}_{seed}", family, seed, None, tuple(config.items()))


def in_folders(parent: Path, match: str, config: dict[str, Any]) -> Iterator[Known]:
    """Yield the sets in the folders of `parent` whose names match, a pattern as for files."""
    for told in sorted(parent.glob("*/truth.json")):
        if fnmatch(told.parent.name, match):
            family = json.loads(told.read_text()).get("family", told.parent.name)
            yield Known(told.parent.name, family, None, told.parent, tuple(config.items()))
