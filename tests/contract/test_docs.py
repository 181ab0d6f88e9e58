"""The documentation says what the code does."""

import re
from pathlib import Path

from bot.service import registry
from docs.reference import GLOSSARY_PAGE, PAGE, page
from engine.results.glossary import page as glossary_page
from engine.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_the_reference_is_as_the_code_is() -> None:
    assert PAGE.read_text() == page(), "write it anew with `python -m docs.reference`"


def test_the_glossary_is_as_the_code_is() -> None:
    assert GLOSSARY_PAGE.read_text() == glossary_page(), "write it anew with `python -m docs.reference`"


def test_every_setting_says_what_it_means() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_every_picture_and_page_the_readme_names_is_there() -> None:
    for name in re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text()):
        if not name.startswith("http"):
            assert (ROOT / name).is_file(), name


def test_the_architecture_names_every_step_of_the_pipeline() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    steps = {path.stem for path in (ROOT / "engine" / "pipeline").glob("*.py")}
    helpers = {"__init__", "outbox", "conclude", "list_tables"}
    assert [step for step in steps - helpers if step not in text] == []


def test_every_command_has_one_line_of_help() -> None:
    assert all(0 < len(command.help) < 100 for command in registry().commands.values())
