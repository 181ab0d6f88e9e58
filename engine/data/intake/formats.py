"""Which kind of file this is, and who reads it."""

from pathlib import Path

from engine.data.intake.choices import Choices
from engine.data.intake.rows import Rows
from engine.data.intake.text_file import text_rows


def open_rows(path: Path, chosen: Choices, *, name: str = "", limit_bytes: int | None = None) -> Rows:
    """Open a file. `name` is what the person called it. Raises BadData if it is no table, empty or too large."""
    return text_rows(path, limit_bytes=limit_bytes)
