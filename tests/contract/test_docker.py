"""What the Dockerfiles promise: checked by reading them, by their linters, and by running their small programs."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
DOCKERFILES = sorted(DOCKER.glob("Dockerfile.*"))
SCRIPTS = [DOCKER / "mmm", DOCKER / "training_entrypoint.sh", DOCKER / "debian_snapshot.sh"]
TOOLS = Path(sys.executable).parent
# Where packages and images come from is for whoever builds to say. An image on a server has a dot in its first part.
ADDRESS = re.compile(r"\w+://(?!127\.0\.0\.1)|\b[\w-]+(\.[\w-]+)+(:\d+)?/[\w-]+/")
SECRET_NAME = re.compile(r"(SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|APIKEY|API_KEY)", re.I)


def instructions(path: Path) -> Iterator[tuple[str, str]]:
    """Every instruction of a Dockerfile with its arguments, continued lines joined."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name.upper(), rest.strip()


def stages(path: Path) -> list[list[tuple[str, str]]]:
    """The instructions of each stage, beginning with its FROM."""
    found: list[list[tuple[str, str]]] = []
    for one in instructions(path):
        if one[0] == "FROM":
            found.append([])
        if found:
            found[-1].append(one)
    return found


def name(path: Path) -> str:
    return path.name


def test_every_dockerfile_of_the_design_is_there() -> None:
    assert [path.name for path in DOCKERFILES] == [
        "Dockerfile.service",
        "Dockerfile.training",
        "Dockerfile.training-base",
    ]


@pytest.mark.parametrize("path", DOCKERFILES, ids=name)
def test_hadolint_finds_nothing(path: Path) -> None:
    told = subprocess.run(
        [TOOLS / "hadolint", "--no-color", "--config", ROOT / ".hadolint.yaml", path], capture_output=True, text=True
    )
    assert (told.returncode, told.stdout) == (0, "")


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_shellcheck_finds_nothing(path: Path) -> None:
    told = subprocess.run([TOOLS / "shellcheck", path], capture_output=True, text=True)
    assert (told.returncode, told.stdout) == (0, "")


@pytest.mark.parametrize("path", DOCKERFILES, ids=name)
def test_everything_copied_in_is_there(path: Path) -> None:
    for instruction, rest in instructions(path):
        if instruction in ("COPY", "ADD") and "--from=" not in rest:
            *sources, _ = [word for word in rest.split() if not word.startswith("--")]
            assert sources
            assert [source for source in sources if not (ROOT / source).exists()] == []


@pytest.mark.parametrize("path", DOCKERFILES, ids=name)
def test_bases_come_by_argument(path: Path) -> None:
    own, arguments = set(), set()
    for instruction, rest in instructions(path):
        if instruction == "ARG":
            arguments.add(rest)
        elif instruction == "FROM":
            image, *alias = rest.split()
            assert image in own or image.strip("${}") in arguments, f"{image} is neither a stage nor an argument"
            own.update(alias[1:])


def test_the_base_is_pinned_by_digest() -> None:
    lines = [line for line in (DOCKER / "bases.env").read_text().splitlines() if not line.startswith("#")]
    known = dict(line.split("=", 1) for line in lines)
    assert set(known) == {"PYTHON_IMAGE", "DEBIAN_SNAPSHOT"}
    assert re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", known["PYTHON_IMAGE"])
    assert re.fullmatch(r"20\d{6}T\d{6}Z", known["DEBIAN_SNAPSHOT"])


@pytest.mark.parametrize("path", DOCKERFILES, ids=name)
def test_nothing_runs_as_root(path: Path) -> None:
    targets = stages(path)[-1:] if path.name != "Dockerfile.service" else stages(path)[-2:]
    for stage in targets:
        users = [rest for instruction, rest in stage if instruction == "USER"]
        assert users[-1:] == ["10001:10001"]


@pytest.mark.parametrize("path", DOCKERFILES, ids=name)
def test_no_argument_or_variable_is_a_secret(path: Path) -> None:
    for instruction, rest in instructions(path):
        if instruction in ("ARG", "ENV"):
            assert [word for word in rest.split() if SECRET_NAME.search(word.partition("=")[0])] == []


@pytest.mark.parametrize("path", [*sorted(DOCKER.iterdir()), ROOT / ".dockerignore"], ids=name)
def test_no_address_is_written_down(path: Path) -> None:
    assert ADDRESS.search(path.read_text()) is None


@pytest.mark.parametrize(
    "text",
    ["FROM registry.example.org/team/image", "FROM registry.example.org:5000/team/image", "-i https://mirror/simple"],
)
def test_an_address_would_be_noticed(text: str) -> None:
    assert ADDRESS.search(text)


@pytest.mark.parametrize("path", DOCKERFILES, ids=name)
def test_python_packages_are_locked_with_hashes(path: Path) -> None:
    for instruction, rest in instructions(path):
        for command in re.findall(r"-m pip\b.*?(?= && |$)", rest) if instruction == "RUN" else []:
            assert "--require-hashes" in command and "-r " in command


def test_a_service_listens_where_cloud_run_asks() -> None:
    text = (DOCKER / "Dockerfile.service").read_text()
    assert re.findall(r"^CMD (.*)$", text, re.M) == [
        '["mmm", "serve", "bot", "--host", "0.0.0.0"]',
        '["mmm", "serve", "worker", "--host", "0.0.0.0"]',
    ]
    # The server itself is left out: what it is told is asked.
    asked = """
import uvicorn
uvicorn.run = lambda app, **told: print("told", told["host"], told["port"])
from bot.cli import main
main(["serve", "bot", "--host", "0.0.0.0"])
"""
    needed = {name: "none" for name in ("WORKSPACE", "PROJECT", "BUCKET", "TASKS_ACCOUNT")}
    needed |= {name: "file:none" for name in ("SLACK_SIGNING_SECRET", "SLACK_TOKEN_SECRET")}
    needed |= {name: "http://127.0.0.1:9" for name in ("WORKER_URL", "STORAGE_URL", "TASKS_URL", "SECRETS_URL")}
    settings = {f"MMM_{name}": value for name, value in needed.items()}
    told = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        env={**os.environ, **settings, "PORT": "9123"},
        capture_output=True,
        text=True,
    )
    assert "told 0.0.0.0 9123" in told.stdout, told.stderr


def test_services_have_a_health_check_and_the_job_says_it_has_none() -> None:
    assert re.search(r"^HEALTHCHECK .*health\.py", (DOCKER / "Dockerfile.service").read_text(), re.M)
    assert re.search(r"^HEALTHCHECK NONE$", (DOCKER / "Dockerfile.training").read_text(), re.M)


def test_an_unhealthy_service_is_noticed(unused_tcp_port: int) -> None:
    told = subprocess.run(
        [sys.executable, DOCKER / "health.py"],
        env={**os.environ, "PORT": str(unused_tcp_port)},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1
    assert "does not answer" in told.stderr


def test_programs_in_images_can_be_started() -> None:
    for path in (*SCRIPTS, DOCKER / "health.py"):
        assert os.access(path, os.X_OK), path


def test_only_what_an_image_holds_is_sent_to_the_build() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    taken = [line[1:] for line in lines if line.startswith("!")]
    assert taken == ["bot", "engine", "r", "docker", "requirements"]
    assert "r/tests" in lines


# As Debian's own images have them: above each address stands where its archive keeps old packages.
DEBIAN = """Types: deb
# http://old.example/archive/debian/20240722T000000Z
URIs: http://deb.example/debian
Suites: bookworm bookworm-updates

Types: deb
# http://old.example/archive/debian-security/20240722T000000Z
URIs: http://deb.example/debian-security
Suites: bookworm-security
"""


def set_back(tmp_path: Path, time: str, text: str = DEBIAN) -> tuple[int, str, str]:
    """Run the script that sets Debian's sources back: its exit status, what it said, and the sources afterwards."""
    sources = tmp_path / "debian.sources"
    sources.write_text(text)
    told = subprocess.run([DOCKER / "debian_snapshot.sh", time, sources], capture_output=True, text=True)
    return told.returncode, told.stderr, sources.read_text()


def test_debians_packages_can_be_those_of_a_day(tmp_path: Path) -> None:
    status, _, sources = set_back(tmp_path, "20261123T000000Z")
    assert status == 0
    assert re.findall("^URIs: (.*)$", sources, re.M) == [
        f"http://old.example/archive/{archive}/20261123T000000Z" for archive in ("debian", "debian-security")
    ]
    assert sources.count("Check-Valid-Until: no\n") == 2
    assert re.findall("^Suites: .*$", sources, re.M) == re.findall("^Suites: .*$", DEBIAN, re.M)
    assert set_back(tmp_path, "20250101T120000Z", DEBIAN.replace("Z\n", "Z/\n"))[0] == 0


def test_without_a_day_debians_packages_are_todays(tmp_path: Path) -> None:
    assert set_back(tmp_path, "") == (0, "", DEBIAN)


@pytest.mark.parametrize(
    ("time", "text", "status"),
    [
        ("2026-11-23", DEBIAN, 2),
        ("20261123T000000Z", DEBIAN.replace("# http://old.example/archive/debian/20240722T000000Z\n", ""), 1),
        ("20261123T000000Z", "Types: deb\nURIs: http://deb.example/debian\n", 1),
    ],
    ids=["not a time", "one archive is not named", "none is named"],
)
def test_a_base_that_cannot_be_set_back_is_not_built(tmp_path: Path, time: str, text: str, status: int) -> None:
    told = set_back(tmp_path, time, text)
    assert told[0] == status and told[1]
    assert told[2] == text


# What the stub says of itself: its variables, then its arguments, once it is ready to be stopped.
STUB = """#!/bin/sh
trap 'echo stopped; exit 143' TERM
env
echo "arguments: $*"
echo ready
[ "${STUB_WAITS:-}" = 1 ] || exit "${STUB_STATUS:-0}"
while :; do sleep 0.05; done
"""


@pytest.fixture
def stub(tmp_path: Path) -> dict[str, str]:
    """An environment in which `python` is a stub, and nothing that the entrypoint sets is set."""
    python = tmp_path / "python"
    python.write_text(STUB)
    python.chmod(0o755)
    cpu = tmp_path / "cpuinfo"
    cpu.write_text("flags\t\t: fpu avx avx2 fma\n")
    return {"PATH": f"{tmp_path}:/usr/bin:/bin", "_R_CHECK_LIMIT_CORES_": "true", "MMM_CPUINFO": str(cpu)}


def entrypoint(env: dict[str, str]) -> tuple[int, dict[str, str], str]:
    """Run the entrypoint: its exit status, the variables that the training sees, and what was printed."""
    told = subprocess.run([DOCKER / "training_entrypoint.sh"], env=env, capture_output=True, text=True, timeout=10)
    return told.returncode, dict(line.split("=", 1) for line in told.stdout.splitlines() if "=" in line), told.stdout


def test_the_training_is_told_to_keep_to_one_thread_a_trial(stub: dict[str, str]) -> None:
    status, seen, said = entrypoint(stub)
    assert status == 0
    assert "arguments: -m engine.training_job" in said
    assert {seen[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")} == {"1"}
    assert seen["RETICULATE_PYTHON"] == "/opt/robyn/bin/python"
    assert "_R_CHECK_LIMIT_CORES_" not in seen


def test_what_is_set_from_outside_stays(stub: dict[str, str]) -> None:
    _, seen, _ = entrypoint({**stub, "OMP_NUM_THREADS": "4", "RETICULATE_PYTHON": "/elsewhere/python"})
    assert (seen["OMP_NUM_THREADS"], seen["RETICULATE_PYTHON"]) == ("4", "/elsewhere/python")


def test_a_training_keeps_its_exit_status(stub: dict[str, str]) -> None:
    assert entrypoint({**stub, "STUB_STATUS": "7"})[0] == 7


@pytest.mark.parametrize(("flags", "kept"), [("fpu avx avx2 fma", True), ("fpu avx", False)], ids=["avx2", "older"])
def test_machine_code_of_the_image_is_used_where_the_processor_knows_it(
    stub: dict[str, str], flags: str, kept: bool
) -> None:
    Path(stub["MMM_CPUINFO"]).write_text(f"flags\t\t: {flags}\n")
    _, seen, _ = entrypoint({**stub, "NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": ""})
    assert ("NUMBA_CPU_NAME" in seen, "NUMBA_CPU_FEATURES" in seen) == (kept, kept)


def test_a_stop_reaches_the_training(stub: dict[str, str], tmp_path: Path) -> None:
    with (tmp_path / "said").open("w") as said:
        training = subprocess.Popen([DOCKER / "training_entrypoint.sh"], env={**stub, "STUB_WAITS": "1"}, stdout=said)
    until = time.monotonic() + 10
    while "ready" not in (tmp_path / "said").read_text() and time.monotonic() < until:
        time.sleep(0.02)
    training.send_signal(signal.SIGTERM)
    assert training.wait(10) == 143
    assert (tmp_path / "said").read_text().endswith("stopped\n")
