"""Every message and form of `/mmm prepare` against its golden file, and within Slack's limits whatever the data are.

`UPDATE_GOLDEN=1 pytest` on this file writes them anew; look at the difference before you commit.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.data import prepare_column, prepare_form
from bot.data import prepare_messages as messages
from bot.experiment.modals import experiment_form
from bot.slack.blocks import Message
from bot.slack.form import Choice, Values, View
from bot.slack.limits import fit_view
from bot.slack.pictures import Pictures
from engine.columns import Column
from engine.data.countries import COUNTRIES
from engine.data.dataset import Dataset
from engine.data.mapping import Mapping
from engine.data.recipe import Change, Recipe, recipe_of
from engine.data.recipe_changes import changed
from engine.data.recipe_preview_told import Preview, Told
from engine.data.recipe_words import differences
from engine.data.recipes import RecipeLine
from engine.ports import Notice
from local.person import filled
from local.slack.check import check_view
from tests.golden.drawn import buttons_of, check_golden, taken
from tests.golden.test_messages import DATASET

FOLDER = Path(__file__).parent / "prepare"
AT = datetime(2026, 11, 22, 21, 15, tzinfo=UTC)
MAPPING = Mapping(
    date_var="DATE",
    dep_var="REVENUE",
    paid_media_spends=("TV_COST", "SEARCH_COST"),
    exposures={"SEARCH_COST": "SEARCH_CLICKS"},
    organic_vars=("NEWSLETTER",),
    context_vars=("PRICE",),
    factor_vars=("PROMO", "EVENT"),
)
KINDS = {"DATE": "date", "EVENT": "text"}
COLUMNS = tuple(
    Column.model_validate({"name": name, "type": KINDS.get(name, "number")}) for name in MAPPING.model_columns
)
DAILY: Dataset = DATASET.model_copy(update={"mapping": MAPPING, "columns": COLUMNS, "interval": "day"})
PLAIN = recipe_of(MAPPING)
CHANGES = (
    Change(kind="drop", column="NEWSLETTER", reason="VIF 14"),
    Change(kind="resample", value="W:sun"),
    Change(kind="aggregate", column="PRICE", value="min"),
    Change(kind="fill", column="PRICE", value="previous"),
    Change(kind="clip", column="TV_COST", value="0.01:0.99"),
    Change(kind="window", value="2023-01-01:2024-12-31"),
    Change(kind="accept", column="REVENUE", value="kpi.outlier", reason="Black Friday"),
)
RECIPE = PLAIN
for _change in CHANGES:
    RECIPE = changed(RECIPE, _change)
STOPS = Told(code="kpi.missing", grade="FAIL", column="REVENUE", text="“REVENUE” has no value on 3 dates.")
SEE = Told(code="rows.span", grade="REVIEW", text="56 weeks are less than two years.")
DONE = Told(code="date.partial", grade="INFO", text="2 incomplete weeks at the edge left out.")
PREVIEW = Preview(
    dataset=DAILY.id,
    rows_read=1096,
    interval_before="day",
    periods_before=1096,
    first_before=date(2022, 1, 1),
    last_before=date(2024, 12, 31),
    interval="week",
    periods=156,
    first=date(2022, 1, 2),
    last=date(2024, 12, 22),
    modelled=104,
    done=(DONE,),
    to_see=(SEE,),
    accepted=(Told(code="kpi.outlier", grade="REVIEW", text="An outlier."),),
)
CHART = {"name": "prepared", "title": "1,096 days become 156 weeks", "alt": "Two line charts.", "path": "x.zip#p"}
PICTURES = Pictures({"prepared": "F0PREPARED"})


def notice(recipe: Recipe = RECIPE, kind: str = messages.CARD, **more: Any) -> Notice:
    told: dict[str, Any] = {
        "dataset": DAILY.id,
        "title": "Spring plan, France",
        "country": "fr",
        "recipe": recipe.model_dump(mode="json"),
        "digest": recipe.digest,
        "new_columns": [],
        "newest": 0,
        "gone": 0,
        "problems": [],
        "against": 0,
        "differences": differences(PLAIN, recipe),
        "saved": None,
        "approved": None,
        "preview": PREVIEW.model_dump(mode="json"),
        "charts": [CHART],
        "files": [],
    }
    return Notice(
        key="answer-a", kind=kind, workspace="T0", channel="C0MARKETING", user="U0ANA", run="",
        data=told | more, created_at=AT,
    )  # fmt: skip


SAVED = {"id": "fr/0123456789abcdef-all-3", "number": 3, "who": "U0ANA", "created_at": AT.isoformat(), "note": "Board"}
UNABLE = {"preview": None, "gone": 1, "problems": ["The data no longer hold “PRICE”, which the recipe uses."]}
LINES = [RecipeLine(number=n, who="U0ANA", channel="C0", created_at=AT) for n in range(12, 0, -1)]
IDS = {line.number: f"fr/0123456789abcdef-all-{line.number}" for line in LINES}

MESSAGES: dict[str, Callable[[], Message]] = {
    "card_unchanged": lambda: messages.card(notice(PLAIN), PICTURES),
    "card_in_work": lambda: messages.card(notice(against=2, newest=2, new_columns=["PODCAST"]), PICTURES),
    "card_same_as_saved": lambda: messages.card(notice(against=2, newest=2, differences=[]), PICTURES),
    "card_with_stops": lambda: messages.card(
        notice(preview=PREVIEW.model_copy(update={"stops": (STOPS,)}).model_dump(mode="json")), Pictures()
    ),
    "card_saved": lambda: messages.card(notice(saved=SAVED, newest=3, against=2), PICTURES),
    "card_saved_not_applicable": lambda: messages.card(
        notice(saved=SAVED, newest=3, against=2, charts=[], **UNABLE), Pictures()
    ),
    "card_saved_with_stops": lambda: messages.card(
        notice(saved=SAVED, newest=3, preview=PREVIEW.model_copy(update={"stops": (STOPS,)}).model_dump(mode="json")),
        Pictures(),
    ),
    "card_approved": lambda: messages.card(
        notice(saved=SAVED, newest=3, approved={"who": "U0BEN", "at": AT.isoformat()}), PICTURES
    ),
    "card_not_applicable": lambda: messages.card(notice(charts=[], **UNABLE), Pictures()),
    "table": lambda: messages.table(notice(columns=9), Pictures()),
    "versions": lambda: messages.versions("Spring plan, France", LINES, {11: "U0BEN"}, IDS),
    "versions_none": lambda: messages.versions("Spring plan, France", [], {}, {}),
}
VIEWS: dict[str, Callable[[], View]] = {
    "preview": lambda: messages.preview(notice(), PICTURES),
    "preview_not_applicable": lambda: messages.preview(notice(charts=[], **UNABLE), Pictures()),
    "form": lambda: prepare_form.recipe_form(DAILY, PLAIN, channel="C0MARKETING"),
    "form_changed": lambda: prepare_form.recipe_form(DAILY, RECIPE, channel="C0MARKETING"),
    "column": lambda: prepare_column.column_form(DAILY, RECIPE, "", channel="C0MARKETING"),
    "column_spend": lambda: prepare_column.column_form(DAILY, RECIPE, "TV_COST", channel="C0MARKETING"),
    "column_price": lambda: prepare_column.column_form(DAILY, RECIPE, "PRICE", channel="C0MARKETING"),
    "column_flag": lambda: prepare_column.column_form(DAILY, RECIPE, "PROMO", channel="C0MARKETING"),
    "column_text": lambda: prepare_column.column_form(DAILY, RECIPE, "EVENT", channel="C0MARKETING"),
    "column_left_out": lambda: prepare_column.column_form(DAILY, RECIPE, "NEWSLETTER", channel="C0MARKETING"),
    "column_goal": lambda: prepare_column.column_form(DAILY, RECIPE, "REVENUE", channel="C0MARKETING"),
    "file": lambda: prepare_form.file_form(DAILY, channel="C0MARKETING"),
    "experiment_with_recipe": lambda: experiment_form(
        dataset=DAILY,
        values={"recipe": IDS[12], "preset": "quick", "channel": "C0MARKETING"},
        trainers=("native",),
        more=True,
        recipes=[Choice(IDS[n], f"Recipe {n}", "Saved 2026-11-22") for n in (12, 11)],
        decided={"resample_freq": "weeks from Sunday", "start_date": "window from 2023-01-01 on"},
    ),
    "saved": lambda: messages.saved("Spring plan, France · recipe 3", "On it: its card arrives here in a moment."),
    "waiting": lambda: messages.waiting("Trying it on the data …"),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_each_message_is_as_it_was(name: str) -> None:
    [(text, blocks)] = taken(MESSAGES[name]())
    check_golden(FOLDER, name, {"text": text, "blocks": blocks})
    assert len(buttons_of(blocks)) <= 5


@pytest.mark.parametrize("name", VIEWS)
def test_each_form_is_as_it_was(name: str) -> None:
    view = fit_view(VIEWS[name]())
    check_view(json.loads(json.dumps(view)), lambda _: True)
    check_golden(FOLDER, name, view)


def wide(names: list[str], kinds: int) -> Dataset:
    """Data whose columns are called so; `kinds` of them are channels, the others explain in other ways."""
    spends, rest = names[1 : 1 + kinds], names[1 + kinds :]
    mapping = Mapping(
        date_var="DATE",
        dep_var=names[0],
        paid_media_spends=tuple(spends),
        organic_vars=tuple(rest[::3]),
        context_vars=tuple(rest[1::3]),
        factor_vars=tuple(rest[2::3]),
    )
    columns = [Column(name="DATE", type="date"), *(Column(name=name, type="number") for name in names)]
    return DAILY.model_copy(update={"mapping": mapping, "columns": tuple(columns)})


ODD = ("<@U1>", "*bold*", "_i_", "`c`", "“q”", '"', "'", "=1+1", "#x", "😀", "ü", " a ", "\u202e", "|", "&amp;", "\\")
NAMES = st.lists(
    st.one_of(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40),
              st.sampled_from(ODD), st.sampled_from(["n" * 2000, "m" * 151, "k" * 150])),
    min_size=2, max_size=40, unique=True,
)  # fmt: skip


def with_everything(dataset: Dataset, out: int) -> Recipe:
    """A recipe that says something of every column, and leaves `out` of them out."""
    recipe = recipe_of(dataset.mapping)
    flags = dataset.mapping.factor_vars
    for number, name in enumerate(recipe.roles):
        said: list[tuple[str, str, str]] = [("aggregate", "mean", "")]
        if name != recipe.goal:
            said += [("fill", "previous", ""), *([] if name in flags else [("clip", "0.01:0.99", "")])]
        last = name in recipe.spends and len(recipe.kept_spends) == 1
        if name != recipe.goal and number <= out and not last:
            said.append(("drop", "", "r" * 200))
        for kind, value, reason in said:
            change = {"kind": kind, "column": name, "value": value, "reason": reason}
            recipe = changed(recipe, Change.model_validate(change))
    return recipe


def check_all(dataset: Dataset, recipe: Recipe) -> None:
    """Everything that can be drawn of a recipe keeps Slack's limits, and loses no field to them."""
    told = [Told(code="x", grade="FAIL", column=name, text=f"“{name}” is wrong.") for name in recipe.roles]
    many = PREVIEW.model_copy(update={"stops": tuple(told), "to_see": tuple(told), "done": tuple(told)})
    title, names = "t" * 2000, list(recipe.roles)
    data = {"title": title, "preview": many.model_dump(mode="json"), "new_columns": names}
    for message in (
        messages.card(notice(recipe, **data), PICTURES),
        messages.card(notice(recipe, **data, saved=SAVED), PICTURES),
        messages.card(notice(recipe, **{**data, "preview": None, "problems": [one.text for one in told]}), PICTURES),
        messages.versions(title, LINES, {}, IDS),
    ):
        [(_, blocks)] = taken(message)
        assert len(blocks) == len(message.blocks)
        assert len(buttons_of(blocks)) <= 5
    for drawn in (
        messages.preview(notice(recipe, **data), PICTURES),
        prepare_form.recipe_form(dataset, recipe, channel="C0"),
        *(prepare_column.column_form(dataset, recipe, name, channel="C0") for name in names[:5]),
    ):
        fitted = fit_view(drawn)
        check_view(json.loads(json.dumps(fitted)), lambda _: True)
        assert [block.get("block_id") for block in fitted["blocks"]] == [one.get("block_id") for one in drawn["blocks"]]


@given(names=NAMES, kinds=st.integers(1, 10), out=st.integers(0, 40))
@settings(max_examples=25, deadline=None)
def test_whatever_columns_are_called_everything_keeps_the_limits(names: list[str], kinds: int, out: int) -> None:
    dataset = wide([name for name in names if name != "DATE"], min(kinds, len(names) - 1))
    check_all(dataset, with_everything(dataset, out))


@pytest.mark.parametrize("out", [0, 50, 290])
@pytest.mark.parametrize("length", [20, 2000])
def test_three_hundred_columns_keep_the_limits(length: int, out: int) -> None:
    dataset = wide([f"{n:03d}".ljust(length, "x") for n in range(300)], 40)
    check_all(dataset, with_everything(dataset, out))


@pytest.mark.parametrize("country", ["gb", *[*COUNTRIES][:3]])
def test_every_country_has_its_name(country: str) -> None:
    assert messages.card(notice(country=country), PICTURES).blocks


@given(names=NAMES, out=st.integers(0, 20))
@settings(max_examples=25, deadline=None)
def test_a_form_that_is_sent_as_it_was_drawn_changes_nothing(names: list[str], out: int) -> None:
    dataset = wide([name for name in names if name != "DATE"], 1)
    recipe = with_everything(dataset, out)
    drawn = prepare_form.recipe_form(dataset, recipe, channel="C0")
    assert (
        prepare_form.read_form(_values(drawn), prepare_form.drawn(drawn, _values(drawn).fixed), dataset, recipe) == []
    )
    for name in list(recipe.roles)[:6]:
        view = prepare_column.column_form(dataset, recipe, name, channel="C0")
        assert (
            prepare_column.read_column_form(
                _values(view), prepare_form.drawn(view, _values(view).fixed), dataset, recipe
            )
            == []
        )


def test_a_form_takes_nothing_back_that_somebody_else_changed_meanwhile() -> None:
    drawn = prepare_form.recipe_form(DAILY, PLAIN, channel="C0")
    sent = _values(drawn)
    month = next(name for name in sent.state if name.startswith("recipe_rhythm"))
    state = {**sent.state, month: {month: {"selected_option": {"value": "M"}}}}
    meanwhile = changed(PLAIN, Change(kind="drop", column="NEWSLETTER", reason="VIF 14"))
    found = prepare_form.read_form(Values(state), prepare_form.drawn(drawn, _values(drawn).fixed), DAILY, meanwhile)
    assert [(one.kind, one.value) for _, one in found] == [("resample", "M")]


def test_a_channel_that_was_put_on_its_spend_stays_there_and_a_new_one_brings_its_exposure() -> None:
    on_spend = changed(PLAIN, Change(kind="exposure", column="SEARCH_COST"))
    assert prepare_form.taken_in(DAILY, on_spend) == []
    later = MAPPING.model_copy(
        update={
            "paid_media_spends": (*MAPPING.paid_media_spends, "META_COST"),
            "exposures": {**MAPPING.exposures, "META_COST": "META_VIEWS"},
        }
    )
    taken = prepare_form.taken_in(DAILY.model_copy(update={"mapping": later}), on_spend)
    assert [(one.kind, one.column, one.value) for one in taken] == [
        ("keep", "META_COST", "paid_media_spends"),
        ("exposure", "META_COST", "META_VIEWS"),
    ]


def test_the_goal_of_before_is_no_new_column() -> None:
    assert prepare_form.taken_in(DAILY, changed(PLAIN, Change(kind="goal", column="PRICE", value="revenue"))) == []


def _values(view: View) -> Values:
    fixed = json.loads(view["private_metadata"]).get("fixed", {})
    return Values(filled({**view, "id": "V1", "state": {"values": {}}}), fixed)


@pytest.mark.parametrize("name", ["card_saved_not_applicable", "card_saved_with_stops"])
def test_a_recipe_that_nothing_can_be_trained_with_leads_to_its_change(name: str) -> None:
    offered = buttons_of(MESSAGES[name]().blocks)
    assert [one["action_id"] for one in offered if one.get("style") == "primary"] == [messages.BACK]
    assert messages.EXPERIMENT not in [one["action_id"] for one in offered]
