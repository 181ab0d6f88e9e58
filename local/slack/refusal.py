"""How this Slack says no: the `error` of a Web API answer, with the details Slack adds to it."""

from math import ceil
from typing import Any


class Refusal(Exception):
    """A call Slack would refuse. `messages` become response_metadata.messages; `extra` joins the answer."""

    def __init__(self, error: str, messages: list[str] | None = None, **extra: Any) -> None:
        super().__init__(error if not messages else f"{error}: {'; '.join(messages)}")
        self.error = error
        self.messages = messages or []
        self.extra = extra

    def answer(self) -> dict[str, Any]:
        """Return the JSON body of the refusing answer."""
        body: dict[str, Any] = {"ok": False, "error": self.error, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
            if self.error == "invalid_blocks":
                body["errors"] = list(self.messages)
        return body


class Limited(Refusal):
    """A call that came too soon: HTTP 429, with the seconds to wait in `Retry-After`."""

    def __init__(self, seconds: float) -> None:
        super().__init__("ratelimited")
        self.headers = {"Retry-After": str(max(1, ceil(seconds)))}
