"""A file's bytes into Slack: the first two of the upload's three steps. The third says where it is shown."""

from typing import Any, Protocol

import requests

from engine.errors import Unavailable


class Asks(Protocol):
    """What is asked of Slack."""

    def form(self, method: str, **arguments: Any) -> dict[str, Any]: ...


def upload(slack: Asks, filename: str, data: bytes, *, what: str, seconds: float, **more: str) -> str:
    """Bring a file's bytes to Slack; returns the file's id, which nobody sees until it is completed.

    what: what it is called where that goes wrong. seconds: how long the bytes may take. more: further arguments of
    files.getUploadURLExternal. Raises Unavailable, and what `form` raises.
    """
    asked = slack.form("files.getUploadURLExternal", filename=filename, length=len(data), **more)
    file_id, url = str(asked.get("file_id") or ""), str(asked.get("upload_url") or "")
    if not file_id or not url:
        raise Unavailable(f"Slack does not say where the {what} goes.")
    # To the address that Slack named, and no other.
    try:
        answer = requests.post(url, data=data, timeout=seconds, allow_redirects=False)
    except (requests.RequestException, ValueError) as error:
        raise Unavailable(f"Slack did not take the {what}.", detail=str(error)) from error
    if answer.status_code != 200:
        raise Unavailable(f"Slack did not take the {what}.", detail=f"HTTP {answer.status_code}")
    return file_id
