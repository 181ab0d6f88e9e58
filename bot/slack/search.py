"""Whether a message of ours is in Slack already: by the key it carries, page by page, since it was first tried.

Only who began a post and does not know how it ended looks at all (`bot.slack.once`). Slack lets apps that are
distributed outside its Marketplace read one page of fifteen messages a minute, for each of the two methods
(docs.slack.dev, changelog of 2025-05-29 on rate limits of non-Marketplace apps). So a page has fifteen for everybody,
and a search that is asked to wait keeps its place and goes on from there as a later task.
"""

import logging
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.slack.errors import code_of
from engine.errors import LockedOut, Postponed, Refused, Unavailable

log = logging.getLogger(__name__)

PAGE = 15
# Then somebody else gets the thread.
PAGES_AT_ONCE = 40
# Our clock and Slack's need not agree to the second.
CLOCK_SLACK = timedelta(minutes=2)
REPLIES, HISTORY = "conversations.replies", "conversations.history"

Progress = dict[str, str]


class Asks(Protocol):
    """What can be asked of Slack with a form."""

    def form(self, method: str, **arguments: Any) -> dict[str, Any]: ...


class Search:
    """One search: in the thread, if there is one, and in the channel, where Slack puts what has lost its thread."""

    def __init__(self, slack: Asks, channel: str, key: str, *, since: datetime, thread_ts: str = "") -> None:
        self._slack = slack
        self._key = key
        self._asked: dict[str, Any] = {
            "channel": channel,
            "include_all_metadata": True,
            "inclusive": True,
            "limit": PAGE,
            "oldest": f"{(since - CLOCK_SLACK).timestamp():.6f}",
        }
        self._thread_ts = thread_ts

    def go_on(self, progress: Progress) -> dict[str, Any] | None:
        """The message, or None if it is not there. Keeps in `progress` how far it came, also where it raises.

        A conversation that we may not read counts as one without it: a second message is better than none.
        Raises Postponed where Slack asks to wait, Unavailable.
        """
        methods = (REPLIES, HISTORY) if self._thread_ts else (HISTORY,)
        at = progress.get("in", methods[0])
        for method in methods[methods.index(at) if at in methods else 0 :]:
            if progress.get("in") != method:
                progress.clear()
                progress["in"] = method
            try:
                found = self._pages(method, progress)
            except Refused as error:
                log.info("cannot look for %s in %s: %s", self._key, method, error.detail)
                continue
            except LockedOut as error:
                if code_of(error) != "missing_scope":
                    raise
                log.info("cannot look for %s in %s: %s", self._key, method, error.detail)
                continue
            if found is not None:
                return found
        return None

    def _pages(self, method: str, progress: Progress) -> dict[str, Any] | None:
        for _ in range(PAGES_AT_ONCE):
            cursor = {"cursor": progress["cursor"]} if progress.get("cursor") else {}
            try:
                answer = self._ask(method, **cursor)
            except Refused as error:
                if not cursor or code_of(error) != "invalid_cursor":
                    raise
                # It was good for a while only: from the start, then.
                del progress["cursor"]
                continue
            messages, metadata = answer.get("messages"), answer.get("response_metadata")
            if not isinstance(messages, list):
                # Not an answer of Slack's: it says nothing of what is there.
                raise Unavailable("Slack does not answer.", detail=f"{method}: no messages")
            for message in messages:
                if _key_of(message) == self._key:
                    return dict(message)
            following = str(metadata.get("next_cursor") or "") if isinstance(metadata, dict) else ""
            if not following or following == progress.get("cursor"):
                return None
            progress["cursor"] = following
        raise Postponed("There is more to look through.", seconds=1.0, detail=f"{method}: more pages")

    def _ask(self, method: str, **cursor: str) -> dict[str, Any]:
        if method == REPLIES:
            return self._slack.form("conversations.replies", ts=self._thread_ts, **self._asked, **cursor)
        return self._slack.form("conversations.history", **self._asked, **cursor)


def _key_of(message: Any) -> str:
    """The key that a message carries; empty for others' messages, whose metadata may be anything."""
    metadata = message.get("metadata") if isinstance(message, dict) else None
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    return str(payload.get("key") or "") if isinstance(payload, dict) else ""
