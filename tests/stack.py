"""The whole product for a test, in this process: the three stand-ins and both services on loopback ports.

Only trainings are processes of their own, as in production.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from google.auth.compute_engine import _metadata

from bot.service import create_app
from bot.slack.addresses import INSTALL, REDIRECT
from bot.slack.manifest import source
from engine.cloud.cloud import Cloud
from engine.settings import Settings, read_settings
from local import seed, workspace
from local.addresses import Addresses
from local.bigquery.app import BigQueryApi
from local.environment import job_environment, secret_reference, service_environment, state_folders
from local.faults import Faults
from local.google.app import Project
from local.google.app import create_app as create_google
from local.guard import SameOrigin
from local.person import Person
from local.serving import free_ports, serving
from local.slack.app import create_app as create_slack
from local.slack.slack import Slack
from local.snowflake.app import create_app as create_snowflake
from tests.words import WORD

REPOSITORY = Path(__file__).resolve().parent.parent
# Three seconds is what Slack gives us. Here everything shares one process on a busy machine, and tests are about
# what is answered: how soon is measured by the benchmarks. A test of lateness sets these itself.
PATIENT = {
    "local.slack.transport.ACK_SECONDS": 20.0,
    "local.slack.state.tickets.TRIGGER_SECONDS": 20.0,
    "bot.slack.app.ANSWER_SECONDS": 15.0,
    "bot.slack.app.TOLD_AFTER": 17.0,
}


@dataclass
class Stack:
    """The running product and everything a test may look at or break."""

    at: Addresses
    settings: Settings
    cloud: Cloud
    slack: Slack
    slack_faults: Faults
    google_faults: Faults
    snowflake_faults: Faults
    job_logs: Path
    ana: Person
    ben: Person
    bigquery: BigQueryApi
    south: Slack
    """Another workspace, where the app is one that workspaces install."""


@contextlib.contextmanager
def stack(state: Path, *, several: bool = False, **settings: str) -> Iterator[Stack]:
    """Run the product over `state` until the block ends. Keywords replace settings.

    several: workspaces install the app themselves; none has yet.
    """
    at = Addresses(free_ports(5), WORD)
    folders = state_folders(state)
    keys = seed.prepare(folders, job_environment(at), WORD)
    slack = Slack(folders["slack"], public_url=at.slack)
    south = Slack(folders["slack"] / "south", public_url=at.slack, team=workspace.SOUTHWIND)
    faults = [Faults(), Faults(), Faults()]
    project = Project(
        word=WORD,
        job_command=[sys.executable, "-m", "engine.training_job"],
        job_env=job_environment(at),
        job_folder=REPOSITORY,
    )
    bigquery = BigQueryApi(folders["google"] / "bigquery", project.name, project.account, WORD)
    google = create_google(
        folders["google"], public_url=at.google, project=project, faults=faults[1], bigquery=bigquery
    )
    snowflake = create_snowflake(
        folders["snowflake"],
        public_keys=keys.snowflake_users,
        word=WORD,
        faults=faults[2],
    )
    slack_app = create_slack(
        folders["slack"],
        app_url=at.bot,
        public_url=at.slack,
        word=WORD,
        manifest=_declared(state, at) if several else REPOSITORY / "app_manifest.yaml",
        slack=slack,
        faults=faults[0],
        others=[south],
    )
    if several:
        (folders["google"] / "secrets" / CLIENT_SECRET).write_text(workspace.CLIENT_SECRET)
        settings = _of_several(at) | settings
    environment = service_environment(at) | {f"MMM_{name.upper()}": value for name, value in settings.items()}
    with contextlib.ExitStack() as running:
        running.enter_context(mock.patch.dict(os.environ, environment))
        # The library reads the metadata host once, when it is imported.
        running.enter_context(mock.patch.object(_metadata, "_GCE_METADATA_HOST", at.metadata))
        for limit, seconds in PATIENT.items():
            running.enter_context(mock.patch(limit, seconds))
        running.enter_context(serving(google, at.base + 1))
        running.enter_context(serving(snowflake, at.base + 2))
        given = read_settings()
        cloud = Cloud(given)
        running.enter_context(serving(SameOrigin(create_app(given, "worker")), at.base + 4))
        running.enter_context(serving(SameOrigin(create_app(given, "bot"), (INSTALL, REDIRECT)), at.base + 3))
        running.enter_context(serving(slack_app, at.base))
        ana, ben = Person(at.slack), Person(at.slack, "U0BEN")
        running.callback(ana.close)
        running.callback(ben.close)
        yield Stack(
            at,
            given,
            cloud,
            slack,
            *faults,
            folders["google"] / "logs",
            ana=ana,
            ben=ben,
            bigquery=bigquery,
            south=south,
        )


CLIENT_SECRET = "slack-client-secret"


def _of_several(at: Addresses) -> dict[str, str]:
    """The settings of a deployment that workspaces install."""
    return {
        "slack_client_id": workspace.CLIENT_ID,
        "slack_client_secret": secret_reference(CLIENT_SECRET),
        "public_url": at.bot,
        "workspaces": json.dumps([workspace.TEAM_ID, workspace.SOUTHWIND.id]),
        "workspace": "",
        "slack_token_secret": "",
        "app_id": workspace.APP_ID,
    }


def _declared(state: Path, at: Addresses) -> Path:
    """A manifest whose redirect address is on this machine, which the real Slack would not take."""
    manifest = source()
    manifest["oauth_config"]["redirect_urls"] = [f"{at.bot}{REDIRECT}"]
    path = state / "manifest.json"
    path.write_text(json.dumps(manifest))
    return path
