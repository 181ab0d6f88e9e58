"""Tokens that nobody made: 401 from the worker's every address, however they are made up."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from bot.service import create_app
from bot.serving import OPTIONS
from engine.cloud.identity import Identity
from engine.errors import Denied
from local import workspace
from local.google.identity import KEY_ID, Identities
from local.serving import free_port
from tests.every_local_server import demo_settings, nobody

AUDIENCE = "http://127.0.0.1:8424"
ACCOUNTS = (workspace.TASKS_ACCOUNT,)
DEEP = b"[" * 50_000 + b"]" * 50_000
DEEP_OBJECT = b'{"a":' * 20_000 + b"1" + b"}" * 20_000


def part(content: Any) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


HEAD = {"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}
CLAIMS = {"iss": "https://accounts.google.com", "aud": AUDIENCE, "email": ACCOUNTS[0], "email_verified": True}
CLAIMS |= {"iat": 1, "exp": 9_999_999_999}
SIGNED = part(b"\0" * 256)


def token(head: Any, claims: Any) -> str:
    """A token of the right form, with a signature that nobody made."""
    return f"{part(head)}.{part(claims)}.{SIGNED}"


MADE_UP = {
    "100 kB of nested JSON as head": token(DEEP, CLAIMS),
    "100 kB of nested JSON as claims": token(HEAD, DEEP),
    "nested objects as head": token(DEEP_OBJECT, CLAIMS),
    "nested objects as claims": token(HEAD, DEEP_OBJECT),
    "nested, and short enough to be read": token(b"[" * 5_000, CLAIMS),
    "nested claims, and short enough to be read": token(HEAD, b"[" * 5_000),
    "nested within a claim": token(HEAD, b'{"aud":' + b"[" * 3_000 + b"]" * 3_000 + b"}"),
    "a list as head": token([], CLAIMS),
    "a list as claims": token(HEAD, [1, 2]),
    "a number as head": token(7, CLAIMS),
    "null as claims": token(HEAD, None),
    "alg none": f"{part({**HEAD, 'alg': 'none'})}.{part(CLAIMS)}.",
    "alg of another kind": token({**HEAD, "alg": ["RS256"]}, CLAIMS),
    "no alg": token({"kid": KEY_ID}, CLAIMS),
    "no kid": token({"alg": "RS256"}, CLAIMS),
    "kid is a list": token({**HEAD, "kid": [KEY_ID]}, CLAIMS),
    "kid is an object": token({**HEAD, "kid": {"a": 1}}, CLAIMS),
    "kid is a path": token({**HEAD, "kid": "../../etc/passwd"}, CLAIMS),
    "kid is long": token({**HEAD, "kid": "k" * 9_000}, CLAIMS),
    "kid is no text of ours": token({**HEAD, "kid": "\ud83d\ude00"}, CLAIMS),
    "a huge number": token(HEAD, b'{"exp": ' + b"9" * 6_000 + b"}"),
    "an endless number": token(HEAD, b'{"iat": 1e999, "exp": 1e999, "aud": "x"}'),
    "not a number": token(HEAD, b'{"iat": NaN, "exp": NaN, "aud": "x"}'),
    "times that are objects": token(HEAD, {**CLAIMS, "exp": {}, "iat": []}),
    "an audience that is an object": token(HEAD, {**CLAIMS, "aud": {}}),
    "no claims": token(HEAD, {}),
    "no signature": f"{part(HEAD)}.{part(CLAIMS)}.",
    "a signature that is not base64": f"{part(HEAD)}.{part(CLAIMS)}.***",
    "a head that is not base64": f"%%%.{part(CLAIMS)}.{SIGNED}",
    "a length that base64 has not": f"{part(HEAD)}a.{part(CLAIMS)}a.{SIGNED}a",
    "bytes that are not UTF-8": token(b"\xff\xfe", b"\xff\xfe"),
    "two parts": f"{part(HEAD)}.{part(CLAIMS)}",
    "four parts": f"{part(HEAD)}.{part(CLAIMS)}.{SIGNED}.{SIGNED}",
    "five parts, as one that is encrypted": "a.b.c.d.e",
    "dots": "...",
    "a thousand dots": "." * 1_000,
    "one letter": "x",
    "beyond ASCII": "ä.ö.ü",
    "a zero byte's neighbour": "\x01.\x02.\x03",
    "somebody's signature taken away": f"{part(HEAD)}.{part(CLAIMS)}.SIGNATURE_REMOVED_BY_GOOGLE",
}


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """Checks tokens with the keys that it knows; there is nobody to ask for others."""
    made = Identities(tmp_path_factory.mktemp("keys"), project="p", account="a@example.com", word="")
    checks = Identity(certs_url="http://127.0.0.1:9/certs", issuer="https://accounts.google.com")
    checks._certs, checks._fetched, checks._kept = {KEY_ID: made._certificate}, time.monotonic(), float("inf")
    checks._made = made  # type: ignore[attr-defined]
    return checks


@pytest.fixture(scope="module", autouse=True)
def patient() -> Iterator[None]:
    """Nobody looks for a new key in the middle of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.cloud.identity.CERTS_PAUSE_SECONDS", 1e9)
        yield


@pytest.fixture(scope="module")
def worker(identity: Identity) -> Iterator[httpx.Client]:
    """The worker as it is served, on a port: what a connection takes counts, too."""
    cloud = nobody()
    vars(cloud)["identity"] = identity
    app, port = create_app(demo_settings(), "worker", cloud=cloud), free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, **OPTIONS))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < until
        time.sleep(0.01)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        yield client
    server.should_exit = True
    thread.join(10)


@pytest.mark.parametrize("how", MADE_UP)
def test_the_worker_answers_401_to_any_token_however_it_is_made_up(worker: httpx.Client, how: str) -> None:
    for path in ("/tasks/stage", "/callbacks/finished"):
        headers = [(b"Authorization", b"Bearer " + MADE_UP[how].encode("utf-8", "surrogatepass"))]
        answer = worker.post(path, json={}, headers=headers)
        assert (answer.status_code, set(answer.json())) == (401, {"error"}), answer.text
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["", "Bearer", "bearer x y", "Basic dTpw", "Digest x", "x" * 9_000])
def test_what_is_no_bearer_token_gets_401_too(worker: httpx.Client, scheme: str) -> None:
    assert worker.post("/tasks/stage", json={}, headers={"Authorization": scheme}).status_code == 401


def test_the_check_lets_a_good_one_in(worker: httpx.Client, identity: Identity) -> None:
    """Else the tests beside this one would prove nothing. What does not exist is looked for behind the door."""
    good_one = identity._made.token(ACCOUNTS[0], AUDIENCE)  # type: ignore[attr-defined]
    good = {"Authorization": f"Bearer {good_one}"}
    assert worker.post("/tasks/dance", json={}, headers=good).status_code == 404
    for body in (DEEP, b"[]", b"{", b"\xff", b""):
        assert worker.post("/tasks/stage", content=body, headers=good).status_code == 400


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))
PARTS = (
    st.binary(max_size=30).map(part) | st.text(max_size=10) | TREES.map(lambda tree: part(json.dumps(tree).encode()))
)
HEADS = st.dictionaries(st.sampled_from(["alg", "kid", "typ"]), LEAVES | st.sampled_from(["RS256", KEY_ID])).map(part)


@given(st.lists(HEADS | PARTS, max_size=4).map(".".join))
def test_no_token_breaks_the_check(identity: Identity, made_up: str) -> None:
    with pytest.raises(Denied):
        identity.verify(f"Bearer {made_up}", AUDIENCE, ACCOUNTS)
