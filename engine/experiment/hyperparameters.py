"""Where the search may look: ranges of adstock and saturation per medium, and of what else is searched.

Presets are chosen by a channel's exact name: that of the column it is modelled on or that of its spend.
Names and numbers are those of the field's existing launcher; what a configuration gives itself wins.
"""

from collections.abc import Iterator
from typing import Literal

from engine.errors import BadConfig
from engine.experiment.job_config import Adstock, JobConfig
from engine.experiment.values import Range as Range
from engine.experiment.values import nearest, pair

Kind = Literal["alphas", "gammas", "thetas", "shapes", "scales"]
Ranges = dict[Kind, Range]

# Which hyperparameters a medium has.
KINDS_OF: dict[Adstock, tuple[Kind, ...]] = {
    "geometric": ("alphas", "gammas", "thetas"),
    "weibull_cdf": ("alphas", "gammas", "shapes", "scales"),
    "weibull_pdf": ("alphas", "gammas", "shapes", "scales"),
}
KINDS: tuple[Kind, ...] = ("alphas", "gammas", "thetas", "shapes", "scales")


def _geometric(alphas: Range, gammas: Range, thetas: Range) -> Ranges:
    return {"alphas": alphas, "gammas": gammas, "thetas": thetas}


def _weibull(shapes: Range, scales: Range) -> Ranges:
    return {"alphas": (0.5, 3), "gammas": (0.3, 1), "shapes": shapes, "scales": scales}


_NARROW = {"": _geometric((1, 3), (0.6, 0.9), (0.1, 0.4))}
_NARROW_WEIBULL = {"": _weibull((0.5, 2.5), (0.001, 0.15))}

# Preset → adstock → ranges by name; "" stands for all other names.
PRESETS: dict[str, dict[Adstock, dict[str, Ranges]]] = {
    "Facebook recommend": {
        "geometric": {
            "": _geometric((0.5, 3), (0.3, 1), (0, 0.3)),
            "TV_COST": _geometric((0.5, 3), (0.3, 1), (0.3, 0.8)),
        },
        "weibull_cdf": {"": _weibull((0.0001, 2), (0, 0.1))},
        # Robyn's own upper end, where the launcher has 2 for both kinds: an effect that peaks later needs a shape
        # well above 2.
        "weibull_pdf": {"": _weibull((0.0001, 10), (0, 0.1))},
    },
    "Meshed recommend": {
        "geometric": {
            **_NARROW,
            "ORGANIC_TRAFFIC": _geometric((0.5, 2), (0.3, 0.7), (0.9, 0.99)),
            "TV_COST": _geometric((0.8, 2.2), (0.6, 0.99), (0.7, 0.95)),
            "PARTNERSHIP_COSTS": _geometric((0.65, 2.25), (0.45, 0.875), (0.3, 0.625)),
        },
        "weibull_cdf": _NARROW_WEIBULL,
        "weibull_pdf": _NARROW_WEIBULL,
    },
}
# A configuration that gives its own ranges; what it leaves out is narrow.
CUSTOM = "Custom"
_CUSTOM: dict[Adstock, dict[str, Ranges]] = {
    "geometric": _NARROW,
    "weibull_cdf": _NARROW_WEIBULL,
    "weibull_pdf": _NARROW_WEIBULL,
}

# Robyn's limits: lowest, highest, whether each itself is allowed, and how to say it.
_LIMITS: dict[str, tuple[float, float, bool, bool, str]] = {
    "alphas": (0, 10, False, False, "above 0 and below 10"),
    "gammas": (0, 1, False, True, "above 0 and at most 1"),
    "thetas": (0, 1, True, False, "at least 0 and below 1"),
    "shapes": (0, 20, True, False, "at least 0 and below 20"),
    "scales": (0, 1, True, True, "at least 0 and at most 1"),
    "penalty": (0, 1, True, True, "at least 0 and at most 1"),
    "train_size": (0.1, 1, False, True, "above 0.1 and at most 1"),
}


def search_ranges(config: JobConfig) -> dict[str, Range]:
    """Return name → (low, high) of everything that is searched, but lambda, which always is in [0, 1].

    `{medium}_{kind}` for every paid and organic medium, in the kinds that the adstock has; `train_size` with
    `ts_validation`; `{variable}_penalty` for every column of the model with `add_penalty_factor`. A fixed value
    is a range whose ends are equal.

    Raises BadConfig with every problem at once: unknown preset, unknown names, ranges outside Robyn's limits.
    """
    problems = range_problems(config)
    if problems:
        raise BadConfig(
            "The ranges of the search cannot be used.",
            f"Correct these: {'; '.join(problems)}.",
            field="custom_hyperparameters",
        )
    given, preset = _given(config), _preset(config)
    ranges = {}
    for medium, spend in _media(config).items():
        default = preset.get(medium) or preset.get(spend) or preset[""]
        for kind in KINDS_OF[config.adstock]:
            ranges[f"{medium}_{kind}"] = given.get(f"{medium}_{kind}", default[kind])
    if config.ts_validation:
        ranges["train_size"] = config.train_size
    if config.add_penalty_factor:
        for variable in config.drivers:
            ranges[f"{variable}_penalty"] = given.get(f"{variable}_penalty", (0.0, 1.0))
    return {name: (float(low), float(high)) for name, (low, high) in ranges.items()}


def range_problems(config: JobConfig) -> list[str]:
    """Say everything that is wrong with the preset and the configuration's own ranges."""
    return list(_problems(config))


def outside(name: str, value: float) -> list[str]:
    """Say if one value of a hyperparameter lies outside Robyn's limits."""
    return list(_outside(name, (value, value), name if name == "train_size" else name.rsplit("_", 1)[1]))


def _preset(config: JobConfig) -> dict[str, Ranges]:
    if config.hyperparameter_preset == CUSTOM and config.custom_hyperparameters:
        return _CUSTOM[config.adstock]
    return PRESETS.get(config.hyperparameter_preset, PRESETS["Meshed recommend"])[config.adstock]


def _media(config: JobConfig) -> dict[str, str]:
    """Modelled column → the name its channel also goes by."""
    paid = dict(zip(config.modelled_media, config.paid_media_spends, strict=False))
    return paid | {name: name for name in config.organic_vars}


def _names(config: JobConfig) -> dict[str, str]:
    """What a range may be called → what it is a range of. A channel's spend may stand for its exposure."""
    media = _media(config)
    both = {spend: medium for medium, spend in media.items()} | {medium: medium for medium in media}
    names = {f"{called}_{kind}": f"{medium}_{kind}" for called, medium in both.items() for kind in KINDS}
    return names | {f"{variable}_penalty": f"{variable}_penalty" for variable in config.drivers}


def _problems(config: JobConfig) -> Iterator[str]:
    preset = config.hyperparameter_preset
    choices = [*PRESETS, CUSTOM]
    if preset not in choices:
        near = nearest(preset, choices)
        yield f"hyperparameter_preset “{preset}” is unknown; " + (
            f"did you mean “{near}”" if near else f"choose {' or '.join(choices)}"
        )
    names, given = _names(config), config.custom_hyperparameters
    called: dict[str, str] = {}
    for name, value in given.items():
        if name in _global_names():
            continue
        if name == "lambda":
            yield "lambda: is always searched in [0, 1]; leave it out"
        elif name == "train_size":
            yield "train_size: is a key of its own beside custom_hyperparameters; move it there"
        elif name not in names:
            near = nearest(name, names)
            yield f"{name}: belongs to no medium of this model" + (f"; did you mean {near}" if near else "")
        else:
            if names[name] in called:
                yield f"{name}: is the same range as {called[names[name]]}; give one of them"
            called[names[name]] = name
            if name.endswith("_penalty") and not config.add_penalty_factor:
                yield f"{name}: is searched with add_penalty_factor only; set that to true"
            yield from _outside(name, pair(value), name.rsplit("_", 1)[1])
    for kind in KINDS:
        low, high = f"{kind}_min", f"{kind}_max"
        if low in given and high in given:
            yield from _outside(f"all_{kind}", (given[low][0], given[high][-1]), kind)
        elif low in given or high in given:
            yield f"{low if low in given else high}: give {high if low in given else low} as well"
    yield from _outside("train_size", config.train_size, "train_size")


def _outside(name: str, ends: Range, kind: str) -> Iterator[str]:
    low, high = ends
    if not low <= high:
        yield f"{name}: the low end {low:g} is above the high end {high:g}"
    lowest, highest, with_lowest, with_highest, words = _LIMITS[kind]
    inside_low = low >= lowest if with_lowest else low > lowest
    inside_high = high <= highest if with_highest else high < highest
    if not (inside_low and inside_high):
        yield f"{name}: [{low:g}, {high:g}] must be {words}"


def _given(config: JobConfig) -> dict[str, Range]:
    """The configuration's own ranges by full name, a kind's global `alphas_min`, `alphas_max` spread over all media."""
    names, own = _names(config), config.custom_hyperparameters
    spread = {
        f"{medium}_{kind}": (own[f"{kind}_min"][0], own[f"{kind}_max"][-1])
        for kind in KINDS
        if f"{kind}_min" in own
        for medium in _media(config)
    }
    return spread | {names[name]: pair(value) for name, value in own.items() if name in names}


def _global_names() -> set[str]:
    return {f"{kind}_{end}" for kind in KINDS for end in ("min", "max")}
