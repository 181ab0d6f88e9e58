"""`/mmm why`: what one may do here, by which rule, and whom to ask. `/mmm doctor`: is everything there."""

from collections.abc import Mapping

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.admin import messages
from bot.registry import Registry
from bot.wing import NAME, Command, Wing


def wing(registry: Registry) -> Wing:
    """The wing that explains the others: it asks `registry` what there is to explain."""

    async def why(act: Act) -> Reply:
        """Explain one action, or all of them."""
        asked = act.text.strip().removeprefix(NAME).strip()
        if not asked:
            return Whisper(messages.overview(act.settings, act.standing, list(registry.commands.values())))
        command, _ = registry.parse(asked)
        meant = [command] if command else _beginning_with(registry.commands, asked)
        if not meant:
            return Whisper(registry.unknown(asked))
        return Whisper(messages.decisions(act.settings, act.standing, meant))

    # Whoever is refused everything else must be able to ask why.
    asking = Command(("why",), why, "Explain what you may do here, and whom to ask.", "[COMMAND]", needs=Role.NONE)
    examining = Command(
        ("doctor",), doctor, "Check every setting, secret, permission and connection.", needs=Role.ADMIN
    )
    return Wing(commands=(asking, examining))


async def doctor(act: Act) -> Reply:
    """Have the worker look: it has the rights and the libraries, and more time than a person waits."""
    queued: dict[str, str | int] = {"who": act.user, "key": act.key, "at": int(act.clock.now().timestamp())}
    key = f"doctor|{act.settings.workspace}|{act.key}"
    await act.blocking(act.cloud.tasks.enqueue, "notify", "doctor", queued, key=key)
    return Whisper(messages.looking())


def _beginning_with(commands: Mapping[tuple[str, ...], Command], asked: str) -> list[Command]:
    """The commands of a noun, where only that was given."""
    return [command for words, command in commands.items() if words[0] == asked.lower()]
