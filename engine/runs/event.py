"""What happened to a run, one line each: kept in its state, so that a write of the state tells it, too."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

# So many are kept: the first, and the newest. A run that waits for room the whole day would else grow without end.
KEPT = 60
# Of a text, so much.
TEXT = 500


class Event(BaseModel):
    """One thing that happened to a run. `seq` is of the state it happened in: once in each."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    what: str
    state: str
    attempt: int
    seq: int
    more: dict[str, str] = Field(default_factory=dict, description="What else is known: why, by whom, where.")


def with_event(events: tuple[Event, ...], event: Event) -> tuple[Event, ...]:
    """Return `events` with one more at the end, unless it is among them."""
    if any((one.seq, one.what) == (event.seq, event.what) for one in events):
        return events
    more = (*events, event)
    return more if len(more) <= KEPT else (more[0], *more[len(more) - KEPT + 1 :])


def shortened(more: Mapping[str, str]) -> dict[str, str]:
    """What is known beside an event, without what is empty, and no longer than a line of a log."""
    return {name: text[:TEXT] for name, text in more.items() if text}
