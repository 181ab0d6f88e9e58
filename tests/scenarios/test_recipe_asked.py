"""`/mmm prepare`: seen, changed, tried on the data, saved, approved by another, gone back to; by column, by table."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fastapi import FastAPI

from bot.service import create_app
from engine.data.dataset import Dataset
from engine.data.mapping import Mapping
from engine.data.recipe import Change
from engine.data.recipes import change_open, family_of, read_open, saved_recipes
from local import workspace
from tests.kept_rows import keep_rows
from tests.slack_requests import command, deliver
from tests.stack import Stack

CHANNEL = workspace.MARKETING.id
Json = dict[str, Any]
DAYS = 400
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROLES = Mapping(
    date_var="DATE",
    dep_var="REVENUE",
    paid_media_spends=("TV_COST", "SEARCH_COST"),
    exposures={"SEARCH_COST": "SEARCH_CLICKS"},
    context_vars=("PRICE", "WEATHER"),
)
_numbers = iter(range(100))


def daily(days: int = DAYS) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"DATE": pd.date_range("2023-01-03", periods=days).date})
    tv, search = rng.gamma(3, 90, days), rng.gamma(4, 30, days)
    frame["REVENUE"] = (2000 + 2 * tv + 3 * search + rng.normal(0, 100, days)).round(2)
    frame["TV_COST"], frame["SEARCH_COST"] = tv.round(2), search.round(2)
    frame["SEARCH_CLICKS"] = (search * 4).round()
    frame["PRICE"], frame["WEATHER"] = rng.normal(10, 1, days).round(2), rng.normal(15, 5, days).round(1)
    frame.loc[[30, 31], "PRICE"] = np.nan
    return frame


def kept(product: Stack, title: str, frame: pd.DataFrame | None = None, **changes: Any) -> Dataset:
    ts = f"20260101T1{next(_numbers):05d}Z"
    data = daily() if frame is None else frame
    made: dict[str, Any] = {"mapping": ROLES, "interval": "day", "channel": CHANNEL} | changes
    return keep_rows(product.cloud.storage, ts, title, data, **made)


def said(product: Stack, words: str, after: str = "") -> Json:
    """Wait for a message of the channel or its threads that says `words`."""

    def there() -> Json | None:
        found = []
        for message in product.ana.messages(CHANNEL):
            thread = product.ana.thread(CHANNEL, message["ts"]) if message.get("reply_count") else [message]
            found += [one for one in thread if words in one["text"] and one["ts"] > after]
        return found[-1] if found else None

    return product.ana.wait(there, words)


def buttons(message: Json) -> list[str]:
    return [one["action_id"] for b in message.get("blocks", ()) if b["type"] == "actions" for one in b["elements"]]


def words(drawn: Json) -> str:
    return json.dumps(drawn["blocks"], ensure_ascii=False)


def field(view: Json, name: str) -> str:
    return str(next(b["block_id"] for b in view["blocks"] if str(b.get("block_id", "")).startswith(name)))


@pytest.mark.streamlit("prepare-goal", "prepare-spends", "prepare-export")
def test_a_recipe_is_seen_changed_tried_saved_and_approved_by_somebody_else(product: Stack) -> None:
    ana, ben = product.ana, product.ben
    dataset = kept(product, "Tea")
    ana.type(CHANNEL, "/mmm prepare Tea")
    first = said(product, "Tea, recipe in work: 400 days become 400 days.")
    assert "REVENUE" in words(first) and buttons(first)[:2] == ["recipe_save", "recipe_change"]
    assert any(block["type"] == "image" for block in first["blocks"])

    ana.press(CHANNEL, first, "recipe_change")
    form = ana.wait_for_view("recipe_form")
    given = {field(form, "recipe_rhythm"): "W:sun", field(form, "recipe_left"): ["WEATHER"]}
    assert ana.submit(form, **given, **{field(form, "recipe_why"): "no effect"})["ok"]
    tried = ana.wait_for_view("recipe_save_form")
    assert "weeks from Sunday" in words(tried) and "“WEATHER” (no effect)" in words(tried)
    assert "56 weeks" in words(tried) and "2 incomplete weeks" in words(tried)
    assert ana.submit(tried, note="For the board")["ok"]
    card = said(product, "Tea, recipe 1: 400 days become 56 weeks.")
    assert "For the board" in words(card) and buttons(card)[:2] == ["experiment_from_recipe", "recipe_approve"]

    ana.press(CHANNEL, card, "recipe_approve")
    ana.wait(lambda: "somebody else" in str(ana.transcript()[-1]) or None, "that the author may not")
    ben.press(CHANNEL, card, "recipe_approve")
    done = said(product, "Tea, recipe 1: 400 days", after=card["ts"])
    assert f"approved by <@{workspace.BEN.id}>" in words(done) and "recipe_approve" not in buttons(done)
    assert [line.number for line in saved_recipes(product.cloud.storage, family_of(dataset, private=False))] == [1]


def test_a_recipe_that_is_saved_and_approved_by_several_clicks_has_one_card_for_each(product: Stack) -> None:
    ana, ben = product.ana, product.ben
    kept(product, "Cocoa")
    ana.type(CHANNEL, "/mmm prepare Cocoa")
    first = said(product, "Cocoa, recipe in work")
    for who in (ana, ana, ben):
        who.press(CHANNEL, first, "recipe_save")
    card = said(product, "Cocoa, recipe 1:")
    for _ in range(2):
        ben.press(CHANNEL, card, "recipe_approve")
    said(product, "Cocoa, recipe 1:", after=card["ts"])
    ana.press(CHANNEL, card, "recipe_table")
    said(product, "Cocoa", after=str(_below(product, first)[-1]["ts"]))  # all that was asked before is answered
    cards = [one for one in _below(product, first) if "Cocoa, recipe 1:" in one["text"]]
    assert len(cards) == 2 and "approved by" not in words(cards[0]) and "approved by" in words(cards[1])


def _below(product: Stack, message: Json) -> list[Json]:
    return product.ana.thread(CHANNEL, message["ts"])[1:]


def started_revision(view: Json) -> str:
    """The name of the experiment that was started, with which its verdict begins."""
    return words(view).split("*")[1] + ": "


@pytest.mark.slow
def test_an_experiment_from_the_card_is_trained_on_what_the_recipe_makes(product: Stack) -> None:
    ana, storage = product.ana, product.cloud.storage
    dataset = kept(product, "Coffee", daily(900))
    family = family_of(dataset, private=False)
    ana.type(CHANNEL, "/mmm prepare Coffee")
    first = said(product, "Coffee, recipe in work")
    ana.press(CHANNEL, first, "recipe_change")
    form = ana.wait_for_view("recipe_form")
    assert ana.submit(form, **{field(form, "recipe_rhythm"): "W:sun", field(form, "recipe_left"): ["WEATHER"]})["ok"]
    assert ana.submit(ana.wait_for_view("recipe_save_form"))["ok"]
    card = said(product, "Coffee, recipe 1")

    ana.press(CHANNEL, card, "experiment_from_recipe")
    asked = ana.wait_for_view("experiment_new")
    assert "The recipe decides: weeks from Sunday." in words(asked)
    assert '"value": "' + f"{dataset.country}/" in json.dumps(asked["blocks"])
    assert ana.submit(asked)["ok"]
    started = ana.wait_for_view("started")
    assert "has started" in words(started)
    done = said(product, "Coffee: done")
    assert "recipe 1" in words(done)
    verdict = said(product, told_run := started_revision(started))
    assert "data by recipe 1" in words(verdict), told_run
    [config] = [one for one in storage.list("training-configs/") if "latest" not in one.path]
    told = storage.require(config.path, "config").body
    assert "WEATHER" not in json.dumps(told["context_vars"])
    rows = storage.get_bytes(told["data"]["path"])
    frame = pd.read_parquet(io.BytesIO(rows))
    assert pd.Timestamp(frame["DATE"].iloc[0]).day_name() == "Sunday"
    assert len(frame) == told["data"]["rows"] == 127
    assert read_open(storage, family, dataset).number == 1


def refusal(product: Stack, since: int, words_of_it: str) -> None:
    """Wait until somebody alone was told why not."""

    def there() -> bool | None:
        alone = ("chat.postEphemeral", "views.update", "chat.postMessage")
        calls = [one for one in product.ana.transcript()[since:] if one["method"] in alone]
        return any(words_of_it in json.dumps(one["args"], ensure_ascii=False) for one in calls) or None

    product.ana.wait(there, words_of_it)


def calls(product: Stack) -> int:
    return len(product.ana.transcript())


@pytest.mark.streamlit("prepare-exposures", "prepare-auto-clean")
def test_one_column_is_set_on_top_of_the_form_and_what_was_typed_below_stays(product: Stack) -> None:
    ana = product.ana
    dataset = kept(product, "Cocoa")
    ana.type(CHANNEL, "/mmm prepare Cocoa")
    ana.press(CHANNEL, said(product, "Cocoa, recipe in work"), "recipe_change")
    form = ana.wait_for_view("recipe_form")
    ana.press_in(form, "recipe_one_column", **{field(form, "recipe_rhythm"): "M"})
    top = ana.wait_for_view("recipe_column_form")
    assert "errors" in ana.submit(top), "no column is chosen yet"

    ana.choose(top, "recipe_pick", "PRICE")
    top = ana.wait(lambda: with_field(ana.view(), "recipe_fill"), "the fields of PRICE")
    fills = [one["value"] for one in element(top, "recipe_fill")["options"]]
    assert "zero" not in fills and "previous" in fills, "a missing price is not 0"
    given = {field(top, "recipe_fill"): "previous", field(top, "recipe_function"): "max"}
    assert ana.submit(top, **given, **{field(top, "recipe_low"): "1", field(top, "recipe_high"): "99"})["ok"]

    below = ana.wait(lambda: with_field(ana.view(), "recipe_rhythm"), "the form below")
    assert element(below, "recipe_rhythm")["initial_option"]["value"] == "M"
    assert "“PRICE” filled: previous" in words(below)
    recipe = read_open(product.cloud.storage, family_of(dataset, private=False), dataset).recipe
    assert (recipe.resample, recipe.fill, recipe.aggregation) == ("M", {"PRICE": "previous"}, {"PRICE": "max"})
    assert recipe.clip["PRICE"].high == 0.99


def with_field(view: Json | None, name: str) -> Json | None:
    return view if view and any(str(b.get("block_id", "")).startswith(name) for b in view["blocks"]) else None


def element(view: Json, name: str) -> Json:
    found: Json = next(b for b in view["blocks"] if str(b.get("block_id", "")).startswith(name))["element"]
    return found


def test_a_table_goes_out_is_edited_and_comes_back_or_is_told_by_row_and_column(product: Stack, tmp_path: Path) -> None:
    ana = product.ana
    dataset = kept(product, "Juice")
    ana.type(CHANNEL, "/mmm prepare Juice")
    ana.press(CHANNEL, said(product, "Juice, recipe in work"), "recipe_table")
    offered = said(product, "Juice: the recipe of 6 columns as a table.")
    given = ana.wait(lambda: table_in(product, offered), "the table")
    assert given.decode("utf-8-sig").splitlines()[0].startswith("column,role,takes_part")
    assert "“PRICE” has no value on 2 dates" in given.decode("utf-8-sig")

    path = tmp_path / "edited.csv"
    good = given.replace(b"WEATHER,context,yes,,,", b"WEATHER,context,no,dull,,")
    path.write_bytes(good.replace(b"yes", b"perhaps", 1))
    ana.press(CHANNEL, offered, "recipe_drop")
    since = calls(product)
    assert ana.submit(ana.wait_for_view("recipe_file"), recipe_csv=ana.upload(path))["ok"]
    refusal(product, since, "Row 2, takes_part: “perhaps” is neither yes nor no.")
    family = family_of(dataset, private=False)
    assert read_open(product.cloud.storage, family, dataset).recipe.dropped == {}

    path.write_bytes(good)
    ana.press(CHANNEL, offered, "recipe_drop")
    before = said(product, "Juice, recipe in work")["ts"]
    assert ana.submit(ana.wait_for_view("recipe_file"), recipe_csv=ana.upload(path))["ok"]
    assert "“WEATHER” (dull)" in words(said(product, "Juice, recipe in work", after=before))
    assert read_open(product.cloud.storage, family, dataset).recipe.dropped == {"WEATHER": "dull"}


def table_in(product: Stack, message: Json) -> bytes | None:
    top = str(message.get("thread_ts") or message["ts"])
    for one in product.ana.thread(CHANNEL, top):
        for file in one.get("files", ()):
            return product.ana.file(file["id"])
    return None


def test_versions_are_listed_and_an_earlier_one_is_gone_back_to(product: Stack) -> None:
    ana = product.ana
    dataset = kept(product, "Milk")
    family, storage = family_of(dataset, private=False), product.cloud.storage
    for number, to in enumerate(("W", "M"), 1):
        change_open(storage, family, dataset, Change(kind="resample", value=to), who=ana.user, at=NOW)
        ana.type(CHANNEL, "/mmm prepare Milk")
        card = said(product, "Milk, recipe in work", after=str(ana.messages(CHANNEL)[-1]["ts"]))
        ana.press(CHANNEL, card, "recipe_save")
        saved = said(product, f"Milk, recipe {number}:")
    assert "Against recipe 1: months, not weeks from Monday." in words(saved)

    since = calls(product)
    ana.press(CHANNEL, saved, "recipe_versions")
    refusal(product, since, "Milk has 2 saved recipes.")
    ana.type(CHANNEL, "/mmm prepare Milk recipe 1")
    first = said(product, "Milk, recipe 1:", after=saved["ts"])
    ana.press(CHANNEL, first, "recipe_back")
    said(product, "Milk, recipe in work", after=first["ts"])
    found = read_open(storage, family, dataset)
    assert (found.recipe.resample, found.number) == ("W", 1)
    assert len(saved_recipes(storage, family)) == 2


def test_a_recipe_that_was_changed_meanwhile_is_not_saved_unseen(product: Stack) -> None:
    ana = product.ana
    dataset = kept(product, "Rice")
    family, storage = family_of(dataset, private=False), product.cloud.storage
    ana.type(CHANNEL, "/mmm prepare Rice")
    card = said(product, "Rice, recipe in work")
    change_open(storage, family, dataset, Change(kind="drop", column="WEATHER"), who="U0BEN", at=NOW)
    since = calls(product)
    ana.press(CHANNEL, card, "recipe_save")
    refusal(product, since, "The recipe was changed meanwhile.")
    assert saved_recipes(storage, family) == []


def test_a_column_that_vanished_is_told_and_left_out_by_a_press(product: Stack) -> None:
    ana = product.ana
    first = kept(product, "Bread")
    family, storage = family_of(first, private=False), product.cloud.storage
    change_open(storage, family, first, Change(kind="resample", value="W"), who=ana.user, at=NOW)
    later = ROLES.model_copy(update={"context_vars": ("PRICE",)})
    kept(product, "Bread", daily().drop(columns=["WEATHER"]), mapping=later)
    ana.type(CHANNEL, "/mmm prepare Bread")
    card = said(product, "Bread, recipe in work: it cannot be applied to these data.")
    assert "no longer hold “WEATHER”" in words(card) and "recipe_save" not in buttons(card)
    ana.press(CHANNEL, card, "recipe_leave_out")
    mended = said(product, "Bread, recipe in work: 400 days become 56 weeks.")
    assert "“WEATHER” (no longer in the data)" in words(mended)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("/mmm prepare Nobody Knows", "There is no dataset called “Nobody Knows”."),
        ("/mmm prepare Salt recipe 7", "There is no recipe 7 of “Salt” (Germany). None was saved yet"),
    ],
)
def test_what_is_not_there_is_told(product: Stack, typed: str, told: str) -> None:
    kept(product, "Salt" if "Salt" in typed else "Another")
    app = create_app(product.settings, "bot", cloud=product.cloud)
    assert told in deliver(app, command(product, typed.removeprefix("/mmm "))).json()["text"]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("recipe_left", ["TV_COST", "SEARCH_COST"], "“SEARCH_COST” is the last paid channel."),
        ("recipe_end", "2022-12-01", "not after its start"),
        ("recipe_goal", "TV_COST", ""),
    ],
)
def test_bad_input_stands_beside_its_field_and_changes_nothing(
    product: Stack, name: str, value: Any, told: str
) -> None:
    ana = product.ana
    title = f"Sugar {name}".replace("_", " ")
    dataset = kept(product, title)
    ana.type(CHANNEL, f"/mmm prepare {title}")
    ana.press(CHANNEL, said(product, f"{title}, recipe in work"), "recipe_change")
    form = ana.wait_for_view("recipe_form")
    given = {field(form, name): value}
    if name == "recipe_end":
        given[field(form, "recipe_start")] = "2023-06-01"
    answer = ana.submit(form, **given)
    if told:
        assert told in json.dumps(answer, ensure_ascii=False)
        family = family_of(dataset, private=False)
        assert list(product.cloud.storage.list(f"recipes/{family}/open")) == []
    else:
        tried = ana.wait_for_view("recipe_save_form")
        assert "Goal: “TV_COST”" in words(tried) and "1 paid channel: “SEARCH_COST”" in words(tried)


def test_a_viewer_is_refused_and_told_whom_to_ask(product: Stack) -> None:
    kept(product, "Pepper")
    assert "analyst" in deliver(viewers(product), command(product, "prepare Pepper")).text


def viewers(product: Stack) -> FastAPI:
    settings = product.settings.model_copy(update={"role_default": "viewer"})
    return create_app(settings, "bot", cloud=product.cloud)


def test_what_was_made_in_private_is_told_there_or_in_person_and_has_recipes_of_its_own(product: Stack) -> None:
    ana, private = product.ana, workspace.LAUNCH.id
    dataset = kept(product, "Truffle", channel=private)
    public = kept(product, "Truffle", channel=CHANNEL, country="at")
    ana.type(CHANNEL, "/mmm prepare Truffle DE")
    person = ana.wait(lambda: in_person(product, "Truffle, recipe in work"), "the card in person")
    assert not any("Truffle, recipe in work" in one["text"] for one in ana.messages(CHANNEL))
    assert "400 days" in person["text"]
    own = family_of(dataset, private=True)
    assert own.endswith(private) and own != family_of(public, private=False)


def in_person(product: Stack, text: str) -> Json | None:
    sent = [one["args"] for one in product.ana.transcript() if one["method"] == "chat.postMessage" and one["ok"]]
    return next((one for one in sent if text in one["text"] and str(one["channel"]).startswith("D")), None)


@pytest.mark.streamlit("prepare-remembered-goal")
def test_a_later_snapshot_remembers_goal_and_all_else_that_was_decided(product: Stack) -> None:
    ana = product.ana
    kept(product, "Honey")
    ana.type(CHANNEL, "/mmm prepare Honey")
    ana.press(CHANNEL, said(product, "Honey, recipe in work"), "recipe_change")
    form = ana.wait_for_view("recipe_form")
    given = {field(form, "recipe_goal"): "PRICE", field(form, "recipe_counts"): "conversion"}
    assert ana.submit(form, **given)["ok"]
    ana.wait_for_view("recipe_save_form")
    later = kept(product, "Honey", daily(500))
    ana.type(CHANNEL, "/mmm prepare Honey")
    card = said(product, "Honey, recipe in work: 500 days")
    assert "Goal: “PRICE”, counted as conversions" in words(card)
    ana.press(CHANNEL, card, "recipe_change")
    form = ana.wait_for_view("recipe_form")
    assert element(form, "recipe_goal")["initial_option"]["value"] == "PRICE"
    assert json.loads(form["private_metadata"])["dataset"] == later.id
