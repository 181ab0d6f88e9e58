"""`/mmm dataset versions NAME`: the snapshots of a dataset, what changed, and what to do with each."""

from bot.access import Role
from bot.act import Act, Reply, Whisper
from bot.data import versions_messages as messages
from bot.slack.blocks import Message
from bot.wing import Command, Wing
from engine.errors import NotFound

NAMED = "/mmm dataset versions NAME [COUNTRY]"


async def versions(act: Act) -> Reply:
    """By what was typed; a title in several countries is shown by country."""
    if not act.text:
        return await of_dataset(act) if act.value else Whisper(messages.which(NAMED))
    return Whisper(await act.blocking(_named, act))


def _named(act: Act) -> Message:
    found = act.seen.versions(act.text)
    return messages.countries(found) if len(found.countries) > 1 else messages.versions(found)


async def of_dataset(act: Act) -> Reply:
    """The family of a dataset, by a button."""
    return Whisper(await act.blocking(lambda: messages.versions(act.seen.versions_of(act.value))))


async def older(act: Act) -> Reply:
    """Those that are older than the last one that was shown."""
    return Whisper(await act.blocking(lambda: messages.versions(act.seen.versions_of(act.value), after=act.value)))


async def more_countries(act: Act) -> Reply:
    """Further countries of a title."""
    begin, _, dataset_id = act.value.partition(" ")
    if not begin.isdecimal() or len(begin) > 4:
        raise NotFound("That button is no longer known.", f"Type {NAMED}.")
    found = await act.blocking(act.seen.versions_of, dataset_id, all_countries=True)
    return Whisper(messages.countries(found, int(begin)))


WING = Wing(
    commands=(
        Command(
            ("dataset", "versions"),
            versions,
            "Show the snapshots of a dataset and what changed.",
            "NAME [COUNTRY]",
            needs=Role.VIEWER,
        ),
    ),
    buttons=(
        (messages.VERSIONS, versions, Role.VIEWER),
        (messages.OLDER, older, Role.VIEWER),
        (messages.COUNTRIES, more_countries, Role.VIEWER),
    ),
)
