"""What a wing of the house answers to: commands, buttons, forms, searches, shortcuts and events, each with its role."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.access import Role
from bot.act import Act, Reply

Handler = Callable[[Act], Awaitable[Reply]]

NAME = "/mmm"


@dataclass(frozen=True)
class Command:
    """One `/mmm WORDS …`. What follows the words reaches `run` as the act's text. `needs` is the role it takes.

    `wing`: under which heading the help has it; whoever joins a wing says so.
    """

    words: tuple[str, ...]
    run: Handler
    help: str
    usage: str = ""
    needs: Role = field(kw_only=True)
    wing: str = field(default="", kw_only=True)

    @property
    def name(self) -> str:
        return " ".join((NAME, *self.words))

    @property
    def typed(self) -> str:
        return " ".join((self.name, *([self.usage] if self.usage else [])))


# A name, what it does, and the role it needs.
Named = tuple[str, Handler, Role]


@dataclass(frozen=True)
class Wing:
    """What one wing of the house answers to."""

    commands: tuple[Command, ...] = ()
    buttons: tuple[Named, ...] = ()
    forms: tuple[Named, ...] = ()
    searches: tuple[Named, ...] = ()
    shortcuts: tuple[Named, ...] = ()
    events: tuple[Named, ...] = ()
    start: Handler | None = None
    """What answers `/mmm` alone."""
    title: str = ""
    """Under which heading the help has its commands."""
