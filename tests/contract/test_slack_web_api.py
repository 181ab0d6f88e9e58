"""The local Slack through the real SDK: what it accepts, what it refuses, what it remembers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from local import workspace
from local.faults import Fault, Faults
from local.serving import free_port, serving
from local.slack.app import create_app
from local.slack.slack import Slack
from tests.words import DOOR, WORD

pytestmark = pytest.mark.slow

CHANNEL = workspace.MARKETING.id
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50


class Clock:
    """Time that a test can move."""

    def __init__(self) -> None:
        self.seconds = 1_790_000_000.0

    def __call__(self) -> float:
        return self.seconds


class Running:
    def __init__(self, slack: Slack, url: str, clock: Clock, faults: Faults) -> None:
        self.slack, self.url, self.clock, self.faults = slack, url, clock, faults
        self.client = WebClient(token=workspace.BOT_TOKEN, base_url=f"{url}/api/")

    def refusal(self, method: str, **arguments: Any) -> str:
        """The error of a call that must be refused."""
        with pytest.raises(SlackApiError) as caught:
            self.client.api_call(method, json=arguments)
        return str(caught.value.response["error"])


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[Running]:
    port, clock, faults = free_port(), Clock(), Faults()
    url = f"http://127.0.0.1:{port}{DOOR}"
    state = Slack(tmp_path, public_url=url, now=clock)
    app = create_app(tmp_path, app_url="http://127.0.0.1:9", public_url=url, word=WORD, slack=state, faults=faults)
    with serving(app, port):
        yield Running(state, url, clock, faults)
    state.close()


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go", **more}


def modal(**more: Any) -> dict[str, Any]:
    title = {"type": "plain_text", "text": "Form"}
    return {"type": "modal", "title": title, "blocks": [section("x")], **more}


def test_a_message_is_posted_edited_found_and_deleted(slack: Running) -> None:
    metadata = {"event_type": "mmm", "event_payload": {"key": "k"}}
    posted = slack.client.chat_postMessage(channel=CHANNEL, text="one", blocks=[section("*one*")], metadata=metadata)
    slack.client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=posted["ts"])
    slack.client.chat_update(channel=CHANNEL, ts=posted["ts"], text="two")
    [parent, reply] = slack.client.conversations_replies(channel=CHANNEL, ts=posted["ts"], include_all_metadata=True)[
        "messages"
    ]
    assert (parent["text"], parent["reply_count"], reply["text"]) == ("two", 1, "reply")
    assert parent["metadata"] == metadata
    assert "edited" in parent
    link = slack.client.chat_getPermalink(channel=CHANNEL, message_ts=posted["ts"])
    assert posted["ts"] in link["permalink"]
    slack.client.chat_delete(channel=CHANNEL, ts=reply["ts"])
    [alone] = slack.client.conversations_replies(channel=CHANNEL, ts=posted["ts"])["messages"]
    assert "reply_count" not in alone and "metadata" not in alone


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"channel": "C0NOPE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": workspace.RANDOM.id, "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": workspace.ARCHIVE.id, "text": "x"}, "is_archived"),
        ("chat.postMessage", {"channel": CHANNEL, "blocks": [section("x")]}, "no_text"),
        ("chat.postMessage", {"channel": CHANNEL, "text": "x", "thread_ts": "no ts"}, "invalid_thread_ts"),
        ("chat.postMessage", {"channel": CHANNEL, "text": "x", "colour": "red"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": CHANNEL, "text": "x", "metadata": {"a": 1}}, "invalid_metadata_format"),
        ("chat.update", {"channel": CHANNEL, "ts": "1.2", "text": "x"}, "message_not_found"),
        ("chat.delete", {"channel": CHANNEL, "ts": "1.2"}, "message_not_found"),
        ("chat.getPermalink", {"channel": CHANNEL, "message_ts": "1.2"}, "message_not_found"),
        ("chat.postEphemeral", {"channel": CHANNEL, "user": "U0NOBODY", "text": "x"}, "user_not_in_channel"),
        ("reactions.add", {"channel": CHANNEL, "timestamp": "1.2", "name": "eyes"}, "message_not_found"),
        ("conversations.replies", {"channel": CHANNEL, "ts": "1.2"}, "thread_not_found"),
        ("users.info", {"user": "U0NOBODY"}, "user_not_found"),
        ("users.lookupByEmail", {"email": "nobody@northwind.example"}, "users_not_found"),
        ("views.open", {"trigger_id": "x", "view": modal()}, "invalid_trigger_id"),
        ("views.update", {"view_id": "V0NOPE", "view": modal()}, "not_found"),
        ("views.publish", {"user_id": "U0ANA", "view": modal()}, "invalid_arguments"),
        ("files.info", {"file": "F0NOPE"}, "file_not_found"),
        ("files.getUploadURLExternal", {"filename": "a.png"}, "invalid_arguments"),
        ("chat.shout", {}, "unknown_method"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_slack_refuses_is_refused_in_its_words(
    slack: Running, method: str, arguments: dict[str, Any], error: str
) -> None:
    assert slack.refusal(method, **arguments) == error


def test_only_the_apps_token_is_accepted(slack: Running) -> None:
    for token, error in (("", "not_authed"), ("xoxb-other", "invalid_auth")):
        answer = httpx.post(f"{slack.url}/api/auth.test", data={"token": token}).json()
        assert answer["error"] == error
    assert slack.client.auth_test()["team_id"] == workspace.TEAM_ID


def long(**changes: Any) -> dict[str, Any]:
    return {**section("x"), **changes}


CELL = {"type": "raw_text", "text": "x"}
POINTS = [{"label": "TV", "value": 1}]
AXIS = {"categories": ["TV"]}


@pytest.mark.parametrize(
    "block",
    [
        {"type": "sparkline"},
        section("x" * 3001),
        section(""),
        {"type": "section"},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11},
        {"type": "section", "text": {"type": "plain_text", "text": "x"}, "colour": "red"},
        {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11},
        {"type": "actions", "elements": [button(action_id=str(n)) for n in range(26)]},
        {"type": "actions", "elements": [button(value="x" * 2001)]},
        {"type": "actions", "elements": [button(style="blue")]},
        {"type": "actions", "elements": [{"type": "multi_static_select", "options": []}]},
        {"type": "image", "image_url": "https://x.example/a.png"},
        {"type": "image", "image_url": "https://x.example/a.png", "alt_text": ""},
        {"type": "image", "slack_file": {"id": "F0NOPE"}, "alt_text": "x"},
        {"type": "alert", "text": {"type": "mrkdwn", "text": "x"}},
        {"type": "data_table", "caption": "x", "rows": [[CELL]]},
        {"type": "data_table", "caption": "x", "rows": [[CELL], [CELL, CELL]]},
        {"type": "data_table", "caption": "", "rows": [[CELL], [CELL]]},
        {"type": "data_table", "caption": "x", "rows": [[CELL], [{"type": "raw_number", "value": "1", "text": "1"}]]},
        {"type": "data_table", "caption": "x", "rows": [[CELL]] * 102},
        {"type": "table", "rows": [[{"type": "raw_number", "value": 1, "text": "1"}]]},
        {"type": "data_visualization", "title": "x" * 51, "chart": {"type": "pie", "segments": POINTS}},
        {
            "type": "data_visualization",
            "title": "x",
            "chart": {"type": "pie", "segments": [{"label": "a", "value": 0}]},
        },
        {"type": "data_visualization", "title": "x", "chart": {"type": "bar", "series": [], "axis_config": AXIS}},
        {
            "type": "data_visualization",
            "title": "x",
            "chart": {"type": "bar", "series": [{"name": "a", "data": []}], "axis_config": AXIS},
        },
        {"type": "data_visualization", "title": "x", "chart": {"type": "radar"}},
    ],
    ids=lambda block: f"{block['type']}-{sorted(block)[0]}",
)
def test_blocks_beyond_slacks_rules_are_refused_with_their_place(slack: Running, block: dict[str, Any]) -> None:
    with pytest.raises(SlackApiError) as caught:
        slack.client.chat_postMessage(channel=CHANNEL, text="x", blocks=[block])
    assert caught.value.response["error"] == "invalid_blocks"
    assert "[json-pointer:/blocks/0" in str(caught.value.response["response_metadata"]["messages"])


def test_native_charts_and_tables_within_the_rules_are_taken(slack: Running) -> None:
    chart = {"type": "bar", "series": [{"name": "ROAS", "data": POINTS}], "axis_config": AXIS}
    number = {"type": "raw_number", "value": 1.5, "text": "1.5"}
    blocks = [
        {"type": "data_visualization", "title": "x", "chart": chart},
        {"type": "data_visualization", "title": "x", "chart": {"type": "pie", "segments": POINTS}},
        {"type": "data_table", "caption": "x", "rows": [[CELL, CELL], [CELL, number]]},
        {"type": "markdown", "text": "# x"},
    ]
    slack.client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks)
    assert slack.refusal("chat.postMessage", channel=CHANNEL, text="x", blocks=[*blocks, blocks[0]]) == "invalid_blocks"


def test_whole_messages_have_limits_too(slack: Running) -> None:
    post = {"channel": CHANNEL, "text": "x"}
    assert slack.refusal("chat.postMessage", **post, blocks=[{"type": "divider"}] * 51) == "invalid_blocks"
    assert slack.refusal("chat.postMessage", **post, blocks=[section("x" * 2900)] * 5) == "msg_blocks_too_long"
    same = [long(block_id="a"), long(block_id="a")]
    assert slack.refusal("chat.postMessage", **post, blocks=same) == "invalid_blocks"
    ts = slack.client.chat_postMessage(**post)["ts"]
    assert slack.refusal("chat.update", channel=CHANNEL, ts=ts, text="&" * 900) == "msg_too_long"


def test_a_trigger_opens_one_view_within_three_seconds(slack: Running) -> None:
    tickets = slack.slack.tickets
    trigger = tickets.trigger("U0ANA")
    slack.client.views_open(trigger_id=trigger, view=modal())
    assert slack.refusal("views.open", trigger_id=trigger, view=modal()) == "exchanged_trigger_id"
    late = tickets.trigger("U0ANA")
    slack.clock.seconds += 3.1
    assert slack.refusal("views.open", trigger_id=late, view=modal()) == "expired_trigger_id"


def test_views_stack_three_high_and_hashes_guard_updates(slack: Running) -> None:
    tickets = slack.slack.tickets
    first = slack.client.views_open(trigger_id=tickets.trigger("U0ANA"), view=modal(external_id="e"))["view"]
    for _ in range(2):
        slack.client.views_push(trigger_id=tickets.trigger("U0ANA"), view=modal())
    assert slack.refusal("views.push", trigger_id=tickets.trigger("U0ANA"), view=modal()) == "push_limit_reached"
    slack.client.views_update(external_id="e", view=modal(external_id="e"), hash=first["hash"])
    stale = {"view_id": first["id"], "view": modal(), "hash": first["hash"]}
    assert slack.refusal("views.update", **stale) == "hash_conflict"
    slack.slack.views.clear("U0ANA")
    assert slack.refusal("views.update", view_id=first["id"], view=modal()) == "not_found"


@pytest.mark.parametrize(
    ("view", "error"),
    [
        (modal(title={"type": "plain_text", "text": "x" * 25}), "invalid_arguments"),
        (modal(blocks=[]), "invalid_arguments"),
        (modal(blocks=[{"type": "divider"}] * 101), "invalid_arguments"),
        (modal(private_metadata="x" * 3001), "invalid_arguments"),
        (modal(colour="red"), "invalid_arguments"),
        (modal(blocks=[{"type": "data_table", "caption": "x", "rows": []}]), "invalid_arguments"),
        (modal(blocks=[section("x" * 3000)] * 90), "view_too_large"),
        ({"type": "popup"}, "invalid_arguments"),
        (
            modal(
                blocks=[
                    {"type": "input", "label": {"type": "plain_text", "text": "x"}, "element": {"type": "datepicker"}}
                ]
            ),
            "invalid_arguments",
        ),
    ],
    ids=["title", "empty", "blocks", "metadata", "property", "table", "size", "type", "submit"],
)
def test_views_beyond_the_rules_are_refused(slack: Running, view: dict[str, Any], error: str) -> None:
    trigger = slack.slack.tickets.trigger("U0ANA")
    assert slack.refusal("views.open", trigger_id=trigger, view=view) == error


def test_a_picture_can_be_shown_once_its_type_is_known(slack: Running) -> None:
    asked = slack.client.files_getUploadURLExternal(filename="a.png", length=len(PNG), alt_txt="A chart")
    assert httpx.post(asked["upload_url"], content=PNG[:-1]).status_code == 400
    assert httpx.post(asked["upload_url"], content=PNG).status_code == 200
    slack.client.files_completeUploadExternal(files=[{"id": asked["file_id"], "title": "A"}])
    image = {"type": "image", "slack_file": {"id": asked["file_id"]}, "alt_text": "A chart"}
    assert slack.client.files_info(file=asked["file_id"])["file"]["mimetype"] == ""
    assert slack.refusal("chat.postMessage", channel=CHANNEL, text="x", blocks=[image]) == "invalid_blocks"
    slack.clock.seconds += 1
    assert slack.client.files_info(file=asked["file_id"])["file"]["mimetype"] == "image/png"
    slack.client.chat_postMessage(channel=CHANNEL, text="x", blocks=[image])


def test_files_upload_v2_works_and_private_files_need_the_token(slack: Running) -> None:
    done = slack.client.files_upload_v2(channel=CHANNEL, filename="a.csv", content="a,b\n1,2\n", title="A")
    url = slack.client.files_info(file=done["file"]["id"])["file"]["url_private"]
    assert httpx.get(url).status_code == 403
    headers = {"Authorization": f"Bearer {workspace.BOT_TOKEN}"}
    assert httpx.get(url, headers=headers).content == b"a,b\n1,2\n"
    slack.client.files_delete(file=done["file"]["id"])
    assert httpx.get(url, headers=headers).status_code == 404


def test_people_and_channels_are_listed(slack: Running) -> None:
    assert {user["id"] for user in slack.client.users_list()["members"]} >= {"U0ANA", "U0BEN", workspace.BOT_USER}
    assert slack.client.users_info(user="U0GIL")["user"]["is_restricted"]
    assert slack.client.users_lookupByEmail(email="ana@northwind.example")["user"]["id"] == "U0ANA"
    names = {channel["name"] for channel in slack.client.conversations_list(exclude_archived=True)["channels"]}
    assert names == {"marketing", "general", "random"}
    assert slack.client.conversations_open(users="U0ANA")["channel"]["id"] == "D0ANA"
    assert "U0ANA" in slack.client.conversations_members(channel=CHANNEL)["members"]
    assert slack.client.conversations_info(channel=CHANNEL)["channel"]["is_member"]
    assert len(slack.client.users_conversations(types="public_channel")["channels"]) >= 3
    assert slack.client.conversations_history(channel=CHANNEL)["messages"][0]["user"] == "U0BEN"


def test_reactions_are_added_once(slack: Running) -> None:
    ts = slack.client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    reaction = {"channel": CHANNEL, "timestamp": ts, "name": "eyes"}
    slack.client.reactions_add(**reaction)
    assert slack.refusal("reactions.add", **reaction) == "already_reacted"
    slack.client.reactions_remove(**reaction)
    assert slack.refusal("reactions.remove", **reaction) == "no_reaction"


def test_a_message_to_a_person_goes_to_their_conversation(slack: Running) -> None:
    posted = slack.client.chat_postMessage(channel="U0BEN", text="for you")
    assert posted["channel"] == "D0BEN"


def test_faults_hit_single_methods(slack: Running) -> None:
    slack.faults.add(
        Fault("chat.postMessage", "before", status=429, headers=(("Retry-After", "1"),), body='{"ok":false}')
    )
    with pytest.raises(SlackApiError) as caught:
        slack.client.chat_postMessage(channel=CHANNEL, text="x")
    assert caught.value.response.status_code == 429
    slack.client.chat_postMessage(channel=CHANNEL, text="x")


def test_everything_survives_a_restart(slack: Running, tmp_path: Path) -> None:
    ts = slack.client.chat_postMessage(channel=CHANNEL, text="kept")["ts"]
    again = Slack(tmp_path, public_url=slack.url)
    message = again.messages.get(CHANNEL, ts)
    calls = again.transcript.calls()
    again.close()
    assert message is not None and message["text"] == "kept"
    assert [call["method"] for call in calls] == ["chat.postMessage"]
    assert calls[0]["args"]["text"] == "kept" and "token" not in calls[0]["args"]
