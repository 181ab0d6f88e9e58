"""Secrets by reference: from Secret Manager, or from a mounted file; and those that we make ourselves."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

from google.api_core import exceptions as google
from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.cloud import secretmanager_v1

from engine.cloud.failures import A_FEW_TIMES, CLIENT_ERRORS
from engine.cloud.sessions import stay
from engine.errors import BadSettings, Refused, Unavailable

KEPT_SECONDS = 300.0
# While Secret Manager does not answer, the last known is better than none.
STALE_SECONDS = 15.0


class Secrets:
    """Reads secrets and keeps each for five minutes, so that a rotation is noticed.

    A secret that we make has one version that works, the newest: it is named by its number, never by "latest".
    """

    def __init__(self, *, url: str = "", credentials: Credentials | None = None) -> None:
        self._url = url
        self._credentials = credentials
        self._kept: dict[str, tuple[float, str]] = {}
        self._locks: dict[str, threading.Lock] = {}

    @cached_property
    def _client(self) -> secretmanager_v1.SecretManagerServiceClient:
        client = secretmanager_v1.SecretManagerServiceClient(
            transport="rest",
            credentials=self._credentials,
            client_options=ClientOptions(api_endpoint=self._url) if self._url else None,
        )
        stay(client)
        return client

    def read(self, reference: str) -> str:
        """Return the secret behind `projects/…/versions/…` or `file:PATH`.

        Raises BadSettings if there is none, Unavailable if it cannot be read now.
        """
        # One lock a secret: whoever waits for theirs holds up nobody who wants another.
        with self._lock_of(reference):
            until, value = self._kept.get(reference, (0.0, ""))
            if time.monotonic() < until:
                return value
            try:
                value, kept = self._fetch(reference), KEPT_SECONDS
            except Unavailable:
                if not value:
                    raise
                kept = STALE_SECONDS
            self._kept[reference] = (time.monotonic() + kept, value)
            return value

    def _lock_of(self, reference: str) -> threading.Lock:
        return self._locks.setdefault(reference, threading.Lock())

    def refresh(self, reference: str) -> str:
        """Read a secret anew: for whoever was refused with the old one. Where it cannot be read, that one stays."""
        with self._lock_of(reference):
            _, value = self._kept.get(reference, (0.0, ""))
            self._kept[reference] = (0.0, value)
        return self.read(reference)

    def keep(self, secret: str, value: str, *, region: str) -> str:
        """Make `value` the one that works of `projects/…/secrets/NAME`; returns its version's reference.

        The secret is created in `region` if it is not there. Raises Refused or Unavailable.
        """
        parent, _, name = secret.rpartition("/secrets/")
        replica = secretmanager_v1.Replication.UserManaged.Replica(location=region)
        replication = secretmanager_v1.Replication(
            user_managed=secretmanager_v1.Replication.UserManaged(replicas=[replica])
        )
        payload = secretmanager_v1.SecretPayload(data=value.encode())
        with _speaking(secret):
            with suppress(google.Conflict):  # it is there
                wanted = secretmanager_v1.Secret(replication=replication)
                self._client.create_secret(parent=parent, secret_id=name, secret=wanted, timeout=5, retry=A_FEW_TIMES)
            # Again after a lost reply: the version that nobody heard of is older than ours, and disabled below.
            made = self._client.add_secret_version(parent=secret, payload=payload, timeout=5, retry=A_FEW_TIMES)
        self._disable_below(secret, _number(made.name))
        return str(made.name)

    def disable(self, version: str) -> None:
        """Let a version that we made, and those before it, be read no more. Raises Refused or Unavailable."""
        secret, _, _ = version.rpartition("/versions/")
        self._disable_below(secret, _number(version) + 1)
        with self._lock_of(version):
            self._kept.pop(version, None)

    def _disable_below(self, secret: str, number: int) -> None:
        with _speaking(secret):
            enabled = self._client.list_secret_versions(
                request={"parent": secret, "filter": "state:ENABLED"}, timeout=5, retry=A_FEW_TIMES
            )
            for old in list(enabled):
                if _number(old.name) < number:
                    self._client.disable_secret_version(name=old.name, timeout=5, retry=A_FEW_TIMES)

    def _fetch(self, reference: str) -> str:
        if reference.startswith("file:"):
            try:
                return Path(reference.removeprefix("file:")).read_text().strip()
            except OSError as error:
                raise BadSettings(f"The secret {reference} cannot be read.", "Mount it.", detail=str(error)) from error
        try:
            answer = self._client.access_secret_version(name=reference, timeout=5, retry=A_FEW_TIMES)
        except (google.NotFound, google.Forbidden, google.Unauthorized, google.BadRequest) as error:
            # A bad request: there is no such version, or it was disabled.
            todo = "Create it, and let this service's account read it."
            raise BadSettings(f"The secret {reference} cannot be read.", todo, detail=str(error)) from error
        except CLIENT_ERRORS as error:
            raise Unavailable("Secret Manager does not answer.", "Try again.", detail=str(error)) from error
        return answer.payload.data.decode().strip()


def _number(version: str) -> int:
    """The number of a version, from its full name."""
    return int(version.rpartition("/")[2])


@contextmanager
def _speaking(secret: str) -> Iterator[None]:
    """The client's errors become ours; none of them holds a value."""
    try:
        yield
    except (google.NotFound, google.Forbidden, google.Unauthorized, google.BadRequest) as error:
        raise Refused("Secret Manager refused.", detail=f"{secret}: {error}") from error
    except CLIENT_ERRORS as error:
        raise Unavailable("Secret Manager does not answer.", "Try again.", detail=f"{secret}: {error}") from error
