"""Answer: what somebody asked about the data is looked up and told, once, with its pictures and files.

The answer is one object, there whole or not at all: whoever repeats the step finds it, and tells it again to nobody.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine import paths
from engine.asks import FAILED, Ask, datasets_of, read_ask
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.packed import ZIP, packed, part
from engine.errors import AlreadyExists, BadInput, BrokenState, Denied, MmmError, Refused
from engine.pipeline.outbox import tell
from engine.pipeline.read_columns import in_words
from engine.pipeline.run_told import ANSWER, ANSWERED
from engine.ports import Files

# Nobody waits longer for a look; who still wants it asks again.
LATE = timedelta(minutes=30)
# Why somebody is not answered who may not ask that any more; None where they may.
Refusal = Callable[[Ask], MmmError | None]


@dataclass(frozen=True)
class Picture:
    """A chart of an answer: `alt` says the finding."""

    name: str
    title: str
    alt: str
    png: bytes


@dataclass(frozen=True)
class Given:
    """A file that is given out with an answer."""

    name: str
    title: str
    data: bytes | Path


@dataclass(frozen=True)
class Answer:
    """What is told: plain JSON that the message is drawn from, its pictures, and files to take away."""

    data: Mapping[str, Any]
    pictures: Sequence[Picture] = ()
    files: Sequence[Given] = ()


@dataclass(frozen=True)
class Work:
    """What an answer is made with. `folder` is thrown away afterwards."""

    cloud: Cloud
    clock: Clock
    files: Files
    ask: Ask
    folder: Path
    about: Mapping[str, Any] = field(default_factory=dict)


Answering = Callable[[Work], Answer]


def answer(
    cloud: Cloud,
    clock: Clock,
    files: Files,
    ask_id: str,
    answers: Mapping[str, Answering],
    refusal: Refusal = lambda ask: None,
) -> None:
    """Answer an ask. Safe to call any number of times. What keeps it from being answered is told to whoever asked."""
    ask = read_ask(cloud.storage, ask_id)
    if not cloud.storage.exists(paths.answer_pack(ask.id)):
        try:
            if (why := refusal(ask)) is not None:
                raise why
            if clock.now() - ask.asked_at > LATE:
                raise Refused("That took too long, so it was not looked at.", "Ask again.")
            _make(cloud, clock, files, ask, answers[ask.kind])
        except (BadInput, Refused, BrokenState, Denied) as error:
            return not_answered(cloud, clock, ask, error)
    _tell(cloud, clock, ask, ask.kind, {ANSWERED: paths.answer_pack(ask.id)})


def not_answered(cloud: Cloud, clock: Clock, ask: Ask, error: MmmError, *, reference: str = "") -> None:
    """Tell whoever asked, and nobody else, why there is no answer."""
    told = {**in_words(error), "reference": reference}
    _tell(cloud, clock, ask.model_copy(update={"privately": True}), FAILED, {"error": told}, end="-failed")


def _make(cloud: Cloud, clock: Clock, files: Files, ask: Ask, answering: Answering) -> None:
    with TemporaryDirectory() as folder:
        made = answering(Work(cloud, clock, files, ask, Path(folder), ask.about))
        pack, path = _packed(made, paths.answer_pack(ask.id))
        with suppress(AlreadyExists):  # another delivery was first: what it found counts
            cloud.storage.put_bytes(path, pack, ZIP, line={"datasets": datasets_of(ask.about)}, passing=True)


def _packed(made: Answer, path: str) -> tuple[bytes, str]:
    inside = {f"charts/{one.name}.png": one.png for one in made.pictures}
    given = {f"files/{number}": one.data for number, one in enumerate(made.files)}
    told = {
        **made.data,
        "charts": [
            {"name": one.name, "title": one.title, "alt": one.alt, "path": part(path, f"charts/{one.name}.png")}
            for one in made.pictures
        ],
        "files": [
            {"name": one.name, "title": one.title, "path": part(path, f"files/{number}")}
            for number, one in enumerate(made.files)
        ],
    }
    words = json.dumps(told, allow_nan=False).encode()
    return packed([(ANSWER, words), *inside.items(), *given.items()]), path


def _tell(cloud: Cloud, clock: Clock, ask: Ask, kind: str, data: dict[str, Any], *, end: str = "") -> None:
    told = {"ask": ask.model_dump(mode="json"), **data}
    place = {"channel": ask.channel, "user": ask.who, "below": ask.thread}
    tell(cloud, clock, key=f"{ask.key}{end}", kind=kind, data=told, **place)
