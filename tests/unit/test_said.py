"""The table of sentences in docs/model.md: every sentence that may be said, as it is said, and none besides."""

import json
import os
import re
from pathlib import Path

import pytest

from engine.results.budgets import advice
from engine.results.calls import calls
from engine.results.verdict import judge
from tests.heads import head
from tests.unit.test_budget_words import ROWS as BUDGETS
from tests.unit.test_calls import ROWS as CALLS
from tests.unit.test_reasons import ROWS as REASONS
from tests.unit.test_sentence import ROWS as SENTENCES

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "sentences.json"
ROW = re.compile(r"^\| `([a-z_.]+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)
PARTS = ("The sentence", "Its reasons", "The calls", "Budgets")


def said() -> dict[str, str]:
    """Every sentence by its row, as the made results have it said."""
    found = {row: judge(run).sentence for row, (run, *_) in SENTENCES.items()}
    for row, (run, *_) in REASONS.items():
        verdict = judge(run)
        found[row] = next(t for c, t in zip(verdict.codes, verdict.reasons, strict=True) if c == row.split(",")[0])
    for row, (run, *_) in CALLS.items():
        found[row] = next(one.reason for one in calls(run, usable=row != "test.verdict") if one.channel == "tv_S")
    found["act"] = calls(head())[0].reason
    return found | {row: advice(plan, head()) for row, (plan, *_) in BUDGETS.items()}


def documented() -> dict[str, str]:
    """By name, the sentence in the tables of docs/model.md that are about verdicts."""
    text = (ROOT / "docs" / "model.md").read_text()
    parts = {part.split("\n", 1)[0]: part for part in re.split(r"^###? ", text, flags=re.MULTILINE)}
    return {code: words for name in PARTS for code, words, _ in ROW.findall(parts[name])}


def test_each_sentence_is_as_it_was() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(said(), indent=1, ensure_ascii=False) + "\n")
    assert json.loads(GOLDEN.read_text()) == said(), "look at the difference, then UPDATE_GOLDEN=1"


def test_the_docs_name_every_sentence_and_none_besides() -> None:
    assert list(documented()) == list(dict.fromkeys(row.split(",")[0] for row in said()))


@pytest.mark.parametrize("code", list(dict.fromkeys(row.split(",")[0] for row in said())))
def test_the_docs_say_each_sentence_as_it_is_said(code: str) -> None:
    assert documented()[code] in said()[code]
