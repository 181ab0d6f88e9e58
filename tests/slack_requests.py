"""Requests as Slack sends them, signed, to one of our services in this process."""

import asyncio
import json
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import httpx
from fastapi import FastAPI
from slack_sdk.signature import SignatureVerifier

from local import workspace
from tests.stack import Stack
from tests.words import SIGNING_SECRET

ANA, CHANNEL = workspace.ANA.id, workspace.MARKETING.id
FORM = "application/x-www-form-urlencoded"


def post(app: FastAPI, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    """One request, inside the app's life. An exception that escapes the app fails the test."""

    async def send() -> httpx.Response:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
                return await client.post(path, content=body, headers=headers)

    return asyncio.run(send())


def post_all(app: FastAPI, path: str, requests: Iterable[tuple[bytes, Any]]) -> list[httpx.Response]:
    """Requests one after the other, within one life of the app."""

    async def send() -> list[httpx.Response]:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
                return [await client.post(path, content=body, headers=headers) for body, headers in requests]

    return asyncio.run(send())


def signed(body: str | bytes, *, at: str = "", kind: str = FORM) -> dict[str, str]:
    at = at or str(int(time.time()))
    made = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp=at, body=body)
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": made or "", "Content-Type": kind}


def deliver(app: FastAPI, form: dict[str, str]) -> httpx.Response:
    body = urlencode(form)
    return post(app, "/slack/events", body.encode(), signed(body))


def command(product: Stack, text: str, **changes: str) -> dict[str, str]:
    return {
        "command": "/mmm",
        "text": text,
        "team_id": workspace.TEAM_ID,
        "channel_id": CHANNEL,
        "user_id": ANA,
        "trigger_id": product.slack.tickets.trigger(ANA),
        **changes,
    }


def home_opened(event_id: str, user: str = ANA, tab: str = "home") -> tuple[bytes, dict[str, str]]:
    """The body and the headers of the event that somebody looks at the Home."""
    event = {"type": "event_callback", "team_id": workspace.TEAM_ID, "event_id": event_id}
    body = json.dumps({**event, "event": {"type": "app_home_opened", "user": user, "tab": tab}})
    return body.encode(), signed(body, kind="application/json")


def interaction(**payload: Any) -> dict[str, str]:
    whole = {"team": {"id": workspace.TEAM_ID}, "user": {"id": ANA}, **payload}
    return {"payload": json.dumps(whole)}
