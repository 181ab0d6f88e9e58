"""The images, built from their Dockerfiles and looked into. `make test-images` runs it: it takes some minutes.

Nothing is fetched while building: the base is made from this machine, pip finds its packages in a folder that the
target filled, and the training's packages are those of this environment.
"""

import json
import os
import re
import shutil
import sysconfig
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.results.check import check_results
from engine.results.read import load_results
from tests.images import ROOT, Builder, missing, roomy_folder
from tests.local_google import Google
from tests.training_attempt import Attempt

WHEELS = os.environ.get("MMM_WHEELS", "")
pytestmark = [
    pytest.mark.skipif(not WHEELS, reason="images are built by `make test-images`"),
    pytest.mark.skipif(bool(WHEELS and missing()), reason=missing()),
]
NOT_IN_AN_IMAGE = re.compile(r"(^|/)(tests?|local|docs|bench|infra|\.git)(/|$)|\.(pem|key|env|p12)$")
# What the bot must not hold, because its first answer is due within three seconds.
SCIENCE = ("numpy", "pandas", "matplotlib", "pyarrow", "scipy", "numba", "snowflake", "prophet", "nevergrad")
# Made from Python and its packages, as the real training base is; Robyn needs a network and is not in it.
TRAINING_BASE = """
FROM localhost/python
RUN python3.11 -m venv --without-pip /opt/trainer && useradd --uid 10001 --user-group --create-home mmm
ENV PATH=/opt/trainer/bin:$PATH
USER 10001:10001
"""
PACKAGES = f"{sysconfig.get_path('purelib')}:/opt/trainer/lib/python3.11/site-packages:ro"
# Enough for a service to start: nothing is asked of these addresses before somebody calls.
SETTINGS = {
    "MMM_WORKSPACE": "T0000001",
    "MMM_PROJECT": "nowhere",
    "MMM_BUCKET": "nothing",
    "MMM_STORAGE_URL": "http://127.0.0.1:9",
    "MMM_TASKS_URL": "http://127.0.0.1:9",
    "MMM_RUN_URL": "http://127.0.0.1:9",
    "MMM_SECRETS_URL": "http://127.0.0.1:9",
    "MMM_WORKER_URL": "http://127.0.0.1:9",
    "MMM_TASKS_ACCOUNT": "tasks@nowhere",
    "MMM_SLACK_SIGNING_SECRET": "file:/tmp/none",
    "MMM_SLACK_TOKEN_SECRET": "file:/tmp/none",
    "GOOGLE_APPLICATION_CREDENTIALS": "/credentials.json",
}
# Read at the start, and never shown to anybody.
CREDENTIALS = {"type": "authorized_user", "client_id": "none", "client_secret": "none", "refresh_token": "none"}


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    """A builder whose stand-in for a registry's Python is ready."""
    builder = Builder(roomy_folder())
    builder.make_base("python")
    yield builder
    shutil.rmtree(builder.folder)


@pytest.fixture(scope="module", params=["bot", "worker"])
def service(request: pytest.FixtureRequest, builder: Builder) -> str:
    """The name of a service's image, which is its role too."""
    offline = ("--build-arg", "PIP_NO_INDEX=1", "--build-arg", "PIP_FIND_LINKS=/wheels", "-v", f"{WHEELS}:/wheels:ro")
    base = ("--build-arg", "PYTHON_IMAGE=localhost/python", "--build-arg", "REVISION=abc123")
    role: str = request.param
    builder.build(ROOT / "docker/Dockerfile.service", role, "--target", role, *base, *offline)
    return role


@pytest.fixture(scope="module")
def training(builder: Builder) -> str:
    """The name of the training's image, on a base that holds Python alone."""
    dockerfile = builder.folder / "Dockerfile.training-base"
    dockerfile.write_text(TRAINING_BASE)
    builder.build(dockerfile, "training-base", context=builder.folder)
    base = ("--build-arg", "TRAINING_BASE=localhost/training-base", "-v", PACKAGES)
    builder.build(ROOT / "docker/Dockerfile.training", "training", *base)
    return "training"


def test_a_service_holds_our_code_and_nothing_that_stays_at_home(builder: Builder, service: str) -> None:
    files = builder.files(service, "app")
    assert {file.split("/")[0] for file in files} == {"bot", "engine"}
    assert [file for file in files if NOT_IN_AN_IMAGE.search(file)] == []
    # What the build needed is not left behind.
    assert builder.files(service, "tmp") == []


def test_a_service_is_nobody_special_and_answers_as_mmm(builder: Builder, service: str) -> None:
    assert "uid=10001(mmm)" in builder.run(service, "id")
    assert "run a service" in builder.run(service, "mmm", "--help")


def test_the_bot_holds_no_science_library(builder: Builder, service: str) -> None:
    held = {file.split("/")[0] for file in builder.files(service, "opt/mmm/lib/python3.11/site-packages")}
    assert bool(held & set(SCIENCE)) == (service == "worker")


def test_a_service_starts_and_says_that_it_is_well(
    builder: Builder, service: str, unused_tcp_port: int, tmp_path: Path
) -> None:
    credentials = tmp_path / "credentials.json"
    credentials.write_text(json.dumps(CREDENTIALS))
    credentials.chmod(0o644)
    tmp_path.chmod(0o755)
    script = f"""
        mmm serve {service} --host 127.0.0.1 &
        tries=0
        until health.py 2>/dev/null; do
          tries=$((tries + 1))
          [ $tries -lt 60 ] || exit 1
          sleep 1
        done
        kill $!
        echo well
    """
    settings = [f"{name}={value}" for name, value in {**SETTINGS, "PORT": str(unused_tcp_port)}.items()]
    command = ("env", *settings, "sh", "-c", textwrap.dedent(script))
    assert "well" in builder.run(service, *command, volumes=(f"{credentials}:/credentials.json:ro",))


def test_an_image_says_what_it_is_made_of(builder: Builder, service: str) -> None:
    labels = builder.labels(service)
    assert labels["org.opencontainers.image.title"] == f"mmm-{service}"
    assert labels["org.opencontainers.image.revision"] == "abc123"


def test_the_training_holds_both_trainers_and_no_tests(builder: Builder, training: str) -> None:
    files = builder.files(training, "app")
    assert {"r/run_all.R", "engine/training_job.py", "engine/model/__main__.py"} <= set(files)
    assert {file.split("/")[0] for file in files} == {"engine", "r"}
    assert [file for file in files if NOT_IN_AN_IMAGE.search(file)] == []


def test_a_training_starts_by_its_entrypoint_and_misses_its_settings(builder: Builder, training: str) -> None:
    told = builder.run(training, "sh", "-c", "training_entrypoint.sh 2>&1 || echo ended with $?", volumes=(PACKAGES,))
    assert "JobSettings" in told
    assert "launch_token" in told
    assert "ended with 1" in told


def test_a_training_trains_natively_end_to_end(builder: Builder, training: str, cloud: Google, tmp_path: Path) -> None:
    """As on Cloud Run: from the bucket into the bucket, by the image's own entrypoint, as its own user."""
    storage = cloud.storage(root="image")
    attempt = Attempt(storage, cloud.url, "image")
    attempt.stage(tmp_path / "data.parquet", iterations=200, trials=2)
    # Where the machine's own account is asked for, which the stand-in answers for.
    account = {name: value for name, value in os.environ.items() if name.startswith(("GCE_METADATA", "NO_GCE"))}
    told = [f"{name}={value}" for name, value in {**attempt.told(), **account, "MMM_JOB_WORKERS": "2"}.items()]
    said = builder.run(training, "env", *told, "training_entrypoint.sh", volumes=(PACKAGES,))
    manifest = attempt.left(tmp_path / "out")
    assert manifest is not None, said
    assert manifest.kind == "succeeded", manifest
    assert check_results(tmp_path / "out") == []
    summary = load_results(tmp_path / "out").summary
    assert (summary.trainer, summary.trials) == ("native", 2)
    storage.close()


def test_nothing_is_compiled_at_a_training(builder: Builder, training: str) -> None:
    script = """
        find /var/cache/mmm -type f > /tmp/before
        python -c "from engine.model.warm_up import warm_up; warm_up()"
        find /var/cache/mmm -type f -newer /tmp/before
        grep -c nbc /tmp/before
    """
    told = builder.run(training, "sh", "-c", textwrap.dedent(script), volumes=(PACKAGES,)).split()
    assert len(told) == 1, f"compiled anew: {told[:-1]}"
    assert int(told[0]) > 20
