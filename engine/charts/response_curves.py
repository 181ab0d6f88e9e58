"""Response curves: what more or less spend would bring, per channel, with today's spend marked."""

import math

from engine.charts.style import BLUE, INK, MUTED, SKY, TEXT, Chart, canvas, finish, short_ticks
from engine.labels import label
from engine.results.headline import Headline
from engine.results.leader import Standing, leader
from engine.results.read import Results
from engine.results.wording import short


def draw(results: Results, head: Headline, footer: str) -> Chart:
    """Draw one small curve per channel: solid where spend was observed, dashed beyond it."""
    channels = head.channels
    rows = math.ceil(len(channels) / 2)
    steepest = max(channels, key=lambda one: one.marginal or 0.0)
    standing, best = leader(head)
    title = (
        f"The next unit of spend returns most in {label(steepest.channel)}: {short(steepest.marginal or 0.0)}"
        if standing is Standing.CLEAR and best is steepest
        else "What more or less spend would bring"
    )
    subtitle = (
        f"{head.dep_var} per {head.interval} by spend per {head.interval}; dot: mean spend; dashed: never observed"
    )
    figure, axes = canvas(title, subtitle, rows=rows, cols=2, height=1.5 + 2.0 * rows)
    for axis in axes[len(channels) :]:
        axis.set_visible(False)
    for axis, one in zip(axes, channels, strict=False):
        curve = results.curve(one.channel)
        seen, beyond = curve[~curve["beyond_observed"]], curve[curve["beyond_observed"]]
        axis.fill_between(curve["spend"], curve["carryover_response"], color=SKY, alpha=0.25, linewidth=0)
        axis.plot(seen["spend"], seen["response"], color=BLUE, linewidth=2)
        axis.plot(beyond["spend"], beyond["response"], color=BLUE, linewidth=2, linestyle=":")
        mean = curve[curve["is_mean"]]
        axis.plot(mean["spend"], mean["response"], "o", color=INK, markersize=7)
        axis.set_title(label(one.channel), loc="left", fontsize=TEXT, color=INK, weight="bold")
        if len(mean):
            text = f"{short(float(mean['spend'].iloc[0]))} → {short(float(mean['response'].iloc[0]))}"
            axis.text(0.98, 0.06, text, transform=axis.transAxes, ha="right", fontsize=TEXT - 1, color=MUTED)
        axis.set_xlim(left=0)
        axis.set_ylim(bottom=0)
        axis.locator_params(nbins=4)
        short_ticks(axis, "x")
        short_ticks(axis, "y")

    each = "; ".join(f"{label(one.channel)} {short(one.marginal or 0.0)}" for one in channels)
    alt = f"Response curves per channel with mean spend marked. Response to the next unit of spend: {each}."
    return finish(figure, name="response_curves", title=title, alt=alt[:1900], footer=footer)
