"""A person at the page: datasets from a CSV and from the warehouse, an experiment, the charts in the thread."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from local.sample import weekly_csv
from tests.stack import Stack, stack

pytestmark = pytest.mark.browser

TRAINING = 240_000


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("product")) as running:
        yield running


def say(page: Page, text: str) -> None:
    """Type into the composer and send."""
    composer = page.get_by_role("textbox", name="Message #marketing")
    composer.fill(text)
    composer.press("Escape")
    composer.press("Enter")


def pick(page: Page, label: str, text: str) -> None:
    """Search in a select of the open dialog and take the first match."""
    box = page.get_by_role("dialog").get_by_role("combobox", name=label)
    box.click()
    box.fill(text)
    page.get_by_role("option").filter(has_text=text).first.click()


def test_the_main_job_by_hand(page: Page, product: Stack, tmp_path: Path) -> None:
    csv = tmp_path / "weekly.csv"
    csv.write_bytes(weekly_csv("GB"))
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    page.goto(product.at.slack)

    # A dataset from a CSV
    say(page, "/mmm")
    page.get_by_role("button", name="New dataset").last.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("British weeks")
    pick(page, "Country", "United Kingdom")
    dialog.locator("input[type=file]").set_input_files(csv)
    expect(dialog.locator(".file-row:not([aria-busy])")).to_contain_text("weekly.csv")  # uploaded
    dialog.get_by_role("button", name="Read columns").click()
    expect(dialog.get_by_text("The roles are guessed")).to_be_visible()
    dialog.get_by_role("button", name="Check and save").click()
    expect(page.get_by_text("British weeks is ready")).to_be_visible()
    page.keyboard.press("Escape")

    # A dataset from the warehouse
    say(page, "/mmm dataset new")
    dialog.get_by_role("textbox", name="Name").fill("French days")
    pick(page, "Country", "France")
    dialog.get_by_text("A warehouse table").click()
    pick(page, "Table", "MMM.MARKETING.DAILY")
    dialog.get_by_role("button", name="Read columns").click()
    expect(dialog.get_by_text("The roles are guessed")).to_be_visible()
    dialog.get_by_role("button", name="Check and save").click()
    expect(page.get_by_text("French days is ready")).to_be_visible()
    page.keyboard.press("Escape")

    # An experiment on the first, and its verdict with charts in the thread
    say(page, "/mmm experiment new British weeks")
    expect(dialog.get_by_text("British weeks holds")).to_be_visible()
    dialog.get_by_role("button", name="Start", exact=True).click()
    expect(dialog.get_by_text("has started as run")).to_be_visible()
    page.keyboard.press("Escape")
    card = page.locator("[data-ts]").filter(has_text="on British weeks").last
    expect(card).to_contain_text("Done", timeout=TRAINING)
    expect(card).to_contain_text("2 replies", timeout=TRAINING)
    card.get_by_text("2 replies").click()
    thread = page.get_by_role("complementary").last
    images = thread.locator("img")
    # Four charts always, and the split of the budget where one is recommended; the rest for who asks.
    expect(images.nth(3)).to_be_visible()
    assert images.count() in (4, 5)
    thread.get_by_role("button", name="More charts").click()
    expect(images.nth(7)).to_be_visible()
    for image in images.all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("one => one.naturalWidth") > 1000
        assert len(image.get_attribute("alt") or "") > 40

    # The Home shows it all
    page.goto(f"{product.at.slack}/#/home")
    expect(page.get_by_text("British weeks")).to_be_visible()
    expect(page.get_by_text("GB_1").first).to_be_visible()
