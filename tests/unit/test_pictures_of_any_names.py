"""Pictures that any name fits: every text lies within the picture, none meets another, and no letter is missing.

The boxes are those of the figure's own texts, as its renderer measures them.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from engine.charts.gallery import CHARTS, subject_of
from engine.charts.page import Drawing
from engine.charts.style import FULL, PHONE, Size
from engine.results.read import Results
from engine.results.summary import Budgeted, Interval, OddPeriod
from tests.made_results import CHOSEN, made_results
from tests.name_sets import KPIS, NAME_SETS, UNITS

pytestmark = pytest.mark.slow

SIZES = {"full": FULL, "phone": PHONE}
# Pixels by which a measured box may be larger than what is seen of it.
HAIR = 0.5


def drawings(results: Results, size: Size) -> Iterator[Drawing]:
    subject = subject_of(results, "Weekly data of the shop", size=size, units=UNITS)
    yield from (drawing for draw, _ in CHARTS if (drawing := draw(subject)) is not None)


def boxes(figure: Figure) -> "Boxes":
    """What is written in a figure, and where: (N, 4), left, lower, right and upper edge in pixels."""
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    assert all(isinstance(text, Text) for text in texts)
    return [text.get_text() for text in texts], np.array([text.get_window_extent(renderer).extents for text in texts])


Boxes = tuple[list[str], np.ndarray]


def outside(figure: Figure, written: Boxes) -> list[str]:
    said, where = written
    width, height = figure.bbox.size
    beyond = (where[:, :2] < -HAIR).any(axis=1) | (where[:, 2] > width + HAIR) | (where[:, 3] > height + HAIR)
    return [said[at] for at in np.flatnonzero(beyond)]


def meeting(written: Boxes) -> list[tuple[str, str]]:
    said, where = written
    low, high = where[:, None, :2], where[:, None, 2:]
    apart = (low >= where[None, :, 2:] - HAIR) | (high <= where[None, :, :2] + HAIR)
    first, second = np.nonzero(np.triu(~apart.any(axis=2), k=1))
    return [(said[a], said[b]) for a, b in zip(first, second, strict=True)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("names", NAME_SETS)
def test_no_text_leaves_a_picture_or_meets_another(names: str, size: str) -> None:
    results = made_results(NAME_SETS[names], dep_var=KPIS.get(names, "revenue"), draws=20)
    drawn = list(drawings(results, SIZES[size]))
    assert len(drawn) >= 8
    for drawing in drawn:
        written = boxes(drawing.figure)
        assert outside(drawing.figure, written) == [], drawing.name
        assert meeting(written) == [], drawing.name


def red(results: Results) -> Results:
    """A run that is not to be used."""
    results.candidates["rsq_train"] = -0.2
    return results


def without_ends(results: Results) -> Results:
    """Ranges that go on, and a channel without any effect."""
    paid = results.coefficients["rn"].isin(results.channels)
    results.coefficients.loc[paid, "range_high"] = np.nan
    none = results.coefficients["rn"] == results.channels[0]
    results.coefficients.loc[none, ["xDecompAgg", "effect_share", "roi_total"]] = 0.0
    results.coefficients.loc[none, ["cpa_total", "range_low"]] = np.nan
    results.ranges["high"] = np.nan
    return results


def in_pieces(results: Results) -> Results:
    """Rows held back, weeks that are odd, and parts that cancel."""
    results.candidates["train_size"], results.candidates["nrmse_val"] = 0.7, 0.08
    odd = tuple(OddPeriod(ds=f"2023-0{month}-05", miss=9e4, weight=0.1) for month in range(4, 8))
    held = results.coefficients["rn"] == "season"
    results.coefficients.loc[held, "xDecompAgg"] *= 20
    return replace(results, summary=results.summary.model_copy(update={"odd_periods": odd}))


def in_other_units(results: Results, factor: float) -> Results:
    """The same in units in which numbers have many digits."""
    numbers = ["xDecompAgg", "total_spend", "roi_total", "cpa_total", "range_low", "range_high", "marginal_roi"]
    results.coefficients[numbers] *= factor
    results.decomposition["xDecomp"] *= factor
    results.response_curves[["spend", "response", "carryover_response"]] *= factor
    results.ranges[["low", "high"]] *= factor
    return results


def with_ranges(results: Results) -> Results:
    """Bands around the curves, a next unit with its range, and a budget that is recommended."""
    curves, rows = results.response_curves, results.coefficients
    curves["response_low"], curves["response_high"] = 0.5 * curves["response"], 1.7 * curves["response"]
    rows["marginal_low"], rows["marginal_high"] = 0.9 * rows["marginal_roi"], 1.1 * rows["marginal_roi"]
    asked = Budgeted(
        scenario="max_response", feasible=True, total_spend=1.0, initial_response=30_000.0, response=31_000.0,
        basis="flights", periods=52, gain=Interval(low=-200.0, high=1800.0), recommended=True, even=900.0,
    )  # fmt: skip
    shares = [
        {"solID": CHOSEN, "scenario": "max_response", "channel": name, "initSpendUnit": 9000.0}
        | {"optmSpendUnit": 9000.0 * (0.8 + 0.1 * at), "beyond_observed": 0.02 * at, "left_out": "", "feasible": True}
        for at, name in enumerate(results.channels)
    ]
    summary = results.summary.model_copy(update={"budgets": (asked,), "media_share": Interval(low=0.12, high=0.34)})
    return replace(results, allocation=pd.DataFrame(shares), summary=summary)


RUNS: dict[str, Callable[[Results], Results]] = {
    "red": red,
    "without ends": without_ends,
    "in pieces": in_pieces,
    "tiny numbers": lambda results: in_other_units(results, 1.234e-7),
    "huge numbers": lambda results: in_other_units(results, 98_765_432.0),
    "with ranges": with_ranges,
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("run", RUNS)
def test_no_text_leaves_a_picture_or_meets_another_whatever_a_run_says(run: str, size: str) -> None:
    conversions = {"dep_var_type": "conversion", "dep_var": "new customers"} if run == "without ends" else {}
    for drawing in drawings(RUNS[run](made_results(NAME_SETS["mixed"], **conversions)), SIZES[size]):
        written = boxes(drawing.figure)
        assert outside(drawing.figure, written) == [], drawing.name
        assert meeting(written) == [], drawing.name


def test_a_text_that_leaves_or_meets_is_seen_by_these_tests() -> None:
    figure = Figure(figsize=(2, 1))
    FigureCanvasAgg(figure)
    for x in (0.1, 0.15, 0.9):
        figure.text(x, 0.5, f"at {x}")
    assert outside(figure, boxes(figure)) == ["at 0.9"]
    assert meeting(boxes(figure)) == [("at 0.1", "at 0.15")]
