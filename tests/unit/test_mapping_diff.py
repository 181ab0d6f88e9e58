"""Two versions of a mapping are compared column by column."""

from engine.data.made import Made
from engine.data.mapping import Goal, Mapping
from engine.data.mapping_diff import mapping_changes

OLD = Mapping(
    date_var="DAY",
    dep_var="REVENUE",
    paid_media_spends=("TV_COST", "A_COST", "B_COST"),
    exposures={"TV_COST": "TV_GRPS"},
    paid_media_mapping={"TV_COST": ("TV_GRPS",)},
    organic_vars=("MAIL",),
    tags={"TV_COST": ("reach",)},
    currency="EUR",
)


def said(new: Mapping) -> dict[str, dict[str, tuple[str, str]]]:
    return {
        one.column: {field: (before, after) for field, before, after in one.fields} for one in mapping_changes(OLD, new)
    }


def test_a_mapping_does_not_differ_from_itself() -> None:
    assert mapping_changes(OLD, OLD) == []


def test_each_column_says_what_changed_about_it() -> None:
    new = OLD.model_copy(
        update={
            "dep_var": "ORDERS",
            "dep_var_type": "conversion",
            "goals": (Goal(column="REVENUE"),),
            "exposures": {},
            "organic_vars": (),
            "tags": {},
            "labels": {"TV_COST": "Television"},
            "aggregation": {"A_COST": "max"},
            "currency": "USD",
        }
    )
    assert said(new) == {
        "REVENUE": {"role": ("goal", "further goal")},
        "ORDERS": {"role": ("unused", "goal")},
        "TV_GRPS": {"modelled": ("yes", "no")},
        "MAIL": {"role": ("organic", "unused")},
        "TV_COST": {"tags": ("reach", ""), "label": ("", "Television")},
        "A_COST": {"aggregation": ("usual", "max")},
        "": {"currency": ("EUR", "USD")},
    }


def test_a_sum_says_what_it_adds_up() -> None:
    total = Made(name="T_TOTAL_COST", parts=("A_COST", "B_COST"), channel="T")
    found = said(OLD.model_copy(update={"paid_media_spends": ("TV_COST", "T_TOTAL_COST"), "made": (total,)}))
    assert found["T_TOTAL_COST"] == {"role": ("unused", "spend"), "adds up": ("", "A_COST + B_COST")}
    assert found["A_COST"] == {"role": ("spend", "unused")}
