"""`/mmm check`: the list, a remedy that is pressed and taken back, pictures, columns, another profile."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from local import workspace
from tests.scenarios.test_again import send, titled, written
from tests.stack import Stack

pytestmark = pytest.mark.slow
CHANNEL = workspace.MARKETING.id
Json = dict[str, Any]
WEEKS = 130


def weeks() -> pd.DataFrame:
    """A shop whose display spend is its search spend once more, nearly."""
    rng = np.random.default_rng(7)
    days = pd.date_range("2024-01-01", periods=WEEKS, freq="7D")
    search, tv = rng.gamma(4, 300, WEEKS), rng.gamma(3, 900, WEEKS)
    season = 4000 + 900 * np.sin(2 * np.pi * np.arange(WEEKS) / 52.18)
    return pd.DataFrame(
        {
            "date": days.strftime("%Y-%m-%d"),
            "revenue": (season + 1.2 * search + 0.8 * tv + rng.normal(0, 150, WEEKS)).round(2),
            "search_cost": search.round(2),
            "tv_cost": tv.round(2),
            "display_cost": (0.4 * search + rng.normal(0, 20, WEEKS)).clip(0).round(2),
            "temperature": (12 + rng.normal(0, 3, WEEKS)).round(1),
        }
    )


def made(product: Stack, tmp_path: Path, title: str, frame: pd.DataFrame | None = None) -> str:
    """Make a dataset; returns its id."""
    form = send(product, written(tmp_path, weeks() if frame is None else frame), title)
    assert product.ana.submit(form)["ok"]
    product.ana.wait(lambda: titled(product, title) or None, f"the dataset {title}")
    return titled(product, title)[0].id


def checks(product: Stack, title: str, count: int) -> Json:
    """Wait for so many lists about a dataset, in the channel and its threads; returns the newest."""

    def there() -> Json | None:
        said = []
        for message in product.ana.messages(CHANNEL):
            thread = product.ana.thread(CHANNEL, message["ts"]) if message.get("reply_count") else [message]
            said += [
                one for one in thread if one["text"].startswith(f"{title} · FR: ") and buttons(one, "check_columns")
            ]
        said.sort(key=lambda one: one["ts"])
        return said[-1] if len(said) >= count else None

    return product.ana.wait(there, f"list {count} of {title}")


def buttons(message: Json, action: str) -> list[Json]:
    found = []
    for block in message.get("blocks", ()):
        elements = [*block.get("elements", ()), *([block["accessory"]] if "accessory" in block else ())]
        found += [one for one in elements if str(one.get("action_id", "")).split(":")[0] == action]
    return found


def remedy(message: Json, label: str) -> str:
    return next(one["action_id"] for one in buttons(message, "check_change") if one["text"]["text"] == label)


def words(message: Json) -> str:
    return json.dumps(message["blocks"], ensure_ascii=False)


@pytest.mark.streamlit("prepare-quality", "prepare-vif", "prepare-collinearity", "prepare-driver-ratio")
def test_a_pressed_remedy_is_gone_from_the_list_and_can_be_taken_back(product: Stack, tmp_path: Path) -> None:
    ana, title = product.ana, "Twice the same"
    made(product, tmp_path, title)
    ana.type(CHANNEL, f"/mmm check {title}")
    first = checks(product, title, 1)
    assert "explain" in words(first) and "VIF of “search_cost” from" in words(first)

    ana.press(CHANNEL, first, remedy(first, "Leave out display_cost"))
    second = checks(product, title, 2)
    assert "VIF of “search_cost”" not in words(second)
    assert "“display_cost” is left out" in words(second)

    ana.press(CHANNEL, second, remedy(second, "Take it back"))
    third = checks(product, title, 3)
    assert "VIF of “search_cost” from" in words(third) and "is left out" not in words(third)


def answers(product: Stack, text: str, count: int = 1) -> Json:
    """Wait for the newest of so many answers that begin so, in the channel or a thread."""

    def there() -> Json | None:
        said = []
        for message in product.ana.messages(CHANNEL):
            thread = product.ana.thread(CHANNEL, message["ts"]) if message.get("reply_count") else [message]
            said += [one for one in thread if one["text"].startswith(text)]
        said.sort(key=lambda one: one["ts"])
        return said[-1] if len(said) >= count else None

    return product.ana.wait(there, f"answer {count} that begins with {text}")


def test_columns_and_pictures_stand_behind_buttons(product: Stack, tmp_path: Path) -> None:
    ana, title = product.ana, "Side by side"
    made(product, tmp_path, title)
    ana.type(CHANNEL, f"/mmm check {title} strict")
    first = checks(product, title, 1)
    assert "profile strict" in words(first)
    ana.press(CHANNEL, first, "check_pictures")
    shown = answers(product, f"{title}: ")
    assert [block["type"] for block in shown["blocks"]].count("image") == 2

    ana.press(CHANNEL, first, "check_columns")
    table = answers(product, f"{title}: 5 columns in numbers")
    assert "data_table" in [block["type"] for block in table["blocks"]]


@pytest.mark.streamlit("driver-marginal-returns")
def test_a_driver_is_shown_with_its_curve_lags_and_outliers(product: Stack, tmp_path: Path) -> None:
    ana, title = product.ana, "One driver"
    made(product, tmp_path, title)
    ana.type(CHANNEL, f"/mmm driver {title} tv cost")
    first = answers(product, f"tv_cost in {title}")
    assert "goes with so much more" in words(first) and "image" in [block["type"] for block in first["blocks"]]
    ana.press(CHANNEL, first, "dataset_driver:lags")
    ana.wait(lambda: any("r by lag" in words(one) for one in ana.thread(CHANNEL, first["ts"])) or None, "the lags")
    ana.press(CHANNEL, first, "dataset_driver:time")
    ana.wait(lambda: any("Drawn in at 95%" in words(one) for one in ana.thread(CHANNEL, first["ts"])) or None, "time")
