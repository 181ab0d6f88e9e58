"""What a press about a review carries: the dataset and the filters, whatever its columns are called."""

import json

from pydantic import ValidationError

from bot.slack.carried import read_carried
from engine.data.review.filters import Filters
from engine.errors import NotFound

LOOK = "review_look"


def pressed_value(dataset_id: str, filters: Filters) -> str:
    """Return a button's value; what is as usual is left out."""
    return json.dumps({"d": dataset_id, **filters.model_dump(exclude_defaults=True)}, separators=(",", ":"))


def read_pressed(value: str) -> tuple[str, Filters]:
    """Read a button's value. Raises NotFound for one that is none of ours."""
    try:
        said = read_carried(value)
        dataset_id = str(said.pop("d"))
        filters = Filters.model_validate(said)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
        raise NotFound("That button is no longer known.", "Type /mmm review with the dataset's name.") from None
    if not filters.is_ours():
        raise NotFound("That button is no longer known.", "Type /mmm review with the dataset's name.")
    return dataset_id, filters
