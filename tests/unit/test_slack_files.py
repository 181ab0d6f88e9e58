"""Files that people dropped: fetched from Slack's own hosts, within the limit, and from nowhere else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.slack.client import SlackClient, SlackFiles
from engine.cloud.secrets import Secrets
from engine.errors import BadData, LockedOut, MmmError, NotFound, Refused, Unavailable
from engine.settings import Settings
from local.serving import free_port, serving

pytestmark = pytest.mark.slow

LIMIT = 100
SHOWN = b"DATE,TV\n"
Json = dict[str, Any]


class Host:
    """Slack's API and its files on one port; `elsewhere` is where a redirect would lead."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.file: Json = {"id": "F1", "name": "plan.csv", "size": len(SHOWN), "url_private": f"{url}/files-pri/plan"}
        self.info: Json = {}
        self.reply: Response = Response(SHOWN)
        self.tokens: list[str] = []
        self.elsewhere = 0
        self.app = Starlette(
            routes=[
                Route("/api/files.info", self.describe, methods=["GET", "POST"]),
                Route("/files-pri/plan", self.hand_over),
                Route("/elsewhere", self.lure),
            ]
        )

    async def describe(self, request: Request) -> Response:
        return JSONResponse(self.info or {"ok": True, "file": self.file})

    async def hand_over(self, request: Request) -> Response:
        self.tokens.append(request.headers.get("authorization", ""))
        return self.reply

    async def lure(self, request: Request) -> Response:
        self.elsewhere += 1
        return Response(SHOWN)


@pytest.fixture
def host() -> Iterator[Host]:
    port = free_port()
    made = Host(f"http://127.0.0.1:{port}")
    with serving(made.app, port):
        yield made


def fetch(host: Host, folder: Path) -> tuple[str, bytes]:
    token = folder / "token"
    token.write_text("xoxb-secret")
    settings = Settings.model_construct(
        slack_url=f"{host.url}/api/",
        slack_files_hosts=(host.url.removeprefix("http://"), "files.slack.com"),
        slack_token_secret=f"file:{token}",
    )
    files = SlackFiles(settings, Secrets(), SlackClient(settings, Secrets()))
    name = files.fetch("F1", folder / "in.csv", LIMIT)
    return name, (folder / "in.csv").read_bytes()


def test_a_file_is_fetched_with_the_token_and_called_by_its_name(host: Host, tmp_path: Path) -> None:
    assert fetch(host, tmp_path) == ("plan.csv", SHOWN)
    assert host.tokens == ["Bearer xoxb-secret"]


@pytest.mark.parametrize(
    "url",
    [
        "https://files.slack.com.evil.example/plan",
        "https://files.slack.com@evil.example/plan",
        "https://evil.example/files.slack.com",
        "http://files.slack.com/plan",
        "file:///etc/passwd",
        "ftp://files.slack.com/plan",
    ],
)
def test_a_file_that_lies_elsewhere_is_not_asked_for(host: Host, tmp_path: Path, url: str) -> None:
    host.file["url_private"] = url
    with pytest.raises(Refused, match="does not lie in Slack"):
        fetch(host, tmp_path)
    assert not (tmp_path / "in.csv").exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_fetched(host: Host, tmp_path: Path) -> None:
    host.file["size"] = 3_000_000
    with pytest.raises(BadData, match="has 3 MB"):
        fetch(host, tmp_path)
    assert host.tokens == []


def test_a_file_that_is_larger_than_said_is_not_read_to_its_end(host: Host, tmp_path: Path) -> None:
    host.reply = Response(b"x" * (LIMIT + 1))
    with pytest.raises(BadData, match="larger than Slack said"):
        fetch(host, tmp_path)


def test_a_redirect_is_not_followed(host: Host, tmp_path: Path) -> None:
    host.reply = RedirectResponse(f"{host.url}/elsewhere")
    with pytest.raises(Refused, match="does not hand that file over"):
        fetch(host, tmp_path)
    assert host.elsewhere == 0


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFound), (410, NotFound), (401, Refused), (403, Refused), (500, Unavailable)]
)
def test_what_a_download_says_decides_whether_it_is_tried_again(
    host: Host, tmp_path: Path, status: int, kind: type[MmmError]
) -> None:
    host.reply = Response("no", status)
    with pytest.raises(kind):
        fetch(host, tmp_path)


@pytest.mark.parametrize("error", ["file_not_found", "file_deleted"])
def test_a_file_that_is_gone_is_asked_for_again(host: Host, tmp_path: Path, error: str) -> None:
    host.info = {"ok": False, "error": error}
    with pytest.raises(NotFound, match="no longer in Slack") as caught:
        fetch(host, tmp_path)
    assert caught.value.field == "file" and caught.value.todo


def test_a_file_without_an_address_is_gone(host: Host, tmp_path: Path) -> None:
    del host.file["url_private"]
    with pytest.raises(NotFound):
        fetch(host, tmp_path)


def test_a_token_that_is_not_valid_is_not_blamed_on_the_file(host: Host, tmp_path: Path) -> None:
    host.info = {"ok": False, "error": "invalid_auth"}
    with pytest.raises(LockedOut, match="token"):
        fetch(host, tmp_path)
