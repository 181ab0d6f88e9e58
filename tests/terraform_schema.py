"""Schemas for Terraform's own plan: recorded ones of what runs, and for the rest what our files themselves use.

The provider cannot be had here. What a plan does with a service turns on its real schema, which is recorded
(`tests/recorded/`); every other type is taken at its word: an argument that our files give is one that it has, of any
type, and an attribute that they read is one that it computes. So a plan finds a wrong reference, a cycle, a wrong value
for a recorded argument, and whatever Terraform itself checks; a misspelled argument of another type it does not.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hcl2

RECORDED = Path(__file__).parent / "recorded/google_cloud_run_v2.json"
WITH_BLOCKS = hcl2.SerializationOptions(with_comments=False, explicit_blocks=True, strip_string_quotes=True)
META = {"count", "for_each", "provider", "depends_on", "lifecycle", "dynamic", "__is_block__"}
TYPES: dict[str, Any] = {"list": ["list", "string"], "map": ["map", "string"]}
# Arguments of blocks that are lists, although our files give them by an expression.
LISTS = {"matches_prefix", "matches_suffix", "monitoring_notification_channels"}


@dataclass
class Attribute:
    """One argument or attribute. `type` is Terraform's: "string", ["map", "string"], "dynamic"."""

    type: Any = "dynamic"
    required: bool = False
    optional: bool = True
    computed: bool = False
    write_only: bool = False


@dataclass
class Block:
    """What a resource, or a block in one, may hold."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: dict[str, "Block"] = field(default_factory=dict)


def recorded() -> dict[str, Block]:
    """The schemas that are the provider's own."""
    return {name: _of(told) for name, told in json.loads(RECORDED.read_text()).items() if name != "source"}


def _of(told: dict[str, Any]) -> Block:
    block = Block()
    for name, words in told["attributes"].items():
        kind, *more = words.split()
        required, only = "required" in more, "only" in more
        computed = only or "computed" in more
        block.attributes[name] = Attribute(TYPES.get(kind, kind), required, not required and not only, computed)
    block.blocks = {name: _of(inner) for name, inner in told.get("blocks", {}).items()}
    return block


def of_files(folder: Path) -> tuple[dict[str, Block], dict[str, Block]]:
    """Schemas of every type of resource and of data that the files of a folder use."""
    kinds: dict[str, dict[str, Block]] = {"resource": {}, "data": {}}
    text = ""
    for path in sorted(folder.glob("*.tf")):
        text += path.read_text()
        with path.open() as file:
            told = hcl2.load(file, serialization_options=WITH_BLOCKS)
        for kind, found in kinds.items():
            for each in told.get(kind, []):
                for name, several in each.items():
                    for body in several.values():
                        if isinstance(body, dict):
                            _use(found.setdefault(name, Block()), body)
    reads = re.findall(r"(data\.)?\b(google_\w+)\.\w+(?:\[[^\]]*\])?\.(\w+)", text)
    reads += re.findall(r"()for \w+ in (google_\w+)\.\w+ : \w+\.(\w+)", text)
    reads += [("", "google_service_account", "email"), ("", "google_secret_manager_secret", "id")]
    for data, name, attribute in reads:
        there = kinds["data" if data else "resource"].get(name)
        if there and attribute not in there.blocks:
            there.attributes.setdefault(attribute, Attribute("string")).computed = True
    return kinds["resource"] | recorded(), kinds["data"]


def _use(block: Block, body: dict[str, Any], *, inner: bool = False) -> None:
    """Note what one body gives. In blocks, Terraform wants arguments of one type each."""
    for name, value in body.items():
        if name == "dynamic":
            for each in value:
                for made, told in each.items():
                    if isinstance(told, dict):
                        _use(block.blocks.setdefault(made, Block()), _first(told["content"]), inner=True)
        elif isinstance(value, list) and value and isinstance(value[0], dict) and "__is_block__" in value[0]:
            if name not in META:
                for each in value:
                    _use(block.blocks.setdefault(name, Block()), each, inner=True)
        elif name not in META:
            kind = _type(name, value) if inner else "dynamic"
            block.attributes.setdefault(name, Attribute(kind, write_only=name.endswith("_wo")))


def _type(name: str, value: Any) -> Any:
    if name in LISTS or isinstance(value, list):
        return TYPES["list"]
    if isinstance(value, dict):
        return TYPES["map"]
    return "bool" if isinstance(value, bool) else "number" if isinstance(value, int | float) else "string"


def _first(told: Any) -> dict[str, Any]:
    found: dict[str, Any] = told[0] if isinstance(told, list) else told
    return found
