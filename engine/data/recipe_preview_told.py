"""What a recipe made of a snapshot, as plain data: what a card is drawn from."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from engine.data.dates import Interval


class Told(BaseModel):
    """A finding, as the card shows it."""

    model_config = ConfigDict(frozen=True)

    code: str
    grade: str
    column: str = ""
    text: str
    where: str = ""
    remedy: str = ""


class Preview(BaseModel):
    """A recipe's result on a snapshot, as plain data. `modelled`: periods in the window; the others are its history."""

    model_config = ConfigDict(frozen=True)

    dataset: str
    rows_read: int
    interval_before: Interval
    periods_before: int
    first_before: date
    last_before: date
    interval: Interval
    periods: int
    first: date
    last: date
    modelled: int
    done: tuple[Told, ...] = ()
    stops: tuple[Told, ...] = ()
    to_see: tuple[Told, ...] = ()
    notes: tuple[Told, ...] = ()
    accepted: tuple[Told, ...] = ()
