"""Everything at once, at random: whatever Slack does to messages of three kinds, each arrives once and in its order."""

import json
from pathlib import Path
from random import Random

import pytest

from bot.slack import pictures
from engine.runs.records import read_card
from local.faults import Fault
from tests.faults.slack_service import CHANNEL, RUN, Delivery, delivering, ended, finished

DM = "D0ANA"
METHODS = ("chat.postMessage", "chat.update", "chat.*", "conversations.*", "files.*", "files.info", "*")
WORDS = ("token_revoked", "invalid_auth", "internal_error", "brand_new", "ekm_access_denied", "message_limit_exceeded")
NO_ANSWERS = ("", "<html>", "1", '{"ok":true}')
WAITS = ("1", "30", "soon", "-1", "99")


def fault(dice: Random) -> Fault:
    """Some trouble with some call: refused, answered by somebody else, asked to wait, dropped, or its reply lost."""
    status, lost = dice.choice((200, 200, 429, 500, 503, 0)), dice.random() < 0.25
    body = json.dumps({"ok": False, "error": dice.choice(WORDS)}) if status == 200 else dice.choice(NO_ANSWERS)
    times, skip, headers = dice.randint(1, 6), dice.randint(0, 4), (("Retry-After", dice.choice(WAITS)),)
    match = dice.choice(METHODS)
    if lost:
        return Fault(match=match, kind="after", status=dice.choice((0, 503)), times=times, skip=skip)
    return Fault(match=match, kind="before", status=status, body=body, times=times, skip=skip, headers=headers)


def tell_one(at: Delivery, dice: Random, key: str) -> tuple[str, list[str]]:
    """Put a message of some kind, or several, into the outbox; returns where they belong, and their keys."""
    match dice.choice(("channel", "person", "thread", "pictures", "together")):
        case "together":
            kinds = dice.choices(("run_failed", "run_finished", "dataset_refused"), k=3)
            return CHANNEL, at.tell_together(key, kinds, run=RUN)
        case "channel":
            at.tell(key)
        case "person":
            at.tell(key, channel="")
            return DM, [key]
        case "thread":
            at.tell(key, kind="run_failed", data=ended(), run=RUN)
        case _:
            at.tell(key, kind="run_finished", data=finished(at, dice.randint(1, 3)), run=RUN)
    return CHANNEL, [key]


@pytest.mark.parametrize("seed", range(4))
def test_every_message_arrives_once_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr("local.slack.state.files.SCAN_SECONDS", 0.0)
    monkeypatch.setattr(pictures, "SCAN_SECONDS", 0.0)
    dice, wanted = Random(seed), {CHANNEL: list[str](), DM: list[str]()}
    with delivering(tmp_path) as at:
        at.begin_run()
        at.fake.tasks.add("card", {"run": RUN}, 0)
        for number in range(14):
            for _ in range(dice.choice((0, 1, 3))):
                at.faults.add(fault(dice))
            key = f"message-{number:02}"
            place, keys = tell_one(at, dice, key)
            wanted[place] += keys
            at.work(hours=dice.choice((0, 0.001, 0.01, 0.3)), swept_minutes=dice.choice((None, 10)))
            card = read_card(at.cloud.storage, RUN)
            if card and dice.random() < 0.15 and at.slack.messages.get(CHANNEL, card["ts"]):
                at.slack.messages.delete(CHANNEL, card["ts"])
            if dice.random() < 0.15:
                at.fake.tasks.purge()
        at.faults.clear()
        at.work(hours=4, swept_minutes=10)
        for place, keys in wanted.items():
            assert [key for key in at.told(place) if key in keys] == keys
        assert at.waits() == []
        assert "picture follows" not in str([message["blocks"] for message in at.shown()])
