"""What the data wing answers to, noun by noun."""

from bot.data import commands, diff, download, versions

WINGS = (
    commands.WING,
    versions.WING,
    diff.WING,
    download.WING,
)
