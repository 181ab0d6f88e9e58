"""A native model held against Robyn's fit of it: with the same time effects, and with every variable."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.robyn import verify as asked
from engine.robyn.fitted import Fitted
from engine.robyn.verify import Refit, verify
from tests.robyn_answers import PENALTY, recorded, write_time
from tests.robyn_inputs import INPUTS

ODD = next(one for one in INPUTS if one.name == "one begins another")


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Verify with Robyn's recorded answer, its coefficients changed as told."""
    theirs = recorded()[ODD.name]

    def ask(*without: str) -> Any:
        def refit(folder_in: Path, fitted: Fitted, work: Path, workers: int) -> Refit:
            (work / "out").mkdir(parents=True)
            write_time(theirs, work / "out")
            coef = {name: value for name, value in theirs["coef"].items() if name not in without}
            return Refit(solID=fitted.model, nrmse=theirs["nrmse"], coef=coef, version="3.12.1")

        monkeypatch.setattr(asked, "_refit", refit)
        given = Fitted("1_1_1", True, theirs["hyperparameters"], PENALTY, 1.0)
        monkeypatch.setattr(asked, "model_to_verify", lambda results, model: given)
        results = cast(Any, SimpleNamespace(summary=SimpleNamespace(adstock="geometric")))
        return verify(ODD.write(tmp_path / "in"), results, tmp_path / "work")

    return ask


def test_both_fits_have_robyns_time_effects_and_it_is_told_how_far_ours_lie_from_them(found: Any) -> None:
    check = found()
    assert (check.chosen, check.stands_in, check.missing) == (True, False, ())
    assert check.alike and check.largest.difference < 1e-5
    assert 0 < check.time_apart < 2e-3


def test_a_channel_that_robyn_lost_makes_another_model(found: Any) -> None:
    check = found("tv S")
    assert check.missing == ("tv S",) and not check.alike
