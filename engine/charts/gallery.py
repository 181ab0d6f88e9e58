"""Every chart of a finished run, in the order a person meets them."""

from collections.abc import Callable

from engine.charts import adstock, convergence, fit, front, ranges, response_curves, shares, spreads, waterfall
from engine.charts.style import Chart
from engine.results.headline import Headline, headline
from engine.results.read import Results

# The first is the one the finishing message shows; the others follow in the thread, those about the search last.
# A chart without anything to show is left out.
CHARTS: tuple[Callable[[Results, Headline, str], Chart | None], ...] = (
    ranges.draw,
    spreads.draw,
    waterfall.draw,
    fit.draw,
    response_curves.draw,
    shares.draw,
    adstock.draw,
    front.draw,
    convergence.draw,
)


def draw_all(results: Results, source: str) -> list[Chart]:
    """Draw every chart. `source` names the data in the footer."""
    head = headline(results)
    window = f"{head.first_date} to {head.last_date}, {head.periods} {head.interval}s"
    footer = f"Source: {source}. Window: {window}. Model {head.model}."
    return [chart for draw in CHARTS if (chart := draw(results, head, footer)) is not None]
