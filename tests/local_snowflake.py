"""The local Snowflake, running for a test, with the real connector and our warehouse on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import snowflake.connector
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from engine.cloud.connection import default_of
from engine.cloud.snowflake import Snowflake
from engine.settings import Settings
from local.faults import Faults
from local.serving import free_port, serving
from local.snowflake.app import create_app
from local.snowflake.keys import KeyPair, key_pair
from tests.words import WORD

KEY_REF = "projects/p/secrets/snowflake-key/versions/latest"


@dataclass
class KeyStore:
    """Secrets that hold the private key; `next_key` is what a refresh finds."""

    key: str
    next_key: str = ""
    asked: list[str] = field(default_factory=list)

    def read(self, reference: str) -> str:
        assert reference == KEY_REF
        self.asked.append("read")
        return self.key

    def refresh(self, reference: str) -> str:
        assert reference == KEY_REF
        self.asked.append("refresh")
        self.key = self.next_key or self.key
        return self.key


@dataclass
class LocalSnowflake:
    port: int
    keys: KeyPair
    faults: Faults
    state: Path

    def settings(self, **changes: Any) -> Settings:
        given: dict[str, Any] = {
            "workspace": "T0MMMLOCAL",
            "project": "mmm-local",
            "bucket": "mmm-local",
            "worker_url": "http://127.0.0.1:1",
            "tasks_account": "tasks@mmm-local.example",
            "slack_signing_secret": "file:unused",
            "slack_token_secret": "file:unused",
            "snowflake_account": "local",
            "snowflake_user": "svc",
            "snowflake_role": "MMM_READER",
            "snowflake_warehouse": "MMM_WH",
            "snowflake_database": "MMM",
            "snowflake_schema": "MARKETING",
            "snowflake_key_secret": KEY_REF,
            "snowflake_host": "127.0.0.1",
            "snowflake_port": self.port,
            "snowflake_protocol": "http",
        }
        return Settings(**given | changes)

    def warehouse(self, secrets: KeyStore | None = None, **changes: Any) -> Snowflake:
        secrets = secrets or KeyStore(self.keys.private.read_text())
        settings = self.settings(**changes)
        default = default_of(settings)
        assert default is not None
        return Snowflake(default, settings, secrets, login_timeout=4, network_timeout=4)

    def connect(self, **changes: Any) -> Any:
        """Return a bare connection, as somebody else's program would open it."""
        key = load_pem_private_key(self.keys.private.read_bytes(), password=None)
        given: dict[str, Any] = {
            "account": "local",
            "user": "svc",
            "host": "127.0.0.1",
            "port": self.port,
            "protocol": "http",
            "authenticator": "SNOWFLAKE_JWT",
            "private_key": key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
            "database": "MMM",
            "schema": "MARKETING",
            "paramstyle": "qmark",
            "login_timeout": 4,
            "network_timeout": 4,
            "platform_detection_timeout_seconds": 0.0,
        }
        return snowflake.connector.connect(**given | changes)


@contextmanager
def local_snowflake(folder: Path, **options: Any) -> Iterator[LocalSnowflake]:
    """Serve the stand-in on a free port, its state and keys below `folder`."""
    keys, faults, port = key_pair(folder / "keys"), Faults(), free_port()
    app = create_app(folder / "state", public_keys={"svc": keys.public}, word=WORD, faults=faults, **options)
    with serving(app, port):
        yield LocalSnowflake(port, keys, faults, folder / "state")
