"""A name of every kind of object in the bucket, made by the functions that make them."""

import inspect
from datetime import UTC, datetime

from engine import paths

FOLDER = paths.training_folder("BASE_1", "de", "20261122T211500Z-7f3a", 1)
AT = datetime(2026, 11, 22, tzinfo=UTC)
SAMPLES = {"folder": FOLDER, "name": "findings.json", "attempt": 1, "number": 0, "made_at": AT, "ended_at": AT}


def every_object() -> dict[str, str]:
    """Names by what engine/paths.py calls them. A folder ends with a slash."""
    named = {name: value for name, value in vars(paths).items() if name.isupper() and isinstance(value, str)}
    found = {name: value for name, value in named.items() if not value.endswith("/")}
    for name, function in inspect.getmembers(paths, inspect.isfunction):
        # What ends in `_of` or begins with `is_` reads a name, instead of making one.
        reads = name.startswith(("_", "is_")) or name.endswith("_of")
        if function.__module__ == paths.__name__ and not reads:
            given = {each: SAMPLES.get(each, "x") for each in inspect.signature(function).parameters}
            found[name] = function(**given)
    return found
