"""Pictures that any name fits: every text lies within the picture, none meets another, and no letter is missing.

The boxes are those of the figure's own texts, as its renderer measures them.
"""

from collections.abc import Iterator

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from engine.charts.gallery import CHARTS, subject_of
from engine.charts.page import Drawing
from engine.charts.style import FULL, PHONE, Size
from engine.results.read import Results
from tests.made_results import made_results
from tests.name_sets import KPIS, NAME_SETS, UNITS

SIZES = {"full": FULL, "phone": PHONE}
# Pixels by which a measured box may be larger than what is seen of it.
HAIR = 0.5


def drawings(results: Results, size: Size) -> Iterator[Drawing]:
    subject = subject_of(results, "Weekly data of the shop", size=size, units=UNITS)
    yield from (drawing for draw, _ in CHARTS if (drawing := draw(subject)) is not None)


def boxes(figure: Figure) -> tuple[list[str], np.ndarray]:
    """What is written in a figure, and where: (N, 4), left, lower, right and upper edge in pixels."""
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    assert all(isinstance(text, Text) for text in texts)
    return [text.get_text() for text in texts], np.array([text.get_window_extent(renderer).extents for text in texts])


def outside(figure: Figure) -> list[str]:
    said, where = boxes(figure)
    width, height = figure.bbox.size
    beyond = (where[:, :2] < -HAIR).any(axis=1) | (where[:, 2] > width + HAIR) | (where[:, 3] > height + HAIR)
    return [said[at] for at in np.flatnonzero(beyond)]


def meeting(figure: Figure) -> list[tuple[str, str]]:
    said, where = boxes(figure)
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
        assert outside(drawing.figure) == [], drawing.name
        assert meeting(drawing.figure) == [], drawing.name


def test_a_text_that_leaves_or_meets_is_seen_by_these_tests() -> None:
    figure = Figure(figsize=(2, 1))
    FigureCanvasAgg(figure)
    for x in (0.1, 0.15, 0.9):
        figure.text(x, 0.5, f"at {x}")
    assert outside(figure) == ["at 0.9"]
    assert meeting(figure) == [("at 0.1", "at 0.15")]
