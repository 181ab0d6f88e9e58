"""What a model of the native search was fitted with, for Robyn to fit it again."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Fitted:
    """A model of the native search: what it was fitted with. `chosen` says whether it is the one that is reported."""

    model: str
    chosen: bool
    hyperparameters: Mapping[str, float]
    penalty: float
    train_size: float
