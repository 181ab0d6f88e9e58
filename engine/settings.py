"""Every setting of the services and the training job: typed, read once, never changed.

Read from the environment with the prefix `MMM_` (`MMM_BUCKET`, `MMM_WORKER_URL`, …). Addresses and
credentials are the only things that differ between a laptop and production.
"""

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from engine.errors import BadSettings

ONLY_ACCOUNT = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
HOST_ADDRESS = re.compile(
    r"(?:https?://)?([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*?)\.snowflakecomputing\.(?:com|cn)(?::\d+)?(?:[/?#].*)?", re.I
)
APP_ADDRESS = re.compile(r"(?:https?://)?app\.snowflake\.com/([A-Za-z0-9_]+)/([A-Za-z0-9_]+)(?:[/?#].*)?", re.I)


class Settings(BaseSettings):
    """What a process must know to start. A `*_secret` is a reference, never the value:

    `projects/…/secrets/NAME/versions/latest` is read from Secret Manager, `file:PATH` from a mounted
    file, in both cases when first needed.
    """

    model_config = SettingsConfigDict(env_prefix="MMM_", frozen=True, extra="ignore")

    # Workspaces that install the app themselves; empty where a deployment serves one
    slack_client_id: str = Field(
        "", description="Client id of the Slack app. Where it is given, workspaces install it at /slack/install."
    )
    slack_client_secret: str = Field(
        "", validate_default=True, description="Reference to the app's client secret; needed to be installed."
    )
    public_url: str = Field(
        "", validate_default=True, description="Public https address of the bot; needed to be installed."
    )
    workspaces: tuple[str, ...] = Field(
        (), validate_default=True, description="Team ids of workspaces that may install the app; * for every one."
    )
    snowflake_workspaces: tuple[str, ...] = Field(
        (), description="Those of them that may read the warehouse, by team id; the others have none."
    )

    # The tenant
    workspace: str = Field(
        "",
        validate_default=True,
        description="The Slack team id this deployment serves, such as T012345; needed unless workspaces install it.",
    )
    channel_default: str = Field("", description="Channel id offered first when a form asks where to post.")

    # Who gets in; see `/mmm why`. People are named by user id or e-mail address, groups by id.
    enterprise: str = Field("", description="Slack organisation that requests must come from; empty: not checked.")
    app_id: str = Field("", description="Slack app id that requests must name; empty: not checked.")
    email_domains: tuple[str, ...] = Field(
        (), description="Domains of e-mail addresses that may use the app, exactly; empty: every full member may."
    )
    role_default: Literal["none", "viewer", "analyst", "admin"] = Field(
        "analyst", description="Role of full members who are neither named nor in a group."
    )
    admins: tuple[str, ...] = Field((), description="People who may do everything, by user id or e-mail address.")
    analysts: tuple[str, ...] = Field((), description="People who may make datasets and start and stop runs.")
    viewers: tuple[str, ...] = Field((), description="People who may look, and change nothing.")
    admin_group: str = Field("", description="Slack user group whose members are admins, such as S012345.")
    analyst_group: str = Field("", description="Slack user group whose members are analysts.")
    viewer_group: str = Field("", description="Slack user group whose members are viewers.")
    contact: str = Field(
        "", description="Whom a refused person may ask: a user id, a channel id, or words; empty: the first admin."
    )

    # Google Cloud
    project: str = Field(description="Google Cloud project id.")
    region: str = Field("europe-west1", description="Region of queues and jobs.")
    bucket: str = Field(description="Cloud Storage bucket that holds all state, data and results.")
    bucket_root: str = Field("", description="Prefix in the bucket for this workspace; empty for its root.")
    storage_url: str = Field("", description="Cloud Storage address; empty for the real service.")
    tasks_url: str = Field("", description="Cloud Tasks address; empty for the real service.")
    run_url: str = Field("", description="Cloud Run admin address; empty for the real service.")
    secrets_url: str = Field("", description="Secret Manager address; empty for the real service.")
    certs_url: str = Field(
        "https://www.googleapis.com/oauth2/v1/certs",
        description="Where the keys that sign service tokens are published.",
    )
    token_issuer: str = Field("https://accounts.google.com", description="Issuer that tokens of Cloud Tasks must name.")
    tokens_checked_by: Literal["worker", "cloud_run"] = Field(
        "worker",
        description="Who checks the signatures of the worker's callers. cloud_run: Cloud Run does, and takes them off, "
        "as where not everybody may invoke the worker; never where everybody may.",
    )

    # How the parts reach each other
    worker_url: str = Field(description="Base address of the private worker service; also its token audience.")
    tasks_account: str = Field(description="Service account whose token Cloud Tasks presents to the worker.")
    job_account: str = Field("", description="Service account of the training job, which may call back the worker.")
    queue_prefix: str = Field("mmm", description="Queues are named PREFIX-KIND: stage, look, launch, watch, notify.")
    training_job: str = Field("mmm-training", description="Name of the Cloud Run Job that trains.")
    trainers: tuple[Literal["native", "robyn"], ...] = Field(
        ("native",), description="Trainers that the training image holds; offered in the experiment form."
    )

    # What is told about the work
    log_style: Literal["auto", "json", "text"] = Field(
        "auto", description="How log lines look; auto: JSON in Cloud Run, else text for people."
    )
    otel_url: str = Field(
        "", description="OTLP address for metrics and traces: https://telemetry.googleapis.com, or a collector's."
    )

    # Slack
    slack_url: str = Field("https://slack.com/api/", description="Slack Web API address, with a slash at its end.")
    slack_files_hosts: tuple[str, ...] = Field(
        ("files.slack.com",), description="Hosts (and ports) that uploaded files may be fetched from."
    )
    slack_signing_secret: str = Field(
        "", description="Reference to the secret that signs Slack's requests; needed unless the bot uses Socket Mode."
    )
    slack_signing_secret_previous: str = Field(
        "", description="Reference to the signing secret before, while it is rotated: both are taken."
    )
    slack_token_secret: str = Field(
        "",
        validate_default=True,
        description="Reference to the bot token; needed unless workspaces install the app, which gives each its own.",
    )
    slack_app_token_secret: str = Field(
        "",
        validate_default=True,
        description="Reference to the app-level token. Where it is given, the bot dials Slack (Socket Mode).",
    )

    # Snowflake; an empty account means that only CSV files are offered
    snowflake_account: str = Field("", description="Snowflake account identifier, such as MYORG-MYACCOUNT.")
    snowflake_user: str = Field("", description="Service user that reads the warehouse.")
    snowflake_role: str = Field("", description="Read-only role of that user.")
    snowflake_warehouse: str = Field("", description="Virtual warehouse that runs the queries.")
    snowflake_database: str = Field("", description="Database that unqualified tables belong to.")
    snowflake_schema: str = Field("", description="Schema that unqualified tables belong to.")
    snowflake_key_secret: str = Field("", description="Reference to the service user's private key (PEM).")
    snowflake_host: str = Field("", description="Snowflake host; empty for the account's own.")
    snowflake_port: int = Field(443, description="Port of that host.")
    snowflake_protocol: Literal["https", "http"] = Field("https", description="http only on loopback.")
    snowflake_timeout: int = Field(600, ge=1, description="Seconds a statement may run.")

    warehouse_passwords: bool = Field(
        False,
        description="Whether a connection may log in with a password: for development only, and never where secrets "
        "come from Google's Secret Manager.",
    )
    # BigQuery, for connections of that kind
    bigquery_url: str = Field("", description="BigQuery address; empty for the real service.")
    bigquery_max_gb: float = Field(100.0, gt=0, description="Most gigabytes that one query of BigQuery may read.")
    bigquery_timeout: int = Field(600, ge=1, description="Seconds a query of BigQuery may run.")

    # Limits
    max_running: int = Field(2, ge=1, le=100, description="Trainings that may run at once.")
    max_attempts: int = Field(3, ge=1, le=5, description="Attempts when the infrastructure, not the data, failed.")
    max_upload_mb: int = Field(200, ge=1, description="Largest file taken as a dataset, in megabytes.")
    warehouse_max_rows: int = Field(20_000_000, ge=1, description="Most rows taken of a result of the warehouse.")
    warehouse_max_mb: int = Field(
        1_000, ge=1, description="Largest Parquet file that a result of the warehouse may become, in megabytes."
    )
    cache_hours: int = Field(
        24,
        ge=0,
        le=168,
        description="Hours that the rows of a table or a SELECT are kept, to be used again without asking the "
        "warehouse; 0: never.",
    )
    start_timeout: int = Field(900, ge=10, description="Seconds a training may take to start before it is given up.")
    run_timeout: int = Field(21_600, ge=60, description="Seconds a training may run.")
    watch_seconds: float = Field(30.0, gt=0, description="Seconds between two looks at a running training.")
    claim_settle: float = Field(60.0, gt=0, description="Seconds an uncertain launch is left alone.")
    job_workers: int = Field(2, ge=1, le=64, description="Processes that a training uses.")
    keep_days: int = Field(
        30,
        ge=7,
        le=3650,
        description="Days that what is done with is kept: sent messages, clicks, forms that were answered.",
    )

    @field_validator("slack_app_token_secret")
    @classmethod
    def _slack_has_a_way_in(cls, given: str, info: ValidationInfo) -> str:
        if not given and not info.data.get("slack_signing_secret"):
            raise ValueError("needed for Socket Mode, unless MMM_SLACK_SIGNING_SECRET is set for HTTP")
        if given and info.data.get("slack_client_id"):
            raise ValueError("workspaces that install the app themselves reach it by HTTP: set one or the other")
        return given

    @field_validator("workspace", "slack_token_secret")
    @classmethod
    def _of_one_workspace(cls, given: str, info: ValidationInfo) -> str:
        if not given and not info.data.get("slack_client_id"):
            raise ValueError("needed, unless MMM_SLACK_CLIENT_ID is set for workspaces that install the app themselves")
        if given and info.data.get("slack_client_id"):
            raise ValueError("belongs to one workspace; with MMM_SLACK_CLIENT_ID each workspace has its own")
        return given

    @field_validator("slack_client_secret", "public_url", "workspaces")
    @classmethod
    def _of_several_workspaces(cls, given: Any, info: ValidationInfo) -> Any:
        if not given and info.data.get("slack_client_id"):
            raise ValueError("needed where MMM_SLACK_CLIENT_ID is set")
        return given

    @field_validator("public_url")
    @classmethod
    def _only_an_address(cls, given: str) -> str:
        at = urlsplit(given)
        secure = at.scheme == "https" or at.hostname in ("127.0.0.1", "localhost")
        if given and (not secure or not at.hostname or at.path.strip("/") or at.query or at.fragment or at.username):
            raise ValueError("must be https:// and a host, such as https://mmm.example.com")
        return given.rstrip("/")

    @field_validator("snowflake_account")
    @classmethod
    def _an_account_and_no_address(cls, given: str) -> str:
        return account_of(given)

    @property
    def many(self) -> bool:
        """Whether workspaces install the app themselves, and each has a root of its own."""
        return bool(self.slack_client_id)


def account_of(given: str) -> str:
    """Return the account identifier in what was given: itself, or an address of Snowflake's that holds it.

    Raises ValueError saying what to write.
    """
    text = given.strip().strip("/")
    if ONLY_ACCOUNT.fullmatch(text) and not text.lower().endswith((".com", ".cn")):
        return text
    if app := APP_ADDRESS.fullmatch(text):
        return f"{app[1]}-{app[2]}"
    if host := HOST_ADDRESS.fullmatch(text):
        return host[1]
    if not text:
        return ""
    raise ValueError("must be an account identifier such as MYORG-MYACCOUNT, not an address")


def problems_of(error: ValidationError) -> dict[str, str]:
    """What is wrong, by the name of the variable."""
    return {f"MMM_{'.'.join(map(str, found['loc'])).upper()}": found["msg"] for found in error.errors()}


def read_settings() -> Settings:
    """Read the environment. Raises BadSettings naming every missing or wrong setting at once."""
    try:
        return Settings()  # the values come from the environment
    except ValidationError as error:
        problems = [f"{name}: {message}" for name, message in problems_of(error).items()]
        raise BadSettings("These settings are missing or wrong: " + "; ".join(problems) + ".") from error
    except SettingsError as error:
        raise BadSettings(f"A setting that is a list is not JSON: {error}.", 'Write it as ["one", "two"].') from error
