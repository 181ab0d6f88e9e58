"""The page on data: each row names a test, and the test is there."""

import re
from pathlib import Path

from tests.contract.test_docs import ROOT

PAGE = ROOT / "docs" / "data.md"


def rows() -> list[list[str]]:
    """The cells of every row of a table, without its head."""
    lines = PAGE.read_text().splitlines()
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines if line.startswith("|")]
    return [row for row in cells if row[-1] != "test" and not set(row[0]) <= set("-")]


def missing(named: str) -> bool:
    name, _, function = named.strip("`").partition("::")
    found = list((ROOT / "tests").rglob(name))
    return not (
        len(found) == 1 and (not function or re.search(rf"^(async )?def {function}\(", found[0].read_text(), re.M))
    )


def test_each_row_names_a_test_that_is_there() -> None:
    named = [(row[0], row[-1]) for row in rows()]
    assert len(named) > 40
    assert [one for one in named if missing(one[1])] == []


def test_a_test_that_is_not_there_is_noticed() -> None:
    assert missing("`test_docs_data.py::test_of_nothing`")
    assert missing("`test_nothing.py`")
    assert not missing(f"`{Path(__file__).name}::test_each_row_names_a_test_that_is_there`")
