"""Charts and tables that Slack draws itself; and whether what is to be shown fits them, which has narrow limits.

Their schema has no colours, ranges, marks or second axis, so that a chart that needs one is told not to fit, and is
shown as a picture.
"""

from dataclasses import dataclass
from math import isfinite

from bot.slack.blocks import data_table
from bot.slack.limits import TABLE_CHARACTERS, TABLE_COLUMNS, TABLE_ROWS, Block, clamp
from engine.data.review.told import Plot, Table

SERIES = 6
SEGMENTS = 6
POINTS = 20
NAME = 20
TITLE = 50
AXIS = 50
CAPTION = 150
# A cell that says more is shortened: the whole of it stands in the file, or in the picture.
CELL = 80


@dataclass(frozen=True)
class Native:
    """A block, or why there is none."""

    block: Block | None
    why: str = ""


def chart(plot: Plot) -> Native:
    """Draw a chart as a block, if it fits: at most 6 series and 20 points, short names, a number everywhere."""
    if why := _misfit(plot):
        return Native(None, why)
    title = clamp(plot.title, TITLE)
    if plot.kind == "pie":
        [only] = plot.series
        segments = [{"label": label, "value": value} for label, value in zip(plot.categories, only.values, strict=True)]
        return Native({"type": "data_visualization", "title": title, "chart": {"type": "pie", "segments": segments}})
    axis: dict[str, object] = {"categories": list(plot.categories)}
    axis |= {name: clamp(said, AXIS) for name, said in (("x_label", plot.x_label), ("y_label", plot.y_label)) if said}
    series = [
        {
            "name": one.name,
            "data": [
                {"label": label, "value": value} for label, value in zip(plot.categories, one.values, strict=True)
            ],
        }
        for one in plot.series
    ]
    drawn = {"type": plot.kind, "series": series, "axis_config": axis}
    return Native({"type": "data_visualization", "title": title, "chart": drawn})


def table(shown: Table) -> Native:
    """Draw a table as a block, if it fits: 100 rows below its head, 20 columns, 10,000 characters."""
    if not shown.rows:
        return Native(None, "it has no rows")
    if len(shown.rows) >= TABLE_ROWS:
        return Native(None, f"it has {len(shown.rows)} rows")
    if not 0 < len(shown.head) <= TABLE_COLUMNS:
        return Native(None, f"it has {len(shown.head)} columns")
    rows = [
        [
            (cell.number, clamp(cell.text, CELL))
            if cell.number is not None and isfinite(cell.number)
            else clamp(cell.text, CELL)
            for cell in row
        ]
        for row in shown.rows
    ]
    drawn = data_table(clamp(shown.caption, CAPTION), [clamp(name, CELL) for name in shown.head], rows)
    if sum(len(cell["text"]) for row in drawn["rows"] for cell in row) > TABLE_CHARACTERS:
        return Native(None, "it says too much")
    return Native(drawn)


def _misfit(plot: Plot) -> str:
    """Why a chart does not fit; "" where it does."""
    names = [one.name for one in plot.series]
    values = [value for one in plot.series for value in one.values]
    most = SEGMENTS if plot.kind == "pie" else POINTS
    if not plot.exact:
        return "it needs more than one scale"
    if not 1 <= len(names) <= (1 if plot.kind == "pie" else SERIES):
        return f"it has {len(names)} series"
    if not 1 <= len(plot.categories) <= most:
        return f"it has {len(plot.categories)} points"
    if any(len(one.values) != len(plot.categories) for one in plot.series):
        return "not every point has a value"
    for said in (plot.categories, names if plot.kind != "pie" else ()):
        if any(not name.strip() or len(name) > NAME for name in said):
            return "a name is too long"
        if len(set(said)) < len(said):
            return "two names are the same"
    if any(value is None or not isfinite(value) for value in values):
        return "not every point has a value"
    if plot.kind == "pie" and any(value is not None and value <= 0 for value in values):
        return "not every part is more than nothing"
    return ""
