"""The job's call to the worker: something is there to be read. The worker would find out by itself, only later."""

import logging
from typing import Literal

import requests

from engine.cloud.identity import Identity
from engine.errors import Unavailable
from engine.job.settings import JobSettings

log = logging.getLogger("training_job")


def call_back(settings: JobSettings, news: Literal["preview", "finished"]) -> None:
    """Tell the worker. That it does not answer is no failure."""
    if not settings.worker_url:
        return
    identity = Identity(certs_url="", issuer="")
    try:
        token = identity.token(settings.worker_url)
        answer = requests.post(
            f"{settings.worker_url}/callbacks/{news}",
            json={"run": settings.run, "attempt": settings.attempt, "workspace": settings.workspace},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            allow_redirects=False,  # the token is for the worker alone
        )
        answer.raise_for_status()
        if answer.is_redirect:
            log.warning("the worker's address answers with another one: %s", answer.headers.get("location"))
    except (Unavailable, requests.RequestException) as error:
        log.info("the worker was not told: %s", error)
