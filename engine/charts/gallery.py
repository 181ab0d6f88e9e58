"""Every chart of a finished run, in the order a person meets them."""

from collections.abc import Callable
from dataclasses import replace

from engine.charts import adstock, convergence, fit, front, ranges, response_curves, shares, spreads, waterfall
from engine.charts.style import Chart, Place
from engine.results.headline import Headline, headline
from engine.results.read import Results

Draw = Callable[[Results, Headline, str], Chart | None]

# The first is the one the finishing message shows; the others that are posted follow in the thread, and the rest is
# shown to who asks for more. A chart without anything to show is left out.
CHARTS: tuple[tuple[Draw, Place], ...] = (
    (ranges.draw, "post"),
    (waterfall.draw, "post"),
    (fit.draw, "post"),
    (response_curves.draw, "post"),
    (shares.draw, "more"),
    (adstock.draw, "more"),
    (spreads.draw, "more"),
    (front.draw, "more"),
    (convergence.draw, "more"),
)


def draw_all(results: Results, source: str) -> list[Chart]:
    """Draw every chart. `source` names the data in the footer."""
    head = headline(results)
    window = f"{head.first_date} to {head.last_date}, {head.periods} {head.interval}s"
    footer = f"Source: {source}. Window: {window}. Model {head.model}."
    drawn = [(draw(results, head, footer), place) for draw, place in CHARTS]
    return [replace(chart, place=place) for chart, place in drawn if chart is not None]
