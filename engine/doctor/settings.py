"""The settings: everything wrong at once, what looks misspelt, and what will surprise somebody later."""

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_settings import SettingsError

from engine.doctor.report import Finding, failed, ok, warning
from engine.doctor.subject import Subject, on_this_machine
from engine.job.settings import JobSettings
from engine.settings import Settings, problems_of

CHECK = "settings"
PREFIX = "MMM_"
# Variables of ours that are no settings of the services: the embedded server's, and R's. A training's are known, too.
OTHERS = ("MMM_EMBEDDED_STATE", "MMM_SLACK_BOT_TOKEN", "MMM_SLACK_APP_TOKEN", "MMM_PYTHON")
PASSWORDS = ("SNOWFLAKE_PASSWORD", "MMM_SNOWFLAKE_PASSWORD")
ALIKE = 0.82
# Settings that Terraform has variables of their own for; all others go into its `settings`.
_IN_TERRAFORM = {
    "workspace": "slack_workspace",
    "channel_default": "slack_channel_default",
    "project": "project",
    "region": "region",
    "bucket_root": "bucket_root",
    "trainers": "trainers",
    "run_timeout": "training_timeout",
    "job_workers": "training_cpu",
    **{
        f"snowflake_{key}": f"snowflake.{key}" for key in ("account", "user", "role", "warehouse", "database", "schema")
    },
    **{
        key: f"access.{key}"
        for key in (
            *("email_domains", "role_default", "admins", "analysts", "viewers", "admin_group", "analyst_group"),
            *("viewer_group", "contact", "app_id", "enterprise"),
        )
    },
}
SHAPES = {
    "workspace": (re.compile(r"T[A-Z0-9]+"), "a team id, such as T012345"),
    "channel_default": (re.compile(r"[CGD][A-Z0-9]+"), "a channel id, such as C012345; no name"),
    "app_id": (re.compile(r"A[A-Z0-9]+"), "an app id, such as A012345"),
    "enterprise": (re.compile(r"E[A-Z0-9]+"), "an organisation's id, such as E012345"),
    **dict.fromkeys(
        ("admin_group", "analyst_group", "viewer_group"),
        (re.compile(r"S[A-Z0-9]+"), "a user group's id, such as S012345"),
    ),
}


def variable(setting: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + setting.upper()


def place_of(setting: str) -> str:
    """Where a setting is set: the variable, and what Terraform calls it."""
    terraform = _IN_TERRAFORM.get(setting, f"settings = {{ {variable(setting)} = … }}")
    return f"{variable(setting)} (in Terraform: {terraform})"


def look_at_names(environment: Mapping[str, str]) -> Iterator[Finding]:
    """What is set and read by nobody, and what cannot be read. Needs no valid settings."""
    known = [variable(name) for name in Settings.model_fields]
    of_trainings = [variable(name) for name in JobSettings.model_fields]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in (*known, *of_trainings, *OTHERS, *PASSWORDS):
            meant = next(iter(get_close_matches(name, known, n=1, cutoff=ALIKE)), "")
            if meant and meant not in environment:
                yield failed(f"{name} is read by nobody; it looks like {meant}.", f"Rename {name} to {meant}.")
            else:
                yield warning(f"{name} is read by nobody.", f"Remove {name}; docs/settings.md lists every setting.")
    for name in PASSWORDS:
        if name in environment:
            gone = "Snowflake takes no passwords of service users any more"
            yield failed(f"{name} is set, and nobody reads it: {gone}.", "Use a key pair: MMM_SNOWFLAKE_KEY_SECRET.")
    for name, value in environment.items():
        if name in known and value != value.strip():
            yield warning(f"{name} begins or ends with a space.", f"Write {name} without it.")


def look_at_values(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Everything that keeps the settings from being read."""
    broken = set()
    for setting, field in Settings.model_fields.items():
        text = environment.get(variable(setting))
        if text is not None and str(field.annotation).startswith("tuple") and not _is_list(text):
            broken.add(variable(setting))
            yield failed(
                f"{variable(setting)} is no list.", f"""Write it as JSON: {variable(setting)}='["one", "two"]'."""
            )
    if broken:
        return
    try:
        Settings()
    except ValidationError as error:
        for name, message in problems_of(error).items():
            setting = name.removeprefix(PREFIX).partition(".")[0].lower()
            about = Settings.model_fields[setting].description if setting in Settings.model_fields else ""
            state = "is not set" if name not in environment else "is wrong"
            said = message.removeprefix("Value error, ")
            yield failed(f"{name} {state}: {said}.", f"Set {place_of(setting)}. {about}".strip())
    except SettingsError as error:
        yield failed(f"The settings cannot be read: {error}.", "Correct the one that is named.")


def _is_list(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False


def look(subject: Subject) -> Iterator[Finding]:
    """The settings of a deployment that could be read."""
    wrong = [*look_at_names(subject.environment), *_shapes(subject.settings), *_surprises(subject.settings)]
    yield from wrong
    if not wrong:
        told = sum(1 for name in Settings.model_fields if variable(name) in subject.environment)
        yield ok(f"All settings can be read: {told} are given, the others have their defaults.")


def _shapes(settings: Settings) -> Iterator[Finding]:
    for setting, (shape, wanted) in SHAPES.items():
        value = getattr(settings, setting)
        if value and not shape.fullmatch(value):
            yield failed(f"{variable(setting)} is “{value}”, which is not {wanted}.", f"Correct {place_of(setting)}.")


def _surprises(settings: Settings) -> Iterator[Finding]:
    if not (settings.admins or settings.admin_group or settings.role_default == "admin"):
        nobody = "Nobody is an admin: nobody may type /mmm doctor, and refused people are sent to nobody."
        yield warning(nobody, f"Name somebody in {place_of('admins')}, by user id or e-mail address.")
    if settings.snowflake_account and not (settings.snowflake_user and settings.snowflake_key_secret):
        lacks = variable("snowflake_key_secret" if settings.snowflake_user else "snowflake_user")
        yield failed(f"MMM_SNOWFLAKE_ACCOUNT is set and {lacks} is not.", f"Set {lacks}; or unset the account.")
    for setting in ("worker_url", "slack_url", "storage_url", "tasks_url", "run_url", "secrets_url", "certs_url"):
        url = getattr(settings, setting)
        if url.startswith("http://") and not on_this_machine(url):
            yield failed(f"{variable(setting)} is not encrypted, and not on this machine.", "Write it with https://.")
    if not settings.slack_url.endswith("/"):
        yield failed("MMM_SLACK_URL has no slash at its end.", f"Write {settings.slack_url}/.")
