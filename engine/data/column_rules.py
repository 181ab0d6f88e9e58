"""How a column behaves where several rows become one, and where a value is missing: by its role, its name, and what
people said. Pure, so that a form offers what the preparation does, and refuses what it would refuse.
"""

from __future__ import annotations

from typing import Final, Literal

from engine.data.column_words import is_rate
from engine.data.intake import choices
from engine.data.intake.choices import Choices
from engine.data.mapping import Mapping
from engine.data.recipe import Fill
from engine.names import quoted

# event: of texts, what stands out from the ordinary day. commonest: of texts, what is there most often.
Rule = Literal["sum", "mean", "max", "min", "mode", "event", "commonest"]
TEXT_RULES: Final = ("event", "commonest")

FUNCTION_WORDS: Final[dict[Rule, str]] = {
    "sum": "added up",
    "mean": "averaged",
    "max": "the largest taken",
    "min": "the smallest taken",
    "mode": "the commonest taken",
    "event": "what stands out taken",
    "commonest": "the commonest taken",
}
FILL_WORDS: Final[dict[Fill, str]] = {
    "zero": "0",
    "previous": "the value before",
    "between": "a value between its neighbours",
    "mean": "its mean",
    "common": "its commonest value",
}


def rule_of(name: str, mapping: Mapping, *, text: bool, chosen: Choices | None = None) -> Rule:
    """Return how several rows of a modelled column become one. `text`: the column holds text.

    What somebody said of the column (`aggregation`) wins, then the remedy that was pressed, then the role and the name:
    money and counts are added up, a state (a price, a rate, a temperature) is averaged, a flag is set if it ever was.
    """
    if said := _said(name, mapping, text=text):
        return said
    if name in mapping.factor_vars:
        return "max"
    if wish := _wished(name, chosen):
        return wish
    made = {one.name for one in mapping.made}
    added = {mapping.dep_var, *mapping.paid_media_spends, *mapping.paid_media_vars, *mapping.organic_vars, *made}
    return "sum" if name in added and not is_rate(name) else "mean"


def rule_by_name(name: str, mapping: Mapping, *, text: bool, chosen: Choices | None = None) -> Rule:
    """Return the rule of a column that plays no role: what people said of it, what it holds, what its name says."""
    usual: Rule = "mean" if is_rate(name) else "sum"
    return _said(name, mapping, text=text) or _wished(name, chosen) or usual


def _said(name: str, mapping: Mapping, *, text: bool) -> Rule | None:
    """What somebody said of a column; text that nobody spoke of is an event."""
    said = mapping.aggregation.get(name)
    if text:
        return "commonest" if said == "mode" else "event"
    return said


def _wished(name: str, chosen: Choices | None) -> Rule | None:
    """The rule of the remedy that was pressed for a column, if any."""
    wish = (chosen or {}).get(choices.merged(name))
    return "sum" if wish == choices.ADDED else "mean" if wish == choices.AVERAGED else None


def usual_fill(rule: Rule, *, flag: bool) -> Fill:
    """Return what is taken where a value is missing and nobody said anything. `flag`: a category or a flag.

    Where nothing was counted, nothing was: 0. A state goes on between its neighbours. Of categories the ordinary one.
    """
    if flag:
        return "zero" if rule == "max" else "common"
    return {"sum": "zero", "mode": "previous"}.get(rule, "between")  # type: ignore[return-value]


def refused_fill(name: str, fill: Fill, rule: Rule, *, flag: bool) -> str:
    """Say in a sentence why a column cannot be filled so; empty where it can.

    A price, a rate, an index, a temperature or anything that is averaged is never 0 because nobody wrote it down.
    """
    if rule in TEXT_RULES:
        return "" if fill in ("previous", "common") else f"{quoted(name)} holds text: it has no {_of(fill)}."
    if flag:
        return "" if fill in ("zero", "previous", "common") else f"{quoted(name)} is a flag: it has no {_of(fill)}."
    if fill != "zero":
        return ""
    if is_rate(name):
        return f"{quoted(name)} is a price, a rate, an index or a temperature: a missing one is not 0."
    if rule != "sum":
        return f"{quoted(name)} describes a state ({FUNCTION_WORDS[rule]}, not added up): a missing one is not 0."
    return ""


def fills_for(name: str, rule: Rule, *, flag: bool) -> tuple[Fill, ...]:
    """Return the ways in which a column may be filled, as a form offers them."""
    return tuple(fill for fill in FILL_WORDS if not refused_fill(name, fill, rule, flag=flag))


def _of(fill: Fill) -> str:
    return {"zero": "0", "between": "value between two others", "mean": "mean"}.get(fill, fill)
