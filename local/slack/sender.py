"""What Slack sends to an app: signed commands, clicks, option queries, submissions and events."""

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp
from slack_sdk.signature import SignatureVerifier

from local import workspace
from local.slack.slack import Slack
from local.slack.state.directory import user_object

ACK_SECONDS = 3.0
# Seconds before each further delivery of an event that was not answered (the real ones: at once, 1 min, 5 min).
EVENT_RETRIES = (0.2, 2.0, 10.0)


class NoAnswer(Exception):
    """The app did not answer in time, or not with 200. `error` is what Slack would show."""

    def __init__(self, error: str, detail: str = "") -> None:
        super().__init__(f"{error} {detail}".strip())
        self.error = error
        self.detail = detail


class Sender:
    """Sends to one app's endpoints. `endpoints` maps commands, interactivity, options and events to URLs."""

    def __init__(self, slack: Slack, endpoints: dict[str, str]) -> None:
        self.slack = slack
        self.endpoints = endpoints
        self.verifier = SignatureVerifier(workspace.SIGNING_SECRET)
        self._background: set[asyncio.Task[None]] = set()

    async def command(self, person: str, channel: str, command: str, text: str) -> dict[str, Any]:
        """Send a slash command; returns the immediate answer, {} if there is none."""
        row = self.slack.directory.channel(channel)
        form = {
            "token": workspace.VERIFICATION_TOKEN,
            "team_id": workspace.TEAM_ID,
            "team_domain": workspace.TEAM_DOMAIN,
            "channel_id": channel,
            "channel_name": "directmessage" if row["im_user"] else row["name"],
            "user_id": person,
            "user_name": user_object(person)["name"],
            "command": command,
            "text": text,
            "api_app_id": workspace.APP_ID,
            "is_enterprise_install": "false",
            "response_url": self._response_url(person, channel),
            "trigger_id": self.slack.tickets.trigger(person),
        }
        return await self._post("commands", f"{command} {text}".strip(), form)

    async def interact(self, person: str, payload: dict[str, Any], *, kind: str = "interactivity") -> dict[str, Any]:
        """Send a click, a submission, a closing or an option query; returns the answer."""
        user = user_object(person)
        whole = {
            "team": {"id": workspace.TEAM_ID, "domain": workspace.TEAM_DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
            "api_app_id": workspace.APP_ID,
            "token": workspace.VERIFICATION_TOKEN,
            "user": {"id": person, "username": user["name"], "name": user["name"], "team_id": workspace.TEAM_ID},
            **payload,
        }
        return await self._post(kind, str(payload["type"]), {"payload": json.dumps(whole)})

    def event(self, event: dict[str, Any]) -> None:
        """Send an event; it is delivered again, up to three times, until the app answers with 200."""
        task = asyncio.create_task(self._deliver(event))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def response_url(self, person: str, channel: str, original: str | None = None) -> str:
        return self._response_url(person, channel, original)

    async def _deliver(self, event: dict[str, Any]) -> None:
        body = {
            "token": workspace.VERIFICATION_TOKEN,
            "team_id": workspace.TEAM_ID,
            "api_app_id": workspace.APP_ID,
            "type": "event_callback",
            "event": {**event, "event_ts": self.slack.messages.next_ts()},
            "event_id": f"Ev{int(self.slack.now() * 1e6):X}",
            "event_time": int(self.slack.now()),
            "authorizations": [{"team_id": workspace.TEAM_ID, "user_id": workspace.BOT_USER, "is_bot": True}],
        }
        raw = json.dumps(body)
        for number, wait in enumerate((0.0, *EVENT_RETRIES)):
            await asyncio.sleep(wait)
            headers = {"Content-Type": "application/json"}
            if number:
                headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_error"}
            try:
                await self._send("events", str(event["type"]), raw, headers)
            except NoAnswer:
                continue
            return

    async def _post(self, kind: str, detail: str, form: dict[str, str]) -> dict[str, Any]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        text = await self._send(kind, detail, urlencode(form), headers)
        if not text:
            return {}
        try:
            answer = json.loads(text)
        except ValueError:
            return {"text": text}
        return answer if isinstance(answer, dict) else {}

    async def _send(self, kind: str, detail: str, raw: str, headers: dict[str, str]) -> str:
        """Sign and send; returns the body of a 200 that came in time. Every delivery is kept."""
        timestamp = str(int(time.time()))
        signature = self.verifier.generate_signature(timestamp=timestamp, body=raw) or ""
        headers |= {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}
        status, text, error = 0, "", None
        try:
            timeout = aiohttp.ClientTimeout(total=ACK_SECONDS)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self.endpoints[kind], data=raw.encode(), headers=headers) as reply,
            ):
                status, text = reply.status, await reply.text()
        except TimeoutError:
            error = "operation_timeout"
        except aiohttp.ClientError:
            error = "dispatch_failed"
        if status and status != 200:
            error = f"http_{status}"
        self.slack.transcript.delivered(self.slack.now(), kind, detail, status, error)
        if error:
            raise NoAnswer(error, text[:200])
        return text

    def _response_url(self, person: str, channel: str, original: str | None = None) -> str:
        return f"{self.slack.public_url}/respond/{self.slack.tickets.response_url(person, channel, original)}"
