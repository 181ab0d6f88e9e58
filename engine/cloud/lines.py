"""Lines in the metadata of objects: what a list shows of each, which a listing brings along."""

import json
from collections.abc import Mapping
from typing import Any

Line = Mapping[str, Any]

LINE = "line"
# Custom metadata may have 8 KiB an object, names included (Cloud Storage, "Quotas & limits").
LINE_BYTES = 6000


def in_metadata(line: Line | None) -> dict[str, str]:
    """A line as an object's metadata hold it; nothing where it is too long for them."""
    if line is None:
        return {}
    text = json.dumps(line, ensure_ascii=False, allow_nan=False)
    return {LINE: text} if len(text.encode()) <= LINE_BYTES else {}


def line_in(metadata: Mapping[str, str] | None) -> dict[str, Any] | None:
    """The line in an object's metadata; None where there is none that can be read."""
    try:
        line = json.loads((metadata or {}).get(LINE, ""))
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None
