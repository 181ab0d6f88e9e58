"""Every address of every server of the demo and of an embedded server: who may call it, and who gets nothing.

One table: its rows are the addresses, asked of the apps; its columns the ways in which somebody may come who must not.
"""

import asyncio
import gzip
from itertools import cycle
from pathlib import Path

import aiohttp
import pytest

from engine.errors import BadSettings
from local.guard import HEALTH, Guard, checked_word, foreign, inner_path, new_word
from local.slack.sockets import Sockets
from tests.every_local_server import Answer, Headers, Recorder, Server, all_servers, recorded
from tests.words import DOOR, WORD

pytestmark = pytest.mark.slow

NAMES = (
    *("slack", "slack over sockets", "google", "google of a team", "snowflake"),
    *("bot", "bot of several", "bot of a team", "worker", "worker of a team"),
)
# Answered to who brings no word; also what Snowflake's own protocol says to who is not logged in.
REFUSED = (401, 403, 421)
BEARER = [("Authorization", f"Bearer {WORD}")]
TYPES = {
    "json": [("Content-Type", "application/json")],
    "form": [("Content-Type", "application/x-www-form-urlencoded")],
    "text": [("Content-Type", "text/plain")],
    "none": [],
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Server]:
    """The servers as they are."""
    return all_servers(tmp_path_factory.mktemp("servers"))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Server, Recorder]]:
    """The same servers, each with one recorder in the place of all its handlers."""
    made = all_servers(tmp_path_factory.mktemp("watched"))
    return {name: (server, recorded(server)) for name, server in made.items()}


def test_the_table_has_every_server(servers: dict[str, Server]) -> None:
    assert tuple(servers) == NAMES
    assert sum(len(server.addresses()) for server in servers.values()) > 100


def hosts(own: str) -> dict[str, Headers]:
    """What a request may say about where it goes, and be wrong."""
    port = own.rpartition(":")[2]
    wrong = ("evil.example", f"evil.example:{port}", f"localhost:{port}", "127.0.0.1", "127.0.0.1:1", f"0.0.0.0:{port}")
    more = (f"[::1]:{port}", f"{own}.evil.example", f"evil@{own}", f"127.0.0.1.:{port}", f"2130706433:{port}", "")
    found: dict[str, Headers] = {f"Host {host}": [("Host", host)] for host in (*wrong, *more)}
    return {**found, "no Host": [], "two Hosts": [("Host", own), ("Host", "evil.example")]}


def origins(own: str) -> dict[str, Headers]:
    """What a browser says of a page that is not ours."""
    host, _, port = own.partition(":")
    wrong = ("null", "http://evil.example", f"http://localhost:{port}", f"http://{host}:1", f"https://{own}", "")
    found: dict[str, Headers] = {f"Origin {origin}": [("Origin", origin)] for origin in wrong}
    found["Origin of a longer name"] = [("Origin", f"http://{own}.evil.example")]
    found["two Origins"] = [("Origin", f"http://{own}"), ("Origin", "http://evil.example")]
    for site in ("cross-site", "same-site", "unheard-of", ""):
        for mode, dest in (("no-cors", "image"), ("no-cors", "script"), ("cors", "empty"), ("navigate", "iframe")):
            told = [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest)]
            found[f"{site} {dest}"] = told
    found["a form of another site"] = [
        *(("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")),
        *(("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")),
    ]
    return {how: [("Host", own), *told] for how, told in found.items()}


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_by_another_name_or_from_another_origin_reaches_nothing(
    watched: dict[str, tuple[Server, Recorder]], name: str
) -> None:
    """Although it knows the word: the page that somebody has open knows it, too."""
    server, recorder = watched[name]
    ways = list({**hosts(server.own), **origins(server.own)}.items())
    kinds = cycle(TYPES.values())
    for address in server.addresses():
        asked = [
            (address.method, path, [*headers, *word, *next(kinds)])
            for _, headers in ways
            for path, word in ((address.path, BEARER), (f"{DOOR}{address.path}", []))
        ]
        for request, answer in zip(asked, server.ask_all(asked), strict=True):
            check_refused(answer, f"{address.name}, {request}")
    assert recorder.reached == 0


@pytest.mark.parametrize("name", NAMES)
def test_our_own_programs_and_pages_reach_every_address(watched: dict[str, tuple[Server, Recorder]], name: str) -> None:
    """Else the tests beside this one would prove nothing."""
    server, _ = watched[name]
    at = [("Host", server.own)]
    page = [*at, ("Origin", f"http://{server.own}"), ("Sec-Fetch-Site", "same-origin")]
    typed = [*at, ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
    for address in server.addresses():
        for headers in (at, page, typed):
            assert server.ask(address.method, address.path, [*headers, *BEARER]).status == 299, address.name
            if server.word:
                assert server.ask(address.method, f"{DOOR}{address.path}", headers).status == 299, address.name


WRONG_WORDS: dict[str, tuple[str, Headers]] = {
    "no word": ("", []),
    "an empty bearer": ("", [("Authorization", "Bearer ")]),
    "another bearer": ("", [("Authorization", "Bearer local-access-token")]),
    "a part of the word": ("", [("Authorization", f"Bearer {WORD[:-1]}")]),
    "more than the word": ("", [("Authorization", f"Bearer {WORD}x")]),
    "bytes beyond ASCII": ("", [("Authorization", "Bearer \xe4\xf6\xfc")]),
    "the word as a cookie": ("", [("Cookie", f"word={WORD}")]),
    "another word in the path": ("/door/another", []),
    "no word in the path": ("/door/", []),
    "the word further on in the path": (f"/door/x/{WORD}", []),
}


@pytest.mark.parametrize("how", WRONG_WORDS)
@pytest.mark.parametrize("name", NAMES)
def test_who_does_not_know_the_word_gets_nothing(servers: dict[str, Server], name: str, how: str) -> None:
    """The handlers are the real ones here: where they ask for credentials of their own, these are missing, too."""
    server, (before, headers) = servers[name], WRONG_WORDS[how]
    for address in server.addresses():
        path = f"{before}{address.path}"
        sent = [("Host", server.own), *headers, *TYPES["json"], ("Content-Length", "2")]
        answer = server.ask(address.method, path, sent)
        if path in HEALTH:
            assert answer.status in (200, 503) and set(answer.body) <= set(b'{"ok":truefalse,"connections":0}')
        elif before and not server.word:
            assert answer.status == 404, address.name
        elif path in OPEN.get(name, ()):
            assert answer.status in (403, 503), address.name
        else:
            assert answer.status in REFUSED, f"{address.name}: {answer.status} {answer.body[:200]!r}"
            assert len(answer.body) < 300 and b"Traceback" not in answer.body


# Anybody may begin an installation: that makes nothing, and here not even a secret can be read.
OPEN = {"bot of several": ("/slack/install", "/slack/oauth_redirect")}


def check_refused(answer: Answer, what: str) -> None:
    assert answer.status in REFUSED, f"{what}: {answer.status} {answer.body[:200]!r}"
    assert not answer.read, f"{what}: its body was read"
    assert not [name for name in answer.headers if name.startswith("access-control-")], what


@pytest.mark.parametrize("name", NAMES)
def test_a_browser_that_asks_first_is_told_no(servers: dict[str, Server], name: str) -> None:
    server = servers[name]
    asks = [("Host", server.own), ("Origin", "http://evil.example"), ("Access-Control-Request-Method", "POST")]
    for address in server.addresses():
        for path in (address.path, f"{DOOR}{address.path}"):
            check_refused(server.ask("OPTIONS", path, asks), address.name)


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_may_be_used_by_another_site(servers: dict[str, Server], name: str) -> None:
    server = servers[name]
    for path in ("/health", "/", "/nowhere"):
        answer = server.ask("GET", path, [("Host", server.own), *BEARER])
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert not [one for one in answer.headers if one.startswith("access-control-")]


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("slack", f"{DOOR}/", 299),
        ("slack", f"{DOOR}/oauth/v2/authorize", 299),
        ("slack", "/", 401),
        ("slack", f"{DOOR}/page/api/boot", 403),
        ("google", f"{DOOR}/", 403),
        ("bot of several", "/slack/install", 299),
        ("bot of several", "/slack/oauth_redirect", 299),
        ("bot of several", "/slack/events", 403),
        ("worker", "/health", 403),
    ],
)
def test_a_link_leads_to_the_page_and_to_an_installation_and_nowhere_else(
    watched: dict[str, tuple[Server, Recorder]], name: str, path: str, status: int
) -> None:
    server, _ = watched[name]
    link = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
    assert server.ask("GET", path, [("Host", server.own), *link]).status == status
    assert server.ask("POST", path, [("Host", server.own), *link]).status in REFUSED


def test_the_page_is_found_with_and_without_a_slash_at_its_end(servers: dict[str, Server]) -> None:
    slack = servers["slack"]
    at = [("Host", slack.own)]
    assert slack.ask("GET", DOOR, at).headers["location"] == f"{DOOR}/"
    page = slack.ask("GET", f"{DOOR}/", at)
    assert page.status == 200 and b'src="page/main.js"' in page.body and WORD.encode() not in page.body


JSON_ONLY = (
    ("slack", "POST", "/page/api/messages"),
    ("slack", "POST", "/page/api/views/V/submit"),
    ("slack", "POST", "/_local/faults"),
    ("google", "POST", "/v2/projects/mmm-local/locations/europe-west1/jobs/mmm-training:run"),
    ("google", "POST", "/v2/projects/mmm-local/locations/europe-west1/queues/mmm-stage/tasks"),
    ("google", "POST", "/v1/projects/mmm-local/secrets"),
    ("snowflake", "POST", "/session/v1/login-request"),
)


@pytest.mark.parametrize(("name", "method", "path"), JSON_ONLY, ids=[f"{one[0]} {one[2]}" for one in JSON_ONLY])
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json2", "", "text/json"]
)
def test_what_is_not_called_json_is_not_read_as_json(
    servers: dict[str, Server], name: str, method: str, path: str, kind: str
) -> None:
    server = servers[name]
    headers = [("Host", server.own), *BEARER, ("Content-Length", "2"), *([("Content-Type", kind)] if kind else [])]
    assert server.ask(method, path, headers).status == 415


@pytest.mark.parametrize(("name", "method", "path"), JSON_ONLY, ids=[f"{one[0]} {one[2]}" for one in JSON_ONLY])
@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 50_000, b"[]", b"{", b"\xff", b"null"])
def test_an_odd_body_is_refused_and_breaks_nothing(
    servers: dict[str, Server], name: str, method: str, path: str, body: bytes
) -> None:
    server = servers[name]
    headers = [("Host", server.own), *BEARER, ("Content-Length", str(len(body))), *TYPES["json"]]
    assert server.ask(method, path, headers, body).status == 400


def test_a_body_that_unpacks_to_far_more_than_it_is_does_not_fill_the_memory(servers: dict[str, Server]) -> None:
    packed = gzip.compress(b" " * (65 << 20), 1)
    server = servers["snowflake"]
    headers = [("Host", server.own), *TYPES["json"], ("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))]
    assert server.ask("POST", "/session/v1/login-request", headers, packed).status == 413
    broken = [*headers[:-1], ("Content-Length", "3")]
    assert server.ask("POST", "/session/v1/login-request", broken, b"abc").status == 400


# Words


@pytest.mark.parametrize(
    "word", ["", " ", "\n", "short", "a" * 31, " " * 40, "with a blank in it, though it is long", "ä" * 40]
)
def test_a_word_that_keeps_nobody_out_stops_a_server(word: str) -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        raise AssertionError

    with pytest.raises(BadSettings):
        checked_word(word)
    with pytest.raises(BadSettings):
        Guard(app, word)


def test_words_are_long_and_never_the_same() -> None:
    words = {new_word() for _ in range(100)}
    assert len(words) == 100 and all(checked_word(word) == word for word in words)


@pytest.mark.parametrize(
    ("path", "inner"),
    [
        ("/", "/"),
        ("/door/w", "/"),
        ("/door/w/", "/"),
        ("/door/w/a/b", "/a/b"),
        ("/doors/w/a", "/doors/w/a"),
        ("/a", "/a"),
    ],
)
def test_what_is_behind_a_door_is_found_by_its_path(path: str, inner: str) -> None:
    assert inner_path(path) == inner


# Sockets


@pytest.mark.parametrize("name", NAMES)
def test_no_socket_is_opened_for_another_origin_or_without_the_word(servers: dict[str, Server], name: str) -> None:
    server = servers[name]
    own = ("host", server.own)
    evil = ("origin", "http://evil.example")
    for path, headers in (("/", [own]), (f"{DOOR}/", [own, evil]), (f"{DOOR}/", [("host", "evil.example")])):
        if server.word or len(headers) > 1 or headers[0] != own:
            assert asyncio.run(_socket(server, path, headers)) == ["websocket.close"], path


async def _socket(server: Server, path: str, headers: list[tuple[str, str]]) -> list[str]:
    sent: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message["type"])

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "websocket", "path": path, "headers": raw, "server": ("127.0.0.1", server.port)}
    await server.app(scope, receive, send)  # type: ignore[arg-type]
    return sent


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 101),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
    ids=str,
)
def test_the_apps_sockets_are_for_the_app_alone(headers: dict[str, str], status: int) -> None:
    async def opened() -> int:
        sockets = Sockets()
        async with sockets.serving(), aiohttp.ClientSession() as session:
            try:
                async with session.ws_connect(sockets.open().replace("ws:", "http:"), headers=headers):
                    return 101
            except aiohttp.WSServerHandshakeError as error:
                return error.status

    assert asyncio.run(opened()) == status


def test_where_a_server_does_not_know_where_it_listens_nobody_gets_in() -> None:
    from starlette.datastructures import Headers as Given

    assert foreign(Given({"host": "127.0.0.1:8420"}), None, "GET") is not None


def test_every_part_of_the_demo_is_started_with_its_word_or_for_loopback(tmp_path: Path) -> None:
    from local.main import Stack

    stack = Stack(tmp_path, 18_000)
    for part in stack.parts.values():
        assert "--word" in part.command or "--loopback" in part.command, part.name
        assert stack.at.word not in " ".join(part.command), "what stands there can be seen by everybody on the machine"
    for folder in ("keys", "google", "slack", "snowflake", "logs"):
        assert (tmp_path / folder).stat().st_mode & 0o077 == 0
    assert Stack(tmp_path, 18_000).at.word == stack.at.word, "a page that is open stays open through a restart"
