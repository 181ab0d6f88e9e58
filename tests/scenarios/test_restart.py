"""Kill any part at any moment: a run in the middle still ends with one result and one final message."""

import signal
from pathlib import Path

from local.main import running
from local.person import Person
from local.serving import free_ports
from tests.long_run import CHANNEL, assert_one_ending, begin


def test_restarting_everything_in_the_middle_of_a_run(tmp_path: Path) -> None:
    base = free_ports(5)
    state = tmp_path / "state"
    with running(state, base) as stack:
        ana = Person(stack.at.slack)
        card = begin(ana, tmp_path)
        ana.close()
    with running(state, base) as stack:
        ana = Person(stack.at.slack)
        assert_one_ending(ana, card)
        texts = [reply["text"] for reply in ana.thread(CHANNEL, card["ts"])]
        assert any("tried again" in text for text in texts), "the lost container is told"
        ana.close()


def test_killing_each_part_in_the_middle_of_a_run(tmp_path: Path) -> None:
    """One after the other, with SIGKILL. A training goes on without its stand-in and is taken over by the next."""
    with running(tmp_path / "state", free_ports(5)) as stack:
        ana = Person(stack.at.slack)
        card = begin(ana, tmp_path)
        for name in ("worker", "google", "bot", "slack"):
            stack.stop_part(name, signal.SIGKILL)
            stack.start_part(name)
            stack.wait_until_ready()
        assert_one_ending(ana, card)
        ana.close()
