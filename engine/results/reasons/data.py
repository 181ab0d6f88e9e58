"""Reasons about the data: what was doubtful about them before the training began."""

from collections.abc import Iterator

from engine.data.dataset import Finding
from engine.labels import listed
from engine.results.calls import LEAK
from engine.results.headline import Headline
from engine.results.reasons.fit import PERIODS
from engine.results.reasons.reason import Level, Reason, below

# So many doubts are told in full; more are counted, with what the next few are about.
NAMED, NAMED_SHORTLY = 2, 5
SUBJECTS = {"rows": "the number of rows", "date": "the dates"}
# Doubts that are told with their place.
WITH_PLACE = ("kpi.zero", "kpi.incomplete", "kpi.negative", "exposure.unit_cost")
# Doubts that are never counted among others.
WEEKDAY, NEGATIVE = "kpi.weekday", "kpi.negative"


def on_data(head: Headline) -> Iterator[Reason]:
    """What is doubtful about the data, the gravest first; what the model shows itself is not said twice."""
    apart = {name for pair in (*head.indistinct, *head.together) for name in pair}
    others = []
    for one in head.doubts:
        if one.code == WEEKDAY:
            yield Reason(code="data.weekday", level=Level.CARE, text=f"{one.text} {one.remedy}".strip())
        elif one.code == NEGATIVE:
            yield Reason(code="data.negative", level=Level.CARE, text=f"{_with_place(one)} {one.remedy}".strip())
        elif not (one.code == "rows.span" and below(head.periods, PERIODS)) and not (
            one.code.startswith("drivers.") and one.column in apart
        ):
            others.append(one)
    named = _named(others)
    more = [one for one in others if one not in named]
    paid = {name for one in head.channels for name in (one.channel, one.column)}
    for one in named:
        text = _doubt(one) + (_leak(one.column in paid) if one.code == LEAK else "")
        code = "data.leak" if one.code == LEAK else "data.doubt"
        yield Reason(code=code, level=Level.CARE, text=text + (_rest(more) if one is named[-1] else ""))


def _named(others: list[Finding]) -> list[Finding]:
    """The gravest doubts, a leak among them where there is one."""
    named = others[:NAMED]
    leak = next((one for one in others if one.code == LEAK), None)
    return named if leak is None or leak in named else [*named[: NAMED - 1], leak]


def _leak(of_media: bool) -> str:
    if of_media:
        return " If it is set by sales, no model can tell what it brings, and it takes the credit of the others."
    return " If it is part of it or follows from it, it takes the credit of all media: then leave it out."


def _doubt(one: Finding) -> str:
    about = f" about “{one.column}”" if one.column and one.column not in one.text else ""
    return f"The data came with a doubt{about}: {_with_place(one)}"


def _with_place(one: Finding) -> str:
    where = f" ({one.where})" if one.where and one.code.startswith(WITH_PLACE) else ""
    return f"{one.text.rstrip('.')}{where}."


def _rest(more: list[Finding]) -> str:
    if not more:
        return ""
    about = list(dict.fromkeys(f"“{one.column}”" if one.column else _subject(one) for one in more))
    rest = ["others"] if len(about) > NAMED_SHORTLY else []
    are = "is 1 more such doubt" if len(more) == 1 else f"are {len(more)} more such doubts"
    return f" There {are}, about {listed([*about[:NAMED_SHORTLY], *rest])}."


def _subject(one: Finding) -> str:
    return SUBJECTS.get(one.code.split(".")[0], "the data")
