"""What an earlier release kept of messages on their way, in today's words.

It kept the message itself at `outbox/{key}.json`, that it was sent beside it, how each of its posts stood in
`outbox-tries/`, and its pictures in `outbox-pictures/`; of a card, only where it stands. Read once, when such a message
is taken up; written back in today's form by whoever takes it over, which no earlier release reads as a message.
"""

from typing import Any

from engine import paths
from engine.cloud.storage import Document, Storage
from engine.errors import Unavailable

TRIES = "outbox-tries/"


def in_todays_words(storage: Storage, record: Document) -> Document:
    """Return the record of a delivery as `Once` has it, whoever wrote it; the same version."""
    body = record.body
    if "state" in body:
        return record
    if "kind" not in body:
        # A card's place.
        return Document(record.path, {**body, "state": "done"}, record.generation)
    return Document(record.path, _message(storage, body), record.generation)


def _message(storage: Storage, notice: dict[str, Any]) -> dict[str, Any]:
    key = str(notice["key"])
    if (sent := storage.read(paths.notice_sent(key))) is not None:
        return {"state": "done", "first": notice["created_at"], "at": notice["created_at"], "told": {key: sent.body}}
    posts: dict[str, Any] = {}
    first, at, state = str(notice["created_at"]), str(notice["created_at"]), "idle"
    for path in tries_of(storage, key):
        kept = storage.read(path)
        if kept is None:
            continue
        one = kept.body
        if one["state"] == "done":
            posts[path.removeprefix(TRIES).removesuffix(".json")] = {"place": one["place"]}
            continue
        posts[path.removeprefix(TRIES).removesuffix(".json")] = {
            "doubt": one["state"] != "idle",
            "looked": one.get("looked", {}),
        }
        first = min(first, str(one["first"]))
        if one["state"] == "trying":
            # Somebody may be at it: their time runs out first, and then nobody knows.
            state, at = "trying", max(at, str(one["at"]))
    pictures = storage.read(paths.notice_pictures(key))
    files = {"files": {key: pictures.body["files"]}} if pictures else {}
    return {"state": state, "first": first, "at": at, "posts": posts, "notice": notice, **files}


def tries_of(storage: Storage, key: str) -> list[str]:
    """The names of what an earlier release noted of the posts of a message: the message itself, and parts of it."""
    names = (entry.path for entry in storage.list(f"{TRIES}{key}"))
    return [name for name in names if name == paths.notice_try(key) or name.startswith(f"{TRIES}{key}-")]


def pictures_in_todays_words(storage: Storage, waiting: Document) -> Document:
    """Return what is kept of pictures that follow, whoever wrote it: the message, its place, its uploads.

    Raises Unavailable where the message is still on its way.
    """
    if "notice" in waiting.body:
        return waiting
    key = str(waiting.body["key"])
    notice, sent = storage.read(paths.notice(key)), storage.read(paths.notice_sent(key))
    if notice is None or sent is None:
        raise Unavailable(f"Message {key} is still on its way.")
    known = storage.read(paths.notice_pictures(key))
    body = {"notice": notice.body, "place": sent.body, "files": known.body["files"] if known else {}}
    return Document(waiting.path, body, waiting.generation)
