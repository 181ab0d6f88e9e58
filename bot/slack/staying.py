"""Slack's client for the worker, which follows no redirect.

The SDK's own goes where an answer points to, and takes the token along (urllib keeps all headers). Slack's Web API
never redirects: whoever does is not Slack.
"""

import urllib.request
from typing import Any

from slack_sdk import WebClient


class _Nowhere(urllib.request.HTTPRedirectHandler):
    """Makes an error of every redirect."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class StayingClient(WebClient):
    """The SDK's client; a redirect is an answer that is no JSON, and so no answer of Slack's."""

    def _perform_urllib_http_request_internal(self, url: str, req: urllib.request.Request) -> dict[str, Any]:
        handlers: list[urllib.request.BaseHandler] = [_Nowhere()]
        if self.proxy is not None:
            handlers.append(urllib.request.ProxyHandler({"http": self.proxy, "https": self.proxy}))
        if self.ssl is not None:
            handlers.append(urllib.request.HTTPSHandler(context=self.ssl))
        with urllib.request.build_opener(*handlers).open(req, timeout=self.timeout) as answer:
            body = answer.read().decode(answer.headers.get_content_charset() or "utf-8")
            return {"status": answer.code, "headers": answer.headers, "body": body}
