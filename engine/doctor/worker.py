"""Who we are, and the worker: tokens can be made and checked, it answers, and it turns away who shows none."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator

import requests
from google.auth import jwt
from google.auth.exceptions import DefaultCredentialsError

from engine.cloud.identity import ALGORITHM
from engine.cloud.presented import REMOVED
from engine.doctor.examine import clipped
from engine.doctor.report import Finding, failed, ok, skipped
from engine.doctor.subject import Check, Subject, on_this_machine
from engine.errors import Denied, Unavailable
from engine.settings import Settings

TIMEOUT = 25.0
TURNED_AWAY = (401, 403)


def look_at_tokens(subject: Subject) -> Iterator[Finding]:
    """Make a token for the worker, and check it as the worker would."""
    settings, identity = subject.settings, subject.cloud.identity
    try:
        token = identity.token(settings.worker_url)
    except Unavailable as error:
        if isinstance(error.__cause__, DefaultCredentialsError):
            yield skipped(
                "No service account runs here, and only those make tokens.", "Look from the worker: /mmm doctor."
            )
            return
        where = "See that the service runs with its own account (gcloud run services describe), and that"
        yield failed(f"No token can be had ({clipped(error.detail)}).", f"{where} the metadata server is reached.")
        return
    subject.seen.add(token)
    claims = jwt.decode(token, verify=False)  # type: ignore[no-untyped-call]
    account = str(claims.get("email", ""))
    try:
        identity.verify(f"Bearer {token}", settings.worker_url, (account,))
    except Denied as error:
        wrong = f"A token of our own is not taken: {error.what} ({clipped(error.detail)})"
        yield failed(wrong, "Correct MMM_CERTS_URL and MMM_TOKEN_ISSUER, or leave them out: Google's are the default.")
        return
    yield ok(f"This process is {account}; tokens for {settings.worker_url} can be made and checked.")


def look_at_worker(subject: Subject) -> Iterator[Finding]:
    """Ask the worker how it is, and see that it does nothing for those who show no token."""
    url = subject.settings.worker_url.rstrip("/")
    start = (
        "mmm serve worker" if on_this_machine(url) else f"gcloud run services list --project={subject.settings.project}"
    )
    see = f"Correct MMM_WORKER_URL, or see that it runs: {start}"
    try:
        with requests.Session() as session:
            health = session.get(f"{url}/health", headers=_signed(subject), timeout=TIMEOUT, allow_redirects=False)
            # There is no such step: whoever gets past the door is told so, and nothing happens.
            door = session.post(f"{url}/tasks/none", json={}, timeout=TIMEOUT, allow_redirects=False)
            forged = session.post(
                f"{url}/tasks/none", json={}, headers=_forged(subject), timeout=TIMEOUT, allow_redirects=False
            )
    except requests.RequestException as error:
        yield failed(f"The worker does not answer at {url} ({type(error).__name__}).", see)
        return
    if (health.status_code, door.status_code) == (404, 404):
        yield _not_found(subject, url, see)
    elif door.status_code not in TURNED_AWAY:
        said = f"{url} answers {door.status_code} to a call without a token, where it should turn it away."
        yield failed(
            said, f"See that this is the worker, of this release, and that only its callers may invoke it. {see}"
        )
    elif forged.status_code not in TURNED_AWAY:
        said = f"{url} takes a token that nobody signed: it believes that Cloud Run checks its callers, and none does."
        yield failed(
            said,
            "Let only its callers invoke it: terraform apply. Until then: MMM_TOKENS_CHECKED_BY=worker, and no task is "
            "taken whose signature was removed.",
        )
    elif health.status_code in TURNED_AWAY:
        # Only the accounts of the queues and of the training may call it; we are neither.
        yield ok(f"The worker stands at {url} and turns away all but its callers, us too.")
    elif health.status_code == 200:
        yield ok(f"The worker is up at {url} and turns away who shows no token.")
    else:
        yield failed(f"The worker answers {health.status_code} at {url}/health.", see)


def _not_found(subject: Subject, url: str, see: str) -> Finding:
    """Google says so of what is not there, and of what only its own networks may reach."""
    if subject.part == "worker":
        return skipped(f"{url} is not found from here, as where only Google's own networks may reach it. We run in it.")
    return failed(f"Nothing is found at {url}, or only Google's own networks may reach it (worker_ingress).", see)


def _signed(subject: Subject) -> dict[str, str]:
    try:
        token = subject.cloud.identity.token(subject.settings.worker_url)
    except Unavailable:
        return {}
    subject.seen.add(token)
    return {"Authorization": f"Bearer {token}"}


def _forged(subject: Subject) -> dict[str, str]:
    """What a token of the queues' account would look like once Cloud Run had taken its signature off."""
    settings, now = subject.settings, int(subject.clock.now().timestamp())
    claims = {
        "iss": settings.token_issuer,
        "aud": settings.worker_url,
        "email": settings.tasks_account,
        "email_verified": True,
        "iat": now,
        "exp": now + 60,
    }
    parts = [
        urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=")
        for one in ({"alg": ALGORITHM, "kid": "doctor", "typ": "JWT"}, claims)
    ]
    return {"Authorization": f"Bearer {'.'.join(parts)}.{REMOVED}"}


def _of_identity(settings: Settings) -> tuple[str, ...]:
    return (settings.certs_url,)


def _of_worker(settings: Settings) -> tuple[str, ...]:
    return (settings.worker_url,)


CHECKS = (
    Check("identity", look_at_tokens, seconds=30.0, asks=_of_identity),
    Check("worker", look_at_worker, seconds=60.0, asks=_of_worker),
)
