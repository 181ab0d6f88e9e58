"""A button or form of an earlier release, another team's payload, a click that can open nothing: never silence."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.responses import Response

from bot.service import registry
from bot.slack.response import is_slacks
from local.serving import serving
from tests.faults.bot_in_process import AnsweringSlack, BotInProcess
from tests.faults.test_odd_payloads import CLICK, COMMAND, PEOPLE, SEARCH, SUBMISSION, VIEW, changed

TRIGGERS = ("invalid_trigger_id", "expired_trigger_id", "exchanged_trigger_id")
AT_HOME = {"container": {"type": "view", "view_id": "V0"}, "view": {"id": "V0", "type": "home", "blocks": []}}
IN_A_FORM = {"container": {"type": "view", "view_id": "V1"}, "view": VIEW}
PLACES: dict[str, dict[str, Any]] = {
    "in-a-channel": {"channel": {"id": "C1"}, "container": {"type": "message", "message_ts": "1.2"}},
    "at-the-home": AT_HOME,
    "in-a-form": IN_A_FORM,
}
SAY = ("chat.postEphemeral", "chat.postMessage", "views.open", "views.push", "views.update")


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[str, AnsweringSlack, BotInProcess]]:
    slack = AnsweringSlack()
    with serving(slack.app) as url:
        yield url, slack, BotInProcess(f"{url}/api/", admins=(PEOPLE["user"]["id"],))


@pytest.fixture
def slack(running: tuple[str, AnsweringSlack, BotInProcess]) -> Iterator[AnsweringSlack]:
    yield running[1]
    running[1].clear()


@pytest.fixture
def bot(running: tuple[str, AnsweringSlack, BotInProcess]) -> BotInProcess:
    return running[2]


def click(action_id: str, place: dict[str, Any], **action: Any) -> dict[str, Any]:
    pressed = {"action_id": action_id, "action_ts": "1.2", "type": "button", **action}
    return {**PEOPLE, "type": "block_actions", "actions": [pressed], **place}


def read(answer: Response) -> dict[str, Any]:
    body = bytes(answer.body)
    return json.loads(body) if body.startswith(b"{") else {"text": body.decode()}


@pytest.mark.parametrize("place", PLACES)
def test_a_button_of_an_earlier_release_says_so(bot: BotInProcess, slack: AnsweringSlack, place: str) -> None:
    assert bot.send(click("report_export", PLACES[place], value="r1")).status_code == 200
    assert "earlier release" in slack.said(*SAY)


def test_a_menu_of_an_earlier_release_in_a_message_says_so(bot: BotInProcess, slack: AnsweringSlack) -> None:
    menu = {"type": "static_select", "selected_option": {"value": "x"}}
    bot.send(click("choose_report", PLACES["in-a-channel"], **menu))
    assert "earlier release" in slack.said(*SAY)


@pytest.mark.parametrize(
    ("place", "action"),
    [
        pytest.param("in-a-form", {"type": "static_select"}, id="a-field-of-a-form"),
        pytest.param("in-a-channel", {"url": "https://example.com"}, id="a-link"),
    ],
)
def test_what_is_slacks_own_needs_no_word(
    bot: BotInProcess, slack: AnsweringSlack, place: str, action: dict[str, Any]
) -> None:
    assert bot.send(click("a_field", PLACES[place], **action)).status_code == 200
    assert slack.said(*SAY) == ""


@pytest.mark.parametrize("blocks", [VIEW["blocks"], [], [{"type": "divider"}]], ids=["inputs", "empty", "no-input"])
def test_a_form_of_an_earlier_release_says_so_in_its_place(
    bot: BotInProcess, slack: AnsweringSlack, blocks: list[dict[str, Any]]
) -> None:
    answer = read(bot.send({**SUBMISSION, "view": {**VIEW, "callback_id": "model_settings", "blocks": blocks}}))
    assert answer["response_action"] == "update" and "earlier release" in json.dumps(answer["view"])


def test_a_shortcut_of_an_earlier_release_says_so(bot: BotInProcess, slack: AnsweringSlack) -> None:
    bot.send({**PEOPLE, "type": "shortcut", "callback_id": "old_shortcut"})
    assert "earlier release" in slack.said(*SAY)


def test_a_command_of_an_earlier_release_says_so(bot: BotInProcess, slack: AnsweringSlack) -> None:
    assert "earlier release" in read(bot.send({**COMMAND, "command": "/mmm-run"}))["text"]


def test_a_search_of_an_earlier_release_finds_nothing(bot: BotInProcess, slack: AnsweringSlack) -> None:
    assert read(bot.send({**SEARCH, "action_id": "model"})) == {"options": []}


CARRIED = {"nothing": "", "an-empty-object": "{}", "a-list": "[]", "no-json": "draft=d1"}
CARRIED |= {"a-text": '"d1"', "null": "null"}
# All that forms carry by now, each as something else.
OTHER_TYPES = '{"draft": 5, "dataset": [1], "more": "x", "opened_at": 7, "channel": {}, "weekday": [], "fixed": "x"}'
ONE_BY_ONE = [
    *('{"draft": ["d1"]}', '{"dataset": null}', '{"more": 1}', '{"opened_at": "never"}', '{"opened_at": 7}'),
    *('{"channel": {}}', '{"weekday": "x"}', '{"fixed": null}', '{"fixed": {"a": 1}}', '{"fixed": {"a": ["x"]}}'),
    *('{"dropped": "F1"}', '{"dropped": [1]}'),
]


@pytest.mark.parametrize("carried", CARRIED)
@pytest.mark.parametrize("form", registry().forms)
def test_a_form_that_carries_what_an_earlier_release_wrote_is_answered_in_words(
    bot: BotInProcess, slack: AnsweringSlack, form: str, carried: str, caplog: pytest.LogCaptureFixture
) -> None:
    view = {**VIEW, "callback_id": form, "private_metadata": CARRIED[carried]}
    answer = read(bot.send({**SUBMISSION, "view": view}))
    assert answer["response_action"] in ("errors", "update")
    assert "not your fault" not in json.dumps(answer)
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("carried", [OTHER_TYPES, *ONE_BY_ONE])
def test_a_form_that_carries_other_types_is_answered_in_words(
    bot: BotInProcess, slack: AnsweringSlack, carried: str, caplog: pytest.LogCaptureFixture
) -> None:
    for form in registry().forms:
        answer = read(bot.send({**SUBMISSION, "view": {**VIEW, "callback_id": form, "private_metadata": carried}}))
        assert answer["response_action"] in ("errors", "update"), form
        assert "earlier release" in json.dumps(answer), form
    for search in registry().searches:
        found = read(
            bot.send(changed({**SEARCH, "action_id": search, "view": VIEW}, carried, "view", "private_metadata"))
        )
        assert isinstance(found["options"], list), search
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("carried", [*CARRIED.values(), OTHER_TYPES])
@pytest.mark.parametrize("button", registry().buttons)
def test_no_button_in_a_form_of_an_earlier_release_is_silent(
    bot: BotInProcess, slack: AnsweringSlack, button: str, carried: str
) -> None:
    place = changed(IN_A_FORM, carried, "view", "private_metadata")
    assert bot.send(click(button, place, value="gone")).status_code == 200
    assert slack.said(*SAY, "views.publish")


OTHERS = {"team": {"id": "T9"}, "user": {"id": "U9", "team_id": "T9"}}


def test_a_click_of_another_team_gets_a_word_by_the_address_that_came_with_it(
    running: tuple[str, AnsweringSlack, BotInProcess], slack: AnsweringSlack
) -> None:
    url, _, bot = running
    assert bot.send({**CLICK, **OTHERS, "response_url": f"{url}/respond"}).status_code == 200
    [told] = slack.responses
    assert "another workspace" in told["text"] and told["response_type"] == "ephemeral"
    assert slack.calls == [], "our token is for our own workspace"


def test_a_command_of_another_team_is_answered(bot: BotInProcess, slack: AnsweringSlack) -> None:
    answer = read(bot.send({**COMMAND, "team_id": "T9", "user_id": "U9"}))
    assert "another workspace" in answer["text"] and slack.calls == []


@pytest.mark.parametrize(("blocks", "action"), [(VIEW["blocks"], "errors"), ([], "update")], ids=["inputs", "none"])
def test_a_form_of_another_team_is_answered_in_the_form(
    bot: BotInProcess, slack: AnsweringSlack, blocks: list[dict[str, Any]], action: str
) -> None:
    answer = read(bot.send({**SUBMISSION, **OTHERS, "view": {**VIEW, "blocks": blocks}}))
    assert answer["response_action"] == action and "another workspace" in json.dumps(answer)


def test_a_search_of_another_team_finds_nothing(bot: BotInProcess, slack: AnsweringSlack) -> None:
    assert read(bot.send({**SEARCH, **OTHERS})) == {"options": []}


def test_a_word_goes_to_slacks_own_addresses_only(bot: BotInProcess, slack: AnsweringSlack) -> None:
    ours = "https://slack.com/api/"
    assert is_slacks("https://hooks.slack.com/actions/T1/2/x", ours)
    for url in (
        "",
        "http://hooks.slack.com/actions/T1/2/x",
        "https://hooks.slack.com.example.com/x",
        "https://hooks.slack.com@example.com/x",
        "https://example.com/hooks.slack.com",
        "http://127.0.0.1:8080/respond",
        "file:///etc/passwd",
        "https://[x/",
    ):
        assert not is_slacks(url, ours)
    assert bot.send({**CLICK, **OTHERS, "response_url": "http://127.0.0.1:9/respond"}).status_code == 200


@pytest.mark.parametrize("error", TRIGGERS)
@pytest.mark.parametrize("place", PLACES)
def test_a_click_that_can_open_nothing_gets_a_word(
    bot: BotInProcess, slack: AnsweringSlack, place: str, error: str
) -> None:
    slack.refuses = {"views.open": error, "views.push": error}
    assert bot.send(click("start_dataset", PLACES[place])).status_code == 200
    assert "try again" in slack.said("chat.postEphemeral", "chat.postMessage").lower()


@pytest.mark.parametrize("error", TRIGGERS)
def test_a_shortcut_that_can_open_nothing_gets_a_word(bot: BotInProcess, slack: AnsweringSlack, error: str) -> None:
    slack.refuses = {"views.open": error}
    bot.send({**PEOPLE, "type": "shortcut", "callback_id": "new_dataset"})
    assert "try again" in slack.said("chat.postMessage").lower()


@pytest.mark.parametrize("error", TRIGGERS)
def test_a_command_that_can_open_nothing_is_answered_where_it_was_typed(
    bot: BotInProcess, slack: AnsweringSlack, error: str
) -> None:
    slack.refuses = {"views.open": error}
    assert "try again" in json.dumps(read(bot.send({**COMMAND, "text": "dataset new"}))).lower()


def test_where_our_token_is_refused_a_click_gets_a_word_by_its_own_address(
    running: tuple[str, AnsweringSlack, BotInProcess], slack: AnsweringSlack
) -> None:
    url, _, bot = running
    slack.refuses = {"*": "token_revoked"}
    bot.send({**click("start_help", PLACES["in-a-channel"]), "response_url": f"{url}/respond"})
    assert slack.responses and slack.responses[0]["text"]
