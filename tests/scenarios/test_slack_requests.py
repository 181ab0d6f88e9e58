"""Requests straight into the services: forged, repeated, from elsewhere, and while something is away."""

import asyncio
import json
import logging
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI

from bot.data.modals import source_form
from bot.experiment.modals import experiment_form
from bot.service import create_app
from engine import paths
from engine.clock import SystemClock
from engine.data.dataset import Dataset
from engine.data.records import save_dataset
from engine.experiment.listed import list_experiments
from engine.runs.listed import list_runs
from engine.runs.records import read_run
from local import workspace
from local.faults import Fault
from local.person import filled
from local.sample import weekly_csv
from tests.golden.test_messages import DATASET
from tests.slack_requests import FORM, command, deliver, home_opened, interaction, post, signed
from tests.stack import Stack

ANA, CHANNEL, RANDOM = workspace.ANA.id, workspace.MARKETING.id, workspace.RANDOM.id
Json = dict[str, Any]


@pytest.fixture(scope="module")
def bot(product: Stack) -> FastAPI:
    return create_app(product.settings, "bot", cloud=product.cloud)


@pytest.fixture(scope="module")
def worker(product: Stack) -> FastAPI:
    return create_app(product.settings, "worker", cloud=product.cloud)


def stored(product: Stack) -> set[str]:
    return {entry.path for entry in product.cloud.storage.list("")}


def told(product: Stack, channel: str = CHANNEL) -> list[str]:
    """What the bot has said in a channel, as Ana sees it."""
    messages = product.slack.messages.top(channel, ANA)
    return [f"{one['text']} {one['blocks']}" for one in messages if one["user"] == workspace.BOT_USER]


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """No traceback may reach the log."""
    with caplog.at_level(logging.DEBUG):
        yield caplog
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(b"command=/mmm", {}, id="no headers"),
        pytest.param(b"command=/mmm", {"X-Slack-Signature": "v0=00"}, id="wrong signature"),
        pytest.param(b"command=/mmm", {"X-Slack-Signature": "v0=\xe4"}, id="signature not ASCII"),
        pytest.param(b"command=/mmm", {"X-Slack-Signature": ""}, id="empty signature"),
        pytest.param(b"command=/mmm", {"X-Slack-Request-Timestamp": "abc"}, id="timestamp is no number"),
        pytest.param(b"command=/mmm", {"X-Slack-Request-Timestamp": "9" * 400}, id="timestamp beyond all numbers"),
        pytest.param(b"command=/mmm", {"X-Slack-Request-Timestamp": "9" * 5000}, id="timestamp too long to read"),
        pytest.param(b"command=/mmm", {"X-Slack-Request-Timestamp": "-1"}, id="timestamp before all times"),
        pytest.param(b"\xff\xfe\x00", {"X-Slack-Signature": "v0=00"}, id="body not UTF-8"),
        pytest.param("text=\u00e4\u00f6".encode("latin-1"), {"X-Slack-Signature": "v0=00"}, id="body in latin-1"),
        pytest.param(b"", {"X-Slack-Signature": "v0=00"}, id="empty body"),
    ],
)
def test_what_slack_did_not_sign_is_refused_without_a_word(
    product: Stack, bot: FastAPI, quiet: pytest.LogCaptureFixture, body: bytes, headers: dict[str, str]
) -> None:
    before = stored(product)
    given = {"X-Slack-Request-Timestamp": str(int(time.time())), "Content-Type": FORM} if headers else {}
    if headers and "X-Slack-Signature" not in headers:
        given |= {"X-Slack-Signature": "v0=00"}
    raw = {name: value.encode("latin-1") for name, value in {**given, **headers}.items()}
    answer = post(bot, "/slack/events", body, raw)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert "Traceback" not in answer.text
    assert stored(product) == before


def test_an_old_request_is_refused_though_it_is_signed(product: Stack, bot: FastAPI) -> None:
    body = urlencode(command(product, "help"))
    assert post(bot, "/slack/events", body.encode(), signed(body, at=str(int(time.time()) - 400))).status_code == 401
    assert post(bot, "/slack/events", body.encode(), signed(body)).status_code == 200


def test_a_body_that_was_changed_on_its_way_is_refused(product: Stack, bot: FastAPI) -> None:
    body = urlencode(command(product, "help"))
    changed = body.replace("help", "cancel+r1")
    assert post(bot, "/slack/events", changed.encode(), signed(body)).status_code == 401


def test_signed_nonsense_is_answered_without_a_traceback(bot: FastAPI) -> None:
    for body, kind in (("payload={", FORM), ("{", "application/json"), ("[]", "application/json")):
        answer = post(bot, "/slack/events", body.encode(), signed(body, kind=kind))
        assert answer.status_code in (400, 401, 404)
        assert "Traceback" not in answer.text


def test_another_workspace_is_refused_and_nothing_is_written(product: Stack, bot: FastAPI) -> None:
    before, calls = stored(product), len(product.ana.transcript())
    answer = deliver(bot, command(product, "dataset new", team_id="T0OTHER"))
    assert answer.status_code == 200 and "another workspace" in answer.text
    form = {"id": "V1", "hash": "h", "callback_id": "dataset_source", "type": "modal", "blocks": [{"type": "divider"}]}
    view = {**form, "private_metadata": "{}", "state": {"values": {}}}
    for payload in (
        {"type": "view_submission", "view": view},
        {"type": "block_actions", "actions": [{"action_id": "start_dataset", "action_ts": "1", "block_id": "b"}]},
        {"type": "block_suggestion", "action_id": "country", "block_id": "country", "value": "", "view": view},
    ):
        assert deliver(bot, interaction(**payload, team={"id": "T0OTHER"})).status_code == 200
    event = {"type": "event_callback", "team_id": "T0OTHER", "event_id": "Ev1"}
    body = json.dumps({**event, "event": {"type": "app_home_opened", "user": ANA, "tab": "home"}})
    # 200: Slack need not send it again.
    assert post(bot, "/slack/events", body.encode(), signed(body, kind="application/json")).status_code == 200
    assert stored(product) == before
    assert len(product.ana.transcript()) == calls


class Ticking(SystemClock):
    """A clock that is a second later whenever somebody looks: two deliveries never share a moment."""

    def __init__(self) -> None:
        self.looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return super().now() + timedelta(seconds=self.looks)


@pytest.fixture
def late_bot(product: Stack) -> FastAPI:
    return create_app(product.settings, "bot", cloud=product.cloud, clock=Ticking())


def deliver_at_once(app: FastAPI, form: dict[str, str], times: int) -> list[httpx.Response]:
    """The same delivery several times, side by side."""
    body = urlencode(form)

    async def send() -> list[httpx.Response]:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
                calls = [client.post("/slack/events", content=body, headers=signed(body)) for _ in range(times)]
                return await asyncio.gather(*calls)

    return asyncio.run(send())


def source_submission(product: Stack, **changes: Any) -> dict[str, str]:
    """Ana sends the first form of a dataset, with a CSV in it."""
    drawn = source_form(kind="csv", channel=CHANNEL, warehouse=True, opened_at=SystemClock().now())
    view = product.slack.views.open(ANA, drawn)
    file = product.slack.files.keep("weekly.csv", weekly_csv("FR"), ANA)
    given = {
        "title": {"value": "Twice"},
        "country": {"selected_option": {"value": "fr"}},
        "kind": {"selected_option": {"value": "csv"}},
        "file": {"files": [file]},
        "channel": {"selected_conversation": CHANNEL},
        **changes,
    }
    state = {"values": {name: {name: {"type": "x", **value}} for name, value in given.items()}}
    return interaction(type="view_submission", view={**view, "state": state})


def drafts(product: Stack) -> set[str]:
    return {path for path in stored(product) if path.startswith(paths.DRAFTS)}


def test_a_form_that_is_delivered_twice_makes_one_draft(product: Stack, late_bot: FastAPI) -> None:
    before = drafts(product)
    form = source_submission(product)
    first, second = deliver(late_bot, form), deliver(late_bot, form)
    assert first.json() == second.json()
    assert first.json()["response_action"] == "update"
    assert len(drafts(product) - before) == 1


def test_a_form_that_is_sent_again_with_another_name_is_another_draft(product: Stack, late_bot: FastAPI) -> None:
    before = drafts(product)
    form = source_submission(product)
    payload = json.loads(form["payload"])
    deliver(late_bot, form)
    payload["view"]["state"]["values"]["title"]["title"]["value"] = "Thrice"
    deliver(late_bot, interaction(**payload))
    assert len(drafts(product) - before) == 2


@pytest.fixture(scope="module")
def dataset(product: Stack) -> Dataset:
    """A dataset that is known; its rows are not there."""
    made = DATASET.model_copy(update={"workspace": workspace.TEAM_ID})
    return save_dataset(product.cloud.storage, made)


def experiment_submission(product: Stack, dataset: Dataset) -> dict[str, str]:
    values = {"preset": "quick", "channel": CHANNEL}
    drawn = experiment_form(dataset=dataset, values=values, trainers=("native",), more=False)
    view = product.slack.views.open(ANA, drawn)
    return interaction(type="view_submission", view={**view, "state": {"values": filled(view)}})


def test_an_experiment_that_is_sent_three_times_at_once_is_one_experiment_and_one_run(
    product: Stack, late_bot: FastAPI, dataset: Dataset
) -> None:
    form = experiment_submission(product, dataset)
    answers = deliver_at_once(late_bot, form, 3)
    assert [answer.json()["view"]["callback_id"] for answer in answers] == ["started"] * 3
    assert len({str(answer.json()) for answer in answers}) == 1
    assert len(list_experiments(product.cloud.storage)) == 1
    [run] = list_runs(product.cloud.storage)
    assert run.id in str(answers[0].json())


def pressed(action_id: str, value: str = "", **place: Any) -> dict[str, str]:
    """Ana pressed a button; by default of a message in #marketing."""
    where = place or {"channel": {"id": CHANNEL}, "container": {"type": "message", "message_ts": "1.2"}}
    action = {"action_id": action_id, "block_id": "b", "action_ts": "3.4", "type": "button", "value": value}
    return interaction(type="block_actions", actions=[action], **where)


def test_a_button_that_is_delivered_twice_starts_one_run(product: Stack, late_bot: FastAPI, dataset: Dataset) -> None:
    deliver(late_bot, experiment_submission(product, dataset))
    [experiment, *_] = list_experiments(product.cloud.storage)
    before = len(list_runs(product.cloud.storage))
    deliver_at_once(late_bot, pressed("experiment_run", experiment.revision), 2)
    assert len(list_runs(product.cloud.storage)) == before + 1


def broken(*_: Any, **__: Any) -> None:
    raise RuntimeError("a detail that nobody may see")


@pytest.mark.parametrize("where", ["command", "button"])
def test_what_breaks_is_told_with_a_reference_that_the_log_has_too(
    product: Stack, bot: FastAPI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    monkeypatch.setattr("bot.sight.list_runs", broken)
    answer = deliver(bot, command(product, "status") if where == "command" else pressed("start_status"))
    assert answer.status_code == 200
    # Other runs' messages may arrive meanwhile.
    posted = [text.partition("[{")[0] for text in told(product) if "reference " in text]
    said = answer.json()["text"] if where == "command" else posted[-1]
    [reference] = re.findall(r"reference ([0-9a-f]{6})", said)
    assert "nobody may see" not in "".join(told(product)) + answer.text
    assert any(reference in record.message and record.exc_info for record in caplog.records)


def test_what_breaks_in_a_form_is_told_in_the_form(
    product: Stack, bot: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.data.source.save_draft", broken)
    errors = deliver(bot, source_submission(product)).json()["errors"]
    assert "reference" in errors["title"] and "nobody may see" not in str(errors)


def test_what_breaks_in_a_search_finds_nothing(product: Stack, bot: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.data.source.search_countries", broken)
    asked = interaction(type="block_suggestion", action_id="country", block_id="country", value="fra")
    assert deliver(bot, asked).json() == {"options": []}


def test_what_breaks_at_the_home_is_told_in_a_form(
    product: Stack, bot: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sight.list_runs", broken)
    home = {"type": "view", "view_id": "V0HOME"}
    view = {"id": "V0HOME", "type": "home", "blocks": []}
    trigger = product.slack.tickets.trigger(ANA)
    deliver(bot, pressed("start_status", container=home, view=view, trigger_id=trigger))
    shown = product.ana.view()
    assert shown and "reference" in str(shown["blocks"])


def test_a_handler_that_is_late_says_so_while_slack_still_listens(
    product: Stack, bot: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.app.ANSWER_SECONDS", 0.2)
    monkeypatch.setattr("bot.sight.list_runs", lambda *_: time.sleep(1))
    assert "longer than it should" in deliver(bot, command(product, "status")).text


@pytest.fixture
def storage_away(product: Stack) -> None:
    product.google_faults.add(Fault(match="storage.*", kind="before", times=10_000))


@pytest.fixture
def hasty_bot(product: Stack) -> FastAPI:
    """A bot as it is deployed: with little patience for storage."""
    return create_app(product.settings, "bot")


AWAY = ("does not answer", "longer than it should")


def test_a_command_while_storage_is_away_says_so(product: Stack, hasty_bot: FastAPI, storage_away: None) -> None:
    began = time.monotonic()
    answer = deliver(hasty_bot, command(product, "status"))
    assert answer.status_code == 200
    assert time.monotonic() - began < 3.5
    assert any(words in answer.text for words in AWAY)


def test_a_form_that_could_not_be_opened_for_lack_of_storage_does_not_wait_for_ever(
    product: Stack, hasty_bot: FastAPI, storage_away: None
) -> None:
    deliver(hasty_bot, command(product, "experiment new"))
    shown = product.ana.view()
    assert shown and "Opening the form" not in str(shown["blocks"])
    assert any(words in str(shown["blocks"]) for words in AWAY)


def test_nothing_is_promised_that_could_not_be_written(
    product: Stack, hasty_bot: FastAPI, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = [source_submission(product), experiment_submission(product, dataset)]
    before = stored(product)
    product.google_faults.add(Fault(match="storage.*", kind="before", times=10_000))
    for form in forms:
        answer = deliver(hasty_bot, form).json()
        assert answer["response_action"] == "errors"
        assert any(words in str(answer["errors"]) for words in AWAY)
    product.google_faults.clear()
    assert stored(product) == before


def test_the_same_form_sent_again_when_the_queue_is_back_is_taken(product: Stack, hasty_bot: FastAPI) -> None:
    """The draft was written, the queue was not: nothing was promised, and the second try finishes the first."""
    form, before = source_submission(product), drafts(product)
    product.google_faults.add(Fault(match="tasks.create", kind="before", times=3))
    assert deliver(hasty_bot, form).json()["response_action"] == "errors"
    assert deliver(hasty_bot, form).json()["response_action"] == "update"
    assert len(drafts(product) - before) == 1


def test_a_queue_that_is_away_does_not_keep_the_first_form_from_opening(product: Stack, hasty_bot: FastAPI) -> None:
    product.google_faults.add(Fault(match="tasks.create", kind="before", times=3))
    deliver(hasty_bot, command(product, "dataset new"))
    shown = product.ana.view()
    assert shown and shown["callback_id"] == "dataset_source"


def test_a_home_that_cannot_be_drawn_is_asked_for_again(product: Stack, hasty_bot: FastAPI, storage_away: None) -> None:
    answer = post(hasty_bot, "/slack/events", *home_opened("Ev2"))
    assert answer.status_code == 500 and "Traceback" not in answer.text


def test_a_command_is_answered_where_it_was_typed_also_without_the_bot(product: Stack) -> None:
    product.ana.type(RANDOM, "/mmm help")
    message = product.ana.wait_for_message(RANDOM, "What you can type")
    assert message["ephemeral"] and "/mmm dataset new" in str(message["blocks"])


def test_a_click_in_a_channel_without_the_bot_is_answered_directly(product: Stack, bot: FastAPI) -> None:
    before, elsewhere_before = len(told(product, "D0ANA")), told(product, RANDOM)
    elsewhere = {"channel": {"id": RANDOM}, "container": {"type": "message", "message_ts": "1.2"}}
    deliver(bot, pressed("start_help", **elsewhere))
    assert told(product, RANDOM) == elsewhere_before
    assert len(told(product, "D0ANA")) == before + 1
    assert "/mmm dataset new" in told(product, "D0ANA")[-1]


def test_what_was_typed_is_read_as_it_was_typed(product: Stack, bot: FastAPI) -> None:
    deliver(bot, command(product, "dataset new R&amp;D &lt;plan&gt;"))
    shown = product.ana.view()
    assert shown and "'initial_value': 'R&D <plan>'" in str(shown["blocks"])


def test_a_slow_slack_does_not_hold_an_answer_up(product: Stack, bot: FastAPI) -> None:
    def shown() -> int:
        return sum("What you can type" in one for one in told(product))

    before = shown()
    product.slack_faults.add(Fault(match="chat.postEphemeral", kind="slow", seconds=4))
    assert deliver(bot, pressed("start_help")).status_code == 200
    assert shown() == before, "the answer came first"


def test_a_slow_slack_does_not_hold_the_home_up(product: Stack, bot: FastAPI) -> None:
    product.slack_faults.add(Fault(match="views.publish", kind="slow", seconds=4))
    assert post(bot, "/slack/events", *home_opened("Ev3")).status_code == 500, "Slack sends it again"


def test_a_secret_that_cannot_be_read_does_not_keep_the_service_from_starting(product: Stack) -> None:
    product.google_faults.add(Fault(match="secrets.access", kind="before", times=1000))
    early = create_app(product.settings, "bot")
    assert deliver(early, command(product, "help")).status_code == 500
    product.google_faults.clear()
    assert "What you can type" in deliver(early, command(product, "help")).text


def test_the_status_of_one_run_is_seen_by_one_and_its_buttons_work(
    product: Stack, bot: FastAPI, dataset: Dataset
) -> None:
    ana = product.ana
    deliver(bot, experiment_submission(product, dataset))
    [run, *_] = list_runs(product.cloud.storage)
    ana.wait(lambda: read_run(product.cloud.storage, run.id).over or None, "the end of the run")
    before = ana.messages(CHANNEL)[-1]["ts"]
    ana.type(CHANNEL, f"/mmm status {run.id}")
    message = ana.wait_for_message(CHANNEL, run.id, after=before)
    assert message["ephemeral"]
    ids = [
        element["action_id"]
        for block in message["blocks"]
        for element in block.get("elements", ())
        if "action_id" in element
    ]
    assert ids == ["experiment_run"]
    runs = len(list_runs(product.cloud.storage))
    ana.press(CHANNEL, message, "experiment_run")
    ana.wait_for_message(CHANNEL, "runs again", after=before)
    assert len(list_runs(product.cloud.storage)) == runs + 1


def test_stop_at_the_home_answers_in_a_form(product: Stack, bot: FastAPI, dataset: Dataset) -> None:
    storage = product.cloud.storage
    [run, *_] = list_runs(storage)
    product.ana.wait(lambda: read_run(storage, run.id).over or None, "the end of the run")
    trigger = product.slack.tickets.trigger(ANA)
    home = {"id": "V0HOME", "type": "home", "blocks": []}
    at_home = {"container": {"type": "view", "view_id": "V0HOME"}, "view": home, "trigger_id": trigger}
    deliver(bot, pressed("run_cancel", run.id, **at_home))
    shown = product.ana.view()
    assert shown and "nothing to stop" in str(shown["blocks"])


def test_what_is_opened_from_a_form_goes_on_top_of_it(product: Stack, bot: FastAPI) -> None:
    drawn = source_form(kind="csv", channel=CHANNEL, warehouse=True, opened_at=SystemClock().now())
    form = product.slack.views.open(ANA, drawn)
    trigger = product.slack.tickets.trigger(ANA, form["id"])
    deliver(bot, pressed("start_help", container={"type": "view"}, view=form, trigger_id=trigger))
    assert [form["id"]] == product.slack.views.stack(ANA)[:-1]


def test_a_form_that_changed_meanwhile_is_left_to_the_later_change(product: Stack, bot: FastAPI) -> None:
    drawn = source_form(kind="csv", channel=CHANNEL, warehouse=True, opened_at=SystemClock().now())
    form = product.slack.views.open(ANA, drawn)
    product.slack.views.update(product.slack.views.find(form["id"]), drawn)
    state = {"values": {"kind": {"kind": {"selected_option": {"value": "table"}}}}}
    stale = {"container": {"type": "view"}, "view": {**form, "state": state}}
    assert deliver(bot, pressed("kind", **stale)).status_code == 200
    assert "file_input" in str(product.slack.views.get(form["id"])["blocks"])
