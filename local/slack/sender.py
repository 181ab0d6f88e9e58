"""What Slack sends to an app: commands, clicks, option queries, submissions and events."""

import asyncio
from typing import Any

from local import workspace
from local.slack.slack import Slack
from local.slack.state.directory import user_object
from local.slack.transport import NoAnswer, Transport

# Seconds before each further delivery of an event that was not answered (the real ones: at once, 1 min, 5 min).
EVENT_RETRIES = (0.2, 2.0, 10.0)


class Sender:
    """Makes deliveries for one app; `transport` carries them, over HTTP or over the app's sockets."""

    def __init__(self, slack: Slack, transport: Transport) -> None:
        self.slack = slack
        self.transport = transport
        self._background: set[asyncio.Task[None]] = set()

    async def command(self, person: str, channel: str, command: str, text: str) -> dict[str, Any]:
        """Send a slash command; returns the immediate answer, {} if there is none."""
        row = self.slack.directory.channel(channel)
        form = {
            "token": workspace.VERIFICATION_TOKEN,
            "team_id": self.slack.team_id,
            "team_domain": self.slack.team_domain,
            "channel_id": channel,
            "channel_name": self.slack.directory.told_name(row),
            "user_id": person,
            "user_name": user_object(person)["name"],
            "command": command,
            "text": text,
            "api_app_id": workspace.APP_ID,
            "is_enterprise_install": "false",
            "response_url": self._response_url(person, channel),
            "trigger_id": self.slack.tickets.trigger(person),
        }
        return await self._send("commands", f"{command} {text}".strip(), form)

    async def interact(self, person: str, payload: dict[str, Any], *, kind: str = "interactivity") -> dict[str, Any]:
        """Send a click, a submission, a closing or an option query; returns the answer."""
        user = user_object(person)
        whole = {
            "team": {"id": self.slack.team_id, "domain": self.slack.team_domain},
            "enterprise": None,
            "is_enterprise_install": False,
            "api_app_id": workspace.APP_ID,
            "token": workspace.VERIFICATION_TOKEN,
            "user": {"id": person, "username": user["name"], "name": user["name"], "team_id": self.slack.team_id},
            **payload,
        }
        return await self._send(kind, str(payload["type"]), whole)

    def event(self, event: dict[str, Any]) -> None:
        """Send an event; it is delivered again, up to three times, until the app answers with 200."""
        task = asyncio.create_task(self._deliver(event))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def drained(self) -> None:
        """Wait until every event is delivered, or given up."""
        await asyncio.gather(*self._background)

    def response_url(self, person: str, channel: str, original: str | None = None) -> str:
        return self._response_url(person, channel, original)

    async def _deliver(self, event: dict[str, Any]) -> None:
        body = {
            "token": workspace.VERIFICATION_TOKEN,
            "team_id": self.slack.team_id,
            "api_app_id": workspace.APP_ID,
            "type": "event_callback",
            "event": {**event, "event_ts": self.slack.messages.next_ts()},
            "event_id": f"Ev{int(self.slack.now() * 1e6):X}",
            "event_time": int(self.slack.now()),
            "authorizations": [{"team_id": self.slack.team_id, "user_id": workspace.BOT_USER, "is_bot": True}],
        }
        for number, wait in enumerate((0.0, *EVENT_RETRIES)):
            await asyncio.sleep(wait)
            try:
                await self._send("events", str(event["type"]), body, number)
            except NoAnswer:
                continue
            return

    async def _send(self, kind: str, detail: str, body: dict[str, Any], retry: int = 0) -> dict[str, Any]:
        """Send one delivery; every one is kept, with what came of it."""
        try:
            answer = await self.transport.send(kind, body, retry)
        except NoAnswer as failure:
            self.slack.transcript.delivered(self.slack.now(), kind, detail, failure.status, failure.error)
            raise
        self.slack.transcript.delivered(self.slack.now(), kind, detail, 200, None)
        return answer

    def _response_url(self, person: str, channel: str, original: str | None = None) -> str:
        return f"{self.slack.public_url}/respond/{self.slack.tickets.response_url(person, channel, original)}"
