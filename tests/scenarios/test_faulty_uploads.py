"""The same faulty files, dropped into Slack: the dataset is what `mmm inspect` said, or the channel hears why not."""

import re
from pathlib import Path
from typing import Any

import pytest

from engine import paths
from engine.data.dataset import Dataset
from engine.data.intake.file import Asked
from engine.data.outlook import file_outlook
from engine.data.prepare import prepare
from engine.data.records import read_dataset
from local import workspace
from tests.faulty.files import FILES
from tests.faulty.table import FaultyFile
from tests.stack import Stack

CHANNEL = workspace.MARKETING.id


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.id)
def test_an_upload_gives_what_inspect_says(product: Stack, file: FaultyFile, tmp_path: Path) -> None:
    if file.data is None:
        pytest.skip("the small made files are not beside this project")
    path = tmp_path / "dropped.csv"
    path.write_bytes(file.data)
    answer = _uploaded(product, path, file)
    seen = file_outlook(path, Asked(country=file.country))
    if not isinstance(answer, Dataset):
        assert seen.refused is not None, answer
        for _, pattern in file.expected.says:
            assert re.search(pattern, answer), answer
        return
    assert seen.refused is None
    assert (answer.first_date.isoformat(), answer.last_date.isoformat()) == (seen.first_date, seen.last_date)
    used = {"", *answer.mapping.raw_columns}
    told = {(one.code, one.column) for one in seen.findings if one.column in used or one.code == "layout.long"}
    assert {(one.code, one.column) for one in answer.findings} == told
    raw = tmp_path / "raw.parquet"
    product.cloud.storage.get_file(paths.raw_data(answer.country, answer.ts), raw)
    frame = prepare(raw, answer.mapping, answer.country).frame
    sums = {column.name: column.sum for column in seen.columns}
    trained = {name: total for name, total in file.expected.sums.items() if name in frame.columns}
    assert answer.mapping.dep_var in trained or not file.expected.sums
    for name, total in trained.items():
        assert float(frame[name].sum()) == pytest.approx(total, rel=1e-9), name
        assert sums[name] == pytest.approx(total, rel=1e-9), name


def _uploaded(product: Stack, path: Path, file: FaultyFile) -> Dataset | str:
    """Drop a file and send the roles as they were guessed; returns the dataset, or what is said instead."""
    before = product.ana.messages(CHANNEL)[-1]["ts"] if product.ana.messages(CHANNEL) else ""
    product.ana.type(CHANNEL, "/mmm dataset new")
    form = product.ana.wait_for_view("dataset_source")
    given = {"title": file.id, "country": file.country, "kind": "csv", "channel": CHANNEL}
    assert product.ana.submit(form, file=product.ana.upload(path), **given)["ok"]

    def answered() -> dict[str, Any] | None:
        view = product.ana.view()
        return view if view and view["callback_id"] in ("failed", "dataset_mapping") else None

    form = product.ana.wait(answered, "the columns, or why not")
    if form["callback_id"] == "failed":
        return str(form["blocks"])
    sent = product.ana.submit(form)
    assert sent["ok"], sent

    def told() -> dict[str, Any] | None:
        found = [one for one in product.ana.messages(CHANNEL) if file.id in str(one) and one["ts"] > before]
        return next((one for one in found if "is ready" in str(one) or "was not made" in str(one)), None)

    message = product.ana.wait(told, "a word about the dataset")
    if "was not made" in str(message):
        return str(message["blocks"])
    shown = next(
        element["value"]
        for block in message["blocks"]
        for element in block.get("elements", [])
        if element.get("action_id") == "experiment_from_dataset"
    )
    return read_dataset(product.cloud.storage, shown)
