"""Roles in life: where they come from, what they show, and what happens while Slack does not say who somebody is."""

import asyncio
import time
from typing import Any

import pytest
from fastapi import FastAPI
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Role, Standing
from bot.service import create_app
from bot.slack import people as people_file
from bot.slack.people import People
from engine.clock import SystemClock
from engine.data.records import save_dataset, save_draft
from engine.data.wishes import open_draft
from engine.experiment.create import create_experiment
from engine.experiment.experiment import ExperimentForm
from engine.runs.records import read_run
from engine.runs.run import Run, State
from engine.runs.state import create_run
from engine.settings import Settings
from local import workspace
from local.faults import Fault
from tests.every_request import Everything
from tests.golden.test_messages import DATASET, DRAFT, RUN
from tests.scenarios.test_worker_requests import Door, bearer
from tests.slack_requests import command, deliver, home_opened, interaction, post
from tests.stack import Stack

ANA, BEN, GIL, CHANNEL = workspace.ANA.id, workspace.BEN.id, workspace.GIL.id, workspace.MARKETING.id
Json = dict[str, Any]


def bot(product: Stack, **rules: Any) -> FastAPI:
    return create_app(product.settings.model_copy(update=rules), "bot", cloud=product.cloud)


def asked(product: Stack, method: str, since: int) -> int:
    return sum(call["method"] == method for call in product.ana.transcript()[since:])


def calls(product: Stack) -> int:
    return len(product.ana.transcript())


class Asker:
    """Asks Slack who people are, at times of its own."""

    def __init__(self, product: Stack, **rules: Any) -> None:
        settings: Settings = product.settings.model_copy(update=rules)
        self.time = 1000.0
        self.people = People(settings, now=lambda: self.time)
        self.client = AsyncWebClient(token=workspace.BOT_TOKEN, base_url=settings.slack_url, timeout=2)

    def standing(self, user: str = ANA) -> Standing:
        return asyncio.run(self.people.standing(self.client, user))


def test_slack_is_asked_once_in_some_minutes(product: Stack) -> None:
    asker, since = Asker(product, analyst_group="S0ANALYSTS", role_default="viewer"), calls(product)
    assert {asker.standing().role for _ in range(3)} == {Role.ANALYST}
    assert (asked(product, "users.info", since), asked(product, "usergroups.users.list", since)) == (1, 1)
    assert asker.standing(BEN).role is Role.VIEWER
    assert (asked(product, "users.info", since), asked(product, "usergroups.users.list", since)) == (2, 1)
    asker.time += 301
    asker.standing()
    assert (asked(product, "users.info", since), asked(product, "usergroups.users.list", since)) == (3, 2)


def test_who_is_named_is_not_looked_for_in_groups(product: Stack) -> None:
    asker, since = Asker(product, analyst_group="S0ANALYSTS", admins=("ana@northwind.example",)), calls(product)
    assert asker.standing() == Standing(Role.ADMIN, "You are named as an admin.", "MMM_ADMINS")
    assert asked(product, "usergroups.users.list", since) == 0


def test_a_role_that_was_taken_away_is_gone_within_minutes(product: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    asker = Asker(product, analyst_group="S0ANALYSTS", role_default="viewer")
    assert asker.standing().role is Role.ANALYST
    monkeypatch.setattr(workspace, "USER_GROUPS", (workspace.UserGroup("S0ANALYSTS", "analysts", ()),))
    asker.time += 301
    assert asker.standing() == Standing(
        Role.VIEWER, "Every full member of this workspace is a viewer unless it says otherwise.", "MMM_ROLE_DEFAULT"
    )


def test_while_slack_is_away_what_was_known_is_not_sure(product: Stack) -> None:
    asker = Asker(product, analyst_group="S0ANALYSTS", role_default="viewer")
    asker.standing()
    product.slack_faults.add(Fault(match="users.info", kind="before", times=1000))
    assert asker.standing().sure, "it was asked a moment ago"
    asker.time += 301
    known, unknown = asker.standing(), asker.standing(BEN)
    assert (known.role, known.sure) == (Role.ANALYST, False)
    assert (unknown.role, unknown.sure) == (Role.NONE, False)
    product.slack_faults.clear()
    assert asker.standing().sure


def test_a_group_that_cannot_be_read_makes_nobody_what_everybody_is(product: Stack) -> None:
    """The default may be more than the group would give: it is not taken while the group is unknown."""
    asker = Asker(product, viewer_group="S0GONE", role_default="analyst")
    found = asker.standing()
    assert (found.role, found.sure) == (Role.NONE, False)


def test_a_slow_slack_is_waited_for_a_second_and_no_longer(product: Stack) -> None:
    product.slack_faults.add(Fault(match="users.info", kind="slow", seconds=4))
    began = time.monotonic()
    assert not Asker(product).standing().sure
    assert time.monotonic() - began < people_file.ASK_SECONDS + 0.8


@pytest.mark.parametrize("kind", ["before", "slow"])
def test_while_slack_cannot_be_asked_changes_are_refused_and_it_says_so(product: Stack, kind: Any) -> None:
    app, before = bot(product), {entry.path for entry in product.cloud.storage.list("")}
    product.slack_faults.add(Fault(match="users.info", kind=kind, times=1000, seconds=4))
    began = time.monotonic()
    answer = deliver(app, command(product, "experiment new"))
    assert time.monotonic() - began < 3
    assert "Slack does not tell me right now who you are" in answer.text and "Nothing was changed" in answer.text
    assert answer.json()["response_type"] == "ephemeral"
    assert "Slack does not answer just now" in deliver(app, command(product, "why")).text
    assert product.ana.view() is None
    assert {entry.path for entry in product.cloud.storage.list("")} == before


def test_who_was_known_may_look_while_slack_cannot_be_asked(product: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    app = bot(product)
    deliver(app, command(product, "status"))
    monkeypatch.setattr(people_file, "KEPT_SECONDS", 0.0)
    product.slack_faults.add(Fault(match="users.info", kind="before", times=1000))
    assert "Slack does not tell me" not in deliver(app, command(product, "status")).text
    assert "Slack does not tell me" in deliver(app, command(product, "cancel r1")).text


def test_what_was_typed_into_a_form_is_kept_while_slack_cannot_be_asked(product: Stack) -> None:
    form = interaction(**Everything(product).submission("experiment_new", ANA))
    product.slack_faults.add(Fault(match="users.info", kind="before", times=1000))
    answer = deliver(bot(product), form).json()
    assert answer["response_action"] == "errors", "the form stays as it is"
    assert "Slack does not tell me right now who you are" in str(answer["errors"])


def home_of(product: Stack, app: FastAPI, user: str) -> str:
    body, headers = home_opened(f"Ev{user}", user)
    assert post(app, "/slack/events", body, headers).status_code == 200
    return str((product.slack.views.home(user) or {})["blocks"])


def test_the_home_offers_what_its_owner_may_do(product: Stack) -> None:
    save_dataset(product.cloud.storage, DATASET.model_copy(update={"workspace": workspace.TEAM_ID}))
    app = bot(product, viewers=(BEN,), contact=ANA)
    shown = {user: home_of(product, app, user) for user in (ANA, BEN, GIL)}
    assert "start_dataset" in shown[ANA] and "experiment_from_dataset" in shown[ANA]
    assert "start_dataset" not in shown[BEN] and "experiment_from_dataset" not in shown[BEN]
    assert "start_help" in shown[BEN] and DATASET.first_date.isoformat() in shown[BEN]
    assert "you are a guest" in shown[GIL] and f"<@{ANA}>" in shown[GIL]
    assert DATASET.first_date.isoformat() not in shown[GIL], "whoever may not come in sees nothing of what is there"


def test_the_other_tab_of_the_home_draws_nothing(product: Stack) -> None:
    since = calls(product)
    body, headers = home_opened("EvTab", ANA, tab="messages")
    assert post(bot(product), "/slack/events", body, headers).status_code == 200
    assert asked(product, "views.publish", since) == 0


def test_help_and_lists_offer_a_viewer_what_a_viewer_may(product: Stack) -> None:
    save_dataset(product.cloud.storage, DATASET.model_copy(update={"workspace": workspace.TEAM_ID}))
    app = bot(product, viewers=(ANA,))
    told = deliver(app, command(product, "help")).text
    assert "/mmm dataset list" in told and "/mmm dataset new" not in told and "You are a viewer" in told
    listing = deliver(app, command(product, "dataset list")).text
    assert DATASET.first_date.isoformat() in listing and "start_dataset" not in listing
    assert "experiment_from_dataset" not in listing
    alone = deliver(app, command(product, "")).text
    assert "start_status" in alone and "start_dataset" not in alone


@pytest.mark.parametrize(
    ("user", "text", "words"),
    [
        (ANA, "why", ("You are an analyst here.", "You are in the Slack user group", "MMM_ANALYST_GROUP")),
        (BEN, "why", ("You are a viewer here.", "MMM_ROLE_DEFAULT", "`/mmm dataset new`", f"<@{ANA}>")),
        (GIL, "why", ("You cannot use this app.", "you are a guest", f"<@{ANA}>")),
        (BEN, "why dataset new", ("*no*, it takes an analyst", "MMM_ROLE_DEFAULT", f"<@{ANA}>")),
        (BEN, "why /mmm status", ("*yes*, it takes a viewer",)),
        (BEN, "why dataset", ("`/mmm dataset new`: *no*", "`/mmm dataset list`: *yes*")),
        (BEN, "why dance", ("I do not know",)),
    ],
)
def test_why_explains_a_decision(product: Stack, user: str, text: str, words: tuple[str, ...]) -> None:
    app = bot(product, analyst_group="S0ANALYSTS", role_default="viewer", contact=ANA)
    told = deliver(app, command(product, text, user_id=user)).text
    assert all(one in told for one in words), told


# Again in the worker.


def run_of_a_guest(product: Stack, id: str) -> Run:
    """A run that somebody asked for who has become a guest since."""
    storage, at = product.cloud.storage, SystemClock().now()
    dataset = save_dataset(storage, DATASET.model_copy(update={"workspace": workspace.TEAM_ID}))
    form = ExperimentForm(dataset_id=dataset.id, preset="quick", channel=CHANNEL)
    experiment = create_experiment(storage, form, key="k", who=GIL, at=at)
    made = {"revision": experiment.revision, "workspace": workspace.TEAM_ID, "created_at": at, "changed_at": at}
    return create_run(storage, RUN.model_copy(update={**made, "id": id, "who": GIL, "started_at": None}))


def test_a_run_of_somebody_who_may_not_any_more_is_not_begun(product: Stack) -> None:
    run = run_of_a_guest(product, "r0000002")
    worker = Door(create_app(product.settings, "worker", cloud=product.cloud))
    assert worker.post("/tasks/stage", json={"run": run.id}, headers=bearer(product)).status_code == 200
    ended = read_run(product.cloud.storage, run.id)
    assert ended.state is State.FAILED and "may not start trainings" in ended.reason
    assert "guest" not in f"{ended.reason} {ended.todo}", "why is nobody else's business"


def test_while_slack_is_away_the_worker_goes_on_with_what_the_bot_let_pass(product: Stack) -> None:
    run = run_of_a_guest(product, "r0000003")
    product.slack_faults.add(Fault(match="users.info", kind="before", times=1000))
    worker = Door(create_app(product.settings, "worker", cloud=product.cloud))
    assert worker.post("/tasks/stage", json={"run": run.id}, headers=bearer(product)).status_code == 200
    reason = read_run(product.cloud.storage, run.id).reason
    assert reason and "may not start" not in reason, "it was begun: its rows are missing"


@pytest.mark.parametrize("step", ["read_columns", "snapshot"])
def test_a_dataset_of_somebody_who_may_not_any_more_is_not_made_and_only_they_are_told(
    product: Stack, step: str
) -> None:
    title = f"Not any more: {step}"
    draft = DRAFT.model_copy(update={"id": f"{DRAFT.id}-role-{step.partition('_')[0]}", "title": title, "who": GIL})
    save_draft(product.cloud.storage, draft)
    open_draft(product.cloud.storage, draft.id, SystemClock().now())
    worker = Door(create_app(product.settings, "worker", cloud=product.cloud))
    payload = {"draft": draft.id, "who": GIL}
    assert worker.post(f"/tasks/{step}", json=payload, headers=bearer(product)).status_code == 200

    def told() -> Json | None:
        seen = [*product.slack.messages.top("D0GIL", GIL), *product.slack.messages.top(CHANNEL, GIL)]
        return next((one for one in seen if title in str(one)), None)

    assert "you are a guest" in str(product.ana.wait(told, "the word to whoever asked"))
    assert title not in str(product.ben.messages(CHANNEL))
    assert not [entry for entry in product.cloud.storage.list("datasets/") if draft.id in entry.path]
