"""The words that a sheet is filled in with: ours, those of other tools, and a few that people write instead."""

from difflib import get_close_matches
from typing import Final

from engine.data.mapping import Folding, GoalKind
from engine.data.sheet import (
    CATEGORY,
    CONTEXT,
    COUNTRY,
    DATE,
    EXPOSURE,
    FURTHER,
    GOAL,
    HEAD,
    ORGANIC,
    ROLES,
    SPEND,
    UNUSED,
    USUAL,
)

_ROLES: Final = {
    DATE: "date_var ds day",
    GOAL: "dep_var kpi main main_goal target dependent",
    FURTHER: "further other_goal second_goal secondary goal2",
    SPEND: "paid_media_spends paid_media_spend cost costs spends budget media",
    EXPOSURE: "exposures paid_media_vars paid_media_var impressions clicks",
    ORGANIC: "organic_vars organic_var owned unpaid",
    CONTEXT: "context_vars context_var driver control other_driver",
    CATEGORY: "factor_vars factor_var factor flag categorical event",
    COUNTRY: "country_var market",
    UNUSED: "none no ignore ignored not_used drop - – skip",
}
_FOLDINGS: Final = {
    "sum": "added_up add total",
    "mean": "average avg averaged",
    "max": "highest maximum",
    "min": "lowest minimum",
    "mode": "commonest most_common",
    USUAL: "auto as_usual default automatic",
}
_KINDS: Final = {"revenue": "money gmv sales", "conversion": "conversions count orders"}
_YES: Final = {"yes": True, "y": True, "true": True, "x": True, "1": True, "ja": True, "oui": True}
_NO: Final = {"no": False, "n": False, "false": False, "0": False, "nein": False, "non": False}
_HEADS: Final = {
    "column": "variable var name field columns",
    "role": "category",
    "channel": "media_channel",
    "sub_channel": "subchannel part",
    "aggregation": "agg agg_strategy aggregate",
    "goal": "goal_kind goal_type kind counts",
    "exposure_of": "spend_of of_spend",
    "tags": "tag custom_tags",
    "label": "display_name labels",
    "examples": "example example_values values",
    "guessed": "guess what_was_guessed",
}


def plain(text: str) -> str:
    """A word as words are compared: small letters, `_` between."""
    return "_".join(text.lower().replace("_", " ").replace("-", " ").split()) or text.strip()


def _table(words: dict[str, str]) -> dict[str, str]:
    return {one: ours for ours, others in words.items() for one in (plain(ours), *others.split())}


ROLE_WORDS: Final = _table(_ROLES)
FOLDING_WORDS: Final = _table(_FOLDINGS)
KIND_WORDS: Final = _table(_KINDS)
HEAD_WORDS: Final = {plain(name): name for name in HEAD} | _table(_HEADS)


def role(text: str) -> str | None:
    """The role that a cell names; None for no role that we know. An empty cell is no role."""
    return ROLE_WORDS.get(plain(text)) if text.strip() else UNUSED


def folding(text: str) -> Folding | str | None:
    """How rows become one, by a cell: None as usual, an empty text for no way that we know."""
    found = FOLDING_WORDS.get(plain(text), "") if text.strip() else USUAL
    return None if found == USUAL else found


def goal_kind(text: str) -> GoalKind | None:
    found = KIND_WORDS.get(plain(text))
    return "revenue" if found == "revenue" else "conversion" if found == "conversion" else None


def truth(text: str) -> bool | None:
    """Whether a cell says yes; None where it says neither."""
    return (_YES | _NO).get(text.strip().lower())


def near(text: str, known: tuple[str, ...] | list[str], most: int = 60) -> str:
    """The end of a sentence that names what was meant, where something is alike."""
    found = get_close_matches(text[:most], [one[:most] for one in known], n=1)
    return f" Did you mean “{found[0]}”?" if found else ""


def near_role(text: str) -> str:
    found = get_close_matches(plain(text)[:40], ROLE_WORDS, n=1)
    meant = f" Did you mean “{ROLE_WORDS[found[0]]}”?" if found else ""
    return meant or f" The roles are {', '.join(ROLES)}."
