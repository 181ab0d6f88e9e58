"""Names of columns as people say them, and lists of them: the same in forms, charts, verdicts and messages."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

# What a column's name adds to its channel's name, in the singular and the plural.
ENDINGS = frozenset(
    (
        *("cost", "costs", "spend", "spends", "spending", "spendings", "budget", "budgets", "amount", "amounts"),
        *("impression", "impressions", "click", "clicks", "session", "sessions", "send", "sends"),
        *("kosten", "ausgaben", "dépenses", "depenses", "gasto", "gastos", "costo", "costos", "spesa", "spese"),
        *("s", "i", "p"),
    )
)
# Names that are not written as they are pronounced.
NAMES = {
    "youtube": "YouTube",
    "tiktok": "TikTok",
    "linkedin": "LinkedIn",
    "whatsapp": "WhatsApp",
    "dooh": "DOOH",
    "adwords": "AdWords",
    "ebay": "eBay",
}


# Short names that are written in capitals, however they were typed.
SHORT = frozenset(("tv", "ooh", "seo", "sea", "crm", "ctv", "dsp", "sem", "pr", "b2b", "b2c", "kpi", "roi", "ads"))

# Short words that a name in capitals only shouts: they abbreviate nothing.
WORDS = frozenset(("new", "net", "all", "old", "app", "web", "day", "top", "per", "and", "for"))

# Between words of a name they are no abbreviations, while `facebook_in` is India's.
LITTLE = frozenset(
    ("of", "in", "on", "at", "to", "by", "or", "an", "as", "de", "la", "du", "et", "en", "am", "im", "zu")
)


@lru_cache(maxsize=4096)  # a chart asks for the same few names thousands of times
def label(column: str) -> str:
    """A column's name as people say it: `TV_COST` becomes `TV`, `facebook_S` becomes `Facebook`.

    Whoever wrote a name in capitals and small letters meant it so: `iOS_spend` becomes `iOS`, `GoogleAds cost` becomes
    `GoogleAds`.
    """
    bare = column[1:-1] if column.startswith("(") and column.endswith(")") else column
    words = [word for word in re.split(r"[_\s]+", bare) if word]
    kept = words[:-1] if len(words) > 1 and words[-1].lower().strip("()") in ENDINGS else words
    shouted = bare.isupper()
    between = range(1, len(kept) - 1)
    plain = [word.lower() if shouted else word for word in kept]
    said = [
        plain[at] if at in between and plain[at] in LITTLE else _word(word, shouted=shouted)
        for at, word in enumerate(kept)
    ]
    return " ".join(said) or column


def told_apart(columns: Iterable[str]) -> dict[str, str]:
    """How columns are called beside each other: by their labels, and whole where these read alike."""
    labels = {column: label(column) for column in columns}
    alike = Counter(name.casefold() for name in labels.values())
    return {column: column if alike[name.casefold()] > 1 else name for column, name in labels.items()}


def in_sentence(column: str) -> str:
    """A column's label within a sentence: `REVENUE` becomes `revenue`, while `GMV` and `iOS` stay."""
    words = label(column).split()
    return " ".join(word if any(letter.isupper() for letter in word[1:]) else word.lower() for word in words)


def _word(word: str, *, shouted: bool) -> str:
    if known := NAMES.get(word.lower()):
        return known
    if word.islower():
        return word.upper() if len(word) <= 2 or word in SHORT else opening(word)
    if (
        shouted
        and (len(word) > 3 or word.lower() in WORDS)
        and all(letter.isupper() for letter in word if letter.isalpha())
    ):
        return word[0] + word[1:].lower()
    return word


def opening(text: str) -> str:
    """A text as a sentence begins: only the first letter changes."""
    return text[:1].upper() + text[1:]


def listed(names: list[str]) -> str:
    """Names as a sentence lists them: `TV, Search and Print`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
