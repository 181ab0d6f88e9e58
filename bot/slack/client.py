"""The Web API client of the worker: it speaks our errors, and waits for nothing itself."""

import logging
from collections.abc import Callable
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import requests
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.slack.blocks import Message
from bot.slack.errors import INSTALL, ODD, UnknownBlocks, code_of, meaning
from bot.slack.limits import fit_message, fit_view
from bot.slack.search import Search
from bot.slack.staying import StayingClient
from engine.cloud.secrets import Secrets
from engine.errors import BadData, BadSettings, LockedOut, NotFound, Refused, Unavailable
from engine.settings import Settings

log = logging.getLogger(__name__)

CHUNK = 1 << 16
GONE = ("That file is no longer in Slack, or I am not where it lies.", "Invite me with /invite @mmm, or drop it again.")
# What Slack says where there is no thread to answer in.
NO_THREAD = ("thread_not_found", "message_not_found", "invalid_thread_ts", "restricted_action_non_threadable_channel")
LOOPBACK = ("127.0.0.1", "localhost")


class SlackClient:
    """Posts, edits and uploads for the worker. Every message passes the limits."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call a Web API method. Raises Unavailable (Postponed, LockedOut), Refused or UnknownBlocks."""
        return self._ask(method, json=arguments)

    def post(self, channel: str, message: Message, *, thread_ts: str = "", key: str = "") -> dict[str, Any]:
        """Post a message; `key` marks it as ours, to be found again. Returns `channel` and `ts`.

        And `unthreaded` where its thread is gone: Slack then posts into the channel and says nothing but that the
        message is in no thread (slack-go/slack#1571). Where it does say so, we do the same.
        """
        more: dict[str, Any] = {"thread_ts": thread_ts} if thread_ts else {}
        if key:
            more["metadata"] = {"event_type": "mmm_notice", "event_payload": {"key": key}}
        try:
            answer = self._with_simpler("chat.postMessage", message, channel=channel, **more)
        except Refused as error:
            if not thread_ts or code_of(error) not in NO_THREAD:
                raise
            del more["thread_ts"]
            answer = self._with_simpler("chat.postMessage", message, channel=channel, **more)
        place: dict[str, Any] = {name: _text_of(answer.get(name), "chat.postMessage") for name in ("channel", "ts")}
        shown = answer.get("message")
        if thread_ts and isinstance(shown, dict) and not shown.get("thread_ts"):
            log.info("the thread %s is gone: the message stands in the channel", thread_ts)
            place["unthreaded"] = True
        return place

    def edit(self, channel: str, ts: str, message: Message) -> None:
        """Replace a message's content."""
        self._with_simpler("chat.update", message, channel=channel, ts=ts)

    def whisper(self, channel: str, user: str, message: Message) -> None:
        """Show a message to one person."""
        self._with_simpler("chat.postEphemeral", message, channel=channel, user=user)

    def direct_channel(self, user: str) -> str:
        """The conversation with one person."""
        opened = self.call("conversations.open", users=user).get("channel")
        return _text_of(opened.get("id") if isinstance(opened, dict) else None, "conversations.open")

    def update_view(self, view_id: str, view: dict[str, Any]) -> None:
        """Replace a view's content. Raises Refused if the person closed it."""
        self.call("views.update", view_id=view_id, view=fit_view(view))

    def find(self, channel: str, key: str, *, since: datetime, thread_ts: str = "") -> str | None:
        """The ts of the message that carries `key`, in a channel or in a thread, if it was posted since then."""
        found = Search(self, channel, key, since=since, thread_ts=thread_ts).go_on({})
        return str(found["ts"]) if found else None

    def form(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call a method that takes forms only."""
        return self._ask(method, params=arguments)

    def _ask(self, method: str, **how: Any) -> dict[str, Any]:
        """Call a method; where we are refused ourselves, the token is read anew, once: it may have been exchanged."""
        token = ""
        try:
            token = self._token(self._secrets.read)
            return self._answer(token, method, how)
        except LockedOut:
            if (again := self._token(self._secrets.refresh)) == token:
                raise
            return self._answer(again, method, how)

    def _token(self, read: Callable[[str], str]) -> str:
        try:
            token = read(self._settings.slack_token_secret)
        except BadSettings as error:
            # Disabled, or not there: whoever mends that mends it for every message.
            raise LockedOut("My token cannot be read.", error.todo, detail=f"no_token: {error.what}") from error
        if not token.isascii() or not token.isprintable():
            raise LockedOut("My token cannot be sent.", INSTALL, detail="no_token: it has odd characters")
        return token

    def _answer(self, token: str, method: str, how: dict[str, Any]) -> dict[str, Any]:
        # Nothing is sent again from here: what broke may have arrived, and waiting is for tasks, not for threads.
        client = StayingClient(token=token, base_url=self._settings.slack_url, timeout=20, retry_handlers=[])
        try:
            answer = client.api_call(method, **how).data
        except SlackApiError as error:
            raise meaning(error.response) from error
        except (SlackClientError, URLError, OSError, HTTPException, *ODD) as error:
            raise Unavailable("Slack does not answer.", detail=f"{method}: {error}") from error
        return dict(answer) if isinstance(answer, dict) else {}

    def _with_simpler(self, method: str, message: Message, **arguments: Any) -> dict[str, Any]:
        """Send a message; where a newer block is not known yet, its simpler drawing."""
        text, blocks = fit_message(message.text, message.blocks)
        try:
            return self.call(method, text=text, blocks=blocks, **arguments)
        except UnknownBlocks as error:
            if message.simpler is None or error.of_picture:
                raise
            text, blocks = fit_message(message.text, message.simpler)
            return self.call(method, text=text, blocks=blocks, **arguments)


def _text_of(said: Any, method: str) -> str:
    """What an answer must say. Where it says nothing, nobody knows what was done. Raises Unavailable."""
    if isinstance(said, str) and said:
        return said
    raise Unavailable("Slack does not answer.", detail=f"{method}: ok, and nothing else")


class SlackFiles:
    """Fetches files that people dropped into Slack: from Slack's own hosts, and from nowhere else."""

    def __init__(self, settings: Settings, secrets: Secrets, client: SlackClient) -> None:
        self._settings = settings
        self._secrets = secrets
        self._client = client

    def fetch(self, file_id: str, into: Path, limit_bytes: int) -> str:
        """Write the file to `into` and return its name. Raises NotFound, BadData (too large), Unavailable."""
        try:
            file = self._client.form("files.info", file=file_id)["file"]
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
