"""The state of an installation that somebody began: known to the browser that began it, used once, and not for long.

Beginning one makes nothing: the state proves itself, by our signature over its end and a random part. Only when
somebody came back with a code that Slack took, it is noted as used; so an address that everybody may call fills no
bucket.
"""

import hmac
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe

from engine import paths
from engine.clock import Clock
from engine.cloud.storage import Storage
from engine.errors import AlreadyExists, Denied

LIFETIME = timedelta(minutes=10)
AGAIN = "Begin again at /slack/install."
FINISHED = ("This installation was finished before.", AGAIN)
# A real state is 80 characters long.
LONGEST = 200


def issue(secret: str, clock: Clock) -> str:
    """Begin an installation; returns its state, signed with the app's client secret."""
    content = f"{int((clock.now() + LIFETIME).timestamp())}.{token_urlsafe(24)}"
    return f"{content}.{_signature(secret, content)}"


def check(secret: str, clock: Clock, state: str, remembered: str) -> None:
    """Let an installation go on in the browser that began it, and remembered the state. Raises Denied."""
    if not state or len(state) > LONGEST or not _same(state, remembered):
        raise Denied("This installation was begun in another browser, or not at all.", AGAIN)
    content, _, signature = state.rpartition(".")
    if not _same(signature, _signature(secret, content)):
        raise Denied("This installation is not known here.", AGAIN)
    if clock.now().timestamp() >= int(content.partition(".")[0]):
        raise Denied("This installation took too long.", AGAIN)


def check_unused(storage: Storage, state: str) -> None:
    """Let an installation go on that was not finished yet; makes nothing. Raises Denied."""
    if storage.exists(paths.oauth_state_used(state)):
        raise Denied(*FINISHED)


def use(storage: Storage, clock: Clock, state: str) -> None:
    """Use a state that was checked: it is good once. Raises Denied."""
    try:
        storage.create(paths.oauth_state_used(state), {"at": clock.now().isoformat()}, passing=True)
    except AlreadyExists:
        raise Denied(*FINISHED) from None


def _signature(secret: str, content: str) -> str:
    # A key of its own: what is signed with it can be nothing else that the secret is for.
    key = hmac.digest(secret.encode(), b"state of an installation", sha256)
    return hmac.new(key, content.encode("utf-8", "replace"), sha256).hexdigest()[:40]


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
