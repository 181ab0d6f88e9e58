"""*What is this?*: the glossary, the terms of the message it was asked under first."""

import re
from collections.abc import Iterable, Iterator

from bot.slack.blocks import Message, bullets, context, escape, header, section
from bot.slack.form import View, modal
from bot.slack.limits import Block
from bot.slack.paging import packed
from engine.results.glossary import Term, terms

TITLE = "What is this?"
# How some terms are met, where their own name is not: each as a pattern.
MET_AS = {
    "Weeks it had not seen": r"it had not seen",
    "Odd week": r"\bodd\b",
    "No effect seen": r"no effect (was )?(seen|found)",
    "Share credit": r"shares? credit|told apart",
    "Silent": r"\bsilent\b",
    "Range": r"\branges?\b|\blow and high\b",
    "Test first": r"\btest first\b|\btest\b.{1,400}?\bfirst\b",
}


def terms_view(message: Message) -> View:
    """The terms that are used in `message`, then the others of a run's thread, then those of the details."""
    text = " ".join(_texts(message))
    here = [term for term in terms("thread") if is_used(term, text)]
    others = [term for term in terms("thread") if term not in here]
    blocks: list[Block] = []
    for title, group in (("In this result", here), ("Elsewhere", others), ("Behind Details", terms("details"))):
        blocks += [header(title), *_lines(group)] if group else []
    return modal("run_terms", TITLE, [*blocks, context("The same sentences stand in the product's docs.")])


def is_used(term: Term, text: str) -> bool:
    """Whether a text uses a term, in whatever case, singular or plural."""
    pattern = MET_AS.get(term.name, rf"\b{re.escape(term.name)}(s|es)?\b")
    return re.search(pattern, text, re.IGNORECASE | re.DOTALL) is not None


def _lines(group: Iterable[Term]) -> list[Block]:
    told = (bullets([f"*{escape(term.name)}*: {escape(term.meaning)}"]) for term in group)
    return [section(text) for text in packed(told)]


def _texts(message: Message) -> Iterator[str]:
    """What a reader sees of a message, its table and its charts included, without its buttons."""
    yield message.text
    for block in message.blocks:
        for part in (block.get("text"), block.get("title"), *block.get("fields", ()), *block.get("elements", ())):
            if isinstance(part, dict) and part.get("type") in ("mrkdwn", "plain_text"):
                yield str(part["text"])
        yield str(block.get("alt_text", ""))
        for row in block.get("rows", ())[:1]:
            yield from (str(cell["text"]) for cell in row)
