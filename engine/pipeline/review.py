"""A review: one look at a dataset's rows, with its sentence, its chart, and the same as a native chart or table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from engine.charts.page import Drawing
from engine.charts.review import countries as countries_chart
from engine.charts.review import funnel as funnel_chart
from engine.charts.review import goal_and_spend, spend_over_time
from engine.charts.review import metric as metric_chart
from engine.charts.review import missing as missing_chart
from engine.charts.review import spend_changes as changes_chart
from engine.charts.review.paper import Paper
from engine.data.countries import country_name
from engine.data.dataset import Dataset
from engine.data.dated_weeks import week_dated
from engine.data.given_csv import as_csv
from engine.data.grid import read_grid
from engine.data.records import read_dataset
from engine.data.review import timeframes
from engine.data.review.changes import spend_changes
from engine.data.review.columns import Layout, layout
from engine.data.review.countries import Beside, side_by_side
from engine.data.review.filters import Filters, marked
from engine.data.review.funnel import funnel
from engine.data.review.goal import GoalAndSpend
from engine.data.review.goal import goal_and_spend as set_beside
from engine.data.review.metric import metric
from engine.data.review.missing import missing
from engine.data.review.periods import BY, FINEST, PERIODS, Period, offered, usual
from engine.data.review.roles import strangers
from engine.data.review.sheet import Sheet, Span, sheet_of
from engine.data.review.spend import spend_over_time as add_up
from engine.data.review.tiles import tiled
from engine.data.review.timeframes import Window
from engine.data.review.told import Cell, Told
from engine.errors import BadData, BadInput, MmmError, NotFound
from engine.names import quoted
from engine.number_words import counted
from engine.pipeline.answer import Answer, Given, Picture, Work
from engine.pipeline.rows import raw_of

# A picture of more rows than these leaves some out: then all of them stand in a file.
DRAWN_ROWS = 8


@dataclass(frozen=True)
class Scene:
    """What a look is made of: the dataset and its rows, the window, and what is asked about them."""

    dataset: Dataset
    sheet: Sheet
    window: Window
    span: Span
    period: Period
    filters: Filters
    goal: str
    metric: str

    @property
    def paper(self) -> Paper:
        span = self.span
        window = f"From {span.first} to {span.last}, {counted(span.rows, self.sheet.interval)}."
        return Paper(f"{self.dataset.title}, {country_name(self.dataset.country)}", window)


# One look: what it found, its picture, and further rows for a file.
Seen = tuple[Told, Drawing | None, Sequence[Given]]


def review(work: Work) -> Answer:
    """Answer what somebody asked to see of a dataset. Raises BadInput where there is nothing of it to see."""
    filters = Filters.model_validate(work.about["filters"])
    if not filters.is_ours():
        raise BadInput("That look is of another release.", "Ask again.", detail=str(filters))
    dataset = read_dataset(work.cloud.storage, str(work.about["dataset"]))
    if filters.look == "columns":
        odd = strangers(dataset.mapping, dataset.columns)
        told = odd.told()
        given = [_file("columns.csv", "Columns without a role", ("Column", "Type"), odd.unknown)] if odd.long else []
        return Answer({"review": _about(dataset, filters, told)}, files=given)
    scene = _scene(work, dataset, filters)
    if filters.look == "countries":
        told, drawing, files = _countries(work, scene, [str(one) for one in work.about.get("others", ())])
    else:
        told, drawing, files = LOOKS[filters.look](scene)
    pictures = [_picture(drawing)] if drawing is not None else []
    return Answer({"review": _about(dataset, filters, told, scene)}, pictures, files)


def _goal(scene: Scene) -> Seen:
    look, tiles = tiled(scene.sheet, scene.span, scene.window.said, scene.period, scene.goal)
    told = look.told().model_copy(update={"tiles": tiles})
    return told, goal_and_spend.draw(look, scene.paper), ()


def _channels(scene: Scene) -> Seen:
    look = add_up(scene.sheet, scene.span, scene.window.said, scene.period)
    return look.told(), spend_over_time.draw(look, scene.paper), ()


def _parts(scene: Scene) -> Seen:
    look = add_up(scene.sheet, scene.span, scene.window.said, scene.period, by_part=True)
    return look.told(), spend_over_time.draw(look, scene.paper), ()


def _changes(scene: Scene) -> Seen:
    look = spend_changes(scene.sheet, scene.span, scene.window.said)
    return look.told(), changes_chart.draw(look, scene.paper), ()


def _funnel(scene: Scene) -> Seen:
    look = funnel(scene.sheet, scene.span, scene.window.said)
    rows = look.rows(len(look.channels)) if look.rates and len(look.channels) > DRAWN_ROWS else []
    files = [_table("funnel.csv", "Funnel by channel", look.head, rows)] if rows else []
    return look.told(), funnel_chart.draw(look, scene.paper), files


def _metric(scene: Scene) -> Seen:
    look = metric(scene.sheet, scene.span, scene.window.said, scene.period, scene.metric)
    return look.told(), metric_chart.draw(look, scene.paper), ()


def _missing(scene: Scene) -> Seen:
    columns = scene.dataset.mapping.model_columns
    look = missing(scene.sheet, scene.span, scene.window.said, scene.goal, columns)
    return look.told(), missing_chart.draw(look, scene.paper), ()


LOOKS: Mapping[str, Callable[[Scene], Seen]] = {
    "goal": _goal,
    "channels": _channels,
    "parts": _parts,
    "changes": _changes,
    "funnel": _funnel,
    "metric": _metric,
    "missing": _missing,
}


def _scene(work: Work, dataset: Dataset, filters: Filters) -> Scene:
    """Read the rows of a dataset and lay the filters over them."""
    plan = layout(dataset.mapping, dataset.columns, dataset.currencies)
    goal = marked(plan.goals, filters.goal) or dataset.mapping.dep_var
    wanted = marked(plan.numeric, filters.metric)
    if filters.metric and not wanted:
        raise NotFound("That column is no longer there.", "Choose another in the filters.", field="metric")
    sheet = read_sheet(work, dataset, plan, (goal, wanted))
    for field, name in (("goal", goal), ("metric", wanted)):
        if name and name not in sheet.frame.columns:
            raise BadData(f"{quoted(name)} holds no numbers.", "Choose another column in the filters.", field=field)
    window = timeframes.window(filters.timeframe, sheet.begins, sheet.ends, work.clock.now().date())
    span = sheet.span(window)
    window = timeframes.in_rows(filters.timeframe, window, span.rows, sheet.interval)
    period = usual(window.days, sheet.interval)
    if filters.period:
        period = next((one for one in PERIODS if one == filters.period), period)
        if period not in offered(sheet.interval):
            raise BadInput(
                f"The data are {BY[FINEST[sheet.interval]]} and cannot be shown {BY[period]}.",
                f"Choose {BY[FINEST[sheet.interval]]} or a longer period.",
                field="period",
            )
    return Scene(dataset, sheet, window, span, period, filters, goal, wanted or goal)


def read_sheet(work: Work, dataset: Dataset, plan: Layout, further: Sequence[str]) -> Sheet:
    """Read the columns that a review looks at. Raises BadData where no row is of this country."""
    made = {one.name: one.parts for one in dataset.mapping.made}
    bought = (name for part in plan.parts for name in part.bought.values())
    named = [part for name in (*plan.goals, *bought, *further) if name for part in made.get(name, (name,))]
    known = {column.name for column in dataset.columns}
    columns = [name for name in dict.fromkeys(named) if name in known and name not in dataset.mapping.model_columns]
    grid = read_grid(
        raw_of(work.cloud, dataset, work.folder),
        dataset.mapping,
        dataset.country,
        columns=columns,
        choices=dataset.choices,
        today=work.clock.now().date(),
        weekends_needed=False,
    )
    if grid.frame.empty:
        raise BadData(f"{dataset.title} has no row of {country_name(dataset.country)}.", "Check its country.")
    averaged = [name for name, rule in grid.rules.items() if rule != "sum"]
    dated_last = week_dated(dataset.mapping, dataset.choices) == "last"
    frame = _with_made(grid.frame, made, further)
    return sheet_of(frame, grid.interval, plan, averaged=averaged, dated_last=dated_last)


def _with_made(frame: pd.DataFrame, made: Mapping[str, tuple[str, ...]], wanted: Sequence[str]) -> pd.DataFrame:
    """Add sums of columns that play no role themselves, and are to be looked at."""
    for name in wanted:
        if name in made and name not in frame.columns and set(made[name]) <= set(frame.columns):
            frame = frame.assign(**{name: frame[list(made[name])].sum(axis=1, min_count=1)})
    return frame


def _countries(work: Work, scene: Scene, others: Sequence[str]) -> Seen:
    """The same look at the datasets of other countries: each over the days of this one that it has."""
    words, span = scene.window.said, scene.span
    first = set_beside(scene.sheet, span, words, scene.period, scene.goal)
    beside = [Beside(scene.dataset.country, first)]
    for other in others:
        try:
            dataset = read_dataset(work.cloud.storage, other)
            beside.append(Beside(dataset.country, _beside(work, dataset, scene)))
        except NotFound:
            continue
        except MmmError as error:
            beside.append(Beside(other.partition("/")[0], None, error.what))
    look = side_by_side(beside, words, span.first, span.last)
    rows = look.rows(len(look.shown)) if len(look.shown) > countries_chart.SHOWN else []
    files = [_table("countries.csv", "Countries side by side", look.head, rows)] if rows else []
    return look.told(), countries_chart.draw(look, scene.paper), files


def _beside(work: Work, dataset: Dataset, scene: Scene) -> GoalAndSpend:
    """What another country's dataset shows of the same days, as far as it has them."""
    plan = layout(dataset.mapping, dataset.columns, dataset.currencies)
    goal = scene.goal if scene.goal in plan.goals else dataset.mapping.dep_var
    sheet = read_sheet(work, dataset, plan, (goal,))
    window = Window(scene.span.first, scene.span.last, scene.window.said)
    if window.first > sheet.ends or window.last < sheet.begins:
        raise BadData(f"The data go from {sheet.begins} to {sheet.ends}.")
    return set_beside(sheet, sheet.span(window), window.words, usual(window.days, sheet.interval), goal)


def _about(dataset: Dataset, filters: Filters, told: Told, scene: Scene | None = None) -> dict[str, Any]:
    """What the message is drawn from."""
    odd = strangers(dataset.mapping, dataset.columns).brief
    said: dict[str, Any] = {
        "dataset": dataset.id,
        "title": dataset.title,
        "country": dataset.country,
        "source": dataset.source.label,
        "filters": filters.model_dump(),
        "told": told.model_dump(mode="json"),
        "odd": odd,
        "window": "",
    }
    if scene is not None:
        span = scene.span
        rows = counted(span.rows, scene.sheet.interval)
        by = "" if filters.look in ("changes", "funnel", "missing", "countries") else f", {BY[scene.period]}"
        said["window"] = f"{scene.window.words} ({span.first} to {span.last}, {rows}){by}"
        said["short"] = scene.window.short
        said["funnel"] = any(part.bought for part in scene.sheet.layout.parts)
        said["parts"] = len(scene.sheet.layout.parts) > len(scene.sheet.layout.channels)
    return said


def _picture(drawing: Drawing) -> Picture:
    chart = drawing.chart("post")
    return Picture(chart.name, chart.title, chart.alt, chart.png)


def _table(name: str, title: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Given:
    return _file(
        name, title, head, [[cell.text if cell.number is None else cell.number for cell in row] for row in rows]
    )


def _file(name: str, title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> Given:
    return Given(name, title, as_csv(head, rows))
