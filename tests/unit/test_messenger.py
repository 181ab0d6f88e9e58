"""Where each notice lands in Slack, and that none lands twice."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.slack import pictures
from bot.slack.client import SlackClient
from bot.slack.errors import seconds_to_wait
from bot.slack.messenger import SlackMessenger
from engine import paths
from engine.clock import SystemClock
from engine.cloud.once import Once
from engine.cloud.secrets import Secrets
from engine.cloud.storage import Storage
from engine.errors import BadData, LockedOut, Postponed, Refused, Unavailable
from engine.pipeline.cards import CARD, show
from engine.ports import Notice
from engine.results.headline import headline
from engine.results.verdict import judge
from engine.runs.records import read_card
from engine.runs.run import State
from engine.settings import Settings
from local import workspace
from local.faults import Fault, Faults
from local.serving import free_port, serving
from local.slack.app import create_app
from local.slack.slack import Slack
from tests.golden.test_messages import COLUMNS, DATASET, DRAFT, EXPERIMENT, GAP, MAPPING, run
from tests.local_google import google
from tests.made_results import made_results
from tests.words import DOOR, WORD

pytestmark = pytest.mark.slow

CHANNEL, RANDOM, ARCHIVE = workspace.MARKETING.id, workspace.RANDOM.id, workspace.ARCHIVE.id
ANA, DM = workspace.ANA.id, "D0ANA"
RUN = run(State.RUNNING).id
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50
Json = dict[str, Any]


class Running:
    """The messenger over a local Slack and a local storage."""

    def __init__(self, slack: Slack, faults: Faults, messenger: SlackMessenger, storage: Storage) -> None:
        self.slack, self.faults, self.messenger, self.storage = slack, faults, messenger, storage

    def deliver(self, kind: str, data: Json, **changes: Any) -> Json:
        """Deliver a message as the pipeline does, by itself."""
        told, clock = notice(kind, data, **changes), SystemClock()
        card = read_card(self.storage, told.run) if told.run else None
        if kind == CARD:
            place, _ = show(self.storage, clock, self.messenger, told, card)
            return place or {}
        with Once(self.storage, clock).hold(paths.notice(told.key)) as held:
            if not held.done:
                held.told[told.key] = self.messenger.deliver(told.model_copy(update={"thread": card}), held)
                held.settle()
            return held.told[told.key]

    def seen(self, channel: str = CHANNEL, person: str = ANA) -> list[Json]:
        """The app's messages in a channel, as one person sees them."""
        return [one for one in self.slack.messages.top(channel, person) if one["user"] == workspace.BOT_USER]

    def replies(self, ts: str) -> list[Json]:
        return self.slack.messages.thread(CHANNEL, ts, ANA)[1:]

    def calls(self, method: str) -> list[Json]:
        return [call for call in self.slack.transcript.calls(0) if call["method"] == method]

    def open_form(self) -> str:
        title = {"type": "plain_text", "text": "Form"}
        text = {"type": "section", "text": {"type": "mrkdwn", "text": "wait"}}
        view = {"type": "modal", "title": title, "callback_id": "loading", "blocks": [text]}
        return str(self.slack.views.open(ANA, view)["id"])


def notice(kind: str, data: Json, **changes: Any) -> Notice:
    place = {"channel": CHANNEL, "user": ANA, "run": RUN if kind.startswith("run") else ""}
    told: Json = {
        "key": f"k-{kind}",
        "created_at": datetime.now(UTC),
        "workspace": workspace.TEAM_ID,
        **place,
        **changes,
    }
    return Notice(kind=kind, data=data, **told)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with google(tmp_path_factory.mktemp("google")) as running:
        yield running.storage()


@pytest.fixture
def at(tmp_path: Path, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    port, faults = free_port(), Faults()
    url = f"http://127.0.0.1:{port}{DOOR}"
    slack = Slack(tmp_path / "slack", public_url=url)
    for entry in list(storage.list("")):
        storage.delete(entry.path)
    token = tmp_path / "token"
    token.write_text(workspace.BOT_TOKEN)
    settings = Settings.model_construct(slack_url=f"{url}/api/", slack_token_secret=f"file:{token}")
    monkeypatch.setattr(pictures, "SCAN_SECONDS", 5.0)
    messenger = SlackMessenger(SlackClient(settings, Secrets()))
    app = create_app(
        tmp_path / "slack", app_url="http://127.0.0.1:9", public_url=url, word=WORD, slack=slack, faults=faults
    )
    with serving(app, port):
        yield Running(slack, faults, messenger, storage)
    slack.close()


def columns(view_id: str) -> Json:
    draft = DRAFT.model_copy(update={"view_id": view_id, "columns": COLUMNS})
    return {"draft": draft.model_dump(mode="json"), "guess": MAPPING.model_dump(mode="json")}


def unreadable(view_id: str) -> Json:
    return {**columns(view_id), "error": {"what": "<Empty>.", "todo": "Export it again.", "field": "file"}}


def ready() -> Json:
    return {"dataset": DATASET.model_dump(mode="json")}


def refused() -> Json:
    return {"draft": DRAFT.model_dump(mode="json"), "error": None, "findings": [GAP.model_dump(mode="json")]}


def card(state: State = State.RUNNING) -> Json:
    made = {"run": run(state).model_dump(mode="json"), "experiment": EXPERIMENT.model_dump(mode="json")}
    return {**made, "dataset": {"id": DATASET.id, "title": "Spring"}, "now": datetime.now(UTC).isoformat()}


def ended(state: State, **changes: Any) -> Json:
    return {"run": run(state, reason="Out of memory.", **changes).model_dump(mode="json"), "reason": "It was killed."}


def finished(storage: Storage) -> Json:
    if not storage.exists("charts/ranges.png"):
        storage.put_bytes("charts/ranges.png", PNG, "image/png")
    head = headline(made_results())
    chart = {"name": "ranges", "title": "Search is ahead", "alt": "Search 3.8", "path": "charts/ranges.png"}
    judged = {"verdict": judge(head).model_dump(mode="json"), "headline": head.model_dump(mode="json")}
    return {**ended(State.SUCCEEDED), **judged, "charts": [chart]}


@pytest.mark.parametrize(("make", "form"), [(columns, "dataset_mapping"), (unreadable, "failed")])
def test_what_was_read_appears_in_the_form_that_waits(at: Running, make: Callable[[str], Json], form: str) -> None:
    view_id = at.open_form()
    place = at.deliver("dataset_columns" if make is columns else "dataset_unreadable", make(view_id))
    assert place == {"view": view_id}
    assert at.slack.views.get(view_id)["callback_id"] == form
    assert at.seen() == []


@pytest.mark.parametrize(
    ("make", "button"), [(columns, "dataset_remap"), (unreadable, "dataset_replace")], ids=["columns", "unreadable"]
)
def test_a_person_who_closed_the_form_alone_sees_a_button_in_the_channel(
    at: Running, make: Callable[[str], Json], button: str
) -> None:
    view_id = at.open_form()
    at.slack.views.clear(ANA)
    at.deliver("dataset_columns" if make is columns else "dataset_unreadable", make(view_id))
    [message] = at.seen()
    assert message["ephemeral"] and button in str(message["blocks"])
    assert at.seen(person=workspace.BEN.id) == []


@pytest.mark.parametrize("channel", [RANDOM, ARCHIVE, ""], ids=["not a member", "archived", "none"])
def test_where_the_channel_takes_no_word_the_person_gets_it_directly_and_once(at: Running, channel: str) -> None:
    for _ in range(2):
        at.deliver("dataset_columns", columns("V0GONE"), channel=channel)
    [message] = at.seen(DM)
    assert "dataset_remap" in str(message["blocks"])


def test_a_dataset_is_one_line_in_the_channel_with_its_findings_in_the_thread(at: Running) -> None:
    place = at.deliver("dataset_ready", ready())
    [message] = at.seen()
    assert message["ts"] == place["ts"] and "is ready" in message["text"]
    [finding] = at.replies(place["ts"])
    assert "Print is below 1 %" in finding["text"]


def test_why_there_is_no_dataset_is_said_in_the_channel(at: Running) -> None:
    at.deliver("dataset_refused", refused())
    [message] = at.seen()
    assert "Three weeks are missing." in str(message["blocks"])


ENDS = {
    "run_failed": lambda _: ended(State.FAILED),
    "run_cancelled": lambda _: ended(State.CANCELLED),
    "run_retried": lambda _: ended(State.STAGED, attempt=2),
    "run_finished": finished,
    "run_charts": finished,
    "run_more_charts": finished,
    "run_preview_more_charts": finished,
}


@pytest.mark.parametrize("kind", ENDS)
def test_what_happens_to_a_run_is_said_once_in_the_thread_of_its_card(at: Running, kind: str) -> None:
    place = at.deliver("run_card", card())
    first = at.deliver(kind, ENDS[kind](at.storage))
    again = at.deliver(kind, ENDS[kind](at.storage))
    assert first == again
    [reply] = at.replies(place["ts"])
    assert reply["ts"] == first["ts"]
    assert len(at.seen()) == 1
    assert len(at.calls("files.completeUploadExternal")) == ("charts" in ENDS[kind](at.storage))


@pytest.mark.parametrize("kind", ["dataset_ready", "dataset_refused", "run_failed"])
def test_what_is_delivered_twice_outside_a_thread_is_posted_once(at: Running, kind: str) -> None:
    data = {"dataset_ready": ready(), "dataset_refused": refused(), "run_failed": ended(State.FAILED)}[kind]
    first = at.deliver(kind, data)
    assert at.deliver(kind, data) == first
    assert len(at.seen()) == 1
    assert len(at.replies(first["ts"])) == (kind == "dataset_ready")


def test_findings_that_were_not_posted_are_posted_by_the_next_delivery(at: Running) -> None:
    at.faults.add(Fault(match="chat.postMessage", kind="before", skip=1))
    with pytest.raises(Unavailable):
        at.deliver("dataset_ready", ready())
    place = at.deliver("dataset_ready", ready())
    assert len(at.seen()) == 1 and len(at.replies(place["ts"])) == 1


@pytest.mark.parametrize("status", [0, 503], ids=["connection lost", "error after the fact"])
def test_a_post_whose_reply_is_lost_is_found_and_not_repeated(at: Running, status: int) -> None:
    at.faults.add(Fault(match="chat.postMessage", kind="after", status=status))
    with pytest.raises(Unavailable):
        at.deliver("dataset_refused", refused())
    at.deliver("dataset_refused", refused())
    assert len(at.seen()) == 1
    assert len(at.calls("chat.postMessage")) == 1


def test_a_card_is_posted_once_and_edited_in_place(at: Running) -> None:
    places = [at.deliver("run_card", card(state)) for state in (State.QUEUED, State.RUNNING, State.SUCCEEDED)]
    assert places[0] == places[1] == places[2] == read_card(at.storage, RUN)
    [message] = at.seen()
    assert "Done" in str(message["blocks"]) and message["edited"]


def test_a_card_whose_place_was_not_kept_is_found_by_its_key(at: Running) -> None:
    at.faults.add(Fault(match="chat.postMessage", kind="after", status=0))
    with pytest.raises(Unavailable):
        at.deliver("run_card", card(State.QUEUED))
    at.deliver("run_card", card(State.SUCCEEDED))
    [message] = at.seen()
    assert "Done" in str(message["blocks"])


def test_of_two_cards_posted_at_once_one_stays(at: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our post takes so long that another delivery takes it over, looks for it, and posts."""
    client, other = at.messenger._client, []
    post = client.post

    def meanwhile(*given: Any, **options: Any) -> Json:
        if not other:
            other.append(None)
            monkeypatch.setattr(client, "post", post)
            later = SimpleNamespace(now=lambda: datetime.now(UTC) + timedelta(minutes=5))
            place, fresh = show(at.storage, later, at.messenger, notice(CARD, card()), None)  # type: ignore[arg-type]
            assert fresh and place
            other[:] = [place]
        return post(*given, **options)

    monkeypatch.setattr(client, "post", meanwhile)
    place = at.deliver(CARD, card(State.SUCCEEDED))
    [message] = at.seen()
    assert place == other[0] == read_card(at.storage, RUN)
    assert message["ts"] == place["ts"] and "Done" in str(message["blocks"])


def test_a_workspace_without_the_newer_blocks_gets_the_simpler_drawing(at: Running) -> None:
    place = at.deliver("run_card", card())
    refusal = '{"ok": false, "error": "invalid_blocks"}'
    at.faults.add(Fault(match="chat.postMessage", kind="before", status=200, body=refusal))
    at.deliver("run_finished", finished(at.storage))
    [reply] = at.replies(place["ts"])
    kinds = [block["type"] for block in reply["blocks"]]
    assert "data_table" not in kinds and "image" in kinds


def test_blocks_that_have_no_simpler_drawing_are_refused(at: Running) -> None:
    refusal = '{"ok": false, "error": "invalid_blocks"}'
    at.faults.add(Fault(match="chat.postMessage", kind="before", status=200, body=refusal, times=2))
    with pytest.raises(Refused, match="did not take the message"):
        at.deliver("dataset_refused", refused())


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        *(("7", 7), ("1.5", 1.5), (" 12 ", 12), ("0", 1), ("-5", 1), ("86400", 3600), ("1e9", 3600)),
        *((None, 10), ("", 10), ("abc", 10), ("nan", 10), ("inf", 10), ("9" * 400, 10), ("12, 13", 10)),
        *(("Wed, 21 Oct 2015 07:28:00 GMT", 1), ("Fri, 31 Dec 2199 23:59:59 GMT", 3600)),
        *(("Mon, 99 Foo 2015", 10), ("\u0662", 2)),
    ],
)
def test_how_long_slack_asks_to_wait_is_read_whatever_stands_there(asked: str | None, seconds: float) -> None:
    headers = {"Content-Type": "text/plain"} if asked is None else {"retry-after": asked}
    assert seconds_to_wait(headers) == seconds


@pytest.mark.parametrize("asked", ["abc", "", "7", None])
def test_slack_that_asks_to_wait_is_asked_again_later_and_nobody_sleeps(
    at: Running, monkeypatch: pytest.MonkeyPatch, asked: str | None
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail(f"slept {seconds} s"))
    limited = '{"ok": false, "error": "ratelimited"}'
    headers = () if asked is None else (("Retry-After", asked),)
    at.faults.add(Fault(match="chat.postMessage", kind="before", status=429, headers=headers, body=limited))
    with pytest.raises(Postponed) as told:
        at.deliver("dataset_refused", refused())
    assert told.value.seconds == (7 if asked == "7" else 10)
    at.deliver("dataset_refused", refused())
    assert len(at.seen()) == 1
    assert at.calls("conversations.history") == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(match="chat.postMessage", kind="before", status=503),
        Fault(match="chat.postMessage", kind="before", status=502, body="<html>bad gateway</html>"),
        Fault(match="chat.postMessage", kind="before", status=0),
        Fault(match="chat.postMessage", kind="before", status=200, body='{"ok": false, "error": "internal_error"}'),
    ],
    ids=["503", "502 without JSON", "connection", "internal error"],
)
def test_what_passes_is_tried_again_later(at: Running, fault: Fault) -> None:
    at.faults.add(fault)
    with pytest.raises(Unavailable):
        at.deliver("dataset_refused", refused())


@pytest.mark.parametrize(
    ("channel", "what"), [(ARCHIVE, "archived"), (RANDOM, "not in that channel"), ("C0NOPE", "not there")]
)
def test_a_channel_that_takes_no_message_refuses_in_words(at: Running, channel: str, what: str) -> None:
    with pytest.raises(Refused, match=what):
        at.deliver("dataset_ready", ready(), channel=channel)


def test_a_notice_without_a_channel_goes_to_the_person(at: Running) -> None:
    at.deliver("dataset_refused", refused(), channel="")
    assert len(at.seen(DM)) == 1


def test_who_started_a_run_is_told_directly_and_once_that_somebody_stopped_it(at: Running) -> None:
    stopped = {**ended(State.CANCELLED, stopped_by="U0BEN"), "dataset": {"title": "Spring & co"}}
    for _ in range(2):
        at.deliver("run_stopped", stopped, channel="", run="")
    [message] = at.seen(DM)
    assert "<@U0BEN> stopped your run" in str(message["blocks"]) and "Spring &amp; co" in str(message["blocks"])
    assert at.seen() == []


def test_a_conversation_that_may_not_be_read_is_written_to_all_the_same(at: Running) -> None:
    missing = '{"ok": false, "error": "missing_scope"}'
    at.faults.add(Fault(match="conversations.history", kind="before", status=200, body=missing))
    at.deliver("dataset_refused", refused(), channel="")
    assert len(at.seen(DM)) == 1


def test_a_notice_nobody_draws_is_refused(at: Running) -> None:
    with pytest.raises(BadData, match="run_sung"):
        at.deliver("run_sung", {})


def test_a_token_that_was_exchanged_is_read_again_before_a_message_is_kept(at: Running, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("xoxb-" + "of-yesterday")
    with pytest.raises(LockedOut):
        at.deliver("run_failed", {"run": run(State.FAILED).model_dump(mode="json")})
    token.write_text(workspace.BOT_TOKEN)
    at.deliver("run_failed", {"run": run(State.FAILED).model_dump(mode="json")}, run="")
    assert len(at.seen()) == 1


@pytest.mark.parametrize("broken", ["", "two\nlines", "nicht gültig", None], ids=["empty", "lines", "no ASCII", "none"])
def test_a_token_that_is_none_keeps_the_message(at: Running, tmp_path: Path, broken: str | None) -> None:
    token = tmp_path / "token"
    token.write_text(broken) if broken is not None else token.unlink()
    with pytest.raises(LockedOut):
        at.deliver("dataset_refused", refused())
    token.write_text(workspace.BOT_TOKEN)
    at.deliver("dataset_refused", refused())
    assert len(at.seen()) == 1
