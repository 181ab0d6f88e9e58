"""A person at the page: from a warehouse nobody has connected to a trained recipe, without leaving the channel."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from local import workspace
from local.environment import SECOND_KEY_SECRET
from tests.browser.test_main_job import TRAINING, pick, say
from tests.stack import Stack, stack

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CONNECTION = {
    "Name": "north",
    "Account": "local",
    "User": "NORTH_SERVICE",
    "Role": "NORTH_READER",
    "Database": "MMM",
    "Schema": "MARKETING",
    "Secret": SECOND_KEY_SECRET,
}
CHANNEL = workspace.MARKETING.id
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("data"), admins='["U0ANA"]') as running:
        yield running


def test_from_a_connection_to_a_training(page: Page, product: Stack, tmp_path: Path) -> None:
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    page.goto(product.at.slack)
    dialog = page.get_by_role("dialog")

    # A connection, tested
    say(page, "/mmm connect new")
    for label, value in CONNECTION.items():
        dialog.get_by_role("textbox", name=label).first.fill(value)
    dialog.get_by_role("textbox", name="Warehouse").fill("MMM_WH")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_role("button", name="Test").first.click()
    expect(dialog.get_by_text("works, and only reads")).to_be_visible()
    close(page)

    # One table of it becomes three countries
    say(page, "/mmm dataset new")
    dialog.get_by_role("textbox", name="Name").fill("Shop")
    pick(page, "Country", "Several countries")
    dialog.get_by_text("A warehouse table").click()
    pick(page, "Connection", "north")
    pick(page, "Table", "MMM.MARKETING.WEEKLY")
    dialog.get_by_role("button", name="Read columns").click()
    expect(dialog.get_by_text("3 countries have rows")).to_be_visible()
    dialog.get_by_role("button", name="Check and save").click()
    close(page)
    expect(page.get_by_text("for 3 countries: 3 ready")).to_be_visible()

    # What its columns mean, by a table that is edited elsewhere
    say(page, "/mmm map Shop DE")
    newest(page, "Download CSV").get_by_role("button", name="Download CSV").click()
    edited = tmp_path / "roles.csv"
    edited.write_bytes(labelled(given_out(product), "TV_COST", "Television"))
    newest(page, "Use a file").get_by_role("button", name="Use a file").first.click()
    dialog.locator("input[type=file]").set_input_files(edited)
    expect(dialog.locator(".file-row:not([aria-busy])")).to_contain_text("roles.csv")
    dialog.get_by_role("button", name="Check and use").click()
    close(page)

    # What would go wrong, and one press that mends it
    say(page, "/mmm check Shop DE")
    check = newest(page, "Shop · DE")
    check.get_by_role("button", name=re.compile("^Leave out|^Known")).first.click()

    # The recipe, and a training with it
    say(page, "/mmm prepare Shop DE")
    newest(page, "recipe in work").get_by_role("button", name="Save as recipe 1").click()
    newest(page, "recipe in work").get_by_role("button", name="1 reply").click()
    newest(page, "Germany · recipe 1").get_by_role("button", name="New experiment").click()
    expect(dialog.get_by_text("Recipe")).to_be_visible()
    dialog.get_by_role("button", name="Start", exact=True).click()
    expect(dialog.get_by_text("has started as run")).to_be_visible()
    close(page)
    expect(newest(page, "on Shop")).to_contain_text("Done", timeout=TRAINING)

    # The same on a phone: nothing is wider than it
    page.set_viewport_size(PHONE)
    expect(newest(page, "Germany · recipe 1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def given_out(product: Stack) -> bytes:
    """The table that the app gave out last."""

    def there() -> bytes | None:
        said = [*product.ana.messages(CHANNEL)]
        below = [reply for one in said for reply in product.ana.thread(CHANNEL, one["ts"])]
        files = [file for one in (*said, *below) for file in one.get("files", ()) if file["name"].endswith(".csv")]
        return product.ana.file(files[-1]["id"]) if files else None

    return product.ana.wait(there, "the table")


def labelled(table: bytes, column: str, label: str) -> bytes:
    """The table as a spreadsheet program leaves it, with one column called otherwise."""
    head, *rows = csv.reader(io.StringIO(table.decode("utf-8-sig")))
    for row in rows:
        if row[head.index("column")] == column:
            row[head.index("label")] = label
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([head, *rows])
    return out.getvalue().encode("utf-8-sig")


def newest(page: Page, text: str) -> Locator:
    """The newest message that says something."""
    found = page.locator("[data-ts]").filter(has_text=text).last
    expect(found).to_be_visible()
    return found


def close(page: Page) -> None:
    """Close every form."""
    while page.get_by_role("dialog").count():
        page.keyboard.press("Escape")
        page.wait_for_timeout(100)
