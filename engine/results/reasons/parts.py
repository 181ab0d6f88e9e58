"""Reasons about what the KPI is made of: parts that no business has."""

from collections.abc import Iterator

from engine.labels import in_sentence, listed
from engine.number_words import percent
from engine.results.headline import Headline
from engine.results.reasons.reason import Level, Reason, beyond

# Shares of paid media that are hard to believe, and that nobody should.
MEDIA = (0.85, 0.95)
# A part beyond all there is, however a trend is rounded, or parts that take away this share, which others give back.
WHOLE, TAKEN_BACK = 1.05, 0.3
BASE, TREND = "(Intercept)", "trend"
# A third part from this share on is named, too.
PART_NAMED = 0.2


def on_parts(head: Headline) -> Iterator[Reason]:
    """Paid media without any effect or with hardly anything but theirs; parts that cancel each other out."""
    kpi = in_sentence(head.dep_var)
    if head.channels and all(one.effect <= 0 for one in head.channels):
        yield Reason(code="media.none", level=Level.NOT, text="No paid channel shows any effect.")
    if level := beyond(head.media_share, MEDIA):
        text = f"Paid media would explain {percent(head.media_share)} of {kpi}, which is hard to believe."
        yield Reason(code="media.all", level=level, text=text)
    parts = {_name(name): share for name, share in _levels(head.baseline).items()}
    parts |= {head.called(name): share for name, share in head.organic.items()}
    parts |= {head.called(one.channel): one.effect_share * head.media_share for one in head.channels}
    taken = -sum(share for share in parts.values() if share < 0)
    most = max(parts, key=lambda name: abs(parts[name]), default="")
    if taken > TAKEN_BACK:
        text = f"Parts of {kpi} cancel each other out to a degree that is hard to believe: {_opposed(parts)}."
        yield Reason(code="parts.cancel", level=Level.CARE, text=text)
    elif most and abs(parts[most]) > WHOLE:
        text = f"A part is larger than all of {kpi}, which is hard to believe: {most} {percent(parts[most])}."
        yield Reason(code="parts.beyond", level=Level.CARE, text=text)


def _levels(baseline: dict[str, float]) -> dict[str, float]:
    """The baseline, in which what a trend gives and the base takes, or the other way round, is one level."""
    base, trend = baseline.get(BASE, 0.0), baseline.get(TREND, 0.0)
    if base * trend >= 0:
        return baseline
    kept, gone = (TREND, BASE) if abs(trend) > abs(base) else (BASE, TREND)
    return {name: base + trend if name == kept else share for name, share in baseline.items() if name != gone}


def _opposed(parts: dict[str, float]) -> str:
    """The largest part, what takes away most, and one more that is large; the largest first."""
    gives, takes = max(parts, key=lambda name: parts[name]), min(parts, key=lambda name: parts[name])
    rest = [name for name, share in parts.items() if name not in (gives, takes) and abs(share) >= PART_NAMED]
    third = sorted(rest, key=lambda name: -abs(parts[name]))[:1]
    named = sorted({gives, takes, *third}, key=lambda name: -abs(parts[name]))
    return listed([f"{name} {percent(parts[name])}" for name in named])


def _name(name: str) -> str:
    return "the base" if name == BASE else in_sentence(name)
