"""The glossary: one sentence for each term, and no term in a thread that belongs to the details."""

import re

import pytest

from engine.results.calls import calls
from engine.results.glossary import GLOSSARY, Term, meaning, terms
from engine.results.verdict import judge
from tests.unit.test_calls import ROWS as CALLS
from tests.unit.test_reasons import ROWS as REASONS

# Words of statistics that a marketer need not know.
UNKNOWN = re.compile(
    r"posterior|\bdraws?\b|\brepeats?\b|window part|\bmiss(es)?\b|\bsettled\b|NRMSE|RSSD|R-hat|\bESS\b|\bchains?\b|"
    r"\b\d+_\d+_\d+\b|R²|Pareto|prior|\blog\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("term", GLOSSARY, ids=lambda term: term.name)
def test_each_term_has_one_sentence(term: Term) -> None:
    assert re.fullmatch(r"[A-Z][^.]*(\d\.\d[^.]*)*\.", term.meaning.replace("DECOMP.RSSD", "RSSD"))
    assert 20 < len(term.meaning) <= 200
    assert meaning(term.name) == term.meaning


def test_each_term_is_explained_once() -> None:
    assert len({term.name.lower() for term in GLOSSARY}) == len(GLOSSARY)
    assert {*terms("thread"), *terms("details")} == {*GLOSSARY}


@pytest.mark.parametrize("row", REASONS)
def test_no_reason_speaks_of_what_a_marketer_need_not_know(row: str) -> None:
    verdict = judge(REASONS[row][0])
    said = [verdict.sentence, *verdict.reasons, *(one.reason for one in verdict.calls)]
    assert [text for text in said if UNKNOWN.search(text)] == []


@pytest.mark.parametrize("row", CALLS)
def test_no_call_speaks_of_what_a_marketer_need_not_know(row: str) -> None:
    assert [one.reason for one in calls(CALLS[row][0]) if UNKNOWN.search(one.reason)] == []
