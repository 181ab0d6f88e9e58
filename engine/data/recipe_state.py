"""How far the recipes of a family are, as lists and guidance need to know."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class RecipeState:
    """What is known of a family's recipes. `number` 0: none was saved; `working`: one is being worked on."""

    number: int = 0
    id: str = ""
    who: str = ""
    saved_at: datetime | None = None
    approved: bool = False
    working: bool = False
