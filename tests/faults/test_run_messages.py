"""Messages of a run under crashes and closed channels: each leaves once, and reaches somebody."""

from datetime import datetime, timedelta

import pytest

from engine import paths
from engine.pipeline.outbox import STAMP
from engine.pipeline.run_told import END
from tests.faults.service import Service, quick_results
from tests.faults.test_launch_protocol import succeed

__all__ = ["quick_results"]
pytestmark = pytest.mark.usefixtures("quick_results")


def test_a_closed_channel_means_a_direct_message() -> None:
    service = Service()
    service.fake.messenger.closed = {"C1"}
    run_id = succeed(service)
    assert f"{run_id}-run_finished-dm" in service.fake.messenger.deliveries
    sent = (service.fake.storage.look(paths.notice(f"{run_id}-{END}")) or {})["told"][f"{run_id}-run_finished"]
    assert (sent["channel"], sent["instead_of"]) == ("D-U1", "C1")


def test_a_message_for_nobody_is_given_up() -> None:
    service = Service()
    service.fake.messenger.closed = {"C1", "D-U1"}
    run_id = succeed(service)
    sent = (service.fake.storage.look(paths.notice(f"{run_id}-{END}")) or {})["told"][f"{run_id}-run_finished"]
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


def test_the_release_before_passes_by_what_is_ours_should_it_come_back() -> None:
    """It deletes a mark by its name after an hour, and tries to send each record that is not called `.sent`."""
    service = Service()
    run_id = succeed(service)
    marks = [
        call.partition(" ")[2] for call in service.fake.world.calls if call.startswith(f"create {paths.OPEN_NOTICES}")
    ]
    assert [mark.endswith(f"-{run_id}-{END}") for mark in marks] == [True]
    with pytest.raises(ValueError, match="does not match"):
        datetime.strptime(marks[0].rpartition("/")[2].partition("-")[0], STAMP)
    records = [name for name in service.fake.storage.objects if name.startswith(paths.OUTBOX)]
    assert records and all(name.endswith(".sent.json") for name in records)


@pytest.mark.parametrize("days", [1, 31, 400])
def test_a_marker_that_comes_back_long_after_the_end_has_nothing_told_twice(days: int) -> None:
    service = Service()
    run_id = succeed(service)
    marker = paths.active(run_id)
    told, drawn = list(service.fake.messenger.deliveries), list(service.fake.messenger.drawn)
    service.fake.clock.time += timedelta(days=days)
    if days >= service.cloud.settings.keep_days:
        service.fake.storage.throw_away()
    service.fake.storage.put(marker, b"{}")
    service.sweep()
    service.drain()
    assert (service.fake.messenger.deliveries, service.fake.messenger.drawn) == (told, drawn)
    service.check_ended(run_id)
