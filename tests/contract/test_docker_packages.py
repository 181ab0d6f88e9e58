"""What a role imports, its image holds: every package that can be reached from its entry is locked for that role."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
OURS = ("bot", "engine", "local")
# Where each image begins.
ROLES = {
    "bot": ("bot.service",),
    "worker": ("bot.service",),
    "trainer": ("engine.training_job", "engine.model.__main__", "engine.robyn.__main__"),
}
# What functions import when they are called is for the others: the worker's routes, its jobs and its warehouse.
AT_IMPORT_ONLY = ("bot",)


def source(module: str) -> Path | None:
    path = ROOT / module.replace(".", "/")
    return next((one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file()), None)


def imports(path: Path, *, at_import_only: bool) -> Iterator[str]:
    """Every module that a file imports, also inside functions unless told otherwise."""
    open_ends: list[ast.AST] = [ast.parse(path.read_text())]
    while open_ends:
        node = open_ends.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not (at_import_only and _waits(node)):
            open_ends += ast.iter_child_nodes(node)


def _waits(node: ast.AST) -> bool:
    """Whether what is in here happens at a call, or never."""
    typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    return typing_only or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def reached(roots: tuple[str, ...], *, at_import_only: bool = False) -> set[str]:
    """Modules of others that can be reached from ours."""
    seen: set[str] = set()
    open_ends = list(roots)
    while open_ends:
        module = open_ends.pop()
        if module not in seen:
            seen.add(module)
            path = source(module) if module.split(".")[0] in OURS else None
            open_ends += imports(path, at_import_only=at_import_only) if path else ()
    return {module for module in seen if module.split(".")[0] not in (*OURS, *sys.stdlib_module_names)}


@pytest.fixture(scope="module")
def owners() -> dict[str, str]:
    """The distribution that each module belongs to, by the module's dotted name."""
    found = {}
    for distribution in distributions():
        name = re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()
        for file in distribution.files or ():
            if file.suffix in (".py", ".so"):
                parts = [*file.parts[:-1], file.name.split(".")[0]]
                found[".".join(part for part in parts if part != "__init__")] = name
    return found


def owner(module: str, owners: dict[str, str]) -> str | None:
    """The distribution of a module, or of a name that a module holds."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((owners[name] for name in names if name in owners), None)


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_imports_is_locked_for_it(role: str, owners: dict[str, str]) -> None:
    needed = {owner(module, owners) for module in reached(ROLES[role], at_import_only=role in AT_IMPORT_ONLY)} - {None}
    locked = set(re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==", (ROOT / f"requirements/{role}.txt").read_text(), re.M))
    assert {"google-cloud-storage", "pydantic"} <= needed
    assert sorted(needed - locked) == []


def test_what_is_not_locked_would_be_noticed(owners: dict[str, str]) -> None:
    needed = {owner(module, owners) for module in reached(("engine.model.__main__",))}
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements/bot.txt").read_text(), re.M))
    assert {"numba", "prophet"} <= needed - locked
