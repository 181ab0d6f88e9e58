"""`/mmm prepare`: seen, changed, tried on the data, saved, approved by another, gone back to; by column, by table."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.data.dataset import Dataset
from engine.data.mapping import Mapping
from engine.data.recipes import family_of, read_open, saved_recipes
from local import workspace
from tests.kept_rows import keep_rows
from tests.stack import Stack

CHANNEL = workspace.MARKETING.id
Json = dict[str, Any]
DAYS = 400
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
