"""Forms that grow beyond what a list holds, or have nothing to offer."""

from pathlib import Path
from typing import Any

from engine import paths
from local import workspace
from tests.stack import Stack

CHANNEL = workspace.MARKETING.id


def send_csv(product: Stack, tmp_path: Path, lines: list[str]) -> dict[str, object]:
    """Drop a table into the first form; returns the form of its columns."""
    path = tmp_path / "wide.csv"
    path.write_text("\n".join(lines) + "\n")
    product.ana.type(CHANNEL, "/mmm dataset new")
    first = product.ana.wait_for_view("dataset_source")
    file = product.ana.upload(path)
    assert product.ana.submit(first, title="Wide", country="fr", kind="csv", channel=CHANNEL, file=file)["ok"]
    return product.ana.wait_for_view("dataset_mapping")


def test_with_more_columns_than_a_list_holds_every_field_finds_them(product: Stack, tmp_path: Path) -> None:
    names = ["C007_COST", *(f"C{n:03}_IMPRESSIONS" for n in range(120))]
    rows = [",".join([f"2024-01-{day:02}", *(["5"] * len(names)), "100"]) for day in range(1, 29)]
    form = send_csv(product, tmp_path, [",".join(["DATE", *names, "REVENUE"]), *rows])
    assert {option["value"] for option in product.ana.search(form, "dep_var", "reven")} == {"REVENUE"}
    found = product.ana.search(form, "exposure:C007_COST", "c007")
    assert {option["value"] for option in found} == {"C007_COST", "C007_IMPRESSIONS"}


def test_a_table_without_numbers_says_which_columns_should_hold_some(product: Stack, tmp_path: Path) -> None:
    rows = [f"2024-01-{day:02},much,more" for day in range(1, 29)]
    form = send_csv(product, tmp_path, ["DATE,TV_COST,REVENUE", *rows])
    answer = product.ana.submit(form, dep_var="REVENUE", paid_media_spends=["TV_COST"])
    assert "must hold numbers" in answer["errors"]["dep_var"]
    assert "must hold numbers" in answer["errors"]["paid_media_spends"]
    assert not [entry for entry in product.cloud.storage.list(paths.DATASETS)]


def test_a_name_that_is_typed_with_the_command_fits_its_field(product: Stack) -> None:
    for typed, name in (("“Spring/2022”", "Spring/2022"), ("long " * 40, ("long " * 12).strip())):
        before = (product.ana.view() or {}).get("id")
        product.ana.type(CHANNEL, f"/mmm dataset new {typed}")

        def opened(before: str | None = before) -> dict[str, Any] | None:
            view = product.ana.view()
            return view if view and view["id"] != before else None

        form = product.ana.wait(opened, "the form")
        [field] = [block for block in form["blocks"] if block["block_id"] == "title"]
        assert field["element"]["initial_value"] == name
