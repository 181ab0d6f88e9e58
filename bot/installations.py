"""Workspaces that installed the app: which, since when, and where the token of each is kept. No token stands here.

Where a deployment serves one workspace, there are none of these.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from engine import paths
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Document, Storage
from engine.errors import BrokenState, Conflict, Unavailable
from engine.settings import Settings

log = logging.getLogger(__name__)

TEAM = re.compile(r"T[A-Z0-9]{1,30}")
TRIES = 8


class Installation(BaseModel):
    """One workspace's installation. `token` is a secret's version, `left_at` when the workspace removed the app."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    team: str
    name: str
    bot_user: str
    who: str
    scopes: tuple[str, ...]
    token: str
    installed_at: datetime
    left_at: datetime | None = None


def may_install(settings: Settings, team: str) -> bool:
    """Whether a workspace is one of those that this deployment takes: by its exact id."""
    return bool(TEAM.fullmatch(team)) and ("*" in settings.workspaces or team in settings.workspaces)


def token_secret(settings: Settings, team: str) -> str:
    """The name of the secret that holds a workspace's token."""
    return f"projects/{settings.project}/secrets/{settings.queue_prefix}-slack-token-{team}"


def read_installation(storage: Storage, team: str) -> Installation | None:
    """Return a workspace's installation, also one that is over; None if there never was one."""
    document = storage.read(paths.installation(team))
    return _parse(document) if document else None


def installed_teams(storage: Storage) -> Iterator[str]:
    """The workspaces that ever installed the app, by id."""
    for entry in storage.list(paths.INSTALLATIONS):
        yield entry.path.removeprefix(paths.INSTALLATIONS).removesuffix(".json")


def install(cloud: Cloud, wanted: Installation, token: str) -> Installation:
    """Keep a workspace's token and remember its installation; the one before counts no more."""
    settings = cloud.settings
    version = cloud.secrets.keep(token_secret(settings, wanted.team), token, region=settings.region)
    installed = wanted.model_copy(update={"token": version})
    for _ in range(TRIES):
        document = cloud.storage.read(paths.installation(wanted.team))
        if document is not None and _version(_parse(document).token) > _version(version):
            # Somebody installed it at the same time, and their token is the one that works.
            return _parse(document)
        with suppress(Conflict):
            _write(cloud.storage, installed, document)
            return installed
    raise Unavailable("The installation is being changed by others.", "Try again.")


def leave(cloud: Cloud, team: str, at: datetime) -> None:
    """A workspace removed the app: its token is read no more. Slack says so late, and more than once.

    What was installed after `at` stays.
    """
    for _ in range(TRIES):
        document = cloud.storage.read(paths.installation(team))
        if document is None:
            return
        installed = _parse(document)
        if at < installed.installed_at.replace(microsecond=0):
            log.info("%s left before it installed the app again", team)
            return
        try:
            if installed.left_at is None:
                _write(cloud.storage, installed.model_copy(update={"left_at": at}), document)
        except Conflict:
            continue
        cloud.secrets.disable(installed.token)
        log.warning("%s removed the app; its token is disabled", team)
        return
    raise Unavailable("The installation is being changed by others.", "Try again.")


def _write(storage: Storage, installation: Installation, over: Document | None) -> None:
    """Write over exactly what was read. Raises Conflict, also where nothing was there and now is."""
    if over is None:
        storage.create(paths.installation(installation.team), installation)
    else:
        storage.swap(over.path, installation, over.generation)


def _version(reference: str) -> int:
    return int(reference.rpartition("/")[2])


def _parse(document: Document) -> Installation:
    try:
        return Installation.model_validate(document.body)
    except ValidationError as error:
        raise BrokenState(f"{document.path} cannot be read.", detail=str(error)) from error
