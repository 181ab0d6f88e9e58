"""Which drivers move together: the correlation of each pair as the colour of a square."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from engine.charts.legend import Key
from engine.charts.lines import extent, widest, wrapped
from engine.charts.page import CLOSE, Drawing, Page
from engine.charts.style import BLUE, FULL, INK, MUTED, VERMILLION, Size
from engine.charts.subject import alternative, called
from engine.data.check.profiles import Profile
from engine.data.check.together import Together

SHOWN = 30
# Of the width: what names take; inches: the highest square, and the smallest one that a number fits into.
NAMES, HIGHEST, NUMBERED = 0.42, 0.36, 0.3
# Correlations from here on are written into their squares.
TOLD = 0.7
COLOURS = LinearSegmentedColormap.from_list("apart", [VERMILLION, "white", BLUE])


def draw(them: Together, asked: Profile, footer: str, *, size: Size = FULL) -> Drawing | None:
    """Draw a square per pair of drivers. None where there are fewer than two; of many, those that are most alike."""
    if len(them.names) < 2:
        return None
    order = _kept(them, _room(size))
    r = them.r[np.ix_(order, order)]
    labels = called(them.names)
    names = [labels[them.names[at]] for at in order]
    pair, most = _closest(r)
    number = f"{most:.2f}".replace("-", "\u2212")
    title = f"{names[pair[0]]} and {names[pair[1]]} move together most: r = {number}"
    page = Page(size, title, "Correlation of each pair of drivers; rows and columns have the same order")
    count, face = len(order), size.small
    told = [f"{at + 1} {wrapped(name, NAMES * size.room, face, 1)[0]}" for at, name in enumerate(names)]
    left = size.margin + min(widest(told, face), (NAMES + 0.05) * size.room) + 2 * CLOSE
    side = min((size.width - size.margin - left) / count, HIGHEST)
    page.skip(0.16)
    plot = page.plot(left, side * count, side * count)
    plot.axes.imshow(r, cmap=COLOURS, vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    for at, name in enumerate(told):
        middle = (at + 0.5) * side + 0.36 * face.size / 72
        page.write(left - CLOSE, plot.top + middle, name, face, INK, "right")
        page.write(plot.left + (at + 0.5) * side, plot.top - 0.04, f"{at + 1}", face, MUTED, "center")
        for other in range(count):
            if side >= NUMBERED and at != other and abs(r[at, other]) >= TOLD:
                x = plot.left + (other + 0.5) * side
                page.write(x, plot.top + middle, f"{abs(r[at, other]):.1f}"[1:] or "1", face, "white", "center")
    page.skip(0.14)
    page.legend([Key("rise together (r = 1)", "block", BLUE), Key("one falls as the other rises", "block", VERMILLION)])
    if (rest := len(them.names) - count) > 0:
        page.paragraph(f"{rest} more drivers are less alike and not shown.", size.small)
        page.skip(0.1)
    strong = _strong(r, names)
    alt = alternative(f"{title}. {'Pairs from 0.7 on:' if strong else 'No pair reaches 0.7.'}", strong)
    return page.finish(name="correlations", title=title, alt=alt, footer=footer)


def _room(size: Size) -> int:
    """How many squares have room beside each other, each as high as a line and wider than its number."""
    across = size.room - (NAMES + 0.05) * size.room - 2 * CLOSE
    _, above, below = extent("30", size.small)
    return max(2, min(SHOWN, int(across / max(above + below, widest(["30"], size.small) + CLOSE))))


def _kept(them: Together, most: int) -> list[int]:
    """The drivers that are most alike to some other, in their own order."""
    apart = np.abs(them.r) - 2 * np.eye(len(them.names))
    return sorted(np.argsort(-apart.max(axis=0), kind="stable")[:most].tolist())


def _closest(r: "np.typing.NDArray[np.float64]") -> tuple[tuple[int, int], float]:
    apart = np.abs(np.triu(r, 1))
    first, second = divmod(int(np.argmax(apart)), len(r))
    first, second = (first, second) if first != second else (0, 1)
    return (first, second), float(r[first, second])


def _strong(r: "np.typing.NDArray[np.float64]", names: list[str]) -> list[str]:
    pairs = [(int(a), int(b)) for a, b in np.argwhere(np.triu(np.abs(r) >= TOLD, 1))]
    pairs.sort(key=lambda pair: -abs(r[pair]))
    return [f"{names[a]} and {names[b]} {r[a, b]:.2f}".replace(" -", " \u2212") for a, b in pairs]
