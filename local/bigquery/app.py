"""The endpoints of BigQuery that reading takes: jobs and their results, datasets, tables and their first rows.

https://cloud.google.com/bigquery/docs/reference/rest
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.bigquery.failures import Failed, denied, missing
from local.bigquery.jobs import Job, Jobs
from local.bigquery.keys import Keys
from local.bigquery.store import Store, Table
from local.bigquery.typed import cell, field
from local.bodies import read_json

Json = dict[str, Any]
Work = Callable[[Request, Json], Json]
ROOT = "/bigquery/v2/projects/{project}"
TOKEN_PATH = "/bigquery/token"
PAGE_ROWS = 100_000
READING = frozenset({"bigquery.jobs.create", "bigquery.tables.getData", "bigquery.tables.get"})


def call_name(method: str, path: str) -> str | None:
    """What a call is named when faults are planned for it."""
    if not path.startswith("/bigquery/v2/"):
        return "bigquery.token" if path == TOKEN_PATH else None
    if "/queries/" in path:
        return "bigquery.results"
    if "/jobs" in path:
        return "bigquery.insert" if method == "POST" else "bigquery.job"
    return "bigquery.rows" if path.endswith("/data") else "bigquery.tables"


class BigQueryApi:
    """BigQuery for one project. `may` are the rights of whoever asks, on the project and every table."""

    def __init__(self, folder: Path, project: str, account: str, word: str) -> None:
        self.store = Store(folder, project, account)
        self.jobs = Jobs(self.store)
        self.keys = Keys(folder / "keys", word)
        self.may = set(READING)
        self.page_rows = PAGE_ROWS

    def routes(self) -> list[Route]:
        def route(path: str, work: Work, method: str = "GET") -> Route:
            return Route(f"{ROOT}{path}", self._answering(work), methods=[method])

        table = "/datasets/{dataset}/tables/{table}"
        return [
            Route(TOKEN_PATH, self.keys.token, methods=["POST"]),
            route("/jobs", self._insert, "POST"),
            route("/jobs/{job}", self._job),
            route("/queries/{job}", self._results),
            route("/datasets", self._datasets),
            route("/datasets/{dataset}", self._dataset),
            route("/datasets/{dataset}/tables", self._tables),
            route(f"{table}:testIamPermissions", self._permissions, "POST"),
            route(f"{table}/data", self._data),
            route(table, self._table),
        ]

    def close(self) -> None:
        """Let go of the files."""
        self.store.close()

    def _answering(self, work: Work) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                if request.path_params["project"] != self.store.project:
                    raise denied(request.path_params["project"], "bigquery.jobs.create")
                body = await read_json(request) if request.method == "POST" else {}
                return JSONResponse(await run_in_threadpool(work, request, body))
            except Failed as failed:
                return failed.answer()

        return answer

    def _insert(self, request: Request, body: Json) -> Json:
        if "bigquery.jobs.create" not in self.may:
            raise denied(self.store.project, "bigquery.jobs.create")
        return self.jobs.begin(self.store.project, body).resource

    def _job(self, request: Request, body: Json) -> Json:
        return self.jobs.find(self.store.project, request.path_params["job"]).resource

    def _results(self, request: Request, body: Json) -> Json:
        job = self.jobs.find(self.store.project, request.path_params["job"])
        asked = request.query_params
        reference = job.resource["jobReference"]
        if not job.done.wait(min(10.0, int(asked.get("timeoutMs", 10_000)) / 1000)):
            return {"kind": "bigquery#getQueryResultsResponse", "jobReference": reference, "jobComplete": False}
        if job.failed:
            raise job.failed
        assert job.plan is not None and job.table is not None
        return {
            "kind": "bigquery#getQueryResultsResponse",
            "jobReference": reference,
            "jobComplete": True,
            "schema": job.plan.schema,
            "totalRows": str(job.table.num_rows),
            "totalBytesProcessed": str(job.plan.bytes),
            **self._page(job, request),
        }

    def _page(self, job: Job, request: Request) -> Json:
        assert job.plan is not None and job.table is not None
        asked = request.query_params
        start = int(asked.get("pageToken") or asked.get("startIndex") or 0)
        most = int(asked.get("maxResults") or (0 if "maxResults" in asked else self.page_rows))
        if most == 0:
            return {}
        return _rows(job.table, [kind for _, kind in job.plan.columns], start, min(most, self.page_rows))

    def _datasets(self, request: Request, body: Json) -> Json:
        names = sorted({dataset for dataset, _ in self.store.tables()})
        return {"kind": "bigquery#datasetList", "datasets": [self._named_dataset(name) for name in names]}

    def _dataset(self, request: Request, body: Json) -> Json:
        return self._named_dataset(self._known_dataset(request)) | {"location": "EU"}

    def _tables(self, request: Request, body: Json) -> Json:
        dataset = self._known_dataset(request)
        if dataset in self.store.hidden:
            raise denied(f"{self.store.project}:{dataset}", "bigquery.tables.list")
        found = [table for table in self.store.tables().values() if table.dataset == dataset]
        listed = [{"tableReference": self._reference(table), "type": table.kind} for table in found]
        return {"kind": "bigquery#tableList", "tables": listed, "totalItems": len(listed)}

    def _table(self, request: Request, body: Json) -> Json:
        table = self._known_table(request)
        return {
            "kind": "bigquery#table",
            "tableReference": self._reference(table),
            "type": table.kind,
            "numRows": str(table.rows),
            "location": "EU",
            "schema": {"fields": [field(name, kind) for name, kind in table.columns]},
        }

    def _data(self, request: Request, body: Json) -> Json:
        table = self._known_table(request)
        if table.kind == "VIEW":
            raise Failed(400, "invalid", "Cannot list a table of type VIEW.")
        most = min(int(request.query_params.get("maxResults") or self.page_rows), self.page_rows)
        start = int(request.query_params.get("pageToken") or request.query_params.get("startIndex") or 0)
        plan = self.store.plan(f"SELECT * FROM `{table.dataset}.{table.name}`")
        rows = self.store.rows(plan)
        kinds = [kind for _, kind in plan.columns]
        return {"kind": "bigquery#tableDataList", "totalRows": str(rows.num_rows), **_rows(rows, kinds, start, most)}

    def _permissions(self, request: Request, body: Json) -> Json:
        self._known_table(request)
        return {"permissions": [right for right in body.get("permissions", []) if right in self.may]}

    def _known_dataset(self, request: Request) -> str:
        name = str(request.path_params["dataset"])
        if name not in {dataset for dataset, _ in self.store.tables()}:
            raise missing("Dataset", f"{self.store.project}:{name}")
        return name

    def _known_table(self, request: Request) -> Table:
        dataset, table = request.path_params["dataset"], request.path_params["table"]
        return self.store.named(self.store.tables(), [dataset, table], "")

    def _named_dataset(self, name: str) -> Json:
        reference = {"projectId": self.store.project, "datasetId": name}
        return {"kind": "bigquery#dataset", "id": f"{self.store.project}:{name}", "datasetReference": reference}

    def _reference(self, table: Table) -> Json:
        return {"projectId": self.store.project, "datasetId": table.dataset, "tableId": table.name}


def _rows(table: pa.Table, kinds: list[str], start: int, most: int) -> Json:
    """A page of rows, and where the next one begins."""
    columns = [column.to_pylist() for column in table.slice(start, most).columns]
    rows = [
        {"f": [cell(value, kind) for value, kind in zip(row, kinds, strict=True)]} for row in zip(*columns, strict=True)
    ]
    told: Json = {"rows": rows} if rows else {}
    end = start + len(rows)
    return told | ({"pageToken": str(end)} if end < table.num_rows else {})
