"""Numbers as people read them: the same words in charts, verdicts and messages."""

from engine.labels import in_sentence
from engine.results.headline import Headline

# What was varied to get a range, as plural nouns that fit beside a bar. Some differ by a number or a share.
VARIED = {
    "near-tied models": "similar models",
    "best models of the trials": "other searches",
    "shifted windows": "shorter windows",
    "block bootstrap of residuals": "other noise",
    "repeated estimates": "new estimates",
    "the first and the last three quarters of the window": "parts of the window",
    "kept models that fit as well": "equal fits",
    "draws from the posterior": "answers that fit",
    "models of its cluster": "models of its cluster",
}


def varied(over: str) -> str:
    """What was varied, in short: `shifted windows` becomes `shorter windows`. What has no short name keeps its own."""
    return next((brief for full, brief in VARIED.items() if full in over), over)


def short(value: float) -> str:
    """Abbreviate a number: 1.2M, 45k, 3.1. Three significant digits at most."""
    size = abs(value)
    for limit, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
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


def part(share: float) -> str:
    """A part of a whole in percent: what is not all of it is never told as 100 %, and what is something never as 0."""
    if 0.995 <= share < 1:
        return f"{int(share * 1000) / 10:.1f} %"
    return "less than 0.1 %" if 0 < share < 0.0005 else percent(share)


def percents(low: float, high: float) -> str:
    """A range of shares: `12 to 34 %`, `2.1 to 4.5 %`; where both ends read alike, `about 12 %`."""
    start, end = percent(low), percent(high)
    return f"about {end}" if start == end else f"{start.removesuffix(' %')} to {end}"


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 week`, `2 weeks`, `1,200 models`."""
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"


def times(ratio: float) -> str:
    """A factor in words: `1.3 times`, `twice`."""
    return "twice" if abs(ratio - 2) < 0.05 else f"{ratio:.1f} times" if ratio < 10 else f"{ratio:.0f} times"


def media_share(head: Headline) -> str:
    """How much paid media explains: a range where there is one, `about 38 %` where nobody knows how sure it is."""
    found = head.media_range
    return f"about {percent(head.media_share)}" if found is None else percents(found.low, found.high)


def media_explains(head: Headline) -> str:
    """`paid media explains 12 to 34 % of revenue`: to be said in these words everywhere."""
    return f"paid media explains {media_share(head)} of {in_sentence(head.dep_var)}"


def range_means(head: Headline) -> str:
    """What low and high are, in a sentence that claims no more than was done."""
    if head.method == "evidence":
        return "Low and high: nine of ten answers that fit the data lie between, as far as this kind of model can tell."
    if head.near_tied < 2:
        return "Low and high: no other model is near enough to this one to tell how far they differ."
    return f"Low and high: how far {head.near_tied:,} similar models differ, which is not how sure a number is."
