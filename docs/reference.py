"""Write `docs/reference.md` and `docs/glossary.md` anew from the code: `python -m docs.reference`.

A test holds them together.
"""

import json
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.service import registry
from engine.experiment.budget import Budget
from engine.experiment.calibration import LiftTest
from engine.experiment.experiment import docs_table
from engine.experiment.job_config import Forecast, JobConfig, Refresh
from engine.results.glossary import page as glossary_page

# Defaults that say no more than that nothing is given.
EMPTY: tuple[object, ...] = (None, "", (), {})
PAGE = Path(__file__).parent / "reference.md"
GLOSSARY_PAGE = Path(__file__).parent / "glossary.md"


def page() -> str:
    """Return the reference: what one can type, what an experiment asks, what a trainer is told."""
    commands = [f"| `{command.typed}` | {command.help} |" for command in registry().commands.values()]
    return "\n".join(
        [
            "# Reference",
            "",
            "Written by `python -m docs.reference` from the code itself; settings are in [settings.md](settings.md).",
            "",
            "## Commands",
            "",
            "`/mmm` alone shows what you can do next.",
            "",
            "| you type | what it does |",
            "| --- | --- |",
            *commands,
            "",
            "## Parameters of an experiment",
            "",
            docs_table().rstrip(),
            "",
            "## Keys of job_config.json",
            "",
            "What a trainer is told. The form writes it; for `mmm train IN OUT` you write it yourself, and can also "
            "give what the form does not ask. Everything wrong with it and with the data is told in one message.",
            "",
            keys_table(JobConfig),
            "",
            "Each lift test of `calibration_input`:",
            "",
            keys_table(LiftTest),
            "",
            "`budget`:",
            "",
            keys_table(Budget),
            "",
            "`refresh`:",
            "",
            keys_table(Refresh),
            "",
            "`forecast`:",
            "",
            keys_table(Forecast),
            "",
        ]
    )


def keys_table(model: type[BaseModel]) -> str:
    """Return the keys of a configuration, or of a part of it, as a table."""
    lines = ["| key | default | allowed | meaning |", "| --- | --- | --- | --- |"]
    for name, field in model.model_fields.items():
        value = field.get_default(call_default_factory=True)
        default = "required" if field.is_required() else f"`{json.dumps(value)}`" if value not in EMPTY else "–"
        words = ", ".join(f"`{word}`" for word in choices(field.annotation))
        lines.append(f"| `{name}` | {default} | {words or limits(field) or '–'} | {field.description} |")
    return "\n".join(lines)


def choices(annotation: Any) -> tuple[str, ...]:
    """Return the words that a key, or the items of its list, may be; none where it may be something else as well."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    kinds = [kind for kind in get_args(annotation) if kind not in (NoneType, Ellipsis)]
    return choices(kinds[0]) if len(kinds) == 1 else ()


def limits(field: FieldInfo) -> str:
    """Return the numbers that a key may be."""
    low = next((f"{m.ge}" for m in field.metadata if isinstance(m, Ge)), "")
    above = next((f"above {m.gt}" for m in field.metadata if isinstance(m, Gt)), "")
    high = next((f"to {m.le}" for m in field.metadata if isinstance(m, Le) and float(str(m.le)) < 1e15), "")
    from_low = low if high or not low else f"from {low}"
    return " ".join(filter(None, (from_low or above, high)))


if __name__ == "__main__":
    PAGE.write_text(page())
    GLOSSARY_PAGE.write_text(glossary_page())
