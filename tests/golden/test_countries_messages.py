"""What is said and asked about several countries, state by state, against golden files; with anything, in limits."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.data import messages, refresh, round_messages
from bot.data.countries import COUNTRIES_FIELD
from bot.data.mapping_form import left_over, mapping_form
from bot.data.modals import SEVERAL, source_form
from bot.slack.blocks import Message
from bot.slack.form import View
from bot.slack.limits import MESSAGE_BLOCK_TEXT, fit_view, text_size
from engine.columns import Column
from engine.data.countries import COUNTRIES
from engine.data.dataset import CountryRows, Dataset, Finding, Source
from engine.data.round import FIRST_CHOSEN, MOST, REASON, State
from local.slack.check import check_view
from tests.golden.drawn import buttons_of, check_golden, taken
from tests.golden.test_messages import AT, COLUMNS, DATASET, DRAFT, GAP, MAPPING

FOLDER = Path(__file__).parent / "countries"
ODD = ["A" * 2000, "<@U1> & <b>bold</b>", "“quoted” *stars*", "🚀" * 300, "`x`", "&" * 2000]
LEAD = DRAFT.model_copy(
    update={
        "title": "Shop",
        "several": True,
        "country": "",
        "source": Source(kind="table", table="MMM.MARKETING.DAILY"),
        "found": tuple(
            CountryRows(country=code, rows=rows, first_date=date(2023, 1, 2), last_date=date(2025, 12, 28))
            for code, rows in (("de", 1092), ("fr", 1090), ("gb", 7))
        ),
    }
)
ROLES = MAPPING.model_copy(update={"country_var": "COUNTRY"})


def one(country: str, state: State, **more: Any) -> dict[str, Any]:
    told = {"country": country, "state": str(state), "draft": "d", "dataset": "", "rows": 0, "said": ""}
    if state in (State.READY, State.SAME):
        told |= {
            "dataset": f"{country}/20261122T211500Z-7f3a-{country}",
            "rows": 1092,
            "first_date": "2023-01-02",
            "last_date": "2025-12-28",
            "interval": "day",
        }
    return {**told, **more}


def told(
    *countries: dict[str, Any], title: str = "Shop", renews: bool = False, source: str = "DAILY"
) -> dict[str, Any]:
    about = {"round": LEAD.id, "title": title, "source": source, "who": "U0ANA", "renews": renews}
    return {**about, "created_at": AT.isoformat(), "countries": list(countries)}


BEGUN = told(one("fr", State.WAITING), one("de", State.READING), one("gb", State.WAITING))
MIXED = told(
    one("fr", State.READY),
    one("de", State.READY),
    one("mt", State.FAILED, said="The SELECT returns no rows for Malta."),
)
ALL_READY = told(one("fr", State.READY), one("de", State.READY))
NEWS = told(
    one("fr", State.READY, said="30 days were added and no value was restated."),
    one("de", State.SAME, said="nothing new"),
    one("gb", State.FAILED, said="Column “COUNTRY” holds no rows of United Kingdom."),
    renews=True,
)
NOTHING = told(one("fr", State.SAME), one("de", State.SAME), renews=True)
SINCE = {
    "before": "fr/20261101T000000Z-aaaa",
    "made": AT.isoformat(),
    "sentence": "REVENUE of October 2026 was restated up, from 10 to 12 (+20.0 %). 30 days were added.",
    "diff": None,
}
OF_ROUND = DRAFT.model_copy(update={"round": LEAD.id})
GONE = {"what": "Column “REVENUE” is not there.", "todo": "Change the columns, or the source.", "again": False}

MESSAGES: dict[str, Callable[[], Message | list[Message]]] = {
    "round_begun": lambda: round_messages.round_card(BEGUN),
    "round_mixed": lambda: round_messages.round_card(MIXED),
    "round_ready": lambda: round_messages.round_card(ALL_READY),
    "round_news": lambda: round_messages.round_card(NEWS),
    "over_mixed": lambda: round_messages.round_over(MIXED),
    "over_ready": lambda: round_messages.round_over(ALL_READY),
    "over_news": lambda: round_messages.round_over(NEWS),
    "over_nothing": lambda: round_messages.round_over(NOTHING),
    "country_ready": lambda: round_messages.country_ready(DATASET, None),
    "country_renewed": lambda: round_messages.country_ready(DATASET, SINCE),
    "renewed": lambda: round_messages.country_ready(DATASET, SINCE, under=False),
    "unchanged": lambda: round_messages.unchanged("Shop", "fr", DATASET, under=False),
    "country_refused": lambda: messages.refused(OF_ROUND, None, [GAP]),
    "renewal_refused": lambda: messages.refused(DRAFT.model_copy(update={"renews": ("fr/x",)}), GONE, []),
    "all_refused": lambda: messages.refused(LEAD.model_copy(update={"countries": ("fr", "de")}), GONE, []),
    "all_renewals_refused": lambda: messages.refused(
        LEAD.model_copy(update={"countries": ("fr", "de"), "renews": ("fr/x", "de/x")}), GONE, []
    ),
    "file_needed": lambda: refresh._file_needed(DATASET, 1),
    "files_needed": lambda: refresh._file_needed(DATASET, 3),
    "on_it": lambda: refresh._on_it(DATASET, 1),
    "on_them": lambda: refresh._on_it(DATASET, 3),
}
VIEWS: dict[str, Callable[[], View]] = {
    "form_source_several": lambda: source_form(
        kind="select", channel="C0MARKETING", warehouse=True, opened_at=AT, title="Shop", country=SEVERAL
    ),
    "form_new_file": lambda: source_form(
        kind="csv", channel="C0MARKETING", warehouse=False, opened_at=AT, title="Shop", country="fr", renews=DATASET.id
    ),
    "form_countries": lambda: mapping_form(LEAD, ROLES),
    "form_countries_uncounted": lambda: mapping_form(LEAD.model_copy(update={"found": ()}), ROLES),
    "form_countries_chosen": lambda: mapping_form(LEAD, ROLES, countries=("gb", "jp")),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_message_is_as_agreed_and_slack_takes_it(name: str) -> None:
    drawn = MESSAGES[name]()
    every = drawn if isinstance(drawn, list) else [drawn]
    check_golden(FOLDER, name, [part for message in every for part in taken(message)])
    assert all(len(buttons_of(message.blocks)) <= 5 for message in every)


@pytest.mark.parametrize("name", VIEWS)
def test_view_is_as_agreed_and_slack_takes_it(name: str) -> None:
    view = fit_view(VIEWS[name]())
    check_view(json.loads(json.dumps(view)), lambda _: True)
    check_golden(FOLDER, name, view)


STATES = st.sampled_from(list(State))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(STATES, st.text(max_size=REASON)), min_size=1, max_size=MOST),
    st.sampled_from(ODD) | st.text(min_size=1, max_size=2000),
    st.booleans(),
)
def test_a_message_of_any_round_is_whole(states: list[tuple[State, str]], title: str, renews: bool) -> None:
    codes = list(COUNTRIES)[: len(states)]
    each = [one(code, state, said=said) for code, (state, said) in zip(codes, states, strict=True)]
    data = told(*each, title=title, renews=renews, source=title)
    for drawn in (round_messages.round_card(data), round_messages.round_over(data)):
        taken(drawn)
    card = round_messages.round_card(data)
    assert sum(text_size(block) for block in card.blocks) <= MESSAGE_BLOCK_TEXT
    said = str([block for block in card.blocks if block["type"] == "section"])
    assert all(f"*{name}*" in said.replace("&amp;", "&") for code in codes if "'" not in (name := COUNTRIES[code]))


@pytest.mark.parametrize("reason", [*ODD, "x" * 5000])
def test_sixty_reasons_of_any_length_leave_every_country_its_line(reason: str) -> None:
    codes = list(COUNTRIES)[:MOST]
    card = round_messages.round_card(told(*(one(code, State.FAILED, said=reason[:REASON]) for code in codes)))
    assert sum(text_size(block) for block in card.blocks) <= MESSAGE_BLOCK_TEXT
    [(_, blocks)] = taken(card)
    lines = "\n".join(block["text"]["text"] for block in blocks[1:] if block["type"] == "section").splitlines()
    assert len(lines) == MOST
    assert "&am…" not in str(blocks) and "[Try" not in str(blocks)
    assert buttons_of(blocks)[0]["text"]["text"] == f"Try the {MOST} again"


@pytest.mark.parametrize("title", ODD)
@pytest.mark.parametrize("findings", [0, 1, 200])
def test_what_is_told_of_a_country_fits_whatever_it_is_called(title: str, findings: int) -> None:
    found = tuple(Finding(code="x", grade="REVIEW", column=title, text=title) for _ in range(findings))
    dataset = Dataset.model_validate(DATASET.model_dump() | {"title": title, "findings": found})
    since = SINCE | {"sentence": title * 3}
    for drawn in (round_messages.country_ready(dataset, since), round_messages.country_ready(dataset, None, False)):
        assert all(taken(message) for message in drawn)
        assert str(drawn).count("dataset_show") == 1
    taken(round_messages.unchanged(title, "fr", dataset, under=False))
    taken(refresh._file_needed(dataset, 60))
    taken(refresh._on_it(dataset, 60))


@pytest.mark.parametrize("columns", [1, 7, 300])
@pytest.mark.parametrize("name", ["X", "<@U1>&", "N" * 2000])
@pytest.mark.parametrize("countries", [0, 1, 60, len(COUNTRIES)])
def test_the_form_offers_every_country_for_any_columns(columns: int, name: str, countries: int) -> None:
    found = tuple(CountryRows(country=code, rows=10**9) for code in list(COUNTRIES)[:countries])
    many = (*COLUMNS, *(Column(name=f"{name}{n}_COST", type="number") for n in range(columns)))
    spends = tuple(column.name for column in many if column.name.endswith("_COST") and len(column.name) <= 150)
    draft = LEAD.model_copy(update={"columns": many, "found": found})
    roles = ROLES.model_copy(update={"paid_media_spends": spends, "exposures": {}})
    for chosen in (None, tuple(COUNTRIES)[:MOST], ()):
        drawn = mapping_form(draft, roles, countries=chosen)
        view = fit_view(drawn)
        assert [block.get("block_id") for block in view["blocks"]] == [b.get("block_id") for b in drawn["blocks"]]
        check_view(json.loads(json.dumps(view)), lambda _: True)
        field = next(block for block in view["blocks"] if block.get("block_id") == COUNTRIES_FIELD)
        first = field["element"].get("initial_options", [])
        assert len(first) == (min(countries, FIRST_CHOSEN) if chosen is None else len(chosen))
        assert field["element"]["max_selected_items"] == MOST
    assert isinstance(left_over(draft, roles), list)
