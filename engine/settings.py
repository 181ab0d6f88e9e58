"""Every setting of the services and the training job: typed, read once, never changed.

Read from the environment with the prefix `MMM_` (`MMM_BUCKET`, `MMM_WORKER_URL`, …). Addresses and
credentials are the only things that differ between a laptop and production.
"""

from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.errors import BadSettings


class Settings(BaseSettings):
    """What a process must know to start. A `*_secret` is a reference, never the value:

    `projects/…/secrets/NAME/versions/latest` is read from Secret Manager, `file:PATH` from a mounted
    file, in both cases when first needed.
    """

    model_config = SettingsConfigDict(env_prefix="MMM_", frozen=True, extra="ignore")

    # The tenant
    workspace: str = Field(description="The Slack team id this deployment serves, such as T012345.")
    channel_default: str = Field("", description="Channel id offered first when a form asks where to post.")

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

    # How the parts reach each other
    worker_url: str = Field(description="Base address of the private worker service; also its token audience.")
    tasks_account: str = Field(description="Service account whose token Cloud Tasks presents to the worker.")
    job_account: str = Field("", description="Service account of the training job, which may call back the worker.")
    queue_prefix: str = Field("mmm", description="Queues are named PREFIX-KIND: stage, launch, watch, notify.")
    training_job: str = Field("mmm-training", description="Name of the Cloud Run Job that trains.")
    trainers: tuple[Literal["native", "robyn"], ...] = Field(
        ("native",), description="Trainers that the training image holds; offered in the experiment form."
    )

    # Slack
    slack_url: str = Field("https://slack.com/api/", description="Slack Web API address, with a slash at its end.")
    slack_files_hosts: tuple[str, ...] = Field(
        ("files.slack.com",), description="Hosts (and ports) that uploaded files may be fetched from."
    )
    slack_signing_secret: str = Field(description="Reference to the secret that signs Slack's requests.")
    slack_token_secret: str = Field(description="Reference to the bot token.")

    # Snowflake; an empty account means that only CSV files are offered
    snowflake_account: str = Field("", description="Snowflake account identifier.")
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

    # Limits
    max_running: int = Field(2, ge=1, le=100, description="Trainings that may run at once.")
    max_attempts: int = Field(3, ge=1, le=5, description="Attempts when the infrastructure, not the data, failed.")
    max_upload_mb: int = Field(200, ge=1, description="Largest CSV file taken, in megabytes.")
    start_timeout: int = Field(900, ge=10, description="Seconds a training may take to start before it is given up.")
    run_timeout: int = Field(21_600, ge=60, description="Seconds a training may run.")
    watch_seconds: float = Field(30.0, gt=0, description="Seconds between two looks at a running training.")
    claim_settle: float = Field(60.0, gt=0, description="Seconds an uncertain launch is left alone.")
    job_workers: int = Field(2, ge=1, le=64, description="Processes that a training uses.")


def read_settings() -> Settings:
    """Read the environment. Raises BadSettings naming every missing or wrong setting at once."""
    try:
        return Settings()  # the values come from the environment
    except ValidationError as error:
        problems = [f"MMM_{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise BadSettings("These settings are missing or wrong: " + "; ".join(problems) + ".") from error
