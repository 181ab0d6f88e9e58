"""What a look at the data says, as plain data: whoever draws it in Slack needs nothing of the rows."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Line(BaseModel):
    """One series of a chart: a value for each category, None where there is none."""

    model_config = ConfigDict(frozen=True)

    name: str
    values: tuple[float | None, ...]


class Plot(BaseModel):
    """A chart in numbers. `exact` is False where the numbers alone would mislead: another scale, a range, a mark."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["bar", "line", "area", "pie"]
    title: str
    categories: tuple[str, ...]
    series: tuple[Line, ...]
    x_label: str = ""
    y_label: str = ""
    exact: bool = True


class Cell(BaseModel):
    """One cell of a table: its words, and its number where it is one to sort by."""

    model_config = ConfigDict(frozen=True)

    text: str
    number: float | None = None


class Table(BaseModel):
    """A table. `left_out` says which rows it has no room for, where it is cut."""

    model_config = ConfigDict(frozen=True)

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Tile(BaseModel):
    """One number above the charts: what it is, how much, and how it changed."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: str
    changes: tuple[str, ...] = ()


class Told(BaseModel):
    """One look: what it found in a sentence, what to know about it, and the same as chart and table."""

    model_config = ConfigDict(frozen=True)

    look: str
    sentence: str
    notes: tuple[str, ...] = ()
    tiles: tuple[Tile, ...] = ()
    plot: Plot | None = None
    table: Table | None = None
