"""The Web API client of the worker: waits, retries what passes, and speaks our errors."""

import logging
import time
from datetime import datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.slack.blocks import Message
from bot.slack.errors import UnknownBlocks, meaning
from bot.slack.limits import fit_message, fit_view
from engine.cloud.secrets import Secrets
from engine.errors import BadData, NotFound, Refused, Unavailable
from engine.settings import Settings

log = logging.getLogger(__name__)

SCAN_SECONDS = 20.0
CHUNK = 1 << 16
GONE = ("That file is no longer in Slack, or I am not where it lies.", "Invite me with /invite @mmm, or drop it again.")
# Our clock and Slack's need not agree to the second.
CLOCK_SLACK = timedelta(minutes=2)
LOOPBACK = ("127.0.0.1", "localhost")
# What Slack says of a token that is not, or no longer, one.
REFUSED_TOKENS = frozenset({"invalid_auth", "not_authed", "token_expired", "token_revoked"})


class SlackClient:
    """Posts, edits and uploads for the worker. Every message passes the limits."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call a Web API method. Raises Unavailable, Refused or UnknownBlocks."""
        return self._ask(method, json=arguments)

    def post(self, channel: str, message: Message, *, thread_ts: str = "", key: str = "") -> dict[str, Any]:
        """Post a message; `key` marks it as ours, to be found again. Returns `channel` and `ts`."""
        more: dict[str, Any] = {"thread_ts": thread_ts} if thread_ts else {}
        if key:
            more["metadata"] = {"event_type": "mmm_notice", "event_payload": {"key": key}}
        answer = self._with_simpler("chat.postMessage", message, channel=channel, **more)
        return {"channel": answer["channel"], "ts": answer["ts"]}

    def edit(self, channel: str, ts: str, message: Message) -> None:
        """Replace a message's content."""
        self._with_simpler("chat.update", message, channel=channel, ts=ts)

    def whisper(self, channel: str, user: str, message: Message) -> None:
        """Show a message to one person."""
        self._with_simpler("chat.postEphemeral", message, channel=channel, user=user)

    def direct_channel(self, user: str) -> str:
        """The conversation with one person."""
        return str(self.call("conversations.open", users=user)["channel"]["id"])

    def update_view(self, view_id: str, view: dict[str, Any]) -> None:
        """Replace a view's content. Raises Refused if the person closed it."""
        self.call("views.update", view_id=view_id, view=fit_view(view))

    def find(self, channel: str, key: str, *, since: datetime, thread_ts: str = "") -> str | None:
        """The ts of the message that carries `key`, in a channel or in a thread, if it was posted already.

        A conversation we may not read counts as one without it: a second message is better than none.
        """
        asked: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": 200}
        asked["oldest"] = f"{(since - CLOCK_SLACK).timestamp():.6f}"
        try:
            if thread_ts:
                answer = self._form("conversations.replies", ts=thread_ts, **asked)
            else:
                answer = self._form("conversations.history", **asked)
        except Refused as error:
            log.info("cannot look for %s: %s", key, error.detail)
            return None
        for message in answer["messages"]:
            if message.get("metadata", {}).get("event_payload", {}).get("key") == key:
                return str(message["ts"])
        return None

    def upload(self, name: str, data: bytes, *, title: str, alt: str) -> str:
        """Upload a picture and wait until it can be shown; returns its file id."""
        asked = self._form("files.getUploadURLExternal", filename=name, length=len(data), alt_txt=alt[:1000])
        try:
            requests.post(asked["upload_url"], data=data, timeout=60).raise_for_status()
        except requests.RequestException as error:
            raise Unavailable("Slack did not take the picture.", detail=str(error)) from error
        file_id = str(asked["file_id"])
        self.call("files.completeUploadExternal", files=[{"id": file_id, "title": title}])
        self._wait_for_scan(file_id)
        return file_id

    def _wait_for_scan(self, file_id: str) -> None:
        """A picture can be shown once its type is known (slackapi/python-slack-sdk#1521)."""
        deadline, pause = time.monotonic() + SCAN_SECONDS, 0.2
        while not self._form("files.info", file=file_id)["file"].get("mimetype"):
            if time.monotonic() > deadline:
                raise Unavailable("Slack is still looking at the picture.", detail=file_id)
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    def _form(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call a method that takes forms only."""
        return self._ask(method, params=arguments)

    def _ask(self, method: str, **how: Any) -> dict[str, Any]:
        """Call a method; a token that Slack refuses is read anew, once: it may have been exchanged just now."""
        token = self._secrets.read(self._settings.slack_token_secret)
        try:
            answer = self._answer(token, method, how)
        except SlackApiError as error:
            if _said(error) not in REFUSED_TOKENS or (again := self._refreshed()) == token:
                raise meaning(error.response) from error
            try:
                answer = self._answer(again, method, how)
            except SlackApiError as still:
                raise meaning(still.response) from still
        return dict(answer) if isinstance(answer, dict) else {}

    def _refreshed(self) -> str:
        return self._secrets.refresh(self._settings.slack_token_secret)

    def _answer(self, token: str, method: str, how: dict[str, Any]) -> Any:
        # Nothing is sent again after a broken connection: it may have arrived. The notice comes again and looks first.
        patient = [RateLimitErrorRetryHandler(max_retry_count=2)]
        client = WebClient(token=token, base_url=self._settings.slack_url, timeout=20, retry_handlers=list(patient))
        try:
            return client.api_call(method, **how).data
        except SlackApiError:
            raise
        except (SlackClientError, URLError, OSError, HTTPException) as error:
            raise Unavailable("Slack does not answer.", detail=f"{method}: {error}") from error

    def _with_simpler(self, method: str, message: Message, **arguments: Any) -> dict[str, Any]:
        """Send a message; where a newer block is not known yet, its simpler drawing."""
        text, blocks = fit_message(message.text, message.blocks)
        try:
            return self.call(method, text=text, blocks=blocks, **arguments)
        except UnknownBlocks:
            if message.simpler is None:
                raise
            text, blocks = fit_message(message.text, message.simpler)
            return self.call(method, text=text, blocks=blocks, **arguments)


def _said(error: SlackApiError) -> str:
    """Slack's own word for a refusal."""
    found = getattr(error.response, "data", error.response)
    return str(found.get("error", "")) if isinstance(found, dict) else ""


class SlackFiles:
    """Fetches files that people dropped into Slack: from Slack's own hosts, and from nowhere else."""

    def __init__(self, settings: Settings, secrets: Secrets, client: SlackClient) -> None:
        self._settings = settings
        self._secrets = secrets
        self._client = client

    def fetch(self, file_id: str, into: Path, limit_bytes: int) -> str:
        """Write the file to `into` and return its name. Raises NotFound, BadData (too large), Unavailable."""
        try:
            file = self._client._form("files.info", file=file_id)["file"]
        except Refused as error:
            if not error.detail.startswith("file_"):
                raise
            raise NotFound(*GONE, field="file") from error
        name, url = str(file.get("name", "file")), str(file.get("url_private") or "")
        if not url:
            raise NotFound(*GONE, field="file")
        if int(file.get("size") or 0) > limit_bytes:
            raise BadData(
                f"{name} has {int(file['size']) / 1e6:.0f} MB; at most {limit_bytes / 1e6:.0f} MB are taken.",
                "Leave out columns or rows you do not need, or read it from the warehouse.",
                field="file",
            )
        at = urlsplit(url)
        secure = at.scheme == "https" or at.hostname in LOOPBACK
        if at.netloc not in self._settings.slack_files_hosts or not secure:
            raise Refused("That file does not lie in Slack.", "Drop it into Slack itself.", detail=url)
        self._download(url, into, limit_bytes)
        return name

    def _download(self, url: str, into: Path, limit_bytes: int) -> None:
        token = self._secrets.read(self._settings.slack_token_secret)
        try:
            # No redirects: the token must not follow one to another host.
            with requests.get(
                url, headers={"Authorization": f"Bearer {token}"}, stream=True, timeout=60, allow_redirects=False
            ) as answer:
                _check_handed_over(answer)
                read = 0
                with into.open("wb") as file:
                    for chunk in answer.iter_content(CHUNK):
                        read += len(chunk)
                        if read > limit_bytes:
                            raise BadData("That file is larger than Slack said.", "Drop it again.", field="file")
                        file.write(chunk)
        except requests.RequestException as error:
            raise Unavailable("Slack did not hand the file over.", detail=str(error)) from error


def _check_handed_over(answer: requests.Response) -> None:
    """Raise what a download without the file means: it is gone, it will never be given to us, or not now."""
    status = answer.status_code
    if status in (404, 410):
        raise NotFound(*GONE, field="file")
    if 300 <= status < 400 or status in (401, 403):
        # To whom it gives nothing, Slack shows the way to its sign-in page.
        raise Refused("Slack does not hand that file over to me.", "Drop it again.", detail=f"HTTP {status}")
    if status != 200:
        raise Unavailable("Slack did not hand the file over.", detail=f"HTTP {status}")
