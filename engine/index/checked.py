"""What a check of the indexes remembers until the next. A hint and no fact: where it is lost or wrong, more is read."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import paths
from engine.cloud.storage import Storage
from engine.errors import BrokenState
from engine.index.compare import Sum


class Walk(BaseModel):
    """How far a round has gone through one folder. `after`: the last name that was seen."""

    model_config = ConfigDict(frozen=True)

    after: str = ""
    done: bool = False


class Round(BaseModel):
    """One way through all facts of a kind and all its views, portion by portion, as they were at `since`.

    `asked` and `seen`: what the facts ask for and what there is, by folder of views.
    """

    model_config = ConfigDict(frozen=True)

    since: datetime
    facts: Walk = Walk()
    views: dict[str, Walk] = Field(default_factory=dict)
    asked: dict[str, Sum] = Field(default_factory=dict)
    seen: dict[str, Sum] = Field(default_factory=dict)


class OfKind(BaseModel):
    """What is remembered of one kind. `newest`: the marks of the first views of each folder, by name.

    `kept`: views that were looked at, belong to nothing and stay.
    """

    model_config = ConfigDict(frozen=True)

    newest: dict[str, dict[str, str]] = Field(default_factory=dict)
    kept: list[str] = Field(default_factory=list)
    round: Round | None = None


class Checked(BaseModel):
    """What `index/checked.json` holds. `repair`: when the repair of everything was asked for, until it is done.

    turn: how many checks there were in which a round went on; of the kinds, one goes on by a page of views in each.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: int = 1
    kinds: dict[str, OfKind] = Field(default_factory=dict)
    turn: int = 0
    repair: datetime | None = None


def read_checked(storage: Storage) -> Checked:
    """Return what is remembered; nothing where there is nothing that can be read."""
    try:
        document = storage.read(paths.CHECKED)
        return Checked.model_validate(document.body) if document else Checked()
    except (BrokenState, ValidationError):
        return Checked()


def write_checked(storage: Storage, checked: Checked) -> None:
    """Remember. Of two checks at once, the last one's counts."""
    storage.overwrite_view(paths.CHECKED, checked.model_dump_json().encode(), "application/json")
