"""Numbers as people read them: the same words in charts, verdicts and messages."""

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
