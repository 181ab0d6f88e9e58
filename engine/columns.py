"""A column, as a file or a query shows it: what the warehouse and the data wing both speak of."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Column(BaseModel):
    """One column of a source. `examples` are a few of its values as text.

    unit: what its numbers are in, such as `%` or `EUR`, where they say so.
    doubt: why it could not be read as what it looks like, in a few words; empty where all is well.
    distinct: how many different values it holds, counted up to a thousand; 0 where nobody counted.
    levels: all of its values, where they are few and text.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    type: Literal["date", "number", "text", "boolean"]
    examples: tuple[str, ...] = ()
    unit: str = ""
    doubt: str = ""
    distinct: int = 0
    levels: tuple[str, ...] = ()
