"""Text that is measured, broken into lines and shown in fonts that have every character of it."""

import unicodedata
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from engine.charts.fonts import families, isolated, readable
from engine.charts.lines import Face, balanced, clusters, width, wrapped
from engine.charts.style import FULL, PHONE
from tests.name_sets import LONG, NAME_SETS

FACE = Face(11)
ROOM = 1.6
EVERY_NAME = [name for names in NAME_SETS.values() for name in names]


def bare(text: str) -> str:
    """A text without blanks and marks of direction."""
    return "".join(one for one in text if unicodedata.category(one) != "Cf" and not one.isspace())


@pytest.mark.parametrize("name", EVERY_NAME)
def test_a_name_in_lines_is_whole_and_no_line_is_too_wide(name: str) -> None:
    text = f"{isolated(readable(name))} is ahead: ROAS 3.8"
    lines = wrapped(text, ROOM, FACE)
    assert bare("".join(lines)) == bare(text)
    assert all(width(line, FACE) <= ROOM for line in lines)


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Co", "Cn")), min_size=1, max_size=60))
def test_any_text_at_all_is_shown_without_a_missing_glyph(text: str) -> None:
    shown = readable(text)
    assert shown.strip() == shown != ""
    assert readable(shown) == shown
    lines = wrapped(isolated(shown), ROOM, FACE)
    # One character alone may be wider: some scripts have very long ones.
    assert all(width(line, FACE) <= ROOM or len(clusters(bare(line))) == 1 for line in lines)


def test_format_characters_leave_no_missing_glyph() -> None:
    every = [one for one in map(chr, range(0x110000)) if unicodedata.category(one) == "Cf"]
    assert len(every) > 100
    for one in every:
        wrapped(readable(f"a{one}b"), ROOM, FACE)


def test_a_missing_glyph_is_seen_by_these_tests() -> None:
    figure = Figure()
    canvas = FigureCanvasAgg(figure)
    text = figure.text(0, 0, "\ua98f", fontproperties=FACE.properties("a"))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        text.get_window_extent(canvas.get_renderer())  # type: ignore[no-untyped-call]
    assert "missing from font" in str(told[0].message)
    assert readable("\ua98f") == "[javanese]"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ("one two three",)),
        ("the first half of all", ("the first half of", "all")),
        ("connected-tv-of-the-group", ("connected-tv-of-", "the-group")),
        ("it is all about 38 %", ("it is all about", "38 %")),
        ("電視廣告、網路廣告、報紙", ("電視廣告、網路廣", "告、報紙")),
        ("", ("",)),
    ],
)
def test_lines_are_broken_where_people_break_them(text: str, lines: tuple[str, ...]) -> None:
    assert wrapped(text, 1.25, FACE) == lines


def test_a_name_that_takes_more_lines_than_there_are_loses_its_middle() -> None:
    lines = wrapped(LONG, ROOM, FACE, 3)
    assert len(lines) == 3
    assert lines[0].startswith("Paid") and lines[-1].endswith("regions")
    assert sum(line.count("…") for line in lines) == 1
    assert "…" not in "".join(wrapped(LONG, ROOM, FACE, 12))


def test_every_name_of_a_hundred_characters_is_whole_in_every_size() -> None:
    for size in (FULL, PHONE):
        side = size.room - 1.2
        assert "…" not in "".join(wrapped(LONG, side, size.text, size.lines))


def test_a_name_read_from_the_right_goes_on_on_the_next_line_in_its_own_direction() -> None:
    lines = wrapped(f"{isolated('إعلانات البحث المدفوعة في كل المناطق')} is ahead", ROOM, FACE)
    assert len(lines) >= 2
    assert lines[0].startswith("\u200e\u2068") and lines[0].endswith("\u2069")
    assert lines[1].startswith("\u200e\u2067")


def test_titles_leave_no_word_alone_on_the_last_line() -> None:
    text = "The model follows 91 % of the ups and downs of revenue"
    greedy, even = wrapped(text, 4.6, FULL.title), balanced(text, 4.6, FULL.title)
    assert len(even) == len(greedy)
    assert min(width(line, FULL.title) for line in even) >= min(width(line, FULL.title) for line in greedy)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc", "a b c"),
        ("\u202egnikcab\u202c", "gnikcab"),
        ("ꦗꦮ TV", "[javanese] TV"),
        ("\U000f0000", "[?]"),
        ("  ", "?"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
    ],
)
def test_what_cannot_be_shown_is_named(text: str, shown: str) -> None:
    assert readable(text) == shown


def test_our_own_fonts_come_first_and_others_only_where_they_are_needed() -> None:
    assert families("TV: 3.8 € über") == ("Chart Sans",)
    assert families("TV 電視 😀 שלום") == ("Chart Sans", "Chart CJK", "Chart Emoji", "Chart Hebrew")
    assert families("a → b")[-1] == "DejaVu Sans"


def test_characters_are_counted_as_people_count_them() -> None:
    assert clusters("e\u0301🇩🇪👍🏽👨‍👩‍👧1") == ["e\u0301", "🇩🇪", "👍🏽", "👨‍👩‍👧", "1"]
