"""What both trainers say of the table of inputs: `python -m tests.robyn_answers` records Robyn's answers.

Needs R with Robyn 3.12.1; takes some minutes. The record holds numbers only: what was fitted with what, and Prophet's
columns, with which the native trainer fits again.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from engine.errors import BadInput
from engine.model.read.inputs import read_inputs
from engine.results.summary import Window
from engine.robyn.command import REPOSITORY, environment
from engine.robyn.fitted import Fitted
from engine.robyn.installed import VERSION
from engine.robyn.stand_in import StandIn, stand_in
from engine.robyn.verify import TIME_FEATURES
from tests.made_results import made_results
from tests.robyn_inputs import EARLIER, INPUTS, Input

MANY = REPOSITORY / "r" / "tests" / "verify_all.R"
RECORDED = Path(__file__).parent / "data" / "robyn_inputs.json"
# Ridge penalty of all fits, and the share that is fitted where rows are held back.
PENALTY, TRAINED = 20_000.0, 0.65
DIGITS = 7


@cache
def robyn_is_here() -> bool:
    """Whether R holds the real Robyn; its double in our tests depends on nothing."""
    if shutil.which("Rscript") is None:
        return False
    asked = 'cat(as.character(packageVersion("Robyn")), packageDescription("Robyn")[["Imports"]])'
    done = subprocess.run(["Rscript", "--vanilla", "-e", asked], capture_output=True, text=True, check=False)
    return done.returncode == 0 and VERSION in done.stdout and "glmnet" in done.stdout


def folder_of(one: Input, root: Path) -> Path:
    """Write an input, and where it goes on from an earlier training, that training beside it."""
    if one.earlier and not (root / "earlier" / "out").is_dir():
        _leave_a_result(EARLIER.write(root / "earlier" / "in"), root / "earlier" / "out")
    return one.write(root / one.name)


def _leave_a_result(folder: Path, out: Path) -> None:
    """Write of a result what a refresh reads, of one model."""
    inputs, model = read_inputs(folder), native_answer(folder)
    names = list(model.fitted.hyperparameters)
    summary = made_results().summary.model_copy(
        update={
            "chosen": model.fitted.model,
            "dep_var": inputs.config.dep_var,
            "window": Window(
                start=str(inputs.window[0]), end=str(inputs.window[-1]), periods=inputs.rows.stop - inputs.rows.start
            ),
            "hyperparameters": {name: inputs.ranges[name] for name in names},
        }
    )
    variables = [
        {"solID": model.fitted.model, "rn": name, "xDecompPerc": share, "coef": model.coefficients[name],
         **dict.fromkeys(("roi_total", "cpa_total", "range_low", "range_high"))}
        for name, share in model.shares.items()
    ]  # fmt: skip
    candidate = {"solID": model.fitted.model, "trial": 1, "lambda_hp": 0.1, **model.fitted.hyperparameters}
    out.mkdir(parents=True)
    (out / "summary.json").write_text(summary.model_dump_json())
    pd.DataFrame([candidate]).to_parquet(out / "candidates.parquet")
    pd.DataFrame(variables).to_parquet(out / "coefficients.parquet")


def native_answer(
    folder: Path, hyperparameters: Mapping[str, float] | None = None, time: Path | None = None
) -> StandIn:
    """The native fit, by default with the middle of every range. Raises BadInput where the input is refused."""
    config = read_inputs(folder).config
    share = TRAINED if config.ts_validation else 1.0
    return stand_in(folder, Fitted("1_1_1", True, hyperparameters or {}, PENALTY, share), time)


def robyns_answers(asked: Mapping[Path, Fitted], work: Path) -> dict[Path, dict[str, Any]]:
    """What Robyn says of each folder, with given hyperparameters: the model, or a refusal (`what`, `todo`).

    All are fitted in one process of R, as loading Robyn takes longer than a fit.
    """
    plan = []
    for number, (folder, fitted) in enumerate(asked.items()):
        out, candidate = work / f"out_{number}", work / f"candidate_{number}.json"
        out.mkdir(parents=True)
        given = {"solID": fitted.model, "hyperparameters": dict(fitted.hyperparameters)}
        candidate.write_text(json.dumps({**given, "lambda": fitted.penalty, "train_size": fitted.train_size}))
        plan.append({"in": str(folder), "candidate": str(candidate), "out": str(out)})
    (work / "plan.json").write_text(json.dumps(plan))
    with (work / "console.log").open("w") as console:
        subprocess.run(
            ["Rscript", str(MANY), str(work / "plan.json")],
            env=environment(1),
            stdout=console,
            stderr=subprocess.STDOUT,
            check=True,
        )
    return {folder: _told(Path(one["out"]), fitted) for (folder, fitted), one in zip(asked.items(), plan, strict=True)}


def _told(out: Path, fitted: Fitted) -> dict[str, Any]:
    """What Robyn left of one fit."""
    if (out / "exit").read_text().strip() != "0":
        return dict(json.loads((out / "error.json").read_text()))
    told = json.loads((out / "verification.json").read_text())
    table = pd.read_csv(out / TIME_FEATURES)
    return {
        "hyperparameters": dict(fitted.hyperparameters),
        "lambda": fitted.penalty,
        **{name: told[name] for name in ("nrmse", "window", "coef", "xDecompPerc")},
        "time": {str(name): [_short(value) for value in table[name]] for name in table},
    }


def asked_of_robyn(folder: Path) -> Fitted:
    """What both fit. Of an input that is refused nothing is fitted."""
    try:
        return native_answer(folder).fitted
    except BadInput:
        return Fitted("1_1_1", True, {}, PENALTY, 1.0)


def recorded() -> dict[str, dict[str, Any]]:
    return dict(json.loads(RECORDED.read_text()))


def write_time(answer: Mapping[str, Any], folder: Path) -> Path:
    """Put Prophet's columns of an answer into a file."""
    path = folder / TIME_FEATURES
    pd.DataFrame(answer["time"]).to_csv(path, index=False)
    return path


def _short(value: Any) -> Any:
    return value if isinstance(value, str) else float(f"{value:.{DIGITS}g}")


def main() -> int:
    """Ask Robyn about every input, or those that are named, and write the record."""
    wanted = sys.argv[1:]
    answers = recorded() if wanted and RECORDED.is_file() else {}
    if not robyn_is_here():
        print(f"R holds no Robyn {VERSION}.")
        return 1
    asked = [one for one in INPUTS if not wanted or one.name in wanted]
    with tempfile.TemporaryDirectory() as root:
        folders = {one.name: folder_of(one, Path(root)) for one in asked}
        said = robyns_answers({folder: asked_of_robyn(folder) for folder in folders.values()}, Path(root) / "work")
        answers |= {name: said[folder] for name, folder in folders.items()}
    named = [one.name for one in INPUTS if one.name in answers]
    lines = [f"{json.dumps(name)}: {json.dumps(answers[name], ensure_ascii=False)}" for name in named]
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
