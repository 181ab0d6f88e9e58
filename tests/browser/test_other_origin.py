"""A page of another origin, in Chromium: nothing of the demo or of an embedded server answers it, or does anything.

The page even knows the word. Each server has a recorder in the place of all its handlers: what is reached is counted.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.guard import HEALTH
from local.serving import free_port, serving
from tests.browser.conftest import REBOUND
from tests.every_local_server import Recorder, Server, all_servers, recorded
from tests.words import BEARER, DOOR

pytestmark = pytest.mark.browser

# Every way of a page to send something somewhere else, and whether it learns anything: {what: what it learned}.
TRIES = """
async (urls) => {
  const within = (promise) => Promise.race([promise, new Promise((done) => setTimeout(done, 2500, "nothing"))]);
  const loaded = (tag, url) => within(new Promise((done) => {
    const one = document.createElement(tag);
    one.onload = () => done("loaded");
    one.onerror = () => done("nothing");
    if (tag === "link") { one.rel = "stylesheet"; one.href = url; } else one.src = url;
    document.body.append(one);
  }));
  const fetched = (url, how) => within(fetch(url, how).then(
    (answer) => (answer.type === "opaque" ? "nothing" : `read ${answer.status}`), () => "nothing"));
  const sent = (url, kind) => within(new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.name = `f${Math.random()}`;
    document.body.append(frame);
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: url, enctype: kind, target: frame.name });
    form.innerHTML = `<input name='{"text":"' value='/mmm"}'>`;
    document.body.append(form);
    frame.onload = () => {
      try { if (frame.contentDocument.URL === "about:blank") return; done("read"); } catch { done("nothing"); }
    };
    form.submit();
  }));
  const opened = (url) => within(new Promise((done) => {
    const one = new WebSocket(url.replace("http:", "ws:"));
    one.onopen = () => done("opened");
    one.onerror = () => done("nothing");
  }));
  const streamed = (url) => within(new Promise((done) => {
    const one = new EventSource(url);
    one.onopen = () => done("opened");
    one.onerror = () => { one.close(); done("nothing"); };
  }));
  const learned = {};
  const all = [];
  const note = (what, url, promise) => all.push(promise.then((found) => {
    if (found !== "nothing") learned[`${what} ${url}`] = found;
  }));
  for (const url of urls.all) {
    note("fetch", url, fetched(url, { mode: "no-cors" }));
    note("post", url, fetched(url, { mode: "no-cors", method: "POST", body: "{}" }));
  }
  for (const url of urls.some) {
    note("fetch to read", url, fetched(url, {}));
    note("put json", url, fetched(url, { method: "PUT", body: "{}", headers: { "Content-Type": "application/json" } }));
    note("as somebody", url, fetched(url, { headers: { "X-Page-User": "U0ANA" } }));
    for (const tag of ["img", "script", "link", "video"]) note(tag, url, loaded(tag, url));
    for (const kind of ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"])
      note(`form ${kind}`, url, sent(url, kind));
    note("socket", url, opened(url));
    note("stream", url, streamed(url));
    navigator.sendBeacon(url, "{}");
  }
  await Promise.all(all);
  return learned;
}
"""


class WithoutLife:
    """An app whose background work is not begun."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            return await self.app(scope, receive, send)
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})


@dataclass
class Reached:
    """One server on a port, and what got through to it."""

    server: Server
    url: str
    recorder: Recorder

    def urls(self, *, word: bool) -> list[str]:
        """Where a page may try its luck."""
        door = DOOR if word and self.server.word else ""
        paths = {address.path for address in self.server.addresses() if word or address.path not in HEALTH}
        return [f"{self.url}{door}{path}" for path in sorted(paths)]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Reached]]:
    made = all_servers(tmp_path_factory.mktemp("servers"))
    with contextlib.ExitStack() as running:
        yield [
            Reached(server, running.enter_context(serving(WithoutLife(server.app))), recorded(server))
            for server in made.values()
        ]


@pytest.fixture(scope="module")
def evil() -> Iterator[int]:
    """The port of somebody else's server."""

    async def page(request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Somebody else</title><body>")

    port = free_port()
    with serving(Starlette(routes=[Route("/", page)]), port):
        yield port


@pytest.mark.parametrize("host", [REBOUND, "localhost", "127.0.0.1"], ids=["another site", "localhost", "another port"])
def test_a_page_of_another_origin_gets_no_answer_and_does_nothing(
    browser: Browser, servers: list[Reached], evil: int, host: str
) -> None:
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"http://{host}:{evil}/")
    urls: dict[str, Any] = {"all": [], "some": []}
    for one in servers:
        urls["all"] += [*one.urls(word=True), *one.urls(word=False)]
        urls["some"] += [f"{one.url}{DOOR if one.server.word else ''}/health", *one.urls(word=True)[-1:]]
    assert page.evaluate(TRIES, urls) == {}
    page.close()
    assert {one.server.name: one.recorder.reached for one in servers if one.recorder.reached} == {}


def test_a_name_that_was_made_to_point_here_gets_no_answer(browser: Browser, servers: list[Reached]) -> None:
    """DNS rebinding: to the browser the page and our server are one origin; the name in `Host` gives it away."""
    page = browser.new_page()
    for one in servers:
        port = one.url.rsplit(":", 1)[1]
        for name in (REBOUND, "localhost"):
            answer = page.goto(f"http://{name}:{port}{DOOR if one.server.word else ''}/health")
            assert answer is not None and answer.status == 421
            read = page.evaluate("async () => (await fetch(location.href, { method: 'POST', body: '{}' })).status")
            assert read == 421
    page.close()
    assert not [one.server.name for one in servers if one.recorder.reached]


def test_a_link_from_another_site_leads_to_the_page_and_to_nothing_else(
    browser: Browser, servers: list[Reached], evil: int
) -> None:
    """Also proves that what the others try would arrive: the page itself, at its own address, reaches everything."""
    slack = next(one for one in servers if one.server.name == "slack")
    page = browser.new_page()
    for path, status in ((f"{DOOR}/page/api/boot", 403), ("/", 401), (f"{DOOR}/", 299)):
        page.goto(f"http://{REBOUND}:{evil}/")
        with page.expect_navigation() as gone:
            page.evaluate("(url) => { location.href = url; }", f"{slack.url}{path}")
        assert gone.value is not None and gone.value.status == status, path
    before = slack.recorder.reached
    own = page.evaluate("async () => (await fetch('page/api/boot')).status")
    assert (own, slack.recorder.reached) == (299, before + 1)
    page.close()
    slack.recorder.reached = 0


def test_our_own_programs_reach_every_server(servers: list[Reached]) -> None:
    for one in servers:
        assert httpx.get(f"{one.url}/health", headers=BEARER).status_code == 299
