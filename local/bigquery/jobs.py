"""Query jobs: begun at once, done in a thread, their rows kept until newer ones need the room."""

import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from local.bigquery.failures import Failed, missing
from local.bigquery.store import LEAST_BILLED, Plan, Store

Json = dict[str, Any]
KEPT = 64


@dataclass
class Job:
    """One query and what became of it."""

    project: str
    id: str
    configuration: Json
    plan: Plan | None = None
    table: pa.Table | None = None
    failed: Failed | None = None
    dry: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def resource(self) -> Json:
        """The job as the service describes it."""
        done = self.dry or self.done.is_set()
        status: Json = {"state": "DONE" if done else "RUNNING"}
        if self.failed and done:
            status |= {"errorResult": self.failed.told, "errors": [self.failed.told]}
        statistics: Json = {"creationTime": "1700000000000", "startTime": "1700000000000"}
        if done:
            statistics["endTime"] = "1700000000100"
        if self.plan is not None:
            read = [
                {"datasetId": one.dataset, "tableId": one.name, "projectId": self.project} for one in self.plan.read
            ]
            size = str(self.plan.bytes)
            statistics |= {
                "totalBytesProcessed": size,
                "query": {"statementType": self.plan.kind, "totalBytesProcessed": size, "referencedTables": read},
            }
            if self.dry:
                statistics["query"]["schema"] = self.plan.schema
        reference: Json = {"projectId": self.project, "location": "EU"}
        if not self.dry:
            reference["jobId"] = self.id
        return {
            "kind": "bigquery#job",
            "id": f"{self.project}:EU.{self.id}",
            "jobReference": reference,
            "configuration": self.configuration,
            "status": status,
            "statistics": statistics,
        }


class Jobs:
    """The newest jobs, by id. Also what was asked: labels are how a query's owner is told."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.kept: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, project: str, body: Json) -> Job:
        """Take a query. Raises Failed where it is none, is to be looked at only and cannot be read, or was taken."""
        configuration = body.get("configuration") or {}
        asked = configuration.get("query") or {}
        if "query" not in asked or asked.get("useLegacySql") is not False:
            raise Failed(400, "invalid", "Only queries in standard SQL run here.")
        name = str((body.get("jobReference") or {}).get("jobId") or uuid.uuid4())
        job = Job(project, name, {"jobType": "QUERY", **configuration}, dry=bool(configuration.get("dryRun")))
        default = str((asked.get("defaultDataset") or {}).get("datasetId") or "")
        if job.dry:
            job.plan = self.store.plan(str(asked["query"]), default)
            return job
        with self._lock:
            if name in self.kept:
                raise Failed(409, "duplicate", f"Already Exists: Job {project}:EU.{name}")
            self.kept[name] = job
            while len(self.kept) > KEPT:
                self.kept.popitem(last=False)
        threading.Thread(target=self._run, args=(job, str(asked["query"]), default), daemon=True).start()
        return job

    def find(self, project: str, name: str) -> Job:
        """A job by its id. Raises Failed."""
        job = self.kept.get(name)
        if job is None or job.project != project:
            raise missing("Job", f"{project}:{name}")
        return job

    def _run(self, job: Job, sql: str, default: str) -> None:
        try:
            job.plan = self.store.plan(sql, default)
            if job.plan.kind != "SELECT":
                raise Failed(400, "invalid", f"{job.plan.kind} does not run here.")
            most = int(job.configuration["query"].get("maximumBytesBilled") or 0)
            billed = max(LEAST_BILLED, job.plan.bytes) if job.plan.read else 0
            if most and billed > most:
                said = f"Query exceeded limit for bytes billed: {most}. {billed} or higher required."
                raise Failed(400, "bytesBilledLimitExceeded", said)
            job.table = self.store.rows(job.plan)
        except Failed as failed:
            job.failed = failed
        except Exception as error:  # a mistake of the stand-in must end the job, not hang whoever waits
            job.failed = Failed(500, "internalError", f"{type(error).__name__}: {error}")
        finally:
            job.done.set()
