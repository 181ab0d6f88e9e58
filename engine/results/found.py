"""`findings.json`: what a training's results say, as messages need it. Made once, then read by every release since."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import BrokenState
from engine.listing import ASK
from engine.results.details import Details
from engine.results.headline import Headline
from engine.results.second_opinion import SecondOpinion
from engine.results.verdict import Verdict

POST, MORE = "post", "more"
# Before charts had places, so many were posted; the rest lay beside the results.
POSTED = 8


class Drawn(BaseModel):
    """A chart that was drawn: what it says in words, and where its picture lies."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    alt: str
    path: str
    place: str = Field("", description="`post` or `more`; empty before charts had places.")


class Found(BaseModel):
    """All of it. What came later may be missing from what an earlier release wrote."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    headline: Headline
    charts: tuple[Drawn, ...] = ()
    second_opinion: SecondOpinion | None = None
    details: Details = Details()

    def placed(self, place: str) -> list[Drawn]:
        """The charts that are posted, or kept for who asks for more, in the order they were drawn."""
        asked = (chart.place or (POST if n < POSTED else MORE) for n, chart in enumerate(self.charts))
        return [chart for at, chart in zip(asked, self.charts, strict=True) if at == place]


def read_found(body: dict[str, Any], path: str = "") -> Found:
    """Read findings as stored. Raises BrokenState where they cannot be."""
    try:
        return Found.model_validate(body)
    except ValidationError as error:
        what = "What this training found cannot be read."
        raise BrokenState(what, ASK, detail=f"{path or 'findings'}: {error}") from error
