"""The secrets: this very process can read each, and what it reads looks like what it should be."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from engine.doctor.report import Finding, failed, ok, skipped
from engine.doctor.subject import Asks, Check, Part, Subject
from engine.errors import BadSettings
from engine.settings import Settings

HEXADECIMAL = re.compile(r"[0-9a-f]{32}")
SLACK_APP = "https://api.slack.com/apps, your app"


@dataclass(frozen=True)
class Kind:
    """A secret that a setting refers to: who reads it, what it looks like, and where it is found."""

    setting: str
    name: str
    parts: tuple[Part, ...]
    wrong: Callable[[str], str]
    where: str
    needless: str = "Not given, and not needed."


def look(kind: Kind, subject: Subject) -> Iterator[Finding]:
    """Read one secret, and look at its shape. What it is, is told nobody."""
    reference = getattr(subject.settings, kind.setting)
    if not reference:
        yield skipped(kind.needless)
        return
    variable = f"MMM_{kind.setting.upper()}"
    try:
        value = subject.secret(reference)
    except BadSettings as error:
        reason = "is not there, or its account may not read it"
        if reference.startswith("file:"):
            yield failed(f"{variable} names {reference}, which cannot be read.", "Mount the file, or correct the path.")
        else:
            yield failed(f"{variable} names {reference}, which {reason} ({_first(error.detail)}).", _give(reference))
        return
    except UnicodeDecodeError:
        yield failed(f"{variable} names something that is not text.", f"Store it anew ({kind.where}).")
        return
    if problem := _common(value) or kind.wrong(value):
        yield failed(f"The {kind.name} {problem}.", f"{_store(reference)}\nIt is found at {kind.where}.")
    else:
        yield ok(f"The {kind.name} can be read and looks like one.")


def _first(detail: str) -> str:
    line = detail.strip().splitlines()[0] if detail.strip() else "no reason given"
    return line if len(line) <= 160 else f"{line[:159]}…"


def _common(value: str) -> str:
    if not value:
        return "is empty"
    if value[0] in "\"'" and value[-1] == value[0]:
        return "stands in quotes"
    return ""


def _store(reference: str) -> str:
    if reference.startswith("file:"):
        return f"Write it into {reference.removeprefix('file:')}, with mode 600."
    project, secret = _parts(reference)
    return f"Type: gcloud secrets versions add {secret} --project={project} --data-file=-"


def _give(reference: str) -> str:
    project, secret = _parts(reference)
    grant = f"gcloud secrets add-iam-policy-binding {secret} --project={project}"
    return (
        f"{_store(reference)}\n"
        f"and, unless Terraform did: {grant} --member=serviceAccount:… --role=roles/secretmanager.secretAccessor"
    )


def _parts(reference: str) -> tuple[str, str]:
    found = re.match(r"projects/([^/]+)/secrets/([^/]+)", reference)
    return (found[1], found[2]) if found else ("…", "…")


def _signing(value: str) -> str:
    if value.startswith("x"):
        return "is a token, not a signing secret"
    return "" if HEXADECIMAL.fullmatch(value) else "has the wrong shape: it is not 32 hexadecimal digits"


def _begins(prefix: str, value: str) -> str:
    if any(value.startswith(other) for other in ("xoxb-", "xoxp-", "xapp-", "xoxe") if other != prefix):
        return f"is another kind of token: it does not begin with {prefix}"
    return "" if value.startswith(prefix) else f"has the wrong shape: it does not begin with {prefix}"


def _pem(value: str) -> str:
    if value.startswith("-----BEGIN ENCRYPTED"):
        return "is encrypted, and nobody gives us its password"
    if "PUBLIC KEY" in value.partition("\n")[0]:
        return "is the public half; the private one is needed"
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        load_pem_private_key(value.encode(), password=None)
    except (ValueError, TypeError):
        return "has the wrong shape: it is no private key in PEM"
    return ""


_BASIC = f"{SLACK_APP}, Basic Information"
SIGNING = Kind(
    "slack_signing_secret", "signing secret", ("bot",), _signing, _BASIC, "Slack is dialled (Socket Mode): not needed."
)
KINDS = (
    SIGNING,
    Kind(
        "slack_signing_secret_previous", "signing secret before", ("bot",), _signing, _BASIC, "None: not rotated now."
    ),
    Kind(
        "slack_token_secret",
        "bot token",
        ("bot", "worker"),
        partial(_begins, "xoxb-"),
        f"{SLACK_APP}, OAuth & Permissions",
        "Each workspace that installs the app has a token of its own.",
    ),
    Kind(
        "slack_app_token_secret",
        "app-level token",
        ("bot",),
        partial(_begins, "xapp-"),
        f"{_BASIC}, App-Level Tokens",
        "Slack reaches the bot by HTTP: not needed.",
    ),
    Kind("slack_client_secret", "client secret", ("bot",), _signing, _BASIC, "One workspace is served: not needed."),
    Kind(
        "snowflake_key_secret",
        "Snowflake key",
        ("worker",),
        _pem,
        "the person who made it: openssl genrsa 2048 | openssl pkcs8 -topk8 -nocrypt",
        "No warehouse: only CSV files are offered.",
    ),
)


def secret_service(*kinds: str) -> Asks:
    """Secret Manager, where one of these settings refers to it."""

    def asks(settings: Settings) -> tuple[str, ...]:
        there = any(getattr(settings, kind).startswith("projects/") for kind in kinds)
        return (settings.secrets_url,) if there else ()

    return asks


CHECKS = tuple(
    Check(f"secret {kind.name}", partial(look, kind), kind.parts, asks=secret_service(kind.setting)) for kind in KINDS
)
