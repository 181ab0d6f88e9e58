"""Secrets by reference: from Secret Manager, or from a mounted file."""

import threading
import time
from functools import cached_property
from pathlib import Path

from google.api_core import exceptions as google
from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.cloud import secretmanager_v1

from engine.cloud.failures import A_FEW_TIMES, CLIENT_ERRORS
from engine.errors import BadSettings, Unavailable

KEPT_SECONDS = 300.0
# While Secret Manager does not answer, the last known is better than none.
STALE_SECONDS = 15.0


class Secrets:
    """Reads secrets and keeps each for five minutes, so that a rotation is noticed."""

    def __init__(self, *, url: str = "", credentials: Credentials | None = None) -> None:
        self._url = url
        self._credentials = credentials
        self._kept: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    @cached_property
    def _client(self) -> secretmanager_v1.SecretManagerServiceClient:
        return secretmanager_v1.SecretManagerServiceClient(
            transport="rest",
            credentials=self._credentials,
            client_options=ClientOptions(api_endpoint=self._url) if self._url else None,
        )

    def read(self, reference: str) -> str:
        """Return the secret behind `projects/…/versions/…` or `file:PATH`.

        Raises BadSettings if there is none, Unavailable if it cannot be read now.
        """
        with self._lock:
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

    def refresh(self, reference: str) -> str:
        """Read a secret anew: for whoever was refused with the old one. Where it cannot be read, that one stays."""
        with self._lock:
            _, value = self._kept.get(reference, (0.0, ""))
            self._kept[reference] = (0.0, value)
        return self.read(reference)

    def _fetch(self, reference: str) -> str:
        if reference.startswith("file:"):
            try:
                return Path(reference.removeprefix("file:")).read_text().strip()
            except OSError as error:
                raise BadSettings(f"The secret {reference} cannot be read.", "Mount it.", detail=str(error)) from error
        try:
            answer = self._client.access_secret_version(name=reference, timeout=5, retry=A_FEW_TIMES)
        except (google.NotFound, google.Forbidden, google.Unauthorized, google.InvalidArgument) as error:
            todo = "Create it, and let this service's account read it."
            raise BadSettings(f"The secret {reference} cannot be read.", todo, detail=str(error)) from error
        except CLIENT_ERRORS as error:
            raise Unavailable("Secret Manager does not answer.", "Try again.", detail=str(error)) from error
        return answer.payload.data.decode().strip()
