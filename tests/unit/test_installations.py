"""Installations as they are stored, and what a workspace's services are made of."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.act import Services
from bot.installations import Installation, install, installed_teams, leave, may_install, read_installation
from bot.tenants import One, Several, settings_of, tenants_of
from engine.clock import SystemClock
from engine.cloud.cloud import Cloud
from engine.errors import BadSettings, Denied, Unavailable
from engine.settings import Settings
from local import workspace
from local.faults import Fault
from tests.local_google import Google, google

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    with google(tmp_path_factory.mktemp("google")) as found:
        yield found


def several(url: str = "", **changes: Any) -> Settings:
    given: dict[str, Any] = {
        "project": workspace.PROJECT,
        "bucket": workspace.BUCKET,
        "region": workspace.REGION,
        "worker_url": "http://w",
        "tasks_account": "t@p",
        "slack_signing_secret": "file:x",
        "slack_client_id": "1.2",
        "slack_client_secret": "file:x",
        "public_url": "https://mmm.example.com",
        "workspaces": ("T0A", "T0B"),
        "storage_url": url,
        "secrets_url": url,
        "snowflake_account": "acct",
    }
    return Settings(**given | changes)


@pytest.fixture
def cloud(running: Google) -> Cloud:
    return Cloud(several(running.url), patience=1.5)


def wanted(team: str = "T0A", at: datetime = AT) -> Installation:
    about = {"name": team, "bot_user": "U1", "who": "U2", "scopes": ("commands",), "token": ""}
    return Installation.model_validate({"team": team, "installed_at": at, **about})


def test_the_newest_installation_counts_and_its_token_alone_works(cloud: Cloud) -> None:
    first = install(cloud, wanted(), "xoxb-one")
    second = install(cloud, wanted(at=AT + timedelta(hours=1)), "xoxb-two")
    assert read_installation(cloud.storage, "T0A") == second
    assert cloud.secrets.read(second.token) == "xoxb-two"
    with pytest.raises(BadSettings):
        Cloud(cloud.settings).secrets.read(first.token)


def test_of_two_at_once_the_one_whose_token_works_is_remembered(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower one kept its token first and writes last."""
    slower, keep = wanted(), cloud.secrets.keep

    def kept_before_the_other(secret: str, value: str, *, region: str) -> str:
        version = keep(secret, value, region=region)
        monkeypatch.undo()
        install(cloud, wanted(at=AT + timedelta(seconds=1)), "xoxb-faster")
        return version

    monkeypatch.setattr(cloud.secrets, "keep", kept_before_the_other)
    counts = install(cloud, slower, "xoxb-slower")
    assert counts == read_installation(cloud.storage, "T0A")
    assert cloud.secrets.read(counts.token) == "xoxb-faster"


def test_leaving_again_disables_what_could_not_be_disabled_before(running: Google, cloud: Cloud) -> None:
    made = install(cloud, wanted(), "xoxb-one")
    running.faults.add(Fault("secrets.list", "before", times=100))
    with pytest.raises(Unavailable):
        leave(cloud, "T0A", AT + timedelta(hours=1))
    running.faults.clear()
    leave(cloud, "T0A", AT + timedelta(hours=1))
    with pytest.raises(BadSettings):
        Cloud(cloud.settings).secrets.read(made.token)


def test_what_was_installed_after_the_leaving_stays(cloud: Cloud) -> None:
    made = install(cloud, wanted(), "xoxb-one")
    leave(cloud, "T0A", AT - timedelta(seconds=1))
    assert read_installation(cloud.storage, "T0A") == made
    leave(cloud, "T0B", AT)  # never was here
    assert list(installed_teams(cloud.storage)) == ["T0A"]


@pytest.mark.parametrize("team", ["", "t0a", "T0A ", "T0C", "T0A/../T0B", "*", "E0A", "T0A\n"])
def test_only_listed_workspaces_may_install_it_by_their_exact_id(team: str) -> None:
    assert not may_install(several(), team)
    assert may_install(several(), "T0A")


def test_with_a_star_every_workspace_may_and_nothing_else_that_looks_like_one() -> None:
    everyone = several(workspaces=("*",))
    assert may_install(everyone, "T0ZZZ")
    assert not may_install(everyone, "../T0ZZZ") and not may_install(everyone, "T0/Z")


def test_a_workspace_has_a_root_a_token_and_no_warehouse_of_its_own_unless_it_is_named() -> None:
    made = wanted().model_copy(update={"token": "projects/p/secrets/s/versions/3"})
    own = settings_of(several(bucket_root="dev/", channel_default="C1"), made)
    assert (own.workspace, own.bucket_root) == ("T0A", "dev/workspaces/T0A")
    assert own.slack_token_secret == made.token
    assert (own.channel_default, own.snowflake_account) == ("", "")
    assert settings_of(several(snowflake_workspaces=("T0A",)), made).snowflake_account == "acct"


def test_while_storage_does_not_answer_who_is_known_is_served_and_nobody_else(
    running: Google, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.tenants.KEPT_SECONDS", 0.0)
    install(cloud, wanted(), "xoxb-one")
    tenants = Several(Services(cloud.settings, cloud, SystemClock()))
    known = tenants.of("T0A")
    assert tenants.of("T0A") is known
    running.faults.add(Fault("storage.objects.get", "before", times=100))
    assert tenants.of("T0A") is known
    with pytest.raises(Unavailable):
        tenants.of("T0B")


def test_a_workspace_that_left_is_served_no_more_and_anew_when_it_is_back(cloud: Cloud) -> None:
    tenants = Several(Services(cloud.settings, cloud, SystemClock()))
    with pytest.raises(Denied, match="not installed"):
        tenants.of("T0A")
    install(cloud, wanted(), "xoxb-one")
    first = tenants.of("T0A")
    leave(cloud, "T0A", AT + timedelta(hours=1))
    tenants.forget("T0A")
    with pytest.raises(Denied, match="not installed"):
        tenants.of("T0A")
    install(cloud, wanted(at=AT + timedelta(hours=2)), "xoxb-two")
    assert tenants.of("T0A").settings.slack_token_secret != first.settings.slack_token_secret


def test_one_workspace_needs_no_installation() -> None:
    alone = {"slack_client_id": "", "slack_client_secret": "", "public_url": "", "workspaces": ()}
    settings = several(**alone, workspace="T0A", slack_token_secret="file:x")
    services = Services(settings, Cloud(settings), SystemClock())
    tenants = tenants_of(services)
    assert isinstance(tenants, One) and tenants.of("T0A") is services
    assert not settings.many


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"slack_client_secret": ""}, "slack_client_secret"),
        ({"public_url": ""}, "public_url"),
        ({"public_url": "http://mmm.example.com"}, "public_url"),
        ({"public_url": "https://mmm.example.com/bot"}, "public_url"),
        ({"workspaces": ()}, "workspaces"),
        ({"workspace": "T0A"}, "workspace"),
        ({"slack_token_secret": "file:x"}, "slack_token_secret"),
        ({"slack_app_token_secret": "file:x"}, "slack_app_token_secret"),
        ({"slack_client_id": ""}, "workspace"),
    ],
)
def test_settings_are_for_one_workspace_or_for_several_and_never_half(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError) as caught:
        several(**changes)
    assert named in str(caught.value)
