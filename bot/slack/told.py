"""How what went wrong is told: in words, where the person looks, and to nobody else."""

import logging
from secrets import token_hex

from bot.access import NotAllowed, ask_whom
from bot.act import Act, Errors, Reply, Show, Whisper
from bot.slack.blocks import Message, context, escape, section
from bot.slack.form import View
from bot.slack.limits import fit_message
from engine.errors import MmmError

log = logging.getLogger(__name__)


def told(error: MmmError, act: Act, *, form: bool) -> Reply:
    """An error for the person, where they look: beside the field, in the form, or in a message to them."""
    if isinstance(error, NotAllowed):
        message = refusal(error, act)
        return Show(as_modal(message)) if form else Whisper(message)
    text = f"{error.what} {error.todo}".strip()
    if form:
        inputs = [block["block_id"] for block in act.view.get("blocks", ()) if block["type"] == "input"]
        name = getattr(error, "field", "")
        if inputs:
            return Errors({name if name in inputs else inputs[0]: text})
    todo = context(escape(error.todo or "Nothing was changed."))
    return Whisper(Message(text, [section(f":warning: {escape(error.what)}"), todo]))


def refusal(error: NotAllowed, act: Act) -> Message:
    """Why somebody may not do something, and whom to ask."""
    whom = ask_whom(act.settings, mention=True)
    whom = whom if whom.endswith(">") else escape(whom)
    notes = context(f"Ask {whom}. Nothing was changed. `/mmm why` explains it.")
    return Message(f"{error.what} {error.todo}", [section(f":no_entry_sign: {escape(error.what)}"), notes])


def as_modal(message: Message) -> View:
    """A message for somebody who is not in a channel: at the Home."""
    plain_text = {"type": "plain_text", "text": "mmm"}
    close = {"type": "plain_text", "text": "Close"}
    _, blocks = fit_message(message.text, message.simpler or message.blocks)
    kept = [block for block in blocks if block["type"] != "data_table"]
    return {"type": "modal", "title": plain_text, "close": close, "blocks": kept}


def log_unexpected(error: Exception) -> str:
    """The log gets everything; the person a reference to it."""
    reference = token_hex(3)
    log.error("reference %s: %s", reference, error, exc_info=error)
    return reference


def of_an_earlier_release(what: str) -> Message:
    """That a button or a form is not known any more: messages and forms outlive the release that drew them."""
    text = f"This {what} is of an earlier release, and does nothing any more."
    todo = "Nothing was changed. `/mmm` shows what there is now."
    return Message(f"{text} Nothing was changed.", [section(f":warning: {text}"), context(todo)])


def unexpected(reference: str, *, drawn: bool = False) -> tuple[str, str]:
    """What nobody foresaw. drawn: it was pressed or filled in, so that it may have been drawn before an update."""
    again = "Open it again, if it was there before an update. " if drawn else ""
    todo = f"{again}If it happens again, name the reference {reference}."
    return "That did not work, and it is not your fault.", todo
