"""Who gets in: every entry of the registry and every address, called by everybody who must not."""

import hmac
import json
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fastapi import FastAPI

from bot.access import Role
from bot.act import Services
from bot.doors import Door
from bot.service import create_app
from bot.tasks import steps_of
from engine.clock import SystemClock
from local import workspace
from tests.every_request import Everything
from tests.slack_requests import FORM, command, deliver, home_opened, interaction, post, post_all
from tests.stack import Stack
from tests.words import SIGNING_SECRET

ANA, BEN = workspace.ANA, workspace.BEN
Json = dict[str, Any]

ULTRA = workspace.Person("U0ULA", "ula", "Ula Berg", "111111", single_channel_guest=True)
STRANGER = workspace.Person("U0STR", "sten", "Sten Ek", "222222", stranger=True, team="T0OTHER")
FOREIGN = workspace.Person("U0FOR", "fria", "Fria Holm", "333333", team="T0OTHER")
ROBOT = workspace.Person("U0BOT", "robot", "Robot", "444444", bot=True)
GONE = workspace.Person("U0GON", "gone", "Gone Away", "555555", gone=True)
OUTSIDE = workspace.Person("U0OUT", "olle", "Olle Ask", "666666", domain="mail.northwind.example")
UNCONFIRMED = workspace.Person("U0UNC", "una", "Una Dal", "777777", email_confirmed=False)
VIEWER = workspace.Person("U0VIE", "vera", "Vera Lund", "888888")
EXTRAS = (ULTRA, STRANGER, FOREIGN, ROBOT, GONE, OUTSIDE, UNCONFIRMED, VIEWER)
NOBODY = "U0NOBODY"

REFUSED = {
    "guest": (workspace.GIL.id, "you are a guest"),
    "guest of one channel": (ULTRA.id, "you are a guest"),
    "stranger": (STRANGER.id, "another one"),
    "of another workspace": (FOREIGN.id, "another one"),
    "bot": (ROBOT.id, "Other apps"),
    "deactivated": (GONE.id, "deactivated"),
    "of another domain": (OUTSIDE.id, "not one of them"),
    "with an unconfirmed address": (UNCONFIRMED.id, "vouches for none"),
    "unknown to Slack": (NOBODY, "does not know you"),
}
# What is asked of Slack about people, and said to the person alone.
PRIVATE = {"users.info", "chat.postEphemeral", "conversations.open", "views.open", "views.push", "views.publish"}
# Where too many forms lie on top of each other, the word goes to one's direct messages.
PRIVATE |= {"chat.postMessage"}


@pytest.fixture(scope="module", autouse=True)
def people() -> Iterator[None]:
    """More people than the page shows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workspace, "PEOPLE", (*workspace.PEOPLE, *EXTRAS))
        yield


@pytest.fixture(scope="module")
def bot(product: Stack) -> FastAPI:
    rules: Json = {"email_domains": ("northwind.example",), "viewers": (VIEWER.id,), "contact": ANA.id}
    return create_app(product.settings.model_copy(update=rules), "bot", cloud=product.cloud)


@pytest.fixture(scope="module")
def worker(product: Stack) -> FastAPI:
    return create_app(product.settings, "worker", cloud=product.cloud)


@pytest.fixture(scope="module")
def everything(product: Stack) -> Everything:
    return Everything(product)


class World:
    """What stands in the bucket and in Slack, to be compared."""

    def __init__(self, product: Stack) -> None:
        self.product = product
        self.stored = self._stored()
        self.said = self._said()
        self.calls = len(product.ana.transcript())

    def _stored(self) -> set[tuple[str, int]]:
        return {(entry.path, entry.generation) for entry in self.product.cloud.storage.list("")}

    def _said(self) -> list[str]:
        """What everybody sees: private words are not among it."""
        channels = (channel.id for channel in workspace.CHANNELS)
        found = (one for channel in channels for one in self.product.slack.messages.top(channel, BEN.id))
        return [one["ts"] + one["text"] for one in found if not one.get("ephemeral")]

    def methods(self) -> set[str]:
        return {call["method"] for call in self.product.ana.transcript()[self.calls :]}

    def check_unchanged(self) -> None:
        assert self._stored() == self.stored
        assert self._said() == self.said


def everybody(needs: Role) -> bool:
    return needs > Role.NONE


def test_the_table_has_every_entry(everything: Everything) -> None:
    asked = {name for name, _, _ in everything.requests(ANA.id, lambda needs: True)}
    known = everything.known
    assert {f"/mmm {' '.join(words)}" for words in known.commands} <= asked
    for kind, entries in (("button", known.buttons), ("form", known.forms), ("search", known.searches)):
        assert {f"{kind} {name}" for name in entries} <= asked
    assert {f"shortcut {name}" for name in known.shortcuts} <= asked


@pytest.mark.streamlit("access-domains")
@pytest.mark.parametrize("who", REFUSED)
def test_who_may_not_come_in_is_told_so_in_private_and_nothing_is_written(
    product: Stack, bot: FastAPI, everything: Everything, who: str
) -> None:
    user, rule = REFUSED[who]
    requests = list(everything.requests(user, everybody))
    before = World(product)
    answers = post_all(bot, "/slack/events", [(body, headers) for _, body, headers in requests])
    for (name, _, _), answer in zip(requests, answers, strict=True):
        assert answer.status_code == 200, name
        if name.startswith("search"):
            assert answer.json() == {"options": []}, name
        elif name.startswith(("/mmm", "form")):
            assert rule in answer.text and f"<@{ANA.id}>" in answer.text, f"{name}: {answer.text}"
            assert answer.json().get("response_type", "ephemeral") == "ephemeral"
        else:
            assert answer.text == "", name
    before.check_unchanged()
    assert before.methods() <= PRIVATE
    told = [one["args"] for one in product.ana.transcript()[before.calls :] if one["method"].startswith("chat.post")]
    assert told and all(rule in str(one) and one.get("user", user) == user for one in told)
    assert all("user" in one or workspace.DMS.get(one["channel"]) == user for one in told)


def test_a_viewer_is_refused_what_an_analyst_may_and_nothing_is_written(
    product: Stack, bot: FastAPI, everything: Everything
) -> None:
    requests = list(everything.requests(VIEWER.id, lambda needs: needs >= Role.ANALYST))
    before = World(product)
    answers = post_all(bot, "/slack/events", [(body, headers) for _, body, headers in requests])
    for (name, _, _), answer in zip(requests, answers, strict=True):
        assert answer.status_code == 200
        if name.startswith(("/mmm", "form")):
            assert "you are a viewer" in answer.text and f"<@{ANA.id}>" in answer.text, name
    before.check_unchanged()
    assert before.methods() <= PRIVATE


def test_a_viewer_may_look(product: Stack, bot: FastAPI, everything: Everything) -> None:
    requests = list(everything.requests(VIEWER.id, lambda needs: needs <= Role.VIEWER))
    answers = post_all(bot, "/slack/events", [(body, headers) for _, body, headers in requests])
    for (name, _, _), answer in zip(requests, answers, strict=True):
        assert answer.status_code == 200 and "you are a viewer" not in answer.text, name


def test_another_workspace_another_app_and_another_organisation_are_refused_everything(
    product: Stack, everything: Everything
) -> None:
    strict = product.settings.model_copy(update={"app_id": workspace.APP_ID, "enterprise": "E0HOME"})
    app = create_app(strict, "bot", cloud=product.cloud)
    right = {"team_id": workspace.TEAM_ID, "enterprise_id": "E0HOME", "api_app_id": workspace.APP_ID}
    assert "What you can type" in deliver(app, command(product, "help", **right)).text
    before = World(product)
    for wrong in ({"team_id": "T0OTHER"}, {"enterprise_id": "E0OTHER"}, {"api_app_id": "A0OTHER"}):
        origin = {**right, **wrong}
        said = deliver(app, command(product, "dataset new", **origin)).text
        assert "another workspace" in said or "another app" in said
        place = {"team": {"id": origin["team_id"]}, "enterprise": {"id": origin["enterprise_id"]}}
        whole = {**place, "api_app_id": origin["api_app_id"]}
        for payload in (
            everything.submission("dataset_source", ANA.id),
            everything.click("experiment_run", ANA.id),
            everything.search("country", ANA.id),
            everything.shortcut("new_dataset", ANA.id),
        ):
            answer = deliver(app, interaction(**payload, **whole))
            assert answer.status_code == 200 and "view" not in answer.text
            assert answer.text in ("", '{"options": []}') or "another" in answer.text
    before.check_unchanged()
    assert before.methods() == set()


# Slack's signature, at every address behind it.


def by_slack(body: bytes, *, late: int = 0) -> dict[str, str]:
    """The headers Slack would send, so many seconds ago."""
    at = int(time.time()) - late
    raw = hmac.new(SIGNING_SECRET.encode(), b"v0:%d:" % at + body, sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={raw}", "Content-Type": FORM}


def forged(body: bytes, **changes: str) -> dict[bytes, bytes]:
    headers = {**by_slack(body), **changes}
    return {name.encode(): value.encode("latin-1") for name, value in headers.items() if value != "absent"}


FORGED: dict[str, Callable[[bytes], dict[bytes, bytes]]] = {
    "no headers": lambda body: {b"Content-Type": FORM.encode()},
    "no signature": lambda body: forged(body, **{"X-Slack-Signature": "absent"}),
    "no timestamp": lambda body: forged(body, **{"X-Slack-Request-Timestamp": "absent"}),
    "garbage signature": lambda body: forged(body, **{"X-Slack-Signature": "v0=" + "0" * 64}),
    "signature beyond ASCII": lambda body: forged(body, **{"X-Slack-Signature": "v0=\xe4\xf6"}),
    "garbage timestamp": lambda body: forged(body, **{"X-Slack-Request-Timestamp": "yesterday"}),
    "endless timestamp": lambda body: forged(body, **{"X-Slack-Request-Timestamp": "9" * 5000}),
    "another timestamp": lambda body: forged(body, **{"X-Slack-Request-Timestamp": str(int(time.time()) - 1)}),
    "another body": lambda body: forged(body + b"&x=1"),
    "stale": lambda body: forged(body, **by_slack(body, late=301)),
    "from the future": lambda body: forged(body, **by_slack(body, late=-302)),
    "as a retry": lambda body: {b"X-Slack-Retry-Num": b"1", b"X-Slack-Retry-Reason": b"http_timeout"},
    "as a task": lambda body: {b"X-CloudTasks-QueueName": b"mmm-stage", b"Content-Type": FORM.encode()},
}


@pytest.mark.parametrize("how", FORGED)
def test_what_slack_did_not_sign_is_refused_and_nothing_is_written(
    product: Stack, bot: FastAPI, everything: Everything, how: str
) -> None:
    requests = [(name, body) for name, body, _ in everything.requests(ANA.id, everybody)]
    requests += [("event", home_opened("EvForged")[0]), ("not UTF-8", b"\xff\xfe"), ("empty", b"")]
    before = World(product)
    for route in (one for one in bot.state.routes if one.door is Door.SLACK):
        answers = post_all(bot, route.path, [(body, FORGED[how](body)) for _, body in requests])
        for (name, _), answer in zip(requests, answers, strict=True):
            assert (answer.status_code, answer.text) == (401, ""), name
    before.check_unchanged()
    assert before.methods() == set()


# The token, at every address behind it.

CLOUD_TASKS = {"X-CloudTasks-TaskName": "t", "X-CloudTasks-QueueName": "mmm-stage", "X-AppEngine-QueueName": "x"}


class Tokens:
    """Tokens as Google signs them, and as it does not."""

    def __init__(self, product: Stack) -> None:
        self.product = product
        self.audience = product.settings.worker_url

    def good(self, account: str = workspace.TASKS_ACCOUNT, audience: str = "") -> str:
        place = f"http://{self.product.at.metadata}/computeMetadata/v1/instance/service-accounts/{account}/identity"
        asked = {"audience": audience or self.audience}
        return httpx.get(place, params=asked, headers={"Metadata-Flavor": "Google"}).text

    def made(self, key: Any, algorithm: str = "RS256", **changes: Any) -> str:
        """A token of the right form, with `changes`, signed by `key`."""
        now = int(time.time())
        claims = {"iss": "https://accounts.google.com", "aud": self.audience, "email": workspace.TASKS_ACCOUNT}
        claims |= {"email_verified": True, "iat": now, "exp": now + 60, **changes}
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "local-1"})

    def genuine(self, **changes: Any) -> str:
        """Signed by the very key of the stand-in."""
        pem = (self.product.job_logs.parent / "identity.pem").read_bytes()
        return self.made(load_pem_private_key(pem, password=None), **changes)


def past(seconds: int) -> Json:
    return {"iat": int(time.time()) - seconds - 60, "exp": int(time.time()) - seconds}


BAD_TOKENS: dict[str, Callable[[Tokens], str | None]] = {
    "no token": lambda _: None,
    "no scheme": lambda tokens: tokens.good(),
    "another scheme": lambda tokens: f"Basic {tokens.good()}",
    "no token after the scheme": lambda _: "Bearer ",
    "garbage": lambda _: "Bearer not.a.token",
    "wrong audience": lambda tokens: f"Bearer {tokens.good(audience='https://elsewhere.example')}",
    "wrong issuer": lambda tokens: f"Bearer {tokens.genuine(iss='https://evil.example')}",
    "wrong e-mail": lambda tokens: f"Bearer {tokens.good('somebody@evil.example')}",
    "another account of ours": lambda tokens: f"Bearer {tokens.good(workspace.SERVICES_ACCOUNT)}",
    "no e-mail": lambda tokens: f"Bearer {tokens.genuine(email=None)}",
    "unverified e-mail": lambda tokens: f"Bearer {tokens.genuine(email_verified=False)}",
    "verified in words": lambda tokens: f"Bearer {tokens.genuine(email_verified='true')}",
    "expired": lambda tokens: f"Bearer {tokens.genuine(**past(60))}",
    "not yet": lambda tokens: f"Bearer {tokens.genuine(**past(-3600))}",
    "alg none": lambda tokens: f"Bearer {tokens.made(None, 'none')}",
    "shared secret": lambda tokens: f"Bearer {tokens.made('0' * 64, 'HS256')}",
    "another key": lambda tokens: f"Bearer {tokens.made(rsa.generate_private_key(65537, 2048))}",
    "changed after it was signed": lambda tokens: f"Bearer {tokens.good()[:-8]}AAAAAAAA",
}


@pytest.mark.parametrize("how", BAD_TOKENS)
def test_who_shows_no_good_token_is_turned_away_from_every_step(
    product: Stack, worker: FastAPI, everything: Everything, how: str
) -> None:
    bearer = BAD_TOKENS[how](Tokens(product))
    headers = {**CLOUD_TASKS, **({"Authorization": bearer} if bearer is not None else {})}
    payload = {"run": everything.run.id, "attempt": 1, "n": 0, "draft": everything.draft.id, "key": "k"}
    before = World(product)
    steps = steps_of(Services(product.settings, product.cloud, SystemClock()))
    asked = 0
    for route in worker.state.routes:
        if route.door is Door.OPEN:
            continue
        paths = [route.path]
        if "{step}" in route.path:
            paths = [route.path.replace("{step}", step) for step in (*steps, "nonsense")]
        for path in paths:
            answer = post(worker, path, json.dumps(payload).encode(), headers)
            assert answer.status_code == 401, path
            assert set(answer.json()) == {"error"}
            asked += 1
    assert asked > 10
    before.check_unchanged()
    assert before.methods() == set()
