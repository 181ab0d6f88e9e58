"""What somebody asked that takes a look at the data: written down by whoever heard it, answered by the worker.

A click that is delivered twice is one ask. `about` holds ids and short choices only: everything else is read from what
is stored.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import paths
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, BrokenState

# The kind of the message that says why there is no answer.
FAILED = "answer_failed"


class Ask(BaseModel):
    """One wish to see something. `needs` is the role it takes, by name: a role may change until it is answered."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: str = Field(description="What is asked; picks who answers, and how the answer is drawn.")
    who: str
    needs: str
    channel: str = Field("", description="Where the answer goes; empty: to the person alone.")
    thread: str = Field("", description="The message in whose thread it goes.")
    view: str = Field("", description="The modal that becomes the answer.")
    privately: bool = Field(False, description="Only the person may see it, wherever it is shown.")
    about: dict[str, Any] = Field(default_factory=dict)
    asked_at: datetime

    @property
    def key(self) -> str:
        """What the message with the answer is known by."""
        return f"answer-{self.id}"


def ask_id(key: str, kind: str, about: Mapping[str, Any]) -> str:
    """Return the name of an ask: the same for the same click, however often it is delivered."""
    return sha256(f"{key}|{kind}|{sorted(about.items())}".encode()).hexdigest()[:24]


def datasets_of(about: Mapping[str, Any]) -> list[str]:
    """Return the ids of the datasets that an ask is about: what is found about them goes when they do."""
    said = [one for value in about.values() for one in (value if isinstance(value, list | tuple) else (value,))]
    return [one for one in said if isinstance(one, str) and paths.dataset_of(paths.dataset_manifest(*_parts(one)))]


def _parts(dataset_id: str) -> tuple[str, str]:
    country, _, ts = dataset_id.partition("/")
    return country, ts


def about_datasets(line: Mapping[str, Any] | None) -> Collection[str]:
    """Return the datasets that an answer is about, by its line."""
    said = (line or {}).get("datasets")
    return [str(one) for one in said] if isinstance(said, list) else ()


def keep_ask(storage: Storage, ask: Ask) -> None:
    """Write an ask down, once."""
    with suppress(AlreadyExists):
        storage.create(paths.ask(ask.id), ask, passing=True)


def read_ask(storage: Storage, ask_id: str) -> Ask:
    """Return an ask. Raises NotFound where there is none, or BrokenState."""
    document = storage.require(paths.ask(ask_id), "That question is not known")
    try:
        return Ask.model_validate(document.body)
    except ValidationError as error:
        raise BrokenState("A stored question cannot be read.", detail=f"{document.path}: {error}") from error
