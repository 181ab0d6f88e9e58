"""Every command, button, form and search of the app, by name; the parser of `/mmm …`; the help made of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from difflib import get_close_matches

from bot.act import Act, Reply, Whisper
from bot.slack.blocks import Message, actions, bullets, button, context, escape, header, section

Handler = Callable[[Act], Awaitable[Reply]]

NAME = "/mmm"


@dataclass(frozen=True)
class Command:
    """One `/mmm WORDS …`. What follows the words reaches `run` as the act's text."""

    words: tuple[str, ...]
    run: Handler
    help: str
    usage: str = ""

    @property
    def typed(self) -> str:
        return " ".join((NAME, *self.words, *([self.usage] if self.usage else [])))


@dataclass(frozen=True)
class Wing:
    """What one wing of the house answers to."""

    commands: tuple[Command, ...] = ()
    buttons: tuple[tuple[str, Handler], ...] = ()
    forms: tuple[tuple[str, Handler], ...] = ()
    searches: tuple[tuple[str, Handler], ...] = ()


class Registry:
    """All wings together."""

    def __init__(self, *wings: Wing) -> None:
        own = (
            Command(("help",), self.help, "Show everything you can type."),
            *(command for wing in wings for command in wing.commands),
        )
        self.commands = {command.words: command for command in own}
        self.buttons = {"start_help": self.help, **{n: handler for wing in wings for n, handler in wing.buttons}}
        self.forms = {name: handler for wing in wings for name, handler in wing.forms}
        self.searches = {name: handler for wing in wings for name, handler in wing.searches}

    def parse(self, text: str) -> tuple[Command | None, str]:
        """Find the command that `text` begins with, and what follows it. None: there is no such command."""
        words = text.split()
        for length in (2, 1):
            command = self.commands.get(tuple(word.lower() for word in words[:length]))
            if command is not None and len(words) >= length:
                return command, text.split(maxsplit=length)[length] if len(words) > length else ""
        return None, text

    def search(self, field: str) -> Handler:
        """What finds the options of a form's field; `exposure:TV_COST` is found by what stands before the colon."""
        return self.searches.get(field) or self.searches[field.partition(":")[0]]

    async def command(self, act: Act) -> Reply:
        """Answer `/mmm …`."""
        if not act.text.strip():
            return Whisper(start())
        command, rest = self.parse(act.text)
        if command is None:
            return Whisper(self.unknown(act.text))
        return await command.run(Act(**{**act.__dict__, "text": rest}))

    async def help(self, act: Act) -> Reply:
        """Everything one can type, from the commands themselves."""
        lines = [f"`{command.typed}` {command.help}" for command in self.commands.values()]
        blocks = [section("*What you can type*"), section(bullets(lines)), context("A run lives in its own thread.")]
        return Whisper(Message("What you can type: " + ", ".join(c.typed for c in self.commands.values()), blocks))

    def unknown(self, text: str) -> Message:
        """Say that there is no such command, and which one may have been meant."""
        known = {" ".join(words): command for words, command in self.commands.items()}
        words = text.lower().split()
        tries = [" ".join(words[:2]), *words[:1]]
        first = {words[0] for words in self.commands}
        near = next((found for one in tries if (found := get_close_matches(one, known, n=2, cutoff=0.6))), [])
        if not near and words[0] in first:
            near = [name for name in known if name.split()[0] == words[0]]
        meant = " or ".join(f"`{NAME} {name}`" for name in near)
        todo = f"Did you mean {meant}?" if meant else f"`{NAME} help` shows what there is."
        said = f"I do not know “{text.strip()}”. {todo}"
        return Message(said, [section(escape(said)), actions(button("Show help", "start_help"))])


def start() -> Message:
    """What one can do next: the answer to `/mmm` alone."""
    text = "What would you like to do? Make a dataset, start an experiment, or look at your runs."
    buttons = actions(
        button("New dataset", "start_dataset", style="primary"),
        button("New experiment", "start_experiment"),
        button("My runs", "start_status"),
        button("Help", "start_help"),
    )
    steps = "1. *A dataset*: drop a CSV or name a table.  2. *An experiment*: how thorough, which window.  "
    steps += "3. The verdict and the charts arrive in the thread."
    return Message(text, [header("Marketing Mix Models"), section(steps), buttons])
