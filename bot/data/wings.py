"""What the data wing answers to, noun by noun."""

from bot.data import commands

WINGS = (commands.WING,)
