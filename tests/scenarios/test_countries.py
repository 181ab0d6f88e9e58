"""One source for several countries, and new snapshots of them, as a person in Slack does it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import snowflake.connector
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from engine.data.listed import list_datasets
from engine.data.records import read_dataset
from local import workspace
from local.sample.daily import daily
from tests.stack import Stack

CHANNEL = workspace.MARKETING.id
ROLES = {"date_var": "DATE", "dep_var": "REVENUE"}


def with_kind(product: Stack, kind: str) -> dict[str, Any]:
    """The first form, asking for several countries, with the field of a kind of source."""
    ana = product.ana
    ana.type(CHANNEL, "/mmm dataset new")
    form = ana.wait_for_view("dataset_source")
    ana.choose(form, "kind", kind, country="several")
    field = {"table": "table", "select": "sql"}[kind]

    def there() -> dict[str, Any] | None:
        view = ana.view()
        return view if view and any(block["block_id"] == field for block in view["blocks"]) else None

    return ana.wait(there, f"the field {field}")


def asked(product: Stack, title: str, source: dict[str, str]) -> dict[str, Any]:
    """The second form: the roles, and the countries that have rows."""
    [kind] = source
    form = with_kind(product, "select" if kind == "sql" else kind)
    assert product.ana.submit(form, title=title, country="several", channel=CHANNEL, **source)["ok"]
    return product.ana.wait_for_view("dataset_mapping")


def field(form: dict[str, Any], name: str) -> dict[str, Any]:
    return next(block for block in form["blocks"] if block["block_id"] == name)


def parent(product: Stack, title: str, text: str) -> dict[str, Any]:
    """The one message of a round, once it says `text`."""

    def there() -> dict[str, Any] | None:
        found = [
            one for one in product.ana.messages(CHANNEL) if title in one["text"] and "countries done" in one["text"]
        ]
        assert len(found) <= 1
        return found[0] if found and text in str(found[0]["blocks"]) else None

    return product.ana.wait(there, f"the message that says “{text}”")


def reply(product: Stack, card: dict[str, Any], text: str) -> dict[str, Any]:
    """A message in the thread of a round that says `text`."""

    def there() -> dict[str, Any] | None:
        found = product.ana.thread(CHANNEL, card["ts"])[1:]
        return next((one for one in found if text in f"{one['text']} {one['blocks']}"), None)

    return product.ana.wait(there, f"a reply with “{text}”")


@pytest.mark.streamlit("load-dataset", "map-first-countries")
def test_three_countries_of_a_table_become_three_datasets_by_one_read(product: Stack) -> None:
    form = asked(product, "Shop", {"table": "MMM.MARKETING.WEEKLY"})
    chosen = field(form, "countries")["element"]["initial_options"]
    assert {one["value"] for one in chosen} == {"de", "fr", "gb"}
    assert all(" rows" in one["text"]["text"] and "2" in one["description"]["text"] for one in chosen)
    assert product.ana.submit(form, countries=["fr", "de", "gb"])["ok"]
    card = parent(product, "Shop", "3 ready")
    assert "France" in str(card["blocks"]) and "rows" in str(card["blocks"])
    made = [one for one in list_datasets(product.cloud.storage) if one.title == "Shop"]
    assert sorted(one.country for one in made) == ["de", "fr", "gb"]
    end = reply(product, card, "3 of 3 countries have a dataset")
    thread = product.ana.thread(CHANNEL, card["ts"])[1:]
    assert thread[-1] == end
    assert sum("experiment_from_dataset" in str(one["blocks"]) for one in thread) == 3
    product.ana.press(CHANNEL, card, "review_look")
    assert "United Kingdom" in str(reply(product, card, "side by side")["blocks"])


@contextmanager
def mender(product: Stack) -> Iterator[Any]:
    """A connection of somebody who changes tables there."""
    at = product.settings
    key = load_pem_private_key(product.cloud.secrets.read(at.snowflake_key_secret).encode(), password=None)
    connection = snowflake.connector.connect(
        account=at.snowflake_account,
        user=at.snowflake_user,
        host=at.snowflake_host,
        port=at.snowflake_port,
        protocol=at.snowflake_protocol,
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


def titled(product: Stack, title: str) -> dict[str, list[str]]:
    """The snapshots of a title by country, the newest first."""
    found: dict[str, list[str]] = {}
    for one in list_datasets(product.cloud.storage):
        if one.title == title:
            found.setdefault(one.country, []).append(one.id)
    return found


def test_a_country_without_rows_and_one_that_is_wrong_fail_by_themselves_and_are_tried_again(product: Stack) -> None:
    ana, title = product.ana, "Cafe"
    with mender(product) as cursor:
        cursor.execute("CREATE OR REPLACE TABLE MMM.MARKETING.CAFE AS SELECT * FROM MMM.MARKETING.DAILY")
        cursor.execute("UPDATE MMM.MARKETING.CAFE SET REVENUE = NULL WHERE COUNTRY = 'GB' AND DATE < '2025-01-01'")
    form = asked(product, title, {"sql": "SELECT * FROM MMM.MARKETING.CAFE WHERE COUNTRY = {country} ORDER BY DATE"})
    assert {one["value"] for one in field(form, "countries")["element"]["initial_options"]} == {"de", "fr", "gb"}
    assert ana.submit(form, countries=["Deutschland", "malta", "uk", "France"])["ok"], "names as people write them"
    card = parent(product, title, "2 ready, 2 failed")
    said = str(card["blocks"])
    assert "Malta* · failed: The SELECT returns no rows for Malta." in said and "United Kingdom* · failed" in said
    end = reply(product, card, "2 of 4 countries have a dataset")
    assert "Malta and United Kingdom were not read" in end["text"]
    assert "Use it anyway" not in str(reply(product, card, "Malta was not made")["blocks"])
    assert set(titled(product, title)) == {"de", "fr"}

    with mender(product) as cursor:
        cursor.execute("CREATE OR REPLACE TABLE MMM.MARKETING.CAFE AS SELECT * FROM MMM.MARKETING.DAILY")
    ana.press(CHANNEL, card, "countries_retry")
    card = parent(product, title, "3 ready, 1 failed")
    reply(product, card, "3 of 4 countries have a dataset")
    assert {country: len(ids) for country, ids in titled(product, title).items()} == {"de": 1, "fr": 1, "gb": 1}


def test_one_country_can_be_asked_for_by_its_place_in_the_select_too(product: Stack) -> None:
    ana, title = product.ana, "Alone"
    form = with_kind(product, "select")
    sql = "SELECT * FROM MMM.MARKETING.WEEKLY WHERE COUNTRY = '{country}'"
    assert ana.submit(form, title=title, country="de", sql=sql, channel=CHANNEL)["ok"]
    assert ana.submit(ana.wait_for_view("dataset_mapping"))["ok"]
    ana.wait_for_message(CHANNEL, "Dataset Alone is ready")
    [made] = titled(product, title)["de"]
    assert read_dataset(product.cloud.storage, made).source.sql == sql


def test_what_stops_all_countries_is_told_once(product: Stack) -> None:
    ana, title = product.ana, "Gone"
    with mender(product) as cursor:
        cursor.execute("CREATE OR REPLACE TABLE MMM.MARKETING.GONE AS SELECT * FROM MMM.MARKETING.DAILY")
    form = asked(product, title, {"table": "MMM.MARKETING.GONE"})
    with mender(product) as cursor:
        cursor.execute("DROP TABLE MMM.MARKETING.GONE")
    assert ana.submit(form, countries=["fr", "de"])["ok"]
    card = parent(product, title, "2 failed")
    reply(product, card, "Gone: France and Germany were not read.")
    refused = [one for one in ana.thread(CHANNEL, card["ts"])[1:] if "was not made" in one["text"]]
    assert len(refused) == 1 and "for 2 countries" in refused[0]["text"]
    assert titled(product, title) == {}


def test_each_thing_wrong_with_several_countries_stands_beside_its_field(product: Stack) -> None:
    ana = product.ana
    form = asked(
        product, "Wrong", {"sql": "SELECT DATE, REVENUE, TV_COST FROM MMM.MARKETING.WEEKLY WHERE COUNTRY = 'FR'"}
    )
    answer = ana.submit(form, countries=[])
    assert answer["errors"]["countries"] == "Choose at least one country."
    [other] = [text for name, text in answer["errors"].items() if name != "countries"]
    assert "names the country of each row" in other and "{country}" in other


@pytest.mark.streamlit("map-refresh-from-earlier")
def test_a_refresh_tells_what_is_new_in_each_country_and_stores_nothing_where_nothing_is(product: Stack) -> None:
    ana, title = product.ana, "Newer"
    with mender(product) as cursor:
        cursor.execute("CREATE OR REPLACE TABLE MMM.MARKETING.NEWER AS SELECT * FROM MMM.MARKETING.DAILY")
        cursor.execute("DELETE FROM MMM.MARKETING.NEWER WHERE COUNTRY = 'FR' AND DATE > '2025-12-01'")
    assert ana.submit(asked(product, title, {"table": "MMM.MARKETING.NEWER"}), countries=["fr", "de"])["ok"]
    parent(product, title, "2 ready")

    with mender(product) as cursor:
        cursor.execute("CREATE OR REPLACE TABLE MMM.MARKETING.NEWER AS SELECT *, 1 AS WEATHER FROM MMM.MARKETING.DAILY")
        cursor.execute(
            "UPDATE MMM.MARKETING.NEWER SET TV_COST = TV_COST + 1 WHERE COUNTRY = 'FR' AND DATE = '2025-03-01'"
        )
        cursor.execute("UPDATE MMM.MARKETING.NEWER SET WEATHER = NULL WHERE COUNTRY = 'DE'")
    ana.type(CHANNEL, f"/mmm dataset refresh {title} France")
    told = ana.wait_for_message(CHANNEL, "A new snapshot of *Newer* · France is ready")
    said = str(told["blocks"])
    assert "27 days were added" in said and "1 value of TV_COST was restated" in said and "WEATHER" in said
    [newest, before] = titled(product, title)["fr"]
    assert any(f"{before} {newest}" in str(block) and "dataset_diff" in str(block) for block in told["blocks"])

    ana.type(CHANNEL, f"/mmm dataset refresh {title} France")
    ana.wait_for_message(CHANNEL, "*Newer* · France: nothing is new since the last snapshot", after=told["ts"])
    assert len(titled(product, title)["fr"]) == 2 and len(titled(product, title)["de"]) == 1


def test_all_countries_of_a_title_are_refreshed_together(product: Stack) -> None:
    ana, title = product.ana, "Together"
    with mender(product) as cursor:
        cursor.execute("CREATE OR REPLACE TABLE MMM.MARKETING.TOGETHER AS SELECT * FROM MMM.MARKETING.DAILY")
    assert ana.submit(asked(product, title, {"table": "MMM.MARKETING.TOGETHER"}), countries=["fr", "de", "gb"])["ok"]
    first = parent(product, title, "3 ready")
    reply(product, first, "3 of 3")
    with mender(product) as cursor:
        cursor.execute(
            "UPDATE MMM.MARKETING.TOGETHER SET REVENUE = REVENUE * 2 WHERE COUNTRY = 'FR' AND DATE = '2024-05-05'"
        )
        cursor.execute("DELETE FROM MMM.MARKETING.TOGETHER WHERE COUNTRY = 'GB'")
    ana.type(CHANNEL, f"/mmm dataset refresh {title.lower()}")
    card = ana.wait_for_message(CHANNEL, "1 ready, 1 without news, 1 failed", after=first["ts"])
    said = str(card["blocks"])
    assert "New snapshots of *Together*" in said and "restated" in said and "nothing new" in said
    assert "holds no rows of United Kingdom" in said
    end = reply(product, card, "1 of 3 countries has a new snapshot")
    assert "nothing is new in 1 country since the last snapshot" in end["text"]
    assert {country: len(ids) for country, ids in titled(product, title).items()} == {"fr": 2, "de": 1, "gb": 1}


def test_a_file_with_several_countries_is_refreshed_by_dropping_the_new_one(product: Stack, tmp_path: Path) -> None:
    ana, title = product.ana, "Dropped"

    def written(name: str, days: int) -> dict[str, Any]:
        frames = [daily(country).iloc[:days] for country in ("FR", "DE")]
        rest = frames[0].head(3).assign(COUNTRY="Atlantis")
        path = tmp_path / name
        pd.concat([*frames, rest]).to_csv(path, index=False)
        return ana.upload(path)

    ana.type(CHANNEL, "/mmm dataset new")
    form = ana.wait_for_view("dataset_source")
    assert ana.submit(form, title=title, country="several", file=written("old.csv", 700), channel=CHANNEL)["ok"]
    form = ana.wait_for_view("dataset_mapping")
    assert "“Atlantis” (3)" in str(form["blocks"]), "what is no country is told"
    assert ana.submit(form, countries=["fr", "de"])["ok"]
    reply(product, parent(product, title, "2 ready"), "2 of 2")

    ana.type(CHANNEL, f"/mmm dataset refresh {title}")
    asked_for = ana.wait_for_message(CHANNEL, "came from a file, old.csv: drop the new one")
    ana.press(CHANNEL, asked_for, "dataset_refresh_file")
    form = ana.wait_for_view("dataset_source")
    assert ana.submit(form, file=written("new.csv", 730))["ok"], "name, countries and channel are filled in"
    card = ana.wait_for_message(CHANNEL, "2 ready", after=asked_for["ts"])
    assert "30 days were added" in str(card["blocks"])
    newest = read_dataset(product.cloud.storage, titled(product, title)["fr"][0])
    assert newest.source.file_name == "new.csv" and newest.mapping.version.startswith("universal/")


def test_what_was_told_in_private_is_refreshed_there_and_nowhere_else(product: Stack) -> None:
    ana, title, private = product.ana, "Quiet", workspace.LAUNCH.id
    with mender(product) as cursor:
        cursor.execute("CREATE OR REPLACE TABLE MMM.MARKETING.QUIET AS SELECT * FROM MMM.MARKETING.DAILY")
    for countries, channel in ((["fr", "de"], CHANNEL), (["gb"], private)):
        form = with_kind(product, "table")
        given = {"title": title, "country": "several", "table": "MMM.MARKETING.QUIET", "channel": channel}
        assert ana.submit(form, **given)["ok"]
        assert ana.submit(ana.wait_for_view("dataset_mapping"), countries=countries)["ok"]
        ana.wait_for_message(channel, f"{len(countries)} ready")
    first = parent(product, title, "2 ready")
    reply(product, first, "2 of 2")
    with mender(product) as cursor:
        cursor.execute("UPDATE MMM.MARKETING.QUIET SET REVENUE = REVENUE + 1 WHERE DATE = '2024-05-05'")
    ana.type(CHANNEL, f"/mmm dataset refresh {title}")
    told = ana.wait_for_message(private, "A new snapshot of *Quiet* · United Kingdom is ready")
    assert "restated" in str(told["blocks"])
    card = ana.wait_for_message(CHANNEL, "New snapshots of *Quiet* for 2 countries: 2 ready", after=first["ts"])
    reply(product, card, "2 of 2 countries have a new snapshot")
    heard = [one for one in ana.messages(CHANNEL) if not one.get("ephemeral") and title in one["text"]]
    threads = [one for message in heard for one in ana.thread(CHANNEL, message["ts"])]
    assert "United Kingdom" not in str([*heard, *threads])
    product.ben.type(CHANNEL, f"/mmm dataset refresh {title} GB")
    assert product.ben.wait_for_message(CHANNEL, "There is no dataset")["ephemeral"]
