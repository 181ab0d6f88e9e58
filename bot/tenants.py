"""Whom the app works for: one workspace, or each of those that installed it, apart from all others.

A workspace's `Services` are the only way to its state, its tasks and its token. They are found by the team id of a
request that Slack signed, or of a task that we queued ourselves, and by nothing that a person can write.
"""

import threading
import time
from dataclasses import dataclass
from typing import Protocol

from bot.act import Services
from bot.installations import Installation, may_install, read_installation
from bot.slack.addresses import INSTALL
from engine.errors import Denied, Unavailable
from engine.paths import workspace_root
from engine.settings import Settings

# An installation is looked at again after this long; a workspace that is new is looked for every time.
KEPT_SECONDS = 20.0
# While storage does not answer, what was known is better than nothing.
STALE_SECONDS = 15.0


class Tenants(Protocol):
    """Finds the services of a workspace."""

    def of(self, team: str) -> Services:
        """What works for a workspace. Raises Denied if the app does not, Unavailable if nobody can tell."""
        ...

    def forget(self, team: str) -> None:
        """Look anew at the next request: something has changed."""
        ...


def tenants_of(services: Services) -> Tenants:
    """The workspaces of a deployment."""
    return Several(services) if services.settings.many else One(services)


@dataclass(frozen=True)
class One:
    """The deployment is the workspace's own. That a request comes from it is checked with everything else about it."""

    services: Services

    def of(self, team: str) -> Services:
        return self.services

    def forget(self, team: str) -> None:
        """There is nothing that could change."""


@dataclass(frozen=True)
class _Known:
    until: float
    installed: Installation
    services: Services


class Several:
    """Each workspace that installed the app."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[str, _Known] = {}
        self._locks: dict[str, threading.Lock] = {}

    def of(self, team: str) -> Services:
        known = self._known.get(team)
        if known is None or time.monotonic() >= known.until:
            # One after the other: a workspace's services are built once. One workspace holds up no other.
            with self._lock_of(team):
                known = self._known.get(team)
                if known is None or time.monotonic() >= known.until:
                    known = self._known[team] = self._look(team, known)
        return known.services

    def forget(self, team: str) -> None:
        with self._lock_of(team):
            self._known.pop(team, None)

    def _lock_of(self, team: str) -> threading.Lock:
        return self._locks.setdefault(team, threading.Lock())

    def _look(self, team: str, known: _Known | None) -> _Known:
        settings = self._services.settings
        if not may_install(settings, team):
            raise Denied("This app serves other workspaces.", "Ask for a deployment of your own.", detail=team)
        try:
            installed = read_installation(self._services.cloud.storage, team)
        except Unavailable:
            if known is None:
                raise
            return _Known(time.monotonic() + STALE_SECONDS, known.installed, known.services)
        if installed is None or installed.left_at is not None:
            self._known.pop(team, None)
            raise Denied("This app is not installed in your workspace.", f"Install it: {settings.public_url}{INSTALL}")
        until = time.monotonic() + KEPT_SECONDS
        if known is not None and known.installed == installed:
            return _Known(until, installed, known.services)
        own = settings_of(settings, installed)
        return _Known(until, installed, Services(own, self._services.cloud.of(own), self._services.clock))


def settings_of(settings: Settings, installed: Installation) -> Settings:
    """The settings of a deployment as they are for one of its workspaces."""
    team = installed.team
    own = {
        "workspace": team,
        "bucket_root": f"{settings.bucket_root.strip('/')}/{workspace_root(team)}".lstrip("/"),
        "slack_token_secret": installed.token,
        # A channel belongs to one workspace; so does what is in the warehouse, unless it says otherwise.
        "channel_default": "",
        "snowflake_account": settings.snowflake_account if team in settings.snowflake_workspaces else "",
    }
    return settings.model_copy(update=own)
