"""Our judgement of a run: may somebody act on it, and why or why not."""

from collections.abc import Iterator
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from engine.results.headline import ChannelResult, Headline
from engine.results.wording import label, listed, percent


class Level(StrEnum):
    """How far a run can be trusted."""

    USABLE = "usable"
    CARE = "usable with care"
    NOT = "do not use"


class Reason(BaseModel):
    """One reason, with the level it alone would justify."""

    model_config = ConfigDict(frozen=True)

    level: Level
    text: str


class Verdict(BaseModel):
    """The judgement: a level, one sentence, and the reasons, the gravest first."""

    model_config = ConfigDict(frozen=True)

    level: Level
    sentence: str
    reasons: tuple[str, ...] = Field(description="Why it is not better; empty only for `usable`.")


# Limits practitioners use for Robyn's metrics: beyond the first care is due, beyond the second stop.
RSQ = (0.7, 0.5)
NRMSE = (0.15, 0.25)
RSSD = (0.4, 0.7)
# Below this, effect shares are spend shares: the search rewards that, so it is no finding about a channel.
ALIKE = 0.1
# Periods of data per paid channel below which a channel's effect cannot be told from its neighbours'.
PERIODS = (52, 26)
# A range whose top is this many times its bottom says little about the channel.
WIDE = 3.0
# A preview searches too little to be acted on, however well it happens to fit.
PREVIEW_MODELS = 2000
PLAUSIBLE_MEDIA_SHARE = 0.8


def judge(head: Headline) -> Verdict:
    """Judge a run by its key numbers. Fit alone never makes a run usable; poor fit alone makes it useless."""
    reasons = sorted(_reasons(head), key=lambda reason: list(Level).index(reason.level), reverse=True)
    level = reasons[0].level if reasons else Level.USABLE
    return Verdict(level=level, sentence=_sentence(level, head), reasons=tuple(reason.text for reason in reasons))


def _reasons(head: Headline) -> Iterator[Reason]:
    kpi = label(head.dep_var).lower()
    dead = [one for one in head.channels if one.effect <= 0]
    if head.channels and len(dead) == len(head.channels):
        yield Reason(level=Level.NOT, text="No paid channel shows any effect.")
    elif dead:
        yield Reason(level=Level.CARE, text=f"No effect was found for {_names(dead)}: that is not proof of none.")
    if level := _beyond(-head.rsq, [-limit for limit in RSQ]):
        yield Reason(level=level, text=f"It explains {percent(head.rsq)} of the ups and downs of {kpi}.")
    if level := _beyond(head.nrmse, NRMSE):
        yield Reason(
            level=level,
            text=f"Its typical miss is {percent(head.nrmse)} of the range of {kpi}.",
        )
    if level := _beyond(head.rssd, RSSD):
        text = f"Effect shares are far from spend shares (DECOMP.RSSD {head.rssd:.2f})."
        yield Reason(level=Level.CARE if level is Level.NOT else level, text=text)
    if head.rssd < ALIKE and len(head.channels) > 1:
        text = "Effect follows spend almost exactly, which the search itself rewards: single channels may differ more."
        yield Reason(level=Level.CARE, text=text)
    if level := _beyond(-head.periods, [-limit for limit in PERIODS]):
        yield Reason(level=level, text=f"The window holds {head.periods} {head.interval}s of data only.")
    if head.media_share > PLAUSIBLE_MEDIA_SHARE:
        text = f"Paid media would explain {percent(head.media_share)} of {kpi}, which is hard to believe."
        yield Reason(level=Level.NOT, text=text)
    if head.trials * head.iterations < PREVIEW_MODELS:
        text = f"This was a preview: {head.iterations} × {head.trials} models tried. Run Standard before acting."
        yield Reason(level=Level.CARE, text=text)
    elif not head.converged:
        yield Reason(level=Level.CARE, text="The search was still improving when it ended; more iterations may help.")
    if wide := [one for one in head.channels if _wide(one)]:
        text = f"Near-tied models disagree widely on {_names(wide)}."
        yield Reason(level=Level.CARE, text=text)


def _sentence(level: Level, head: Headline) -> str:
    alive = [one for one in head.channels if one.efficiency is not None and one.effect > 0]
    if level is Level.NOT or not alive:
        return "Do not use this model to move money."
    lower_is_better = head.measure == "CPA"
    ranked = sorted(alive, key=lambda one: one.efficiency or 0.0, reverse=not lower_is_better)
    best = ranked[0]
    told_apart = all(_apart(best, other) for other in ranked[1:]) and len(ranked) > 1
    finding = (
        f"{label(best.channel)} returns most per unit of spend"
        if told_apart
        else "the best channels cannot be told apart"
        if len(ranked) > 1
        else f"{label(best.channel)} shows an effect"
    )
    kpi = label(head.dep_var).lower()
    opening = "Usable" if level is Level.USABLE else "Usable with care"
    return f"{opening}: {finding}; paid media explains {percent(head.media_share)} of {kpi}."


def _apart(one: ChannelResult, other: ChannelResult) -> bool:
    """Whether two channels' ranges do not overlap: only then may one be called better."""
    if None in (one.low, one.high, other.low, other.high):
        return False
    return bool(one.low > other.high or other.low > one.high)  # type: ignore[operator]


def _wide(one: ChannelResult) -> bool:
    return one.low is not None and one.high is not None and one.high > WIDE * max(one.low, 1e-9)


def _beyond(value: float, limits: tuple[float, float] | list[float]) -> Level | None:
    care, stop = limits
    return Level.NOT if value > stop else Level.CARE if value > care else None


def _names(channels: list[ChannelResult]) -> str:
    return listed([label(one.channel) for one in channels])
