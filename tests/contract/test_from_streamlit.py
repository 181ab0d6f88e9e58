"""Everything that the Streamlit app offers before a model runs has its place here, its command and its test."""

from docs.streamlit import PAGE, ROWS, marked, page, unknown_commands


def test_each_row_has_a_command_that_somebody_answers() -> None:
    assert all(row.commands for row in ROWS)
    assert unknown_commands() == []


def test_each_row_has_a_test_that_shows_it() -> None:
    tests = marked()
    assert [row.id for row in ROWS if not tests.get(row.id)] == []


def test_each_mark_names_a_row() -> None:
    assert set(marked()) - {row.id for row in ROWS} == set()


def test_a_row_is_named_once() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)


def test_the_page_is_as_the_code_and_the_marks_are() -> None:
    assert PAGE.read_text() == page(), "write it anew with `python -m docs.streamlit`"
