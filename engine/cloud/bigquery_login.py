"""Who reads BigQuery: the service's own account, or one whose key a connection names. Nobody else gets its tokens."""

import json
import os
from typing import Any
from urllib.parse import urlsplit

import google.auth
from google.auth.credentials import Credentials
from google.oauth2 import service_account

from engine.errors import Refused

SCOPES = ("https://www.googleapis.com/auth/bigquery",)
# Where Google gives tokens for keys. A key names the address itself, and what it names is told a signed proof.
TOKEN_ADDRESSES = ("https://oauth2.googleapis.com/token", "https://accounts.google.com/o/oauth2/token")
HOME = ("127.0.0.1", "localhost")


def own_account(url: str) -> Credentials:
    """The account that the service runs as. url: BigQuery's address, empty for the real one.

    Raises Refused where that account is one of a stand-in's: what it hands out is for this machine alone.
    """
    host = os.environ.get("GCE_METADATA_HOST", "")
    if not url and urlsplit(f"//{host}").hostname in HOME:
        raise Refused(
            "This server has no Google account of its own.",
            "Store the key of a service account, and name it in the connection.",
        )
    credentials, _ = google.auth.default(scopes=SCOPES)
    return credentials


def account_of_key(key: str, url: str) -> Credentials:
    """The service account of a key in JSON. Raises Refused for what is none."""
    try:
        told: Any = json.loads(key)
    except ValueError:
        told = None
    if not isinstance(told, dict) or told.get("type") != "service_account":
        raise _no_key("it is not the JSON of a service account's key")
    address = str(told.get("token_uri", ""))
    at_home = bool(url) and urlsplit(url).hostname in HOME and urlsplit(address).hostname in HOME
    if address not in TOKEN_ADDRESSES and not at_home:
        raise _no_key("it names another place than Google's for its tokens")
    try:
        make: Any = service_account.Credentials.from_service_account_info
        credentials: Credentials = make(told, scopes=SCOPES)
    except (ValueError, KeyError, TypeError) as error:
        raise _no_key("it is not whole", type(error).__name__) from error
    return credentials


def _no_key(why: str, detail: str = "") -> Refused:
    return Refused(
        f"The connection's key cannot be used: {why}.",
        "An operator must store the JSON file of a service account's key in the secret that the connection names.",
        detail=detail,
    )
