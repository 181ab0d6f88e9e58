"""A run's line: what lists show of it. It lies in the metadata of what is listed, so that a listing brings it along."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.runs.run import TERMINAL, Run, State

# Metadata are short: of a long text, so much is shown in a list.
TEXT = 300
CUT = ("reason", "todo", "waiting", "sentence", "title")


class RunLine(BaseModel):
    """What a list shows of a run; fields as in `Run`. `title` is the dataset's."""

    model_config = ConfigDict(frozen=True)

    id: str
    revision: str
    dataset_id: str
    title: str = ""
    country: str
    ts: str
    state: State
    attempt: int = 1
    trainer: str = "native"
    who: str
    channel: str = ""
    created_at: datetime
    changed_at: datetime
    started_at: datetime | None = None
    reason: str = ""
    todo: str = ""
    waiting: str = ""
    stopped_by: str = ""
    verdict: str = ""
    sentence: str = ""

    @property
    def over(self) -> bool:
        return self.state in TERMINAL


# A run, or what a list shows of it.
Listed = Run | RunLine


def line_of(run: Listed) -> dict[str, Any]:
    """Return a run's line as plain JSON; what is empty is left out, what is long is cut."""
    told = run.model_dump(mode="json", include=set(RunLine.model_fields))
    return {name: value[:TEXT] if name in CUT else value for name, value in told.items() if value not in ("", None)}


def shown_of(run: Listed) -> RunLine:
    """Return what a list shows of a run."""
    return RunLine.model_validate(line_of(run))


def read_line(line: dict[str, Any] | None) -> RunLine | None:
    """Return the line that a listing brought; None where there is none that can be read."""
    if line is None:
        return None
    try:
        return RunLine.model_validate(line)
    except ValidationError:
        return None
