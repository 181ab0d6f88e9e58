"""All checks together: for whoever types `mmm doctor`, and for the worker, which does it for admins in Slack."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.access import Role, Standing, may
from bot.act import Services
from bot.installations import installed_teams, read_installation
from bot.slack import doctor as slack
from bot.tenants import settings_of
from engine import paths
from engine.clock import Clock, SystemClock
from engine.cloud.cloud import Cloud
from engine.cloud.once import Once
from engine.doctor.checks import CHECKS, SETTINGS
from engine.doctor.examine import examine, of_error, unexamined
from engine.doctor.reach import reachable
from engine.doctor.report import Finding, Report
from engine.doctor.settings import look_at_names, look_at_values
from engine.doctor.subject import Check, Part, Subject, part_of
from engine.doctor.views import CHECK, mended
from engine.errors import MmmError
from engine.ports import Messenger, Notice
from engine.settings import Settings

log = logging.getLogger(__name__)

# Whoever looks wants to know what is so now, not in a minute.
PATIENCE_SECONDS = 4.0
ALL: tuple[Check, ...] = (SETTINGS, *slack.CHECKS, *CHECKS)


def look_from_here(part: Part | None = None, clock: Clock | None = None) -> Report:
    """Examine what this process's environment describes, with its rights."""
    wrong = _unreadable(os.environ)
    if wrong:
        return Report((*wrong, *unexamined(ALL[1:], "The settings must be right first.")))
    return examined(Settings(), clock or SystemClock(), part or part_of(os.environ), ALL)


def examined(settings: Settings, clock: Clock, part: Part, checks: Sequence[Check] = ALL) -> Report:
    """Examine one deployment, or one of its workspaces, with clients of our own: nothing is remembered."""
    cloud = Cloud(settings, patience=PATIENCE_SECONDS)
    subject = Subject(settings, cloud, clock, dict(os.environ), part)
    askable, down = reachable(subject, checks)
    return Report((*down, *examine(subject, askable).findings))


def repair_from_here(part: Part | None = None, clock: Clock | None = None) -> Report:
    """Have every list and look-up say what is stored, in each workspace that is served, and tell what differed.

    Then examine as `look_from_here`.
    """
    if _unreadable(os.environ):
        return look_from_here(part, clock)
    # In this order: what was mended is not told as amiss.
    done = tuple(_mended(Settings(), clock or SystemClock()))
    return Report((*done, *look_from_here(part, clock).findings))


def _mended(settings: Settings, clock: Clock) -> Iterator[Finding]:
    cloud = Cloud(settings)
    try:
        if not settings.many or settings.workspace:
            yield from mended(cloud, clock)
            return
        for team in list(installed_teams(cloud.storage)):
            installed = read_installation(cloud.storage, team)
            if installed is not None and installed.left_at is None:
                own = cloud.of(settings_of(settings, installed))
                yield from (replace(one, found=f"{team}: {one.found}") for one in mended(own, clock))
    except MmmError as error:
        yield of_error(error).of(CHECK)


def look_for(services: Services, messenger: Messenger, standing: Standing, payload: Mapping[str, str | int]) -> None:
    """Examine a workspace's deployment for one of its admins, and tell them alone.

    Past the outbox: where the bucket is what is broken, nothing leaves it.
    """
    who = str(payload["who"])
    if standing.sure and not may(standing, Role.ADMIN):
        log.warning("doctor: %s may not (%s)", who, standing.rule)
        return
    report = examined(services.settings, services.clock, part_of(os.environ))
    notice = Notice(
        key=f"doctor-{payload['key']}",
        kind="doctor_report",
        workspace=services.settings.workspace,
        user=who,
        data=report.as_json(),
        # When it was asked for: an answer that an earlier delivery gave is looked for from there.
        created_at=datetime.fromtimestamp(int(payload["at"]), UTC),
    )
    with Once(services.cloud.storage, services.clock).hold(paths.notice(notice.key), regardless=True) as held:
        if not held.done:
            messenger.deliver(notice, held)
            held.settle()


def _unreadable(environment: Mapping[str, str]) -> list[Finding]:
    """What keeps the settings from being read, and, if anything does, what looks misspelt besides."""
    values = list(look_at_values(environment))
    found = [*values, *look_at_names(environment)] if values else []
    return [replace(finding, check=SETTINGS.name) for finding in found]
