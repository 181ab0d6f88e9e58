"""Convergence: whether the search had settled when it ended."""

import numpy as np
import pandas as pd

from engine.charts.style import BLUE, MUTED, SKY, TEXT, VERMILLION, Chart, canvas, finish
from engine.results.headline import Headline
from engine.results.read import Results

SLICES = 20


def draw(results: Results, head: Headline, footer: str) -> Chart:
    """Draw the two objectives by twentieths of the search: the median, the middle half, and the best so far."""
    # A model without any media effect has an infinite DECOMP.RSSD: it counts, but cannot be drawn.
    history = results.convergence.replace([np.inf], np.nan).sort_values(["iterNG", "trial"])
    history["slice"] = pd.qcut(history["iterNG"], SLICES, labels=False, duplicates="drop")
    verdicts = results.summary.convergence
    settled = [name for name, one in verdicts.items() if one.converged]
    title = (
        "The search had settled"
        if len(settled) == len(verdicts)
        else "The search was still improving when it ended"
        if not settled
        else f"Only {settled[0].upper()} had settled when the search ended"
    )
    subtitle = f"{head.iterations} × {head.trials} models tried; line: median, band: middle half, red: best so far"
    figure, axes = canvas(title, subtitle, cols=2, height=4.3)
    for axis, objective in zip(axes, ("nrmse", "decomp.rssd"), strict=True):
        by = history.groupby("slice")[objective]
        middle, low, high = by.median(), by.quantile(0.25), by.quantile(0.75)
        share = (middle.index.to_numpy() + 1) / len(middle) * 100
        axis.fill_between(share, low, high, color=SKY, alpha=0.35, linewidth=0)
        axis.plot(share, middle, color=BLUE, linewidth=2)
        axis.plot(share, by.min().cummin(), color=VERMILLION, linewidth=1.6)
        axis.set_title(objective.upper(), loc="left", fontsize=TEXT, weight="bold")
        axis.set_xlabel("Share of the search done (%)")
        word = "settled" if objective in settled else "not settled"
        axis.text(0.97, 0.94, word, transform=axis.transAxes, ha="right", color=MUTED, fontsize=TEXT)

    best = history[["nrmse", "decomp.rssd"]].min()
    alt = f"{title}. Best NRMSE {best['nrmse']:.3f}, best DECOMP.RSSD {best['decomp.rssd']:.3f} (lower is better)."
    return finish(figure, name="convergence", title=title, alt=alt, footer=footer)
