"""What Slack's refusals mean: try again, or never."""

from types import SimpleNamespace
from typing import Any

import pytest

from bot.slack.errors import UnknownBlocks, meaning
from engine.errors import MmmError, Refused, Unavailable


def answer(data: Any, status: int = 200) -> Any:
    return SimpleNamespace(data=data, status_code=status)


def refusal(error: str) -> dict[str, Any]:
    return {"ok": False, "error": error}


@pytest.mark.parametrize(
    ("response", "meant"),
    [
        pytest.param(answer(refusal("ratelimited"), 429), Unavailable, id="too fast"),
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
        pytest.param(answer(refusal("brand_new_error")), Refused, id="never heard of"),
        pytest.param(answer(refusal("invalid_blocks")), UnknownBlocks, id="blocks"),
    ],
)
def test_a_refusal_is_narrowed(response: Any, meant: type[MmmError]) -> None:
    error = meaning(response)
    assert type(error) is meant
    assert error.what and error.detail
