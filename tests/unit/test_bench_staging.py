"""The bench of staging runs, and what it prints is what was asked: rows, a mapping and a recipe applied."""

import json
import sys

import pytest

from bench import staging

pytestmark = pytest.mark.slow


def test_it_prints_its_figures_with_a_mapping_and_a_recipe_applied(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench.staging", "--rows", "8000"])
    staging.main()
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [run["rows"] for run in told["runs"]] == [8000, 32000]
    for run in told["runs"]:
        assert run["mapping"]["periods"] == 1092
        assert run["recipe"]["periods"] == 155
    assert told["rows_per_second_with_recipe"] > 0
