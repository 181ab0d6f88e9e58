"""Names are known however they are typed."""

import pytest

from engine.names import alike, bare, quoted, readings, unwrapped


@pytest.mark.parametrize(
    "text",
    [
        *("Spring plan", "“Spring plan”", "„Spring plan“", "«Spring plan»", "*Spring plan*", "`Spring plan`"),
        *("'Spring plan'", "_Spring plan_", "~Spring plan~", '"Spring plan"', "‘Spring plan’", "“*Spring plan*”"),
        *("  Spring\u00a0plan ", "```Spring plan```", "\u200bSpring plan", "「Spring plan」", "(Spring plan)"),
        *("Spring plan.", "“Spring plan”.", "“Spring plan.”", "Spring plan…", "*Spring plan*!", "`Spring plan`,"),
    ],
)
def test_what_stands_around_a_name_is_no_part_of_it(text):
    assert "Spring plan" in readings(text)


@pytest.mark.parametrize(
    "text", ["*", "**", "“”", "...", "`", "Q1 (draft)", "a*b", "rock'n'roll", "x.", "(a) b", "_", "-", "Größe ÄÖ"]
)
def test_a_name_that_has_such_marks_itself_is_looked_for_first(text):
    assert next(readings(text)) == text
    assert bare(text)


def test_no_name_has_no_reading():
    assert list(readings("  \n")) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Größe", "GROSSE"),
        ("Größe", "größe"),
        ("Crème brûlée", "creme brulee"),
        ("Ångström", "angstrom"),
        ("Łódź", "lodz"),
        ("Öst & Väst", "ost vast"),
        ("İzmir", "izmir"),
        ("DE/AT plan", "de at plan"),
        ("Web  Shop", "web-shop"),
        ("Ёлка", "елка"),
        ("ＡＢＣ", "abc"),
        ("Αθήνα", "αθηνα"),
        ("Plan_1", "plan 1"),
    ],
)
def test_case_and_accents_do_not_count(one, other):
    assert alike(one) == alike(other)


def test_names_in_other_scripts_differ_and_are_none_of_them_empty():
    names = ["春季计划", "秋季计划", "خطة الربيع", "خطة الخريف", "Весенний план", "План", "ガス", "カス", "हिन्दी", "हद"]
    names += ["봄 계획", "가을 계획", "תוכנית", "🚀", "🚀🚀", "!!!", "plan", "план 2", "plan 2"]
    assert len({alike(name) for name in names}) == len(names)
    assert all(alike(name) for name in names)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("“Spring plan”", "Spring plan"),
        ("*Spring/2022*", "Spring/2022"),
        (" Spring plan ", "Spring plan"),
        ("“Spring” *plan*", "“Spring” *plan*"),
        ("Q1 (draft)", "Q1 (draft)"),
        ("*", "*"),
        ("", ""),
    ],
)
def test_a_new_name_loses_only_what_is_around_all_of_it(typed, name):
    assert unwrapped(typed) == name


def test_a_name_in_a_sentence_is_whole_unless_it_is_longer_than_a_line():
    assert quoted("Spring plan") == "“Spring plan”"
    assert quoted("a" * 1900) == f"“{'a' * 79}…”"
