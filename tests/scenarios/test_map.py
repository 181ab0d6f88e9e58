"""What columns mean, over signed HTTP: the card, the form and what is sent with it, versions, and who may do what."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.service import create_app
from engine.cloud.storage import Storage
from engine.data.dataset import Dataset
from engine.data.listed import find_dataset, list_datasets
from engine.data.pattern_records import read_patterns
from engine.data.patterns import FIRST
from engine.data.records import read_dataset
from local import workspace
from local.demo import dataset_from_csv
from tests.kept_rows import keep_rows
from tests.kept_rows import weekly as kept_weekly
from tests.slack_requests import command, deliver
from tests.stack import Stack

pytestmark = pytest.mark.slow
CHANNEL = workspace.MARKETING.id
Json = dict[str, Any]
TITLE = "Spring plan"


def weekly() -> bytes:
    """Two years of weeks: two parts of Meta with their clicks, TV, mail, revenue and orders."""
    from datetime import date, timedelta

    head = (
        "DATE,REVENUE,ORDERS,META_BRAND_COST,META_PERF_COST,META_BRAND_CLICKS,META_PERF_CLICKS,TV_COST,MAIL_SENDS,PRICE"
    )
    rows = []
    for n in range(104):
        a, b, tv = 100 + 37 * n % 91, 200 + 53 * n % 83, 400 + 71 * n % 97
        day = date(2023, 1, 2) + timedelta(weeks=n)
        revenue = 9000 + 3 * a + 2 * b + 4 * tv + 29 * n % 103
        rows.append(
            f"{day},{revenue},{revenue // 40},{a},{b},{a * 3},{b * 4},{tv},{1000 + 13 * n % 77},{20 + n % 7 / 2}"
        )
    return "\n".join([head, *rows, ""]).encode()


@pytest.fixture(scope="module")
def spring(product: Stack, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    csv = tmp_path_factory.mktemp("csv") / "weekly.csv"
    csv.write_bytes(weekly())
    dataset_from_csv(product.ana, csv, TITLE, "fr")
    return find_dataset(product.cloud.storage, TITLE)


def newest(product: Stack) -> str:
    return max((str(one["ts"]) for one in product.ana.messages(CHANNEL)), default="")


def card(product: Stack) -> Json:
    since = newest(product)
    product.ana.type(CHANNEL, f"/mmm map {TITLE}")
    return product.ana.wait_for_message(CHANNEL, "What the columns of", after=since)


def remade(product: Stack, of: Dataset) -> Dataset:
    """The snapshot that was made of another one's rows last. Two of one second are named in no order."""
    storage = product.cloud.storage
    found = [read_dataset(storage, line.id) for line in list_datasets(storage)]
    return max((one for one in found if one.rows_of == of.id), key=lambda one: one.created_at)


def opened(product: Stack) -> Json:
    product.ana.press(CHANNEL, card(product), "map_change")
    return product.ana.wait_for_view("dataset_mapping")


@pytest.mark.streamlit("map-variables", "map-name-convention", "map-known-channels", "map-table")
def test_the_card_tells_every_role_and_channels_by_the_naming_convention(product: Stack, spring: Dataset) -> None:
    told = card(product)
    assert told["ephemeral"]
    said = str(told["blocks"])
    assert "*META / BRAND:* `META_BRAND_COST`, modelled on `META_BRAND_CLICKS`" in said
    assert "*Further goal:* `ORDERS` (conversions)" in said
    assert spring.mapping.channels["TV_COST"] == "TV"
    assert spring.mapping.version == f"fr/{spring.ts}"


@pytest.mark.streamlit("map-aggregates", "map-goal-type", "map-carry-to-exposures")
def test_choosing_the_total_takes_its_parts_out_says_so_and_makes_a_snapshot_of_the_same_rows(
    product: Stack, spring: Dataset
) -> None:
    form = opened(product)
    chosen = ["META_BRAND_COST", "META_PERF_COST", "TV_COST", "META_TOTAL_COST"]
    product.ana.choose(form, "paid_media_spends", chosen)
    form = product.ana.wait(
        lambda: ((view := product.ana.view()) and "takes the place of" in str(view["blocks"]) and view) or None,
        "the word",
    )
    assert "exposure:META_TOTAL_COST" in str(form["blocks"]) and "exposure:META_BRAND_COST" not in str(form["blocks"])
    since = newest(product)
    assert product.ana.submit(form)["ok"]
    told = product.ana.wait_for_message(CHANNEL, f"Dataset *{TITLE}*", after=since)
    assert "is ready" in told["text"], str(told["blocks"])
    made = remade(product, spring)
    assert made.ts != spring.ts and (made.rows, made.crc32c) == (spring.rows, spring.crc32c)
    assert set(made.mapping.paid_media_spends) == {"META_TOTAL_COST", "TV_COST"}
    assert made.mapping.exposures == {"META_TOTAL_COST": "META_TOTAL_CLICKS"}
    sums = {one.name: one.parts for one in made.mapping.made}
    assert sums == {
        "META_TOTAL_COST": ("META_BRAND_COST", "META_PERF_COST"),
        "META_TOTAL_CLICKS": ("META_BRAND_CLICKS", "META_PERF_CLICKS"),
    }


def the_sheet(product: Stack) -> tuple[Json, str]:
    """The message with the sheet that was asked for on the card, and the text of the file."""
    since = newest(product)
    product.ana.press(CHANNEL, card(product), "map_download")
    told = product.ana.wait_for_message(CHANNEL, "what its columns mean, one row a column", after=since)
    file = product.ana.wait(lambda: files_below(product, told), "the file")
    return told, product.ana.file(file["id"]).decode("utf-8-sig")


def files_below(product: Stack, message: Json) -> Json | None:
    return next((one for reply in product.ana.thread(CHANNEL, message["ts"]) for one in reply.get("files", ())), None)


def uploaded(product: Stack, name: str, data: bytes, folder: Path) -> Json:
    path = folder / name
    path.write_bytes(data)
    return product.ana.upload(path)


def form_for_file(product: Stack) -> Json:
    product.ana.press(CHANNEL, card(product), "map_upload")
    return product.ana.wait_for_view("map_file")


def shown(product: Stack, text: str) -> Json:
    def there() -> Json | None:
        view = product.ana.view()
        return view if view and text in str(view["blocks"]) else None

    return product.ana.wait(there, f"a form with “{text}”")


@pytest.mark.streamlit("map-table")
def test_a_sheet_is_given_out_edited_dropped_back_into_the_thread_and_applied(
    product: Stack, spring: Dataset, tmp_path: Path
) -> None:
    told, text = the_sheet(product)
    edited = text.replace("PRICE,context", "PRICE,unused").replace("MAIL_SENDS,unused", "MAIL_SENDS,context")
    assert edited != text
    path = tmp_path / f"mapping_spring-plan_fr_{spring.ts} (1).csv"
    path.write_bytes(edited.replace(",", ";").encode("utf-16"))
    since = newest(product)
    product.ana.drop(CHANNEL, path, told["ts"])
    offer = product.ana.wait_for_message(CHANNEL, "shall I take from it what columns mean?", after=since)
    assert offer["ephemeral"]
    product.ana.press(CHANNEL, offer, "map_from_file")
    form = product.ana.wait_for_view("map_file")
    assert TITLE in str(form["blocks"])
    assert product.ana.submit(form)["ok"]
    ready = product.ana.wait_for_message(CHANNEL, f"Dataset *{TITLE}*", after=since)
    assert "is ready" in ready["text"], str(ready["blocks"])
    storage = product.cloud.storage
    made = max((read_dataset(storage, one.id) for one in list_datasets(storage)), key=lambda one: one.created_at)
    assert made.rows_of and made.mapping.context_vars == ("MAIL_SENDS",) and made.mapping.organic_vars == ()


def test_every_problem_of_a_file_is_told_in_the_form_and_nothing_is_changed(
    product: Stack, spring: Dataset, tmp_path: Path
) -> None:
    _, text = the_sheet(product)
    before = [one.id for one in list_datasets(product.cloud.storage)]
    wrong = text.replace("TV_COST,spend", "TV_COST,spnd").replace("ORDERS,further goal", "ORDER,further goal")
    file = uploaded(product, "mine.csv", wrong.encode(), tmp_path)
    assert product.ana.submit(form_for_file(product), file=file)["ok"]
    said = str(shown(product, "The file was not used")["blocks"])
    assert "“spnd” is no role. Did you mean “spend”?" in said
    assert "There is no column “ORDER”. Did you mean “ORDERS”?" in said
    assert "*Row " in said
    assert [one.id for one in list_datasets(product.cloud.storage)] == before


def test_a_file_that_changes_nothing_says_so(product: Stack, spring: Dataset, tmp_path: Path) -> None:
    _, text = the_sheet(product)
    before = [one.id for one in list_datasets(product.cloud.storage)]
    file = uploaded(product, "same.csv", text.encode(), tmp_path)
    assert product.ana.submit(form_for_file(product), file=file)["ok"]
    shown(product, "nothing was changed")
    assert [one.id for one in list_datasets(product.cloud.storage)] == before


def test_the_originals_mapping_is_taken_over_and_what_is_not_is_listed(
    product: Stack, spring: Dataset, tmp_path: Path
) -> None:
    body = {
        "mapping": {"paid_media_spends": ["TV_COST", "GONE_COST"], "context_vars": ["PRICE"]},
        "goals": [{"var": "ORDERS", "type": "conversion", "agg_strategy": "mean", "main": True}],
        "dep_var": "ORDERS",
        "autotag_rules": {"organic_vars": ["_organic"]},
    }
    file = uploaded(product, "mapping.json", json.dumps(body).encode(), tmp_path)
    since = newest(product)
    assert product.ana.submit(form_for_file(product), file=file, scope="universal")["ok"]
    ready = product.ana.wait_for_message(CHANNEL, f"Dataset *{TITLE}*", after=since)
    assert "is ready" in ready["text"], str(ready["blocks"])
    replies = product.ana.wait(lambda: product.ana.thread(CHANNEL, ready["ts"])[1:] or None, "the findings")
    said = str([reply["blocks"] for reply in replies])
    assert "was averaged there: here it is added up" in said
    assert "“GONE_COST” was a spend there and was not found" in said
    assert "rules for roles by name" in said
    storage = product.cloud.storage
    made = max((read_dataset(storage, one.id) for one in list_datasets(storage)), key=lambda one: one.created_at)
    assert (made.mapping.dep_var, made.mapping.dep_var_type) == ("ORDERS", "conversion")
    assert made.mapping.version == f"universal/{made.ts}"


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"file": "note.docx"}, "file", "is none of these"),
        ({}, "file", "Drop a file."),
    ],
)
def test_what_the_form_of_a_file_lacks_is_told_beside_its_field(
    given: dict[str, str], field: str, said: str, product: Stack, spring: Dataset, tmp_path: Path
) -> None:
    files = {name: uploaded(product, text, b"x", tmp_path) for name, text in given.items()}
    answer = product.ana.submit(form_for_file(product), **files)
    assert said in answer["errors"][field]


def test_sending_the_form_as_it_is_changes_nothing_and_says_so(product: Stack, spring: Dataset) -> None:
    before = [one.id for one in list_datasets(product.cloud.storage)]
    assert product.ana.submit(opened(product))["ok"]
    shown(product, "Nothing was changed")
    assert [one.id for one in list_datasets(product.cloud.storage)] == before


@pytest.mark.streamlit("map-universal-or-country", "map-refresh-from-earlier", "map-validate")
def test_a_later_dataset_of_the_name_takes_the_newest_mapping_and_says_what_came_and_went(
    product: Stack, tmp_path: Path
) -> None:
    title, ana = "Autumn plan", product.ana
    first = tmp_path / "first.csv"
    first.write_bytes(weekly())
    dataset_from_csv(ana, first, title, "fr")
    since = newest(product)
    ana.type(CHANNEL, f"/mmm map {title}")
    told = ana.wait_for_message(CHANNEL, f"What the columns of {title}", after=since)
    ana.press(CHANNEL, told, "map_change")
    form = ana.wait_for_view("dataset_mapping")
    ana.press_in(form, "map_more")
    form = ana.wait(
        lambda: view if (view := ana.view()) and "These roles are for" in str(view["blocks"]) else None, "the fields"
    )
    assert ana.submit(form, scope="universal", context_vars=[])["ok"]
    ana.wait_for_message(CHANNEL, "The same rows as before", after=since)
    # Another country, without TV and with a new channel.
    later = tmp_path / "later.csv"
    later.write_bytes(weekly().replace(b"TV_COST", b"RADIO_COST"))
    ana.type(CHANNEL, f"/mmm dataset new {title}")
    form = ana.wait_for_view("dataset_source")
    assert ana.submit(form, title=title, country="de", file=ana.upload(later), channel=CHANNEL)["ok"]
    form = ana.wait_for_view("dataset_mapping")
    said = str(form["blocks"])
    assert "The roles are those of the newest mapping of this name" in said
    assert "“TV_COST” was a spend in the mapping and is not there any more" in said
    assert "“RADIO_COST” is new; it looks like a spend" in said
    assert ana.submit(form, paid_media_spends=["META_BRAND_COST", "META_PERF_COST", "RADIO_COST"])["ok"]
    storage = product.cloud.storage

    def german() -> Dataset | None:
        found = [one.id for one in list_datasets(storage) if (one.title, one.country) == (title, "de")]
        return read_dataset(storage, found[0]) if found else None

    assert ana.wait(german, "the German dataset").mapping.context_vars == ()


def test_versions_are_compared_and_gone_back_to(product: Stack, spring: Dataset) -> None:
    ana, storage = product.ana, product.cloud.storage
    ana.press(CHANNEL, card(product), "map_change")
    assert ana.submit(ana.wait_for_view("dataset_mapping"), context_vars=[], dep_var="ORDERS")["ok"]
    ana.wait(lambda: changed_goal(storage, "ORDERS") or None, "the changed dataset")
    ana.press(CHANNEL, card(product), "map_versions")
    view = ana.wait_for_view("map_compare")
    assert "Version 1" in str(view["blocks"])
    assert ana.submit(view)["ok"]
    said = str(shown(product, "difference")["blocks"])
    assert "`PRICE`: role _" in said
    product.slack.views.clear(ana.user)
    ana.press(CHANNEL, card(product), "map_versions")
    view = ana.wait_for_view("map_compare")
    last = [one["accessory"]["action_id"] for one in view["blocks"] if "accessory" in one][-1]
    since = newest(product)
    ana.press_in(view, last)
    form = ana.wait_for_view("dataset_mapping")
    assert ana.submit(form)["ok"]
    ana.wait_for_message(CHANNEL, "The same rows as before", after=since)
    made = max((read_dataset(storage, one.id) for one in list_datasets(storage)), key=lambda one: one.created_at)
    assert set(made.mapping.paid_media_spends) == set(spring.mapping.paid_media_spends)
    assert made.mapping.version == f"fr/{made.ts}", "going back makes the newest version"


def changed_goal(storage: Storage, goal: str) -> bool:
    return any(read_dataset(storage, one.id).mapping.dep_var == goal for one in list_datasets(storage))


@pytest.mark.streamlit("map-auto-tag")
def test_patterns_of_the_workspace_are_kept_used_by_the_next_guess_and_reset(product: Stack, tmp_path: Path) -> None:
    ana = product.ana
    ana.type(CHANNEL, "/mmm map patterns")
    form = ana.wait_for_view("map_patterns_form")
    assert "none" not in ana.submit(form, spend="_cost, _booked").get("errors", {})
    shown(product, "the next dataset is guessed by these")
    path = tmp_path / "booked.csv"
    path.write_bytes(weekly().replace(b"TV_COST", b"TV_BOOKED"))
    ana.type(CHANNEL, "/mmm dataset new Booked")
    form = ana.wait_for_view("dataset_source")
    assert ana.submit(form, title="Booked", country="fr", file=ana.upload(path), channel=CHANNEL)["ok"]
    form = ana.wait_for_view("dataset_mapping")
    chosen = next(one for one in form["blocks"] if one["block_id"] == "paid_media_spends")["element"]["initial_options"]
    assert "TV_BOOKED" in {one["value"] for one in chosen}
    product.slack.views.clear(ana.user)
    ana.type(CHANNEL, "/mmm map patterns")
    form = ana.wait_for_view("map_patterns_form")
    assert "_booked" in str(form["blocks"])
    assert "met by every name" in ana.submit(form, spend="_")["errors"]["spend"]
    ana.press_in(form, "map_patterns_reset")
    shown(product, "those that we come with")
    assert read_patterns(product.cloud.storage).spend == FIRST.spend


@pytest.mark.parametrize("typed", ["map", "map Spring plam"])
def test_a_name_that_is_missing_or_wrong_is_answered_with_the_way_on(
    product: Stack, spring: Dataset, typed: str
) -> None:
    since = newest(product)
    product.ana.type(CHANNEL, f"/mmm {typed}")
    answer = product.ana.wait_for_message(CHANNEL, "Whose columns?" if typed == "map" else "Did you mean", after=since)
    assert answer["ephemeral"]


def test_where_no_name_is_given_each_dataset_is_offered_once_and_countries_are_told_apart(product: Stack) -> None:
    storage = product.cloud.storage
    for n, country in enumerate(("de", "fr", "fr", "fr")):
        keep_rows(storage, f"2099010{n + 1}T100000Z-tofu", "Tofu", kept_weekly(60), country=country, channel=CHANNEL)
    app = create_app(product.settings, "bot", cloud=product.cloud)
    blocks = deliver(app, command(product, "map")).json()["blocks"]
    offered = {one["value"]: one["text"]["text"] for block in blocks for one in block.get("elements", ())}
    tofu = {value: text for value, text in offered.items() if "Tofu" in text}
    assert tofu == {"fr/20990104T100000Z-tofu": "France: Tofu", "de/20990101T100000Z-tofu": "Germany: Tofu"}
