"""Every command, button, form, search, shortcut and event of the app, by name, and the role that each needs;
the parser of `/mmm …`; the help made of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from bot.access import Role, Standing, allow, may
from bot.act import Act, Reply, Whisper
from bot.help import everything, of_word
from bot.slack.blocks import Message, actions, button, escape, section
from bot.wing import NAME, Command, Handler, Named, Wing
from engine.names import quoted


@dataclass(frozen=True)
class Entry:
    """A handler behind its permission: there is no other way to it than past the check."""

    handler: Handler
    needs: Role

    async def __call__(self, act: Act) -> Reply:
        """Do it, if this person may. Raises NotAllowed, or Unavailable where nobody can tell."""
        allow(act.settings, act.standing, self.needs)
        return await self.handler(act)


class Registry:
    """All wings together."""

    def __init__(self, *wings: Wing) -> None:
        self.start: Handler = self.help
        self.commands: dict[tuple[str, ...], Command] = {}
        self.buttons: dict[str, Entry] = {}
        self.forms: dict[str, Entry] = {}
        self.searches: dict[str, Entry] = {}
        self.shortcuts: dict[str, Entry] = {}
        self.events: dict[str, Entry] = {}
        about = "Show everything you can type, or one command with examples."
        own = Command(("help",), self.help, about, "[WORD]", needs=Role.VIEWER)
        self.join(Wing(commands=(own,), buttons=(("start_help", self.help, Role.VIEWER),)))
        for wing in wings:
            self.join(wing)

    def join(self, wing: Wing) -> None:
        """Take what a wing answers to."""
        self.commands |= {command.words: replace(command, wing=wing.title) for command in wing.commands}
        self.buttons |= _entries(wing.buttons)
        self.forms |= _entries(wing.forms)
        self.searches |= _entries(wing.searches)
        self.shortcuts |= _entries(wing.shortcuts)
        self.events |= _entries(wing.events)
        self.start = wing.start or self.start

    def parse(self, text: str) -> tuple[Command | None, str]:
        """Find the command that `text` begins with, and what follows it. None: there is no such command."""
        words = text.split()
        for length in (2, 1):
            command = self.commands.get(tuple(word.lower() for word in words[:length]))
            if command is not None and len(words) >= length:
                return command, text.split(maxsplit=length)[length] if len(words) > length else ""
        return None, text

    def offers(self, action_id: str, standing: Standing) -> bool:
        """Whether somebody is shown this button. What is no button of ours, such as a link, everybody is."""
        entry = self.button(action_id)
        return entry is None or may(standing, entry.needs)

    def button(self, action_id: str) -> Entry | None:
        """What a button does; `dataset_choose:2`, one of several beside each other, as what stands before the colon."""
        return self.buttons.get(action_id) or self.buttons.get(action_id.partition(":")[0])

    def search(self, field: str) -> Entry:
        """What finds the options of a form's field; `exposure:TV_COST` is found by what stands before the colon."""
        return self.searches.get(field) or self.searches[field.partition(":")[0]]

    async def command(self, act: Act) -> Reply:
        """Answer `/mmm …`."""
        if not act.text.strip():
            return await Entry(self.start, Role.VIEWER)(act)
        command, rest = self.parse(act.text)
        if command is None:
            return await Entry(self._unknown, Role.VIEWER)(act)
        return await Entry(command.run, command.needs)(replace(act, text=rest))

    async def help(self, act: Act) -> Reply:
        """Everything this person can type, by wing; of a word, its commands with examples."""
        known = [command for command in self.commands.values() if act.may(command.needs)]
        words = tuple(act.text.lower().split())
        if meant := [command for command in self.commands.values() if words and command.words[: len(words)] == words]:
            return Whisper(of_word(meant, " ".join(words)))
        if words and (near := get_close_matches(" ".join(words), [" ".join(one.words) for one in known], n=2)):
            return Whisper(of_word([one for one in known if " ".join(one.words) in near], " ".join(words)))
        ordered = sorted(known, key=lambda one: list(dict.fromkeys(each.wing for each in known)).index(one.wing))
        said = everything(ordered, act.standing.role, others=len(known) < len(self.commands))
        if words:  # nothing is called so
            unknown = f"I know no command {quoted(act.text.strip())}; these there are."
            said = replace(said, text=unknown, blocks=[section(escape(unknown)), *said.blocks])
        return Whisper(said)

    async def _unknown(self, act: Act) -> Reply:
        return Whisper(self.unknown(act.text))

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
        said = f"I do not know {quoted(text.strip())}. {todo}"
        return Message(said, [section(escape(said)), actions(button("Show help", "start_help"))])


def _entries(named: Iterable[Named]) -> dict[str, Entry]:
    return {name: Entry(handler, needs) for name, handler, needs in named}
