"""The bot in this process over a cloud in memory, with Slack's stand-in beside it: what a request tells, and where."""

import asyncio
import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
from fastapi import FastAPI

from bot.service import create_app
from engine.cloud.cloud import Cloud
from local import workspace
from local.faults import Faults
from local.serving import free_port, serving
from local.slack.app import create_app as create_slack
from local.slack.slack import Slack
from tests.faults.fake_cloud import FakeCloud
from tests.stack import REPOSITORY, Stack
from tests.words import DOOR, SIGNING_SECRET, WORD

# What differs from one request to the next and says nothing.
FILE, AT = re.compile(r"F0[0-9A-F]{8}"), re.compile(r"20\d\d-\d\d-\d\dT[\d:.]+\+00:00")
PASSING = ("trigger_id", "view_id", "hash", "token")


@dataclass
class Workspace:
    """Slack's stand-in, running."""

    slack: Slack
    url: str
    faults: Faults


@contextlib.contextmanager
def workspace_at(state: Path) -> Iterator[Workspace]:
    """Serve Slack alone. What it sends by itself reaches nobody."""
    port, faults = free_port(), Faults()
    url = f"http://127.0.0.1:{port}{DOOR}"
    slack = Slack(state, public_url=url)
    app = create_slack(
        state,
        app_url="http://127.0.0.1:9",
        public_url=url,
        word=WORD,
        manifest=REPOSITORY / "app_manifest.yaml",
        slack=slack,
        faults=faults,
    )
    with serving(app, port):
        yield Workspace(slack, url, faults)
    slack.close()


@dataclass
class Bot:
    """One bot over a cloud of its own. `rules` replace settings."""

    at: Workspace
    rules: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given: dict[str, Any] = {"workspace": workspace.TEAM_ID, "slack_url": f"{self.at.url}/api/"}
        given |= {"slack_signing_secret": "signing", "slack_token_secret": "token"}
        self.fake = FakeCloud(**given | self.rules)
        secrets = {"signing": SIGNING_SECRET, "token": workspace.BOT_TOKEN}
        vault = SimpleNamespace(read=secrets.__getitem__, refresh=secrets.__getitem__)
        vars(self.fake).update(secrets=vault, identity=None)
        self.cloud = cast(Cloud, self.fake)
        # What requests are made with, as of a whole product.
        self.product = cast(Stack, SimpleNamespace(slack=self.at.slack, cloud=self.fake, settings=self.fake.settings))
        self.app: FastAPI = create_app(self.fake.settings, "bot", cloud=self.cloud, clock=self.fake.clock)

    def told(self, requests: Iterable[tuple[bytes, dict[str, str]]]) -> list[str]:
        """Send requests as they come; what each was answered, what was shown in Slack because of it, what was queued.

        A form that was opened for it is closed again.
        """
        return asyncio.run(self._told(requests))

    async def _told(self, requests: Iterable[tuple[bytes, dict[str, str]]]) -> list[str]:
        found, transcript = [], self.at.slack.transcript
        since = max((call["n"] for call in transcript.calls()), default=0)
        async with self.app.router.lifespan_context(self.app):
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
                for body, headers in requests:
                    queued = len(self.fake.tasks.waiting)
                    answer = await client.post("/slack/events", content=body, headers=headers)
                    assert answer.status_code == 200, answer.text
                    calls = transcript.calls(since)
                    since = calls[-1]["n"] if calls else since
                    shown = [call["args"] for call in calls if call["method"].startswith(("chat.", "views."))]
                    steps = [task.step for task in self.fake.tasks.waiting[queued:]]
                    told = json.dumps([_plain(answer.text), _without(shown), steps], ensure_ascii=False)
                    found.append(AT.sub("AT", FILE.sub("FILE", told)))
                    for person in (workspace.ANA.id, workspace.BEN.id):
                        self.at.slack.views.clear(person)
        return found


def _plain(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without(one) for name, one in value.items() if name not in PASSING}
    return [_without(one) for one in value] if isinstance(value, list) else value
