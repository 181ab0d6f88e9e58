"""A message's pictures: brought into Slack once, and never in the way of the words they belong to."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.slack.uploading import upload
from engine.errors import LockedOut, MmmError, Refused, Unavailable
from engine.ports import Notice, Uploads

log = logging.getLogger(__name__)

# A scan takes about a second; the words do not wait longer than this.
SCAN_SECONDS = 6.0
SEND_SECONDS = 30.0
NOT_STORED = "it is no longer stored"
NOT_READY = "Slack has not finished looking at it"
NOT_TAKEN = "Slack does not show it"
ALT_TEXT = 1000


class Web(Protocol):
    """What is asked of Slack."""

    def form(self, method: str, **arguments: Any) -> dict[str, Any]: ...

    def call(self, method: str, **arguments: Any) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Pictures:
    """A message's pictures by chart name: Slack's ids of those it can show, and why the others are missing.

    `awaited` are those of the missing ones that may still come.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    awaited: frozenset[str] = frozenset()

    @property
    def told(self) -> dict[str, str]:
        """What a message says of the missing ones: nothing more than that they follow, or why they do not."""
        return {name: "" if name in self.awaited else why for name, why in self.missing.items()}

    def given_up(self) -> "Pictures":
        """The same, where nobody waits any longer."""
        return Pictures(self.ids, self.missing)

    def not_taken(self) -> "Pictures":
        """The same, where Slack did not take the pictures it was given: it may need a while."""
        return Pictures({}, {**self.missing, **dict.fromkeys(self.ids, NOT_TAKEN)}, self.awaited | set(self.ids))


class Gallery:
    """Uploads what was not uploaded before."""

    def __init__(self, slack: Web) -> None:
        self._slack = slack

    def bring(self, notice: Notice, uploads: Uploads) -> Pictures:
        """Bring a message's pictures into Slack, as far as that goes now. Never raises what is about a picture.

        What lies there already is not uploaded again. After the first failure that is not about one picture alone, no
        further one is tried: the words wait.
        """
        charts: list[dict[str, Any]] = notice.data["charts"]
        files = uploads.files
        missing: dict[str, str] = {}
        awaited: set[str] = set()
        outage: MmmError | None = None
        for chart in charts:
            name = chart["name"]
            if files.get(name, {}).get("done"):
                continue
            try:
                if outage is not None:
                    raise outage
                self._upload(chart, uploads)
            except MmmError as error:
                log.warning("picture %s of %s is not in Slack: %s (%s)", name, notice.key, error.what, error.detail)
                missing[name] = because(error)
                if may_come(error):
                    awaited.add(name)
                if isinstance(error, Unavailable):
                    outage = error
        looked = self._scanned({c["name"]: files[c["name"]]["id"] for c in charts if c["name"] not in missing})
        return Pictures(looked.ids, {**missing, **looked.missing}, looked.awaited | awaited)

    def _upload(self, chart: Mapping[str, Any], uploads: Uploads) -> None:
        """The upload in its three steps. What was half done is gone on with; what Slack forgot begins anew."""
        name, files = chart["name"], uploads.files
        if begun := files.get(name):
            try:
                self._complete(begun["id"], chart["title"])
                files[name] = {"id": begun["id"], "done": True}
                return
            except Refused as error:
                log.info("the upload of %s begins anew: %s", name, error.detail)
                del files[name]
        try:
            data = uploads.get(chart["path"])
        except MmmError as error:
            if isinstance(error, Unavailable):
                raise
            raise Refused(NOT_STORED, detail=f"not_stored: {error.what} {error.detail}") from error
        alt = chart["alt"][:ALT_TEXT]
        file_id = upload(self._slack, f"{name}.png", data, what="picture", seconds=SEND_SECONDS, alt_txt=alt)
        files[name] = {"id": file_id, "done": False}
        self._complete(file_id, chart["title"])
        files[name] = {"id": file_id, "done": True}

    def _complete(self, file_id: str, title: str) -> None:
        self._slack.call("files.completeUploadExternal", files=[{"id": file_id, "title": title}])

    def _scanned(self, ids: Mapping[str, str]) -> Pictures:
        """Which files can be shown, once their type is known (slackapi/python-slack-sdk#1521), and why others cannot.

        One that Slack refuses to tell of says nothing of the others: somebody may have deleted it.
        """
        deadline, pause = time.monotonic() + SCAN_SECONDS, 0.2
        ready: dict[str, str] = {}
        missing: dict[str, str] = {}
        while True:
            answered = self._look(ids, ready, missing)
            late = [name for name in ids if name not in ready and name not in missing]
            if not late or not answered or time.monotonic() > deadline:
                return Pictures(ready, missing | dict.fromkeys(late, NOT_READY), frozenset(late))
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    def _look(self, ids: Mapping[str, str], ready: dict[str, str], missing: dict[str, str]) -> bool:
        """Ask once about those files of which nothing is known yet. False where Slack does not answer now."""
        for name in [name for name in ids if name not in ready and name not in missing]:
            try:
                file = self._slack.form("files.info", file=ids[name]).get("file")
            except MmmError as error:
                log.info("whether %s is ready cannot be asked: %s (%s)", name, error.what, error.detail)
                if may_come(error):
                    return False
                missing[name] = because(error)
                continue
            if isinstance(file, dict) and file.get("mimetype"):
                ready[name] = ids[name]
        return True


def because(error: MmmError) -> str:
    """The end of a sentence that says why a picture is missing."""
    what = error.what.rstrip(".")
    return what if what.startswith(("I ", "Slack", "Cloud Storage")) else what[:1].lower() + what[1:]


def may_come(error: MmmError) -> bool:
    """Whether a picture may be there later: not where it is refused, or a right is missing."""
    return isinstance(error, Unavailable) and not (isinstance(error, LockedOut) and error.sure)


def chain(notice: Notice) -> str:
    """What a message and its delivery in person have in common."""
    return notice.key.removesuffix("-dm")
