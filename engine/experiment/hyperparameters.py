"""Where the search may look: ranges of adstock and saturation per medium, and of what else is searched.

What a configuration gives itself wins over its preset (`presets.py`).
"""

from collections.abc import Iterator

from engine.data.dates import Interval
from engine.errors import BadConfig
from engine.experiment.job_config import JobConfig
from engine.experiment.presets import CUSTOM, PARAMETERS, PARAMETERS_OF, PRESETS, Ranges, preset_ranges
from engine.experiment.values import Range as Range
from engine.experiment.values import nearest, pair

# Robyn's limits, and ours for what it does not have: lowest, highest, whether each itself is allowed, and how to say
# it. A peak may come a year of days later.
_LIMITS: dict[str, tuple[float, float, bool, bool, str]] = {
    "alphas": (0, 10, False, False, "above 0 and below 10"),
    "gammas": (0, 1, False, True, "above 0 and at most 1"),
    "thetas": (0, 1, True, False, "at least 0 and below 1"),
    "shapes": (0, 20, True, False, "at least 0 and below 20"),
    "scales": (0, 1, True, True, "at least 0 and at most 1"),
    "peaks": (0, 366, True, True, "at least 0 and at most 366 periods"),
    "kinds": (0, 4, True, True, "at least 0 and at most 4"),
    "penalty": (0, 1, True, True, "at least 0 and at most 1"),
    "train_size": (0.1, 1, False, True, "above 0.1 and at most 1"),
}


def search_ranges(config: JobConfig, interval: Interval = "week") -> dict[str, Range]:
    """Return name → (low, high) of everything that is searched, but lambda, which always is in [0, 1].

    `{medium}_{parameter}` for every paid and organic medium, in the parameters that the adstock has; `train_size` with
    `ts_validation`; `{variable}_penalty` for every column of the model with `add_penalty_factor`. A fixed value
    is a range whose ends are equal. interval: of the data that are trained on; effects last longer in days.

    Raises BadConfig with every problem at once: unknown preset, unknown names, ranges outside Robyn's limits.
    """
    problems = range_problems(config)
    if problems:
        raise BadConfig(
            "The ranges of the search cannot be used.",
            f"Correct these: {'; '.join(problems)}.",
            field="custom_hyperparameters",
        )
    given, ranges = _given(config), {}
    for medium, spend in _media(config).items():
        default = _preset(config, interval, (medium, spend))
        for parameter in PARAMETERS_OF[config.adstock]:
            ranges[f"{medium}_{parameter}"] = given.get(f"{medium}_{parameter}", default[parameter])
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


def _preset(config: JobConfig, interval: Interval, names: tuple[str, str]) -> Ranges:
    preset = config.hyperparameter_preset
    if preset == CUSTOM and not config.custom_hyperparameters:
        # The launcher's own way with a preset that it does not find.
        preset = "Meshed recommend"
    return preset_ranges(preset, config.adstock, config.selection, interval, names)


def _media(config: JobConfig) -> dict[str, str]:
    """Modelled column → the name its channel also goes by."""
    paid = dict(zip(config.modelled_media, config.paid_media_spends, strict=False))
    return paid | {name: name for name in config.organic_vars}


def _names(config: JobConfig) -> dict[str, str]:
    """What a range may be called → what it is a range of. A channel's spend may stand for its exposure."""
    media = _media(config)
    both = {spend: medium for medium, spend in media.items()} | {medium: medium for medium in media}
    names = {f"{called}_{kind}": f"{medium}_{kind}" for called, medium in both.items() for kind in PARAMETERS}
    return names | {f"{variable}_penalty": f"{variable}_penalty" for variable in config.drivers}


def _problems(config: JobConfig) -> Iterator[str]:
    preset = config.hyperparameter_preset
    if preset not in PRESETS:
        near = nearest(preset, PRESETS)
        yield f"hyperparameter_preset “{preset}” is unknown; " + (
            f"did you mean “{near}”" if near else f"choose {' or '.join(PRESETS)}"
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
    for kind in PARAMETERS:
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
        for kind in PARAMETERS
        if f"{kind}_min" in own
        for medium in _media(config)
    }
    return spread | {names[name]: pair(value) for name, value in own.items() if name in names}


def _global_names() -> set[str]:
    return {f"{kind}_{end}" for kind in PARAMETERS for end in ("min", "max")}
