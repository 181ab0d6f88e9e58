"""Versions of a dataset over signed HTTP: listed, compared, given out; refused to whom they are not for."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from engine.data.dataset import Dataset
from engine.data.intake.file import to_parquet
from local import workspace
from tests.kept_rows import ROLES, keep_rows, weekly
from tests.stack import Stack

pytestmark = pytest.mark.slow
CHANNEL = workspace.MARKETING.id
Json = dict[str, Any]
TS = ("20261101T080000Z-aaaa", "20261108T080000Z-bbbb", "20261115T080000Z-cccc")


@pytest.fixture(scope="module")
def shop(product: Stack) -> list[Dataset]:
    """Three snapshots of one title: a week more each, and the last with last month's revenue restated."""
    base = {"workspace": workspace.TEAM_ID, "channel": CHANNEL, "who": workspace.ANA.id}
    restated = weekly(15)
    october = [f"{day:%Y-%m}" == "2024-11" for day in restated["DATE"]]
    restated.loc[october, "REVENUE"] *= 1.065
    frames = [weekly(13), weekly(14), restated]
    return [
        keep_rows(product.cloud.storage, ts, "Shop plan", frame, **base) for ts, frame in zip(TS, frames, strict=True)
    ]


def said(product: Stack, text: str, after: str) -> Json:
    return product.ana.wait_for_message(CHANNEL, text, after=after)


def newest(product: Stack) -> str:
    return max((str(one["ts"]) for one in product.ana.messages(CHANNEL)), default="")


@pytest.mark.streamlit("load-dataset")
def test_versions_are_listed_newest_first_with_what_changed(product: Stack, shop: list[Dataset]) -> None:
    since = newest(product)
    product.ana.type(CHANNEL, "/mmm dataset versions shop plan")
    told = said(product, "3 versions", since)
    lines = [block["text"]["text"] for block in told["blocks"] if block["type"] == "section"]
    assert [TS[2] in lines[1], TS[1] in lines[2], TS[0] in lines[3]] == [True] * 3
    assert "1 row more, goes on to 2024-12-02" in lines[2] and "the first one" in lines[3]


def test_a_comparison_says_first_that_last_months_revenue_was_restated(product: Stack, shop: list[Dataset]) -> None:
    since = newest(product)
    product.ana.type(CHANNEL, "/mmm dataset versions shop plan")
    listed = said(product, "3 versions", since)
    product.ana.pick(CHANNEL, listed, "dataset_diff", shop[2].id)
    told = said(product, "REVENUE of November 2024 was restated up", since)
    assert "(+6.5 %)" in str(told["blocks"][1])
    [file] = product.ana.wait(lambda: files_below(product, told), "the file")
    every = product.ana.file(file["id"]).decode("utf-8-sig")
    assert every.splitlines()[0] == "date,column,what,before,after,change"
    assert sum("restated" in line for line in every.splitlines()) == 4


def test_a_category_is_compared_although_it_plays_a_role_in_one_of_them_only(product: Stack) -> None:
    base = {"workspace": workspace.TEAM_ID, "channel": CHANNEL, "who": workspace.ANA.id}
    roles = ROLES.model_copy(update={"factor_vars": ("EVENT",), "context_vars": ("EVENT",)})
    storage = product.cloud.storage
    keep_rows(storage, TS[0], "Events", weekly(13, EVENT=["none"] * 13), country="fr", **base)
    later = weekly(13, EVENT=["none"] * 12 + ["sale"])
    keep_rows(storage, TS[1], "Events", later, country="fr", mapping=roles, **base)
    since = newest(product)
    product.ana.type(CHANNEL, "/mmm dataset diff events")
    told = said(product, "1 value of EVENT was restated", since)
    assert "EVENT is a category now; it played no role." in str(told["blocks"])


def files_below(product: Stack, message: Json) -> list[Json] | None:
    found = [one for reply in product.ana.thread(CHANNEL, message["ts"]) for one in reply.get("files", ())]
    return found or None


def test_a_download_is_read_again_as_the_same_rows(product: Stack, shop: list[Dataset], tmp_path: Path) -> None:
    since = newest(product)
    product.ana.type(CHANNEL, "/mmm dataset download shop plan")
    told = said(product, "The files follow", since)

    def both() -> list[Json] | None:
        found = files_below(product, told) or []
        return found if len(found) == 2 else None

    files = product.ana.wait(both, "both files")
    for file in files:
        (tmp_path / file["name"]).write_bytes(product.ana.file(file["id"]))
    names = sorted(file["name"] for file in files)
    assert names == ["shop-plan-de-20261115T080000.csv", "shop-plan-de-20261115T080000.parquet"]
    to_parquet(tmp_path / names[0], tmp_path / "again.parquet")
    given, again = (pq.read_table(tmp_path / name).to_pandas() for name in (names[1], "again.parquet"))
    pd.testing.assert_frame_equal(given, again, check_dtype=False, check_exact=True)
