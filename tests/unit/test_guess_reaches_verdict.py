"""From a file whose numbers can be read in two ways to the verdict of the run: the guess is told all the way."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from engine import paths
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Storage
from engine.data.dataset import Draft, Source
from engine.data.records import read_dataset, save_draft, save_mapping
from engine.experiment.experiment import Experiment
from engine.model.train import train
from engine.pipeline.snapshot import snapshot
from engine.pipeline.stage import stage
from engine.pipeline.submit import submit
from engine.results.headline import headline
from engine.results.read import load_results
from engine.results.verdict import Level, judge
from local.sample import weekly_csv
from tests.faults.fake_cloud import NOON, FakeCloud
from tests.faults.service import MAPPING

pytestmark = pytest.mark.slow


class Dropped:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def fetch(self, file_id: str, into: Path, limit_bytes: int) -> str:
        into.write_bytes(self.data)
        return "a.csv"


def written(column: str, say: Any) -> bytes:
    """The sample's weeks with one column written in another way."""
    rows = list(csv.DictReader(io.StringIO(weekly_csv("FR").decode())))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(row | {column: say(row[column])} for row in rows)
    return text.getvalue().encode()


def three_digits(number: str) -> str:
    """Always three digits behind the mark: thousands, or a number with three decimals."""
    return f"{float(number) / 1000 + 1:.3f}"


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        pytest.param(
            written("FACEBOOK_COST", three_digits), "number.ambiguous", "FACEBOOK_COST", id="thousands or decimals"
        )
    ],
)
def test_a_reading_that_was_guessed_is_told_with_the_verdict(tmp_path: Path, data: bytes, code: str, says: str) -> None:
    fake = FakeCloud()
    cloud, storage = cast(Cloud, fake), cast(Storage, fake.storage)
    source = {"kind": "csv", "file_id": "F1", "file_name": "a.csv"}
    given = {"workspace": "T1", "title": "Shop", "country": "fr", "who": "U1", "channel": "C1"}
    draft = Draft.model_validate({**given, "id": "d1", "source": Source.model_validate(source), "created_at": NOON})
    save_draft(storage, draft)
    save_mapping(storage, "d1", MAPPING)
    snapshot(cloud, fake.clock, Dropped(data), "d1")
    assert code in {one.code for one in read_dataset(storage, "fr/d1").findings}

    named = {"dataset_id": "fr/d1", "revision": "FR_1", "key": "k", "who": "U1", "created_at": NOON}
    wanted = Experiment.model_validate({**named, "start_date": date(2023, 7, 3)})
    fake.storage.put(paths.experiment("FR_1"), wanted.model_dump_json().encode())
    run = submit(cloud, fake.clock, wanted, read_dataset(storage, "fr/d1"), key="k1", who="U1", channel="C1")
    stage(cloud, fake.clock, run.id)
    config = (fake.storage.look(paths.job_config(run.ts)) or {}) | {"iterations": 40, "trials": 1}
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "job_config.json").write_text(json.dumps(config))
    (tmp_path / "in" / "input_data.parquet").write_bytes(fake.storage.objects[paths.input_data(run.ts)][0])

    summary = train(tmp_path / "in", tmp_path / "out")
    assert code in {one.code for one in summary.findings}
    verdict = judge(headline(load_results(tmp_path / "out")))
    assert verdict.level is not Level.USABLE
    told = [reason for reason in verdict.reasons if "The data came with a doubt" in reason]
    assert says in " ".join(told), verdict.reasons
