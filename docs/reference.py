"""Write `docs/reference.md` anew from the code: `python -m docs.reference`. A test holds the two together."""

from pathlib import Path

from bot.service import registry
from engine.experiment.experiment import docs_table
from engine.settings import Settings

PAGE = Path(__file__).parent / "reference.md"


def page() -> str:
    """Return the reference: what one can type, what an experiment asks, what a service must know."""
    commands = [f"| `{command.typed}` | {command.help} |" for command in registry().commands.values()]
    settings = []
    for name, field in Settings.model_fields.items():
        default = "required" if field.is_required() else f"`{field.default}`" if field.default not in ("", ()) else "–"
        settings.append(f"| `MMM_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(
        [
            "# Reference",
            "",
            "Written by `python -m docs.reference` from the code itself.",
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
            "## Settings",
            "",
            "Environment variables of the bot and the worker; lists are JSON.",
            "",
            "| variable | default | meaning |",
            "| --- | --- | --- |",
            *settings,
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page())
