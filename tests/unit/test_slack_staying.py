"""The worker's token goes to Slack alone: no redirect is followed, wherever it points to."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.slack.client import SlackClient
from engine.cloud.secrets import Secrets
from engine.errors import Unavailable
from engine.settings import Settings
from local.serving import serving
from tests.faults.fake_cloud import FakeCloud

reached: list[str] = []


@pytest.fixture(scope="module")
def addresses() -> Iterator[tuple[str, str]]:
    """A Slack that sends everybody elsewhere, and that other place, which answers as Slack would."""

    async def elsewhere(request: Request) -> Response:
        reached.append(request.headers.get("authorization", "nothing"))
        return JSONResponse({"ok": True, "channel": "C1", "ts": "1.2"})

    every = ["GET", "POST"]
    with serving(Starlette(routes=[Route("/{path:path}", elsewhere, methods=every)])) as other:

        async def away(request: Request) -> Response:
            return RedirectResponse(f"{other}/stolen", int(request.path_params["status"]))

        with serving(Starlette(routes=[Route("/{status}/{method}", away, methods=every)])) as slack:
            yield slack, other


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_and_gets_no_token(addresses: tuple[str, str], status: int) -> None:
    settings: Settings = FakeCloud(slack_url=f"{addresses[0]}/{status}/").settings
    secrets: Any = SimpleNamespace(read=lambda _: "xoxb-secret", refresh=lambda _: "xoxb-secret")
    with pytest.raises(Unavailable):
        SlackClient(settings, cast(Secrets, secrets)).call("chat.postMessage", channel="C1", text="x")
    assert reached == []
