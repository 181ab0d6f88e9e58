"""Response decomposition: what the fitted response is made of, as a waterfall."""

import numpy as np

from engine.charts.style import BLUE, GREEN, GREY, INK, TEXT, VERMILLION, Chart, canvas, finish, short_ticks, wrapped
from engine.labels import in_sentence, label
from engine.results.headline import Headline
from engine.results.read import INTERCEPT, Results
from engine.results.wording import percent, short

SHOWN = 14


def draw(results: Results, head: Headline, footer: str) -> Chart:
    """Draw one bar per driver, largest first, ending at the fitted total."""
    parts = results.model["xDecompAgg"].astype(float).rename({INTERCEPT: "Baseline"})
    parts = parts[parts != 0].sort_values(ascending=False, key=abs)
    if len(parts) > SHOWN:
        rest = parts.iloc[SHOWN - 1 :].sum()
        parts = parts.iloc[: SHOWN - 1]
        parts["All others"] = rest
    total = float(parts.sum())
    paid = {one.channel for one in head.channels}
    starts = np.concatenate([[0.0], parts.cumsum().to_numpy()[:-1]])

    title = f"Paid media explains {percent(head.media_share)} of {in_sentence(head.dep_var)}"
    subtitle = f"What {in_sentence(head.dep_var)} is made of, summed over the window"
    figure, [axis] = canvas(title, subtitle, height=1.9 + 0.36 * (len(parts) + 1))
    positions = range(len(parts) + 1)
    colours = [VERMILLION if value < 0 else BLUE if name in paid else GREY for name, value in parts.items()]
    axis.barh(positions[:-1], parts.to_numpy(), left=starts, color=colours, height=0.68)
    axis.barh(positions[-1], total, color=GREEN, height=0.68)
    low = min(0.0, float((starts + parts.to_numpy()).min()))
    for position, start, value in zip(positions, [*starts, 0.0], [*parts, total], strict=True):
        end = max(start, start + value)
        text = f" {short(value)} · {percent(value / total)}"
        axis.text(end, position, text, va="center", fontsize=TEXT - 1, color=INK)
    axis.set_yticks(positions, [*(label(str(name)) for name in parts.index), "Fitted total"])
    axis.invert_yaxis()
    axis.grid(visible=False, axis="y")
    axis.set_xlim(low, max(total, float((starts + parts.to_numpy()).max())) * 1.24)
    axis.set_xlabel(f"{label(head.dep_var)} over the window (blue: paid media)")
    short_ticks(axis, "x")

    leaders = ", ".join(f"{label(str(name))} {percent(value / total)}" for name, value in parts.head(4).items())
    alt = f"Waterfall of {head.dep_var}: {title}. Largest parts: {leaders}. Fitted total {short(total)}."
    return finish(figure, name="waterfall", title=wrapped(title), alt=alt, footer=footer)
