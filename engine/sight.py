"""Who sees a stored thing, as far as records need to know: whoever asks brings eyes along, which leave out the rest.

Where somebody's eyes do not reach, nothing is there: what is said is the same as of a thing that does not exist.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Posted(Protocol):
    """What somebody asked for, and the conversation that hears of it: a run, a dataset, an experiment, a draft."""

    @property
    def who(self) -> str: ...

    @property
    def channel(self) -> str: ...


P = TypeVar("P", bound=Posted)


class Eyes(Protocol):
    """What one person sees."""

    def seen(self, things: Sequence[P]) -> list[P]:
        """Return those of `things` that the person sees, in order. Never raises."""
        ...


def sees(eyes: Eyes | None, thing: Posted) -> bool:
    """Whether `thing` is seen; without eyes, by a program, everything is."""
    return eyes is None or bool(eyes.seen([thing]))
