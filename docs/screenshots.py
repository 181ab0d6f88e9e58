"""Take the pictures of the README anew: `make screenshots`. Runs the whole product and looks at its page."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from local import workspace
from local.demo import dataset_from_csv, dataset_from_table, experiment
from local.main import running
from local.person import Person
from local.sample import weekly_csv
from local.serving import free_ports

IMAGES = Path(__file__).parent / "img"
CHANNEL = workspace.MARKETING.id


def main() -> None:
    """Do the main job, then take one picture a surface."""
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as state, running(Path(state), free_ports(5)) as product:
        ana = Person(product.at.slack)
        csv = Path(state) / "weekly_fr.csv"
        csv.write_bytes(weekly_csv("FR"))
        dataset_from_csv(ana, csv, "Weekly France", "fr")
        dataset_from_table(ana, "MMM.MARKETING.DAILY", "Daily Germany", "de")
        told = experiment(ana, "Weekly France", preset="standard")
        product_views(product.at.slack, told["card"])
        ana.close()


def product_views(url: str, card: str) -> None:
    """The channel with a finished run, the mapping form, App Home; and the channel on a phone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(viewport={"width": 1360, "height": 1000})
        page.goto(f"{url}/#/c/{CHANNEL}/t/{card}")
        close_forms(page)
        page.wait_for_timeout(1500)
        # The verdict at the top of the thread's pane.
        page.get_by_role("complementary").last.locator("[data-ts]").nth(1).evaluate("one => one.scrollIntoView()")
        page.wait_for_timeout(500)
        page.screenshot(path=IMAGES / "run.png")
        page.goto(f"{url}/#/home")
        page.wait_for_timeout(1500)
        page.screenshot(path=IMAGES / "home.png")
        page.goto(f"{url}/#/c/{CHANNEL}")
        compose(page, "/mmm experiment new Weekly France")
        page.get_by_role("dialog").get_by_text("holds").wait_for()
        page.wait_for_timeout(500)
        page.screenshot(path=IMAGES / "modal.png")
        page.keyboard.press("Escape")
        phone = browser.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=2)
        phone.goto(f"{url}/#/c/{CHANNEL}/t/{card}")
        close_forms(phone)
        phone.wait_for_timeout(1500)
        phone.get_by_role("complementary").last.locator("img").first.evaluate("one => one.scrollIntoView()")
        phone.wait_for_timeout(500)
        phone.screenshot(path=IMAGES / "phone.png")
        browser.close()


def compose(page: Page, text: str) -> None:
    composer = page.get_by_role("textbox", name="Message #marketing")
    composer.fill(text)
    composer.press("Escape")
    composer.press("Enter")


def close_forms(page: Page) -> None:
    """Close what earlier steps left open."""
    page.wait_for_timeout(800)
    for _ in range(3):
        if page.get_by_role("dialog").count():
            page.keyboard.press("Escape")
            page.wait_for_timeout(300)


if __name__ == "__main__":
    main()
