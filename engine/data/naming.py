"""Channels and their parts, by the names of columns: `META_BRAND_COST` is Meta, its part brand, and a cost.

A name is read as CHANNEL_SUBCHANNEL_SUFFIX. The channel is looked up in a list (`KNOWN`, or one of a team's own); where
no name of it is there, what stands first is the channel. Only a first guess: people correct it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.data.column_words import BESIDE_CHANNEL, EXPOSURE, GENERIC, SPEND, SUFFIXES, TOTAL, words

KNOWN: Final = (
    *("TV", "CTV", "VOD", "RADIO", "AUDIO", "PODCAST", "SPOTIFY", "PRINT", "MAGAZINE", "NEWSPAPER", "FLYER", "CINEMA"),
    *("OOH", "DOOH", "BILLBOARD", "GOOGLE", "BING", "SEARCH", "SHOPPING", "DISPLAY", "VIDEO", "YOUTUBE", "META"),
    *("FACEBOOK", "INSTAGRAM", "TIKTOK", "SNAPCHAT", "PINTEREST", "LINKEDIN", "TWITTER", "REDDIT", "SOCIAL", "AMAZON"),
    *("CRITEO", "TABOOLA", "OUTBRAIN", "PROGRAMMATIC", "RETARGETING", "AFFILIATE", "INFLUENCER", "SPONSORSHIP"),
    *("PARTNERSHIP", "EMAIL", "NEWSLETTER", "SMS", "PUSH"),
)
# A list of one's own holds so many channels at most, each of so many characters.
MOST_CHANNELS: Final = 200
LONGEST: Final = 60
_MEASURES: Final = SPEND | set(EXPOSURE) | SUFFIXES | {"sends", "ctr", "leads", "installs"}


@dataclass(frozen=True)
class Named:
    """What a name says: its channel, the part of it, and what is measured. Empty where it does not say."""

    channel: str
    sub_channel: str
    suffix: str


def named(column: str, channels: Sequence[str] = KNOWN) -> Named:
    """Read a column's name. All parts are in capitals, words joined by `_`, as the convention writes them."""
    return _named(column, tuple(channels))


@lru_cache(maxsize=8192)
def _named(column: str, channels: tuple[str, ...]) -> Named:
    said = list(words(column))
    suffix: list[str] = []
    # A single letter is a measure at the very end alone: elsewhere it tells parts apart.
    while len(said) > 1 and said[-1] in (_MEASURES - SUFFIXES if suffix else _MEASURES):
        suffix.insert(0, said.pop())
    at, length = _place(said, channels)
    if length:
        channel, rest = said[at : at + length], said[:at] + said[at + length :]
    else:
        plain = [word for word in said if word not in GENERIC] or said
        channel, rest = plain[:1], [word for word in said if word != plain[0]] if plain else []
    # What says nothing about a part: `paid`, `media`, `ads`. A list of the workspace's own may hold such words.
    part = [word for word in rest if word not in GENERIC - BESIDE_ALONE and word not in TOTAL | _MEASURES - SUFFIXES]
    return Named(*("_".join(some).upper() for some in (channel, part, suffix)))


# Words that are general beside a channel's name and yet tell its parts apart.
BESIDE_ALONE: Final = (BESIDE_CHANNEL - GENERIC) | {"online", "offline"}


def _place(said: Sequence[str], channels: Sequence[str]) -> tuple[int, int]:
    """Where the name of a known channel stands, and how many words it has: the longest, then the first."""
    known = {tuple(words(channel)) for channel in channels}
    found = [
        (len(name), -at)
        for name in known
        for at in range(len(said))
        if name and tuple(said[at : at + len(name)]) == name
    ]
    length, at = max(found, default=(0, 0))
    return -at, length


def is_total(column: str) -> bool:
    """Whether a column of the source calls itself a sum of others."""
    return bool(set(words(column)) & TOTAL)
