"""Terraform's files as data: what stands in them, without running Terraform."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import hcl2

TERRAFORM = Path(__file__).resolve().parents[1] / "infra" / "terraform"
MODULE = TERRAFORM / "modules" / "deployment"
ENVIRONMENTS = (TERRAFORM / "envs" / "dev", TERRAFORM / "envs" / "prod")
AS_DATA = hcl2.SerializationOptions(with_comments=False, explicit_blocks=False, strip_string_quotes=True)

Body = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource block, or one of those that its for_each makes of it. Expressions are text: `${…}`."""

    type: str
    name: str
    body: Body
    key: str = ""
    value: Any = None

    def get(self, argument: str) -> str:
        """An argument as text, with `each.key` and `each.value` put in."""
        text = str(self.body.get(argument, ""))
        if not self.key:
            return text
        known = {"each.key": self.key, "each.value": self.value}
        if isinstance(self.value, dict):
            known |= {f"each.value.{name}": value for name, value in self.value.items()}
        for name in sorted(known, key=len, reverse=True):
            text = text.replace(f"${{{name}}}", str(known[name])).replace(f"[{name}]", f'["{known[name]}"]')
        return text


@cache
def blocks(folder: Path) -> dict[str, list[Body]]:
    """Every block of a folder's files by its kind: resource, locals, variable, …"""
    found: dict[str, list[Body]] = {}
    for path in sorted(folder.glob("*.tf")):
        with path.open() as file:
            for kind, several in hcl2.load(file, serialization_options=AS_DATA).items():
                found.setdefault(kind, []).extend(several)
    return found


def named(folder: Path, kind: str) -> dict[str, Body]:
    """Blocks with one label, such as variables and outputs, by that label."""
    return {name: body for block in blocks(folder).get(kind, []) for name, body in block.items()}


def local_values(folder: Path = MODULE) -> dict[str, Any]:
    """Every local value, as it is written."""
    return {name: value for block in blocks(folder)["locals"] for name, value in block.items()}


def written(folder: Path = MODULE) -> list[Resource]:
    """Every resource block, as it is written."""
    return [
        Resource(kind, name, body)
        for block in blocks(folder).get("resource", [])
        for kind, several in block.items()
        for name, body in several.items()
    ]


def one(kind: str, name: str) -> Body:
    """The one resource of that type and name."""
    [found] = [each.body for each in written() if (each.type, each.name) == (kind, name)]
    return found


def made(folder: Path = MODULE) -> list[Resource]:
    """Every resource, with those of a for_each one by one, where the files say which there are."""
    several: list[Resource] = []
    for each in written(folder):
        if "for_each" not in each.body:
            several.append(each)
            continue
        for key, value in _each(each.body["for_each"]).items():
            several.append(Resource(each.type, each.name, each.body, key, value))
    return several


def _each(given: Any) -> dict[str, Any]:
    """What a for_each goes over: a map, or what its expression names: local maps, lists of words."""
    if isinstance(given, dict):
        return given
    keys: dict[str, Any] = {}
    for name in re.findall(r"local\.(\w+)", given):
        value = local_values()[name]
        keys |= value if isinstance(value, dict) else _each(value) if isinstance(value, str) else _same(value)
    for words in re.findall(r"\[([^\]]*)\]", given):
        keys |= _same(re.findall(r'"([^"]+)"', words))
    if not keys:
        keys = {"*": "*"}  # only a plan would know
    return keys


def _same(words: list[str]) -> dict[str, str]:
    return {word: word for word in words}
