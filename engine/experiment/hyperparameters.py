"""Where the search may look: ranges of adstock and saturation per medium.

Presets are chosen by a channel's exact name: that of the column it is modelled on or that of its spend.
Names and numbers are those of the field's existing launcher; what a configuration gives itself wins.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from engine.errors import BadConfig
from engine.experiment.job_config import JobConfig

Range = tuple[float, float]
Kind = Literal["alphas", "gammas", "thetas"]

KINDS: tuple[Kind, ...] = ("alphas", "gammas", "thetas")
# Read but of no meaning for geometric adstock; a configuration may carry them along.
OTHER_KINDS = ("shapes", "scales")


@dataclass(frozen=True)
class Ranges:
    """One medium's ranges."""

    alphas: Range
    gammas: Range
    thetas: Range


_WIDE = Ranges((0.5, 3), (0.3, 1), (0, 0.3))
_NARROW = Ranges((1, 3), (0.6, 0.9), (0.1, 0.4))

# Preset → ranges by name; "" stands for all other names.
PRESETS: dict[str, dict[str, Ranges]] = {
    "Facebook recommend": {"": _WIDE, "TV_COST": Ranges((0.5, 3), (0.3, 1), (0.3, 0.8))},
    "Meshed recommend": {
        "": _NARROW,
        "ORGANIC_TRAFFIC": Ranges((0.5, 2), (0.3, 0.7), (0.9, 0.99)),
        "TV_COST": Ranges((0.8, 2.2), (0.6, 0.99), (0.7, 0.95)),
        "PARTNERSHIP_COSTS": Ranges((0.65, 2.25), (0.45, 0.875), (0.3, 0.625)),
    },
}
# A configuration that gives its own ranges; what it leaves out is narrow.
CUSTOM = "Custom"

# Robyn's limits: lowest, highest, whether each itself is allowed, and how to say it.
_LIMITS: dict[Kind, tuple[float, float, bool, bool, str]] = {
    "alphas": (0, 10, False, False, "above 0 and below 10"),
    "gammas": (0, 1, False, True, "above 0 and at most 1"),
    "thetas": (0, 1, True, False, "at least 0 and below 1"),
}


def search_ranges(config: JobConfig) -> dict[str, Range]:
    """Return `{medium}_{kind}` → (low, high) for every paid and organic medium of the configuration.

    Raises BadConfig with every problem at once: unknown preset, unknown names, ranges outside Robyn's limits.
    """
    problems = range_problems(config)
    if problems:
        raise BadConfig(
            "The ranges of the search cannot be used.",
            f"Correct these: {'; '.join(problems)}.",
            field="custom_hyperparameters",
        )
    given = _given(config)
    preset = PRESETS.get(config.hyperparameter_preset, {"": _NARROW} if config.custom_hyperparameters else {})
    preset = preset or PRESETS["Meshed recommend"]
    ranges = {}
    for medium, spend in _media(config).items():
        default = preset.get(medium) or preset.get(spend) or preset[""]
        for kind in KINDS:
            name = f"{medium}_{kind}"
            low, high = given.get(name, getattr(default, kind))
            ranges[name] = (float(low), float(high))
    return ranges


def range_problems(config: JobConfig) -> list[str]:
    """Say everything that is wrong with the preset and the configuration's own ranges."""
    return list(_problems(config))


def _media(config: JobConfig) -> dict[str, str]:
    """Modelled column → the name its channel also goes by."""
    paid = dict(zip(config.modelled_media, config.paid_media_spends, strict=False))
    return paid | {name: name for name in config.organic_vars}


def _problems(config: JobConfig) -> Iterator[str]:
    preset = config.hyperparameter_preset
    choices = [*PRESETS, CUSTOM]
    if preset not in choices:
        near = get_close_matches(preset, choices, n=1)
        yield f"hyperparameter_preset “{preset}” is unknown; " + (
            f"did you mean “{near[0]}”" if near else f"choose {' or '.join(choices)}"
        )
    media = _media(config)
    allowed = {f"{medium}_{kind}" for medium in media for kind in (*KINDS, *OTHER_KINDS)}
    for name, value in config.custom_hyperparameters.items():
        if name == "lambda":
            yield "lambda: is always searched in [0, 1]; leave it out"
        elif name not in allowed and name not in _global_names():
            near = get_close_matches(name, sorted(allowed), n=1)
            yield f"{name}: belongs to no medium of this model" + (f"; did you mean {near[0]}" if near else "")
        elif name not in _global_names():
            yield from _outside(name, value)
    for kind, (low, high) in _global(config).items():
        yield from _outside(f"all_{kind}", (low, high))


def _outside(name: str, value: Any) -> Iterator[str]:
    kind = name.rsplit("_", 1)[1]
    if kind not in KINDS:
        return
    low, high = _pair(value)
    if not low <= high:
        yield f"{name}: the low end {low:g} is above the high end {high:g}"
    lowest, highest, with_lowest, with_highest, words = _LIMITS[kind]
    inside_low = low >= lowest if with_lowest else low > lowest
    inside_high = high <= highest if with_highest else high < highest
    if not (inside_low and inside_high):
        yield f"{name}: [{low:g}, {high:g}] must be {words}"


def _given(config: JobConfig) -> dict[str, Range]:
    """The configuration's own ranges by full name, a kind's global `alphas_min`, `alphas_max` spread over all media."""
    own = {name: _pair(value) for name, value in config.custom_hyperparameters.items() if name not in _global_names()}
    return {f"{medium}_{kind}": both for kind, both in _global(config).items() for medium in _media(config)} | own


def _global(config: JobConfig) -> dict[str, Range]:
    """A kind's `alphas_min`, `alphas_max`, where both are given."""
    own: Mapping[str, Any] = config.custom_hyperparameters
    return {
        kind: (_pair(own[f"{kind}_min"])[0], _pair(own[f"{kind}_max"])[0])
        for kind in KINDS
        if f"{kind}_min" in own and f"{kind}_max" in own
    }


def _global_names() -> set[str]:
    return {f"{kind}_{end}" for kind in (*KINDS, *OTHER_KINDS) for end in ("min", "max")}


def _pair(value: Any) -> Range:
    """Read [low, high], [value] or a number."""
    if isinstance(value, int | float):
        return (value, value)
    return (value[0], value[-1])
