"""What stands for "no value" in a column of numbers or dates. In a column of text these are values."""

from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from engine.data.dataset import Finding, Offer
from engine.data.intake import choices

_WORDS: Final = (
    "na", "n/a", "#n/a", "<na>", "nan", "null", "(null)", "none", "n.a.", "n.a", "n. a.", "k.a.", "k. a.",
    "k.A.", "k. A.", "k.a", "k/a",
    "keine angabe", "(blank)", "(leer)", "(vide)", "(en blanco)", "missing", "not available", "nil", "n/d", "s/d", "nd",
    "n.d.", "s.d.", "n.v.", "(na)",
)  # fmt: skip
DASHES: Final = ("-", "–", "—", "−", "--")
_SIGNS: Final = (*DASHES, "---", "?", ".", "..", "…", ":", "\\N")
# A formula that could not be worked out, as Excel writes it in English, German, French, Spanish and Italian.
ERRORS: Final = (
    "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#N/A", "#NV", "#WERT!", "#BEZUG!", "#ZAHL!", "#N/D",
    "#VALEUR!", "#NOMBRE!", "#NOM?", "#¡DIV/0!", "#¡REF!", "#¡VALOR!", "#¿NOMBRE?", "#VALORE!", "#RIF!", "#SPILL!",
    "#CALC!", "#GETTING_DATA", "#ERROR!", "#DIV/0",
)  # fmt: skip
MISSING: Final = tuple(
    dict.fromkeys(
        [*_SIGNS, *ERRORS]
        + [spelled for word in _WORDS for spelled in (word, word.upper(), word.capitalize(), word.title())]
        + ["NaN", "<NA>"]
    )
)
MISSING_SET: Final = pa.array(MISSING)
DASH_SET: Final = pa.array(DASHES)


@dataclass
class MissingTally:
    """What stood for no value so far: empty cells, and by mark how often it was there and in which row first."""

    empty: int = 0
    marks: dict[str, int] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)

    def see(self, cells: pa.StringArray, rows: list[int]) -> pa.BooleanArray:
        """Count a batch. cells: (N,), null where empty; rows: (N,). Returns (N,) whether each holds no value."""
        self.empty += cells.null_count
        marked = pc.is_in(cells, value_set=MISSING_SET)
        if pc.any(marked, min_count=0).as_py():
            found = cells.filter(marked)
            for entry in pc.value_counts(found):
                mark = entry["values"].as_py()
                self.marks[mark] = self.marks.get(mark, 0) + entry["counts"].as_py()
                if mark not in self.first:
                    self.first[mark] = rows[pc.index(cells, mark).as_py()]
        return pc.or_(pc.is_null(cells), marked)

    @property
    def marked(self) -> int:
        """How many cells hold a mark for no value."""
        return sum(self.marks.values())

    @property
    def dashes(self) -> int:
        """How many cells hold a dash."""
        return sum(count for mark, count in self.marks.items() if mark in DASHES)

    def findings(self, name: str, filled: int, *, zeros: bool) -> tuple[Finding, ...]:
        """What is said of a column of numbers: errors of formulas, and dashes, unless they are known to be 0."""
        said = []
        if errors := [mark for mark in self.marks if mark in ERRORS and mark not in ("#N/A", "#NV")]:
            count, first = sum(self.marks[mark] for mark in errors), min(errors, key=lambda mark: self.first[mark])
            said.append(
                Finding(
                    code="number.errors",
                    grade="REVIEW" if count > 0.05 * filled else "INFO",
                    column=name,
                    row=self.first[first],
                    value=first,
                    number=count,
                    text=f"{_hold(count, name)} an error of a formula, such as “{first}” in row "
                    f"{self.first[first]}; they count as no value.",
                    remedy="Mend the formula, or write the values.",
                )
            )
        if not zeros and (dashes := [mark for mark in self.marks if mark in DASHES]):
            count, first = self.dashes, min(dashes, key=lambda mark: self.first[mark])
            said.append(
                Finding(
                    code="number.dashes",
                    grade="INFO",
                    column=name,
                    row=self.first[first],
                    value=first,
                    number=count,
                    text=f"{_hold(count, name)} “{first}” (first in row "
                    f"{self.first[first]}), read as no value, not as 0.",
                    remedy="Take them as 0 if that is what they mean.",
                    offers=(Offer(key=choices.dash(name), value=choices.ZERO, label=f"Read “{first}” as 0"),),
                )
            )
        return tuple(said)


def _hold(count: int, name: str) -> str:
    return f"{count:,} cell{'' if count == 1 else 's'} of “{name}” {'holds' if count == 1 else 'hold'}"
