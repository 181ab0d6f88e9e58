"""How findings and choices read: the column and the place once each, the reason before many names."""

import pytest

from bot.data.findings import finding_blocks, in_words, unused_blocks
from bot.data.offers import Pressed, made_before, mark, taken_back
from engine.data.dataset import Finding, Offer
from engine.errors import NotFound

COMMA = Offer(key="decimal:revenue", value="comma", label="Read the comma as decimal mark")


def note(text: str, column: str = "", where: str = "") -> Finding:
    return Finding(code="x.y", grade="REVIEW", column=column, text=text, where=where)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        pytest.param(note("Read as 1,000.", "revenue"), "*revenue*: Read as 1,000.", id="not named"),
        pytest.param(note("“Revenue” is 0.", "revenue"), "“Revenue” is 0.", id="named"),
        pytest.param(note("TV is small.", "tv_spend"), "TV is small.", id="named as people read it"),
        pytest.param(note("Only 3 rows.", "on"), "*on*: Only 3 rows.", id="a part of another word is no name"),
        pytest.param(note("Read as 0.", "a*b<c"), "*a*b&lt;c*: Read as 0.", id="any characters"),
        pytest.param(note("Row 9 holds totals.", where="row 9"), "Row 9 holds totals.", id="place in the text"),
        pytest.param(
            note("“a” and “b” are alike.", where="a and b"), "“a” and “b” are alike.", id="quoted in the text"
        ),
        pytest.param(note("A row repeats.", where="2022-01-03"), "A row repeats. _2022-01-03_", id="place beside it"),
    ],
)
def test_column_and_place_are_named_once(found: Finding, told: str) -> None:
    assert in_words(found) == f":large_yellow_circle: {told}"


def test_the_same_doubt_about_two_columns_says_which() -> None:
    two = [note("Numbers such as “1,000” can be read in two ways.", name) for name in ("revenue", "clicks")]
    assert [name in str(finding_blocks(two, "d")) for name in ("revenue", "clicks")] == [True, True]


def test_many_columns_without_a_role_are_told_after_their_reason_and_few_before_it() -> None:
    many = [f"m{n}" for n in range(287)]
    [section] = unused_blocks([*many, "note"], {**dict.fromkeys(many, "not used: says nothing"), "note": "holds text"})
    text = section["text"]["text"]
    assert text.index("says nothing") < text.index("m0")
    assert "(287)" in text
    assert all(name in text for name in many)
    assert "• *note*: not chosen (holds text)" in text


def test_a_choice_made_before_names_its_column() -> None:
    chosen = {COMMA.key: COMMA.label, "sheet": "Read sheet “Plan”", "decimal:tv": "Read tv with a comma"}
    made = made_before(chosen, {key: "x" for key in chosen}, ())
    assert list(made.values()) == [f"{COMMA.label} in “revenue”", "Read sheet “Plan”", "Read tv with a comma"]


@pytest.mark.parametrize(
    "forged",
    [
        Pressed("d", "decimal:revenue", "banana"),
        Pressed("d", "decimal:revenue", ""),
        Pressed("d", "nothing", "comma"),
        Pressed("d", "", ""),
        Pressed("d", mark="0" * 24),
    ],
)
def test_what_was_not_offered_cannot_be_chosen(forged: Pressed) -> None:
    with pytest.raises(NotFound, match="no longer on offer"):
        forged.offer([COMMA])


@pytest.mark.parametrize("offer", [COMMA, taken_back(COMMA.key)])
def test_what_was_offered_can_be_chosen_by_its_value_or_its_mark(offer: Offer) -> None:
    made = [COMMA, taken_back(COMMA.key)]
    assert Pressed("d", offer.key, offer.value).offer(made) == offer
    assert Pressed("d", mark=mark(offer)).offer(made) == offer
