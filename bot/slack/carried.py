"""What a button or a form carries, as we wrote it: JSON. Signed is not sound: what comes back may be anything."""

import json
from typing import Any


def read_carried(text: str) -> Any:
    """Return what JSON says. Raises ValueError where it is none, or nested deeper than anybody could have meant."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
