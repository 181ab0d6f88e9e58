"""Ranges of the search by name: what a preset says of a medium's adstock and saturation.

“Wide” is the same for every medium, whatever it is called. The other two are the field's existing launcher's, with its
names and numbers; they know a few channels by name, and only where a model is chosen by Robyn's rule: by evidence the
data decide, and a name must not, so each medium gets all that the preset has for any.
"""

from collections.abc import Sequence
from typing import Literal

from engine.data.column_words import words
from engine.data.dates import Interval
from engine.experiment.job_config import WIDE, Adstock, SelectionRule
from engine.experiment.values import Range

Parameter = Literal["alphas", "gammas", "thetas", "peaks", "shapes", "scales", "kinds"]
Ranges = dict[Parameter, Range]
Medium = Literal["tv", "partners", "organic traffic"]

# Which hyperparameters a medium has.
PARAMETERS_OF: dict[Adstock, tuple[Parameter, ...]] = {
    "geometric": ("alphas", "gammas", "thetas"),
    "weibull_cdf": ("alphas", "gammas", "shapes", "scales"),
    "weibull_pdf": ("alphas", "gammas", "shapes", "scales"),
    "delayed": ("alphas", "gammas", "thetas", "peaks"),
    "auto": ("alphas", "gammas", "thetas", "peaks", "shapes", "scales", "kinds"),
}
PARAMETERS = PARAMETERS_OF["auto"]

FACEBOOK, MESHED = "Facebook recommend", "Meshed recommend"
# A configuration that gives its own ranges; what it leaves out is narrow.
CUSTOM = "Custom"

_SATURATION: Ranges = {"alphas": (0.5, 3), "gammas": (0.3, 1)}
# What lasts as long by days as by weeks: θ of a day is about the seventh root of that of a week.
_WIDE: dict[Interval, Ranges] = {
    "day": {"thetas": (0, 0.98), "peaks": (0, 42)},
    "week": {"thetas": (0, 0.9), "peaks": (0, 10)},
    "month": {"thetas": (0, 0.65), "peaks": (0, 3)},
}
# Shapes well above 2 peak later; scales are shares of the data's length, so of years rather than of periods.
_WIDE_REST: Ranges = {"shapes": (0.5, 10), "scales": (0, 0.1), "kinds": (0, 4)}

_NARROW: Ranges = {"alphas": (1, 3), "gammas": (0.6, 0.9), "thetas": (0.1, 0.4)}
_NARROW_WEIBULL: Ranges = {**_SATURATION, "shapes": (0.5, 2.5), "scales": (0.001, 0.15)}

# Preset → adstock → ranges by kind of medium; "" stands for all others.
_PRESETS: dict[str, dict[Adstock, dict[Medium | Literal[""], Ranges]]] = {
    FACEBOOK: {
        "geometric": {
            "": {**_SATURATION, "thetas": (0, 0.3)},
            "tv": {**_SATURATION, "thetas": (0.3, 0.8)},
        },
        "weibull_cdf": {"": {**_SATURATION, "shapes": (0.0001, 2), "scales": (0, 0.1)}},
        # Robyn's own upper end, where the launcher has 2 for both kinds: an effect that peaks later needs a shape
        # well above 2.
        "weibull_pdf": {"": {**_SATURATION, "shapes": (0.0001, 10), "scales": (0, 0.1)}},
    },
    MESHED: {
        "geometric": {
            "": _NARROW,
            "organic traffic": {"alphas": (0.5, 2), "gammas": (0.3, 0.7), "thetas": (0.9, 0.99)},
            "tv": {"alphas": (0.8, 2.2), "gammas": (0.6, 0.99), "thetas": (0.7, 0.95)},
            "partners": {"alphas": (0.65, 2.25), "gammas": (0.45, 0.875), "thetas": (0.3, 0.625)},
        },
        "weibull_cdf": {"": _NARROW_WEIBULL},
        "weibull_pdf": {"": _NARROW_WEIBULL},
    },
    CUSTOM: {
        "geometric": {"": _NARROW},
        "weibull_cdf": {"": _NARROW_WEIBULL},
        "weibull_pdf": {"": _NARROW_WEIBULL},
    },
}
PRESETS = (WIDE, FACEBOOK, MESHED, CUSTOM)

# What a preset knows of an adstock that the launcher did not have.
_AS: dict[Adstock, tuple[Adstock, ...]] = {"delayed": ("geometric",), "auto": ("weibull_pdf", "geometric")}

_TV = {"tv", "television", "televisione", "televisao", "fernsehen"}
_PARTNERS = {"partnership", "partnerships"}


def kind_of_medium(name: str) -> Medium | None:
    """Return what kind of medium a column's name says it is, as far as a preset has ranges for it.

    By whole words in any case and writing: `TV_COST`, `tv`, `TV Spend` and `televisionSpend` are television.
    """
    said = set(words(name))
    if said & _TV:
        return "tv"
    if said & _PARTNERS:
        return "partners"
    return "organic traffic" if {"organic", "traffic"} <= said else None


def preset_ranges(
    preset: str, adstock: Adstock, selection: SelectionRule, interval: Interval, names: Sequence[str]
) -> Ranges:
    """Return the ranges of one medium by a preset, an unknown one as “Meshed recommend”.

    names: what the medium goes by; they count only under `selection: robyn`. What a preset does not have is wide.
    """
    ranges: Ranges = {**_SATURATION, **_WIDE[interval], **_WIDE_REST}
    if preset != WIDE:
        known = _PRESETS.get(preset, _PRESETS[MESHED])
        for one in _AS.get(adstock, (adstock,)):
            ranges |= _of_medium(known[one], selection, names)
    return {parameter: ranges[parameter] for parameter in PARAMETERS_OF[adstock]}


def _of_medium(known: dict[Medium | Literal[""], Ranges], selection: SelectionRule, names: Sequence[str]) -> Ranges:
    if selection == "robyn":
        kinds = [kind for name in names if (kind := kind_of_medium(name)) in known]
        return known[kinds[0] or ""] if kinds else known[""]
    spans: Ranges = {}
    for ranges in known.values():
        for parameter, (low, high) in ranges.items():
            least, most = spans.get(parameter, (low, high))
            spans[parameter] = (min(low, least), max(high, most))
    return spans
