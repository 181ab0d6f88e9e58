"""The buttons that run an experiment once more: as it is, with another seed, or long enough to decide on."""

from collections.abc import Mapping
from typing import Any

from bot.slack.blocks import button, confirm
from engine.results.calls import PREVIEW_MODELS

AGAIN, SEED, STANDARD = "experiment_run", "experiment_seed", "experiment_standard"
SAME = "The same data, settings and seed give the same answer"


def again(revision: str, *, same: bool = False) -> dict[str, Any]:
    """Run it as it is; `same`: there is an answer already, which it would only repeat."""
    if not same:
        return button("Run again", AGAIN, revision)
    text = f"{SAME}. Another seed shows how much of it is chance; a longer search or newer data may change it."
    return button("Run again", AGAIN, revision, confirm=confirm("Run it again?", text, "Run again", "Not now"))


def other_seed(revision: str) -> dict[str, Any]:
    """Run it with another seed: what is alike in both answers does not hang on chance."""
    return button("Another seed", SEED, revision)


def standard(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run it at the size that can be decided on, where it was too short for that; `settings` are the experiment's."""
    tried = int(settings.get("iterations") or 0) * int(settings.get("trials") or 0)
    if not 0 < tried < PREVIEW_MODELS:
        return []
    return [button("Run Standard", STANDARD, str(settings.get("revision") or ""), style="primary")]
