"""Every chart of a finished run, in the order a person meets them."""

from collections.abc import Callable

from engine.charts import adstock, convergence, fit, ranges, response_curves, shares, waterfall
from engine.charts.style import Chart
from engine.results.headline import Headline, headline
from engine.results.read import Results

# The first is the one the finishing message shows; the others follow in the thread.
CHARTS: tuple[Callable[[Results, Headline, str], Chart], ...] = (
    ranges.draw,
    shares.draw,
    waterfall.draw,
    fit.draw,
    response_curves.draw,
    adstock.draw,
    convergence.draw,
)


def draw_all(results: Results, source: str) -> list[Chart]:
    """Draw every chart. `source` names the data in the footer."""
    head = headline(results)
    window = f"{head.first_date} to {head.last_date}, {head.periods} {head.interval}s"
    footer = f"Source: {source}. Window: {window}. Model {head.model}."
    return [draw(results, head, footer) for draw in CHARTS]
