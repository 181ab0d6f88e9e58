"""Secrets that we make ourselves, through the real client: one version works, the newest."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud import secretmanager_v1

from engine.errors import BadSettings, Refused, Unavailable
from local import workspace
from local.faults import Fault
from tests.local_google import Google, google

pytestmark = pytest.mark.slow

SECRET = f"projects/{workspace.PROJECT}/secrets/mmm-slack-token-T0A"
REGION = workspace.REGION


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Google]:
    with google(tmp_path) as running:
        yield running


def states(cloud: Google) -> dict[str, str]:
    client: Any = cloud.secrets()._client
    found = client.list_secret_versions(parent=SECRET)
    return {one.name.rpartition("/")[2]: secretmanager_v1.SecretVersion.State(one.state).name for one in found}


def test_a_value_is_kept_and_read_by_its_version(cloud: Google) -> None:
    version = cloud.secrets().keep(SECRET, "xoxb-one", region=REGION)
    assert version == f"{SECRET}/versions/1"
    assert cloud.secrets().read(version) == "xoxb-one"


def test_a_new_value_disables_those_before_it(cloud: Google) -> None:
    secrets = cloud.secrets()
    first, second = (secrets.keep(SECRET, value, region=REGION) for value in ("xoxb-one", "xoxb-two"))
    assert states(cloud) == {"2": "ENABLED", "1": "DISABLED"}
    assert cloud.secrets().read(second) == "xoxb-two"
    with pytest.raises(BadSettings):
        cloud.secrets().read(first)


def test_what_is_disabled_is_read_no_more_not_even_by_who_knew_it(cloud: Google) -> None:
    secrets = cloud.secrets()
    version = secrets.keep(SECRET, "xoxb-one", region=REGION)
    assert secrets.read(version) == "xoxb-one"
    secrets.disable(version)
    secrets.disable(version)  # delivered twice
    for reader in (secrets, cloud.secrets()):
        with pytest.raises(BadSettings):
            reader.read(version)
        with pytest.raises(BadSettings):
            reader.read(f"{SECRET}/versions/latest")


def test_a_late_disabling_leaves_the_newer_value_alone(cloud: Google) -> None:
    secrets = cloud.secrets()
    first, second = (secrets.keep(SECRET, value, region=REGION) for value in ("xoxb-one", "xoxb-two"))
    secrets.disable(first)
    assert cloud.secrets().read(second) == "xoxb-two"


@pytest.mark.parametrize("call", ["create", "add", "list", "disable"])
def test_a_lost_reply_leaves_one_version_that_works(cloud: Google, call: str) -> None:
    secrets = cloud.secrets()
    secrets.keep(SECRET, "xoxb-one", region=REGION)
    cloud.faults.add(Fault(f"secrets.{call}", "after", times=1))
    version = secrets.keep(SECRET, "xoxb-two", region=REGION)
    assert [state for state in states(cloud).values() if state == "ENABLED"] == ["ENABLED"]
    assert cloud.secrets().read(version) == "xoxb-two"


def test_what_is_refused_and_what_does_not_answer_are_told_apart_and_name_no_value(cloud: Google) -> None:
    with pytest.raises(Refused) as refused:
        cloud.secrets().keep("projects/elsewhere/secrets/x", "xoxb-one", region=REGION)
    cloud.faults.add(Fault("secrets.add", "before", times=100))
    with pytest.raises(Unavailable) as away:
        cloud.secrets().keep(SECRET, "xoxb-one", region=REGION)
    assert "xoxb-one" not in f"{refused.value} {refused.value.detail} {away.value} {away.value.detail}"
