"""Google Cloud on one port: Storage, Tasks, Run, Secret Manager, identity, and BigQuery where it is wanted."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from local import workspace
from local.bigquery.app import TOKEN_PATH, BigQueryApi
from local.bigquery.app import call_name as bigquery_call
from local.faults import FaultMiddleware, Faults
from local.google import storage
from local.google.asked import AskedMiddleware
from local.google.dispatcher import Dispatcher
from local.google.executions import TICK_SECONDS, Executions
from local.google.identity import Identities
from local.google.lifecycle import lifecycle
from local.google.objects import Objects
from local.google.queues import Queues
from local.google.run import RunApi
from local.google.scheduler import Scheduler
from local.google.secrets import SecretsApi
from local.google.storage import StorageApi
from local.google.tasks import TasksApi
from local.guard import Guard


@dataclass(frozen=True)
class Project:
    """What the stand-in holds. `job_command` is what an execution of the job runs.

    word: what callers must know. durable: a power cut loses nothing. worker_url: whose sweep is called now and then.
    keep_days: how long after its custom time an object is kept; 0: for ever. asked: whether to remember what Cloud
    Storage is asked for.
    """

    word: str
    name: str = workspace.PROJECT
    region: str = workspace.REGION
    bucket: str = workspace.BUCKET
    queues: tuple[str, ...] = workspace.QUEUES
    job: str = workspace.JOB
    account: str = workspace.SERVICES_ACCOUNT
    job_command: list[str] = field(default_factory=list)
    job_env: dict[str, str] = field(default_factory=dict)
    job_folder: Path = Path()
    durable: bool = False
    worker_url: str = ""
    keep_days: int = 0
    asked: bool = False

    @property
    def location(self) -> str:
        return f"projects/{self.name}/locations/{self.region}"


def create_app(
    state: Path,
    *,
    public_url: str,
    project: Project,
    faults: Faults | None = None,
    bigquery: BigQueryApi | None = None,
) -> ASGIApp:
    """Build the app. Its background work (dispatching, watching) runs while the app does.

    bigquery: the warehouse that is there, too.
    """
    state.mkdir(parents=True, exist_ok=True)
    faults = faults or Faults()
    objects = Objects(state / "storage", durable=project.durable)
    queues = Queues(state)
    if project.worker_url:
        queues.readdress(project.worker_url)
    identities = Identities(state, project=project.name, account=project.account, word=project.word)
    executions = Executions(state, project.job_command, project.job_env, project.job_folder)
    names = tuple(f"{project.location}/queues/{queue}" for queue in project.queues)
    dispatcher = Dispatcher(queues, names, identities)

    async def health(request: Request) -> Response:
        return JSONResponse({"ok": True})

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        background = [asyncio.create_task(dispatcher.run()), asyncio.create_task(_watch(executions))]
        background.append(asyncio.create_task(lifecycle(objects, project.keep_days)))
        if project.worker_url:
            to = {"account": workspace.TASKS_ACCOUNT, "audience": project.worker_url}
            scheduler = Scheduler(f"{project.worker_url}/tasks/sweep", identities, **to)
            background.append(asyncio.create_task(scheduler.run()))
        try:
            yield
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await asyncio.to_thread(executions.stop)
            queues.close()
            objects.close()
            if bigquery:
                bigquery.close()

    app = Starlette(
        routes=[
            Route("/health", health),
            *StorageApi(project.bucket, objects, public_url).routes(),
            *TasksApi(queues, names).routes(),
            *RunApi(executions, f"{project.location}/jobs/{project.job}", faults).routes(),
            *SecretsApi(state / "secrets", project.name).routes(),
            *identities.routes(),
            *(bigquery.routes() if bigquery else ()),
        ],
        lifespan=lifespan,
    )
    faulty: ASGIApp = FaultMiddleware(app, faults, call_name)
    # Who signs in with a key has no word yet: the signature is asked for instead.
    own = (TOKEN_PATH,) if bigquery else ()
    return Guard(AskedMiddleware(faulty) if project.asked else faulty, project.word, own=own)


async def _watch(executions: Executions) -> None:
    while True:
        await asyncio.to_thread(executions.look)
        await asyncio.sleep(TICK_SECONDS)


def call_name(scope: Scope) -> str | None:
    """What a request is called when faults are planned for it, such as `run.jobs.run`."""
    method, path = scope["method"], scope["path"]
    if name := storage.call_name(method, path) or bigquery_call(method, path):
        return name
    if path.startswith("/v1/projects/") and "/secrets" in path:
        verbs = {":access": "access", ":addVersion": "add", ":disable": "disable", "/versions": "list"}
        return f"secrets.{next((verb for end, verb in verbs.items() if path.endswith(end)), 'create')}"
    if path.endswith(("/token", "/identity")):
        return "identity.token"
    if "/operations/" in path:
        return "operations.get"
    if "/queues/" in path and "/tasks" in path:
        verbs = {"POST": "create", "DELETE": "delete", "GET": "list" if path.endswith("/tasks") else "get"}
        return f"tasks.{verbs[method]}"
    if path.endswith(":testIamPermissions"):
        return "queues.testIamPermissions" if "/queues/" in path else "run.jobs.testIamPermissions"
    if "/queues/" in path and method == "GET":
        return "queues.get"
    if path.endswith(":run"):
        return "run.jobs.run"
    if path.endswith(":cancel"):
        return "run.executions.cancel"
    if "/executions" in path:
        return "run.executions.list" if path.endswith("/executions") else "run.executions.get"
    if "/jobs/" in path and method == "GET":
        return "run.jobs.get"
    return None
