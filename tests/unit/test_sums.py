"""Sums that columns can be put into, and what choosing one does to a mapping."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.columns import Column
from engine.data.details import described, with_details
from engine.data.made import counted_twice
from engine.data.mapping import Mapping, validate_mapping
from engine.data.sums import carried, possible_sums, settled, used_sums, with_sum

NUMBERS = (
    "REVENUE",
    "META_A_COST",
    "META_B_COST",
    "META_A_CLICKS",
    "META_B_CLICKS",
    "TV_A_COST",
    "TV_B_COST",
    "TV_A_GRPS",
)
COLUMNS = (Column(name="DATE", type="date"), *(Column(name=name, type="number") for name in NUMBERS))
MAPPING = described(
    Mapping(
        date_var="DATE",
        dep_var="REVENUE",
        paid_media_spends=("META_A_COST", "META_B_COST", "TV_A_COST", "TV_B_COST"),
        exposures={"META_A_COST": "META_A_CLICKS", "META_B_COST": "META_B_CLICKS", "TV_A_COST": "TV_A_GRPS"},
    ),
    COLUMNS,
)


def test_each_channel_and_measure_with_several_columns_has_a_total() -> None:
    assert {one.name: one.parts for one in possible_sums(MAPPING, COLUMNS)} == {
        "META_TOTAL_COST": ("META_A_COST", "META_B_COST"),
        "META_TOTAL_CLICKS": ("META_A_CLICKS", "META_B_CLICKS"),
        "TV_TOTAL_COST": ("TV_A_COST", "TV_B_COST"),
    }


def test_columns_of_one_tag_have_a_sum_of_it() -> None:
    tagged = MAPPING.model_copy(update={"tags": dict.fromkeys(("META_A_COST", "META_B_COST"), ("Upper funnel",))})
    found = {one.name: one for one in possible_sums(tagged, COLUMNS)}
    assert (found["META_UPPER_FUNNEL_COST"].kind, found["META_UPPER_FUNNEL_COST"].tag) == ("tag", "Upper funnel")


def test_a_sum_is_called_otherwise_where_a_column_is_called_so() -> None:
    columns = (*COLUMNS, Column(name="META_TOTAL_COST", type="number"))
    assert "META_TOTAL_COST_SUM" in {one.name for one in possible_sums(MAPPING, columns)}


def test_a_total_is_modelled_on_the_total_of_its_parts_exposures() -> None:
    total = {one.name: one for one in possible_sums(MAPPING, COLUMNS)}["META_TOTAL_COST"]
    done = with_sum(MAPPING, total, COLUMNS)
    assert done.mapping.paid_media_spends == ("META_TOTAL_COST", "TV_A_COST", "TV_B_COST")
    assert done.mapping.exposures["META_TOTAL_COST"] == "META_TOTAL_CLICKS"
    assert done.out == ("META_A_COST", "META_B_COST")
    assert validate_mapping(used_sums(done.mapping), COLUMNS) == []


def test_a_total_of_which_one_part_has_no_exposure_is_modelled_on_its_spend_and_says_so() -> None:
    total = {one.name: one for one in possible_sums(MAPPING, COLUMNS)}["TV_TOTAL_COST"]
    done = with_sum(MAPPING, total, COLUMNS)
    assert "TV_TOTAL_COST" not in done.mapping.exposures
    assert any("is modelled on its spend" in text for text in done.told)


def test_what_is_said_of_a_spend_is_said_of_its_exposures_unless_they_say_otherwise() -> None:
    said = {"tags": {"META_A_COST": ("brand",)}, "aggregation": {"META_A_COST": "max", "META_A_CLICKS": "mean"}}
    done = carried(MAPPING.model_copy(update=said))
    assert done.tags["META_A_CLICKS"] == ("brand",)
    assert done.aggregation["META_A_CLICKS"] == "mean"


ALL = ("META_A_COST", "META_B_COST", "TV_A_COST", "TV_B_COST", "META_TOTAL_COST", "TV_TOTAL_COST")


@given(st.lists(st.lists(st.sampled_from(ALL), min_size=1, unique=True), min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_however_spends_are_chosen_one_after_the_other_nothing_counts_twice(choices: list[list[str]]) -> None:
    mapping = MAPPING
    for chosen in choices:
        before = mapping.paid_media_spends
        form = MAPPING.model_copy(update={"paid_media_spends": tuple(chosen), "exposures": {}, "made": ()})
        mapping = settled(before, with_details(form, mapping), COLUMNS).mapping
        kept = [one for one in chosen if one in mapping.paid_media_spends]
        assert kept, "something of what was chosen stays"
        if not set(chosen) <= set(before):
            assert counted_twice(mapping.paid_media_spends, mapping.made) == []
