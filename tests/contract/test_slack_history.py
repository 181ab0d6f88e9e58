"""What Slack's stand-in reads out of a conversation, through the real SDK: ranges, pages, limits, and lost threads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from local import workspace
from local.serving import free_port, serving
from local.slack.app import create_app
from local.slack.slack import Slack
from tests.words import DOOR, WORD

pytestmark = pytest.mark.slow

CHANNEL, ANA = workspace.MARKETING.id, workspace.ANA.id
BEGIN = 1_790_000_000.0
Json = dict[str, Any]


class Reading:
    def __init__(self, slack: Slack, client: WebClient, moment: list[float]) -> None:
        self.slack, self.client, self.moment = slack, client, moment

    def say(self, count: int, thread_ts: str | None = None) -> list[str]:
        """Let Ana say some things, a second apart; returns their ts."""
        said = []
        for number in range(count):
            self.moment[0] += 1
            said.append(self.slack.messages.add(CHANNEL, {"user": ANA, "text": f"{number}"}, thread_ts=thread_ts)["ts"])
        return said

    def texts(self, **asked: Any) -> list[str]:
        return [one["text"] for one in self.client.conversations_history(channel=CHANNEL, **asked)["messages"]]

    def refusal(self, method: str, **asked: Any) -> Any:
        with pytest.raises(SlackApiError) as caught:
            self.client.api_call(method, params=asked)
        return caught.value.response


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Reading]:
    port, moment = free_port(), [BEGIN]
    url = f"http://127.0.0.1:{port}{DOOR}"
    slack = Slack(tmp_path, public_url=url, now=lambda: moment[0])
    app = create_app(tmp_path, app_url="http://127.0.0.1:9", public_url=url, word=WORD, slack=slack)
    with serving(app, port):
        yield Reading(slack, WebClient(token=workspace.BOT_TOKEN, base_url=f"{url}/api/"), moment)
    slack.close()


def test_a_range_is_what_was_said_between_and_its_ends_only_where_it_is_inclusive(at: Reading) -> None:
    ts = at.say(5)
    assert at.texts(oldest=ts[1], latest=ts[3]) == ["2"]
    assert at.texts(oldest=ts[1], latest=ts[3], inclusive=True) == ["3", "2", "1"]
    assert at.texts(oldest=ts[3]) == ["4"]
    assert at.texts(latest=ts[1])[0] == "0"
    assert at.texts(oldest="0", latest="now", limit=2) == ["4", "3"]


def test_pages_follow_each_other_by_cursor_whatever_is_said_meanwhile(at: Reading) -> None:
    at.say(40)
    seen, cursor = [], ""
    while True:
        page = at.client.conversations_history(channel=CHANNEL, limit=15, cursor=cursor, oldest=str(BEGIN))
        seen += [one["text"] for one in page["messages"]]
        assert len(page["messages"]) <= 15
        assert page["has_more"] is bool(page["response_metadata"]["next_cursor"])
        at.say(1)
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert [text for text in seen if text != "0"][:39] == [str(number) for number in range(39, 0, -1)]


def test_a_page_follows_where_the_last_message_of_the_one_before_is_gone(at: Reading) -> None:
    ts = at.say(5)
    first = at.client.conversations_history(channel=CHANNEL, limit=2, oldest=str(BEGIN))
    at.slack.messages.delete(CHANNEL, first["messages"][-1]["ts"])
    cursor = first["response_metadata"]["next_cursor"]
    rest = at.client.conversations_history(channel=CHANNEL, oldest=str(BEGIN), cursor=cursor)
    assert [one["ts"] for one in rest["messages"]] == [ts[2], ts[1], ts[0]]


def test_a_thread_begins_with_its_parent_and_goes_on_without_it(at: Reading) -> None:
    [parent] = at.say(1)
    replies = at.say(20, parent)
    first = at.client.conversations_replies(channel=CHANNEL, ts=parent, limit=15, oldest=replies[1])
    assert [one["ts"] for one in first["messages"]] == [parent, *replies[2:16]]
    assert first["messages"][0]["reply_count"] == 20 and first["messages"][1]["parent_user_id"] == ANA
    cursor = first["response_metadata"]["next_cursor"]
    rest = at.client.conversations_replies(channel=CHANNEL, ts=parent, limit=15, oldest=replies[1], cursor=cursor)
    assert [one["ts"] for one in rest["messages"]] == replies[16:] and not rest["has_more"]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"cursor": "nonsense"}, "invalid_cursor"),
        ({"limit": 0.5}, "invalid_limit"),
        ({"limit": 1000}, "invalid_limit"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "tomorrow"}, "invalid_ts_latest"),
        ({"channel": workspace.RANDOM.id}, "not_in_channel"),
        ({"since": "1"}, "invalid_arguments"),
    ],
)
def test_what_cannot_be_read_is_refused(at: Reading, asked: Json, error: str) -> None:
    assert at.refusal("conversations.history", **{"channel": CHANNEL, **asked})["error"] == error


def test_an_app_that_is_distributed_reads_fifteen_a_minute_of_each(at: Reading) -> None:
    at.slack.distributed = True
    [parent] = at.say(1)
    at.say(30, parent)
    assert len(at.client.conversations_replies(channel=CHANNEL, ts=parent, limit=200)["messages"]) == 15
    assert at.texts(limit=200) != []
    refused = at.refusal("conversations.replies", channel=CHANNEL, ts=parent)
    assert (refused.status_code, refused["error"], refused.headers["Retry-After"]) == (429, "ratelimited", "60")
    at.moment[0] += 60
    assert at.client.conversations_replies(channel=CHANNEL, ts=parent)["ok"]


@pytest.mark.parametrize("never", [False, True], ids=["deleted", "never was"])
def test_a_reply_to_what_is_gone_stands_in_the_channel_and_only_its_answer_tells(at: Reading, never: bool) -> None:
    [parent] = at.say(1)
    at.slack.messages.delete(CHANNEL, parent)
    posted = at.client.chat_postMessage(channel=CHANNEL, text="late", thread_ts="1.2" if never else parent)
    assert "thread_ts" not in posted["message"]
    assert at.texts(limit=1) == ["late"]
    threaded = at.client.chat_postMessage(channel=CHANNEL, text="in it", thread_ts=posted["ts"])
    assert threaded["message"]["thread_ts"] == posted["ts"]


def test_a_parent_that_had_replies_leaves_a_mark_that_nobody_can_edit(at: Reading) -> None:
    card = at.client.chat_postMessage(channel=CHANNEL, text="card")["ts"]
    at.say(1, card)
    at.client.chat_delete(channel=CHANNEL, ts=card)
    assert at.refusal("chat.update", channel=CHANNEL, ts=card, text="x")["error"] == "message_not_found"
    [tomb, _] = at.client.conversations_replies(channel=CHANNEL, ts=card)["messages"]
    assert tomb["subtype"] == "tombstone"


def test_a_file_says_nothing_of_its_type_until_it_was_looked_at(at: Reading) -> None:
    asked = at.client.files_getUploadURLExternal(filename="a.png", length=3)
    at.slack.files.receive(str(asked["upload_url"]).rpartition("/")[2], b"abc")
    at.client.files_completeUploadExternal(files=[{"id": asked["file_id"], "title": "A"}])
    names = ("mimetype", "filetype", "pretty_type")
    file = at.client.files_info(file=str(asked["file_id"]))["file"]
    assert [file[name] for name in names] == ["", "", ""] and file["shares"] == {} and file["groups"] == []
    at.moment[0] += 1
    file = at.client.files_info(file=str(asked["file_id"]))["file"]
    assert [file[name] for name in names] == ["image/png", "png", "PNG"]
