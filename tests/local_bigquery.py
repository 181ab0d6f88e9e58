"""The local BigQuery, running for a test, with the real client and our warehouse on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.cloud.bigquery import BigQuery
from engine.cloud.connection import Connection
from engine.settings import Settings
from local.bigquery.app import TOKEN_PATH, BigQueryApi
from tests.local_google import Google, google

SECRET = "mmm-connection-bq"
KEY_REF = f"projects/mmm-local/secrets/{SECRET}/versions/latest"
AT = Connection(name="bq", kind="bigquery", account="mmm-local", schema_name="MARKETING", auth="workload")


def at(**changes: Any) -> Connection:
    """A connection to the stand-in, but for what is changed."""
    return AT.model_copy(update=changes)


@dataclass
class KeyStore:
    """Secrets that hold a service account's key; `next_key` is what a refresh finds."""

    key: str = ""
    next_key: str = ""
    asked: list[str] = field(default_factory=list)

    def read(self, reference: str) -> str:
        assert reference == KEY_REF
        self.asked.append("read")
        return self.key

    def refresh(self, reference: str) -> str:
        self.asked.append("refresh")
        self.key = self.next_key or self.key
        return self.key


@dataclass
class LocalBigQuery:
    google: Google
    api: BigQueryApi

    @property
    def url(self) -> str:
        return self.google.url

    def settings(self, **changes: Any) -> Settings:
        given: dict[str, Any] = {
            "workspace": "T0MMMLOCAL",
            "project": "mmm-local",
            "bucket": "mmm-local",
            "worker_url": "http://127.0.0.1:1",
            "tasks_account": "tasks@mmm-local.example",
            "slack_signing_secret": "file:unused",
            "slack_token_secret": "file:unused",
            "bigquery_url": self.url,
        }
        return Settings(**given | changes)

    def warehouse(self, at: Connection = AT, secrets: KeyStore | None = None, **changes: Any) -> BigQuery:
        return BigQuery(at, self.settings(**changes), secrets or KeyStore(), patience=5)

    def key(self, account: str = "reader@mmm-local.example") -> str:
        """A key that the stand-in knows."""
        port = self.url.split("/door/")[0]
        return self.api.keys.make(account, f"{port}{TOKEN_PATH}")


@contextmanager
def local_bigquery(folder: Path) -> Iterator[LocalBigQuery]:
    """Serve Google with BigQuery on a free port, its state below `folder`."""
    with google(folder, bigquery=True) as running:
        assert running.bigquery is not None
        yield LocalBigQuery(running, running.bigquery)
