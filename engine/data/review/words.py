"""How a review says things: names that fit a sentence, amounts with their unit, and what a change may be called."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from engine.data.review.sheet import Bucket, Span, Sum
from engine.labels import listed, opening
from engine.number_words import part, short

MOST_OF_A_NAME = 48
# From here on a growth is told as times: 900 % says less than 10 times.
TIMES = 4.0
# Less than half of the last digit that a percentage has.
NOTHING = 0.0005
# A number is as good as another where they differ by less than rounding does.
EQUAL = 1e-9


@dataclass(frozen=True)
class Change:
    """A number, and what it is held against; either may be missing."""

    now: float | None
    before: float | None

    @property
    def share(self) -> float | None:
        """How much more it is, as a share of before; None where that means nothing: from 0, or from below it."""
        if self.now is None or self.before is None or self.before <= 0 or not isfinite(self.now / self.before):
            return None
        return self.now / self.before - 1

    @property
    def difference(self) -> float | None:
        return None if self.now is None or self.before is None else self.now - self.before

    @property
    def same(self) -> bool:
        """Whether nothing changed that anybody could see."""
        if self.difference is None or self.now is None or self.before is None:
            return False
        return abs(self.difference) <= EQUAL * max(abs(self.now), abs(self.before)) or (
            self.share is not None and abs(self.share) < NOTHING
        )

    @property
    def told(self) -> str:
        """The change in a few words: `+8 %`, `−3.2 %`, `12 times`, `no change`, `from 0`; "" where none can be told."""
        if self.difference is None or self.now is None or self.before is None:
            return ""
        if self.same:
            return "no change"
        if self.before == 0:
            return "from 0"
        if self.share is None or self.now < 0:
            return f"{signed(self.difference)} (from {amount(self.before)})"
        if self.share >= TIMES:
            return f"{short(self.share + 1)} times as much"
        return f"{'+' if self.share > 0 else '−'}{part(abs(self.share))}"

    def said(self, before: str) -> str:
        """The same as the end of a sentence: `8 % more than in the 12 months before`."""
        if self.difference is None or self.now is None or self.before is None:
            return ""
        if self.same:
            return f"as much as in {before}"
        if self.before == 0:
            return f"after nothing in {before}"
        if self.share is None or self.now < 0:
            return f"after {amount(self.before)} in {before}"
        if self.share >= TIMES:
            return f"{short(self.share + 1)} times as much as in {before}"
        return f"{part(abs(self.share))} {'more' if self.share > 0 else 'less'} than in {before}"


def signed(value: float) -> str:
    """A difference with its sign: `+12k`, `−3.1`, `0`."""
    said = short(abs(value))
    return said if value == 0 or said == "0" else f"{'+' if value > 0 else '−'}{said}"


def named(name: str, most: int = MOST_OF_A_NAME) -> str:
    """A name that fits a sentence: on one line, and without its middle where it is long."""
    plain = " ".join("".join(one if one.isprintable() else " " for one in name).split()) or "?"
    if len(plain) <= most:
        return plain
    front = (most - 1) * 2 // 3
    return f"{plain[:front].rstrip()}…{plain[len(plain) - (most - 1 - front) :].lstrip()}"


def names(found: Sequence[str], most: int = 3) -> str:
    """Names as a sentence lists them, the first few: `TV, Search, Print and 4 more`."""
    shown = [named(name, 32) for name in found[:most]]
    return listed([*shown, f"{len(found) - most} more"] if len(found) > most else shown)


def amount(value: float | None, unit: str = "") -> str:
    """A number with its unit: `1.2M EUR`; `–` where there is none."""
    if value is None:
        return "–"
    said = short(value)
    return f"{'−' + said[1:] if said.startswith('-') else said} {unit}".rstrip()


def stretch(span: Span, interval: str) -> str:
    """How long a span is, in the words of the data: `the 52 weeks before`."""
    return f"{span.rows:,} {interval}{'' if span.rows == 1 else 's'}"


def not_whole(buckets: Sequence[Bucket], edges: Sequence[str], noun: str) -> list[str]:
    """A note on periods at the edge: left out of the chart, or marked in it."""
    if edges:
        return [f"Not in the chart, as not a whole {noun}: {names(edges)}."]
    part = [bucket.label for bucket in buckets if not bucket.whole]
    return [f"With a star, as not a whole {noun}: {names(part)}."] if part else []


def missing_of(sums: dict[str, Sum], interval: str) -> list[str]:
    """A note on each number that lacks some of its rows."""
    lacking = [f"{named(name)} {one.missing:,} of {one.rows:,}" for name, one in sums.items() if one.missing]
    if not lacking:
        return []
    more = f", and {len(lacking) - 4} more" if len(lacking) > 4 else ""
    return [f"{opening(interval)}s without a value, which count as nothing: {', '.join(lacking[:4])}{more}."]
