"""`mmm doctor` over the whole product: all is well, and then one thing after another is broken where it stands."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import cli
from bot.admin import doctor
from bot.admin.doctor import ALL, look_from_here
from bot.service import create_app
from engine.clock import SystemClock
from engine.doctor.report import Finding, Report, Verdict, ok
from engine.doctor.subject import Check, Subject
from local import workspace
from local.environment import SIGNING_SECRET, SLACK_TOKEN_SECRET, SNOWFLAKE_KEY_SECRET
from local.faults import Fault
from tests.scenarios.test_worker_requests import Door, bearer
from tests.stack import REPOSITORY, Stack, stack

Json = dict[str, Any]
SCOPES = (
    "chat:write,channels:history,commands,files:read,files:write,groups:history,im:write,usergroups:read,users:read"
)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("product"), admins='["U0ANA"]') as running:
        yield running


def shown(report: Report) -> str:
    return "\n".join(f"{one.verdict} {one.check}: {one.found} -> {one.fix}" for one in report.findings)


def named(report: Report, check: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.check == check]


def test_all_is_well_where_nothing_is_broken(product: Stack) -> None:
    before = {entry.path for entry in product.cloud.storage.list("")}
    report = look_from_here()
    assert report.healthy and not report.with_verdict(Verdict.WARNING), shown(report)
    assert {check.name for check in ALL} <= {finding.check for finding in report.findings}
    for finding in report.with_verdict(Verdict.OK):
        assert not finding.fix
    assert {entry.path for entry in product.cloud.storage.list("")} == before, "the probe is left behind"


def test_what_cannot_be_looked_at_here_says_why(product: Stack) -> None:
    told = {finding.check: finding.found for finding in look_from_here().with_verdict(Verdict.SKIPPED)}
    assert told == {
        "slack dialling": "Slack reaches the bot by HTTP: no app-level token is needed.",
        "secret signing secret before": "None: not rotated now.",
        "secret app-level token": "Slack reaches the bot by HTTP: not needed.",
        "secret client secret": "One workspace is served: not needed.",
        "bucket protection": "The bucket does not say how it is kept: it is a folder of this machine.",
        "state folder": "No state is kept on this machine: it is in the bucket.",
    }


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
        httpx.post(f"{self.product.at.google}/v2/{place}:{verb}").raise_for_status()

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


@pytest.fixture
def broken(product: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broken]:
    breaking = Broken(product, monkeypatch)
    yield breaking
    breaking.mend()


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
        job = httpx.get(f"{product.at.google}/v2/{name}").json()
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
        lambda b: b.secret(SIGNING_SECRET, workspace.SIGNING_SECRET[:-1]),
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
        "worker",
        "failed",
        "does not answer at http://127.0.0.1:9",
        "mmm serve worker",
    ),
    "nothing where the worker should be": (
        lambda b: b.set("MMM_WORKER_URL", f"{b.product.at.google}/nothing"),
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


@pytest.mark.parametrize(("plant", "check", "verdict", "found", "fix"), FAULTS.values(), ids=list(FAULTS))
def test_what_is_broken_is_named_with_its_fix(
    broken: Broken, plant: Callable[[Broken], Any], check: str, verdict: str, found: str, fix: str
) -> None:
    plant(broken)
    report = look_from_here(clock=broken.clock)
    hits = [one for one in named(report, check) if one.verdict == verdict and found in one.found]
    assert hits, shown(report)
    assert fix in hits[0].fix
    assert report.healthy == (verdict == "warning"), shown(report)


def test_no_secret_stands_in_a_report(broken: Broken) -> None:
    broken.secret(SLACK_TOKEN_SECRET, "abcdef-canary-0123")
    broken.secret(SIGNING_SECRET, "canary-signing-9876")
    broken.slack("auth.test", {"ok": False, "error": "token abcdef-canary-0123 is unknown"})
    text = shown(look_from_here())
    assert "canary" not in text and "[hidden]" in text


def test_a_check_that_hangs_or_breaks_stops_no_other(broken: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(subject: Subject) -> Iterator[Finding]:
        yield ok("That much is well.")
        raise ZeroDivisionError("by nobody's fault")

    hurried = [replace(check, seconds=2.0) if check.name.startswith("queue") else check for check in doctor.ALL]
    monkeypatch.setattr(doctor, "ALL", (*hurried, Check("broken", breaks)))
    broken.product.google_faults.add(Fault("queues.get", "slow", seconds=8.0, times=4))
    report = doctor.look_from_here()
    assert "no answer within 2 seconds" in named(report, "queue watch")[-1].found
    assert [finding.verdict for finding in named(report, "broken")] == [Verdict.OK, Verdict.FAILED]
    assert "ZeroDivisionError" in named(report, "broken")[1].found
    assert named(report, "worker")[0].verdict is Verdict.OK


def test_settings_that_cannot_be_read_are_all_named_and_nothing_else_is_tried(broken: Broken) -> None:
    since = len(broken.product.ana.transcript())
    broken.set("MMM_MAX_RUNNING", "many")
    broken.set("MMM_WATCH_SECONDS", "-1")
    broken.set("MMM_SNOWFLAKE_PROTOCOL", "ftp")
    report = look_from_here()
    wrong = {finding.found.split()[0] for finding in report.with_verdict(Verdict.FAILED)}
    assert wrong == {"MMM_MAX_RUNNING", "MMM_WATCH_SECONDS", "MMM_SNOWFLAKE_PROTOCOL"}
    assert len(report.with_verdict(Verdict.SKIPPED)) == len(ALL) - 1
    assert len(broken.product.ana.transcript()) == since


def test_a_list_that_is_no_json_is_named(broken: Broken) -> None:
    broken.set("MMM_ADMINS", "U0ANA")
    [finding] = look_from_here().with_verdict(Verdict.FAILED)
    assert finding.found == "MMM_ADMINS is no list." and "MMM_ADMINS='[" in finding.fix


def test_the_command_ends_with_0_or_1_and_prints_json(broken: Broken, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["healthy"] and all(one["verdict"] in ("ok", "skipped") for one in told["findings"])
    broken.pause("mmm-stage")
    assert cli.main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert (
        "FAILED" in out and "-> gcloud tasks queues resume mmm-stage" in out and "Something is wrong: 1 failed" in out
    )


def test_the_public_service_looks_without_the_workers_libraries(product: Stack) -> None:
    """As in the bot's image: what needs them is skipped, what the bot needs is looked at."""
    code = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if any(name == one or name.startswith(one + '.') for one in SCIENCE):\n"
        "            raise ModuleNotFoundError(f'No module named {name}', name=name)\n"
        "SCIENCE = ('numpy', 'pandas', 'matplotlib', 'pyarrow', 'snowflake', 'google.cloud.run_v2', 'numba')\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from bot.cli import main\n"
        "sys.exit(main(['doctor', '--json']))\n"
    )
    command = [sys.executable, "-c", code]
    at = {**os.environ, "K_SERVICE": "mmm-bot"}
    done = subprocess.run(command, cwd=REPOSITORY, env=at, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    told = {one["check"]: one for one in json.loads(done.stdout)["findings"]}
    assert told["queue watch"]["found"] == "This is the bot; only the worker has the rights to look."
    assert told["snowflake"]["verdict"] == "skipped" and told["bucket"]["verdict"] == "ok"


def test_an_admin_asks_in_slack_and_is_told_in_person(product: Stack) -> None:
    product.ana.type(workspace.MARKETING.id, "/mmm doctor")
    product.ana.wait_for_message(workspace.MARKETING.id, "Looking at every setting")
    told = product.ana.wait_for_message("D0ANA", "All is well")
    assert "*Not looked at*" in str(told["blocks"]) and "snowflake rights" in str(told["blocks"])
    assert not [one for one in product.ben.messages(workspace.MARKETING.id) if "Looking at every" in one["text"]]


def test_who_is_no_admin_is_refused_and_nothing_is_looked_at(product: Stack) -> None:
    since = len(product.ben.transcript())
    product.ben.type(workspace.MARKETING.id, "/mmm doctor")
    product.ben.wait_for_message(workspace.MARKETING.id, "Only an admin may do that")
    assert not [call for call in product.ben.transcript()[since:] if call["method"] == "auth.test"]


def test_who_was_an_admin_when_they_asked_and_is_none_now_is_told_nothing(product: Stack) -> None:
    worker = Door(create_app(product.settings, "worker", cloud=product.cloud))
    since = len(product.ben.transcript())
    asked = {"who": workspace.BEN.id, "key": "k", "at": 1_800_000_000}
    answer = worker.post("/tasks/doctor", json=asked, headers=bearer(product))
    assert answer.status_code == 200
    methods = {call["method"] for call in product.ben.transcript()[since:]}
    assert "users.info" in methods and not methods & {"auth.test", "chat.postMessage"}


def test_the_answer_is_given_once_however_often_the_task_comes(product: Stack) -> None:
    worker = Door(create_app(product.settings, "worker", cloud=product.cloud))
    asked = {"who": workspace.ANA.id, "key": "twice", "at": int(datetime.now(UTC).timestamp())}
    before = len(product.ana.messages("D0ANA"))
    for _ in range(2):
        assert worker.post("/tasks/doctor", json=asked, headers=bearer(product)).status_code == 200
    assert len(product.ana.messages("D0ANA")) == before + 1
