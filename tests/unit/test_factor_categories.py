"""Factors are encoded as Robyn encodes them, or against their usual category; and orders are R's."""

import re
from collections import Counter

import numpy as np
import pytest

from engine.errors import BadInput
from engine.model.read.categories import coded, one_hot, put_together_notes
from engine.model.read.collation import collation_key
from engine.model.read.inputs import read_inputs
from engine.model.read.prophet import decompose
from tests.training_folder import training_folder

# As R sorts them: sort() after icuSetCollate(locale = "en_US"), R 4.2.
IN_RS_ORDER = [
    ["_", "_#x", "_+y", "_1", "_ä", "_a b", "_a_b", "_a-b", "_a1", "_a10", "_a2", "_ab", "_Black Friday",
     "_Cyber Monday", "_e", "_é", "_f", "_na", "_NA", "_none", "_ss", "_ß", "_st", "_yes", "_zed", "_Zed"],
    [" ", "_", "-", ",", ";", ":", "!", "?", ".", "'", '"', "(", ")", "[", "]", "{", "}", "@", "*", "/", "\\", "&",
     "#", "%", "`", "^", "+", "<", "=", ">", "|", "~", "$", "0", "9", "a", "A", "b", "B"],
]  # fmt: skip


@pytest.mark.parametrize("ordered", IN_RS_ORDER, ids=["words", "signs"])
def test_texts_are_sorted_as_r_sorts_them(ordered: list[str]) -> None:
    assert sorted(sorted(ordered), key=collation_key) == ordered


def columns(values: list[str], *, quirks: bool = True) -> list[str]:
    return [name.removeprefix("f_") for name in one_hot("f", values, quirks=quirks)]


MANY = [level for k, level in enumerate("abcdefghijklm") for _ in range(20 - k)]


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (["no", "yes", "no", "no"], ["yes"]),
        (["none", "Promo", "none", "none"], ["Promo"]),
        (["Zoo", "ant", "ant", "Zoo"], ["Zoo"]),
        (["10", "9", "9", "9"], ["10"]),
        (["01", "1.0", "1", "1"], ["01", "1"]),
        (["none", "Black Friday", "none", "Cyber Monday", "none"], ["Black Friday", "Cyber Monday"]),
        (["a", "B", "c", "a", "B", "c"], ["a", "B"]),
        (["Zebra", "apple", "Mango"] * 4, ["apple", "Mango"]),
        (["1", "2", "10"] * 4, ["1", "10"]),
        (MANY, [*"abcdefghij"]),
    ],
    ids=["two", "case", "case the other way", "two numbers", "one number in three ways", "three", "case does not count",
         "capitals", "numbers as texts", "beyond ten"],
)  # fmt: skip
def test_robyns_columns_of_a_factor(values: list[str], kept: list[str]) -> None:
    assert columns(values) == kept


def test_beyond_ten_the_rarest_are_one_category() -> None:
    values = [*(MANY * 2), "OTHER", "zz"]
    found = one_hot("f", values, quirks=True)
    # `OTHER` stands between k and z: no longer the last, it has a column; the last of those that stay has none.
    assert "f_k" not in found and list(found)[-1] == "f_j"
    late = [level.replace("a", "zz") for level in MANY]
    found = one_hot("f", late, quirks=True)
    assert "f_OTHER" in found and "f_zz" not in found
    assert found["f_OTHER"].sum() == sum(20 - k for k in (10, 11, 12))


def test_of_equally_frequent_ones_those_first_by_code_stay() -> None:
    values = [level for level in [*"abcdefghi", "Z", "Y", "j"] for _ in range(3)]
    found = one_hot("f", values, quirks=True)
    # Capitals come first by code: Y and Z are among the ten, i and j are not; the last in R's order has no column.
    assert set(found) == {f"f_{level}" for level in [*"abcdefgh", "OTHER", "Y"]}


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (["no", "yes", "no", "no"], ["yes"]),
        (["yes", "yes", "no", "yes"], ["no"]),
        (["none", "Black Friday", "none", "Cyber Monday"], ["Black Friday", "Cyber Monday"]),
        (MANY, [*"bcdefghijklm"]),
        (["x", "y", "z"], ["x", "y"]),
    ],
)
def test_corrected_categories_are_compared_with_the_usual_one(values: list[str], kept: list[str]) -> None:
    assert columns(values, quirks=False) == kept


def test_columns_are_ones_where_the_category_is() -> None:
    [column] = one_hot("f", ["no", "yes", "no"], quirks=True).values()
    assert column.tolist() == [0, 1, 0]


# --- what R gets: names of categories of which lares makes the same columns, in whatever language it sorts


def as_lares(values: list[str]) -> set[tuple[float, ...]]:
    """The columns that lares::ohse makes of names as we give them, by the order of their codes."""
    levels = sorted(set(values))
    if len(levels) == 2:
        kept = levels[1:]
    else:
        if len(levels) > 10:
            often = [level for level, _ in sorted(Counter(values).items(), key=lambda one: (-one[1], one[0]))[:10]]
            values = [value if value in often else "OTHER" for value in values]
        kept = sorted(set(values))[:-1]
    return {tuple(float(value == level) for value in values) for level in kept}


ELEVEN = [level for k, level in enumerate("abcdefghijk") for _ in range(14 - k)]
CODED = {
    "two": ["no", "yes", "no", "no"],
    "two numbers": ["10", "9", "9", "9"],
    "three with blanks": ["none", "Black Friday", "none", "Cyber Monday", "none"],
    "signs and accents": ["b-c", "é ü", "a.b", "b-c", "é ü"],
    "kept as texts": ["01", "1.0", "1", "1", "01"],
    "bounds of Prophet": ["x_lower", "x_UPPER", "y", "y", "y"],
    "eleven": ELEVEN,
    "eleven, the rarest first": [level.replace("k", "A") for level in ELEVEN],
    "thirteen": MANY,
    "thirteen, OTHER among the last": [level.replace("a", "zz") for level in MANY],
    "thirteen with an OTHER": [level.replace("b", "OTHER") for level in MANY],
}


@pytest.mark.parametrize("values", CODED.values(), ids=CODED)
def test_robyn_gets_names_of_which_it_makes_the_same_columns(values: list[str]) -> None:
    names = coded(values)
    assert all(re.fullmatch("[A-Z][0-9]*", name) for name in names)
    assert as_lares(names) == {tuple(column) for column in one_hot("f", values, quirks=True).values()}


def test_a_factor_with_a_category_for_nearly_every_row_is_refused(tmp_path) -> None:
    """Robyn makes no column of it, and then breaks off at a column without variation."""
    folder = training_folder(tmp_path, lambda frame: frame.assign(PROMO_FLAG=[f"w{k}" for k in range(len(frame))]))
    with pytest.raises(BadInput, match="PROMO_FLAG has a category of its own in nearly every row: leave it out"):
        read_inputs(folder)


def test_what_is_taken_together_is_said() -> None:
    [together] = put_together_notes({"promo": MANY, "week": ["a", "b"] * 20})
    assert "13 categories: the 3 rarest count as one, OTHER" in together
    [one] = put_together_notes({"promo": [level for level in "abcdefghijk" for _ in range(3)]})
    assert "the rarest counts as OTHER" in one


def test_a_factor_takes_only_its_own_effects(tmp_path) -> None:
    """Robyn adds up what begins alike, `ev` and `events`; it gets names that do not."""

    def two(frame):
        often, rare = np.arange(len(frame)) % 3, np.arange(len(frame)) % 7
        sales = frame["REVENUE"].astype(float) + 300_000 * (often == 1) + 200_000 * (rare == 1)
        return frame.assign(ev=np.where(often == 1, "yes", "no"), events=np.where(rare == 1, "yes", "no"),
                            REVENUE=sales.astype(str))  # fmt: skip

    folder = training_folder(tmp_path, two, prophet_vars=["trend"], factor_vars=["ev", "events"])
    found = decompose(read_inputs(folder)).factors
    assert found["ev"].max() == pytest.approx(300_000, rel=0.15)
    assert found["events"].max() == pytest.approx(200_000, rel=0.15)


def test_a_factor_of_two_is_the_seconds_effect_in_a_training(tmp_path) -> None:
    """Encoded by the other category, the trend would bear its effect in every period."""

    def with_sale(frame):
        sale = np.arange(len(frame)) % 9 == 0
        return frame.assign(PROMO_FLAG=np.where(sale, "sale", "none"),
                            REVENUE=(frame["REVENUE"].astype(float) + 400_000 * sale).astype(str))  # fmt: skip

    folder = training_folder(tmp_path, with_sale, prophet_vars=["trend"])
    found = decompose(read_inputs(folder))
    numbers = read_inputs(folder).numbers["REVENUE"]
    usual = numbers[np.arange(len(numbers)) % 9 != 0].mean()
    assert found.columns["trend"].mean() == pytest.approx(usual, rel=0.02)
    assert found.factors["PROMO_FLAG"].max() == pytest.approx(400_000, rel=0.1)
