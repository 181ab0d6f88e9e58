"""The state of an installation: known to one browser, good once, and not for long."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.oauth_states import LIFETIME, forget_old, issue, redeem
from engine.cloud.storage import Storage
from engine.errors import Denied
from local.faults import Fault
from tests.local_google import Google


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
    state = issue(storage, Held())
    redeem(storage, Held(), state, state)
    with pytest.raises(Denied, match="finished before"):
        redeem(storage, Held(), state, state)


def test_it_is_good_for_the_browser_that_began_and_for_no_other(storage: Storage) -> None:
    state, other = issue(storage, Held()), issue(storage, Held())
    for given, remembered in ((state, ""), ("", state), (state, other), ("", ""), (state, "ä"), ("\udc80", state)):
        with pytest.raises(Denied, match="another browser"):
            redeem(storage, Held(), given, remembered)
    redeem(storage, Held(), state, state)


def test_what_somebody_made_up_is_not_known(storage: Storage) -> None:
    for made_up in ("x" * 43, "../installations/T1", "a/b", "ä" * 9):
        with pytest.raises(Denied, match="not known"):
            redeem(storage, Held(), made_up, made_up)


def test_it_is_good_for_some_minutes_only(storage: Storage) -> None:
    clock = Held()
    early, late = issue(storage, clock), issue(storage, clock)
    clock.at += LIFETIME - timedelta(seconds=1)
    redeem(storage, clock, early, early)
    clock.at += timedelta(seconds=1)
    with pytest.raises(Denied, match="too long"):
        redeem(storage, clock, late, late)


def test_the_browsers_secret_does_not_stand_in_the_bucket(storage: Storage) -> None:
    state = issue(storage, Held())
    names = [entry.path for entry in storage.list("")]
    assert not [name for name in names if state in name or state in str(storage.get_bytes(name))]


def test_a_lost_reply_is_no_second_use(cloud: Google, storage: Storage) -> None:
    state = issue(storage, Held())
    cloud.faults.add(Fault("storage.objects.insert", "after", times=1))
    redeem(storage, Held(), state, state)


def test_what_is_over_is_forgotten_and_what_is_not_stays(storage: Storage) -> None:
    clock = Held()
    state = issue(storage, clock)
    forget_old(storage, clock)
    redeem(storage, clock, state, state)
    with pytest.raises(Denied, match="finished before"):
        redeem(storage, clock, state, state)
    clock.at += 2 * LIFETIME + timedelta(minutes=1)
    forget_old(storage, clock)
    assert list(storage.list("oauth-states/")) == []
