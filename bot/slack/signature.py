"""Whether a request is Slack's: its signature over the very bytes that came, no older than five minutes."""

import asyncio
import hmac
import logging
import re
import time
from hashlib import sha256

from engine.cloud.secrets import Secrets
from engine.errors import BadSettings, MmmError
from engine.settings import Settings

log = logging.getLogger(__name__)

WINDOW_SECONDS = 300
# A secret that was replaced a moment ago is read again, but not for every forged request.
REREAD_SECONDS = 10.0
TIMESTAMP = re.compile(r"[0-9]{1,12}")
SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


def genuine(secret: str, timestamp: str, signature: str, body: bytes, now: float) -> bool:
    """Whether `signature` is Slack's for this body at this time. Never raises, whatever is sent."""
    if not secret or not fresh(timestamp, now):
        return False
    expected = "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, sha256).hexdigest()
    # Bytes, in constant time: what is not ASCII cannot be compared as text.
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))


def fresh(timestamp: str, now: float) -> bool:
    """Whether a request was signed within the last five minutes, as far as two clocks agree."""
    return bool(TIMESTAMP.fullmatch(timestamp)) and abs(now - int(timestamp)) <= WINDOW_SECONDS


def worth_reading(timestamp: str, signature: str, now: float) -> bool:
    """Whether a request may be Slack's by its head alone: else nothing of its body need be read."""
    return fresh(timestamp, now) and bool(SIGNATURE.fullmatch(signature))


class Signatures:
    """Checks signatures with the current secret and, while it is rotated, with the one before."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets
        self._reread = float("-inf")

    async def check(self, timestamp: str, signature: str, body: bytes) -> bool:
        """Whether a request is Slack's. Raises BadSettings or Unavailable where the secret cannot be read."""
        if not fresh(timestamp, time.time()):
            return False
        for secret in await asyncio.to_thread(self._known):
            if genuine(secret, timestamp, signature, body, time.time()):
                return True
        if time.monotonic() - self._reread < REREAD_SECONDS:
            return False
        self._reread = time.monotonic()
        secret = await asyncio.to_thread(self._anew)
        return genuine(secret, timestamp, signature, body, time.time())

    def _known(self) -> list[str]:
        """The current secret, and the one before where there is one."""
        secrets = [self._secrets.read(self._settings.slack_signing_secret)]
        if self._settings.slack_signing_secret_previous:
            try:
                secrets.append(self._secrets.read(self._settings.slack_signing_secret_previous))
            except BadSettings as error:
                # It was taken away at the end of a rotation: the current one decides alone.
                log.warning("the signing secret before cannot be read: %s", error.detail)
        return secrets

    def _anew(self) -> str:
        """The current secret as it is by now; empty where it cannot be read again."""
        try:
            return self._secrets.refresh(self._settings.slack_signing_secret)
        except MmmError as error:
            log.warning("the signing secret cannot be read again: %s", error.what)
            return ""
