"""A round: one source for several countries at once. Each becomes a draft, and then a dataset, of its own.

What is known of a country is never written over: that it was asked for, begun, told, each by an object whose line says
the rest. So one listing tells how a round stands, whoever died in the midst of it, and the newest try of each counts.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from engine import paths
from engine.cloud.storage import Entry, Storage
from engine.data.dataset import Country, Dataset, Draft
from engine.data.mapping import Mapping
from engine.errors import AlreadyExists, BrokenState, NotFound
from engine.listing import ASK
from engine.sight import Eyes, sees

# So many countries are asked for at once.
MOST: Final = 60
# So many of those that have rows are chosen before anybody chooses.
FIRST_CHOSEN: Final = 10
# As much of a reason as a line in a message has room for.
REASON: Final = 400
BEGUN, TOLD, ASKED = "begun", "told", "asked"


class State(StrEnum):
    WAITING = "waiting"
    READING = "reading"
    READY = "ready"
    SAME = "same"
    FAILED = "failed"


OVER: Final = frozenset({State.READY, State.SAME, State.FAILED})


class Round(BaseModel):
    """What a round is. It is called as the draft that began it, which `lead` is, with the roles that were chosen."""

    model_config = ConfigDict(frozen=True)

    id: str
    lead: Draft
    mapping: Mapping | None = None
    created_at: datetime

    @property
    def title(self) -> str:
        return self.lead.title

    @property
    def who(self) -> str:
        return self.lead.who

    @property
    def channel(self) -> str:
        return self.lead.channel


class CountryTold(BaseModel):
    """How a country's newest try stands."""

    model_config = ConfigDict(frozen=True)

    country: Country
    state: State = State.WAITING
    draft: str = ""
    dataset: str = ""
    rows: int = 0
    first_date: date | None = None
    last_date: date | None = None
    interval: Literal["", "day", "week", "month"] = ""
    said: str = ""
    """What came of a new snapshot, or why there is none."""


@dataclass(frozen=True)
class Stands:
    """How a round stands: each of its countries, in the order in which they were asked for."""

    countries: tuple[CountryTold, ...]

    @property
    def over(self) -> bool:
        return all(one.state in OVER for one in self.countries)

    def of(self, *states: State) -> tuple[CountryTold, ...]:
        return tuple(one for one in self.countries if one.state in states)

    @property
    def tries(self) -> tuple[str, ...]:
        """Names how it stands: the tries that were told."""
        return tuple(f"{one.country}-{one.draft}" for one in self.countries if one.state in OVER)


def stands(entries: Iterable[Entry], round_id: str) -> Stands:
    """Read how a round stands from the listing of its tries."""
    folder = paths.round_tries(round_id)
    found: dict[str, CountryTold] = {}
    for entry in sorted(entries, key=lambda one: _order(one.path.removeprefix(folder))):
        draft, *rest = entry.path.removeprefix(folder).split(".")
        line = entry.line or {}
        if rest == [ASKED]:
            for country in line.get("countries", ()):
                found[country] = _valid(country=country, draft=draft)
        elif len(rest) == 2 and rest[1] == BEGUN:
            found[rest[0]] = _valid(country=rest[0], state=State.READING, draft=draft)
        elif len(rest) == 2 and rest[1] == TOLD:
            found[rest[0]] = _valid(**{**line, "country": rest[0], "draft": draft})
    return Stands(tuple(found.values()))


def _order(name: str) -> tuple[str, str]:
    """By when the try was wished for, which its name begins with; then what is known later."""
    draft, _, rest = name.partition(".")
    at = draft[:16]
    stage = rest.rpartition(".")[2]
    return at, f"{(ASKED, BEGUN, TOLD).index(stage) if stage in (ASKED, BEGUN, TOLD) else 9}{draft}"


def _valid(**told: Any) -> CountryTold:
    try:
        return CountryTold.model_validate(told)
    except ValidationError:
        return CountryTold(country=str(told["country"])[:2], state=State.FAILED, said="What became of it is not known.")


def round_name(draft: Draft) -> str:
    """The round that a draft with several countries is of: the one that it tries again for, else its own."""
    return draft.round or draft.id


def begin_round(storage: Storage, lead: Draft, mapping: Mapping | None, at: datetime) -> Round:
    """Write a round down, or find it, with the countries that `lead` asks for; it is open until its end is told."""
    name = round_name(lead)
    begun = Round(id=name, lead=lead, mapping=mapping, created_at=at)
    with suppress(AlreadyExists):
        storage.create(paths.round_begun(name), begun)
    with suppress(AlreadyExists):
        storage.create(paths.round_asked(name, lead.id), {}, line={"countries": list(lead.countries)}, passing=True)
    reopen(storage, name, at)
    return read_round(storage, name)


def reopen(storage: Storage, round_id: str, at: datetime) -> None:
    """Have a round looked after until its end is told."""
    with suppress(AlreadyExists):
        storage.create(paths.round_open(round_id), {"since": at.isoformat()})


def read_round(storage: Storage, round_id: str, eyes: Eyes | None = None) -> Round:
    """Return a round. Raises NotFound, also where `eyes` do not see it; BrokenState."""
    document = storage.read(paths.round_begun(round_id)) if paths.is_round(round_id) else None
    found = None
    if document is not None:
        try:
            found = Round.model_validate(document.body)
        except ValidationError as error:
            raise BrokenState("A stored object cannot be read.", ASK, detail=f"{document.path}: {error}") from error
    if found is None or not sees(eyes, found):
        raise NotFound("That round of countries is no longer known.", "Refresh the dataset instead.")
    return found


def stands_of(storage: Storage, round_id: str) -> Stands:
    """Return how a round stands. One request."""
    return stands(storage.list(paths.round_tries(round_id)), round_id)


def note_begun(storage: Storage, draft: Draft) -> None:
    """Note that a country's rows are being read."""
    if draft.round and not draft.countries:
        _note(storage, draft, draft.country, BEGUN, {})


def note_told(storage: Storage, draft: Draft, told: dict[str, Any]) -> None:
    """Note how a draft of a round was answered; of one for several countries, how each of these was."""
    for country in draft.countries or ((draft.country,) if draft.country else ()):
        _note(storage, draft, country, TOLD, told)


def _note(storage: Storage, draft: Draft, country: str, stage: str, line: dict[str, Any]) -> None:
    path = paths.round_try(round_name(draft), draft.id, country, stage)
    with suppress(AlreadyExists):
        storage.create(path, line, line=line, passing=True)


def ready_line(dataset: Dataset, said: str = "") -> dict[str, Any]:
    """What a round tells of a dataset that was made."""
    kept = dataset.model_dump(mode="json", include={"rows", "first_date", "last_date", "interval"})
    return {**kept, "state": State.READY, "dataset": dataset.id, "said": said[:REASON]}


def failed_line(why: str) -> dict[str, Any]:
    """What a round tells of a country that has no dataset."""
    return {"state": State.FAILED, "said": why[:REASON]}


def failed_countries(found: Stands) -> Sequence[str]:
    """The countries to try again."""
    return [one.country for one in found.of(State.FAILED)]
