"""What the original wrote is taken over as far as it can be: known by what is in it, and the rest is said."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from engine.columns import Column
from engine.data.mapping import Goal, Mapping, validate_mapping
from engine.data.sheet_read import Read
from engine.errors import BadData
from engine.pipeline.mapping_file import read_any

NAMES = (
    *(
        "GMV",
        "ORDERS",
        "TV_A_COST",
        "TV_B_COST",
        "META_COST",
        "META_IMPRESSIONS",
        "META_CLICKS",
        "TV_A_GRPS",
        "TV_B_GRPS",
    ),
    *("NEWSLETTER_ORGANIC", "PRICE_INDEX", "SALE_FLAG"),
)
COLUMNS = (
    Column(name="DATE", type="date"),
    *(Column(name=name, type="number") for name in NAMES),
    Column(name="SEASON", type="text", distinct=4),
    Column(name="COUNTRY", type="text"),
)
BEFORE = Mapping(
    date_var="DATE", dep_var="GMV", paid_media_spends=("META_COST",), country_var="COUNTRY", currency="EUR"
)
MAPPING_JSON: dict[str, Any] = {
    "project_id": "p",
    "bucket": "b",
    "country": "universal",
    "saved_at": "2026-02-01T10:00:00",
    "data": {"origin": "snowflake", "timestamp": "20260201_100000", "date_field": "date", "row_count": 1100},
    "goals": [
        {"var": "GMV", "group": "primary", "type": "revenue", "agg_strategy": "sum", "main": True},
        {"var": "ORDERS", "group": "secondary", "type": "conversion", "agg_strategy": "mean", "main": False},
    ],
    "dep_variable_type": {"GMV": "revenue", "ORDERS": "conversion"},
    "dep_var": "GMV",
    "autotag_rules": {"paid_media_spends": ["_cost"]},
    "custom_channels": ["TV"],
    "mapping": {
        "paid_media_spends": ["meta_cost", "TV_TOTAL_COST_CUSTOM", "RADIO_COST"],
        "paid_media_vars": ["META_IMPRESSIONS", "META_CLICKS"],
        "context_vars": ["PRICE_INDEX", "SALE_FLAG", "SEASON"],
        "organic_vars": ["NEWSLETTER_ORGANIC"],
        "factor_vars": ["SALE_FLAG"],
    },
    "channels": {"META_COST": "META", "TV_A_COST": "TV"},
    "data_types": {"META_COST": "numeric", "SEASON": "categorical"},
    "agg_strategies": {
        "META_COST": "sum",
        "PRICE_INDEX": "max",
        "ORDERS": "mean",
        "SALE_FLAG": "auto",
        "SEASON": "mode",
    },
    "paid_media_mapping": {"META_COST": ["META_IMPRESSIONS", "META_CLICKS"], "RADIO_COST": ["RADIO_SPOTS"]},
    "aggregation_sources": {
        "TV_TOTAL_COST_CUSTOM": {
            "source_columns": ["TV_A_COST", "TV_B_COST"],
            "agg_method": "sum",
            "category": "paid_media_spends",
            "channel": "TV",
        },
        "ODD_CUSTOM": {"source_columns": ["TV_A_COST"], "agg_method": "mean"},
    },
    "variable_prefixes": {"organic_vars": "ORG_"},
    "labels": {"META_COST": "Meta"},
    "something_new": 1,
}


def read(body: Any, folder: Path, country: str = "de") -> Read:
    path = folder / "any name.txt"
    path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
    return read_any(path, COLUMNS, BEFORE, country)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mapping_json_is_taken_over(encoding: str, tmp_path: Path) -> None:
    found = read(json.dumps(MAPPING_JSON).encode(encoding), tmp_path)
    assert found.problems == ()
    mapping = found.mapping
    assert mapping is not None and validate_mapping(mapping, COLUMNS) == []
    assert (mapping.date_var, mapping.dep_var, mapping.dep_var_type) == ("DATE", "GMV", "revenue")
    assert mapping.goals == (Goal(column="ORDERS", kind="conversion"),)
    assert mapping.paid_media_spends == ("META_COST", "TV_TOTAL_COST_CUSTOM")
    assert mapping.exposures == {"META_COST": "META_IMPRESSIONS"}
    assert mapping.paid_media_mapping == {"META_COST": ("META_IMPRESSIONS", "META_CLICKS")}
    assert [(one.name, one.parts, one.channel) for one in mapping.made] == [
        ("TV_TOTAL_COST_CUSTOM", ("TV_A_COST", "TV_B_COST"), "TV")
    ]
    assert mapping.organic_vars == ("NEWSLETTER_ORGANIC",)
    assert mapping.context_vars == ("PRICE_INDEX", "SEASON", "SALE_FLAG")
    assert set(mapping.factor_vars) == {"SALE_FLAG", "SEASON"}
    assert mapping.aggregation == {"PRICE_INDEX": "max", "SEASON": "mode"}
    assert (mapping.country_var, mapping.currency, mapping.labels) == ("COUNTRY", "EUR", {"META_COST": "Meta"})


def test_what_cannot_be_taken_over_is_said(tmp_path: Path) -> None:
    said = "\n".join(read(MAPPING_JSON, tmp_path).notes)
    for part in (
        "“ORDERS” counts conversions and was averaged there: here it is added up.",
        "“RADIO_COST” was a spend there and was not found",
        "“RADIO_SPOTS” was an exposure there",
        "“ODD_CUSTOM” was made by mean",
        "rules for roles by name",
        "a list of channels",
        "prefixes",
        "something_new",
    ):
        assert part in said


def test_a_sum_beside_its_parts_is_left_out_and_said(tmp_path: Path) -> None:
    both = ["TV_TOTAL_COST_CUSTOM", "TV_A_COST", "TV_B_COST", "META_COST"]
    body = MAPPING_JSON | {"mapping": MAPPING_JSON["mapping"] | {"paid_media_spends": both}}
    found = read(body, tmp_path)
    assert found.mapping is not None and found.mapping.paid_media_spends == ("TV_A_COST", "TV_B_COST", "META_COST")
    assert any("“TV_TOTAL_COST_CUSTOM” adds up “TV_A_COST”, which is a spend itself" in note for note in found.notes)


def test_a_sum_that_the_data_hold_is_left_out_beside_its_parts_too(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    both = ["TV_TOTAL_COST_CUSTOM", "TV_A_COST", "TV_B_COST"]
    path.write_text(json.dumps(MAPPING_JSON | {"mapping": MAPPING_JSON["mapping"] | {"paid_media_spends": both}}))
    columns = (*COLUMNS, Column(name="TV_TOTAL_COST_CUSTOM", type="number"))
    found = read_any(path, columns, BEFORE, "de")
    assert found.mapping is not None and found.mapping.paid_media_spends == ("TV_A_COST", "TV_B_COST")
    assert any("would count twice" in note for note in found.notes)


def test_chosen_columns_are_taken_over(tmp_path: Path) -> None:
    body = {
        "country": "de",
        "selected_goal": "ORDERS",
        "paid_media_spends": ["META_COST", "TV_A_COST"],
        "paid_media_vars": ["META_CLICKS", "TV_A_COST"],
        "var_to_spend_mapping": {"META_CLICKS": "META_COST", "TV_A_COST": "TV_A_COST"},
        "organic_vars": ["NEWSLETTER_ORGANIC"],
        "context_vars": ["PRICE_INDEX"],
        "factor_vars": [],
        "all_selected_drivers": ["META_CLICKS"],
        "data_version": "20260201_100000",
        "meta_version": "20260201_100000",
        "timestamp": "20260202_100000",
    }
    found = read(body, tmp_path)
    mapping = found.mapping
    assert mapping is not None
    assert (mapping.dep_var, mapping.dep_var_type) == ("ORDERS", "conversion")
    assert mapping.paid_media_vars == ("META_CLICKS", "TV_A_COST")
    assert found.notes == ()


SETTINGS = {
    "country": "de",
    "revision": "A_1",
    "iterations": "2000",
    "trials": "5",
    "paid_media_spends": "META_COST, TV_A_COST",
    "paid_media_vars": "META_IMPRESSIONS, TV_A_GRPS",
    "context_vars": "PRICE_INDEX",
    "factor_vars": "SALE_FLAG",
    "organic_vars": "NEWSLETTER_ORGANIC",
    "dep_var": "gmv",
    "dep_var_type": "revenue",
    "date_var": "date",
    "adstock": "geometric",
}


def table(*rows: dict[str, str], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(json.dumps(SETTINGS).encode(), id="saved settings"),
        pytest.param(json.dumps({"params": SETTINGS}).encode(), id="an entry"),
        pytest.param(json.dumps({"version": 1, "entries": [{"id": 1, "params": SETTINGS}]}).encode(), id="a queue"),
        pytest.param(table(SETTINGS), id="a batch"),
        pytest.param(table(SETTINGS | {"country": "FR"}, SETTINGS, delimiter=";"), id="a batch of two countries"),
        pytest.param(
            json.dumps(
                SETTINGS | {name: SETTINGS[name].split(", ") for name in SETTINGS if "," in SETTINGS[name]}
            ).encode(),
            id="lists",
        ),
    ],
)
def test_saved_settings_are_taken_over(body: bytes, tmp_path: Path) -> None:
    found = read(body, tmp_path)
    assert found.problems == ()
    mapping = found.mapping
    assert mapping is not None
    assert (mapping.date_var, mapping.dep_var) == ("DATE", "GMV")
    assert mapping.exposures == {"META_COST": "META_IMPRESSIONS", "TV_A_COST": "TV_A_GRPS"}
    assert mapping.factor_vars == ("SALE_FLAG",)
    left = next(note for note in found.notes if "belongs to an experiment" in note)
    assert all(name in left for name in ("iterations", "trials", "revision", "adstock"))


def test_settings_for_other_countries_alone_are_refused(tmp_path: Path) -> None:
    found = read(table(SETTINGS | {"country": "fr"}, SETTINGS | {"country": "it"}), tmp_path)
    assert found.mapping is None
    assert [one.text for one in found.problems] == ["The file holds settings for FR, IT, and none for DE."]


def test_of_several_settings_for_a_country_the_first_is_taken_and_the_others_are_named(tmp_path: Path) -> None:
    found = read(table(SETTINGS, SETTINGS | {"revision": "A_2"}), tmp_path)
    assert any("holds 2 settings for DE: the first is taken, not the others (rows 3)" in note for note in found.notes)


@pytest.mark.parametrize(
    "body",
    [
        MAPPING_JSON
        | {"goals": "x", "mapping": {"paid_media_spends": 5}, "channels": [], "aggregation_sources": {"A": 1}},
        MAPPING_JSON | {"aggregation_sources": {"A": {"source_columns": ["B"]}, "B": {"source_columns": ["A"]}}},
        SETTINGS | {"paid_media_spends": "['META_COST', 'TV_A_COST']"},
        SETTINGS | {"paid_media_spends": "META_COST,META_COST", "organic_vars": "META_COST"},
        {"selected_goal": "NOTHING", "paid_media_spends": ["=1+1"]},
        SETTINGS | {"paid_media_spends": "[" * 100_000},
        MAPPING_JSON | {"aggregation_sources": {f"M{n}": {"source_columns": [f"M{n + 1}"]} for n in range(300)}},
    ],
)
def test_odd_files_are_read_or_refused_in_words(body: dict[str, Any], tmp_path: Path) -> None:
    found = read(body, tmp_path)
    assert found.mapping is not None or found.problems


@pytest.mark.parametrize(
    "sums",
    [
        # Each holds the next twice: the last one stands 2^40 times in the first.
        {f"M{n}": {"source_columns": [f"M{n + 1}", f"M{n + 1}"]} for n in range(40)},
        {f"M{n}": {"source_columns": [f"M{m}" for m in range(40)]} for n in range(40)},
    ],
    ids=["doubled", "all of all"],
)
def test_sums_of_sums_cost_no_more_than_they_are(sums: dict[str, Any], tmp_path: Path) -> None:
    found = read(MAPPING_JSON | {"aggregation_sources": sums}, tmp_path)
    assert found.mapping is not None or found.problems


def test_sums_that_nobody_could_count_are_refused(tmp_path: Path) -> None:
    sums = {f"M{n}": {"source_columns": [f"M{n + 1}"]} for n in range(3_000)}
    with pytest.raises(BadData, match="hold one another too many times over"):
        read(MAPPING_JSON | {"aggregation_sources": sums}, tmp_path)


def test_json_that_is_larger_than_any_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="more than 5 MB"):
        read({"dep_var": "GMV", "paid_media_spends": ["x"] * 1_500_000}, tmp_path)
