"""Adstock: how much of a channel's effect is left in the periods after the spend."""

import math

import numpy as np

from engine.charts.style import BLUE, GREEN, GREY, INK, ORANGE, SKY, TEXT, VERMILLION, Chart, canvas, finish
from engine.results.headline import Headline
from engine.results.read import Results
from engine.results.wording import label, percent

HUES = (BLUE, VERMILLION, GREEN, ORANGE, SKY, GREY)
DASHES = ("-", "--", "-.", ":")


def draw(results: Results, head: Headline, footer: str) -> Chart:
    """Draw the geometric decay of each channel: a share theta is carried into each next period."""
    thetas = carried(results)
    longest = max(thetas, key=lambda channel: thetas[channel])
    horizon = max(6, min(26, math.ceil(math.log(0.05) / math.log(max(thetas[longest], 0.05)))))
    title = f"{label(longest)} works longest: {percent(thetas[longest])} carries into the next {head.interval}"
    subtitle = f"Effect left after a single spend, by {head.interval}s since"
    figure, [axis] = canvas(title, subtitle)
    periods = np.arange(horizon + 1)
    for position, (channel, theta) in enumerate(sorted(thetas.items(), key=lambda item: -item[1])):
        hue, dash = HUES[position % len(HUES)], DASHES[position // len(HUES) % len(DASHES)]
        text = f"{label(channel)}: {percent(theta)} carried"
        axis.plot(periods, theta**periods, color=hue, linestyle=dash, linewidth=2.4, label=text)
    axis.axhline(0.5, color=GREY, linewidth=1, linestyle=":")
    axis.text(horizon, 0.515, "half left", ha="right", color=GREY, fontsize=TEXT - 1)
    axis.legend(frameon=False, fontsize=TEXT - 1, labelcolor=INK, loc="upper right")
    axis.set_ylim(0, 1.03)
    axis.set_xlim(0, horizon)
    axis.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axis.set_ylabel("Effect left")
    axis.set_xlabel(f"{head.interval.title()}s after the spend")

    each = "; ".join(f"{label(channel)} {percent(theta)}" for channel, theta in thetas.items())
    alt = f"Decay of each channel's effect. Share carried into the next {head.interval}: {each}."
    return finish(figure, name="adstock", title=title, alt=alt[:1900], footer=footer)


def carried(results: Results) -> dict[str, float]:
    """Per modelled channel the chosen model's theta (share carried into the next period, 0 to 1)."""
    return {channel: results.hyperparameters[f"{channel}_thetas"] for channel in results.channels}
