"""The settings of a team's server on one machine: what it decides by itself, and what may be chosen."""

import json
import os
from collections.abc import Mapping

from engine.robyn.installed import missing
from local import workspace
from local.addresses import Addresses
from local.embedded.folder import Folder
from local.embedded.tokens import TOKENS

LOOPBACK = "127.0.0.1,localhost"
# They would send the Google clients elsewhere, or belong to no part.
NOT_PASSED_ON = (*TOKENS, "GOOGLE_APPLICATION_CREDENTIALS", "MMM_SLACK_SIGNING_SECRET")


def surroundings(folder: Folder, given: Mapping[str, str]) -> dict[str, str]:
    """What every part is told besides its own: the environment, without tokens and without ways to a real cloud."""
    kept = {name: value for name, value in given.items() if name not in NOT_PASSED_ON}
    proxies = {name: f"{kept[name]},{LOOPBACK}" if kept.get(name) else LOOPBACK for name in ("NO_PROXY", "no_proxy")}
    # Credentials that gcloud keeps for its user are not ours.
    ours = {"CLOUDSDK_CONFIG": str(folder.google / "no-gcloud"), "MMM_EMBEDDED_STATE": str(folder.path)}
    return {**kept, **proxies, **ours}


def cloud(at: Addresses) -> dict[str, str]:
    """Where Google's services are, for services and trainings alike."""
    return {
        "GCE_METADATA_HOST": at.metadata,
        "GCE_METADATA_IP": at.metadata,
        "MMM_PROJECT": workspace.PROJECT,
        "MMM_REGION": workspace.REGION,
        "MMM_BUCKET": workspace.BUCKET,
        "MMM_BUCKET_ROOT": "",
        "MMM_STORAGE_URL": at.google,
        "MMM_WORKER_URL": at.worker,
    }


def job(at: Addresses) -> dict[str, str]:
    """What a training is told: it runs as an account of its own."""
    told = cloud(at)
    return {**told, "GCE_METADATA_HOST": f"{told['GCE_METADATA_HOST']}/as/{workspace.JOB_ACCOUNT}"}


def services(at: Addresses, given: Mapping[str, str]) -> dict[str, str]:
    """The settings of bot and worker, but for Slack's: what was `given` goes before what we suggest."""
    cores = os.cpu_count() or 1
    workers = min(4, cores)
    suggested = {
        "MMM_JOB_WORKERS": str(workers),
        "MMM_MAX_RUNNING": str(max(1, cores // workers)),
        "MMM_TRAINERS": json.dumps(["native"] if missing() else ["native", "robyn"]),
        # Nothing is far away: look often, give up soon. A restart of the machine costs an attempt.
        "MMM_WATCH_SECONDS": "5",
        "MMM_CLAIM_SETTLE": "10",
        "MMM_START_TIMEOUT": "180",
        "MMM_MAX_ATTEMPTS": "5",
    }
    fixed = {
        **cloud(at),
        "MMM_TASKS_URL": at.google,
        "MMM_RUN_URL": at.google,
        "MMM_SECRETS_URL": at.google,
        "MMM_CERTS_URL": at.certs,
        "MMM_TOKEN_ISSUER": "https://accounts.google.com",
        "MMM_TOKENS_CHECKED_BY": "worker",
        "MMM_TASKS_ACCOUNT": workspace.TASKS_ACCOUNT,
        "MMM_JOB_ACCOUNT": workspace.JOB_ACCOUNT,
        "MMM_QUEUE_PREFIX": "mmm",
        "MMM_TRAINING_JOB": workspace.JOB,
    }
    return {**suggested, **{name: given[name] for name in suggested if given.get(name)}, **fixed}
