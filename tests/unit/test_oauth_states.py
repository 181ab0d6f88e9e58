"""The state of an installation: known to one browser, good once, and not for long; and beginning one makes nothing."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from bot.oauth_states import LIFETIME, check, issue, use
from engine import paths
from engine.cloud.storage import Storage
from engine.errors import Denied
from local.faults import Fault
from tests.faults.fake_cloud import FakeCloud
from tests.local_google import Google

SECRET = "the-apps-client-secret"


class Held:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at

    def stamp(self) -> str:
        return f"{self.at:%Y%m%dT%H%M%SZ}-0000"


@pytest.fixture
def storage(cloud: Google) -> Storage:
    return cloud.storage()


def test_it_is_good_once(storage: Storage) -> None:
    state = issue(SECRET, Held())
    check(SECRET, Held(), state, state)
    use(storage, Held(), state)
    with pytest.raises(Denied, match="finished before"):
        use(storage, Held(), state)


def test_beginning_and_checking_one_writes_nothing(cloud: Google, storage: Storage) -> None:
    cloud.faults.add(Fault("storage.*", "before", times=100))
    for _ in range(50):
        state = issue(SECRET, Held())
        check(SECRET, Held(), state, state)
    assert [fault.times for fault in cloud.faults.planned] == [100]
    cloud.faults.clear()


def test_it_is_good_for_the_browser_that_began_and_for_no_other() -> None:
    state, other = issue(SECRET, Held()), issue(SECRET, Held())
    for given, remembered in ((state, ""), ("", state), (state, other), ("", ""), (state, "ä"), ("\udc80", state)):
        with pytest.raises(Denied, match="another browser"):
            check(SECRET, Held(), given, remembered)
    check(SECRET, Held(), state, state)


@pytest.mark.parametrize(
    "made_up",
    [
        "x" * 43,
        "../installations/T1",
        "a/b",
        "ä" * 9,
        ".",
        "..",
        "9999999999.x.",
        "9999999999.x." + "0" * 40,
        "1e9.x.y",
    ],
)
def test_what_somebody_made_up_is_not_known(made_up: str) -> None:
    with pytest.raises(Denied, match="not known"):
        check(SECRET, Held(), made_up, made_up)


def test_nobody_makes_it_last_longer_or_signs_it_with_another_secret() -> None:
    state = issue(SECRET, Held())
    until, rest = state.split(".", 1)
    for changed in (f"{int(until) + 600}.{rest}", f"{state[:-1]}{'0' if state[-1] != '0' else '1'}", f"{state}0"):
        with pytest.raises(Denied, match="not known"):
            check(SECRET, Held(), changed, changed)
    foreign = issue("another secret", Held())
    with pytest.raises(Denied, match="not known"):
        check(SECRET, Held(), foreign, foreign)


def test_one_that_is_far_too_long_is_not_looked_at() -> None:
    long = "a." * 100_000
    with pytest.raises(Denied):
        check(SECRET, Held(), long, long)


def test_it_is_good_for_some_minutes_only() -> None:
    clock = Held()
    state = issue(SECRET, clock)
    clock.at += LIFETIME - timedelta(seconds=2)
    check(SECRET, clock, state, state)
    clock.at += timedelta(seconds=2)
    with pytest.raises(Denied, match="too long"):
        check(SECRET, clock, state, state)


def test_the_browsers_secret_does_not_stand_in_the_bucket(storage: Storage) -> None:
    state = issue(SECRET, Held())
    use(storage, Held(), state)
    names = [entry.path for entry in storage.list("")]
    assert names
    assert not [name for name in names if state in name or state in str(storage.get_bytes(name))]


def test_a_lost_reply_is_no_second_use(cloud: Google, storage: Storage) -> None:
    state = issue(SECRET, Held())
    cloud.faults.add(Fault("storage.objects.insert", "after", times=1))
    use(storage, Held(), state)


def test_what_is_noted_of_a_state_passes_long_after_the_state() -> None:
    fake = FakeCloud()
    state = issue(SECRET, fake.clock)
    use(cast(Storage, fake.storage), fake.clock, state)
    assert fake.storage.passing == {paths.oauth_state_used(state)}
    assert timedelta(days=7) > LIFETIME  # the least that a deployment may keep it
    fake.storage.throw_away()
    fake.clock.time += timedelta(days=7)
    with pytest.raises(Denied, match="too long"):
        check(SECRET, fake.clock, state, state)
