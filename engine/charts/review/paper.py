"""What every chart of a review has: the finding above it, where its numbers come from below it, and an alt text."""

from dataclasses import dataclass

from engine.charts.fonts import readable
from engine.charts.page import Drawing, Page
from engine.charts.style import FULL, Size
from engine.charts.subject import alternative, shown

# A picture's title is a file's title in Slack, too.
TITLE = 200


@dataclass(frozen=True)
class Paper:
    """Where a chart is drawn: its footer (source and window) and the width it is for."""

    source: str
    window: str
    size: Size = FULL

    def page(self, headline: str, subtitle: str) -> Page:
        return Page(self.size, readable(headline)[:TITLE], readable(subtitle))

    def finish(self, page: Page, name: str, headline: str, sentence: str, parts: list[str]) -> Drawing:
        """Put the source at the end. parts: what the picture shows, one by one, for who cannot see it."""
        footer = f"Source: {shown(self.source)}. {self.window}"
        alt = alternative(readable(sentence), [readable(part) for part in parts])
        return page.finish(name=name, title=readable(headline)[:TITLE], alt=alt, footer=footer)
