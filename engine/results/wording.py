"""Numbers and names as people read them: the same words in charts, verdicts and messages."""

import re

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


# What was varied to get a range, as plural nouns that fit beside a bar. Some differ by a number or a share.
VARIED = {
    "near-tied models": "near-tied models",
    "best models of the trials": "trials",
    "shifted windows": "windows",
    "block bootstrap of residuals": "noise",
    "repeated estimates": "repeats",
    "the first and the last three quarters of the window": "window parts",
    "kept models that fit as well": "equal fits",
    "draws from the posterior": "posterior draws",
    "models of its cluster": "models of its cluster",
}


def varied(over: str) -> str:
    """What was varied, in short: `shifted windows` becomes `windows`. What has no short name keeps its own."""
    return next((brief for full, brief in VARIED.items() if full in over), over)


def opening(text: str) -> str:
    """A text as a sentence begins: only the first letter changes."""
    return text[:1].upper() + text[1:]


def short(value: float) -> str:
    """Abbreviate a number: 1.2M, 45k, 3.1. Three significant digits at most."""
    size = abs(value)
    for limit, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= limit * 0.9995:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.3g}" if size < 100 else f"{value:.0f}"


def span(low: float | None, high: float | None) -> str:
    """A range in words: `1.4 to 2.6`; without a high end (the cost of no effect has none) `1.4 and more`."""
    if low is None:
        return "no range"
    return f"{short(low)} and more" if high is None else f"{short(low)} to {short(high)}"


def percent(share: float) -> str:
    """A share as a whole percent, with one decimal below 10 %, so that small parts stay visible."""
    if abs(share) >= 0.0995:
        return f"{share * 100:.0f} %"
    # Adding zero turns a rounded -0.0 into 0.0.
    return f"{round(share * 100, 1) + 0.0:.1f} %"


def label(column: str) -> str:
    """A column's name as people say it: `TV_COST` becomes `TV`, `facebook_S` becomes `Facebook`.

    Whoever wrote a name in capitals and small letters meant it so: `iOS_spend` becomes `iOS`, `GoogleAds cost` becomes
    `GoogleAds`.
    """
    bare = column[1:-1] if column.startswith("(") and column.endswith(")") else column
    words = [word for word in re.split(r"[_\s]+", bare) if word]
    kept = words[:-1] if len(words) > 1 and words[-1].lower().strip("()") in ENDINGS else words
    shouted = bare.isupper()
    return " ".join(_word(word, shouted=shouted) for word in kept) or column


def in_sentence(column: str) -> str:
    """A column's label within a sentence: `REVENUE` becomes `revenue`, while `GMV` and `iOS` stay."""
    words = label(column).split()
    return " ".join(word if any(letter.isupper() for letter in word[1:]) else word.lower() for word in words)


def _word(word: str, *, shouted: bool) -> str:
    if known := NAMES.get(word.lower()):
        return known
    if word.islower():
        return word.upper() if len(word) <= 2 or word in SHORT else opening(word)
    if shouted and len(word) > 3:
        return word[0] + word[1:].lower()
    return word


def listed(names: list[str]) -> str:
    """Names as a sentence lists them: `TV, Search and Print`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
