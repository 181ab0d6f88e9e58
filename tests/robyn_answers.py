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
from engine.robyn.command import environment
from engine.robyn.fitted import Fitted
from engine.robyn.installed import VERSION
from engine.robyn.stand_in import StandIn, stand_in
from engine.robyn.verify import SCRIPT, TIME_FEATURES
from tests.made_results import made_results
from tests.robyn_inputs import EARLIER, INPUTS, Input

RECORDED = Path(__file__).parent / "data" / "robyn_inputs.json"
# Ridge penalty of all fits, and the share that is fitted where rows are held back.
PENALTY, TRAINED = 20_000.0, 0.65
DIGITS = 9


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


def robyns_answer(folder: Path, fitted: Fitted, work: Path) -> dict[str, Any]:
    """What Robyn says of an input, with given hyperparameters: the model, or a refusal (`what`, `todo`)."""
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    asked = {"solID": fitted.model, "hyperparameters": dict(fitted.hyperparameters)}
    asked |= {"lambda": fitted.penalty, "train_size": fitted.train_size}
    (work / "candidate.json").write_text(json.dumps(asked))
    command = ["Rscript", str(SCRIPT), str(folder), str(work / "candidate.json"), str(out)]
    done = subprocess.run(command, env=environment(1), capture_output=True, text=True, check=False)
    if done.returncode == 2:
        return dict(json.loads((out / "error.json").read_text()))
    if done.returncode:
        raise RuntimeError(f"{folder.name}: {(done.stdout + done.stderr)[-2000:]}")
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
    with tempfile.TemporaryDirectory() as root:
        for one in INPUTS:
            if wanted and one.name not in wanted:
                continue
            folder = folder_of(one, Path(root))
            answers[one.name] = robyns_answer(folder, asked_of_robyn(folder), Path(root) / "work")
            print(one.name, answers[one.name].get("nrmse", answers[one.name].get("what")), flush=True)
    named = [one.name for one in INPUTS if one.name in answers]
    lines = [f"{json.dumps(name)}: {json.dumps(answers[name], ensure_ascii=False)}" for name in named]
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
