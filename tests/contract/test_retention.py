"""What is passing is thrown away by the bucket's rule, counted from when it was done with; nothing else ever is."""

import time
from pathlib import Path

import pytest

from engine.errors import BadSettings
from local.google.lifecycle import look
from local.google.objects import Objects
from local.retention import keep_days
from tests.local_google import google

DAY = 86_400.0


def test_what_is_passing_goes_after_its_days_and_nothing_else_does(tmp_path: Path) -> None:
    with google(tmp_path) as cloud:
        bucket = cloud.storage(root="workspaces/T1")
        made = bucket.create("try.json", {"state": "trying"})
        bucket.swap("try.json", {"state": "done"}, made.generation, passing=True)
        bucket.create("click.json", {}, passing=True)
        bucket.put_bytes("bytes", b"x", "text/plain", passing=True)
        bucket.create("form.json", {}, line={"title": "Spring"})
        assert bucket.let_pass("form.json") and not bucket.let_pass("never.json")
        [form] = bucket.list("form.json")
        assert form.line == {"title": "Spring"} and form.generation > 0
        again = bucket.create("again.json", {}, passing=True)
        bucket.swap("again.json", {"in": "use"}, again.generation)
        bucket.create("fact.json", {})
        bucket.overwrite_view("view.csv", b"x", "text/csv")
        bucket.compose("joined.csv", ["view.csv"], "text/csv")
        bucket.close()
    objects = Objects(tmp_path / "storage")
    assert look(objects, 7, time.time() + 6.9 * DAY) == 0
    assert look(objects, 7, time.time() + 7.1 * DAY) == 4
    kept = {stored.name.rpartition("/")[2] for stored in objects.all()}
    assert kept == {"again.json", "fact.json", "view.csv", "joined.csv"}
    objects.close()


@pytest.mark.parametrize(("given", "days"), [({}, "30"), ({"MMM_KEEP_DAYS": ""}, "30"), ({"MMM_KEEP_DAYS": "7"}, "7")])
def test_the_stand_in_goes_by_the_services_setting(given: dict[str, str], days: str) -> None:
    assert keep_days(given) == days


@pytest.mark.parametrize("given", ["6", "3651", "a month", "-30", "7.5", "٣٠", "9" * 30])
def test_a_retention_that_services_would_refuse_is_refused_before_anything_starts(given: str) -> None:
    with pytest.raises(BadSettings, match="whole number from 7 to 3650"):
        keep_days({"MMM_KEEP_DAYS": given})
