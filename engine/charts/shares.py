"""Share of spend against share of effect, with ROAS or CPA per channel."""

from engine.charts.style import BLUE, GREY, INK, TEXT, Chart, canvas, finish
from engine.labels import label
from engine.results.headline import ChannelResult, Headline
from engine.results.read import Results
from engine.results.wording import percent, short


def draw(results: Results, head: Headline, footer: str) -> Chart:
    """Draw two bars per channel, spend above effect, and the channel's ratio at the right."""
    channels = head.channels
    gap = max(channels, key=lambda one: abs(one.effect_share - one.spend_share))
    more = "more" if gap.effect_share > gap.spend_share else "less"
    title = f"{label(gap.channel)} has {more} effect than its share of spend"
    subtitle = f"Share of paid media spend and of its effect, with {head.measure} at the right"
    figure, [axis] = canvas(title, subtitle, height=2.1 + 0.62 * len(channels))
    positions = range(len(channels))
    bars = 0.36
    axis.barh([at - bars / 2 for at in positions], [one.spend_share for one in channels], bars, color=GREY)
    axis.barh([at + bars / 2 for at in positions], [one.effect_share for one in channels], bars, color=BLUE)
    edge = max(max(one.spend_share, one.effect_share) for one in channels)
    for position, one in zip(positions, channels, strict=True):
        for offset, share in ((-bars / 2, one.spend_share), (bars / 2, one.effect_share)):
            axis.text(share, position + offset, f" {percent(share)}", va="center", fontsize=TEXT - 2, color=INK)
        axis.text(edge * 1.36, position, _ratio(one), va="center", ha="right", fontsize=TEXT + 1, weight="bold")
    axis.set_yticks(positions, [label(one.channel) for one in channels])
    axis.invert_yaxis()
    axis.grid(visible=False, axis="y")
    axis.set_xlim(0, edge * 1.38)
    axis.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axis.set_xlabel(f"Share of all paid media (grey: spend, blue: effect); bold: {head.measure}")

    each = "; ".join(
        f"{label(one.channel)} {percent(one.spend_share)} of spend, {percent(one.effect_share)} of effect, "
        f"{head.measure} {_ratio(one)}"
        for one in channels
    )
    return finish(figure, name="shares", title=title, alt=f"Bars: {title}. {each}."[:1900], footer=footer)


def _ratio(one: ChannelResult) -> str:
    return "–" if one.efficiency is None else short(one.efficiency)
