"""Convergence: whether the search had settled when it ended."""

import numpy as np
import pandas as pd

from engine.charts import titles
from engine.charts.legend import BAND, Key
from engine.charts.page import Drawing
from engine.charts.panels import Panel, lay
from engine.charts.style import BLUE, MUTED, SKY, VERMILLION
from engine.charts.subject import Subject
from engine.number_words import counted

SLICES = 20
# Inches.
HEIGHT = 2.1
OBJECTIVES = {"nrmse": "NRMSE: typical miss", "decomp.rssd": "DECOMP.RSSD: spend against effect"}


def draw(subject: Subject) -> Drawing:
    """Draw the two objectives by twentieths of the search: the median, the middle half, and the best so far."""
    head, results = subject.head, subject.results
    # A model without any media effect has an infinite DECOMP.RSSD: it counts, but cannot be drawn.
    history = results.convergence.replace([np.inf], np.nan).sort_values(["iterNG", "trial"])
    history["slice"] = pd.qcut(history["iterNG"], SLICES, labels=False, duplicates="drop")
    verdicts = results.summary.convergence
    settled = [name for name, one in verdicts.items() if one.converged]
    title = titles.of_convergence(settled, len(verdicts))
    page = subject.page(title, f"{counted(head.iterations * head.trials, 'model')} tried; lower is better")
    panels, drawn = [], []
    for objective, named in OBJECTIVES.items():
        by = history.groupby("slice")[objective]
        middle, low, high, best = by.median(), by.quantile(0.25), by.quantile(0.75), by.min().cummin()
        share = (middle.index.to_numpy() + 1) / len(middle) * 100
        ends = float(np.nanmin(best)), float(np.nanmax(high))
        reach = max(ends[1] - ends[0], 1e-9)
        word = "settled" if objective in settled else "not settled"
        y = (ends[0] - 0.05 * reach, ends[1] + 0.05 * reach)
        panels.append(Panel(named, word, (0.0, 100.0), y, lambda value: f"{value:.0f} %"))
        drawn.append((share, middle, low, high, best))
    for plot, (share, middle, low, high, best) in zip(lay(page, panels, HEIGHT), drawn, strict=True):
        plot.axes.fill_between(share, low, high, color=SKY, alpha=BAND, linewidth=0)
        plot.axes.plot(share, middle, color=BLUE, linewidth=2)
        plot.axes.plot(share, best, color=VERMILLION, linewidth=1.6)
    page.paragraph("From left to right: how much of the search was done", page.size.small, MUTED)
    page.skip(0.1)
    keys = [Key("median", "line", BLUE), Key("middle half", "band", SKY), Key("best so far", "line", VERMILLION)]
    page.legend(keys)

    lowest = history[["nrmse", "decomp.rssd"]].min()
    alt = f"{title}. Best NRMSE {lowest['nrmse']:.3f}, best DECOMP.RSSD {lowest['decomp.rssd']:.3f} (lower is better)."
    return page.finish(name="convergence", title=title, alt=alt, footer=subject.footer)
