"""A file that says what columns mean, whatever fails: one answer, one version, and nothing half applied."""

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy

import pytest

from engine import paths
from engine.data.dataset import Dataset, Draft
from engine.data.given_csv import as_csv
from engine.data.listed import list_datasets
from engine.data.mapped import mapping_versions
from engine.data.records import read_dataset, read_draft, save_draft
from engine.data.sheet import HEAD, sheet_rows
from engine.errors import AlreadyExists
from tests.faults.fake_cloud import Crash
from tests.faults.test_drafts import DRAFT, Work, told_of

pytestmark = pytest.mark.slow
Edit = Callable[[bytes], bytes]


def begun() -> tuple[Work, Dataset]:
    """A dataset that was made of a file."""
    work = Work()
    draft = work.first()
    work.drain()
    work.send(read_draft(work.cloud.storage, draft.id), "k1")
    work.drain()
    [line] = list_datasets(work.cloud.storage)
    return work, read_dataset(work.cloud.storage, line.id)


def sheet_of(dataset: Dataset) -> bytes:
    return as_csv(HEAD, sheet_rows(dataset.mapping, dataset.columns, dataset.country))


def give(work: Work, dataset: Dataset, edit: Edit) -> None:
    """Somebody sends the form with an edited file; a click whose handling died is delivered again."""
    work.files.data = edit(sheet_of(dataset))
    draft = DRAFT.model_copy(
        update={
            "id": "20260105T130000Z-eeee",
            "columns": dataset.columns,
            "roles": dataset.mapping,
            "rows_of": dataset.id,
            "mapping_file": "F2",
        }
    )
    try:
        _sent(work, draft)
    except Crash:
        _sent(work, draft)


def _sent(work: Work, draft: Draft) -> None:
    with suppress(AlreadyExists):
        save_draft(work.cloud.storage, draft)
    work.ask(draft, "read_columns")


CASES: dict[str, tuple[Edit, str, int]] = {
    "changed": (
        lambda text: text.replace(b"NEWSLETTER_SENDS,organic", b"NEWSLETTER_SENDS,context"),
        "dataset_ready",
        2,
    ),
    "wrong": (lambda text: text.replace(b",spend,", b",spnd,"), "mapping_refused", 1),
    "the same": (lambda text: text, "mapping_same", 1),
    "no table": (lambda text: b"%PDF-1.4", "mapping_refused", 1),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("when", ["before", "after"])
def test_every_crash_leaves_one_answer_and_one_version(case: str, when: str) -> None:
    edit, kind, versions = CASES[case]
    start, dataset = begun()
    first, whole = told_of(start), deepcopy(start)
    before = len(whole.fake.world.calls)
    give(whole, dataset, edit)
    whole.drain()
    for at in range(before + 1, len(whole.fake.world.calls) + 1):
        work = deepcopy(start)
        work.fake.world.crash = (at, when)
        give(work, dataset, edit)
        work.drain()
        told = {name: n - first.get(name, 0) for name, n in work.told().items() if n > first.get(name, 0)}
        assert told == {kind: 1}, (at, when)
        storage = work.cloud.storage
        assert len(mapping_versions(storage, dataset.title)) == versions
        assert len(list_datasets(storage)) == versions
        assert not [path for path in work.fake.storage.objects if path.startswith(paths.OPEN_DRAFTS)]


def test_rows_that_were_deleted_meanwhile_are_told() -> None:
    work, dataset = begun()
    give(work, dataset, CASES["changed"][0])
    work.cloud.storage.delete(paths.raw_data(dataset.country, dataset.ts))
    work.drain()
    [told] = [one for one in work.fake.messenger.posts.values() if one.kind == "dataset_refused"]
    assert "The rows are not there any more" in told.data["error"]["what"]


def test_a_dataset_that_was_deleted_meanwhile_is_told() -> None:
    work, dataset = begun()
    give(work, dataset, CASES["changed"][0])
    work.cloud.storage.delete(paths.dataset_manifest(dataset.country, dataset.ts))
    work.drain()
    [told] = [one for one in work.fake.messenger.posts.values() if one.kind == "mapping_refused"]
    assert "There is no dataset" in told.data["problems"][0]["text"]
