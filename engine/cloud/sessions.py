"""The connections of Google's clients: they stay with whom they were told to ask.

None of the services that we call answers with a redirect. Whoever does is not the service, or a proxy in between, and a
request that carries our token must not follow: it becomes an error, before anything is sent elsewhere.
"""

from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter

# Requests that one session has at once; what is beyond opens a connection of its own and throws it away.
CONNECTIONS = 48


def have_room(session: requests.Session) -> None:
    """Let as many requests as an instance has at once keep their connections (googleapis/python-storage#253)."""
    session.mount("https://", HTTPAdapter(pool_maxsize=CONNECTIONS))


def read_refusals(session: requests.Session) -> None:
    """Have what a refusal says read at once, so that its connection is free for the next request.

    The library asks for bytes as a stream, and asks again after a passing failure without having read what that said.
    """

    def read(response: requests.Response, *_: Any, **__: Any) -> None:
        if response.status_code >= 400:
            with suppress(requests.RequestException):
                response.content  # noqa: B018

    session.hooks["response"].append(read)


def stay(*clients: Any) -> None:
    """Let none of these REST clients of Google's follow a redirect."""
    for client in clients:
        stay_within(client.transport._session)


def stay_within(session: requests.Session) -> None:
    """Let a session follow no redirect: requests raises TooManyRedirects for the first.

    Also the session that a session of Google's has for its tokens.
    """
    session.max_redirects = 0
    inner = getattr(session, "_auth_request_session", None)
    if inner is not None:
        inner.max_redirects = 0
