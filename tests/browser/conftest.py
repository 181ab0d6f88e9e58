"""The page in Chromium, before a server that answers from memory."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.fake_page_api import FakeSlack

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage")
# The name of another site that leads to this machine, as a name does that somebody makes point here.
REBOUND = "evil.example"
REBINDING = f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, REBINDING])
        yield browser
        browser.close()


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """The server's memory; its address is `slack.url`."""
    fake = FakeSlack()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(
        fake.app(),
        host="127.0.0.1",
        port=port,
        log_level="error",
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    fake.url = f"http://127.0.0.1:{port}/"
    yield fake
    fake.online = False
    server.should_exit = True
    thread.join(5)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window of 1280 by 800; the test fails if the page's own code did."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(5000)
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    context.close()
    assert not failures
