"""What the training container is told, by its environment."""

import os
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

One = Literal["native", "robyn"]


class JobSettings(BaseSettings):
    """Where the cloud is (the job's own settings) and which attempt this is."""

    model_config = SettingsConfigDict(env_prefix="MMM_", frozen=True, extra="ignore")

    project: str
    region: str
    bucket: str
    bucket_root: str = ""
    workspace: str = Field("", description="Whose training this is, where a deployment serves several workspaces.")
    storage_url: str = ""
    worker_url: str = ""
    run: str
    attempt: int
    launch_token: str
    config: str = Field(description="Path of job_config.json in the bucket.")
    config_sha: str
    folder: str = Field(description="Path of this attempt's training folder, with a slash at its end.")
    trainer: Literal["native", "robyn", "both"] = "native"
    job_workers: int = 2
    log_style: Literal["auto", "json", "text"] = "auto"
    otel_url: str = ""
    status_seconds: float = 2.0
    beat_seconds: float = Field(15.0, description="Seconds after which the status is written even if nothing is new.")

    @property
    def execution(self) -> str:
        """The execution's full name, as the Cloud Run API gives it. Cloud Run sets these two variables."""
        job, execution = os.environ.get("CLOUD_RUN_JOB", ""), os.environ.get("CLOUD_RUN_EXECUTION", "")
        return f"projects/{self.project}/locations/{self.region}/jobs/{job}/executions/{execution}"
