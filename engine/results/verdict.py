"""Our judgement of a run: may somebody act on it, and why or why not."""

from collections.abc import Iterator
from enum import StrEnum
from math import inf

from pydantic import BaseModel, ConfigDict, Field

from engine.data.dataset import Finding
from engine.labels import in_sentence, label, listed, opening
from engine.results.headline import ChannelResult, Headline
from engine.results.leader import Standing, decided_by_prior, leader, shows_effect
from engine.results.wording import percent, varied


class Level(StrEnum):
    """How far a run can be trusted."""

    USABLE = "usable"
    CARE = "usable with care"
    NOT = "do not use"


class Reason(BaseModel):
    """One reason, with the level it alone would justify; `usable` for what only should be known."""

    model_config = ConfigDict(frozen=True)

    level: Level
    text: str


class Verdict(BaseModel):
    """The judgement: a level, one sentence, and the reasons, the gravest first."""

    model_config = ConfigDict(frozen=True)

    level: Level
    sentence: str
    reasons: tuple[str, ...] = Field(description="Why it is not better, and what else to know.")


# Limits practitioners use for Robyn's metrics: beyond the first care is due, beyond the second stop.
RSQ = (0.7, 0.5)
NRMSE = (0.15, 0.25)
RSSD = (0.4, 0.7)
# Miss on held-out periods, as times the miss of a plain guess.
BACKTEST = (1.0, 2.0)
# Relative miss of the lift tests.
LIFT_MISS = (0.2, 1.0)
# Trials that rank channels by chance agree on half of the pairs.
AGREEMENT = 0.75
# Below this, effect shares are spend shares: Robyn's rule rewards that, so it is no finding about a channel.
ALIKE = 0.1
# Periods of data per paid channel below which a channel's effect cannot be told from its neighbours'.
PERIODS = (52, 26)
# A range whose top is this many times its bottom says little about the channel.
WIDE = 3.0
# How far beyond an end of its range, as a share of that end, a number may lie and still count as within it.
BESIDE = 0.02
# A preview searches too little to be acted on, however well it happens to fit.
PREVIEW_MODELS = 2000
PLAUSIBLE_MEDIA_SHARE = 0.8
# More reasons than this are not read; so many of them may be about the data.
SHOWN = 6
DOUBTS_NAMED = 2
# A part of the baseline beyond all of the response, or parts that take away this share which others must give back.
WHOLE, TAKEN_BACK = 1.0, 0.4
PAIRS_NAMED = 3
NAMED_SHORTLY = 5
SUBJECTS = {"rows": "the number of rows", "date": "the dates"}
# Parts of the baseline from this share on are named; doubts that are told with their place.
PART_NAMED = 0.2
WITH_PLACE = ("kpi.zero", "kpi.incomplete", "kpi.negative", "exposure.unit_cost")
UNCHECKED = "Not checked against an experiment."
PERIODS_A_YEAR = {"day": 364, "week": 52, "month": 12}


def judge(head: Headline) -> Verdict:
    """Judge a run by its key numbers. Fit alone never makes a run usable; poor fit alone makes it useless."""
    reasons = sorted(_reasons(head), key=lambda reason: list(Level).index(reason.level), reverse=True)
    level = reasons[0].level if reasons else Level.USABLE
    shown = tuple(reason.text for reason in reasons[:SHOWN])
    return Verdict(level=level, sentence=_sentence(level, head), reasons=shown)


def _reasons(head: Headline) -> Iterator[Reason]:
    kpi = in_sentence(head.dep_var)
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
    yield from _doubts(head)
    yield from _on_unseen_periods(head, kpi)
    if level := _beyond(-head.periods, [-limit for limit in PERIODS]):
        yield Reason(level=level, text=f"The window holds {head.periods} {head.interval}s of data only.")
    if head.media_share > PLAUSIBLE_MEDIA_SHARE:
        text = f"Paid media would explain {percent(head.media_share)} of {kpi}, which is hard to believe."
        yield Reason(level=Level.NOT, text=text)
    yield from _large_parts(head, kpi)
    if head.lift_miss is not None and (level := _beyond(head.lift_miss, LIFT_MISS)):
        yield Reason(level=level, text=f"It misses the lift tests by {percent(head.lift_miss)}.")
    yield from _what_the_data_leave_open(head)
    if level := _beyond(head.rssd, RSSD):
        text = f"Effect shares are far from spend shares (DECOMP.RSSD {head.rssd:.2f})."
        yield Reason(level=Level.CARE if level is Level.NOT else level, text=text)
    if head.rssd < ALIKE and len(head.channels) > 1 and head.method == "robyn":
        text = "Effect follows spend almost exactly, which the search itself rewards: single channels may differ more."
        yield Reason(level=Level.CARE, text=text)
    if head.trials * head.iterations < PREVIEW_MODELS:
        text = f"This was a preview: {head.iterations} × {head.trials} models tried. Run Standard before acting."
        yield Reason(level=Level.CARE, text=text)
    elif not head.converged:
        yield Reason(level=Level.CARE, text="The search was still improving when it ended; more iterations may help.")
    if head.lift_miss is None:
        yield Reason(level=Level.USABLE, text=UNCHECKED)


def _doubts(head: Headline) -> Iterator[Reason]:
    """What is doubtful about the data, the gravest first; what the model shows itself is not said twice."""
    apart = {name for pair in head.indistinct for name in pair}
    told = [
        one
        for one in head.doubts
        if not (one.code == "rows.span" and _beyond(-head.periods, [-limit for limit in PERIODS]))
        and not (one.code.startswith("drivers.") and one.column in apart)
    ]
    named = told[:DOUBTS_NAMED]
    for one in named:
        yield Reason(level=Level.CARE, text=_doubt(one) + _rest(told) if one is named[-1] else _doubt(one))


def _doubt(one: Finding) -> str:
    where = f" ({one.where})" if one.where and one.code.startswith(WITH_PLACE) else ""
    text = f"{one.text.rstrip('.')}{where}."
    # The day of the week is no fault of the data: there is something to do.
    if one.code == "kpi.weekday":
        return f"{text} {one.remedy}"
    about = f" about “{one.column}”" if one.column and one.column not in one.text else ""
    return f"The data came with a doubt{about}: {text}"


def _rest(told: list[Finding]) -> str:
    more = told[DOUBTS_NAMED:]
    if not more:
        return ""
    about = list(dict.fromkeys(f"“{one.column}”" if one.column else _subject(one) for one in more))
    rest = ["others"] if len(about) > NAMED_SHORTLY else []
    are = "is 1 more such doubt" if len(more) == 1 else f"are {len(more)} more such doubts"
    return f" There {are}, about {listed([*about[:NAMED_SHORTLY], *rest])}."


def _subject(one: Finding) -> str:
    return SUBJECTS.get(one.code.split(".")[0], "the data")


def _large_parts(head: Headline, kpi: str) -> Iterator[Reason]:
    """Parts of the baseline that are beyond all there is, or take away what others give: hardly the truth."""
    taken = -sum(share for share in head.baseline.values() if share < 0)
    large = [name for name, share in head.baseline.items() if abs(share) > WHOLE]
    if not large and taken <= TAKEN_BACK:
        return
    shown = sorted(head.baseline.items(), key=lambda part: -abs(part[1]))
    least = min((abs(head.baseline[name]) for name in large), default=WHOLE)
    parts = [f"{_part(name)} {percent(share)}" for name, share in shown if abs(share) >= min(least, PART_NAMED)]
    text = f"Large parts of {kpi} cancel each other out, which is hard to believe: {listed(parts[:3])}."
    yield Reason(level=Level.CARE, text=text)


def _part(name: str) -> str:
    return "the base" if name == "(Intercept)" else in_sentence(name)


def _on_unseen_periods(head: Headline, kpi: str) -> Iterator[Reason]:
    tested = head.backtest
    if tested is None or not tested.nrmse or not tested.naive:
        return
    if level := _beyond(tested.nrmse / tested.naive, BACKTEST):
        text = (
            f"On {head.interval}s it had not seen, it misses by {percent(tested.nrmse)} of the range of {kpi}; "
            f"{plain_guess(head)} misses by {percent(tested.naive)}."
        )
        yield Reason(level=level, text=text)


def plain_guess(head: Headline) -> str:
    """What the backtest compares with. Early stretches of a short window have no year before them."""
    return "last year's value" if head.periods >= 1.5 * PERIODS_A_YEAR[head.interval] else "a plain guess"


def _what_the_data_leave_open(head: Headline) -> Iterator[Reason]:
    assumed = [one for one in head.channels if decided_by_prior(one)]
    if assumed:
        who = _who(assumed, head, every="any single channel")
        what = "the selection" if head.method == "robyn" else "the assumption that channels are alike"
        text = f"The data say little about {who}: {what} decided most of it; a lift test would tell."
        yield Reason(level=Level.CARE, text=text)
    if head.indistinct:
        yield Reason(level=Level.CARE, text=_pairs(head.indistinct))
    if head.agreement is not None and head.agreement < AGREEMENT:
        text = f"The trials agree on the order of two channels in {percent(head.agreement)} of cases only."
        yield Reason(level=Level.CARE, text=text)
    outside = [one for one in head.channels if _outside(one)]
    if outside:
        who, most = _who(outside, head, every="every channel"), f"most {varied(head.range_over)} say otherwise"
        text = f"The model's {head.measure} of {who} lies outside the range: {most}."
        yield Reason(level=Level.CARE, text=text)
    # Where the data say little or a range does not hold the number, its width is no further news.
    if wide := [one for one in head.channels if _wide(one) and one not in assumed and one not in outside]:
        text = f"{opening(varied(head.range_over))} disagree widely on {_names(wide)}."
        yield Reason(level=Level.CARE, text=text)


def _pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    named = [listed([label(one) for one in pair]) for pair in pairs[:PAIRS_NAMED]]
    if len(pairs) == 1:
        return f"{named[0]} cannot be told apart: they rise and fall together."
    more = f"; {len(pairs) - PAIRS_NAMED} more" if len(pairs) > PAIRS_NAMED else ""
    return f"These pairs cannot be told apart, as they rise and fall together: {'; '.join(named)}{more}."


def _sentence(level: Level, head: Headline) -> str:
    standing, best = leader(head)
    if level is Level.NOT or best is None:
        return "Do not use this model to move money."
    finding = {
        Standing.CLEAR: f"{label(best.channel)} returns most per unit of spend",
        Standing.OVERLAP: "the best channels cannot be told apart",
        Standing.PRIOR: "the data do not say which channel returns most",
        Standing.ALONE: f"{label(best.channel)} shows an effect",
    }[standing]
    kpi = in_sentence(head.dep_var)
    start = "Usable" if level is Level.USABLE else "Usable with care"
    return f"{start}: {finding}; paid media explains {percent(head.media_share)} of {kpi}."


def _wide(one: ChannelResult) -> bool:
    if one.low is None or not shows_effect(one):
        return False
    return one.high is None or one.high > WIDE * max(one.low, 1e-9)


def _outside(one: ChannelResult) -> bool:
    """Whether a channel's number lies outside its own range, as Robyn's winner of a cluster may."""
    if one.efficiency is None or one.low is None or not shows_effect(one):
        return False
    high = inf if one.high is None else one.high
    return not one.low * (1 - BESIDE) <= one.efficiency <= high * (1 + BESIDE)


def _beyond(value: float, limits: tuple[float, float] | list[float]) -> Level | None:
    care, stop = limits
    return Level.NOT if value > stop else Level.CARE if value > care else None


def _names(channels: list[ChannelResult]) -> str:
    return listed([label(one.channel) for one in channels])


def _who(channels: list[ChannelResult], head: Headline, *, every: str) -> str:
    """The channels by name, or `every` where they are all that show an effect."""
    return every if len(channels) > 1 and len(channels) == sum(map(shows_effect, head.channels)) else _names(channels)
