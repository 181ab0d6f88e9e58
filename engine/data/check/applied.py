"""A snapshot with any recipe applied: the rows are read once, and what-ifs are made of them in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from engine.data.grid import NOTHING_CHOSEN, Grid, read_grid
from engine.data.intake.choices import Choices
from engine.data.mapping import Mapping
from engine.data.prepare import Prepared, prepared_of
from engine.data.recipe import Recipe, mapping_with


class Applied:
    """One country's rows of a snapshot. `further`: columns without a role that are read beside those of the recipe."""

    def __init__(
        self,
        raw: Path,
        mapping: Mapping,
        country: str,
        *,
        choices: Choices = NOTHING_CHOSEN,
        today: date,
        further: Sequence[str] = (),
    ) -> None:
        self.mapping = mapping
        self._raw, self._country, self._choices, self._today = raw, country, choices, today
        self._further = further
        self._grids: dict[str, Grid] = {}

    def grid(self, recipe: Recipe) -> Grid:
        """Return the periods that a recipe looks at, nothing filled. Raises BadData where there is no grid."""
        roles = mapping_with(recipe, self.mapping)
        every_day = recipe.resample in ("none", "D")
        key = f"{roles.model_dump_json()}|{recipe.start}|{recipe.end}|{every_day}"
        if key not in self._grids:
            self._grids[key] = read_grid(
                self._raw,
                roles,
                self._country,
                columns=[name for name in self._further if name not in roles.model_columns],
                choices=self._choices,
                today=self._today,
                weekends_needed=every_day,
                start=recipe.start,
                end=recipe.end,
            )
        return self._grids[key]

    def prepared(self, recipe: Recipe, grid: Grid | None = None, *, only: str = "") -> Prepared:
        """Return what a training reads of a recipe, as `prepare` does. Raises BadData.

        grid: the one of this recipe, where it is known. only: one column beside the goal, and no other: how it is
        clipped or filled touches nothing else.
        """
        grid = grid or self.grid(recipe)
        roles = grid.mapping
        names = list(roles.model_columns[1:])
        if only:
            names = list(dict.fromkeys((roles.dep_var, only)))
            roles = roles.model_copy(
                update={
                    "paid_media_spends": (only,) if only in roles.paid_media_spends else (),
                    "exposures": {},
                    "organic_vars": (),
                    "context_vars": () if only in roles.paid_media_spends else (only,),
                    "factor_vars": (only,) if only in roles.factor_vars else (),
                }
            )
        rules = {name: grid.rules[name] for name in names}
        narrow = replace(grid, frame=grid.frame[names], mapping=roles, rules=rules)
        return prepared_of(narrow, recipe, recipe.resample, self._choices)
