"""What a new snapshot has beside the one that it follows: told in a line; where it has nothing, it is not stored."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.columns import Column
from engine.data.dataset import Dataset, Draft, Finding
from engine.data.diff import Side, summary
from engine.data.difference import Diff
from engine.data.grid import read_grid
from engine.data.intake.choices import Choices
from engine.data.mapped import Beside, mapping_for, same_roles
from engine.data.mapping import Mapping
from engine.data.records import read_dataset
from engine.data.round import State
from engine.data.wishes import close_draft
from engine.errors import BadInput, BrokenState, NotFound
from engine.pipeline.outbox import tell
from engine.pipeline.rounds import drop_rows, tell_round
from engine.pipeline.rows import raw_of


@dataclass(frozen=True)
class Since:
    """A snapshot beside the one before it. `diff` is None where they cannot be laid side by side, `why` says why."""

    before: Dataset
    diff: Diff | None
    why: str = ""
    same: bool = False
    """Whether there is nothing new at all: the rows, their columns, their roles and how they are read."""

    @property
    def sentence(self) -> str:
        return self.diff.sentence if self.diff else self.why

    @property
    def told(self) -> dict[str, Any]:
        """As a message needs it."""
        made = self.before.created_at.isoformat()
        diff = self.diff.model_dump(mode="json") if self.diff else None
        return {"before": self.before.id, "made": made, "sentence": self.sentence, "diff": diff}


def newest_roles(cloud: Cloud, draft: Draft, chosen: Mapping) -> tuple[Mapping, tuple[Finding, ...]]:
    """Return the roles that a draft is read by, and what is told of them.

    A snapshot that follows another takes the newest mapping of its title, as far as its columns are there; unless
    somebody has said what they mean for this very one.
    """
    if not draft.renews or draft.roles is not None:
        return chosen, ()
    eyes = Beside(draft.who, draft.channel)
    known, told = mapping_for(cloud.storage, draft.title, draft.country, draft.columns, eyes)
    return (chosen, ()) if known is None else (known, told)


def compared(cloud: Cloud, draft: Draft, mapping: Mapping, raw: Path, folder: Path) -> Since | None:
    """Lay the rows of a draft beside the snapshot that it is to follow; None where that is gone."""
    try:
        before = read_dataset(cloud.storage, draft.renews[0])
        earlier = raw_of(cloud, before, folder)
    except (NotFound, BrokenState):
        return None
    try:
        older = side(earlier, before.columns, before.mapping, before.country, before.choices)
        newer = side(raw, draft.columns, mapping, draft.country, draft.choices)
        diff = summary(older, newer)
    except BadInput as error:
        return Since(before, None, f"It cannot be laid beside the one before. {error.what}")
    return Since(before, diff, same=diff.same and _means_the_same(before, mapping, draft.choices))


def side(raw: Path, columns: tuple[Column, ...], mapping: Mapping, country: str, choices: Choices) -> Side:
    """One snapshot as it is compared: with all of its columns, also those that play no role."""
    played = {*mapping.model_columns, *mapping.raw_columns}
    further = [one.name for one in columns if one.name not in played and one.type in ("number", "boolean")]
    grid = read_grid(raw, mapping, country, columns=further, choices=choices)
    types = {one.name: one.type for one in columns}
    rows = grid.rows_by_country.get(country, 0) if mapping.country_var else grid.rows_read
    return Side(grid.frame, grid.interval, mapping.dep_var, grid.rules, types, rows, mapping.week_dated)


def unchanged(cloud: Cloud, clock: Clock, draft: Draft, since: Since) -> None:
    """Say that the source holds what the last snapshot holds: nothing is stored twice. A round says it itself."""
    if not draft.round:
        tell(
            cloud,
            clock,
            key=f"{draft.id}-dataset_unchanged",
            kind="dataset_unchanged",
            channel=draft.channel,
            user=draft.who,
            data={"draft": draft.model_dump(mode="json"), "dataset": since.before.model_dump(mode="json")},
        )
    kept = since.before.model_dump(mode="json", include={"rows", "first_date", "last_date", "interval"})
    told = {**kept, "state": State.SAME, "dataset": since.before.id, "said": "nothing new"}
    tell_round(cloud, clock, draft, told)
    close_draft(cloud.storage, draft.id, "same", ())
    drop_rows(cloud, draft)


def _means_the_same(before: Dataset, mapping: Mapping, choices: Choices) -> bool:
    return same_roles(before.mapping, mapping) and before.choices == dict(choices)
