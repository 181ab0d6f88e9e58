"""What Terraform itself makes of our files: its own plan, apply and tests, on recorded schemas and a played Cloud Run.

A release is a sequence of two programs on one cloud: Terraform, then the script. Here both are the real ones.
"""

import copy
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import fake_cloud_run
from tests.fake_cloud_run import Programs, serving
from tests.releases import BAD, JOB, NAMES, Cloud
from tests.terraform_files import MODULE

pytestmark = pytest.mark.slow

pytest.importorskip("pip._vendor.msgpack", reason="this pip brings no msgpack")
terraform_provider = pytest.importorskip(
    "tests.terraform_provider", reason="what speaks Terraform's protocol is missing"
)

ANSWERS: dict[str, Any] = {
    "project": "team-mmm-prod",
    "environment": "prod",
    "state_bucket": "team-mmm-prod-terraform",
    "slack_workspace": "T0123456789",
    "access": {"email_domains": ["example.com", "example.org"]},
    "alert_emails": ["data-team@example.com"],
    "runbook_url": "https://example.com/operate.md",
    "billing_account": "012345-6789AB-CDEF01",
    "snowflake": {"account": "org-team", "user": "MMM_SERVICE", "role": "MMM_READER", "warehouse": "MMM_WH"},
    "github": {"owner_id": 12, "repository_id": 34, "branches": ["main"]},
}


class Project:
    """A project at Google, our module on it, and the releases to it."""

    def __init__(self, folder: Path, cloud: Cloud, provider: Any, env: dict[str, str]) -> None:
        self.folder, self.cloud, self.provider = folder, cloud, provider
        quiet = {"TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), **quiet, **env}

    def terraform(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["terraform", *words], cwd=self.folder, env=self.env, capture_output=True, text=True)

    def answers(self, **changes: Any) -> None:
        """Fill terraform.tfvars in."""
        (self.folder / "terraform.tfvars.json").write_text(json.dumps(ANSWERS | changes))

    def planned(self) -> list[str]:
        """What Terraform would change, as the release lets it: addresses."""
        done = self.terraform("plan", "-input=false", "-no-color", "-out=release.tfplan")
        assert done.returncode == 0, done.stderr
        plan = json.loads(self.terraform("show", "-json", "release.tfplan").stdout)
        return [
            one["address"] for one in plan["resource_changes"] if one["change"]["actions"] not in (["no-op"], ["read"])
        ]

    def apply(self, **changes: Any) -> subprocess.CompletedProcess[str]:
        self.answers(**changes)
        self.provider.changed.clear()
        return self.terraform("apply", "-auto-approve", "-input=false", "-no-color")

    def deployment(self) -> str:
        """The file that a release is told of."""
        told = self.folder / "deployment.json"
        told.write_text(json.dumps({"releases": json.loads(self.terraform("output", "-json", "releases").stdout)}))
        return str(told)


@contextmanager
def project_in(folder: Path, cloud: dict[str, Any]) -> Iterator[Project]:
    """Terraform in the module's folder, and the script beside it, on one cloud."""
    with Programs(cloud, folder.parent) as programs:
        provider = terraform_provider.Provider(folder, lambda: programs.cloud)
        with terraform_provider.attached(provider) as env:
            yield Project(folder, Cloud(programs, folder.parent), provider, env)


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A project that Terraform has just made everything in: the module's folder with its state, and the cloud."""
    for tool in ("terraform", "bash", "jq"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool}")
    folder = tmp_path_factory.mktemp("first-day") / "module"
    shutil.copytree(MODULE, folder, ignore=shutil.ignore_patterns(".terraform*"))
    with project_in(folder, fake_cloud_run.begin(NAMES, JOB)) as made:
        assert made.terraform("init", "-backend=false", "-input=false").returncode == 0
        done = made.apply()
        assert done.returncode == 0, done.stderr
        return folder, made.cloud.state


@pytest.fixture
def project(first_day: tuple[Path, dict[str, Any]], tmp_path: Path) -> Iterator[Project]:
    """A copy of that project."""
    folder, cloud = first_day
    shutil.copytree(folder, tmp_path / "module")
    with project_in(tmp_path / "module", copy.deepcopy(cloud)) as made:
        yield made


def test_good_then_bad_then_good_with_terraform_before_each(project: Project) -> None:
    # Half a minute's work for a slow machine: three applies and three releases, each by the real programs.
    cloud = project.cloud
    assert cloud.release("good", DEPLOYMENT=project.deployment()).status == 0
    assert cloud.running() == ("good", "good", "good")
    told = cloud.state["services"]["mmm-bot"]["revisions"][serving(cloud.state, "mmm-bot")]["env"]
    assert json.loads(told["MMM_EMAIL_DOMAINS"]) == ["example.com", "example.org"]

    # What a release changed is nothing that Terraform would change back.
    assert project.planned() == []
    before = {name: serving(cloud.state, name) for name in NAMES}
    assert cloud.release(*BAD["neither-starts"], DEPLOYMENT=project.deployment()).status != 0
    assert {name: serving(cloud.state, name) for name in NAMES} == before
    assert project.planned() == []

    # The next commit also changes a service and a setting: the one is taken at once, the other with the release.
    done = project.apply(bot_min_instances=1, settings={"MMM_MAX_RUNNING": "4"})
    assert done.returncode == 0, done.stderr
    assert project.provider.changed == ["google_cloud_run_v2_service.mmm-bot"]
    assert cloud.running() == ("good", "good", "good")
    assert cloud.release("good2", DEPLOYMENT=project.deployment()).status == 0
    assert cloud.running() == ("good2", "good2", "good2")
    for name in NAMES:
        assert cloud.state["services"][name]["revisions"][serving(cloud.state, name)]["env"]["MMM_MAX_RUNNING"] == "4"
    assert project.planned() == []


def test_a_release_that_was_killed_stops_terraform_until_it_is_mended(project: Project) -> None:
    cloud = project.cloud
    cloud.release("good")
    cloud.release("dead", "new", "new", kill_at=2)
    done = project.apply(bot_min_instances=1)
    assert done.returncode != 0 and "is not ready" in done.stderr
    assert cloud.script("mend").status == 0
    done = project.apply(bot_min_instances=1)
    assert done.returncode == 0, done.stderr
    assert cloud.release("good2").status == 0
    assert cloud.running() == ("good2", "good2", "good2")


def test_with_two_owners_terraform_would_change_what_a_release_made(project: Project) -> None:
    # Why `template` is ignored whole: with the image alone, the revision's name is a change, and so a new revision.
    for path in (project.folder / "bot.tf", project.folder / "worker.tf"):
        text = path.read_text()
        assert "ignore_changes = [template, traffic," in text
        path.write_text(text.replace("[template, traffic,", "[template[0].containers[0].image, traffic,"))
    project.cloud.release("good")
    assert {"google_cloud_run_v2_service.bot", "google_cloud_run_v2_service.worker"} <= set(project.planned())


def test_what_github_may_apply_is_not_stopped_and_a_right_is(project: Project) -> None:
    script = Path(__file__).resolve().parents[2] / ".github/scripts/for_a_person.sh"

    def let_through(**changes: Any) -> bool:
        project.answers(**changes)
        project.planned()
        plan = project.terraform("show", "-json", "release.tfplan").stdout
        return subprocess.run([script], input=plan, capture_output=True, text=True).returncode == 0

    assert let_through(bot_min_instances=1, training_timeout=7200, alert_emails=["others@example.com"])
    assert not let_through(github=ANSWERS["github"] | {"branches": ["main", "dev"]})
    assert not let_through(domain_restricted_sharing=True)


def test_the_condition_of_the_federation_is_what_the_policy_reads(project: Project) -> None:
    state = json.loads(project.terraform("show", "-json").stdout)["values"]["root_module"]["resources"]
    [provider] = [one["values"] for one in state if one["type"] == "google_iam_workload_identity_pool_provider"]
    assert provider["attribute_condition"] == (
        "assertion.environment == 'prod' && assertion.repository_owner_id == '12' && assertion.repository_id == '34'"
        " && assertion.event_name == 'push'"
        " && assertion.job_workflow_ref.endsWith('/.github/workflows/pipeline.yml@' + assertion.ref)"
        " && (assertion.ref == 'refs/heads/main')"
    )
    members = {one["values"]["member"] for one in state if one["name"] == "github_acts"}
    assert len(members) == 1 and members.pop().endswith("/attribute.may_enter/34:prod")


def test_terraforms_own_tests_pass(project: Project) -> None:
    done = project.terraform("validate", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
    # They bring answers of their own.
    (project.folder / "terraform.tfvars.json").unlink()
    done = project.terraform("test", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Success! \d+ passed, 0 failed", done.stdout)
