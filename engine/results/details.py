"""What few people ask of a training, in one place: for *Details*, beside the key numbers of the headline."""

from pydantic import BaseModel, ConfigDict, Field

from engine.results.summary import Summary


class Details(BaseModel):
    """How a result came about. Every field may be missing: earlier releases kept none of it."""

    model_config = ConfigDict(frozen=True)

    trainer: str = ""
    adstock: str = Field("", description="The kind that was asked for.")
    adstocks: dict[str, dict[str, float]] = Field(
        default_factory=dict, description="By medium: the weight of each kind of adstock, where they are averaged."
    )
    seed: int | None = None
    search: str = ""
    rule: str = Field("", description="How the model was picked.")
    clusters: int = Field(1, description="Groups of similar models.")
    objectives: tuple[str, ...] = Field((), description="Whether each objective of the search settled, in sentences.")
    notes: tuple[str, ...] = Field((), description="What a reader should know, in sentences.")
    forecast_notes: tuple[str, ...] = Field((), description="What the forecast assumes.")
    seconds: float | None = Field(None, description="How long the training took.")


def details(summary: Summary) -> Details:
    """Read them out of a training's summary."""
    picked = summary.selection
    return Details(
        trainer=summary.trainer,
        adstock=summary.adstock,
        adstocks=summary.adstocks,
        seed=summary.seed,
        search=summary.search,
        rule=picked.rule,
        clusters=picked.clusters,
        objectives=tuple(one.sentence for one in summary.convergence.values()),
        notes=tuple(note for note in (*summary.notes, picked.note) if note),
        forecast_notes=summary.forecast_notes,
        seconds=summary.durations.get("total"),
    )
