"""Roles by names, as a workspace writes them down: what is added goes first, what is taken out is undone."""

from typing import Any

import pytest

from bot.data.map_patterns import PATTERNS, patterns_form, read_form
from bot.slack.form import Values
from engine import paths
from engine.columns import Column
from engine.data.guess import guess
from engine.data.mapping import Mapping
from engine.data.pattern_records import read_patterns, save_patterns
from engine.data.patterns import FIRST, Patterns, meets, patterned, problem_of
from engine.errors import Conflict
from local.person import filled
from tests.stored import AT, Kept

NAMES = (
    *("REVENUE", "ORDERS", "TV_COST", "SHIPPING_FEE", "TV_BOOKED", "META_OUT", "META_EYES", "MAIL_SENT_DIRECT_COST"),
    *("WEB_SESSIONS", "PRICE_INDEX", "CRM_PUSHES"),
)
COLUMNS = (
    Column(name="DAY", type="date"),
    *(Column(name=name, type="number") for name in NAMES),
    Column(name="MOOD", type="text"),
)


def by(**own: Any) -> Mapping:
    """The guess by patterns with these beside, or instead of, those that we come with."""
    said = {name: (*getattr(FIRST, name), *more) for name, more in own.items()}
    return patterned(guess(COLUMNS), COLUMNS, Patterns.model_validate(FIRST.model_dump() | said))


@pytest.mark.parametrize(
    ("name", "pattern", "met"),
    [
        ("TV_COST", "_cost", True),
        ("TV COST", "_cost", True),
        ("TV_COSTS", "_cost", False),
        ("COST_TV", "cost_", True),
        ("GMV", "gmv", True),
        ("NET_GMV", "gmv", False),
        ("SPRING_PROMO_FR", "*promo*", True),
        ("SPRING_PRO[MO]", "*promo*", False),
        ("A[B]C", "a[b]c", False),
        ("x" * 2000 + "_cost", "_cost", True),
    ],
)
def test_a_pattern_is_met(name: str, pattern: str, met: bool) -> None:
    assert meets(name, pattern) is met


@pytest.mark.parametrize("pattern", ["", "_", "*", "**", "__", "x" * 61])
def test_a_pattern_that_every_name_would_meet_is_refused(pattern: str) -> None:
    assert problem_of(pattern)


def test_the_first_patterns_change_no_guess() -> None:
    guessed = guess(COLUMNS)
    same = patterned(guessed, COLUMNS, FIRST)
    fields = ("date_var", "dep_var", "paid_media_spends", "exposures", "organic_vars", "context_vars", "factor_vars")
    assert [getattr(same, field) for field in fields] == [getattr(guessed, field) for field in fields]


def test_patterns_of_ones_own_go_before_the_guess() -> None:
    found = by(spend=("_booked", "_out"), exposure=("_eyes",), category=("mood",), context=("_pushes",))
    assert {"TV_BOOKED", "META_OUT", "TV_COST"} <= set(found.paid_media_spends)
    assert found.exposures["META_OUT"] == "META_EYES"
    assert "MOOD" in found.factor_vars and "CRM_PUSHES" in found.context_vars


def test_what_was_taken_out_is_guessed_no_more() -> None:
    gone = patterned(guess(COLUMNS), COLUMNS, FIRST.model_copy(update={"spend": ("_spend",), "context": ()}))
    assert "TV_COST" not in gone.paid_media_spends and "PRICE_INDEX" not in gone.context_vars


@pytest.mark.parametrize("role", ["organic", "context"])
def test_what_is_no_paid_media_wins_where_two_are_met(role: str) -> None:
    found = by(spend=("*sent*",), **{role: ("*direct*",)})
    assert "MAIL_SENT_DIRECT_COST" not in found.paid_media_spends
    assert "MAIL_SENT_DIRECT_COST" in getattr(found, f"{role}_vars")


def test_conversions_are_never_averaged_by_a_pattern() -> None:
    found = by(mean=("orders", "_index", "tv_cost"), conversion=("orders",))
    assert "ORDERS" in found.goal_kinds and found.goal_kinds["ORDERS"] == "conversion"
    assert found.aggregation == {"PRICE_INDEX": "mean", "TV_COST": "mean"}


def test_a_list_of_channels_of_ones_own_is_used() -> None:
    assert by(channels=("META OUT",)).channels["TV_COST"] == "TV"
    assert by(spend=("_out",), channels=("META OUT",)).channels["META_OUT"] == "META_OUT"


def state(view: dict[str, Any], **typed: str) -> Values:
    values = filled(view)
    for name, text in typed.items():
        values[name] = {name: {"type": "plain_text_input", "value": text}}
    return Values(values)


def test_the_form_reads_back_what_it_shows() -> None:
    own = Patterns(spend=("_cost", "tv_"), channels=("House Brand", "META"), mean=("*price*",))
    view = patterns_form(own)
    assert view["callback_id"] == PATTERNS
    assert read_form(state(view)) == (own, {})


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"spend": "_"}, "spend", "met by every name"),
        ({"context": "x" * 80}, "context", "longer than 60"),
        ({"spend": ", ".join(f"_c{n}" for n in range(201))}, "spend", "At most 200"),
        ({"channels": "…"}, "channels", "is no name"),
        ({"conversion": "_orders", "mean": "_orders"}, "mean", "added up, never averaged"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(typed: dict[str, str], field: str, said: str) -> None:
    _, errors = read_form(state(patterns_form(FIRST), **typed))
    assert list(errors) == [field] and said in errors[field]


def test_patterns_are_kept_and_nobody_overwrites_anothers() -> None:
    kept = Kept()
    assert read_patterns(kept.storage) == FIRST
    mine = FIRST.model_copy(update={"spend": ("_out",), "who": "U1", "changed_at": AT})
    assert save_patterns(kept.storage, mine, None) == mine == read_patterns(kept.storage)
    assert save_patterns(kept.storage, mine, None) == mine, "the same once more is no conflict"
    other = mine.model_copy(update={"spend": ("_in",), "who": "U2"})
    with pytest.raises(Conflict, match="Somebody changed"):
        save_patterns(kept.storage, other, None)
    assert save_patterns(kept.storage, other, AT) == other
    assert kept.storage.exists(paths.PATTERNS)
