"""Bad input: each gets a message that says what is wrong, where and what to do, and nothing half-made stays."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine import paths
from engine.data.listed import list_datasets
from engine.runs.listed import list_runs
from local import workspace
from local.sample import weekly_csv
from tests.stack import Stack

CHANNEL = workspace.MARKETING.id
Frame = pd.DataFrame


def weeks() -> Frame:
    return pd.read_csv(io.BytesIO(weekly_csv("FR")))


def send_csv(product: Stack, tmp_path: Path, data: bytes, *, name: str = "data.csv", country: str = "fr") -> Any:
    """Drop a file into the first form and send it; returns the answer."""
    path = tmp_path / name
    path.write_bytes(data)
    product.ana.type(CHANNEL, "/mmm dataset new")
    form = product.ana.wait_for_view("dataset_source")
    given = {"title": "Bad data", "country": country, "kind": "csv", "channel": CHANNEL}
    return product.ana.submit(form, file=product.ana.upload(path), **given)


def stored(product: Stack) -> list[str]:
    """Everything a dataset leaves behind."""
    return [entry.path for entry in product.cloud.storage.list(paths.DATASETS)]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("plan.docx", b"PK\x03\x04rest", "is no table"),
        ("plan.pdf", b"%PDF-1.7", "a CSV, Excel, OpenDocument or Parquet file"),
    ],
)
def test_the_wrong_kind_of_file_is_refused_beside_its_field(
    product: Stack, tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    answer = send_csv(product, tmp_path, data, name=name)
    assert words in answer["errors"]["file"]
    assert stored(product) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"DATE,TV_COST,REVENUE\n", "no rows"),
        (b"PK\x03\x04 a spreadsheet called csv", "damaged"),
        (b"DATE,TV_COST\n2024-01-01,1,2,3\n", "row 2"),
    ],
    ids=["empty", "header only", "broken spreadsheet in disguise", "ragged"],
)
def test_a_file_without_a_table_is_explained_in_the_form(
    product: Stack, tmp_path: Path, data: bytes, words: str
) -> None:
    if not data:
        data = b"\n"
    assert send_csv(product, tmp_path, data)["ok"]
    form = product.ana.wait_for_view("failed")
    assert words.lower() in str(form["blocks"]).lower()
    assert "Nothing was stored" in str(form["blocks"])
    assert stored(product) == []


def without_dates(frame: Frame) -> Frame:
    return frame.rename(columns={frame.columns[0]: "WHEN"}).assign(WHEN="soon")


def duplicate_date(frame: Frame) -> Frame:
    return pd.concat([frame.iloc[:21], frame.iloc[20:]])


def irregular_dates(frame: Frame) -> Frame:
    days = frame["DATE"].tolist()
    days[30] = "2023-08-02"
    return frame.assign(DATE=days)


def missing_weeks(frame: Frame) -> Frame:
    return frame.drop(index=range(40, 46))


def negative_spend(frame: Frame) -> Frame:
    frame.loc[10, "TV_COST"] = -500
    return frame


def missing_kpi(frame: Frame) -> Frame:
    frame.loc[12, "REVENUE"] = None
    return frame


def few_rows(frame: Frame) -> Frame:
    return frame.iloc[:20]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (duplicate_date, "2023-05-22"),
        (irregular_dates, "2023-08-02"),
        (missing_weeks, "2023-10-09"),
        (negative_spend, "TV_COST"),
        (missing_kpi, "REVENUE"),
        (few_rows, "20 weeks"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_rows_that_cannot_be_modelled_are_named_in_the_channel(
    product: Stack, tmp_path: Path, spoil: Callable[[Frame], Frame], words: str
) -> None:
    before = product.ana.messages(CHANNEL)[-1]["ts"]
    assert send_csv(product, tmp_path, spoil(weeks()).to_csv(index=False).encode())["ok"]
    form = product.ana.wait_for_view("dataset_mapping")
    assert product.ana.submit(form)["ok"]
    message = product.ana.wait_for_message(CHANNEL, "was not made", after=before)
    assert words in str(message["blocks"])
    assert "Nothing was stored" in str(message["blocks"])
    assert stored(product) == []
    assert list_datasets(product.cloud.storage) == []


def test_text_in_a_numeric_column_is_named_by_row_and_value(product: Stack, tmp_path: Path) -> None:
    frame = weeks().astype({"TV_COST": object})
    frame.loc[7, "TV_COST"] = "n.a. (ask Ben)"
    assert send_csv(product, tmp_path, frame.to_csv(index=False).encode())["ok"]
    form = product.ana.wait_for_view("dataset_mapping")
    said = str(form["blocks"])
    assert "TV_COST" in said and "row 9" in said and "n.a. (ask Ben)" in said, "told before anything is chosen"
    before = product.ana.messages(CHANNEL)[-1]["ts"]
    assert product.ana.submit(form, paid_media_spends=["TV_COST", "SEARCH_COST"])["ok"]
    refused = product.ana.wait_for_message(CHANNEL, "was not made", after=before)
    assert "TV_COST" in str(refused["blocks"]) and "n.a. (ask Ben)" in str(refused["blocks"])
    assert stored(product) == []


def _any_of(product: Stack, *names: str) -> dict[str, Any] | None:
    view = product.ana.view()
    return view if view and view["callback_id"] in names else None


def test_roles_without_a_date_are_refused_beside_the_field(product: Stack, tmp_path: Path) -> None:
    assert send_csv(product, tmp_path, without_dates(weeks()).to_csv(index=False).encode())["ok"]
    form = product.ana.wait(lambda: _any_of(product, "dataset_mapping", "failed"), "an answer")
    assert form["callback_id"] == "dataset_mapping"
    assert "date_var" in product.ana.submit(form)["errors"]
    before = product.ana.messages(CHANNEL)[-1]["ts"]
    assert product.ana.submit(form, date_var="WHEN")["ok"]
    message = product.ana.wait_for_message(CHANNEL, "was not made", after=before)
    assert "WHEN" in str(message["blocks"]) and "soon" in str(message["blocks"])
    assert stored(product) == []


def test_a_column_in_two_roles_is_refused(product: Stack, tmp_path: Path) -> None:
    assert send_csv(product, tmp_path, weekly_csv("FR"))["ok"]
    form = product.ana.wait_for_view("dataset_mapping")
    answer = product.ana.submit(form, dep_var="TV_COST")
    assert answer["errors"]


def test_a_country_that_is_not_in_the_data_lists_those_that_are(product: Stack) -> None:
    ana = product.ana
    ana.type(CHANNEL, "/mmm dataset new")
    form = ana.wait_for_view("dataset_source")
    ana.choose(form, "kind", "table", title="Spain", country="es")
    form = ana.wait(lambda: _with_table(product), "the table field")
    assert ana.submit(form, title="Spain", country="es", table="MMM.MARKETING.DAILY", channel=CHANNEL)["ok"]
    before = ana.messages(CHANNEL)[-1]["ts"]
    assert ana.submit(ana.wait_for_view("dataset_mapping"))["ok"]
    message = ana.wait_for_message(CHANNEL, "was not made", after=before)
    assert "FR" in str(message["blocks"]) and "DE" in str(message["blocks"])
    assert stored(product) == []


def _with_table(product: Stack) -> dict[str, Any] | None:
    view = product.ana.view()
    return view if view and any(block["block_id"] == "table" for block in view["blocks"]) else None


def test_a_table_that_does_not_exist_is_named_with_what_may_be_missing(product: Stack) -> None:
    ana = product.ana
    ana.type(CHANNEL, "/mmm dataset new")
    ana.choose(ana.wait_for_view("dataset_source"), "kind", "table", title="X", country="fr")
    form = ana.wait(lambda: _with_table(product), "the table field")
    assert ana.submit(form, title="X", country="fr", table="MMM.MARKETING.NOTHING", channel=CHANNEL)["ok"]
    said = str(ana.wait_for_view("failed")["blocks"])
    assert "NOTHING" in said


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("DROP TABLE x", "SELECT"),
        ("SELECT 1; SELECT 2", "SELECT"),
        ("not sql at all", "line 1"),
        ("CALL x()", "SELECT"),
    ],
)
def test_a_select_that_is_not_one_is_refused_beside_its_field(product: Stack, sql: str, words: str) -> None:
    ana = product.ana
    ana.type(CHANNEL, "/mmm dataset new")
    ana.choose(ana.wait_for_view("dataset_source"), "kind", "select", title="X", country="fr")
    form = ana.wait(lambda: _with_field(product, "sql"), "the field for SQL")
    answer = ana.submit(form, title="X", country="fr", sql=sql, channel=CHANNEL)
    assert words in answer["errors"]["sql"]


def _with_field(product: Stack, name: str) -> dict[str, Any] | None:
    view = product.ana.view()
    return view if view and any(block["block_id"] == name for block in view["blocks"]) else None


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/mmm run NOSUCH_1", "There is no experiment"),
        ("/mmm results r0000000", "There is no run"),
        ("/mmm cancel r0000000", "There is no run"),
        ("/mmm dataset show nothing", "There is no dataset"),
        ("/mmm datset list", "/mmm dataset list"),
        ("/mmm cancle", "Did you mean"),
        ("/mmm gibberish", "/mmm help"),
    ],
)
def test_commands_about_nothing_say_so_and_what_to_do(product: Stack, command: str, words: str) -> None:
    before = product.ana.messages(CHANNEL)[-1]["ts"]
    product.ana.type(CHANNEL, command)
    message = product.ana.wait_for_message(CHANNEL, words, after=before)
    assert message["ephemeral"]
    assert list_runs(product.cloud.storage) == []


def test_an_experiment_without_any_dataset_says_what_to_do_first(product: Stack) -> None:
    product.ana.type(CHANNEL, "/mmm experiment new")
    form = product.ana.wait_for_view("no_dataset")
    assert "/mmm dataset new" in str(form["blocks"])
