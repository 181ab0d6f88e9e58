"""Numbers that a warehouse keeps as text: nothing is read into them, and it is said that they go unused."""

from engine.columns import Column
from engine.data.dataset import Finding
from engine.data.guess import guess
from engine.data.intake.cells import kind


def doubt_texts(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Say of a warehouse's columns of text that they hold numbers, where those would have a role by name."""
    alike = {
        c.name for c in columns if c.type == "text" and c.examples and all(kind(e) == "number" for e in c.examples)
    }
    if not alike:
        return columns
    meant = guess([c.model_copy(update={"type": "number"}) if c.name in alike else c for c in columns])
    alike &= {*meant.model_columns, *meant.other_goals}
    doubt = "looks like numbers, but the warehouse keeps it as text: cast it to NUMBER in the table or the SELECT"
    return tuple(c.model_copy(update={"doubt": doubt}) if c.name in alike else c for c in columns)


def told_of_texts(columns: tuple[Column, ...]) -> tuple[Finding, ...]:
    """What is said of columns that hold numbers as text."""
    return tuple(
        Finding(
            code="number.unread",
            grade="REVIEW",
            column=column.name,
            value=column.examples[0],
            text=f"“{column.name}” {column.doubt.partition(':')[0]}.",
            remedy="Cast it to NUMBER in the table or the SELECT if it is needed.",
        )
        for column in columns
        if column.doubt
    )
