"""A table of inputs on which both trainers must give the same model, or refuse in the same words.

Each makes its data itself. A model is compared at given hyperparameters, the middle of each range: what two searches
find is chance, what they fit is not. `python -m tests.robyn_answers` records what Robyn says of each.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Frame = pd.DataFrame
CONFIG: dict[str, Any] = {
    "country": "DE",
    "revision": "TABLE_1",
    "date_var": "DATE",
    "dep_var": "sales",
    "paid_media_spends": ["tv", "radio", "web"],
    "organic_vars": ["mails"],
    "context_vars": ["price"],
    "adstock": "geometric",
    "selection": "robyn",
    "iterations": 60,
    "trials": 1,
    "seed": 123,
    "week_dated": "first",
}


@dataclass(frozen=True)
class Input:
    """One row of the table. refusal: words that both refuse it with; empty where there is a model."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    change: Callable[[Frame], Frame] = lambda frame: frame
    grain: str = "week"
    rows: int = 130
    refusal: str = ""
    earlier: bool = False

    def write(self, folder: Path) -> Path:
        """Make the trainer's IN folder."""
        folder.mkdir(parents=True, exist_ok=True)
        frame = self.change(made(self.rows, self.grain))
        frame.rename(columns=self.renamed).to_csv(folder / "input_data.csv", index=False)
        config = json.loads(_with_names(json.dumps(CONFIG), self.renamed)) | self.settings
        (folder / "job_config.json").write_text(json.dumps(config, ensure_ascii=False))
        return folder


def _with_names(text: str, renamed: dict[str, str]) -> str:
    for old, new in renamed.items():
        text = text.replace(json.dumps(old), json.dumps(new))
    return text


def made(rows: int, grain: str) -> Frame:
    """Rows with a trend, a season, three channels, mails and a price; every effect is well above the noise."""
    draw = np.random.default_rng(7)
    begin, step = {"week": ("2021-01-04", "7D"), "day": ("2021-01-01", "D"), "month": ("2012-01-01", "MS")}[grain]
    days = pd.date_range(begin, periods=rows, freq=step)
    year = 2 * np.pi * days.dayofyear.to_numpy() / 365.25
    bursts = {name: draw.gamma(2.0, 10_000, rows) * (draw.random(rows) < share) for name, share in
              (("tv", 0.5), ("radio", 0.6), ("web", 0.9), ("mails", 0.7))}  # fmt: skip
    price = 10 + draw.normal(0, 0.5, rows).round(2)
    week = np.array([0, 0, 0, 20_000, 40_000, 90_000, 60_000])[days.dayofweek] if grain == "day" else 0.0
    sales = 900_000 + 1_500 * np.arange(rows) * 130 / rows + 120_000 * np.sin(year) - 20_000 * (price - 10) + week
    for name, size in (("tv", 6.0), ("radio", 3.0), ("web", 4.0), ("mails", 2.0)):
        carried = bursts[name].copy()
        for t in range(1, rows):
            carried[t] += 0.3 * carried[t - 1]
        sales += size * 30_000 * carried / (carried + 30_000)
    sales += draw.normal(0, 4_000, rows)
    return pd.DataFrame({"DATE": days.strftime("%Y-%m-%d"), "sales": sales.round(2), "price": price,
                         **{name: values.round(2) for name, values in bursts.items()}})  # fmt: skip


def categories(
    *levels: str, column: str = "promo", size: float = 90_000, empty: int | None = None
) -> Callable[[Frame], Frame]:
    """Add a factor: the first level is the usual one, each of the others lifts sales by an amount of its own."""

    def change(frame: Frame) -> Frame:
        rows, draw = len(frame), np.random.default_rng(11 + len(levels))
        taken = np.where(draw.random(rows) < 0.5, 0, draw.integers(0, len(levels), rows))
        lift = size * (0.4 + np.arange(len(levels)) / len(levels)) * (np.arange(len(levels)) > 0)
        values = np.array(levels, dtype=object)[taken]
        if empty is not None:
            values[empty] = ""
        return frame.assign(sales=(frame["sales"] + lift[taken]).round(2), **{column: values})

    return change


def both(*changes: Callable[[Frame], Frame]) -> Callable[[Frame], Frame]:
    def change(frame: Frame) -> Frame:
        for one in changes:
            frame = one(frame)
        return frame

    return change


def own_row(frame: Frame) -> Frame:
    return frame.assign(promo=[f"week {k}" for k in range(len(frame))])


def exposures(frame: Frame) -> Frame:
    draw = np.random.default_rng(5)
    return frame.assign(tv_seen=(frame["tv"] * draw.uniform(9, 11, len(frame))).round())


PROMO: dict[str, Any] = {"factor_vars": ["promo"]}
THIRTEEN = tuple(f"shop {chr(97 + k)}" for k in range(13))
ODD = ("none", "OTHER", "NA", "a, b", 'say "now"', "é ü", "b-c", "01", "1.0", "TRUE", "x_lower", "Zed", "zed")

LIFT = {
    "channel": "tv S+ra dio", "liftStartDate": "2022-01-03", "liftEndDate": "2022-03-28", "liftAbs": 1_500_000,
    "spend": 400_000, "confidence": 0.9, "metric": "sales", "calibration_scope": "immediate",
}  # fmt: skip

INPUTS = (
    # --- names
    Input("plain"),
    Input("blanks and dots", renamed={"tv": "tv S", "radio": "2nd radio", "price": "price.index", "mails": "e mails"}),
    Input("one begins another", renamed={"tv": "tv S", "radio": "tv_S_online", "web": "tv_S"}),
    Input("TV and TV_2", {"custom_hyperparameters": {"TV_thetas": [0.1, 0.2], "TV_2_thetas": [0.5, 0.6]}},
          {"tv": "TV", "radio": "TV_2", "web": "TV_2_b"}),
    Input("a spend begins like its exposure",
          {"paid_media_vars": ["tv_seen", "radio", "web"]}, change=exposures),
    Input("blanks at the ends", renamed={"tv": " tv", "radio": "tv ", "price": " price "}),
    Input("words of R", renamed={"tv": "if", "radio": "if_then", "web": "function", "price": "TRUE"}),
    Input("intercept, y and solID", renamed={"price": "intercept", "tv": "y", "mails": "solID"}),
    Input("names of results",
          renamed={"price": "cluster", "tv": "rn", "radio": "channel", "web": "spend", "mails": "pos"}),
    Input("names of hyperparameters",
          renamed={"price": "tv_alphas", "radio": "lambda", "web": "x_penalty", "mails": "train_size"}),
    Input("names of Robyn's variables",
          renamed={"price": "dt_input", "tv": "window_start", "radio": "i", "web": "temp_date", "mails": "date_var"}),
    Input("accents, commas and quotes", renamed={"price": "é ü", "tv": "a,b", "radio": 'say "hi"', "web": "b-c"},
          settings={"paid_media_spends": ["a,b", 'say "hi"', "b-c"]}),
    Input("date and KPI as Robyn calls them", renamed={"DATE": "ds", "sales": "y", "price": "dep_var_2"}),
    Input("names that only case tells apart", renamed={"tv": "TV", "radio": "tv", "web": "Tv"}),
    Input("a part of the model", renamed={"price": "trend"}, refusal="trend: is the name of a part of the model"),
    # --- categories
    Input("two categories", PROMO, change=categories("none", "sale")),
    Input("two categories, capitals", PROMO, change=categories("none", "Promo")),
    Input("true and false", PROMO, change=categories("FALSE", "TRUE")),
    Input("nought and one", PROMO, change=categories("0", "1")),
    Input("nine and ten", PROMO, change=categories("9", "10")),
    Input("three with blanks", PROMO, change=categories("none", "Black Friday", "Cyber Monday")),
    Input("three with signs", PROMO, change=categories("b-c", "é ü", "a.b")),
    Input("three in any case", PROMO, change=categories("Zebra", "apple", "Mango")),
    Input("01 is not 1.0", PROMO, change=categories("01", "1.0", "1")),
    Input("thirteen", PROMO, change=categories(*THIRTEEN)),
    Input("thirteen odd ones", PROMO, change=categories(*ODD)),
    Input("one factor begins another", {"factor_vars": ["ev", "events"]},
          change=both(categories("a", "b", "c", column="ev"), categories("a", "b", column="events", size=60_000))),
    Input("a factor begins like a holiday", {"factor_vars": ["New"]}, change=categories("no", "yes", column="New")),
    Input("a category for each row", PROMO, change=own_row, refusal="a category of its own in nearly every row"),
    Input("no time effects with a factor", PROMO | {"prophet_vars": []}, change=categories("none", "sale", "b-c")),
    Input("no time effects", {"prophet_vars": []}),
    Input("an empty category", PROMO, change=categories("none", "sale", empty=9), refusal="Column promo is empty on"),
    Input("one category", PROMO, change=categories("none"), refusal="has one category only"),
    # --- grains, channels, plans
    Input("daily", {"prophet_vars": ["trend", "season", "weekday"]} | PROMO, change=categories("none", "sale now"),
          grain="day", rows=400),
    Input("daily without a factor", {"prophet_vars": ["trend", "season", "weekday", "monthly"]}, grain="day", rows=400),
    Input("monthly", {"prophet_vars": ["trend", "season"]}, grain="month", rows=96),
    Input("one channel", {"paid_media_spends": ["tv"]}),
    Input("one channel alone", {"paid_media_spends": ["tv"], "organic_vars": [], "context_vars": []}),
    Input("conversions and signs",
          {"dep_var_type": "conversion", "context_signs": ["negative"], "organic_signs": ["default"],
           "paid_media_signs": ["positive", "default", "negative"]}),
    Input("a lift test of two channels", {"calibration_input": [LIFT]}, {"tv": "tv S", "radio": "ra dio"}),
    Input("Weibull, penalties and rows held back",
          {"adstock": "weibull_pdf", "add_penalty_factor": True, "ts_validation": True}),
    Input("weeks dated by their last day", {"week_dated": "last"},
          change=lambda frame: frame.assign(DATE=(pd.to_datetime(frame["DATE"]) + pd.Timedelta(days=6)).astype(str))),
    Input("refresh", {"refresh": {"results": "../earlier/out", "refresh_steps": 6}}, earlier=True),
    Input("refresh of a named window",
          {"refresh": {"results": "../earlier/out", "refresh_steps": 6}, "start_date": "2021-02-01",
           "end_date": "2023-01-02"}, earlier=True),
    Input("refresh beyond the data", {"refresh": {"results": "../earlier/out", "refresh_steps": 1000}}, earlier=True,
          refusal="refresh: refresh_steps 1000 moves the window to 2040-04-02 … "),
    Input("refresh beyond all years", {"refresh": {"results": "../earlier/out", "refresh_steps": 10**7}}, earlier=True,
          refusal="refresh.refresh_steps: must be at most 10000"),
    Input("target efficiency", {"budget": {"scenario": "target_efficiency", "target_value": 2.0}}),
    Input("a seed beyond R's integers", {"seed": 2**31}, refusal="seed: must be at most 2147483547"),
    Input("a seed with a fraction", {"seed": 1.5}, refusal="seed: must be a whole number"),
)  # fmt: skip
# The rows that the training had before whose window a refresh moves.
EARLIER = Input("earlier", {"start_date": "2021-02-01"}, rows=124)
