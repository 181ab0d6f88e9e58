"""The settings of a laptop: what the two services and the training job are told about the stand-ins."""

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from local import workspace
from local.addresses import Addresses

SNOWFLAKE_USER = "MMM_SERVICE"
# Another service user, with a key of its own, for a connection that is made in Slack.
SECOND_USER = "NORTH_SERVICE"
SECOND_KEY_SECRET = "mmm-connection-north"
SNOWFLAKE_ACCOUNT = "local"
SLACK_TOKEN_SECRET = "slack-bot-token"
SIGNING_SECRET = "slack-signing-secret"
SNOWFLAKE_KEY_SECRET = "snowflake-private-key"


def secret_reference(name: str) -> str:
    """The reference by which a setting names a secret."""
    return f"projects/{workspace.PROJECT}/secrets/{name}/versions/latest"


def cloud_environment(at: Addresses) -> dict[str, str]:
    """What everything that talks to Google Cloud needs: services and training job alike."""
    return {
        "GCE_METADATA_HOST": at.metadata,
        "GCE_METADATA_IP": at.metadata,
        "MMM_PROJECT": workspace.PROJECT,
        "MMM_REGION": workspace.REGION,
        "MMM_BUCKET": workspace.BUCKET,
        "MMM_STORAGE_URL": at.google,
        "MMM_WORKER_URL": at.worker,
    }


def job_environment(at: Addresses) -> dict[str, str]:
    """What the training job is told. As on Cloud Run it has an account of its own: its metadata server names it."""
    return {**cloud_environment(at), "GCE_METADATA_HOST": f"{at.metadata}/as/{workspace.JOB_ACCOUNT}"}


def service_environment(
    at: Addresses, trainers: Sequence[str] = ("native",), admins: Sequence[str] = ()
) -> dict[str, str]:
    """The settings of the bot and the worker service. trainers: what this machine can train with."""
    return {
        **cloud_environment(at),
        "MMM_WORKSPACE": workspace.TEAM_ID,
        "MMM_CHANNEL_DEFAULT": workspace.MARKETING.id,
        "MMM_TASKS_URL": at.google,
        "MMM_RUN_URL": at.google,
        "MMM_SECRETS_URL": at.google,
        "MMM_CERTS_URL": at.certs,
        "MMM_TASKS_ACCOUNT": workspace.TASKS_ACCOUNT,
        "MMM_JOB_ACCOUNT": workspace.JOB_ACCOUNT,
        "MMM_SLACK_URL": f"{at.slack}/api/",
        "MMM_SLACK_FILES_HOSTS": json.dumps([urlsplit(at.slack).netloc]),
        "MMM_SLACK_SIGNING_SECRET": secret_reference(SIGNING_SECRET),
        "MMM_SLACK_TOKEN_SECRET": secret_reference(SLACK_TOKEN_SECRET),
        "MMM_SNOWFLAKE_ACCOUNT": SNOWFLAKE_ACCOUNT,
        "MMM_SNOWFLAKE_USER": SNOWFLAKE_USER,
        "MMM_SNOWFLAKE_ROLE": "MMM_READER",
        "MMM_SNOWFLAKE_WAREHOUSE": "MMM_WH",
        "MMM_SNOWFLAKE_DATABASE": "MMM",
        "MMM_SNOWFLAKE_SCHEMA": "MARKETING",
        "MMM_SNOWFLAKE_KEY_SECRET": secret_reference(SNOWFLAKE_KEY_SECRET),
        "MMM_SNOWFLAKE_HOST": "127.0.0.1",
        "MMM_SNOWFLAKE_PORT": str(at.base + 2),
        "MMM_SNOWFLAKE_PROTOCOL": "http",
        "MMM_BIGQUERY_URL": at.google,
        "MMM_TRAINERS": json.dumps(list(dict.fromkeys(trainers))),
        "MMM_ADMINS": json.dumps(list(admins)),
        # A laptop's trainings are short: look often, give up soon.
        "MMM_WATCH_SECONDS": "2",
        "MMM_CLAIM_SETTLE": "5",
        "MMM_START_TIMEOUT": "60",
    }


def state_folders(state: Path) -> dict[str, Path]:
    """Where each stand-in keeps its state: secrets, data and words, so for the owner's eyes only."""
    folders = {name: state / name for name in ("slack", "google", "snowflake", "keys", "logs")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    return folders
