"""The state of an installation that somebody began: known to the browser that began it, used once, and not for long."""

import hmac
from datetime import datetime, timedelta
from secrets import token_urlsafe

from engine import paths
from engine.clock import Clock
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, Denied

LIFETIME = timedelta(minutes=10)
AGAIN = "Begin again at /slack/install."


def issue(storage: Storage, clock: Clock) -> str:
    """Begin an installation; returns its state."""
    state = token_urlsafe(32)
    storage.create(paths.oauth_state(state), {"until": (clock.now() + LIFETIME).isoformat()})
    return state


def redeem(storage: Storage, clock: Clock, state: str, remembered: str) -> None:
    """Let an installation go on, once, in the browser that began it: it remembered the state. Raises Denied."""
    if not state or not hmac.compare_digest(state.encode("utf-8", "replace"), remembered.encode("utf-8", "replace")):
        raise Denied("This installation was begun in another browser, or not at all.", AGAIN)
    begun = storage.read(paths.oauth_state(state))
    if begun is None:
        raise Denied("This installation is not known here.", AGAIN)
    if clock.now() >= datetime.fromisoformat(str(begun.body["until"])):
        raise Denied("This installation took too long.", AGAIN)
    try:
        storage.create(paths.oauth_state_used(state), {"at": clock.now().isoformat()})
    except AlreadyExists:
        raise Denied("This installation was finished before.", AGAIN) from None


def forget_old(storage: Storage, clock: Clock) -> None:
    """Delete the states that are over. A used one stays until then, so that it is used once."""
    for entry in storage.list(paths.OAUTH_STATES):
        if clock.now() - entry.updated > 2 * LIFETIME:
            storage.delete(entry.path, entry.generation)
