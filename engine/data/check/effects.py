"""What a change would do, seen by making it: the recipe is changed and applied, and both outcomes are compared."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.data.check.applied import Applied
from engine.data.check.columns import observations_per_driver
from engine.data.check.found import Looked, inside
from engine.data.check.ranks import line
from engine.data.check.together import vif_in_short
from engine.data.grid import Grid
from engine.data.recipe import Change, Recipe, mapping_with
from engine.data.recipe_changes import changed
from engine.data.rules import rows
from engine.data.rules.likeness import CORRELATED
from engine.errors import BadData, BadInput
from engine.labels import listed
from engine.number_words import counted, part, short

# A VIF that falls by less, and one that is no higher, is not worth a word.
FALLS, WORTH = 0.8, 2.0
# So many columns a remedy names of what it would make worse.
FEW = 2


@dataclass(frozen=True)
class Effects:
    """Tells what changes would do to what is looked at. `grid`: the one of `recipe`."""

    looked: Looked
    recipe: Recipe
    applied: Applied
    grid: Grid

    def of(self, change: Change, *, grave: bool = True) -> str | None:
        """Say in a few words what a change would do; None where it cannot be made or does nothing.

        grave: it would mend what stops a training. What does not stop one is not mended by what does.
        """
        try:
            recipe = changed(self.recipe, change)
            if change.kind == "accept":
                return "it stays as it is, and is told below from then on"
            after = self._after(change, recipe)
        except (BadInput, BadData):
            return None
        said, then = list(self._said(change, after)), list(_worse(self.looked, after))
        if any(stops for stops, _ in then) and not grave:
            return None
        said[1:1] = [f"but then {text}" for _, text in then]
        if not said and change.kind == "drop":
            said = [f"one driver fewer of {len(self.looked.drivers)}"]
        return "; ".join(said) or None

    def _after(self, change: Change, recipe: Recipe) -> Looked:
        if change.kind == "drop":
            # What is left out changes no other column: the same rows without it are what applying gives.
            roles = mapping_with(recipe, self.looked.roles)
            frame = self.looked.frame[list(roles.model_columns)]
            known = set(roles.drivers) <= set(self.looked.roles.drivers)
            return replace(self.looked, frame=frame, roles=roles, beside=self.looked.together if known else None)
        if change.kind in ("clip", "fill"):
            # Within one column, too: the others are as they were.
            column = self.applied.prepared(recipe, self.grid, only=change.column).frame
            column = inside(column, self.looked.roles.date_var, recipe)
            if len(column) == len(self.looked.frame):
                frame = self.looked.frame.assign(**{change.column: column[change.column].to_numpy()})
                return replace(self.looked, frame=frame)
        if change.kind == "window" and self._only_narrower(recipe):
            frame = inside(self.looked.frame, self.looked.roles.date_var, recipe)
            if frame.empty:
                raise BadData("The window holds no rows.")
            return replace(self.looked, frame=frame)
        made = self.applied.prepared(recipe)
        frame = inside(made.frame, made.mapping.date_var, recipe)
        return replace(self.looked, frame=frame, roles=made.mapping, interval=made.interval)

    def _only_narrower(self, recipe: Recipe) -> bool:
        """Whether a window's rows are some of those that are looked at, value by value."""
        before = self.recipe
        same = not recipe.clip and recipe.resample == "none" and self.grid.calendar.regular
        # What a hole is filled with may come from rows that the window leaves out; 0 does not.
        holes = [str(name) for name, some in self.grid.frame.isna().any().items() if some and name != recipe.goal]
        same = same and all(
            self.grid.rules[name] == "sum" and name not in recipe.fill for name in holes if name in self.grid.rules
        )
        starts = before.start is None or (recipe.start is not None and recipe.start >= before.start)
        ends = before.end is None or (recipe.end is not None and recipe.end <= before.end)
        return same and starts and ends

    def _said(self, change: Change, after: Looked) -> Iterator[str]:
        before = self.looked
        if change.kind == "clip":
            yield from _clipped(before, after, change.column)
        if change.kind == "fill":
            yield from _filled(before, after, change.column)
        if change.kind == "exposure":
            yield from _exposed(before, after, change.column)
        if change.kind in ("window", "resample"):
            yield f"{before.view.count(len(before.frame))} become {after.view.count(len(after.frame))}"
        yield from _inflation(before, after, change.column)
        yield from _condition(before, after)
        ratios = [observations_per_driver(len(one.frame), one.roles.drivers) for one in (before, after)]
        if abs(ratios[1] - ratios[0]) >= 0.05 * ratios[0]:
            yield f"rows per driver from {short(ratios[0])} to {short(ratios[1])}"
        if change.kind == "drop" and change.column in before.roles.paid_media_spends:
            sums = {name: float(np.nansum(before.view.values(name))) for name in before.roles.paid_media_spends}
            whole = sum(sums.values())
            if whole > 0 and sums[change.column] > 0:
                yield f"{part(sums[change.column] / whole)} of spend is in the model no more"


def _worse(before: Looked, after: Looked) -> Iterator[tuple[bool, str]]:
    """What would be wrong then that is not now, and whether it stops a training for good."""
    known = {one.code for one in rows.enough(before.view) if one.grade == "FAIL"}
    for one in rows.enough(after.view):
        if one.grade == "FAIL" and one.code not in known:
            yield not one.overridable, one.text.rstrip(".")
    flat = [
        name
        for name in after.view.media
        if name in before.together.names and name in after.drivers and name not in after.together.names
    ]
    if flat:
        more = [f"{len(flat) - FEW:,} more"] if len(flat) > FEW else []
        verb = "takes" if len(flat) == 1 else "take"
        yield (
            False,
            f"{listed([*(f'“{name}”' for name in flat[:FEW]), *more])} no longer {verb} part: nothing changes there",
        )
    if after.beside is None:  # else it is some of the same columns
        told = _as_one(before)
        pairs = [pair for pair in _as_one(after) if pair not in told]
        if pairs:
            others = f" ({counted(len(pairs) - 1, 'more pair')})" if len(pairs) > 1 else ""
            yield True, f"{' and '.join(f'“{name}”' for name in sorted(pairs[0]))} move as one{others}"


def _as_one(looked: Looked) -> list[frozenset[str]]:
    """Pairs of drivers that no training takes together."""
    names = looked.together.names
    found = np.argwhere(np.triu(np.abs(looked.together.r) > CORRELATED[0], 1))
    return [frozenset((names[int(one)], names[int(other)])) for one, other in found]


def _inflation(before: Looked, after: Looked, column: str) -> Iterator[str]:
    """The driver whose VIF falls most, in proportion."""
    falls = [
        (after.together.vif(name) / factor if np.isfinite(factor) else 0.0, name, factor)
        for name, factor in zip(before.together.names, before.together.inflation, strict=True)
        if name in after.together.names and factor >= WORTH and before.part_of(name) != column
    ]
    if not falls:
        return
    share, name, factor = min(falls)
    now = after.together.vif(name)
    if share <= FALLS and (np.isfinite(now) or np.isfinite(factor)):
        yield f"VIF of “{name}” from {vif_in_short(factor)} to {vif_in_short(now)}"


def _condition(before: Looked, after: Looked) -> Iterator[str]:
    was, now = before.together.condition, after.together.condition
    if now < was and (not np.isfinite(was) or (was >= before.asked.condition[0] and now <= FALLS * was)):
        yield f"condition number from {vif_in_short(was)} to {vif_in_short(now)}"


def _clipped(before: Looked, after: Looked, name: str) -> Iterator[str]:
    was, now = before.view.values(name), after.view.values(name)
    if len(was) != len(now):
        return
    # A quantile is written with six digits: what that moves of the highest usual value is not cut.
    cut = int(np.sum(~np.isclose(np.nan_to_num(was), np.nan_to_num(now), rtol=1e-3, atol=0.0)))
    if not cut:
        return
    ends = [("largest", np.nanmax), ("smallest", np.nanmin)]
    moved = [(which, short(pick(was)), short(pick(now))) for which, pick in ends if pick(was) != pick(now)]
    told = " and ".join(f"the {which} value from {old} to {new}" for which, old, new in moved if old != new)
    yield f"{before.view.count(cut)} cut, {told}" if told else f"{before.view.count(cut)} cut, hardly at all"


def _filled(before: Looked, after: Looked, name: str) -> Iterator[str]:
    was, now = before.view.values(name), after.view.values(name)
    if len(was) == len(now):
        other = int(np.sum(~np.isclose(np.nan_to_num(was), np.nan_to_num(now), rtol=1e-6, atol=0.0)))
        if other:
            old, new = _mean(was), _mean(now)
            told = f"its mean stays {new}" if old == new else f"its mean from {old} to {new}"
            yield f"{counted(other, 'value')} of “{name}” change{'s' if other == 1 else ''}, {told}"


def _exposed(before: Looked, after: Looked, spend: str) -> Iterator[str]:
    used = [one.roles.exposures.get(spend, spend) for one in (before, after)]
    there = np.isfinite(before.goal)
    rho = [
        line(np.nan_to_num(one.view.values(name))[there], one.goal[there]).rho
        for one, name in zip((before, after), used, strict=True)
    ]
    yield f"the channel is told by “{used[1]}”: ρ with the goal from {rho[0]:.2f} to {rho[1]:.2f}"


def _mean(values: "np.typing.NDArray[np.float64]") -> str:
    return short(float(np.nanmean(values))) if np.isfinite(values).any() else "none"
