"""What a trainer tells beside its results: the words it leaves when it fails, whole or not."""

import json
from pathlib import Path
from typing import Any


def told(path: Path) -> dict[str, Any]:
    """The object in a file of the trainer; nothing if the file is not there, or was caught half written."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def why_it_failed(folder_out: Path) -> tuple[str, str]:
    """What happened and what to do, from `error.json` or else `status.json`; empty where the trainer did not say."""
    error, status = told(folder_out / "error.json"), told(folder_out / "status.json")
    return str(error.get("what") or status.get("cause") or ""), str(error.get("todo") or status.get("remedy") or "")
