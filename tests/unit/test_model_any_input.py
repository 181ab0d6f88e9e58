"""Whatever stands in a trainer's folder: it is trained on or refused with a message, never with a traceback."""

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import BadInput
from engine.experiment.calibration import LiftTest
from engine.experiment.job_config import JobConfig, parse_job_config, understand
from engine.model.read.inputs import read_inputs
from tests.training_folder import CONFIG, training_folder, weeks

pytestmark = pytest.mark.slow

WORDS = st.sampled_from(
    ["", "auto", "TV_COST", "FACEBOOK_COST", "REVENUE", "DATE", "trend", "holiday", "2024-01-01", "2023-13-45", "UK",
     "weibull_pdf", "TV_COST+OOH_COST", "immediate", "[0.1, 0.2]", "ﬀ", "last_0", "\0"]
)  # fmt: skip
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([0, 1, 10**400, 0.5, -1]))
PLAIN = st.one_of(st.none(), st.booleans(), NUMBERS, WORDS)
KEYS = st.sampled_from([*JobConfig.model_fields, *LiftTest.model_fields, "plan", "periods", "ds", "results",
                        "TV_COST", "TV_COST_alphas", "lambda", "alphas_min", "TV_COST_penalty"])  # fmt: skip
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)), max_leaves=8
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_any_content_is_understood_in_part(content: Any) -> None:
    config, problems = understand(content)
    assert isinstance(config, JobConfig)
    assert all(isinstance(said, str) and said for said in problems)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, ANYTHING, max_size=4))
def test_one_wrong_key_does_not_hide_the_others(changes: dict[str, Any]) -> None:
    config, problems = understand({**CONFIG, **changes})
    assert isinstance(config, JobConfig)
    if not problems:
        assert parse_job_config(config.model_dump(mode="json")) == config


@QUICK
@given(st.dictionaries(KEYS, ANYTHING, min_size=1, max_size=3))
def test_any_settings_are_taken_or_refused(changes: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(BadInput):
        read_inputs(training_folder(Path(folder), **changes))


CELLS = st.one_of(WORDS, NUMBERS.map(str), st.text(st.characters(exclude_categories=["Cs"]), max_size=5))


@QUICK
@given(
    st.lists(
        st.tuples(st.integers(0, len(weeks()) - 1), st.sampled_from(list(weeks().columns)), CELLS),
        min_size=1,
        max_size=4,
    )
)
def test_any_cells_are_taken_or_refused(cells: list[tuple[int, str, str]]) -> None:
    def change(frame: Any) -> Any:
        for row, column, value in cells:
            frame.loc[row, column] = value
        return frame

    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(BadInput):
        read_inputs(training_folder(Path(folder), change))


@QUICK
@given(st.binary(max_size=60), st.sampled_from(["input_data.csv", "input_data.parquet", "job_config.json"]))
def test_any_bytes_are_refused(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = training_folder(Path(made))
        (folder / name).write_bytes(content)
        with pytest.raises(BadInput):
            read_inputs(folder)


def test_the_folder_that_is_changed_here_can_be_trained_on(tmp_path: Path) -> None:
    folder = training_folder(tmp_path)
    assert json.loads((folder / "job_config.json").read_text())["dep_var"] == read_inputs(folder).config.dep_var
