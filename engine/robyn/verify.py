"""Fit a model of the native trainer again in Robyn, with the same hyperparameters, and say how far apart they are."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import BadInput, NotFound, TrainingFailed
from engine.experiment.adstocks import in_robyn
from engine.process_tree import end, start
from engine.results.second_opinion import Verification, verified
from engine.results.told import told
from engine.robyn.command import REPOSITORY, environment
from engine.robyn.fitted import Fitted

if TYPE_CHECKING:
    import pandas as pd

    from engine.results.read import Results

SCRIPT = REPOSITORY / "r" / "verify.R"
TIME_FEATURES = "time_features.csv"
# One fit takes seconds; prophet's decomposition before it a minute at most.
TIMEOUT = 900.0
LOG_LINES = 5


class Refit(BaseModel):
    """`verification.json`, as r/verify.R writes it."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    model: str = Field(alias="solID")
    nrmse: float
    coef: dict[str, float]
    version: str = ""


def model_to_verify(results: "Results", model: str = "") -> Fitted:
    """Return the model of that name, else the chosen one.

    A chosen model that was made from the evidence of all (trial 0) is no single fit, so the search's best by
    error_score stands in for it. Raises NotFound, BadInput.
    """
    candidates = results.candidates
    if model and model not in set(candidates["solID"]):
        raise NotFound(f"There is no model {model} in {results.folder}.", "`candidates.parquet` lists the models.")
    row = results.candidate(model or results.chosen)
    if int(row["trial"]) == 0:
        if model:
            raise BadInput(
                f"Model {model} is made from the evidence of all models; no single fit has its numbers.",
                "Name one that the search found.",
            )
        found = candidates[candidates["trial"] > 0]
        if found.empty:
            raise BadInput("The search left no model that could be fitted again.")
        row = found.sort_values("error_score", kind="stable").iloc[0]
    return _fitted(results, row)


def _fitted(results: "Results", row: "pd.Series[Any]") -> Fitted:
    names = [
        name for name in results.summary.hyperparameters if name in row.index and name not in ("lambda", "train_size")
    ]
    share = float(row["train_size"]) if "train_size" in row.index else 1.0
    return Fitted(
        model=str(row["solID"]),
        chosen=str(row["solID"]) == results.chosen,
        hyperparameters={name: float(row[name]) for name in names},
        penalty=float(row["lambda"]),
        train_size=share,
    )  # fmt: skip


def verify(folder_in: Path, results: "Results", work: Path, *, model: str = "", workers: int = 1) -> Verification:
    """Fit one model again in Robyn. `work` is a folder for what passes between us and R.

    Both fits have Robyn's time effects: like with like. A model that Robyn cannot make, by its adstock or by
    corrections of Robyn, is first fitted natively in Robyn's way. Raises BadInput where the person can mend it,
    TrainingFailed where R does not answer.
    """
    from engine.robyn.stand_in import stand_in

    found = model_to_verify(results, model)
    corrected = told(folder_in / "job_config.json").get("robyn_quirks") is False
    stands_in = corrected or in_robyn(results.summary.adstock) != results.summary.adstock
    fitted = stand_in(folder_in, found).fitted if stands_in else found
    refit = _refit(folder_in, fitted, work, workers)
    time = work / "out" / TIME_FEATURES
    ours = stand_in(folder_in, fitted, time if time.is_file() else None)
    if not stands_in and ours.apart is None:
        return _as_reported(results, fitted, refit)
    return verified(
        model=found.model,
        chosen=found.chosen and not stands_in,
        version=refit.version,
        nrmse=(ours.nrmse, refit.nrmse),
        native=ours.coefficients,
        robyn=refit.coef,
        shares=ours.shares,
    ).model_copy(update={"stands_in": stands_in, "time_apart": ours.apart})


def _as_reported(results: "Results", fitted: Fitted, refit: Refit) -> Verification:
    """Hold Robyn's fit against the numbers of the results, where R left no time effects to fit with."""
    ours = results.model_of(fitted.model)
    return verified(
        model=fitted.model,
        chosen=fitted.chosen,
        version=refit.version,
        nrmse=(float(results.candidate(fitted.model)["nrmse"]), refit.nrmse),
        native={str(name): float(value) for name, value in ours["coef"].items()},
        robyn=refit.coef,
        shares={str(name): float(value) for name, value in ours["xDecompPerc"].items()},
    )


def _refit(folder_in: Path, fitted: Fitted, work: Path, workers: int) -> Refit:
    if shutil.which("Rscript") is None:
        raise TrainingFailed("There is no Rscript on this machine.", "Install R and Robyn, or use the training image.")
    candidate, out = work / "candidate.json", work / "out"
    out.mkdir(parents=True, exist_ok=True)
    (out / TIME_FEATURES).unlink(missing_ok=True)
    asked = {"solID": fitted.model, "hyperparameters": dict(fitted.hyperparameters)}
    candidate.write_text(json.dumps({**asked, "lambda": fitted.penalty, "train_size": fitted.train_size}))
    command = ["Rscript", str(SCRIPT), str(folder_in), str(candidate), str(out)]
    fit = start(command, environment(workers), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said, _ = fit.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired as error:
        raise TrainingFailed(f"Robyn did not fit the model within {TIMEOUT / 60:.0f} minutes.") from error
    finally:
        # Not only R: whatever it has started, too.
        end(fit)
    if fit.returncode:
        raise _refused(fit.returncode, said, out)
    try:
        return Refit.model_validate_json((out / "verification.json").read_bytes())
    except (OSError, ValidationError) as error:
        raise TrainingFailed("Robyn left no answer that can be read.", detail=str(error)) from error


def _refused(code: int, said: str, out: Path) -> BadInput | TrainingFailed:
    last = "\n".join(said.strip().splitlines()[-LOG_LINES:])
    try:
        told = json.loads((out / "error.json").read_text())
        what, todo = str(told["what"]), str(told.get("todo", ""))
    except (OSError, ValueError, KeyError):
        what, todo = f"Robyn could not fit the model (exit code {code}).", ""
    kind = BadInput if code == 2 else TrainingFailed
    return kind(what, todo, detail=last)
