"""Messages of a run under crashes and closed channels: each leaves once, and reaches somebody."""

import pytest

from engine import paths
from tests.faults.service import Service, quick_results
from tests.faults.test_launch_protocol import succeed

__all__ = ["quick_results"]
pytestmark = pytest.mark.usefixtures("quick_results")


def test_a_closed_channel_means_a_direct_message() -> None:
    service = Service()
    service.fake.messenger.closed = {"C1"}
    run_id = succeed(service)
    assert f"{run_id}-run_finished-dm" in service.fake.messenger.deliveries
    sent = (service.fake.storage.look(paths.notice(f"{run_id}-end")) or {})["told"][f"{run_id}-run_finished"]
    assert (sent["channel"], sent["instead_of"]) == ("D-U1", "C1")


def test_a_message_for_nobody_is_given_up() -> None:
    service = Service()
    service.fake.messenger.closed = {"C1", "D-U1"}
    run_id = succeed(service)
    sent = (service.fake.storage.look(paths.notice(f"{run_id}-end")) or {})["told"][f"{run_id}-run_finished"]
    assert sent["undeliverable"]


def test_a_message_that_was_posted_by_whoever_died_is_found_and_not_posted_again() -> None:
    service = Service()
    succeed(service)
    at = service.fake.world.calls.index("deliver run_finished") + 1
    service = Service()
    service.fake.world.crash = (at, "after")
    run_id = succeed(service)
    assert service.fake.messenger.deliveries.count(f"{run_id}-run_finished") == 1
    assert "look for run_finished" in service.fake.world.calls
    service.check_ended(run_id)


def test_a_card_that_was_overtaken_while_it_was_drawn_is_drawn_again() -> None:
    service = Service()
    run = service.submit()
    held: list[str] = []

    def before(call: str) -> None:
        """Everything else happens while the first card is on its way."""
        if call == "deliver run_card" and not held:
            held.append(call)
            service.drain()

    service.fake.world.before = before
    service.drain()
    service.check_ended(run.id)


def test_a_message_that_was_sent_is_left_alone_by_the_sweep() -> None:
    service = Service()
    succeed(service)
    delivered = list(service.fake.messenger.deliveries)
    service.sweep()
    service.drain()
    assert service.fake.messenger.deliveries == delivered
