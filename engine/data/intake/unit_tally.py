"""The unit of a column's numbers: one for all of them, or no column of numbers."""

from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from engine.data.dataset import Finding, Offer
from engine.data.intake import choices
from engine.data.intake.bad import LENGTH, NAMED, Bad
from engine.data.intake.choices import Choices
from engine.data.intake.marks import Place
from engine.data.intake.numerals import Bare
from engine.data.intake.units import PERCENT, same_unit

# How many times nearer to the others the one reading of unmarked cells must bring them.
CLEARLY: Final = 3.0


@dataclass
class Seen:
    """The cells of one unit that are not 0, and by reading the sum of their sizes and the largest."""

    cells: Bad = field(default_factory=Bad)
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0])
    most: list[float] = field(default_factory=lambda: [0.0, 0.0])

    @property
    def count(self) -> int:
        """How many there are."""
        return self.cells.count

    @property
    def first(self) -> Place:
        """The first of them."""
        return self.cells.first


@dataclass(frozen=True)
class Units:
    """What a column's numbers are in, or why they cannot be in one unit: `clash`, with the cells in `bad`."""

    unit: str = ""
    fractions: bool = False
    findings: tuple[Finding, ...] = ()
    bad: Bad = field(default_factory=Bad)
    clash: str = ""


@dataclass
class UnitTally:
    """What was seen of a column's units so far, by unit; `""` is none. `scaled`: the first cell with a word like k."""

    seen: dict[str, Seen] = field(default_factory=dict)
    scaled: Place | None = None

    def see(
        self, bare: Bare | None, values: pa.StringArray, rows: pa.Array, numbers: tuple[pa.DoubleArray, ...]
    ) -> None:
        """Count a batch: (N,) each; `numbers` by reading, null where it does not fit; `bare` None: nothing around."""
        merged = numbers[0] if numbers[0] is numbers[1] else pc.coalesce(*numbers)
        counts = pc.fill_null(pc.not_equal(merged, 0), False)
        if bare is None or bare.units is None:
            self._add("", counts, values, rows, numbers)
            return
        for unit in pc.unique(bare.units).to_pylist():
            self._add(unit, pc.and_(counts, pc.equal(bare.units, unit)), values, rows, numbers)
        if self.scaled is None and bare.scaled is not None and pc.any(fit := pc.and_(bare.scaled, counts)).as_py():
            place = pc.index(fit, True).as_py()
            self.scaled = rows[place].as_py(), values[place].as_py()[:LENGTH]

    def _add(
        self,
        unit: str,
        here: pa.BooleanArray,
        values: pa.StringArray,
        rows: pa.Array,
        numbers: tuple[pa.DoubleArray, ...],
    ) -> None:
        if not pc.any(here).as_py():
            return
        seen = self.seen.setdefault(unit, Seen())
        seen.cells.see(values, rows, here)
        # Where both readings give the same numbers, they are one array, and it is summed once.
        sizes = [pc.abs(found.filter(here)) for found in numbers[: 1 if numbers[0] is numbers[1] else 2]]
        sums, most = ([how(found).as_py() or 0.0 for found in sizes] for how in (pc.sum, pc.max))
        for reading in (0, 1):
            seen.sums[reading] += sums[reading % len(sums)]
            seen.most[reading] = max(seen.most[reading], most[reading % len(most)])

    @property
    def unit(self) -> str | None:
        """The one unit that cells name, `""` where none is, None where they name several."""
        common: str | None = ""
        for unit in filter(None, self.seen):
            common = same_unit(common, unit) if common else unit
            if common is None:
                return None
        return common

    def settle(self, name: str, chosen: Choices, *, comma: bool) -> Units:
        """Return the one unit of the column, or why there is none. `comma`: the decimal mark it is read with."""
        unit, bare = self.unit, self.seen.get("")
        if unit is None:
            return self._clash({unit: seen for unit, seen in self.seen.items() if unit})
        if not unit or bare is None:
            return Units(unit)
        if unit == PERCENT:
            return self._percent(name, chosen, self.seen[PERCENT], bare, comma=comma)
        return Units(unit, findings=(_unmarked(name, unit, bare),))

    def _clash(self, named: dict[str, Seen]) -> Units:
        usual = max(named, key=lambda unit: named[unit].count)
        others = [seen for unit, seen in named.items() if same_unit(unit, usual) is None]
        row, value = named[usual].first
        places = sorted(place for other in others for place in other.cells.places)[:NAMED]
        bad = Bad(sum(other.count for other in others), places)
        return Units(bad=bad, clash=f"row {row} holds “{value}”, which is in another unit")

    def _percent(self, name: str, chosen: Choices, marked: Seen, bare: Seen, *, comma: bool) -> Units:
        """One column with `6%` and `0.05`: the unmarked cells are percent too, or parts of one."""
        key = choices.unit(name)
        if key in chosen:
            return Units(PERCENT, fractions=chosen[key] == choices.FRACTION)
        usual, unmarked = (seen.sums[comma] / seen.count for seen in (marked, bare))
        apart = [max(usual / size, size / usual) if usual and size else 1.0 for size in (unmarked, 100 * unmarked)]
        if apart[1] * CLEARLY < apart[0] and bare.most[comma] <= 1:
            return Units(PERCENT, fractions=True, findings=(_mixed_percent(name, marked, bare, comma, fraction=True),))
        if apart[0] * CLEARLY < apart[1] and bare.most[comma] > 1:
            return Units(PERCENT, findings=(_mixed_percent(name, marked, bare, comma, fraction=False),))
        row, value = marked.first
        clash = f"row {row} holds “{value}”: it may be percent, or a part of one"
        return Units(bad=bare.cells, clash=clash)


def _mixed_percent(name: str, marked: Seen, bare: Seen, comma: bool, *, fraction: bool) -> Finding:
    (row, value), (percent_row, percent) = bare.first, marked.first
    as_percent, as_fraction = (marked.sums[comma] + factor * bare.sums[comma] for factor in (1, 100))
    read, other = ("parts of one", "percent") if fraction else ("percent", "parts of one")
    total, instead = (as_fraction, as_percent) if fraction else (as_percent, as_fraction)
    return Finding(
        code="number.percent",
        grade="REVIEW",
        column=name,
        row=row,
        value=value,
        text=f"Row {percent_row} holds “{percent}”, row {row} “{value}” without a percent sign "
        f"({bare.count:,} in all): read as {read} (total {total:,.6g} %); as {other} the total would be "
        f"{instead:,.6g} %.",
        remedy="If that is wrong, take the other reading, or write all of them with a percent sign.",
        offers=(
            Offer(
                key=choices.unit(name),
                value=choices.PERCENT if fraction else choices.FRACTION,
                label=f"Read as {other}",
            ),
        ),
    )


def _unmarked(name: str, unit: str, bare: Seen) -> Finding:
    row, value = bare.first
    cells = f"{bare.count:,} cell{'' if bare.count == 1 else 's'} without a unit (row"
    return Finding(
        code="number.unit",
        grade="REVIEW",
        column=name,
        row=row,
        value=value,
        text=f"“{name}” is in {unit}, which was taken to hold for {cells} {row}, “{value}”) as well.",
        remedy="If that is wrong, convert them at the source.",
    )
