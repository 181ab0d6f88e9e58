"""The one command that stores what proves a connection: typed by whoever looks after the service, never in Slack."""

import shlex

from engine.cloud.connection import Connection
from engine.settings import Settings

# What each way of proving oneself is kept in, on the machine of whoever stores it.
FILES = {"key_pair": "rsa_key.p8", "service_account": "key.json", "password": "password.txt"}


def store_command(connection: Connection, settings: Settings, *, again: bool = False) -> str:
    """Return the command that stores the connection's secret for the first time, or, `again`, its next version."""
    file, name = FILES.get(connection.auth, "secret"), shlex.quote(connection.secret)
    if settings.secrets_url:  # a stand-in keeps the secrets, and gcloud does not reach it
        where = "--demo" if settings.snowflake_protocol == "http" else "--embedded"
        return f"mmm secret {name} {file} {where}"
    project = f"--project={shlex.quote(settings.project)}"
    if again:
        return f"gcloud secrets versions add {name} {project} --data-file={file}"
    place = f"--replication-policy=user-managed --locations={shlex.quote(settings.region)}"
    return f"gcloud secrets create {name} {project} {place} --data-file={file}"
