"""Again is again: a mended source, another reading, a finding accepted once more; and no click is done twice."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import pytest
import snowflake.connector
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from bot.service import create_app
from engine.data.dataset import Dataset
from engine.data.listed import list_datasets
from engine.data.records import read_dataset
from local import workspace
from local.faults import Fault
from local.sample import weekly_csv
from tests.slack_requests import interaction, post, signed
from tests.stack import Stack

CHANNEL = workspace.MARKETING.id
Json = dict[str, Any]


def send(product: Stack, path: Path, title: str) -> Json:
    """Drop a file into the first form; returns the form of its columns."""
    ana = product.ana
    ana.type(CHANNEL, "/mmm dataset new")
    form = ana.wait_for_view("dataset_source")
    given = {"title": title, "country": "fr", "kind": "csv", "channel": CHANNEL}
    assert ana.submit(form, file=ana.upload(path), **given)["ok"]
    return ana.wait_for_view("dataset_mapping")


def written(tmp_path: Path, frame: pd.DataFrame, name: str = "data.csv") -> Path:
    path = tmp_path / name
    frame.to_csv(path, index=False)
    return path


def weeks() -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(weekly_csv("FR")))


def titled(product: Stack, title: str) -> list[Dataset]:
    storage = product.cloud.storage
    return [read_dataset(storage, one.id) for one in list_datasets(storage) if one.title == title]


def answered(product: Stack, title: str, words: str, count: int) -> Json:
    """Wait until the channel has `count` messages about a dataset that say `words`; returns the last."""

    def there() -> Json | None:
        said = [m for m in product.ana.messages(CHANNEL) if title in m["text"] and words in m["text"]]
        return said[-1] if len(said) >= count else None

    return product.ana.wait(there, f"message {count} that “{title}” {words}")


@contextmanager
def warehouse(product: Stack) -> Iterator[Any]:
    """A connection of somebody who mends tables there."""
    settings = product.settings
    key = load_pem_private_key(product.cloud.secrets.read(settings.snowflake_key_secret).encode(), password=None)
    connection = snowflake.connector.connect(
        account=settings.snowflake_account,
        user=settings.snowflake_user,
        host=settings.snowflake_host,
        port=settings.snowflake_port,
        protocol=settings.snowflake_protocol,
        authenticator="SNOWFLAKE_JWT",
        private_key=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        database="MMM",
        schema="MARKETING",
        platform_detection_timeout_seconds=0.0,
    )
    try:
        yield connection.cursor()
    finally:
        connection.close()


BROKEN = "CREATE OR REPLACE TABLE MMM.MARKETING.MENDED AS SELECT * FROM MMM.MARKETING.DAILY"


def test_a_table_that_was_mended_is_read_anew_for_the_same_columns(product: Stack) -> None:
    ana, title = product.ana, "Mended table"
    with warehouse(product) as mender:
        mender.execute(BROKEN)
        mender.execute("UPDATE MMM.MARKETING.MENDED SET REVENUE = NULL WHERE DATE = (SELECT MIN(DATE) + 9 FROM DAILY)")
    ana.type(CHANNEL, "/mmm dataset new")
    ana.choose(ana.wait_for_view("dataset_source"), "kind", "table", title=title, country="fr")
    form = ana.wait(lambda: _with_field(product, "table"), "the table field")
    assert ana.submit(form, title=title, country="fr", table="MMM.MARKETING.MENDED", channel=CHANNEL)["ok"]
    assert ana.submit(ana.wait_for_view("dataset_mapping"))["ok"]
    first = answered(product, title, "was not made", 1)

    ana.press(CHANNEL, first, "dataset_remap")
    assert ana.submit(ana.wait_for_view("dataset_mapping"))["ok"], "the same columns, nothing mended yet"
    second = answered(product, title, "was not made", 2)

    with warehouse(product) as mender:
        mender.execute("CREATE OR REPLACE TABLE MMM.MARKETING.MENDED AS SELECT * FROM MMM.MARKETING.DAILY")
    ana.press(CHANNEL, second, "dataset_remap")
    assert ana.submit(ana.wait_for_view("dataset_mapping"))["ok"]
    answered(product, title, "is ready", 1)
    assert len(titled(product, title)) == 1


def _with_field(product: Stack, name: str) -> Json | None:
    view = product.ana.view()
    return view if view and any(block["block_id"] == name for block in view["blocks"]) else None


def test_a_file_that_was_mended_takes_the_place_of_the_refused_one(product: Stack, tmp_path: Path) -> None:
    ana, title = product.ana, "Mended file"
    assert ana.submit(send(product, written(tmp_path, weeks().drop(index=range(40, 46))), title))["ok"]
    refused = answered(product, title, "was not made", 1)
    ana.press(CHANNEL, refused, "dataset_replace")
    form = ana.wait_for_view("dataset_source")
    mended = ana.upload(written(tmp_path, weeks(), "mended.csv"))
    assert ana.submit(form, file=mended)["ok"], "name, country and channel are as they were"
    assert ana.submit(ana.wait_for_view("dataset_mapping"))["ok"]
    answered(product, title, "is ready", 1)
    [dataset] = titled(product, title)
    assert (dataset.country, dataset.channel, dataset.source.file_name) == ("fr", CHANNEL, "mended.csv")


def test_a_file_that_cannot_be_read_is_replaced_in_the_same_form(product: Stack, tmp_path: Path) -> None:
    ana, title = product.ana, "Replaced"
    empty = tmp_path / "empty.csv"
    empty.write_text("DATE,TV_COST,REVENUE\n")
    ana.type(CHANNEL, "/mmm dataset new")
    form = ana.wait_for_view("dataset_source")
    given = {"title": title, "country": "fr", "kind": "csv", "channel": CHANNEL}
    assert ana.submit(form, file=ana.upload(empty), **given)["ok"]
    failed = ana.wait_for_view("failed")
    ana.press_in(failed, "dataset_replace")
    again = ana.wait_for_view("dataset_source")
    assert again["id"] == failed["id"]
    assert ana.submit(again, file=ana.upload(written(tmp_path, weeks())))["ok"]
    assert ana.submit(ana.wait_for_view("dataset_mapping"))["ok"]
    answered(product, title, "is ready", 1)


def test_a_finding_is_accepted_once_more_after_it_was(product: Stack, tmp_path: Path) -> None:
    ana, title = product.ana, "Accepted"
    assert ana.submit(send(product, written(tmp_path, weeks().iloc[:20]), title))["ok"]
    refused = answered(product, title, "was not made", 1)
    if "dataset_accept" not in str(refused["blocks"]):
        pytest.skip("what stops it may not be accepted")
    ana.press(CHANNEL, refused, "dataset_accept")
    answered(product, title, "is ready", 1)
    ana.press(CHANNEL, refused, "dataset_accept")
    answered(product, title, "is ready", 2)
    assert len({one.ts for one in titled(product, title)}) == 2


def doubtful(tmp_path: Path) -> Path:
    """A file whose dates may be read day first or month first."""
    days = pd.date_range("2022-01-03", periods=120, freq="7D")
    rows = ["DATE;TV_COST;SEARCH_COST;REVENUE"]
    for n, day in enumerate(days):
        rows.append(f"{day:%Y-%m-%d};{10 + n % 7}.{100 + 7 * (n % 90):03d};{200 + n * 3 % 500};{9000 + 11 * n % 977}")
    path = tmp_path / "doubtful.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def offers_of(shown: Json) -> list[Json]:
    found = [block["accessory"] for block in shown["blocks"] if "accessory" in block]
    found += [element for block in shown["blocks"] if block["type"] == "actions" for element in block["elements"]]
    return [one for one in found if one.get("action_id", "").startswith("dataset_choose")]


def test_a_remedy_pressed_in_the_form_is_read_with_and_can_be_taken_back(product: Stack, tmp_path: Path) -> None:
    ana, title = product.ana, "Pressed in the form"
    form = send(product, doubtful(tmp_path), title)
    [offer] = offers_of(form)[:1]
    kept = {"dep_var": "TV_COST", "paid_media_spends": ["SEARCH_COST"]}
    ana.press_in(form, "dataset_choose", **kept)

    def read_again() -> Json | None:
        view = ana.view()
        other = view is not None and view["callback_id"] == "dataset_mapping" and view["hash"] != form["hash"]
        return view if other and offers_of(view or {}) and offers_of(view or {})[0]["value"] != offer["value"] else None

    anew = ana.wait(read_again, "the form read again")
    assert _initial(anew, "dep_var") == "TV_COST", "what was changed stays"
    assert ana.submit(anew, dep_var="REVENUE", paid_media_spends=["TV_COST", "SEARCH_COST"])["ok"]
    answered(product, title, title, 1)


def _initial(view: Json, name: str) -> str:
    [block] = [block for block in view["blocks"] if block["block_id"] == name]
    return str(block["element"]["initial_option"]["value"])


def test_a_remedy_pressed_in_the_thread_makes_another_dataset_and_the_opposite_goes_back(
    product: Stack, tmp_path: Path
) -> None:
    ana, title = product.ana, "Pressed in the thread"
    form = send(product, doubtful(tmp_path), title)
    assert ana.submit(form, dep_var="REVENUE", paid_media_spends=["TV_COST", "SEARCH_COST"])["ok"]
    for count in (1, 2):
        ready = answered(product, title, "is ready", count)
        reply = ana.wait(lambda ts=ready["ts"]: _with_offers(product, ts), "findings with remedies")
        ana.press(CHANNEL, reply, "dataset_choose")
        answered(product, title, "is ready", count + 1)
    first, other, newest = sorted(titled(product, title), key=lambda one: one.created_at)
    assert first.mapping == other.mapping == newest.mapping
    assert len({one.ts for one in (newest, other, first)}) == 3
    assert other.choices != first.choices


def _with_offers(product: Stack, ts: str) -> Json | None:
    replies = product.ana.thread(CHANNEL, ts)[1:]
    return next((one for one in replies if offers_of(one)), None)


def test_channels_turned_into_columns_in_the_thread_come_with_their_roles_guessed(
    product: Stack, tmp_path: Path
) -> None:
    ana, title = product.ana, "Turned in the thread"
    days = pd.date_range("2022-01-03", periods=120, freq="7D")
    rows = [
        f"{day:%Y-%m-%d},{channel},{100 + (7 + 6 * k) * n % 97}.5,{9000 + 11 * n % 977}"
        for n, day in enumerate(days)
        for k, channel in enumerate(("tv", "search"))
    ]
    path = tmp_path / "long.csv"
    path.write_text("\n".join(["date,channel,spend,revenue", *rows]) + "\n")
    assert ana.submit(send(product, path, title))["ok"]
    ready = answered(product, title, "is ready", 1)
    reply = ana.wait(lambda: _with_offers(product, ready["ts"]), "findings with remedies")
    ana.press(CHANNEL, reply, "dataset_choose")
    ana.press(CHANNEL, ana.wait_for_message(CHANNEL, f"The columns of {title} are read"), "dataset_remap")
    form = ana.wait_for_view("dataset_mapping")
    [spends] = [block["element"] for block in form["blocks"] if block["block_id"] == "paid_media_spends"]
    assert [one["value"] for one in spends.get("initial_options", [])] == ["tv_spend", "search_spend"]
    assert ana.submit(form)["ok"]
    answered(product, title, "is ready", 2)


def test_two_people_who_press_the_same_at_once_both_hear_who_is_answered(product: Stack, tmp_path: Path) -> None:
    ana, ben, title = product.ana, product.ben, "Pressed by two"
    form = send(product, doubtful(tmp_path), title)
    assert ana.submit(form, dep_var="REVENUE", paid_media_spends=["TV_COST", "SEARCH_COST"])["ok"]
    ready = answered(product, title, "is ready", 1)
    reply = ana.wait(lambda: _with_offers(product, ready["ts"]), "findings with remedies")
    product.slack_faults.add(Fault("files.info", "slow", seconds=3))
    ana.press(CHANNEL, reply, "dataset_choose")
    ana.wait_for_message(CHANNEL, f"On it: {title} is read again")
    ben.press(CHANNEL, reply, "dataset_choose")
    told = ben.wait_for_message(CHANNEL, f"{title} is being read again already")
    assert f"<@{ana.user}>" in str(told["blocks"])
    answered(product, title, "is ready", 2)
    assert len(titled(product, title)) == 2, "the same wish is done once"


def test_a_click_that_is_delivered_again_is_answered_once(product: Stack, tmp_path: Path) -> None:
    ana, title = product.ana, "Delivered twice"
    assert ana.submit(send(product, written(tmp_path, weeks().drop(index=range(40, 46))), title))["ok"]
    refused = answered(product, title, "was not made", 1)
    value = next(
        element["value"]
        for block in refused["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] == "dataset_remap"
    )
    action = {"action_id": "dataset_again", "block_id": "b", "action_ts": "1.5", "type": "button", "value": value}
    container = {"type": "message", "message_ts": refused["ts"]}
    click = {"type": "block_actions", "actions": [action], "trigger_id": product.slack.tickets.trigger(ana.user)}
    body = urlencode(interaction(user={"id": ana.user}, channel={"id": CHANNEL}, container=container, **click)).encode()
    bot, headers = create_app(product.settings, "bot", cloud=product.cloud), None
    for _ in range(2):
        headers = headers or signed(body)
        assert post(bot, "/slack/events", body, headers).status_code == 200
    answered(product, title, "was not made", 2)
    assert post(bot, "/slack/events", body, headers or {}).status_code == 200
    said = [m for m in ana.messages(CHANNEL) if title in m["text"] and "was not made" in m["text"]]
    assert len(said) == 2
