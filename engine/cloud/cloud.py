"""Everything outside, behind one door: built from the settings, each part when it is first needed."""

import os
from functools import cached_property
from typing import TYPE_CHECKING

from engine.cloud.identity import Identity
from engine.cloud.secrets import Secrets
from engine.cloud.storage import Storage
from engine.cloud.tasks import Tasks
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.cloud.connection import Connection
    from engine.cloud.jobs import Jobs
    from engine.cloud.warehouse import Warehouse


class Cloud:
    """The outside services of one deployment.

    Jobs and warehouses are imported on first use: the public bot never needs them, and its start
    would pay for their libraries. `patience` is how many seconds storage may be tried again: little where
    a person waits.
    """

    def __init__(self, settings: Settings, *, patience: float = 60.0) -> None:
        self.settings = settings
        self.patience = patience
        self._whole: Cloud | None = None

    def of(self, settings: Settings) -> "Cloud":
        """The same services for one workspace of several, over the same connections: hundreds need no more than one.

        What it can reach is its own: its root in the bucket, its name on each task.
        """
        its = Cloud(settings, patience=self.patience)
        its.__dict__ |= {"secrets": self.secrets, "identity": self.identity}
        its.__dict__ |= {
            "storage": self.storage.below(settings.bucket_root),
            "tasks": self.tasks.of(settings.workspace),
        }
        its._whole = self
        return its

    @cached_property
    def storage(self) -> Storage:
        at = self.settings
        return Storage(
            at.bucket,
            project=at.project,
            root=at.bucket_root,
            url=at.storage_url,
            timeout=min(30.0, self.patience),
            deadline=self.patience,
        )

    @cached_property
    def tasks(self) -> Tasks:
        at = self.settings
        return Tasks(
            project=at.project,
            region=at.region,
            queue_prefix=at.queue_prefix,
            worker_url=at.worker_url,
            account=at.tasks_account,
            url=at.tasks_url,
            workspace=at.workspace if at.many else "",
        )

    @cached_property
    def jobs(self) -> "Jobs":
        from engine.cloud.jobs import Jobs

        if self._whole is not None:
            return self._whole.jobs
        at = self.settings
        return Jobs(project=at.project, region=at.region, job=at.training_job, url=at.run_url)

    @cached_property
    def secrets(self) -> Secrets:
        return Secrets(url=self.settings.secrets_url)

    @cached_property
    def identity(self) -> Identity:
        at = self.settings
        # Elsewhere nobody stands before us who checks anything, whatever the setting says.
        checked = at.tokens_checked_by == "cloud_run" and bool(os.environ.get("K_SERVICE"))
        return Identity(certs_url=at.certs_url, issuer=at.token_issuer, checked_by_cloud_run=checked)

    def warehouse_of(self, name: str = "") -> "Warehouse":
        """The warehouse behind a connection; "" is the one that the settings name. Nothing is asked of it yet.

        Raises BadData where there is none, NotFound where a connection was removed.
        """
        from engine.cloud.connections import connection_of

        return self.warehouse_at(connection_of(self.storage, self.settings, name))

    def warehouse_at(self, connection: "Connection", *, seconds: int = 30) -> "Warehouse":
        """The warehouse behind a connection that is at hand. `seconds` is what a login may take."""
        from engine.cloud.warehouses import opened

        return opened(connection, self.settings, self.secrets, seconds)
