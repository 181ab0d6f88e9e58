"""The keys of service tokens: kept as long as their sender says, and read again once for a key that is new."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from engine.cloud import identity
from engine.cloud.identity import Identity
from engine.errors import Denied, Unavailable
from local.google.identity import ISSUER, Identities

WHO, WORKER = "tasks@x.example", "https://worker.example"


class Keys(HTTPServer):
    """Publishes keys, and counts how often they are read."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.certs: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.status = 200
        self.reads = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/certs"


class _Answer(BaseHTTPRequestHandler):
    server: Keys

    def do_GET(self) -> None:
        self.server.reads += 1
        body = json.dumps(self.server.certs).encode()
        self.send_response(self.server.status)
        for name, value in {**self.server.headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def keys() -> Iterator[Keys]:
    server = Keys()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Signer:
    """Signs under a name of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir()
        self._made = Identities(folder, project="p", account=WHO, word="")
        self.name = name
        self.certificate = self._made._certificate

    def token(self, algorithm: str = "RS256", **claims: Any) -> str:
        now = int(time.time())
        whole = {"iss": ISSUER, "aud": WORKER, "email": WHO, "email_verified": True, "iat": now, "exp": now + 60}
        return jwt.encode(whole | claims, self._made._key, algorithm=algorithm, headers={"kid": self.name})


@pytest.fixture
def first(tmp_path: Path, keys: Keys) -> Signer:
    made = Signer(tmp_path / "first", "one")
    keys.certs["one"] = made.certificate
    return made


@pytest.fixture
def door(keys: Keys) -> Identity:
    return Identity(certs_url=keys.url, issuer=ISSUER)


def check(door: Identity, token: str) -> str:
    return door.verify(f"Bearer {token}", WORKER, (WHO,))


def test_keys_are_read_once_for_many_tokens(keys: Keys, first: Signer, door: Identity) -> None:
    assert {check(door, first.token()) for _ in range(5)} == {WHO}
    assert keys.reads == 1


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("public, max-age=1200, must-revalidate", 1200),
        ("MAX-AGE=60", 60),
        ("", 3600),
        ("no-store", 3600),
        ("max-age=999999999", 86_400),
        ("s-maxage=5", 3600),
    ],
)
def test_keys_are_kept_as_long_as_their_sender_says(
    keys: Keys, first: Signer, door: Identity, monkeypatch: pytest.MonkeyPatch, sent: str, kept: int
) -> None:
    keys.headers = {"Cache-Control": sent} if sent else {}
    began = time.monotonic()
    check(door, first.token())
    monkeypatch.setattr(identity.time, "monotonic", lambda: began + kept - 5)
    check(door, first.token())
    assert keys.reads == 1
    monkeypatch.setattr(identity.time, "monotonic", lambda: began + kept + 60)
    check(door, first.token())
    assert keys.reads == 2


def test_a_new_key_is_looked_for_once(
    keys: Keys, first: Signer, door: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    check(door, first.token())
    second = Signer(tmp_path / "second", "two")
    with pytest.raises(Denied):
        check(door, second.token())
    assert keys.reads == 1, "they were read a moment ago"
    monkeypatch.setattr(identity.time, "monotonic", lambda: began + 60)
    with pytest.raises(Denied):
        check(door, second.token())
    assert keys.reads == 2
    with pytest.raises(Denied):
        check(door, second.token())
    assert keys.reads == 2, "not for every token that names an unknown key"
    keys.certs["two"] = second.certificate
    monkeypatch.setattr(identity.time, "monotonic", lambda: began + 120)
    assert check(door, second.token()) == WHO
    assert check(door, first.token()) == WHO
    assert keys.reads == 3


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "none", "kid": "one"}, {"alg": "HS256", "kid": "one"}])
def test_a_token_does_not_choose_how_it_is_checked(
    keys: Keys, first: Signer, door: Identity, header: dict[str, str]
) -> None:
    claims = jwt.decode(first.token(), options={"verify_signature": False})
    if header["alg"] == "none":
        token = jwt.encode(claims, None, algorithm="none", headers=header)
    else:
        # The published certificate as if it were a shared secret: the classic confusion.
        encoded = [_part(header), _part(claims)]
        mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
        signature = mac.sign(".".join(encoded).encode(), first.certificate.encode())
        token = ".".join([*encoded, jwt.utils.base64url_encode(signature).decode()])
    with pytest.raises(Denied):
        check(door, token)
    assert keys.reads == 0, "it is refused before anything is asked"


def _part(claims: dict[str, Any]) -> str:
    return jwt.utils.base64url_encode(json.dumps(claims).encode()).decode()


def test_a_key_that_was_withdrawn_is_no_longer_taken(
    keys: Keys, first: Signer, door: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    check(door, first.token())
    keys.certs = {}
    monkeypatch.setattr(identity.time, "monotonic", lambda: began + 7200)
    with pytest.raises(Denied):
        check(door, first.token())


@pytest.mark.parametrize("broken", [{"status": 500}, {"certs": [1]}], ids=["an error", "no keys"])
def test_keys_that_cannot_be_read_may_be_there_later(
    keys: Keys, first: Signer, door: Identity, broken: dict[str, Any]
) -> None:
    good = keys.certs
    for name, value in broken.items():
        setattr(keys, name, value)
    with pytest.raises(Unavailable):
        check(door, first.token())
    keys.status, keys.certs = 200, good
    assert check(door, first.token()) == WHO


@pytest.mark.parametrize(
    "claims",
    [{"exp": "soon"}, {"iat": None}, {"aud": [WORKER, "x"]}, {"email": [WHO]}, {"email_verified": "true"}, {"iss": {}}],
    ids=str,
)
def test_claims_of_an_unexpected_kind_are_denied(first: Signer, door: Identity, claims: dict[str, Any]) -> None:
    token = jwt.api_jws.encode(
        json.dumps(
            {"iss": ISSUER, "aud": WORKER, "email": WHO, "email_verified": True, "iat": 1, "exp": 4e9} | claims
        ).encode(),
        first._made._key,
        algorithm="RS256",
        headers={"kid": "one"},
    )
    with pytest.raises(Denied):
        check(door, token)


def test_a_foreign_key_under_a_known_name_is_denied(keys: Keys, first: Signer, door: Identity, tmp_path: Path) -> None:
    impostor = Signer(tmp_path / "impostor", "one")
    assert isinstance(impostor._made._key, rsa.RSAPrivateKey)
    with pytest.raises(Denied):
        check(door, impostor.token())
    assert check(door, first.token()) == WHO
