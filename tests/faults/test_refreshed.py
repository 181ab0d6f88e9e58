"""A snapshot that follows another, whatever fails and whatever changed in its source."""

from typing import Any

import pytest

from engine import paths
from engine.data.dataset import Dataset, Draft
from engine.data.listed import list_datasets
from engine.data.mapped import MappingVersion, save_version
from engine.data.records import read_dataset, save_draft
from engine.data.wishes import open_draft, step_of, wish
from engine.pipeline.belongings import of_dataset
from engine.pipeline.delete import delete, queue_deletion, wish_for_dataset
from tests.faults.fake_cloud import Crash
from tests.faults.test_drafts import DRAFT
from tests.faults.test_rounds import COLUMNS, MAPPING, Rounds, sent, table

pytestmark = pytest.mark.slow
FORM = DRAFT.model_copy(update={"country": "fr", "view_id": "", "columns": COLUMNS})


class Refreshing(Rounds):
    """A dataset of one country, and wishes for newer rows of it."""

    def first_snapshot(self) -> Dataset:
        save_draft(self.cloud.storage, FORM)
        made = wish(self.cloud.storage, FORM, "k0", self.fake.clock.now(), MAPPING, roles=MAPPING)
        self.begin(made)
        self.drain()
        return self.datasets()[0]

    def refresh(self, before: Dataset, key: str = "k1", **more: Any) -> Draft:
        kept = before.model_dump(include={"workspace", "title", "country", "source", "channel", "choices", "accepted"})
        asked = Draft.model_validate({**kept, "id": before.ts, "who": "U2", "created_at": self.fake.clock.now()})
        more = {"renews": (before.id,), **more}
        made = wish(self.cloud.storage, asked, key, self.fake.clock.now(), before.mapping, **more)
        self.begin(made)
        return made

    def begin(self, draft: Draft) -> None:
        open_draft(self.cloud.storage, draft.id, self.fake.clock.now())
        step = step_of(draft)
        self.cloud.tasks.enqueue("stage", step, {"draft": draft.id}, key=f"{step}|T1|{draft.id}")

    def datasets(self) -> list[Dataset]:
        return [read_dataset(self.cloud.storage, one.id) for one in list_datasets(self.cloud.storage)]

    def said(self, kind: str) -> list[dict[str, Any]]:
        return [one.data for one in self.fake.messenger.posts.values() if one.kind == kind]


def later(work: Refreshing) -> None:
    work.fake.clock.time = work.fake.clock.time.replace(hour=15)


@pytest.mark.parametrize("when", ["before", "after"])
def test_every_crash_leaves_one_new_snapshot_told_once(when: str) -> None:
    def history(crash: int | None) -> Refreshing:
        work = Refreshing(table("FR"))
        before = work.first_snapshot()
        work.files.data = table("FR", weeks=64)
        later(work)
        begun = len(work.fake.world.calls)
        work.fake.world.crash = (begun + crash, when) if crash else None
        try:
            work.refresh(before)
        except Crash:
            work.refresh(before)
        work.drain()
        work.fake.world.calls = work.fake.world.calls[begun:]
        return work

    whole = len(history(None).fake.world.calls)
    for crash in range(1, whole + 1):
        work = history(crash)
        assert work.fake.world.crashed == 1
        assert len(work.datasets()) == 2, (crash, when)
        [told] = [data for data in work.said("dataset_ready") if data["since"]]
        assert "4 weeks were added" in told["since"]["sentence"], (crash, when)
        assert not [path for path in work.fake.storage.objects if path.startswith(paths.OPEN_DRAFTS)]


def test_what_is_equal_is_said_and_not_stored_twice_however_often_it_is_asked() -> None:
    work = Refreshing(table("FR"))
    before = work.first_snapshot()
    later(work)
    assert work.refresh(before, "k1").id == work.refresh(before, "k2").id, "a double click"
    work.drain()
    work.drain(twice=True)
    assert [one.id for one in work.datasets()] == [before.id]
    assert len(work.said("dataset_unchanged")) == 1
    assert not [path for path in work.fake.storage.objects if path.startswith("datasets/") and before.ts not in path]


def test_the_newest_mapping_of_the_name_is_taken_and_makes_a_snapshot_of_the_same_rows() -> None:
    work = Refreshing(table("FR"))
    before = work.first_snapshot()
    later(work)
    newer = MAPPING.model_copy(update={"paid_media_spends": ("TV_COST", "SEARCH_COST")})
    about = before.model_dump(include={"title", "who", "channel", "created_at"})
    version = MappingVersion(**about, scope="fr", ts="20260105T130000Z-cccc", mapping=newer, columns=("TV_COST",))
    save_version(work.cloud.storage, version)
    work.refresh(before)
    work.drain()
    newest = work.datasets()[0]
    assert newest.id != before.id and newest.mapping.paid_media_spends == ("TV_COST", "SEARCH_COST")
    assert newest.mapping.version == version.id
    assert any(one.code == "mapping.new" and one.column == "FACEBOOK_COST" for one in newest.findings)


def test_a_column_that_is_gone_is_told_and_without_the_kpi_there_is_no_snapshot() -> None:
    work = Refreshing(table("FR"))
    before = work.first_snapshot()
    later(work)
    work.files.data = table("FR").replace(b"FACEBOOK_COST", b"META_COST")
    work.refresh(before)
    work.drain()
    newest = work.datasets()[0]
    assert newest.mapping.paid_media_spends == ("TV_COST",)
    [gone] = [one for one in newest.findings if one.code == "mapping.gone"]
    assert gone.column == "FACEBOOK_COST" and "META_COST is new" in str(work.said("dataset_ready")[-1]["since"])
    work.files.data = table("FR").replace(b"REVENUE", b"TURNOVER")
    work.fake.clock.time = work.fake.clock.time.replace(hour=16)
    work.refresh(newest, "k9")
    work.drain()
    assert work.datasets()[0].id == newest.id
    [told] = work.said("dataset_refused")
    assert "explain" in told["error"]["what"], told["error"]


def test_a_snapshot_whose_predecessor_was_deleted_is_made_all_the_same() -> None:
    work = Refreshing(table("FR"))
    before = work.first_snapshot()
    later(work)
    made = work.refresh(before)
    for path in list(of_dataset(work.cloud.storage, before.country, before.ts, before.title, (before.ts,))):
        work.cloud.storage.delete(path)
    work.drain()
    assert [one.ts for one in work.datasets()] == [made.id]
    assert work.said("dataset_ready")[-1]["since"] is None


def test_all_countries_are_refreshed_in_one_round_and_one_that_was_deleted_says_so() -> None:
    work = Refreshing(table("FR", "DE"))
    sent(work, "fr", "de")
    work.drain()
    made = {one.country: one for one in work.datasets()}
    queue_deletion(work.cloud, wish_for_dataset(work.cloud, work.fake.clock, made["de"], "U1"))
    delete(work.cloud, work.fake.clock, f"dataset/{made['de'].id}")
    work.fake.tasks.waiting.clear()
    left = [path for path in work.fake.storage.objects if "-de" in path and "deletions/" not in path]
    assert not [path for path in left if not path.startswith("outbox")], "nothing is left of what was deleted"
    later(work)
    base = FORM.model_copy(update={"country": "", "columns": (), "several": False, "source": made["fr"].source})
    of = {"countries": ("fr", "de"), "renews": (made["fr"].id, made["de"].id), "roles": None}
    lead = wish(work.cloud.storage, base, "k7", work.fake.clock.now(), None, **of)
    work.begin(lead)
    work.drain()
    shown = {one["country"]: one for one in work.fake.messenger.rounds[lead.id][-1]["countries"]}
    assert shown["de"]["state"] == "failed" and "deleted" in shown["de"]["said"]
    # What came from a file nobody can read anew by themselves.
    assert shown["fr"]["state"] == "failed" and "file" in shown["fr"]["said"]
