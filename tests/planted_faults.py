"""Faults for the doctor to find: each is planted where it would really stand, with what must be said of it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.slack.scopes import bot_scopes
from engine.clock import SystemClock
from local import workspace
from local.environment import SIGNING_SECRET, SLACK_TOKEN_SECRET, SNOWFLAKE_KEY_SECRET
from local.faults import Fault
from tests.stack import Stack
from tests.words import BEARER

Json = dict[str, Any]
SCOPES = ",".join(sorted({*bot_scopes()} - {"users:read.email"}))


class Broken:
    """The ways in which a test breaks something: in what a stand-in keeps or answers, or in a setting."""

    def __init__(self, product: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        self.product = product
        self.set = monkeypatch.setenv
        self.clock = SystemClock()
        self._google = product.job_logs.parent
        self._kept: dict[Path, bytes | None] = {}

    def secret(self, name: str, value: str | None) -> None:
        self.file(self._google / "secrets" / name, value)

    def roles(self, roles: Json) -> None:
        self.file(self._google.parent / "snowflake" / "roles.json", json.dumps(roles))

    def file(self, path: Path, text: str | None) -> None:
        """Write a file, or remove it, until the test is over."""
        self._kept.setdefault(path, path.read_bytes() if path.exists() else None)
        if text is None:
            path.unlink()
        else:
            path.write_text(text)

    def google(self, call: str, answer: Json, status: int = 200, **more: Any) -> None:
        self.product.google_faults.add(Fault(call, "before", status=status, body=json.dumps(answer), times=20, **more))

    def slack(self, call: str, answer: Json, **headers: str) -> None:
        fault = Fault(call, "before", status=200, body=json.dumps(answer), times=20, headers=tuple(headers.items()))
        self.product.slack_faults.add(fault)

    def pause(self, queue: str, verb: str = "pause") -> None:
        place = f"projects/{workspace.PROJECT}/locations/{workspace.REGION}/queues/{queue}"
        httpx.post(f"{self.product.at.google}/v2/{place}:{verb}", headers=BEARER).raise_for_status()

    def mend(self) -> None:
        for path, data in self._kept.items():
            if data is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(data)
        for queue in workspace.QUEUES:
            self.pause(queue, "resume")
        self.product.google_faults.clear()
        self.product.slack_faults.clear()


class Fast(SystemClock):
    """A clock that is ahead."""

    def __init__(self, seconds: float) -> None:
        self.ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self.ahead


def _ahead(seconds: float) -> Callable[[Broken], None]:
    def plant(broken: Broken) -> None:
        broken.clock = Fast(seconds)

    return plant


def _job(**changes: Any) -> Callable[[Broken], None]:
    """The job's own answer, with changes to its template."""

    def plant(broken: Broken) -> None:
        product = broken.product
        name = f"projects/{workspace.PROJECT}/locations/{workspace.REGION}/jobs/{workspace.JOB}"
        job = httpx.get(f"{product.at.google}/v2/{name}", headers=BEARER).json()
        template = job["template"]["template"]
        image = changes.pop("image", template["containers"][0]["image"])
        template["containers"][0]["image"] = image
        template |= changes
        broken.google("run.jobs.get", job)

    return plant


TEAM = {"ok": True, "team": "Northwind", "team_id": workspace.TEAM_ID, "user": "mmm", "user_id": workspace.BOT_USER}
OBJECT = {"name": "x", "generation": "9", "metageneration": "1", "size": "10", "updated": "2026-01-01T00:00:00Z"}
READER = [["USAGE", "WAREHOUSE", "MMM_WH"], ["SELECT", "VIEW", "MMM.MARKETING.WEEKLY"]]
PUBLIC = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"
GONE = {"error": {"code": 404, "status": "NOT_FOUND", "message": "Requested entity was not found."}}
NOT_MINE = {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "The caller does not have permission"}}
# How it is broken, the check that names it, the verdict, words of what was found, words of the fix.
FAULTS: dict[str, tuple[Callable[[Broken], Any], str, str, str, str]] = {
    "wrong token": (
        lambda b: b.secret(SLACK_TOKEN_SECRET, "xoxb-of-somebody-else"),
        "slack token",
        "failed",
        "does not take the bot token (invalid_auth)",
        "install it again",
    ),
    "missing scope": (
        lambda b: b.slack("auth.test", TEAM, **{"X-OAuth-Scopes": SCOPES}),
        "slack scopes",
        "failed",
        "lacks users:read.email",
        "mmm manifest",
    ),
    "more scopes than needed": (
        lambda b: b.slack("auth.test", TEAM, **{"X-OAuth-Scopes": f"{SCOPES},users:read.email,admin"}),
        "slack scopes",
        "warning",
        "more than the app needs: admin",
        "remove them",
    ),
    "a token as signing secret": (
        lambda b: b.secret(SIGNING_SECRET, "xoxb-1234567890"),
        "secret signing secret",
        "failed",
        "is a token, not a signing secret",
        "gcloud secrets versions add slack-signing-secret --project=mmm-local",
    ),
    "signing secret cut off": (
        lambda b: b.secret(SIGNING_SECRET, "10ca1510ca1510ca1510ca1510ca15f"),
        "secret signing secret",
        "failed",
        "not 32 hexadecimal digits",
        "Basic Information",
    ),
    "foreign workspace": (
        lambda b: b.set("MMM_WORKSPACE", "T0ELSEWHERE"),
        "slack workspace",
        "failed",
        "belongs to Northwind (T0MMMLOCAL), MMM_WORKSPACE is T0ELSEWHERE",
        "slack_workspace",
    ),
    "not in the channel": (
        lambda b: b.set("MMM_CHANNEL_DEFAULT", workspace.RANDOM.id),
        "slack channel",
        "failed",
        "not in the channel C0RANDOM",
        "/invite @mmm",
    ),
    "no such channel": (
        lambda b: b.set("MMM_CHANNEL_DEFAULT", "C0NOWHERE"),
        "slack channel",
        "failed",
        "no channel C0NOWHERE",
        "slack_channel_default",
    ),
    "missing bucket": (
        lambda b: b.set("MMM_BUCKET", "mmm-elsewhere"),
        "bucket",
        "failed",
        "no bucket mmm-elsewhere",
        "gcloud storage buckets create gs://mmm-elsewhere",
    ),
    "bucket that may not be written": (
        lambda b: b.google("storage.objects.insert", NOT_MINE, 403),
        "bucket",
        "failed",
        "may not write to gs://mmm-local",
        "roles/storage.objectUser",
    ),
    "precondition ignored": (
        lambda b: b.google("storage.objects.insert", OBJECT, skip=1),
        "bucket precondition",
        "failed",
        "created twice",
        "reach Cloud Storage directly",
    ),
    "bucket open to the public": (
        lambda b: b.google(
            "storage.buckets.get",
            {"name": "mmm-local", "location": "EU", "iamConfiguration": {"publicAccessPrevention": "inherited"}},
        ),
        "bucket protection",
        "failed",
        "opened to the public",
        "--public-access-prevention",
    ),
    "soft delete": (
        lambda b: b.google(
            "storage.buckets.get",
            {
                "name": "mmm-local",
                "location": "EU",
                "iamConfiguration": {"publicAccessPrevention": "enforced"},
                "versioning": {"enabled": True},
                "softDeletePolicy": {"retentionDurationSeconds": "604800"},
            },
        ),
        "bucket protection",
        "warning",
        "for 7 days",
        "--clear-soft-delete",
    ),
    "another retention": (
        lambda b: b.google(
            "storage.buckets.get",
            {
                "name": "mmm-local",
                "location": "EU",
                "iamConfiguration": {"publicAccessPrevention": "enforced"},
                "versioning": {"enabled": True},
                "softDeletePolicy": {"retentionDurationSeconds": "0"},
                "lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": {"daysSinceCustomTime": 90}}]},
            },
        ),
        "bucket protection",
        "warning",
        "for 90 days; MMM_KEEP_DAYS says 30",
        "terraform apply",
    ),
    "missing queue": (
        lambda b: b.set("MMM_QUEUE_PREFIX", "other"),
        "queue watch",
        "failed",
        "no queue other-watch in europe-west1",
        "gcloud tasks queues create other-watch --location=europe-west1 --project=mmm-local",
    ),
    "paused queue": (
        lambda b: b.pause("mmm-launch"),
        "queue launch",
        "failed",
        "mmm-launch is paused",
        "gcloud tasks queues resume mmm-launch --location=europe-west1 --project=mmm-local",
    ),
    "may not enqueue": (
        lambda b: b.google("queues.testIamPermissions", {}),
        "queue stage",
        "failed",
        "may put nothing into the queue mmm-stage",
        "roles/cloudtasks.enqueuer",
    ),
    "missing job": (
        lambda b: b.set("MMM_TRAINING_JOB", "mmm-elsewhere"),
        "training job",
        "failed",
        "no job mmm-elsewhere",
        "MMM_TRAINING_JOB",
    ),
    "job that tries again": (
        _job(maxRetries=3),
        "training job",
        "failed",
        "tries again by itself (3 times)",
        "--max-retries=0",
    ),
    "image by a tag": (
        _job(image="r/training:latest"),
        "training job",
        "warning",
        "named by a tag (r/training:latest)",
        "@sha256:",
    ),
    "job with another limit": (
        _job(timeout="600s"),
        "training job",
        "warning",
        "limit is 600 s, MMM_RUN_TIMEOUT is 21600 s",
        "training_timeout",
    ),
    "may not launch": (
        lambda b: b.google("run.jobs.testIamPermissions", {}),
        "training job",
        "failed",
        "may not start mmm-training",
        "roles/run.jobsExecutorWithOverrides",
    ),
    "unreadable secret": (
        lambda b: b.secret(SNOWFLAKE_KEY_SECRET, None),
        "secret Snowflake key",
        "failed",
        "is not there, or its account may not read it",
        "roles/secretmanager.secretAccessor",
    ),
    "the public key as the private one": (
        lambda b: b.secret(SNOWFLAKE_KEY_SECRET, PUBLIC),
        "secret Snowflake key",
        "failed",
        "is the public half",
        "gcloud secrets versions add",
    ),
    "warehouse that may be written": (
        lambda b: b.roles({"MMM_READER": [*READER, ["INSERT", "TABLE", "MMM.MARKETING.DAILY"]]}),
        "snowflake rights",
        "failed",
        "may change things: INSERT ON TABLE MMM.MARKETING.DAILY",
        "REVOKE INSERT ON TABLE MMM.MARKETING.DAILY FROM ROLE MMM_READER;",
    ),
    "rights by another role": (
        lambda b: b.roles(
            {
                "MMM_READER": [*READER, ["USAGE", "ROLE", "MAKERS"]],
                "MAKERS": [["CREATE TABLE", "SCHEMA", "MMM.MARKETING"]],
            }
        ),
        "snowflake rights",
        "failed",
        "CREATE TABLE ON SCHEMA MMM.MARKETING",
        "REVOKE",
    ),
    "missing role": (
        lambda b: b.roles({"SOMEBODY": READER}),
        "snowflake",
        "failed",
        "does not give the service its role",
        "MMM_SNOWFLAKE_ROLE",
    ),
    "clock far off": (
        _ahead(400),
        "clock (Slack)",
        "failed",
        "seconds ahead of Slack's: Slack's requests look replayed",
        "set-ntp",
    ),
    "clock a little off": (
        _ahead(90),
        "clock (Google)",
        "warning",
        "seconds ahead of Google's; at 300 seconds",
        "set-ntp",
    ),
    "misspelt setting": (
        lambda b: b.set("MMM_VEIWER_GROUP", "S0VIEWERS"),
        "settings",
        "failed",
        "it looks like MMM_VIEWER_GROUP",
        "Rename MMM_VEIWER_GROUP to MMM_VIEWER_GROUP",
    ),
    "unwritable disk": (
        lambda b: b.set("MMM_EMBEDDED_STATE", "/proc"),
        "state folder",
        "failed",
        "cannot be written to /proc",
        "df /proc",
    ),
    "worker not reachable": (
        lambda b: b.set("MMM_WORKER_URL", "http://127.0.0.1:9"),
        "server",
        "failed",
        "The worker is down: nothing listens at 127.0.0.1:9 (the worker); 2 checks need it.",
        "mmm serve worker",
    ),
    "task of another account": (
        lambda b: b.set("MMM_TASKS_ACCOUNT", "somebody@mmm-local.example"),
        "task delivery",
        "failed",
        "does not take what the queue mmm-notify sends: UNAUTHENTICATED(16): HTTP status code 401",
        "its log says more",
    ),
    "bucket that nobody checks": (
        lambda b: b.google("storage.buckets.get", NOT_MINE, 403),
        "bucket protection",
        "warning",
        "Nobody checks how gs://mmm-local is protected",
        "gcloud storage buckets describe gs://mmm-local",
    ),
    "nothing where the worker should be": (
        lambda b: b.set("MMM_WORKER_URL", f"http://{b.product.at.metadata}/nothing"),
        "worker",
        "failed",
        "Nothing is found at",
        "MMM_WORKER_URL",
    ),
    "not the worker": (
        lambda b: b.set("MMM_WORKER_URL", b.product.at.bot),
        "worker",
        "failed",
        "answers 404 to a call without a token",
        "MMM_WORKER_URL",
    ),
    "trainer that is not here": (
        lambda b: b.set("MMM_TRAINERS", '["native", "robyn"]') or b.set("PATH", "/nonexistent"),
        "trainers",
        "failed",
        "this machine lacks R",
        "MMM_TRAINERS=",
    ),
    "nobody is admin": (
        lambda b: b.set("MMM_ADMINS", "[]"),
        "settings",
        "warning",
        "Nobody is an admin",
        "access.admins",
    ),
}
