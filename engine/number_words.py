"""Numbers as people read them: the same words in charts, verdicts, messages and findings."""


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
