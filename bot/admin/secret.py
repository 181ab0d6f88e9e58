"""`mmm secret NAME FILE`: store what proves a connection, where gcloud does not reach: on one machine, in the demo."""

import sys
from pathlib import Path

from engine.cloud.cloud import Cloud
from engine.errors import BadInput
from engine.settings import read_settings

BEGINS = "-connection-"
MOST_BYTES = 65_536


def keep_from_here(name: str, file: str) -> str:
    """Make what is in a file the newest version of a connection's secret, by the settings of the environment.

    file: "-" for what is typed or piped in. Returns what is to be told. Raises BadInput, Refused, Unavailable.
    """
    settings = read_settings()
    begins = f"{settings.queue_prefix}{BEGINS}"
    if not name.startswith(begins) or name == begins or "/" in name:
        raise BadInput(f"A connection's secret is called {begins}NAME.", "/mmm connect NAME shows its name.")
    value = _read(file)
    if "PUBLIC KEY" in value:
        raise BadInput(f"{file} holds the public half of a key.", "Store the private one; the warehouse gets this one.")
    if "ENCRYPTED PRIVATE KEY" in value or "Proc-Type: 4,ENCRYPTED" in value:
        todo = f"Take the password off: openssl pkcs8 -topk8 -nocrypt -in {file} -out rsa_key.p8"
        raise BadInput(f"{file} holds a key with a password.", todo)
    Cloud(settings).secrets.keep(f"projects/{settings.project}/secrets/{name}", value, region=settings.region)
    return f"{name} is stored. Test the connection in Slack: /mmm connect."


def _read(file: str) -> str:
    try:
        value = sys.stdin.read() if file == "-" else Path(file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read.", "Check its name.", detail=str(error)) from error
    if not value.strip() or len(value.encode()) > MOST_BYTES:
        raise BadInput(f"{file} is empty, or too large for a secret.", "Name the file that holds the key.")
    return value
