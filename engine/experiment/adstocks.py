"""What Robyn takes for an adstock that it does not have."""

from typing import Final

from engine.experiment.job_config import Adstock

# Geometric is Robyn's own default; of its three the density of Weibull alone can peak later.
_IN_ROBYN: Final[dict[Adstock, Adstock]] = {"auto": "geometric", "delayed": "weibull_pdf"}
_WORDS: Final[dict[Adstock, str]] = {
    "auto": "Robyn (R) has one kind of adstock for all media and does not look for it, so it takes the geometric one.",
    "delayed": "Robyn (R) has no delayed adstock, so it takes Weibull (pdf), whose effect may peak later as well.",
}


def in_robyn(adstock: Adstock) -> Adstock:
    """Return the adstock that Robyn trains with where this one is asked for."""
    return _IN_ROBYN.get(adstock, adstock)


def said_of_robyn(adstock: Adstock) -> str:
    """Say in a sentence what Robyn takes in place of an adstock; empty where it has it."""
    return _WORDS.get(adstock, "")
