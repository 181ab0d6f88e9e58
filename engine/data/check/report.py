"""The check itself: everything that is found about what a recipe makes of data, gravest first, as one report."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd

from engine.data.check import alike, ends, fresh, values
from engine.data.check.applied import Applied
from engine.data.check.columns import ColumnFacts, column_facts, observations_per_driver
from engine.data.check.effects import Effects
from engine.data.check.exposures import Candidate, better, candidates, compare
from engine.data.check.fitting import as_made
from engine.data.check.found import Found, Looked, inside, say
from engine.data.check.profiles import Profile
from engine.data.check.remedies import with_remedies
from engine.data.check.verdict import verdict
from engine.data.check.words import Taken, label_of, taken
from engine.data.dataset import Finding
from engine.data.dates import step
from engine.data.grid import Grid
from engine.data.prepare import Prepared
from engine.data.quality import GRADES, review
from engine.data.recipe import Change, Recipe, recipe_of
from engine.data.trust import GUESSED
from engine.errors import BadData
from engine.labels import label

Rule = Callable[[Looked], Iterator[Found]]

RULES: Final[Sequence[Rule]] = (
    values.few_known,
    values.gaps,
    values.stopped,
    values.silent,
    values.outliers,
    values.level,
    ends.before_any_driver,
    ends.late_and_ended,
    alike.duplicates,
    alike.leaks,
    alike.inflated,
    alike.hard_to_tell_apart,
)
# What says more of the same thing than a finding of the checks at intake, and stands in its place.
SAYS_MORE: Final[dict[str, tuple[str, ...]]] = {
    "values.few": ("media.missing", "context.missing", "factor.missing", "values.gap", "values.stopped"),
    "values.gap": ("media.missing", "context.missing"),
    "values.stopped": ("media.missing", "context.missing", "factor.missing"),
    "drivers.copy": ("drivers.correlated",),
    "driver.leakage": ("driver.leakage",),
}
# So many remedies stand beside one finding.
REMEDIES: Final = 3


@dataclass(frozen=True)
class Remedy:
    """A change that would mend a finding, its button's words, and what it would do."""

    change: Change
    label: str
    effect: str


@dataclass(frozen=True)
class Item:
    """One line of the list. `first`: where to go before any remedy, such as `map`."""

    finding: Finding
    remedies: tuple[Remedy, ...] = ()
    first: str = ""


@dataclass(frozen=True)
class Report:
    """What a check found. `items` are open, gravest first; `known` were accepted; `taken` is what was changed."""

    verdict: str
    items: tuple[Item, ...]
    known: tuple[Item, ...]
    taken: tuple[Taken, ...]
    looked: Looked
    per_driver: float


def look(
    grid: Grid,
    prepared: Prepared,
    recipe: Recipe,
    profile: Profile,
    paired: Mapping[str, Sequence[str]] | None = None,
) -> Looked:
    """Return what is looked at: `prepared` within the recipe's window, and its periods as the grid had them.

    Raises BadData where nothing lies within it.
    """
    frame = inside(prepared.frame, prepared.mapping.date_var, recipe)
    if frame.empty:
        raise BadData("Within the window of the recipe there is no row.", "Choose another window in /mmm prepare.")
    days = pd.to_datetime(frame[prepared.mapping.date_var])
    first, behind = days.iloc[0].date(), step(days.iloc[-1].date(), prepared.interval)
    known = grid.frame[[first <= day < behind for day in grid.frame.index]]
    said = frozenset(recipe.fill)
    return Looked(frame, prepared.mapping, prepared.interval, known, profile, paired or {}, said)


def check(
    applied: Applied,
    recipe: Recipe,
    profile: Profile,
    *,
    today: date,
    accepted: Sequence[str] = (),
    made: Sequence[datetime] = (),
    now: datetime | None = None,
    paired: Mapping[str, Sequence[str]] | None = None,
    read: Sequence[Finding] = (),
    more: Sequence[Found] = (),
) -> Report:
    """Return what would go wrong with data as `recipe` makes them, and what each remedy would do.

    applied: the snapshot's rows, with those columns beside the mapping's that could stand for a channel. accepted:
    rules that were accepted when the dataset was made. made: when each snapshot of the family was made, by `now`. read:
    what was told when the dataset was made: readings that were guessed show in no rows later. more: what was found
    already. Raises BadData where the recipe makes nothing of these data.
    """
    grid = applied.grid(recipe)
    prepared = applied.prepared(recipe, grid)
    looked = look(grid, prepared, recipe, profile, paired)
    reviewed = review(prepared, start=recipe.start, end=recipe.end, accepted=accepted)
    by_intake = [with_remedies(one, looked, grid.calendar) for one in reviewed]
    own = [*more, *(found for rule in RULES for found in rule(looked))]
    own += [found for spend in looked.roles.paid_media_spends for found in _exposure(looked, spend)]
    newest = grid.frame.index[-1] if len(grid.frame) else prepared.last
    guessed = [Found(one) for one in read if one.code.startswith(GUESSED)]
    late = list(fresh.stale(newest, grid.interval, today, profile)) if recipe.end is None else []
    late += list(fresh.overdue(made, now)) if now else []
    ranked = sorted(
        _once(own, [*by_intake, *_not_yet(guessed, by_intake)], late),
        key=lambda one: (GRADES[one.finding.grade], not one.finding.trust),
    )
    return _report(ranked, Effects(looked, recipe, applied, grid))


def _report(ranked: Sequence[Found], effects: Effects) -> Report:
    looked, recipe = effects.looked, effects.recipe
    known_ones = {(one.code, one.column) for one in recipe.accepted}
    items: list[Item] = []
    known: list[Item] = []
    for found in ranked:
        finding = found.finding
        waived = (finding.code, finding.column) in known_ones and (finding.grade != "FAIL" or finding.overridable)
        remedies = () if waived else tuple(_remedies(found, effects))
        (known if waived else items).append(Item(finding, remedies, found.first))
    open_ones = [one.finding for one in items]
    done = tuple(taken(as_made(recipe), recipe_of(effects.applied.mapping)))
    ratio = observations_per_driver(len(looked.frame), looked.roles.drivers)
    return Report(verdict(open_ones), tuple(items), tuple(known), done, looked, ratio)


def _remedies(found: Found, effects: Effects) -> Iterator[Remedy]:
    told = 0
    for change in (_beside(one, effects.recipe) for one in found.changes):
        if told < REMEDIES and (effect := effects.of(change, grave=found.finding.grade == "FAIL")) is not None:
            told += 1
            yield Remedy(change, label_of(change), effect)
    finding = found.finding
    if not told and (finding.grade == "REVIEW" or finding.overridable):
        change = Change(kind="accept", column=finding.column, value=finding.code, reason=finding.text[:200])
        if (effect := effects.of(change)) is not None:
            yield Remedy(change, label_of(change), effect)


def _beside(change: Change, recipe: Recipe) -> Change:
    """A new end of the window beside the one that the recipe has at its other side."""
    if change.kind != "window":
        return change
    start, _, end = change.value.partition(":")
    return change.model_copy(update={"value": f"{start or recipe.start or ''}:{end or recipe.end or ''}"})


def _once(own: Sequence[Found], by_intake: Sequence[Found], late: Sequence[Finding]) -> list[Found]:
    """Each thing once: where the check says more of something than intake did, at no lower grade, that is left out."""
    replaced: dict[tuple[str, str], int] = {}
    for one in own:
        for code in SAYS_MORE.get(one.finding.code, ()):
            for column in _columns_of(one):
                place = (code, column)
                replaced[place] = min(replaced.get(place, 9), GRADES[one.finding.grade])
    kept = [one for one in by_intake if _stays(one, replaced)]
    mine = [one for one in own if one.finding.code not in ("values.gap", "values.stopped") or _stays(one, replaced)]
    seen = {(one.finding.code, one.finding.column, one.finding.where) for one in kept}
    mine = [one for one in mine if (one.finding.code, one.finding.column, one.finding.where) not in seen]
    return [*kept, *mine, *(Found(one) for one in late)]


def _not_yet(more: Sequence[Found], told: Sequence[Found]) -> list[Found]:
    """Those of `more` that are not told already."""
    known = {(one.finding.code, one.finding.column) for one in told}
    return [one for one in more if (one.finding.code, one.finding.column) not in known]


def _stays(one: Found, replaced: Mapping[tuple[str, str], int]) -> bool:
    grade = replaced.get((one.finding.code, one.finding.where or one.finding.column), 9)
    grade = min(grade, replaced.get((one.finding.code, one.finding.column), 9))
    return grade > GRADES[one.finding.grade]


def _columns_of(one: Found) -> tuple[str, ...]:
    """What a finding is about: its column, or for pairs both ways round."""
    if one.finding.code != "drivers.copy":
        return (one.finding.column,)
    first, _, second = one.finding.where.partition(" and ")
    return (one.finding.where, f"{second} and {first}")


def _exposure(looked: Looked, spend: str) -> Iterator[Found]:
    found = exposures_of(looked, spend)
    best = better(found)
    if best is None:
        return
    used = next(one for one in found if one.used)
    value = "" if best.column == spend else best.column
    yield Found(
        say(
            "exposure.better",
            "INFO",
            spend,
            "",
            f"“{best.column}” follows the goal more than “{used.column}”, which tells {label(spend)} now: "
            f"ρ {best.line.rho:.2f} to {used.line.rho:.2f}, R² {best.line.r2:.2f} to {used.line.r2:.2f}, "
            f"error {best.line.error:.0%} to {used.line.error:.0%} of the goal's range.",
            "Use it if it is what the money bought; following the goal alone is no proof.",
            best.line.rho,
        ),
        (Change(kind="exposure", column=spend, value=value, reason="follows the goal more"),),
    )


def exposures_of(looked: Looked, spend: str) -> list[Candidate]:
    """Return every column that can stand for a channel with how well it tells the goal, the best first."""
    numbers = [str(name) for name in looked.known if pd.api.types.is_numeric_dtype(looked.known[name])]
    free = [name for name in numbers if _is_free(looked, name, spend)]
    used = looked.roles.exposures.get(spend, spend)
    names = dict.fromkeys((spend, used, *candidates(spend, free, looked.paired)))
    columns = {name: _by_period(looked, name) for name in names}
    if not np.isfinite(looked.goal).any():
        return []
    return compare(spend, used, columns, looked.goal)


def _is_free(looked: Looked, name: str, spend: str) -> bool:
    taken_ones = {looked.roles.dep_var, *looked.roles.drivers, *looked.roles.paid_media_spends}
    return name == spend or name not in taken_ones


def _by_period(looked: Looked, name: str) -> Any:
    """A column by the periods of what is looked at, missing as 0; what is not modelled is added up."""
    if name in looked.frame:
        return np.nan_to_num(looked.view.values(name))
    column = looked.known[name].to_numpy(dtype=np.float64, na_value=np.nan)
    place = np.searchsorted(pd.DatetimeIndex(looked.days), pd.DatetimeIndex(looked.known.index), side="right") - 1
    sums = np.zeros(len(looked.frame))
    np.add.at(sums, np.clip(place, 0, max(len(sums) - 1, 0)), np.nan_to_num(column))
    return sums


def columns_of(looked: Looked) -> list[ColumnFacts]:
    """Return every column that is modelled in numbers: what is known is the source's, all else as it is modelled."""
    roles = looked.roles
    told = []
    for name in roles.model_columns[1:]:
        facts = column_facts(name, role_of(roles, name), looked.frame[name])
        if name in looked.known and len(looked.known):
            facts = replace(facts, known=float(looked.known[name].notna().mean()))
        told.append(facts)
    return told


def role_of(roles: Any, name: str) -> str:
    """What a column is, in a word or two."""
    if name == roles.dep_var:
        return "goal"
    if name in roles.paid_media_spends:
        return "spend"
    if name in roles.exposures.values():
        return "exposure"
    if name in roles.organic_vars:
        return "organic"
    return "category" if name in roles.factor_vars else "context"
