"""What Slack's refusals mean: try again, or never."""

from types import SimpleNamespace
from typing import Any

import pytest

from bot.slack.errors import HERE, OURS, PASSING, UnknownBlocks, meaning
from engine.errors import LockedOut, MmmError, Postponed, Refused, Unavailable


def answer(data: Any, status: int = 200) -> Any:
    return SimpleNamespace(data=data, status_code=status)


def refusal(error: str) -> dict[str, Any]:
    return {"ok": False, "error": error}


@pytest.mark.parametrize(
    ("response", "meant"),
    [
        pytest.param(answer(refusal("ratelimited"), 429), Postponed, id="too fast"),
        pytest.param(answer(refusal("internal_error")), Unavailable, id="Slack's own fault"),
        pytest.param(answer(refusal("anything"), 503), Unavailable, id="away"),
        pytest.param(answer("upstream connect error", 503), Unavailable, id="plain text"),
        pytest.param(answer({}, 502), Unavailable, id="an empty page"),
        pytest.param(answer(None, 500), Unavailable, id="nothing"),
        pytest.param(
            answer(refusal("Received a response in a non-JSON format: <html>down")), Unavailable, id="a page with 200"
        ),
        pytest.param(SimpleNamespace(status=504), Unavailable, id="what the SDK could not read"),
        pytest.param(answer(refusal("is_archived")), Refused, id="archived"),
        pytest.param(answer(refusal("brand_new_error")), LockedOut, id="never heard of"),
        pytest.param(answer(refusal("restricted_action_brand_new")), Refused, id="a new kind of closed channel"),
        pytest.param(answer({"ok": False}), LockedOut, id="no word at all"),
        pytest.param(answer({"ok": False, "error": None}), LockedOut, id="an empty word"),
        pytest.param(answer("slow down", 429), Postponed, id="too fast, in plain text"),
        pytest.param(answer(refusal("invalid_blocks")), UnknownBlocks, id="blocks"),
    ],
)
def test_a_refusal_is_narrowed(response: Any, meant: type[MmmError]) -> None:
    error = meaning(response)
    assert type(error) is meant
    assert error.what and error.detail


# What is the app's own, in the words of the issue it came from; a message must never be lost to one of these.
OWN = {
    *("account_inactive", "token_revoked", "token_expired", "invalid_auth", "not_authed", "missing_scope"),
    *("org_login_required", "ekm_access_denied", "team_access_not_granted", "message_limit_exceeded"),
    *("two_factor_setup_required", "app_missing", "access_denied"),
}


def test_every_word_has_one_meaning_and_the_apps_own_trouble_is_never_the_messages() -> None:
    assert OURS.keys() >= OWN
    assert not HERE.keys() & OURS.keys() and not PASSING & (HERE.keys() | OURS.keys())
    assert all(meaning(answer(refusal(code))).sure for code in OURS)  # type: ignore[attr-defined]
    assert all(type(meaning(answer(refusal(code)))) is Refused for code in HERE)


def test_a_picture_that_is_not_taken_is_told_from_other_blocks() -> None:
    said = {"messages": ["[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]"]}
    error = meaning(answer({**refusal("invalid_blocks"), "response_metadata": said}))
    assert isinstance(error, UnknownBlocks) and error.of_picture
    plain = meaning(answer(refusal("invalid_blocks")))
    assert isinstance(plain, UnknownBlocks) and not plain.of_picture
