"""What a connection to BigQuery must name, and who may read through one."""

from typing import Any

import pytest

from engine.cloud.bigquery import BigQuery
from engine.cloud.bigquery_login import own_account
from engine.cloud.connection import Connection, problems_of, reference_of
from engine.errors import BadInput, Refused
from engine.settings import Settings

GIVEN: dict[str, Any] = {"project": "p", "bucket": "b", "worker_url": "http://w", "tasks_account": "t@p"}
ONE = Settings(**GIVEN, workspace="T1", slack_signing_secret="file:x", slack_token_secret="file:x")
MANY = Settings(
    **GIVEN,
    workspace="",
    slack_signing_secret="file:x",
    slack_token_secret="",
    slack_client_id="1.2",
    slack_client_secret="file:x",
    public_url="https://bot.example.com",
    workspaces=("T1",),
)
LAKE = Connection(name="lake", kind="bigquery", account="my-data", auth="workload")


class NoSecrets:
    def read(self, reference: str) -> str:
        raise AssertionError(reference)

    refresh = read


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        pytest.param({}, [], id="a project is enough"),
        pytest.param({"database": "other-data", "schema_name": "marketing_1"}, [], id="all of it"),
        pytest.param({"account": "example.com:my-data"}, [], id="a project of the old kind"),
        pytest.param({"account": ""}, ["account"], id="no project"),
        pytest.param({"account": "https://evil.example/"}, ["account"], id="an address"),
        pytest.param({"database": "My Project"}, ["database"], id="another project"),
        pytest.param({"schema_name": "a-b`; drop"}, ["schema_name"], id="dataset"),
        pytest.param({"schema_name": "x" * 2000}, ["schema_name"], id="a long one"),
        pytest.param({"user": "u", "role": "r", "warehouse": "w"}, ["role", "user", "warehouse"], id="Snowflake's"),
        pytest.param({"auth": "key_pair"}, ["auth"], id="a key pair"),
        pytest.param({"auth": "service_account"}, ["secret"], id="a key without a name"),
        pytest.param({"auth": "service_account", "secret": "slack-token"}, ["secret"], id="another's secret"),
        pytest.param({"auth": "service_account", "secret": "mmm-connection-lake"}, [], id="a key"),
    ],
)
def test_each_field_that_is_wrong_is_told_by_its_name(changes: dict[str, str], wrong: list[str]) -> None:
    assert sorted(problems_of(LAKE.model_copy(update=changes), ONE)) == wrong


def test_where_several_workspaces_share_the_service_none_reads_as_the_services_own_account() -> None:
    assert "auth" in problems_of(LAKE, MANY)
    with pytest.raises(Refused, match="a service account's key"):
        BigQuery(LAKE, MANY, NoSecrets()).describe("SELECT 1 AS a")
    keyed = LAKE.model_copy(update={"auth": "service_account", "secret": "mmm-connection-T1-lake"})
    of_one = MANY.model_copy(update={"workspace": "T1"})
    assert problems_of(keyed, of_one) == {}
    with pytest.raises(BadInput):
        reference_of(keyed, MANY.model_copy(update={"workspace": "T2"}))


@pytest.mark.parametrize("host", ["127.0.0.1:8421/door/word", "localhost:1"])
def test_a_token_of_this_machine_is_for_this_machine_alone(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", host)
    with pytest.raises(Refused, match="no Google account of its own"):
        own_account("")
