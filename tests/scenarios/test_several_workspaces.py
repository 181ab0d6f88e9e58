"""One deployment, several workspaces: each installs the app, and nothing of one reaches another."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.access import Role
from bot.data.connect_form import connection_form
from bot.installations import Installation, read_installation
from bot.service import create_app
from bot.slack.addresses import EVENTS, REDIRECT
from bot.slack.blocks import escape
from bot.tasks import CALLS, steps_of
from engine import paths
from engine.clock import SystemClock
from engine.cloud.connection import Connection, problems_of
from engine.cloud.connections import save_connection
from engine.errors import BadData, BadInput, BadSettings, Denied, NotFound
from engine.runs.listed import list_runs
from engine.runs.records import read_run
from engine.runs.run import State
from local import workspace
from local.demo import dataset_from_csv, experiment
from local.sample import weekly_csv
from tests.every_request import Everything
from tests.several import EVA, NORTH, SALES, SOUTH, Browser, as_sent_by, services
from tests.slack_requests import command, deliver, post, post_all, signed
from tests.stack import Stack, stack

ANA = workspace.ANA.id
Json = dict[str, Any]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Nobody remembers an installation: what is changed through one service is seen by the next at once."""
    with pytest.MonkeyPatch.context() as patch, stack(tmp_path_factory.mktemp("several"), several=True) as running:
        patch.setattr("bot.tenants.KEPT_SECONDS", 0.0)
        yield running


@pytest.fixture(scope="module")
def bot(product: Stack) -> FastAPI:
    return create_app(product.settings, "bot", cloud=product.cloud)


@pytest.fixture(scope="module")
def both(product: Stack) -> Stack:
    """Both workspaces have installed the app."""
    for team in (NORTH, SOUTH):
        assert Browser(product).install(team).status_code == 200
    return product


@pytest.fixture(scope="module")
def norths(both: Stack) -> Everything:
    """What the first workspace has, and a request for each thing one may ask of it."""
    return Everything(replace(both, cloud=services(both, NORTH).cloud))


def stored(product: Stack) -> dict[str, int]:
    """Every object in the bucket by its full name, and its version."""
    return {entry.path: entry.generation for entry in product.cloud.storage.list("")}


def installed(product: Stack, team: str) -> Installation | None:
    return read_installation(product.cloud.storage, team)


def asks(product: Stack, bot: FastAPI, text: str, team: str = SOUTH, user: str = EVA) -> httpx.Response:
    form = command(product, text, team_id=team, user_id=user, channel_id=SALES, api_app_id=workspace.APP_ID)
    return deliver(bot, {**form, "trigger_id": product.south.tickets.trigger(user)})


# Installing


def test_a_workspace_installs_the_app_and_uses_it(product: Stack, bot: FastAPI) -> None:
    assert "not installed in your workspace" in asks(product, bot, "help").text
    answer = Browser(product).install(SOUTH)
    assert answer.status_code == 200 and "installed in Southwind" in answer.text
    assert "What you can type" in asks(product, bot, "help").text
    found = installed(product, SOUTH)
    assert found is not None and found.who == EVA and found.left_at is None


def test_the_token_is_a_secret_and_stands_nowhere_else(product: Stack, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        browser = Browser(product)
        answer = browser.install(SOUTH)
    found = installed(product, SOUTH)
    assert found is not None and found.token.startswith(
        f"projects/{workspace.PROJECT}/secrets/mmm-slack-token-{SOUTH}/"
    )
    token = product.cloud.secrets.read(found.token)
    assert token.startswith("xoxb-")
    told = [answer.text, str(answer.headers), caplog.text, *(str(one) for one in product.ana.transcript())]
    for path in stored(product):
        told += [path, product.cloud.storage.get_bytes(path).decode("utf-8", "replace")]
    for secret in (token, workspace.CLIENT_SECRET):
        assert not [one for one in told if secret in one]


def test_the_browser_is_asked_for_exactly_what_the_manifest_declares_and_comes_back_to_us(product: Stack) -> None:
    host = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    asked = httpx.URL(
        Browser(product).begin(headers=host, params={"redirect_uri": "https://evil.example", "team": "T1"})
    )
    assert str(asked).startswith(f"{product.at.slack}/oauth/v2/authorize?")
    assert asked.params["redirect_uri"] == f"{product.at.bot}{REDIRECT}"
    assert set(asked.params) == {"client_id", "scope", "redirect_uri", "state"}
    assert "evil" not in str(asked)


def test_nothing_is_made_before_somebody_comes_back_from_slack(product: Stack) -> None:
    """Anybody may begin as often as they like; who chooses not to, or makes the way back up, leaves nothing either."""
    before = stored(product)
    browser = Browser(product)
    for _ in range(20):
        browser.begin()
    refused = browser.get(browser.allow(browser.begin(), ""))
    assert refused.status_code == 200 and "was not installed" in refused.text
    state = httpx.URL(browser.begin()).params["state"]
    back = f"{product.at.bot}{REDIRECT}"
    assert browser.get(back, params={"state": state}).status_code == 403
    assert browser.get(back, params={"state": state, "code": "made-up"}).status_code == 403
    for made_up in ("", "x", f"{state}x", "9999999999.x.y"):
        browser.cookies.set("mmm-install", made_up, domain="127.0.0.1", path=REDIRECT)
        assert browser.get(back, params={"state": made_up, "code": "c"}).status_code == 403
    assert stored(product) == before


def test_slack_sends_nobody_to_an_address_that_is_not_ours(product: Stack) -> None:
    browser = Browser(product)
    asked = httpx.URL(browser.begin())
    for foreign in (
        "https://evil.example/slack/oauth_redirect",
        f"{product.at.bot}/elsewhere",
        f"{product.at.bot}{REDIRECT}/x",
    ):
        answer = browser.get(asked.copy_set_param("redirect_uri", foreign))
        assert answer.status_code == 400 and "bad_redirect_uri" in answer.text


def test_a_state_is_used_once_by_the_browser_that_got_it(product: Stack) -> None:
    browser, other = Browser(product), Browser(product)
    back = browser.allow(browser.begin(), SOUTH)
    before = installed(product, SOUTH)
    assert other.get(back).status_code == 403
    other.begin()
    assert other.get(back).status_code == 403  # it remembers another one
    forged = httpx.URL(back).copy_set_param("state", "A" * 43)
    assert browser.get(forged).status_code == 403
    assert installed(product, SOUTH) == before
    cookie = {"Cookie": f"mmm-install={httpx.URL(back).params['state']}"}
    assert httpx.get(back, headers=cookie).status_code == 200
    again = httpx.get(back, headers=cookie)
    assert again.status_code == 403 and "finished before" in again.text


@pytest.mark.parametrize("code", ["", "made-up", None])
def test_without_a_code_of_slacks_nothing_is_installed(product: Stack, code: str | None) -> None:
    browser = Browser(product)
    back = httpx.URL(browser.allow(browser.begin(), SOUTH))
    before = installed(product, SOUTH)
    given = back.copy_remove_param("code") if code is None else back.copy_set_param("code", code)
    answer = browser.get(given)
    assert answer.status_code == 403 and "not installed" in answer.text
    assert installed(product, SOUTH) == before


def test_who_does_not_allow_it_reads_so_and_nothing_is_installed(product: Stack) -> None:
    before = installed(product, SOUTH)
    answer = Browser(product).install("")
    assert answer.status_code == 200 and "was not installed" in answer.text
    assert installed(product, SOUTH) == before


def test_pages_say_what_slack_says_as_text(product: Stack) -> None:
    browser = Browser(product)
    back = httpx.URL(browser.allow(browser.begin(), "")).copy_set_param("error", "<script>alert(1)</script>")
    answer = browser.get(back)
    assert "<script" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_workspace_that_is_not_on_the_list_gets_no_token_that_works(
    product: Stack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with stack(tmp_path_factory.mktemp("listed"), several=True, workspaces=json.dumps([NORTH])) as listed:
        answer = Browser(listed).install(SOUTH)
        assert answer.status_code == 403 and "other workspaces" in answer.text
        assert installed(listed, SOUTH) is None
        [token] = listed.slack.database.all("SELECT * FROM tokens")
        assert token["team"] == SOUTH and token["revoked"] == 1
        assert Browser(listed).install(NORTH).status_code == 200


def test_a_workspace_that_removes_the_app_is_served_no_more_until_it_comes_back(both: Stack, bot: FastAPI) -> None:
    found = installed(both, SOUTH)
    assert found is not None and "What you can type" in asks(both, bot, "help").text
    assert httpx.post(f"{both.at.slack}/_local/uninstall/{SOUTH}").status_code == 200
    gone = installed(both, SOUTH)
    assert gone is not None and gone.left_at is not None
    with pytest.raises(BadSettings):
        services_secrets(both).read(found.token)
    with pytest.raises(Denied):
        services(both, SOUTH)
    fresh = create_app(both.settings, "bot", cloud=both.cloud)
    before = stored(both)
    assert "not installed in your workspace" in asks(both, fresh, "dataset new").text
    assert stored(both) == before
    assert Browser(both).install(SOUTH).status_code == 200
    assert "What you can type" in asks(both, fresh, "help").text


def services_secrets(product: Stack) -> Any:
    from engine.cloud.secrets import Secrets

    return Secrets(url=product.settings.secrets_url)


@pytest.mark.parametrize("kind", ["tokens_revoked", "app_uninstalled"])
def test_a_late_word_about_the_installation_before_changes_nothing(both: Stack, bot: FastAPI, kind: str) -> None:
    found = installed(both, SOUTH)
    assert found is not None
    about = {"type": kind, "tokens": {"bot": [workspace.BOT_USER]}}
    sent: Json = {"type": "event_callback", "team_id": SOUTH, "api_app_id": workspace.APP_ID, "event": about}
    early = int(found.installed_at.timestamp()) - 60
    body = json.dumps({**sent, "event_id": "Ev1", "event_time": early})
    assert post(bot, EVENTS, body.encode(), signed(body, kind="application/json")).status_code == 200
    assert installed(both, SOUTH) == found
    assert services_secrets(both).read(found.token)


def test_a_token_of_a_person_that_is_revoked_is_none_of_ours(both: Stack, bot: FastAPI) -> None:
    found = installed(both, SOUTH)
    event = {"type": "tokens_revoked", "tokens": {"oauth": [EVA]}}
    sent: Json = {"type": "event_callback", "team_id": SOUTH, "api_app_id": workspace.APP_ID, "event": event}
    body = json.dumps({**sent, "event_id": "Ev2", "event_time": 4_000_000_000})
    assert post(bot, EVENTS, body.encode(), signed(body, kind="application/json")).status_code == 200
    assert installed(both, SOUTH) == found


def test_another_app_of_slack_cannot_uninstall_ours(both: Stack, bot: FastAPI) -> None:
    found = installed(both, SOUTH)
    sent: Json = {"type": "event_callback", "team_id": SOUTH, "api_app_id": "A0OTHER"}
    body = json.dumps({**sent, "event": {"type": "app_uninstalled"}, "event_id": "Ev3", "event_time": 4_000_000_000})
    assert post(bot, EVENTS, body.encode(), signed(body, kind="application/json")).status_code == 200
    assert installed(both, SOUTH) == found


# Apart


def test_a_workspace_without_the_app_is_refused_everything_and_nothing_is_written(
    both: Stack, bot: FastAPI, norths: Everything
) -> None:
    requests = [(name, *as_sent_by("T0STRANGE", ANA, body)) for name, body, _ in norths.requests(ANA, lambda _: True)]
    assert len(requests) > 40
    before, calls, south = stored(both), len(both.ana.transcript()), len(both.south.transcript.calls())
    answers = post_all(bot, EVENTS, [(body, headers) for _, body, headers in requests])
    for (name, _, _), answer in zip(requests, answers, strict=True):
        assert answer.status_code == 200, name
        assert "What you can type" not in answer.text and not names(answer.text, norths), name
    assert stored(both) == before
    assert (len(both.ana.transcript()), len(both.south.transcript.calls())) == (calls, south)


def test_nothing_of_one_workspace_is_seen_or_changed_from_another(
    both: Stack, bot: FastAPI, norths: Everything
) -> None:
    """Eva asks for everything that Ana has, by its very ids."""
    requests = [
        (name, *as_sent_by(SOUTH, EVA, _with_trigger(both, body)))
        for name, body, _ in norths.requests(ANA, lambda needs: needs > Role.NONE)
    ]
    before, calls, south = stored(both), len(both.ana.transcript()), len(both.south.transcript.calls())
    answers = post_all(bot, EVENTS, [(body, headers) for _, body, headers in requests])
    assert {answer.status_code for answer in answers} == {200}
    shown = [call for call in both.south.transcript.calls(south) if call["ok"] and call["method"].startswith("views.")]
    assert len(shown) > 5, "hardly anything was shown to her"
    # What she typed herself comes back to her in the refusal; what only Ana's objects say does not.
    told = [answer.text for (name, *_), answer in zip(requests, answers, strict=True) if name != "/mmm dataset show"]
    told += [str(call) for call in both.south.transcript.calls(south)]
    assert not [one for one in told if names(one, norths)]
    after = stored(both)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    root = f"{paths.workspace_root(SOUTH)}/"
    assert not [path for path in changed if not path.startswith(root)]
    assert len(both.ana.transcript()) == calls, "a call was made with another workspace's token"


def names(text: str, norths: Everything) -> bool:
    """Whether a text names Ana's dataset, as it is or as Slack writes it."""
    return norths.dataset.title in text or escape(norths.dataset.title) in text


def home_opened(team: str, user: str) -> tuple[bytes, dict[str, str]]:
    event = {"type": "app_home_opened", "user": user, "tab": "home"}
    sent: Json = {"type": "event_callback", "team_id": team, "api_app_id": workspace.APP_ID, "event": event}
    body = json.dumps({**sent, "event_id": f"Ev{team}{user}", "event_time": 1})
    return body.encode(), signed(body, kind="application/json")


def test_a_home_shows_what_its_own_workspace_has(both: Stack, bot: FastAPI, norths: Everything) -> None:
    calls, south = len(both.ana.transcript()), len(both.south.transcript.calls())
    for team, user in ((SOUTH, EVA), ("T0STRANGE", ANA), (SOUTH, ANA)):
        # Ana is nobody in the other workspace.
        assert post(bot, EVENTS, *home_opened(team, user)).status_code == 200
    assert len(both.ana.transcript()) == calls
    published = [one for one in both.south.transcript.calls(south) if one["method"] == "views.publish"]
    assert [one["args"]["user_id"] for one in published if "New dataset" in str(one)] == [EVA]
    assert not names(str(published), norths) and norths.experiment.revision not in str(published)
    assert post(bot, EVENTS, *home_opened(NORTH, ANA)).status_code == 200
    assert names(str(both.ana.transcript()[calls:]), norths)


def _with_trigger(product: Stack, body: bytes) -> bytes:
    """The request with a trigger of the other workspace, so that forms do open."""
    import re

    trigger = product.south.tickets.trigger(EVA)
    return re.sub(rb"(trigger_id=|trigger_id%22%3A\+%22)[\w.]+", rb"\g<1>" + trigger.encode(), body)


@pytest.mark.parametrize("whose", ["", "T0STRANGE", "../" + NORTH, SOUTH])
def test_a_step_for_another_workspace_or_for_none_changes_nothing_of_this_one(
    both: Stack, norths: Everything, whose: str
) -> None:
    worker = create_app(both.settings, "worker", cloud=both.cloud)
    before, calls = stored(both), len(both.ana.transcript())
    ids: Json = {"run": norths.run.id, "attempt": 1, "draft": norths.draft.id, "n": 0, "key": "k"}
    ids |= {"what": f"run/{norths.run.id}", "ask": "0" * 24, "round": norths.draft.id}
    body = json.dumps({**ids, **({"workspace": whose} if whose else {})}).encode()
    token = tasks_token(both)
    # What the training job calls by another address is asked for below.
    of_no_object = {"sweep", "list_tables", "list_columns", "doctor", "knock", *CALLS}
    for step in steps_of(services(both, NORTH)).keys() - of_no_object:
        answer = post(worker, f"/tasks/{step}", body, {"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, f"{step}: {answer.text}"
    for news in ("finished", "preview"):
        assert post(worker, f"/callbacks/{news}", body, {"Authorization": f"Bearer {token}"}).status_code == 200
    after = stored(both)
    north = f"{paths.workspace_root(NORTH)}/"
    assert {k: v for k, v in after.items() if k.startswith(north)} == {
        k: v for k, v in before.items() if k.startswith(north)
    }
    assert len(both.ana.transcript()) == calls


def tasks_token(product: Stack) -> str:
    """A token as Cloud Tasks presents it to the worker."""
    place = (
        f"http://{product.at.metadata}/computeMetadata/v1/instance/service-accounts/{workspace.TASKS_ACCOUNT}/identity"
    )
    asked = {"audience": product.settings.worker_url}
    return httpx.get(place, params=asked, headers={"Metadata-Flavor": "Google"}).text


def test_a_sweep_looks_at_each_workspace_by_itself(both: Stack, norths: Everything) -> None:
    worker = create_app(both.settings, "worker", cloud=both.cloud)
    answer = post(worker, "/tasks/sweep", b"{}", {"Authorization": f"Bearer {tasks_token(both)}"})
    assert answer.status_code == 200


def test_only_workspaces_that_were_named_for_it_have_a_warehouse(both: Stack) -> None:
    with pytest.raises(BadData, match="No warehouse"):
        services(both, SOUTH).cloud.warehouse_of()
    named = both.settings.model_copy(update={"snowflake_workspaces": (SOUTH,)})
    chosen = replace(both, settings=named)
    assert services(chosen, SOUTH).settings.snowflake_account and not services(chosen, NORTH).settings.snowflake_account


def test_a_workspace_has_connections_of_its_own_with_secrets_of_its_own(both: Stack, bot: FastAPI) -> None:
    """The other one neither sees it, nor can it read a key of this one's through a connection."""
    north, south = services(both, NORTH), services(both, SOUTH)
    given = {"account": "local", "user": "U", "role": "R", "warehouse": "W", "database": "D", "who": EVA}
    theirs = Connection(name="theirs", secret=f"mmm-connection-{NORTH}-theirs", **given)
    save_connection(north.cloud.storage, theirs, SystemClock().now())
    assert paths.connection("theirs") not in stored(both)
    assert f"{paths.workspace_root(NORTH)}/{paths.connection('theirs')}" in stored(both)
    told = asks(both, bot, "connect").text
    assert "No warehouse is connected yet" in told and "theirs" not in told
    assert "There is no connection" in asks(both, bot, "connect theirs").text
    with pytest.raises(NotFound):
        south.cloud.warehouse_of("theirs")
    # Whatever is written into the bucket.
    save_connection(south.cloud.storage, theirs.model_copy(update={"name": "stolen"}), SystemClock().now())
    with pytest.raises(BadInput, match="may not read"):
        south.cloud.warehouse_of("stolen").session()
    assert f"mmm-connection-{SOUTH}-" in str(connection_form(south.settings))
    assert "secret" in problems_of(theirs, south.settings) and "secret" not in problems_of(theirs, north.settings)


def test_a_workspace_does_its_whole_job_below_its_own_root(both: Stack, tmp_path: Path) -> None:
    """The training calls back, the verdict arrives, and nothing stands elsewhere."""
    outside = {path for path in stored(both) if not path.startswith(f"{paths.workspace_root(NORTH)}/")}
    path = tmp_path / "weekly.csv"
    path.write_bytes(weekly_csv("FR"))
    dataset_from_csv(both.ana, path, "Weekly France", "fr")
    finished = experiment(both.ana, "Weekly France")
    [card, verdict, *_] = both.ana.thread(workspace.MARKETING.id, finished["card"])
    assert "Done" in str(card["blocks"])
    assert "Usable" in verdict["text"] or "Do not use" in verdict["text"]
    runs = [run for run in list_runs(services(both, NORTH).cloud.storage) if run.state is State.SUCCEEDED]
    assert [(read_run(services(both, NORTH).cloud.storage, run.id).workspace, run.attempt) for run in runs] == [
        (NORTH, 1)
    ]
    assert list_runs(services(both, SOUTH).cloud.storage) == []
    assert {path for path in stored(both) if not path.startswith(f"{paths.workspace_root(NORTH)}/")} == outside
    [log] = both.job_logs.glob("*.log")
    assert "the worker was not told" not in log.read_text()
