"""What a result is called in words: what was varied, what a range means, how much media explain."""

from engine.labels import in_sentence
from engine.number_words import percent, percents
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
