"""Doubts about the data: marked by their rules, told before a training, kept with it, repeated by the verdict."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import paths
from engine.data import rules
from engine.data.dataset import Dataset, Finding
from engine.data.quality_rules import OF_VALUES
from engine.data.trust import MOST, bears, doubts
from engine.errors import BadInput
from engine.model.__main__ import main as native
from engine.model.read.inputs import read_inputs
from engine.model.train import train
from engine.results.headline import Headline, headline
from engine.results.read import load_results
from engine.results.verdict import SHOWN, Level, judge
from engine.robyn.prepare import prepare as prepare_for_robyn
from engine.robyn.tables import type_tables
from tests.faults.service import TS, Service
from tests.made_results import made_results
from tests.training_folder import training_folder

GUESSED = Finding(
    code="number.ambiguous",
    grade="REVIEW",
    column="TV_COST",
    text="“16.007” in TV_COST was read as 16,007: in all 1,920,840, else 1,920.84.",
)
LEAK = Finding(
    code="driver.leakage",
    grade="REVIEW",
    column="carts",
    text="“carts” is nearly the KPI itself (r = 0.99).",
    trust=True,
)
FEW = Finding(code="rows.span", grade="REVIEW", text="60 weeks are less than two years.", trust=True)
ALIKE = Finding(
    code="drivers.correlated", grade="REVIEW", column="tv_S", where="tv_S and x", text="Both move as one.", trust=True
)
SPARSE = Finding(code="media.sparse", grade="REVIEW", column="ooh", text="“ooh” is 0 in 95% of the weeks.")
KNOWN = Finding(code="kpi.weekday", grade="INFO", text="It follows the week.", trust=True)


def head(*found: Finding, **changes: Any) -> Headline:
    good = headline(made_results(findings=doubts(found))).model_copy(update={"converged": True})
    return good.model_copy(update=changes)


def test_every_rule_on_values_is_known_as_one() -> None:
    """Else a doubt about another window would be carried along."""
    codes = set()
    for path in Path(rules.__file__).parent.glob("*.py"):
        texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
        codes |= {text for text in texts if isinstance(text, str) and re.fullmatch(r"[a-z_]+\.[a-z_]+", text)}
    assert codes == OF_VALUES


def test_only_what_bears_on_trust_is_a_doubt_each_once_the_gravest_first() -> None:
    assert doubts([FEW, SPARSE, LEAK, KNOWN, GUESSED, LEAK]) == (GUESSED, LEAK, FEW)
    many = [LEAK.model_copy(update={"column": f"x{i}"}) for i in range(200)]
    assert len(doubts(many)) == MOST


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param([GUESSED], ["The data came with a doubt: “16.007” in TV_COST was read as 16,007"], id="a guess"),
        pytest.param([LEAK], ["a doubt: “carts” is nearly the KPI itself (r = 0.99)."], id="leakage"),
        pytest.param([FEW], ["60 weeks are less than two years."], id="few rows"),
        pytest.param([LEAK, GUESSED], ["16,007", "nearly the KPI"], id="two, the gravest first"),
        pytest.param(
            [LEAK, GUESSED, FEW, ALIKE],
            ["16,007", "There are 2 more such doubts, about “tv_S” and the number of rows."],
            id="more: counted",
        ),
    ],
)
def test_a_doubt_makes_the_verdict_careful_and_is_told(found: list[Finding], words: list[str]) -> None:
    verdict = judge(head(*found))
    assert verdict.level is Level.CARE
    told = [reason for reason in verdict.reasons if "doubt" in reason]
    assert len(told) == min(len(found), 2)
    for text, reason in zip(words, told, strict=True):
        assert text in reason


def test_doubts_do_not_crowd_out_and_are_not_crowded_out() -> None:
    weak = {"rssd": 0.5, "iterations": 100, "agreement": 0.5, "nrmse": 0.2, "rsq": 0.6}
    many = [LEAK.model_copy(update={"column": f"x{i}"}) for i in range(30)]
    reasons = judge(head(*many, **weak)).reasons
    assert len(reasons) == SHOWN
    assert sum("nearly the KPI" in reason for reason in reasons) == 2
    assert "There are 28 more such doubts, about “x2”, “x3”, “x4”, “x5”, “x6” and others." in " ".join(reasons)


def test_what_the_model_says_itself_is_not_said_twice() -> None:
    assert "doubt" not in " ".join(judge(head(FEW, periods=40)).reasons)
    assert "doubt" not in " ".join(judge(head(ALIKE, indistinct=(("tv_S", "search_S"),))).reasons)


def test_the_day_of_the_week_comes_with_its_remedy() -> None:
    off = KNOWN.model_copy(update={"grade": "REVIEW", "remedy": "Turn “Day of the week” on."})
    assert "It follows the week. Turn “Day of the week” on." in judge(head(off)).reasons


@pytest.mark.parametrize(
    ("baseline", "words"),
    [
        pytest.param({"trend": 1.25, "holiday": -0.56}, "trend 125 % and holiday -56 %", id="beyond all there is"),
        pytest.param({"(Intercept)": 0.9, "price_index": -0.5}, "the base 90 % and price index -50 %", id="taken back"),
        pytest.param({"trend": 0.5, "season": -0.02, "promo": 0.1}, "", id="as usual"),
        pytest.param({"(Intercept)": 0.9, "competitor": -0.3}, "", id="a rival's share"),
    ],
)
def test_parts_that_cancel_each_other_out_are_told(baseline: dict[str, float], words: str) -> None:
    verdict = judge(head(baseline=baseline))
    assert any(code.startswith("parts.") for code in verdict.codes) == bool(words)
    assert words in " ".join(verdict.reasons)


def leaking(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(CARTS=(pd.to_numeric(frame["REVENUE"]) / 40 + 3).round(2).astype(str))


def leaking_folder(tmp_path: Path, **settings: Any) -> Path:
    context = ["PRICE_INDEX", "CARTS"]
    given = [GUESSED.model_dump(mode="json")]
    return training_folder(
        tmp_path / "in", leaking, context_vars=context, data_findings=given, iterations=40, **settings
    )


def test_a_training_tells_its_doubts_before_and_the_verdict_after(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    folder = leaking_folder(tmp_path)
    train(folder, tmp_path / "out", tell=told.append)
    assert any("“CARTS” is nearly the KPI itself" in said and "Leave it out" in said for said in told)
    assert any("16.007" in said for said in told)
    assert "“CARTS” is nearly the KPI" in (tmp_path / "out" / "robyn_console.log").read_text()
    reasons = " ".join(judge(headline(load_results(tmp_path / "out"))).reasons)
    assert "a doubt: “16.007” in TV_COST was read as 16,007" in reasons
    assert "a doubt: “CARTS” is nearly the KPI itself" in reasons


def test_robyn_gets_the_same_doubts_and_its_summary_repeats_them(tmp_path: Path) -> None:
    folder = leaking_folder(tmp_path)
    train(folder, tmp_path / "out")
    ours = json.loads((tmp_path / "out" / "results" / "summary.json").read_text())["findings"]
    assert {"number.ambiguous", "driver.leakage"} <= {one["code"] for one in ours}
    # What R leaves knows nothing of them; its input does.
    bare = json.loads((tmp_path / "out" / "results" / "summary.json").read_text())
    del bare["findings"]
    (tmp_path / "out" / "results" / "summary.json").write_text(json.dumps(bare))
    prepare_for_robyn(folder, tmp_path / "out" / "prepared")
    assert type_tables(tmp_path / "out") == []
    assert json.loads((tmp_path / "out" / "results" / "summary.json").read_text())["findings"] == ours


def test_sound_data_train_without_a_doubt(tmp_path: Path) -> None:
    assert read_inputs(training_folder(tmp_path / "in")).doubts == ()


@pytest.mark.parametrize(
    ("factor", "where"),
    [
        pytest.param(lambda n: np.where(np.arange(n) == 3, "sale", "none"), "2023-01-23", id="one event before"),
        pytest.param(lambda n: np.where(np.arange(n) < 10, 1, 0), "2023-01-02, 2023-01-09", id="a flag of numbers"),
        pytest.param(lambda n: np.where(np.arange(n) < 5, "a", "b"), "2023-01-02", id="another time's state"),
    ],
)
@pytest.mark.parametrize("trainer", ["native", "robyn"])
def test_a_category_whose_events_lie_outside_the_window_is_told_before_training(
    tmp_path: Path, factor: Any, where: str, trainer: str
) -> None:
    folder = training_folder(tmp_path / "in", lambda frame: frame.assign(PROMO_FLAG=factor(len(frame))))
    with pytest.raises(BadInput, match="PROMO_FLAG never changes in the window, 2023-07-03") as refused:
        read_inputs(folder) if trainer == "native" else prepare_for_robyn(folder, tmp_path / "for_r")
    assert where in refused.value.todo
    assert native([str(folder), str(tmp_path / "out")]) == 2


def staged_config(*found: Finding) -> dict[str, Any]:
    """The configuration of a run on a dataset with these findings."""
    service = Service()
    path = paths.dataset_manifest("fr", TS)
    dataset = Dataset.model_validate(service.fake.storage.look(path)).model_copy(update={"findings": found})
    service.fake.storage.put(path, dataset.model_dump_json().encode())
    run_id = service.submit().id
    service.drain(hours=0)
    return service.fake.storage.look(paths.job_config(service.run(run_id).ts)) or {}


def test_a_guess_at_the_intake_travels_with_the_run_and_doubts_of_another_window_do_not() -> None:
    config = staged_config(GUESSED, LEAK, SPARSE)
    assert [one["code"] for one in config["data_findings"]] == ["number.ambiguous"]
    assert all(bears(Finding.model_validate(one)) for one in config["data_findings"])
