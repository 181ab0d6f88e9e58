"""What the training container is told, by its environment."""

import os
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

One = Literal["native", "robyn"]


class JobSettings(BaseSettings):
    """Where the cloud is (the job's own settings) and which attempt this is."""

    model_config = SettingsConfigDict(env_prefix="MMM_", frozen=True, extra="ignore")

    project: str = Field(description="Google Cloud project id.")
    region: str = Field(description="Region of the job.")
    bucket: str = Field(description="Bucket of input and results.")
    bucket_root: str = Field("", description="Prefix in the bucket; empty for its root.")
    workspace: str = Field("", description="Whose training this is, where a deployment serves several workspaces.")
    storage_url: str = Field("", description="Cloud Storage address; empty for the real service.")
    worker_url: str = Field("", description="Address of the worker, which is called at the end; empty: nobody is.")
    run: str = Field(description="Id of the run.")
    attempt: int = Field(description="Number of the attempt, from 1.")
    launch_token: str = Field(description="Names the launch in the claim.")
    config: str = Field(description="Path of job_config.json in the bucket.")
    config_sha: str = Field(description="SHA-256 that the configuration must have.")
    folder: str = Field(description="Path of this attempt's training folder, with a slash at its end.")
    trainer: Literal["native", "robyn", "both"] = Field("native", description="Who trains.")
    job_workers: int = Field(2, description="Processes that train.")
    packed: bool = Field(False, description="Whether whoever launched it reads a result of one object, and says so.")
    log_style: Literal["auto", "json", "text"] = Field(
        "auto", description="How log lines look; auto: JSON in Cloud Run, else text for people."
    )
    otel_url: str = Field("", description="OTLP address for metrics and traces; empty: none are sent.")
    status_seconds: float = Field(2.0, description="Seconds between two looks at the trainer.")
    news_seconds: float = Field(5.0, description="Seconds between two writes of the status that say something new.")
    beat_seconds: float = Field(15.0, description="Seconds after which it is written in any case, and a wish is heard.")
    keep_seconds: float = Field(60.0, description="Seconds of training after which finished trials are kept.")

    @property
    def execution(self) -> str:
        """The execution's full name, as the Cloud Run API gives it. Cloud Run sets these two variables."""
        job, execution = os.environ.get("CLOUD_RUN_JOB", ""), os.environ.get("CLOUD_RUN_EXECUTION", "")
        return f"projects/{self.project}/locations/{self.region}/jobs/{job}/executions/{execution}"
