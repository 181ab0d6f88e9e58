"""Of hundreds of workspaces, none waits for another: not for its secret, not for its installation, not for a thread."""

import asyncio
import threading
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials

from bot.act import Services
from bot.service import THREADS, create_app
from bot.tenants import Several
from engine.clock import SystemClock
from engine.cloud.cloud import Cloud
from engine.cloud.secrets import Secrets
from engine.cloud.sessions import CONNECTIONS
from engine.settings import Settings
from tests.terraform_files import local_values

# Longer than anything here takes; a test that waits for it has failed.
FOR_EVER = 20.0


def settings(**more: Any) -> Settings:
    given = {"project": "p", "bucket": "b", "worker_url": "http://w", "tasks_account": "t@p"}
    given |= {"slack_signing_secret": "file:x", "storage_url": "http://127.0.0.1:9", "tasks_url": "http://127.0.0.1:9"}
    return Settings(**given | more)


SEVERAL = {"slack_client_id": "1.2", "slack_client_secret": "file:x", "public_url": "https://mmm.example.com"}


class Slow:
    """Something that answers for one at once, and for the other only once it is let go."""

    def __init__(self) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()

    def answer(self, whose: str) -> None:
        if whose.endswith("slow"):
            self.asked.set()
            assert self.let_go.wait(FOR_EVER)


def beside(slow: Slow, waits: Any, goes_on: Any) -> Any:
    """What `goes_on` returns while another thread is held up in `waits`."""
    thread = threading.Thread(target=waits, daemon=True)
    thread.start()
    assert slow.asked.wait(FOR_EVER)
    found: list[Any] = []
    other = threading.Thread(target=lambda: found.append(goes_on()), daemon=True)
    other.start()
    other.join(FOR_EVER / 4)
    slow.let_go.set()
    thread.join(FOR_EVER)
    return found


def test_a_secret_that_does_not_come_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets, slow = Secrets(), Slow()
    monkeypatch.setattr(secrets, "_fetch", lambda reference: slow.answer(reference) or f"value of {reference}")
    assert beside(slow, lambda: secrets.read("the slow"), lambda: secrets.read("other")) == ["value of other"]
    assert secrets.read("the slow") == "value of the slow"


def test_a_workspace_that_is_looked_for_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    many = settings(**SEVERAL, workspaces=("*",))
    tenants, slow = Several(Services(many, Cloud(many), SystemClock())), Slow()

    class Known:
        until = float("inf")

        def __init__(self, team: str) -> None:
            self.services = team

    monkeypatch.setattr(tenants, "_look", lambda team, known: slow.answer(team) or Known(team))
    assert beside(slow, lambda: tenants.of("the slow"), lambda: tenants.of("other")) == ["other"]


def test_as_many_wait_in_threads_as_an_instance_is_asked_at_once() -> None:
    app, at_once = create_app(settings(workspace="T1", slack_token_secret="file:x"), "bot"), 40

    async def all_at_once() -> None:
        # Each waits for all others: with fewer threads, nobody would ever be through.
        barrier = threading.Barrier(at_once)
        async with app.router.lifespan_context(app):
            await asyncio.gather(*(asyncio.to_thread(barrier.wait, FOR_EVER) for _ in range(at_once)))

    asyncio.run(all_at_once())
    assert at_once <= local_values()["programs"]["bot"]["concurrency"] <= min(THREADS, CONNECTIONS)


def test_workspaces_share_connections_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("google.auth.default", lambda **given: (AnonymousCredentials(), "p"))
    whole = Cloud(settings(**SEVERAL, workspaces=("*",)))
    one, other = (
        whole.of(
            settings(**SEVERAL, workspaces=("*",)).model_copy(update={"workspace": team, "bucket_root": f"w/{team}"})
        )
        for team in ("T0A", "T0B")
    )
    assert one.storage._client is other.storage._client is whole.storage._client
    assert one.tasks._client is other.tasks._client
    assert (one.storage._root, other.storage._root, whole.storage._root) == ("w/T0A/", "w/T0B/", "")
    assert (one.tasks._whose, other.tasks._whose) == ({"workspace": "T0A"}, {"workspace": "T0B"})
    assert one.secrets is other.secrets and one.settings.workspace == "T0A"
