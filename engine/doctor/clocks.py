"""The clock: Slack's signatures and Google's tokens count by it."""

from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import partial

import requests

from engine.doctor.report import Finding, failed, ok, skipped, warning
from engine.doctor.subject import Check, Subject, of_storage
from engine.settings import Settings

# A signature that is older counts as replayed.
SLACK_ALLOWS = timedelta(seconds=300)
UNEASY = timedelta(seconds=60)
TIMEOUT = 8.0
GOOGLE = "https://storage.googleapis.com/"
SET = "Have the clock set by the network: sudo timedatectl set-ntp true"


def look(whose: str, subject: Subject) -> Iterator[Finding]:
    """Compare our clock with the date of somebody's answer, whatever it answers."""
    settings = subject.settings
    url = settings.slack_url if whose == "Slack" else settings.storage_url or GOOGLE
    before = subject.clock.now()
    try:
        with requests.get(url, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
            told = answer.headers.get("date", "")
        theirs = parsedate_to_datetime(told)
    except (requests.RequestException, ValueError) as error:
        yield skipped(f"{whose} tells no time ({type(error).__name__}).")
        return
    after = subject.clock.now()
    # Their date has no fractions; the answer took its way.
    off = max(theirs - after, before - theirs - timedelta(seconds=1), timedelta(0))
    which = "behind" if theirs > after else "ahead"
    said = f"Our clock is {off.total_seconds():.0f} seconds {which} of {whose}'s"
    if off > SLACK_ALLOWS:
        yield failed(f"{said}: Slack's requests look replayed and are refused, and logins fail.", SET)
    elif off > UNEASY:
        yield warning(f"{said}; at {SLACK_ALLOWS.seconds} seconds Slack's requests are refused.", SET)
    else:
        yield ok(f"Our clock and {whose}'s agree.")


def _of_slack(settings: Settings) -> tuple[str, ...]:
    return (settings.slack_url,)


CHECKS = (
    Check("clock (Slack)", partial(look, "Slack"), asks=_of_slack),
    Check("clock (Google)", partial(look, "Google"), asks=of_storage),
)
