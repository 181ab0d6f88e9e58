"""Write `docs/settings.md` anew from the code: `python -m docs.settings`. A test holds the two together."""

import inspect
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from docs.reference import choices, limits
from engine.job.settings import JobSettings
from engine.pipeline import launch
from engine.settings import Settings
from local.addresses import Addresses
from local.embedded import environment
from local.embedded.tokens import TOKENS

PAGE = Path(__file__).parent / "settings.md"
PREFIX = "MMM_"
# Ways to run it, and the least that each takes.
ALWAYS = {"project": "p", "bucket": "b", "worker_url": "https://worker", "tasks_account": "t@p"}
ONE = {**ALWAYS, "workspace": "T0123456", "slack_token_secret": "file:token"}
WAYS: dict[str, dict[str, Any]] = {
    "Socket Mode": {**ONE, "slack_app_token_secret": "file:app"},
    "HTTP": {**ONE, "slack_signing_secret": "file:signing"},
    "several workspaces": {
        **ALWAYS,
        "slack_signing_secret": "file:signing",
        "slack_client_id": "1.2",
        "slack_client_secret": "file:client",
        "public_url": "https://bot.example.com",
        "workspaces": ("T0123456",),
    },
}
GROUPS: dict[str, tuple[str, ...]] = {
    "One workspace": ("workspace", "channel_default"),
    "Several workspaces, which install the app": (
        *("slack_client_id", "slack_client_secret", "public_url", "workspaces", "snowflake_workspaces"),
    ),
    "Who gets in": (
        *("enterprise", "app_id", "email_domains", "role_default", "admins", "analysts", "viewers"),
        *("admin_group", "analyst_group", "viewer_group", "contact"),
    ),
    "Slack": (
        *("slack_signing_secret", "slack_signing_secret_previous", "slack_token_secret", "slack_app_token_secret"),
        *("slack_url", "slack_files_hosts"),
    ),
    "Snowflake": (
        *("snowflake_account", "snowflake_user", "snowflake_role", "snowflake_warehouse", "snowflake_database"),
        *("snowflake_schema", "snowflake_key_secret", "snowflake_timeout", "snowflake_host", "snowflake_port"),
        *("snowflake_protocol", "warehouse_passwords"),
    ),
    "BigQuery": ("bigquery_max_gb", "bigquery_timeout", "bigquery_url"),
    "Google Cloud": (
        *("project", "region", "bucket", "bucket_root", "worker_url", "tasks_account", "job_account"),
        *("queue_prefix", "training_job", "trainers", "storage_url", "tasks_url", "run_url", "secrets_url"),
        *("certs_url", "token_issuer", "tokens_checked_by"),
    ),
    "Limits": (
        *(
            "max_running",
            "max_attempts",
            "max_upload_mb",
            "warehouse_max_rows",
            "warehouse_max_mb",
            "cache_hours",
            "start_timeout",
            "run_timeout",
            "watch_seconds",
        ),
        *("claim_settle", "job_workers", "keep_days"),
    ),
    "Logs, metrics and traces": ("log_style", "otel_url"),
}
INTRO = """\
# Settings

Written by `python -m docs.settings` from the code itself. Every setting is an environment variable. Lists are JSON,
such as `MMM_ADMINS=["ada@example.com"]`. A service with wrong or missing settings names all of them at once and ends.

- **In Google Cloud** Terraform sets them: most by variables of their own
  (`infra/terraform/modules/deployment/variables.tf` and those beside it), any other by
  `settings = { MMM_MAX_RUNNING = "4" }`.
- **On one machine** they stand in the file of `--env-file`.
- **A secret is a reference**, never the value: `projects/…/secrets/NAME/versions/latest` is read from Secret Manager,
  `file:/path` from a file. Each is kept for five minutes, so a new value is taken without a restart.

*Needed* says where a service does not start without the setting: with Socket Mode (one machine), by HTTP (Google
Cloud, one workspace), or where several workspaces install the app. Bot and worker read the same settings; the training
reads its own.
"""


class _Given(Settings):
    """The settings without the environment of whoever writes the page."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def page() -> str:
    """Return the page: every setting of services and training, and what a machine decides by itself."""
    told = ["| setting | type | default | needed | meaning |", "| --- | --- | --- | --- | --- |"]
    services = [
        line
        for title, names in GROUPS.items()
        for line in ("", f"## {title}", "", *told, *(_row(name, Settings.model_fields[name]) for name in names))
    ]
    return "\n".join([INTRO.rstrip(), *services, "", *_on_one_machine(), "", *_training(), ""])


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def needed(name: str) -> str:
    """Return where a service does not start without a setting, by trying."""
    ways = [way for way, given in WAYS.items() if not _starts({k: v for k, v in given.items() if k != name})]
    return "always" if len(ways) == len(WAYS) else ", ".join(ways) or "–"


def kind(annotation: Any) -> str:
    """Return the type of a setting, in words."""
    if words := choices(annotation):
        listed = ", ".join(f"`{word}`" for word in words)
        return f"list of {listed}" if get_origin(annotation) is tuple else listed
    if get_origin(annotation) is tuple:
        return "list"
    kinds = [one for one in get_args(annotation) if one is not NoneType] or [annotation]
    return {str: "text", int: "whole number", float: "number", bool: "true or false"}[kinds[0]]


def launched_with() -> set[str]:
    """Return the variables that the launch adds for each attempt, as the launch itself writes them."""
    return set(re.findall(r'"(MMM_\w+)":', inspect.getsource(launch.environment)))


def _starts(given: Mapping[str, Any]) -> bool:
    try:
        _Given(**given)
    except ValidationError:
        return False
    return True


def _row(name: str, field: FieldInfo) -> str:
    allowed = limits(field)
    type_ = f"{kind(field.annotation)}, {allowed}" if allowed else kind(field.annotation)
    return f"| `{variable(name)}` | {type_} | {_default(field)} | {needed(name)} | {field.description} |"


def _default(field: FieldInfo) -> str:
    if field.is_required() or field.default in ("", ()):
        return "–"
    default = field.default
    return f"`{json.dumps(default) if isinstance(default, tuple) else default}`"


def _on_one_machine() -> list[str]:
    """What `mmm serve all --embedded` decides, and what it only suggests: whatever gives way to what is given."""
    at, other = Addresses(8430, "word"), "given"
    alone = environment.services(at, {})
    chosen = environment.services(at, dict.fromkeys(alone, other))
    may = [f"`{name}`" for name in alone if chosen[name] == other]
    fixed = [f"`{name}`" for name in alone if chosen[name] != other and name.startswith(PREFIX)]
    lines = [f"| `{name}` | {begins}… | {where} |" for name, (_, _, begins, where) in TOKENS.items()]
    return [
        "## On one machine",
        "",
        "`mmm serve all --embedded` takes two tokens, and keeps them in its state:",
        "",
        "| variable | begins with | where to find it in Slack |",
        "| --- | --- | --- |",
        *lines,
        "",
        f"It suggests, and you may choose otherwise: {', '.join(may)}.",
        "",
        f"It decides by itself, whatever is given: {', '.join(fixed)}. It learns `MMM_WORKSPACE` from Slack.",
    ]


def _training() -> list[str]:
    """What the training container is told."""
    rows = []
    for name, field in JobSettings.model_fields.items():
        who = "the launch, for each attempt" if variable(name) in launched_with() else "the job itself"
        must = "always" if field.is_required() else "–"
        told = f"`{variable(name)}` | {kind(field.annotation)} | {_default(field)} | {must} | {who}"
        rows.append(f"| {told} | {field.description} |")
    return [
        "## The training",
        "",
        "Nobody sets these by hand: the job is made with some, and each launch adds the others.",
        "",
        "| setting | type | default | needed | told by | meaning |",
        "| --- | --- | --- | --- | --- | --- |",
        *rows,
    ]


if __name__ == "__main__":
    PAGE.write_text(page())
