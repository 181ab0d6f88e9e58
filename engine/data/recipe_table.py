"""What a recipe says of each column as a table: downloaded, edited in a spreadsheet, dropped back.

Every column that plays a role has a row, however many there are. What is wrong with a table is told by row and column,
all of it at once.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final, get_args

from engine.data.formulas import as_meant
from engine.data.recipe import Change, Clip, Fill, Function, Recipe
from engine.data.recipe_changes import changed
from engine.data.recipe_words import role_words
from engine.errors import BadData, BadInput
from engine.names import quoted

# What may be edited; role and result only tell.
HEAD: Final = (
    *("column", "role", "takes_part", "reason", "function", "fill", "clip_low", "clip_high", "modelled_on"),
    "result",
)
YES: Final = ("yes", "y", "true", "1", "ja", "oui", "si", "x")
NO: Final = ("no", "n", "false", "0", "nein", "non")
USUAL: Final = ("", "usual", "as usual")
NO_RESULTS: Final[Mapping[str, str]] = {}
# So many bytes a table may hold, and so many of its problems are told one by one.
MOST_BYTES: Final = 4_000_000
TOLD: Final = 20

# Makes what a row says of a column part of the recipe: recipe, column, row, what a channel may be modelled on.
Make = Callable[[Recipe, str, Mapping[str, str], Collection[str]], Recipe]


def table_of(recipe: Recipe, results: Mapping[str, str] = NO_RESULTS) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return the table of a recipe, its head and its rows: one for each column with a role.

    results: by column, what the recipe made of it.
    """
    rows = []
    for name in recipe.roles:
        clip = recipe.clip.get(name)
        rows.append(
            [
                name,
                role_words(recipe, name),
                "no" if name in recipe.dropped else "yes",
                recipe.dropped.get(name, ""),
                recipe.aggregation.get(name, ""),
                recipe.fill.get(name, ""),
                _share(clip.low) if clip else "",
                _share(clip.high) if clip else "",
                recipe.exposures.get(name, "") if name in recipe.spends else "",
                results.get(name, ""),
            ]
        )
    return HEAD, rows


def with_table(recipe: Recipe, data: bytes, columns: Collection[str] = ()) -> Recipe:
    """Return `recipe` with what a table says of its columns. Raises BadData with every problem, by row and column.

    Columns that the table does not name stay as they are. columns: further ones that a channel may be modelled on.
    """
    rows = list(_rows(data))
    names = [name.strip().lower() for name in rows[0][1]] if rows else []
    if "column" not in names:
        raise BadData("The table has no column called “column”.", f"Its first row is {', '.join(HEAD)}.")
    if unknown := [name for name in names if name and name not in HEAD]:
        raise BadData(f"I do not know the column {quoted(unknown[0])}.", f"The first row is {', '.join(HEAD)}.")
    # A cell is read without the spaces around it; a column's own name may have some.
    called = {name.strip(): name for name in recipe.roles}
    found: list[str] = []
    seen: dict[str, int] = {}
    told: list[tuple[int, str, dict[str, str]]] = []
    for number, cells in rows[1:]:
        row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
        name = called.get(as_meant(row.get("column", "")), as_meant(row.get("column", "")))
        if not name and not any(row.values()):
            continue
        if name in seen:
            found.append(f"Row {number}: {quoted(name)} stands in row {seen[name]} already.")
            continue
        seen[name] = number
        if name not in recipe.roles:
            what = f"{quoted(name)} plays no role in this recipe." if name else "The name is missing."
            found.append(f"Row {number}, column: {what}")
            continue
        told.append((number, name, row))
    may_be = {*columns, *recipe.roles}
    # What a channel is modelled on comes last: it takes another column its role, of which a later row may speak.
    for field, make in _MADE.items():
        for number, name, row in told:
            if field not in row:
                continue
            try:
                recipe = make(recipe, name, row, may_be)
            except BadInput as error:
                found.append(f"Row {number}, {field}: {error.what}")
    if found:
        more = [f"and {len(found) - TOLD} more"] if len(found) > TOLD else []
        raise BadData(
            f"{len(found)} {'cell is' if len(found) == 1 else 'cells are'} not as they can be: nothing was changed.",
            "Correct the table and drop it again: " + "; ".join([*found[:TOLD], *more]),
            problems=found,
        )
    return recipe


def _rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV, with the numbers that a spreadsheet gives them."""
    if len(data) > MOST_BYTES:
        raise BadData("That file is too large for a table of columns.", "Drop the table that I gave out, edited.")
    text = _decoded(data)
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    try:
        yield from enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=mark), 1)
    except csv.Error as error:
        raise BadData("That file is no CSV.", "Save the table as CSV (UTF-8) and drop it again.") from error


def _decoded(data: bytes) -> str:
    if b"\0" in data[:1000] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadData("That file is no CSV.", "Save the table as CSV (UTF-8) and drop it again.")
    for encoding in ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadData("The letters of that file cannot be read.", "Save the table as CSV (UTF-8) and drop it again.")


def _takes_part(recipe: Recipe, name: str, row: Mapping[str, str], may_be: Collection[str]) -> Recipe:
    said = row["takes_part"].lower()
    if said in YES:
        return changed(recipe, Change(kind="keep", column=name)) if name in recipe.dropped else recipe
    if said in NO:
        reason = as_meant(row.get("reason", "")) or recipe.dropped.get(name, "")
        return changed(recipe, Change(kind="drop", column=name, reason=reason))
    if said:
        raise BadInput(f"{quoted(row['takes_part'])} is neither yes nor no.")
    return recipe


def _chosen(field: str, kind: str, known: tuple[str, ...]) -> Make:
    def make(recipe: Recipe, name: str, row: Mapping[str, str], may_be: Collection[str]) -> Recipe:
        said = row[field].lower()
        value = "" if said in USUAL else said
        before = (recipe.aggregation if field == "function" else recipe.fill).get(name, "")
        if value == before:
            return recipe
        if value and value not in known:
            raise BadInput(f"{quoted(row[field])} is none of {', '.join(known)}.")
        return changed(recipe, Change.model_validate({"kind": kind, "column": name, "value": value}))

    return make


def _share(quantile: float) -> str:
    """A quantile as it is read again: never as `5e-05`."""
    return f"{quantile:.6f}".rstrip("0").rstrip(".")


def _clip(recipe: Recipe, name: str, row: Mapping[str, str], may_be: Collection[str]) -> Recipe:
    low, high = (row.get(field, "").replace(",", ".") for field in ("clip_low", "clip_high"))
    if not low and not high:
        return changed(recipe, Change(kind="clip", column=name)) if name in recipe.clip else recipe
    before = recipe.clip.get(name, Clip())
    if (low, high) == (f"{before.low:g}", f"{before.high:g}"):
        return recipe
    return changed(recipe, Change(kind="clip", column=name, value=f"{low or 0}:{high or 1}"))


def _modelled_on(recipe: Recipe, name: str, row: Mapping[str, str], may_be: Collection[str]) -> Recipe:
    said = as_meant(row["modelled_on"])
    if name not in recipe.spends:
        if said:
            raise BadInput(f"{quoted(name)} is no spend: only a paid channel is modelled on another column.")
        return recipe
    if said == recipe.exposures.get(name, "") or (said == name and name not in recipe.exposures):
        return recipe
    if said and said not in may_be:
        raise BadInput(f"There is no column {quoted(said)}.")
    return changed(recipe, Change(kind="exposure", column=name, value=said))


_MADE: Final[dict[str, Make]] = {
    "takes_part": _takes_part,
    "function": _chosen("function", "aggregate", get_args(Function)),
    "fill": _chosen("fill", "fill", get_args(Fill)),
    "clip_low": _clip,
    "modelled_on": _modelled_on,
}
