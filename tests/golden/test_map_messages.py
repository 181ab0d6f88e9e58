"""What is said of what columns mean, against golden files; and within Slack's limits whatever columns are called."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.data import map_file_messages as files
from bot.data import map_messages, map_patterns, map_versions, mapping_form
from bot.slack.blocks import Message
from bot.slack.form import Choice, View
from bot.slack.limits import fit_view
from bot.slack.pictures import Pictures
from engine.columns import Column
from engine.data.dataset import Dataset, Draft, Source
from engine.data.details import described
from engine.data.guess import guess
from engine.data.made import Made
from engine.data.mapped import MappingVersion, VersionLine, version_of
from engine.data.mapping import Goal, Mapping, validate_mapping
from engine.data.mapping_diff import mapping_changes
from engine.data.patterns import FIRST
from engine.ports import Notice
from local.slack.check import check_view
from tests.golden.drawn import buttons_of, check_golden, taken
from tests.stored import a_dataset

FOLDER = Path(__file__).parent / "map"
AT = datetime(2026, 11, 22, 21, 15, tzinfo=UTC)
NUMBERS = (
    *("REVENUE", "ORDERS", "META_BRAND_COST", "META_PERF_COST", "META_BRAND_CLICKS", "META_PERF_CLICKS"),
    *("TV_COST", "TV_GRPS", "MAIL_SENDS", "PRICE"),
)
COLUMNS = (
    Column(name="DATE", type="date", examples=("2024-01-01",)),
    *(Column(name=name, type="number", examples=("12", "<@U1>")) for name in NUMBERS),
    Column(name="PROMO", type="text", distinct=3),
    Column(name="NOTE", type="text"),
)
MAPPING = Mapping(
    date_var="DATE",
    dep_var="REVENUE",
    goals=(Goal(column="ORDERS", kind="conversion"),),
    paid_media_spends=("META_TOTAL_COST", "TV_COST"),
    exposures={"META_TOTAL_COST": "META_TOTAL_CLICKS", "TV_COST": "TV_GRPS"},
    paid_media_mapping={"META_TOTAL_COST": ("META_TOTAL_CLICKS",), "TV_COST": ("TV_GRPS",)},
    organic_vars=("MAIL_SENDS",),
    context_vars=("PRICE", "PROMO"),
    factor_vars=("PROMO",),
    channels={"META_TOTAL_COST": "META", "META_BRAND_COST": "META", "META_PERF_COST": "META", "TV_COST": "TV"},
    sub_channels={"META_BRAND_COST": "BRAND"},
    tags={"TV_COST": ("upper funnel",)},
    labels={"TV_COST": "Television & <more>"},
    aggregation={"PRICE": "min"},
    currency="EUR",
    made=(
        Made(name="META_TOTAL_COST", parts=("META_BRAND_COST", "META_PERF_COST"), channel="META"),
        Made(name="META_TOTAL_CLICKS", parts=("META_BRAND_CLICKS", "META_PERF_CLICKS"), channel="META"),
    ),
    version="universal/20261122T211500Z-7f3a00",
)
DATASET = a_dataset(
    "20261122T211500Z-7f3a00", "Spring plan, France", country="fr", mapping=MAPPING, columns=COLUMNS, created_at=AT
)
DRAFT = Draft(
    id="20261122T211600Z-7f3a01",
    workspace="T1",
    title=DATASET.title,
    country="fr",
    source=Source(kind="csv", file_name="spring.csv"),
    who="U1",
    channel="C1",
    created_at=AT,
    columns=COLUMNS,
    roles=MAPPING,
    rows_of=DATASET.id,
)


def version(number: int, scope: str = "fr", **changes: Any) -> MappingVersion:
    at = AT - timedelta(days=number)
    made = {"ts": f"{at:%Y%m%dT%H%M%SZ}-{number:06x}", "created_at": at} | changes
    return version_of(DATASET, scope).model_copy(update=made)


VERSIONS: list[VersionLine] = [version_of(DATASET, "universal"), version(1), version(2, "universal")]
OLDER = version(2, "universal", mapping=MAPPING.model_copy(update={"organic_vars": (), "currency": "", "labels": {}}))
PROBLEMS = [
    {"row": 4, "column": "role", "text": "“spnd” is no role. Did you mean “spend”?"},
    {"row": 7, "column": "exposure_of", "text": "“TV_COTS” is no column with the role spend."},
    {"row": 0, "column": "", "text": "“PRICE” is context now and has no row: add its row."},
]
GIVEN = Notice(
    key="k",
    kind="map_download",
    workspace="T1",
    created_at=AT,
    data={"title": DATASET.title, "country": "fr", "dataset": DATASET.id, "columns": 13, "unused": 1, "sums": 2},
)
MESSAGES: dict[str, Message] = {
    "card": map_messages.card(DATASET, VERSIONS),
    "card_of_earlier_release": map_messages.card(
        DATASET.model_copy(update={"mapping": MAPPING.model_copy(update={"version": ""})}), []
    ),
    "which": map_messages.which([(DATASET.id, DATASET.title), ("de/2", "Another")]),
    "which_none": map_messages.which([]),
    "given": files.given(GIVEN, Pictures()),
    "offered": files.offered("F1", "mapping_spring.csv", table=True),
    "offered_json": files.offered("F1", "mapping.json", table=False),
    "refused": files.refused(DRAFT, PROBLEMS)[0],
    "same": files.same(DRAFT, ["The column “x” of the file is not read."]),
}
TOLD = ("“A” takes the place of “B”.",)
FORMS: dict[str, View] = {
    "form": mapping_form.mapping_form(DRAFT, MAPPING),
    "form_more": mapping_form.mapping_form(
        DRAFT, MAPPING, more=True, about="TV_COST", told=("“A” takes the place of “B”.",)
    ),
    "file": files.file_form(Choice(DATASET.id, "Spring plan, France · France"), AT),
    "file_dropped": files.file_form(None, AT, scope="universal", dropped=Choice("F1", "mapping.xlsx")),
    "refused_view": files.refused_view(DRAFT, PROBLEMS)[0],
    "same_view": files.same_view(DRAFT, []),
    "patterns": map_patterns.patterns_form(FIRST),
    "patterns_changed": map_patterns.patterns_form(FIRST.model_copy(update={"who": "U1", "changed_at": AT})),
    "versions": map_versions.versions_view(DATASET, VERSIONS),
    "one_version": map_versions.versions_view(DATASET, VERSIONS[:1]),
    "compared": map_versions.compared_view(
        DATASET, OLDER, version_of(DATASET, "universal"), mapping_changes(OLDER.mapping, MAPPING)
    ),
    "compared_same": map_versions.compared_view(DATASET, OLDER, version(1), []),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_are_as_they_were(name: str) -> None:
    message = MESSAGES[name]
    for _, blocks in taken(message):
        assert len(buttons_of(blocks)) <= 5
    [(text, blocks)] = taken(message)
    check_golden(FOLDER, name, {"text": text, "blocks": blocks})


@pytest.mark.parametrize("name", FORMS)
def test_forms_are_as_they_were(name: str) -> None:
    check_golden(FOLDER, f"form_{name}", good(FORMS[name]))


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*MESSAGES, *(f"form_{name}" for name in FORMS)}


def good(view: View) -> View:
    fitted: View = json.loads(json.dumps(fit_view(view)))
    check_view(fitted, lambda _: True)
    # Nothing is cut off at the end.
    assert len(view["blocks"]) == len(fitted["blocks"])
    return fitted


EXAMPLE = "é" * 40


def wide(count: int, length: int, kinds: str) -> tuple[Dataset, Draft]:
    """A dataset of so many columns, each with a name of so many characters, of the kinds that the letters say."""
    types = {"n": "number", "t": "text", "b": "boolean"}
    words = ("META", "TV", "GOOGLE", "NEWCOMER")
    names = [
        f"{words[n % 4]}_{n:03}_{'z' * length}"[: max(length, 12) - 7] + ("_COST" if n % 3 else "_CLICKS")
        for n in range(count)
    ]
    columns = (
        Column(name="DAY", type="date"),
        Column(name="REVENUE", type="number"),
        *(
            Column.model_validate(
                {"name": name, "type": types[kinds[n % len(kinds)]], "examples": ("<@U1>&", "é" * 40)}
            )
            for n, name in enumerate(dict.fromkeys(names))
        ),
    )
    guessed = guess(columns, "fr")
    mapping = described(Mapping.model_validate(guessed.model_dump()), columns)
    mapping = mapping.model_copy(
        update={
            "tags": {name: ("a" * 60,) for name in mapping.channels},
            "labels": {name: "l" * 60 for name in mapping.channels},
        }
    )
    dataset = DATASET.model_copy(update={"columns": columns, "mapping": mapping, "title": "T" * 60})
    draft = DRAFT.model_copy(update={"columns": columns, "roles": mapping, "title": "T" * 60})
    return dataset, draft


@given(
    count=st.sampled_from([1, 2, 30, 90, 110, 300]),
    length=st.sampled_from([12, 60, 149, 151, 2000]),
    kinds=st.sampled_from(["n", "nt", "nnnb", "t"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_form_and_message_stays_within_slacks_limits_and_says_what_it_leaves_out(
    count: int, length: int, kinds: str
) -> None:
    dataset, draft = wide(count, length, kinds)
    for more in (False, True):
        good(mapping_form.mapping_form(draft, dataset.mapping, more=more, about=draft.columns[-1].name if more else ""))
    card = map_messages.card(dataset, VERSIONS)
    [(_, blocks)] = taken(card)
    assert blocks == card.blocks, "nothing is cut off without a word"
    said = str(card.blocks)
    left_out = [one for one in dataset.mapping.paid_media_spends if one[:59] not in said]
    assert not left_out or "*Download CSV* has every column" in said
    problems = [
        {"row": n + 2, "column": "role", "text": f"“{one.name}” is no role."} for n, one in enumerate(draft.columns)
    ]
    view, left = files.refused_view(draft, problems)
    good(view)
    told = str(view["blocks"]) if not left else "".join(str(one.blocks) for one in files.refused(draft, problems))
    assert all(f"*Row {one['row']}, `role`:*" in told for one in problems), "every problem is told"
    for message in files.refused(draft, problems):
        [(_, blocks)] = taken(message)
        assert blocks == message.blocks
    empty = Mapping(date_var="DAY", dep_var="REVENUE", paid_media_spends=())
    found = mapping_changes(empty, dataset.mapping)
    compared = map_versions.compared_view(dataset, OLDER, version(1), found)
    good(compared)
    shown = str(compared["blocks"])
    assert all(one.column[:79] in shown for one in found if one.column and "`" not in one.column)


def test_a_form_keeps_what_it_has_no_room_for() -> None:
    """Of more channels than a form holds, those without a field keep what they are modelled on."""
    names = [f"C{n:03}" for n in range(100)]
    columns = (
        Column(name="DAY", type="date"),
        Column(name="REVENUE", type="number"),
        *(Column(name=f"{name}_{end}", type="number") for name in names for end in ("COST", "CLICKS")),
    )
    spends = tuple(f"{name}_COST" for name in names)
    mapping = Mapping(
        date_var="DAY",
        dep_var="REVENUE",
        paid_media_spends=spends,
        exposures={spend: spend.replace("COST", "CLICKS") for spend in spends},
    )
    assert validate_mapping(mapping, columns) == []
    from bot.slack.form import Values
    from local.person import filled

    view = mapping_form.mapping_form(DRAFT.model_copy(update={"columns": columns, "roles": mapping}), mapping)
    assert "keep what they are modelled on" in str(view["blocks"])
    read = mapping_form.read_mapping_form(Values(filled(good(view))), mapping)
    assert read.exposures == mapping.exposures
