"""What Terraform tells the programs, and what the programs expect: the same names on both sides."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from engine.cloud.tasks import DEADLINE_SECONDS, Queue
from engine.settings import Settings
from engine.training_job import JobSettings
from tests.terraform_files import MODULE, local_values, named, one


def told(name: str) -> set[str]:
    """Names of the variables in one of the maps of environment.tf, with those that it is merged from."""
    value = local_values()[name]
    if isinstance(value, dict):
        return set(value)
    found = set(re.findall(r"\b(MMM_\w+)\s*=", value))
    for other in re.findall(r"local\.(\w+_env)\b", value):
        found |= told(other)
    return found


def wanted(settings: type[Any]) -> tuple[set[str], set[str]]:
    """The environment variables a settings class must have, and those it knows."""
    fields = settings.model_fields
    required = {f"MMM_{name.upper()}" for name, field in fields.items() if field.is_required()}
    return required, {f"MMM_{name.upper()}" for name in fields}


def test_services_are_told_every_setting_they_must_have_and_none_they_do_not_know() -> None:
    required, known = wanted(Settings)
    given = told("service_env")
    assert required - given == set()
    assert given - known == set()
    # By HTTP, Slack's requests are checked by their signature.
    assert {"MMM_SLACK_SIGNING_SECRET", "MMM_SNOWFLAKE_KEY_SECRET"} <= given


SAMPLES = {"MMM_WORKER_URL": "https://worker", "MMM_PUBLIC_URL": "https://bot", "MMM_ROLE_DEFAULT": "analyst"}
SAMPLES |= {
    "MMM_TOKENS_CHECKED_BY": "cloud_run",
    "MMM_RUN_TIMEOUT": "3600",
    "MMM_JOB_WORKERS": "8",
    "MMM_TRAINERS": '["native"]',
}
LISTS = ("_DOMAINS", "_WORKSPACES", "MMM_WORKSPACES", "MMM_ADMINS", "MMM_ANALYSTS", "MMM_VIEWERS")


@pytest.mark.parametrize(("mode", "other"), [("one_env", "several_env"), ("several_env", "one_env")])
def test_services_start_with_what_they_are_told(mode: str, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where one workspace is served, and where several install the app: either way the settings are complete.
    assert told(mode).isdisjoint(told(other))
    for name in told("service_env") - told(other):
        monkeypatch.setenv(name, SAMPLES.get(name, '["T0123456789"]' if name.endswith(LISTS) else "x"))
    assert Settings().many is (mode == "several_env")


def test_the_training_is_told_every_setting_it_must_have() -> None:
    required, known = wanted(JobSettings)
    given = told("job_env")
    assert given - known == set()
    assert required - given - set(launched_with()) == set()


def launched_with() -> list[str]:
    """What the launch adds for each run, as the launch itself writes it."""
    import inspect

    from engine.pipeline import launch

    return re.findall(r'"(MMM_\w+)":', inspect.getsource(launch.environment))


def test_the_training_is_told_no_secret_and_not_where_slack_is() -> None:
    assert [name for name in told("job_env") if "SECRET" in name or "SLACK" in name or "SNOWFLAKE" in name] == []


def test_secrets_are_told_by_reference_and_the_reference_is_one_that_the_services_read() -> None:
    values = local_values()
    text = " ".join(str(values[name]) for name in ("service_env", "one_env", "several_env", "snowflake_env"))
    references = dict(
        re.findall(r"(MMM_\w+_SECRET)'?\s*[=:]\s*'?(?:\$\{)?(local\.secret_reference\[\"[\w-]+\"\])", text)
    )
    secret_settings = {name for name in told("service_env") if name.endswith("_SECRET")}
    assert set(references) == secret_settings
    named_there = {re.findall(r'\["([\w-]+)"\]', reference)[0] for reference in references.values()}
    assert named_there == set(re.findall(r'"((?:slack|snowflake)-[\w-]+)"', values["secrets"]))
    assert "/versions/latest" in values["secret_reference"]


def test_every_secret_is_read_by_somebody_and_every_reader_reads_one_that_exists() -> None:
    values = local_values()
    tables = ("secret_readers", "token_readers", "install_readers", "snowflake_readers")
    readers = [reader for name in tables for reader in values[name].values()]
    assert {reader["secret"] for reader in readers} == set(
        re.findall(r'"((?:slack|snowflake)-[\w-]+)"', values["secrets"])
    )


def test_there_is_a_queue_for_every_kind_of_step() -> None:
    assert set(local_values()["queues"]) == set(get_args(Queue))
    assert one("google_cloud_tasks_queue", "queues")["name"] == "${var.name}-${each.key}"
    # The services build the same name from their setting.
    assert "MMM_QUEUE_PREFIX" in told("service_env")


def test_a_queue_tries_longer_than_the_worker_does_before_it_gives_up_in_words() -> None:
    from bot import tasks

    [retry] = one("google_cloud_tasks_queue", "queues")["retry_config"]
    assert retry["max_attempts"] > tasks.TRIES + 1
    assert retry["max_retry_duration"] == "86400s"


def test_messages_leave_at_the_pace_that_slack_takes() -> None:
    # One a second is a channel's pace: one workspace keeps to it, several have channels of their own.
    assert local_values()["queues"]["notify"]["per_second"] == "${var.slack_install == null ? 1 : 10}"


def test_the_worker_may_take_as_long_as_its_slowest_step() -> None:
    assert local_values()["programs"]["worker"]["timeout"] >= max(DEADLINE_SECONDS.values())


@pytest.mark.parametrize("role", ["bot", "worker"])
def test_a_service_listens_where_its_image_does(role: str) -> None:
    # Its command is the image's own: what Terraform makes a service with is not ours.
    [container] = one("google_cloud_run_v2_service", role)["template"][0]["containers"]
    assert not {"command", "args"} & set(container)
    [port] = re.findall(r"PORT=(\d+)", (Path(__file__).resolve().parents[2] / "docker/Dockerfile.service").read_text())
    assert container["ports"] == [{"container_port": int(port)}]


def test_a_release_is_told_of_all_that_terraform_would_have_set() -> None:
    releases = str(local_values()["releases"])
    for role, env in (("bot", "service_env"), ("worker", "service_env"), ("training", "job_env")):
        assert re.search(rf"'{role}': \{{'env': '\$\{{local\.{env}\}}'", releases), releases
    flags = str(local_values()["service_flags"]) + str(local_values()["probe_flags"]) + str(local_values()["job_flags"])
    for flag in ("service-account", "cpu", "memory", "timeout", "concurrency", "cpu-throttling", "cpu-boost"):
        assert f"--{flag}" in flags
    for flag in ("${probe}-probe", "task-timeout", "max-retries=0"):
        assert f"--{flag}" in flags
    assert named(MODULE, "output")["releases"]["value"] == "${local.releases}"


def test_what_runs_is_the_releases_alone() -> None:
    for kind, name in (
        ("google_cloud_run_v2_service", "bot"),
        ("google_cloud_run_v2_service", "worker"),
        ("google_cloud_run_v2_job", "training"),
    ):
        [lifecycle] = one(kind, name)["lifecycle"]
        assert "template" in lifecycle["ignore_changes"]
        assert "traffic" not in one(kind, name)
        [image] = re.findall(r"'image': '([^']+)'", str(one(kind, name)["template"]))
        assert image in ("${var.first_images.service}", "${var.first_images.job}")
    for name in ("bot", "worker"):
        [lifecycle] = one("google_cloud_run_v2_service", name)["lifecycle"]
        assert "traffic" in lifecycle["ignore_changes"]
    # Nothing else of Terraform names one of our images.
    assert [name for name in named(MODULE, "variable") if name.endswith("_image")] == []


def test_the_clock_calls_steps_that_the_worker_knows() -> None:
    import inspect

    from bot import tasks

    job = one("google_cloud_scheduler_job", "ticks")
    [target] = job["http_target"]
    assert target["uri"] == "${local.worker_url}/tasks/${each.key}"
    known = set(re.findall(r'^        "(\w+)": lambda', inspect.getsource(tasks.steps_of), re.MULTILINE))
    assert set(re.findall(r"'(\w+)': \{'schedule'", str(local_values()["ticks"]))) <= known and "sweep" in known
    # The worker takes the token of one account, for one audience.
    assert target["oidc_token"] == [
        {"service_account_email": '${local.email["tasks"]}', "audience": "${local.worker_url}"}
    ]
    assert one("google_cloud_run_v2_service", "worker")["custom_audiences"] == ["${local.worker_url}"]


def test_limits_of_the_job_and_of_the_services_agree() -> None:
    text = str(local_values()["service_env"])
    assert re.search(r"MMM_RUN_TIMEOUT'?\s*[=:]\s*'?(\$\{)?tostring\(var\.training_timeout\)", text)
    assert re.search(r"MMM_JOB_WORKERS'?\s*[=:]\s*'?(\$\{)?tostring\(var\.training_cpu\)", text)
    assert set(re.findall(r'"(\w+)"', str(named(MODULE, "variable")["trainers"]["validation"]))) == set(
        get_args(get_args(Settings.model_fields["trainers"].annotation)[0])
    )
