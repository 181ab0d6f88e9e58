"""Tokens whose signature Cloud Run took off: taken where Cloud Run checks callers, and only what it has checked."""

import asyncio
import base64
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Request
from fastapi.responses import Response

from bot.doors import token_guard
from engine.cloud.cloud import Cloud
from engine.cloud.identity import Identity
from engine.cloud.presented import REMOVED, presented
from engine.errors import Denied
from engine.settings import Settings
from local.google.identity import ISSUER, KEY_ID, Identities

WORKER = "https://worker.example"
TASKS, OTHER = "tasks@p.example", "job@p.example"


def coded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def stripped(header: Any = None, **changes: Any) -> str:
    """A token as it reaches a container that not everybody may invoke."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": WORKER, "email": TASKS, "email_verified": True, "iat": now, "exp": now + 3600}
    told = {name: value for name, value in (claims | changes).items() if value is not None}
    return f"{coded(header or {'alg': 'RS256', 'kid': KEY_ID, 'typ': 'JWT'})}.{coded(told)}.{REMOVED}"


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Identities:
    return Identities(tmp_path_factory.mktemp("keys"), project="p", account=TASKS, word="w")


def identity(signer: Identities, *, checked: bool) -> Identity:
    """The worker's check, which has read the published keys."""
    made = Identity(certs_url="http://127.0.0.1:9/certs", issuer=ISSUER, checked_by_cloud_run=checked)
    made._certs, made._fetched, made._kept = {KEY_ID: signer._certificate}, time.monotonic(), 3600.0
    return made


def asked(signer: Identities, *headers: tuple[str, str], checked: bool) -> int:
    """The status with which the worker's door answers; 0: it lets the request in."""
    services: Any = SimpleNamespace(
        cloud=SimpleNamespace(identity=identity(signer, checked=checked)), settings=SimpleNamespace(worker_url=WORKER)
    )
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    request = Request({"type": "http", "method": "POST", "path": "/tasks/stage", "query_string": b"", "headers": raw})
    answer: Response | None = asyncio.run(token_guard(services, (TASKS,))(request))  # type: ignore[arg-type]
    return answer.status_code if answer else 0


def bearer(token: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {token}"


def serverless(token: str) -> tuple[str, str]:
    return "X-Serverless-Authorization", f"Bearer {token}"


def test_a_real_call_is_taken_whether_cloud_run_took_the_signature_off_or_not(signer: Identities) -> None:
    whole = signer.token(TASKS, WORKER)
    assert asked(signer, bearer(whole), checked=True) == asked(signer, bearer(whole), checked=False) == 0
    assert asked(signer, bearer(stripped()), checked=True) == 0
    assert asked(signer, serverless(stripped()), checked=True) == 0


def test_without_the_setting_nothing_unsigned_is_taken(signer: Identities) -> None:
    assert asked(signer, bearer(stripped()), checked=False) == 401
    assert asked(signer, serverless(stripped()), checked=False) == 401
    assert asked(signer, serverless(signer.token(TASKS, WORKER)), checked=False) == 401, "one header counts"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(stripped(email=OTHER), id="another account"),
        pytest.param(stripped(email_verified=False), id="not verified"),
        pytest.param(stripped(email=None), id="no account"),
        pytest.param(stripped(aud="https://other.example"), id="for another service"),
        pytest.param(stripped(aud=[WORKER]), id="for a list"),
        pytest.param(stripped(iss="https://evil.example"), id="of another issuer"),
        pytest.param(stripped(exp=int(time.time()) - 60), id="expired"),
        pytest.param(stripped(iat=int(time.time()) + 600), id="from the future"),
        pytest.param(stripped(exp=None), id="without an end"),
        pytest.param(stripped(exp="never"), id="an end in words"),
        pytest.param(stripped(exp=float("nan")), id="an end that is no number"),
        pytest.param(stripped({"alg": "none", "kid": KEY_ID}), id="alg none"),
        pytest.param(stripped({"alg": "HS256", "kid": KEY_ID}), id="another algorithm"),
        pytest.param(stripped([1]), id="a list for a header"),
        pytest.param(f"x.{REMOVED}", id="two parts"),
        pytest.param(f"a.b.c.{REMOVED}", id="four parts"),
        pytest.param(f"{coded({'alg': 'RS256', 'kid': KEY_ID})}.{coded([1])}.{REMOVED}", id="a list for claims"),
        pytest.param(f"{coded({'alg': 'RS256', 'kid': KEY_ID})}.!!.{REMOVED}", id="no claims"),
        pytest.param(stripped() + "x", id="another word for a signature"),
        pytest.param(stripped().removesuffix(REMOVED), id="no signature"),
        pytest.param(stripped().replace(REMOVED, REMOVED.lower()), id="the word in small letters"),
    ],
)
def test_what_cloud_run_would_not_have_let_in_is_not_taken(signer: Identities, token: str) -> None:
    assert asked(signer, bearer(token), checked=True) == 401
    assert asked(signer, serverless(token), checked=True) == 401


def test_the_header_that_cloud_run_did_not_check_proves_nothing(signer: Identities) -> None:
    """Whoever may invoke the worker sends a token of their own in one header, and a made-up one in the other."""
    own = stripped(email=OTHER)
    assert asked(signer, serverless(own), bearer(stripped()), checked=True) == 401
    assert asked(signer, bearer(stripped()), serverless(own), checked=True) == 401
    assert asked(signer, ("X-Serverless-Authorization", ""), bearer(stripped()), checked=True) == 401
    assert asked(signer, serverless(stripped()), bearer("whatever"), checked=True) == 0


@pytest.mark.parametrize("header", [bearer, serverless])
def test_a_caller_is_named_once(signer: Identities, header: Any) -> None:
    assert asked(signer, header(stripped(email=OTHER)), header(stripped()), checked=True) == 401
    with pytest.raises(Denied):
        presented([("authorization", "a"), ("authorization", "a")], checked_by_cloud_run=False)


def test_the_setting_counts_on_cloud_run_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Settings(
        workspace="T0", project="p", bucket="b", worker_url=WORKER, tasks_account=TASKS,
        slack_signing_secret="file:x", slack_token_secret="file:x", tokens_checked_by="cloud_run",
    )  # fmt: skip
    monkeypatch.delenv("K_SERVICE", raising=False)
    assert not Cloud(given).identity.checked_by_cloud_run
    monkeypatch.setenv("K_SERVICE", "mmm-worker")
    assert Cloud(given).identity.checked_by_cloud_run
    assert not Cloud(given.model_copy(update={"tokens_checked_by": "worker"})).identity.checked_by_cloud_run
