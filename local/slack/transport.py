"""How deliveries reach an app over HTTP: signed requests to its addresses. `sockets` is the other way."""

import json
import time
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp
from slack_sdk.signature import SignatureVerifier

ACK_SECONDS = 3.0
Json = dict[str, Any]


class NoAnswer(Exception):
    """The app did not answer in time, or not well. `error` is what Slack would show."""

    def __init__(self, error: str, detail: str = "", status: int = 0) -> None:
        super().__init__(f"{error} {detail}".strip())
        self.error = error
        self.detail = detail
        self.status = status


class Transport(Protocol):
    """Carries a delivery to the app and its answer back."""

    async def send(self, kind: str, body: Json, retry: int = 0) -> Json:
        """Send one delivery of `kind`; returns the answer, {} if there is none. Raises NoAnswer."""
        ...


class Http:
    """Signed requests. `endpoints` maps commands, interactivity, options and events to addresses."""

    def __init__(self, endpoints: dict[str, str], signing_secret: str) -> None:
        self.endpoints = endpoints
        self.verifier = SignatureVerifier(signing_secret)

    async def send(self, kind: str, body: Json, retry: int = 0) -> Json:
        """Sign, send, and read the body of a 200 that came in time."""
        headers = {"Content-Type": "application/json" if kind == "events" else "application/x-www-form-urlencoded"}
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_error"}
        text = await self._post(self.endpoints[kind], _raw(kind, body), headers)
        try:
            answer = json.loads(text or "{}")
        except ValueError:
            return {"text": text}
        return answer if isinstance(answer, dict) else {}

    async def _post(self, url: str, raw: str, headers: dict[str, str]) -> str:
        timestamp = str(int(time.time()))
        signature = self.verifier.generate_signature(timestamp=timestamp, body=raw) or ""
        headers |= {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}
        try:
            timeout = aiohttp.ClientTimeout(total=ACK_SECONDS)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(url, data=raw.encode(), headers=headers) as reply,
            ):
                text = await reply.text()
                if reply.status != 200:
                    raise NoAnswer(f"http_{reply.status}", text[:200], reply.status)
                return text
        except TimeoutError as error:
            raise NoAnswer("operation_timeout") from error
        except aiohttp.ClientError as error:
            raise NoAnswer("dispatch_failed") from error


def _raw(kind: str, body: Json) -> str:
    """A delivery's body as it goes over HTTP: a form for commands, a form around JSON for interactions."""
    if kind == "events":
        return json.dumps(body)
    return urlencode(body if kind == "commands" else {"payload": json.dumps(body)})
