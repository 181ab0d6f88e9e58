"""Who asks for something while Slack refuses the app, or is busy, reads a plain sentence, and at once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from local import workspace
from local.faults import Fault
from tests.in_memory import Bot, workspace_at
from tests.slack_requests import command, signed


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with workspace_at(tmp_path) as at:
        yield Bot(at, {"admins": (workspace.ANA.id,)})


@pytest.mark.parametrize(
    ("status", "word", "headers", "said"),
    [
        (200, "token_revoked", (), "I am no longer installed here. Have the app installed again."),
        (200, "missing_scope", (), "I lack a permission for that."),
        (200, "brand_new", (), "Slack refused (brand_new)."),
        (429, "ratelimited", (("Retry-After", "soon"),), "Slack is busy. Try again in a moment."),
        (429, "ratelimited", (("Retry-After", "86400"),), "Slack is busy. Try again in a moment."),
    ],
    ids=["revoked", "scope", "unheard", "limited without a time", "limited for a day"],
)
def test_a_command_that_slack_does_not_let_us_answer_is_answered_in_words(
    bot: Bot, status: int, word: str, headers: Any, said: str
) -> None:
    body = json.dumps({"ok": False, "error": word})
    bot.at.faults.add(Fault(match="views.open", kind="before", status=status, body=body, headers=headers))
    form = urlencode(command(bot.product, "dataset new"))
    [told] = bot.told([(form.encode(), signed(form))])
    assert said in told and "Traceback" not in told
