"""How a release goes, and how it goes back: the script itself, against a Cloud Run that is played."""

import copy
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests import fake_cloud_run
from tests.fake_cloud_run import FIRST, Programs, runs, serving
from tests.releases import BAD, JOB, NAMES, ROOT, Cloud, image

pytestmark = pytest.mark.slow


@pytest.fixture
def first_day(tmp_path: Path) -> Iterator[Cloud]:
    """A project as Terraform leaves it, before any release."""
    for tool in ("bash", "jq"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool}")
    with Programs(fake_cloud_run.begin(NAMES, JOB), tmp_path) as programs:
        yield Cloud(programs, tmp_path)


@cache
def after_a_good_one(folder: Path) -> dict[str, Any]:
    """The same after the first release, which was a good one."""
    folder.mkdir()
    with Programs(fake_cloud_run.begin(NAMES, JOB), folder) as programs:
        assert Cloud(programs, folder).release("good", RELEASE="r1-1").status == 0
        return programs.cloud


@pytest.fixture
def cloud(first_day: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    """A project that has had one good release."""
    first_day.programs.cloud = copy.deepcopy(after_a_good_one(tmp_path_factory.getbasetemp() / "a-good-release"))
    return first_day


def test_shellcheck_finds_nothing() -> None:
    scripts = sorted((ROOT / ".github/scripts").glob("*.sh"))
    told = subprocess.run([Path(sys.executable).parent / "shellcheck", *scripts], capture_output=True, text=True)
    assert (told.returncode, told.stdout) == (0, "")


def test_a_release_deploys_by_digest_and_moves_traffic_when_the_candidate_answers(cloud: Cloud) -> None:
    done = cloud.release("good")
    assert done.status == 0, done.said
    assert cloud.running() == ("good", "good", "good")
    changed = [(call.split()[2], call.split()[4]) for call in done.changes()]
    services = [("services", "mmm-worker"), ("services", "mmm-bot")]
    assert changed == [*services, ("jobs", JOB), *services, *services]
    asked = next(place for place, call in enumerate(done.calls) if "candidate---mmm-bot/health" in call)
    assert asked < next(place for place, call in enumerate(done.calls) if "update-traffic" in call)


def tags(cloud: Cloud) -> list[str]:
    """Addresses that are still open beside those that people use."""
    return [target["tag"] for name in NAMES for target in cloud.state["services"][name]["wants"] if "tag" in target]


@pytest.mark.parametrize("kinds", BAD.values(), ids=BAD)
def test_good_then_bad_then_good_ends_with_the_good_one_serving(cloud: Cloud, kinds: tuple[str, str, str]) -> None:
    before = {name: serving(cloud.state, name) for name in NAMES}
    done = cloud.release(*kinds)
    assert done.status != 0
    assert "going back" in done.said
    # Revisions and images are those of before, and nothing is left that somebody's change would stumble over.
    assert {name: serving(cloud.state, name) for name in NAMES} == before
    assert cloud.running() == ("good", "good", "good")
    assert (cloud.ready(), cloud.next(), tags(cloud)) == (True, ["good", "good"], [])
    done = cloud.release("good2")
    assert done.status == 0, done.said
    assert cloud.running() == ("good2", "good2", "good2")
    assert (cloud.ready(), cloud.next(), tags(cloud)) == (True, ["good2", "good2"], [])


@pytest.mark.parametrize("kinds", [BAD["neither-starts"], BAD["bot-open"], BAD["training-not-in-the-registry"]])
def test_a_first_release_may_be_bad(first_day: Cloud, kinds: tuple[str, str, str]) -> None:
    assert first_day.release(*kinds).status != 0
    assert {runs(first_day.state, name) for name in NAMES} == {first_day.state["job"][JOB]["image"]} == {FIRST}
    next_ones = [service["revisions"][service["next"]] for service in first_day.state["services"].values()]
    assert [made for made in next_ones if made != {"image": FIRST, "env": {}}] == []
    assert first_day.release("good").status == 0
    assert first_day.running() == ("good", "good", "good")


# A release that is broken off: a release makes seven changes, a bad one fewer.
NEW, DEAD = ("new", "new", "new"), ("dead", "dead", "missing")
KILLED = [*((NEW, after) for after in (1, 3, 4, 5, 6)), (DEAD, 3), (("new", "dead", "new"), 1)]


@pytest.mark.parametrize(("kinds", "after"), KILLED)
def test_a_release_that_was_killed_in_the_middle_is_put_right_before_the_next(
    cloud: Cloud, kinds: tuple[str, str, str], after: int
) -> None:
    assert cloud.release(*kinds, kill_at=after).status != 0
    assert cloud.script("mend").status == 0
    # The bot moves last: until then the release before counts, and from then on this one.
    assert cloud.running() == (NEW if kinds == NEW and after >= 5 else ("good", "good", "good"))
    assert (cloud.ready(), tags(cloud)) == (True, [])
    # A release that is bad goes back to that, and not into the middle.
    before = cloud.running()
    assert cloud.release("dead").status != 0
    assert cloud.running() == before


@pytest.mark.parametrize("after", [1, 3, 5])
def test_the_same_release_can_be_given_again_after_it_was_killed(cloud: Cloud, after: int) -> None:
    cloud.release("new", RELEASE="r7-1", kill_at=after)
    done = cloud.release("new", RELEASE="r7-1")
    assert done.status == 0, done.said
    assert cloud.running() == NEW
    assert cloud.ready()


@pytest.mark.parametrize(("how", "after"), [(signal.SIGTERM, 1), (signal.SIGINT, 3), (signal.SIGHUP, 5)])
def test_a_release_that_is_told_to_end_goes_back_itself(cloud: Cloud, how: int, after: int) -> None:
    done = cloud.release("new", kill_at=after, kill_with=how)
    assert done.status != 0
    assert "going back" in done.said
    assert cloud.running() == ("good", "good", "good")
    assert (cloud.ready(), tags(cloud)) == (True, [])


def test_nothing_is_mended_where_nothing_is_broken_or_nothing_is_there(cloud: Cloud) -> None:
    assert cloud.script("mend").changes() == []
    cloud.state["services"].clear()
    done = cloud.script("mend")
    assert (done.status, done.changes()) == (0, [])


def test_a_person_who_moved_the_worker_alone_is_not_overruled_before_a_release(cloud: Cloud) -> None:
    former = serving(cloud.state, "mmm-worker")
    cloud.release("good2")
    fake_cloud_run.move(cloud.state, "mmm-worker", {"to-revisions": f"{former}=100"})
    assert cloud.script("mend").changes() == []
    assert cloud.release("dead").status != 0
    assert cloud.running() == ("good2", "good", "good2")


# Settings, which come with a release


def deployment(folder: Path, **env: str) -> str:
    """What Terraform put out, in a file."""
    told = folder / "deployment.json"
    programs = {role: {"env": env, "flags": ["--cpu=1"]} for role in ("bot", "worker", "training")}
    told.write_text(json.dumps({"releases": programs}))
    return str(told)


def settings(cloud: Cloud, name: str) -> dict[str, str]:
    """What a service that people reach was told, but what a release remembers."""
    made = cloud.state["services"][name]["revisions"][serving(cloud.state, name)]
    return {key: value for key, value in made["env"].items() if not key.startswith("RELEASED_")}


def test_settings_come_with_a_release_and_stay_where_none_are_given(cloud: Cloud, tmp_path: Path) -> None:
    given = deployment(tmp_path, MMM_ADMINS='["a,b", "c=d"]')
    assert cloud.release("good", DEPLOYMENT=given).status == 0
    assert cloud.release("good2").status == 0
    for name in NAMES:
        assert settings(cloud, name) == {"MMM_ADMINS": '["a,b", "c=d"]'}
    assert cloud.state["job"][JOB]["env"] == {"MMM_ADMINS": '["a,b", "c=d"]'}


def test_a_setting_that_stops_the_programs_is_gone_back_from(cloud: Cloud, tmp_path: Path) -> None:
    assert cloud.release("good", DEPLOYMENT=deployment(tmp_path, MMM_REGION="here")).status == 0
    assert cloud.release("new", DEPLOYMENT=deployment(tmp_path, FATAL="1")).status != 0
    assert cloud.running() == ("good", "good", "good")
    assert settings(cloud, "mmm-bot") == {"MMM_REGION": "here"} == cloud.state["job"][JOB]["env"]
    assert cloud.ready()
    assert cloud.release("new", DEPLOYMENT=deployment(tmp_path, MMM_REGION="there")).status == 0


def test_a_release_without_images_brings_new_settings_to_those_that_run(cloud: Cloud, tmp_path: Path) -> None:
    done = cloud.script(RELEASE="settings", DEPLOYMENT=deployment(tmp_path, MMM_CONTACT="us"))
    assert done.status == 0, done.said
    assert cloud.running() == ("good", "good", "good")
    assert settings(cloud, "mmm-worker") == {"MMM_CONTACT": "us"}


# By hand


def test_a_person_goes_back_to_a_revision_of_the_bot_and_all_that_ran_with_it(cloud: Cloud) -> None:
    former = serving(cloud.state, "mmm-bot")
    cloud.release("good2")
    assert cloud.script("back", former).status == 0
    assert cloud.running() == ("good", "good", "good")
    assert cloud.next() == ["good", "good"]
    assert cloud.release("dead").status != 0
    assert cloud.running() == ("good", "good", "good")


def test_an_image_by_tag_is_refused_before_anything_is_done(cloud: Cloud) -> None:
    told = {role: image("x", "good") for role in ("WORKER_IMAGE", "TRAINING_IMAGE")}
    done = cloud.script(RELEASE="r7-1", BOT_IMAGE="registry/bot:latest", **told)
    assert (done.status, done.calls) == (2, [])
    assert "not named by its digest" in done.said


@pytest.mark.parametrize("lacks", ["REGION", "NAME", "PROJECT", "RELEASE", "WORKER_IMAGE"])
def test_a_missing_setting_is_named_before_anything_is_done(cloud: Cloud, lacks: str) -> None:
    told = {f"{role}_IMAGE": image("x", "good") for role in ("BOT", "WORKER", "TRAINING")}
    done = cloud.script(**{"RELEASE": "r7-1"} | told | {lacks: ""})
    assert done.status != 0
    assert lacks in done.said
    assert done.calls == []
