"""`mmm doctor` over the whole product: all is well, and then one thing after another is broken where it stands."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot import cli
from bot.admin import doctor
from bot.admin.doctor import ALL, look_from_here
from bot.service import create_app
from engine import paths
from engine.doctor.report import Finding, Report, Verdict, ok
from engine.doctor.subject import Check, Subject
from local import workspace
from local.environment import SIGNING_SECRET, SLACK_TOKEN_SECRET
from local.faults import Fault
from tests.planted_faults import FAULTS, Broken
from tests.scenarios.test_worker_requests import Door, bearer
from tests.stack import REPOSITORY, Stack, stack

Json = dict[str, Any]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("product"), admins='["U0ANA"]') as running:
        yield running


def shown(report: Report) -> str:
    return "\n".join(f"{one.verdict} {one.check}: {one.found} -> {one.fix}" for one in report.findings)


def named(report: Report, check: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.check == check]


@pytest.mark.streamlit("output-bucket")
def test_all_is_well_where_nothing_is_broken(product: Stack) -> None:
    before = {entry.path for entry in product.cloud.storage.list("")}
    report = look_from_here()
    assert report.healthy and not report.with_verdict(Verdict.WARNING), shown(report)
    assert {check.name for check in ALL} <= {finding.check for finding in report.findings}
    for finding in report.with_verdict(Verdict.OK):
        assert not finding.fix
    assert {entry.path for entry in product.cloud.storage.list("")} == before, "the probe is left behind"


def test_a_repair_by_hand_brings_back_what_lists_lost(product: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    storage = product.cloud.storage
    assert cli.main(["doctor", "--repair"]) == 0
    right = {entry.path: entry.line for entry in storage.list(paths.INDEX)}
    assert "say what they should" in capsys.readouterr().out
    lost = next(name for name in right if name.startswith((paths.DATASET_INDEX, paths.EXPERIMENT_INDEX)))
    storage.overwrite_view(f"{paths.DATASET_INDEX}odd", b"{}", "application/json")
    storage.delete(lost)
    assert cli.main(["doctor", "--repair"]) == 0
    said = capsys.readouterr().out
    assert "index/datasets/: 1 of its entries belonged to nothing: odd. It is mended." in said
    assert f"was missing: {lost.rpartition('/')[2]}. It is mended." in said
    assert {entry.path: entry.line for entry in storage.list(paths.INDEX)} == right


def test_what_cannot_be_looked_at_here_says_why(product: Stack) -> None:
    told = {finding.check: finding.found for finding in look_from_here().with_verdict(Verdict.SKIPPED)}
    assert told == {
        "slack dialling": "Slack reaches the bot by HTTP: no app-level token is needed.",
        "secret signing secret before": "None: not rotated now.",
        "secret app-level token": "Slack reaches the bot by HTTP: not needed.",
        "secret client secret": "One workspace is served: not needed.",
        "bucket protection": "Nobody can check that: the bucket is a folder of this machine, without versions, "
        "and as open as its disk.",
        "connections": "No connection was made in Slack.",
        "state folder": "No state is kept on this machine: it is in the bucket.",
    }


@pytest.fixture
def broken(product: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broken]:
    breaking = Broken(product, monkeypatch)
    yield breaking
    breaking.mend()


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
    # The checks run side by side, and more than one asks for a queue: whoever comes first must not use the slowness up.
    broken.product.google_faults.add(Fault("queues.get", "slow", seconds=8.0, times=20))
    report = doctor.look_from_here()
    broken.product.google_faults.clear()
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
