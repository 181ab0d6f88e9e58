"""Every chart of a finished run, in the order a person meets them."""

from collections.abc import Callable, Mapping

from engine.charts import adstock, budget, convergence, fit, front, ranges, response_curves, shares, spreads, waterfall
from engine.charts.page import Drawing
from engine.charts.style import FULL, Chart, Place, Size
from engine.charts.subject import Subject, shown
from engine.number_words import counted
from engine.results.headline import headline
from engine.results.read import Results
from engine.results.verdict import judge

Draw = Callable[[Subject], Drawing | None]

# The first is the one the finishing message shows; the others that are posted follow in the thread, and the rest is
# shown to who asks for more. A chart without anything to show is left out.
CHARTS: tuple[tuple[Draw, Place], ...] = (
    (ranges.draw, "post"),
    (waterfall.draw, "post"),
    (fit.draw, "post"),
    (response_curves.draw, "post"),
    (budget.draw, "post"),
    (shares.draw, "more"),
    (adstock.draw, "more"),
    (spreads.draw, "more"),
    (front.draw, "more"),
    (convergence.draw, "more"),
)


def draw_all(
    results: Results, source: str, *, size: Size = FULL, units: Mapping[str, str] | None = None
) -> list[Chart]:
    """Draw every chart. `source` names the data in the footer; units: by column, such as EUR, where known."""
    subject = subject_of(results, source, size=size, units=units)
    return [drawing.chart(place) for draw, place in CHARTS if (drawing := draw(subject)) is not None]


def subject_of(results: Results, source: str, *, size: Size = FULL, units: Mapping[str, str] | None = None) -> Subject:
    """What the charts of a run are drawn of, judged once for all of them."""
    head = headline(results)
    window = f"From {head.first_date} to {head.last_date}, {counted(head.periods, head.interval)}"
    footer = f"Source: {shown(source)}. {window}."
    return Subject(results, head, judge(head).level, footer, size, units or {})
