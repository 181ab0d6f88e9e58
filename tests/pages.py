"""Pages of the documentation as data: their blocks of code, their inline code, their links and headings."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    def blocks(self, language: str) -> list[str]:
        """Every fenced block of a language, without its indentation."""
        return [
            re.sub(rf"^{indent}", "", body, flags=re.MULTILINE)
            for indent, named, body in FENCE.findall(self.text)
            if named == language
        ]

    @cached_property
    def prose(self) -> str:
        """The page without its fenced blocks."""
        return FENCE.sub("", self.text)

    @cached_property
    def inline(self) -> list[str]:
        """Every piece of inline code."""
        return re.findall(r"`([^`\n]+)`", self.prose)

    @cached_property
    def code(self) -> list[str]:
        """Every piece of code, inline or fenced."""
        return [*self.inline, *(body for _, _, body in FENCE.findall(self.text))]

    @cached_property
    def commands(self) -> list[str]:
        """Every line that somebody would type, whole where it goes on over several, without comments."""
        blocks = [re.sub(r"\\\n\s*", "", block) for block in self.blocks("sh")]
        lines = [re.sub(r"\s#\s.*$", "", line).strip() for block in blocks for line in block.splitlines()]
        return [line for line in [*lines, *self.inline] if line and not line.startswith("#")]

    @cached_property
    def links(self) -> list[tuple[str, str]]:
        """Where links within the repository lead: file ("" for this one) and anchor."""
        found = re.findall(r"\]\(([^)\s]*)\)", self.prose)
        return [(to.partition("#")[0], to.partition("#")[2]) for to in found if not to.startswith("http")]

    @cached_property
    def headings(self) -> list[tuple[int, str]]:
        """Level and text of every heading."""
        return [(len(marks), text) for marks, text in re.findall(r"^(#+) (.+)$", self.prose, re.MULTILINE)]

    @cached_property
    def anchors(self) -> set[str]:
        return {anchor(text) for _, text in self.headings}

    def section(self, heading: str) -> str:
        """What stands below a heading, until the next of its level or above."""
        [level] = [level for level, text in self.headings if text == heading]
        after = self.text.split(f"\n{'#' * level} {heading}\n", 1)[1]
        return re.split(rf"^#{{1,{level}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]

    def table(self, heading: str) -> list[list[str]]:
        """The rows of the first table below a heading, without its head."""
        first = re.search(r"^\|(?:.*\n\|)*.*$", self.section(heading), re.MULTILINE)
        lines = first[0].splitlines() if first else []
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def anchor(heading: str) -> str:
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")


DEPLOY, OPERATE, IMAGES = Page(DOCS / "deploy.md"), Page(DOCS / "operate.md"), Page(DOCS / "images.md")
README = Page(ROOT / "README.md")
PAGES = (README, *(Page(path) for path in sorted(DOCS.glob("*.md"))))
