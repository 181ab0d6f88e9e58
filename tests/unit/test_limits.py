"""Whatever is put into a message or view, what leaves keeps Slack's limits."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack import blocks
from bot.slack.form import (
    Choice,
    Values,
    date_input,
    field,
    modal,
    multi_select,
    number_input,
    radio,
    select,
    text_input,
)
from bot.slack.limits import ELLIPSIS, NOTHING, clamp, clamp_bytes, fit_message, fit_view
from local.slack.check import check_message, check_view

TEXT = st.text(max_size=5000)
NAMES = st.text(min_size=1, max_size=100)


@st.composite
def messages(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Any blocks our builders can make, with any text in them."""
    made = [
        lambda: blocks.header(draw(TEXT)),
        lambda: blocks.section(draw(TEXT), draw(st.none() | st.just(blocks.button(draw(TEXT), "go")))),
        lambda: blocks.fields([(draw(TEXT), draw(TEXT)) for _ in range(draw(st.integers(1, 14)))]),
        lambda: blocks.context(*[draw(TEXT) for _ in range(draw(st.integers(1, 14)))]),
        lambda: blocks.actions(*[blocks.button(draw(TEXT), f"b{n}") for n in range(draw(st.integers(1, 30)))]),
        lambda: blocks.slack_image("F1", draw(TEXT), draw(TEXT)),
        blocks.divider,
    ]
    chosen = draw(st.lists(st.integers(0, len(made) - 1), max_size=60))
    return [made[number]() for number in chosen]


@settings(max_examples=60, deadline=None)
@given(TEXT, messages())
def test_any_message_is_taken(text: str, drawn: list[dict[str, Any]]) -> None:
    fitted, kept = fit_message(text, drawn)
    check_message(json.loads(json.dumps(kept)), lambda _: True)
    assert fitted.strip()
    assert len(fitted.encode()) <= 4000


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, TEXT), min_size=1, max_size=130), TEXT, TEXT)
def test_any_form_is_taken(pairs: list[tuple[str, str]], title: str, hint: str) -> None:
    choices = [Choice(f"v{n}", text, text) for n, (_, text) in enumerate(pairs)]
    drawn = modal(
        "any",
        title,
        [
            field("select", title, select(choices, "v0"), hint=hint),
            field("many", title, multi_select(choices, [choice.value for choice in choices[:3]])),
            field("radio", title, radio(choices[:10], "v0")),
            field("text", title, text_input(hint, hint)),
            field("number", title, number_input(3, 1, 5)),
            field("day", title, date_input()),
        ],
        submit=title or "Send",
    )
    check_view(json.loads(json.dumps(fit_view(drawn))), lambda _: True)


@given(TEXT, st.integers(1, 300))
def test_clamped_text_is_never_empty_or_too_long(text: str, limit: int) -> None:
    clamped = clamp(text, limit)
    assert 0 < len(clamped) <= max(limit, len(NOTHING))


@given(TEXT)
def test_bytes_are_counted_as_slack_counts_them(text: str) -> None:
    fitted = clamp_bytes(text, 200)
    escaped = fitted.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert len(escaped.encode()) <= 200
    assert fitted == (text if text.strip() else NOTHING) or fitted.endswith(ELLIPSIS)


def test_what_would_lose_its_meaning_is_never_cut() -> None:
    with pytest.raises(ValueError, match="private_metadata"):
        fit_view({"type": "home", "blocks": [], "private_metadata": "x" * 3001})
    with pytest.raises(ValueError, match="button"):
        fit_message("x", [blocks.actions(blocks.button("x", "x", "v" * 2001))])


def test_a_name_cannot_mention_everybody() -> None:
    text, _ = fit_message("Dataset <!channel> & co", [])
    assert text == "Dataset &lt;!channel&gt; &amp; co"


def test_values_are_read_back_by_kind() -> None:
    state = {
        "a": {"a": {"type": "plain_text_input", "value": " x "}},
        "b": {"b": {"type": "static_select", "selected_option": {"value": "v", "text": {"text": "V"}}}},
        "c": {"c": {"type": "multi_static_select", "selected_options": [{"value": "1"}, {"value": "2"}]}},
        "d": {"d": {"type": "datepicker", "selected_date": "2024-02-29"}},
        "e": {"e": {"type": "file_input", "files": [{"id": "F1", "name": "a.csv"}]}},
        "f": {"f": {"type": "conversations_select", "selected_conversation": "C1"}},
        "g": {"g": {"type": "static_select", "selected_option": None}},
    }
    values = Values(state)
    assert values.text("a") == "x"
    assert (values.text("b"), values.label("b")) == ("v", "V")
    assert values.many("c") == ("1", "2")
    assert str(values.day("d")) == "2024-02-29"
    assert values.file("e") == {"id": "F1", "name": "a.csv"}
    assert values.text("f") == "C1"
    assert values.text("g") == "" and values.day("g") is None and values.file("g") is None
    assert "a" in values and "z" not in values
