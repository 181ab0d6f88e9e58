"""Google Cloud for a test: the stand-in on a loopback port, and the engine's wrappers pointed at it."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from google.auth.compute_engine import _metadata

from engine.cloud.identity import Identity
from engine.cloud.jobs import Jobs
from engine.cloud.secrets import Secrets
from engine.cloud.storage import Storage
from engine.cloud.tasks import Tasks
from local import workspace
from local.bigquery.app import BigQueryApi
from local.faults import Faults
from local.google.app import Project, create_app
from local.serving import free_port, serving
from tests.words import DOOR, WORD


@dataclass
class Google:
    """The running stand-in and how to reach it."""

    url: str
    state: Path
    faults: Faults
    bigquery: BigQueryApi | None = None

    def storage(self, root: str = "") -> Storage:
        return Storage(workspace.BUCKET, project=workspace.PROJECT, root=root, url=self.url, deadline=3)

    def tasks(self, worker_url: str) -> Tasks:
        return Tasks(
            project=workspace.PROJECT,
            region=workspace.REGION,
            queue_prefix="mmm",
            worker_url=worker_url,
            account=workspace.TASKS_ACCOUNT,
            url=self.url,
        )

    def jobs(self) -> Jobs:
        return Jobs(project=workspace.PROJECT, region=workspace.REGION, job=workspace.JOB, url=self.url)

    def secrets(self) -> Secrets:
        return Secrets(url=self.url)

    def identity(self) -> Identity:
        return Identity(certs_url=f"{self.url}/oauth2/v1/certs", issuer="https://accounts.google.com")


@contextlib.contextmanager
def google(
    state: Path, *, job_command: list[str] | None = None, port: int = 0, bigquery: bool = False
) -> Iterator[Google]:
    """Serve Google Cloud from `state` until the block ends."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}{DOOR}"
    faults = Faults()
    project = Project(word=WORD, job_command=job_command or ["true"], job_folder=state)
    warehouse = BigQueryApi(state / "bigquery", project.name, project.account, project.word) if bigquery else None
    app = create_app(state, public_url=url, project=project, faults=faults, bigquery=warehouse)
    at = {"GCE_METADATA_HOST": url.removeprefix("http://"), "GCE_METADATA_IP": url.removeprefix("http://")}
    # Credentials are looked for as on a machine of Google's, and found at the stand-in. The library reads the
    # host once, when it is imported: a process that meets several stand-ins must move it.
    metadata = mock.patch.object(_metadata, "_GCE_METADATA_HOST", url.removeprefix("http://"))
    with mock.patch.dict(os.environ, at), metadata, serving(app, port):
        os.environ.pop("GOOGLE_APPLICATION_CREDENTIALS", None)
        yield Google(url, state, faults, warehouse)
