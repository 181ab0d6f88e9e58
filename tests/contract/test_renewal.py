"""Pins are renewed: what proposes newer ones covers every kind of pin that there is, and changes nothing else."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".github/scripts/renew.sh"
# docs.github.com, "Dependabot options reference": keys of an entry that we use.
KEYS = {"package-ecosystem", "directory", "directories", "schedule", "groups", "open-pull-requests-limit"}
MANIFESTS = {
    "github-actions": (".github/workflows/*.yml", "action.yml"),
    "terraform": ("*.tf",),
    "pip": ("*.txt", "*.in"),
}
OLD, NEW = "a" * 64, "b" * 64


def dependabot() -> list[dict[str, Any]]:
    told = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())
    assert set(told) == {"version", "updates"} and told["version"] == 2
    updates: list[dict[str, Any]] = told["updates"]
    return updates


def places(entry: dict[str, Any]) -> list[Path]:
    """The folders that an entry looks into. A star is one folder."""
    named = [entry["directory"]] if "directory" in entry else entry["directories"]
    return [folder for name in named for folder in (sorted(ROOT.glob(name.strip("/"))) if name != "/" else [ROOT])]


def test_dependabots_file_is_one_that_it_reads() -> None:
    for entry in dependabot():
        assert set(entry) <= KEYS and ("directory" in entry) != ("directories" in entry)
        assert entry["schedule"]["interval"] == "weekly"
        assert places(entry)
        for folder in places(entry):
            assert any(list(folder.glob(name)) for name in MANIFESTS[entry["package-ecosystem"]]), folder


def test_every_action_and_every_provider_is_in_its_view() -> None:
    seen = {entry["package-ecosystem"]: places(entry) for entry in dependabot()}
    assert {path.parent for path in ROOT.glob("infra/**/versions.tf")} == set(seen["terraform"])
    assert {path.parent for path in ROOT.glob(".github/actions/*/action.yml")} <= set(seen["github-actions"])
    # For workflows it looks at the root.
    assert ROOT in seen["github-actions"]


def test_the_locks_are_left_to_the_workflow_but_for_what_is_urgent() -> None:
    [entry] = [entry for entry in dependabot() if entry["package-ecosystem"] == "pip"]
    assert entry["open-pull-requests-limit"] == 0
    assert "make renew" in SCRIPT.read_text()
    makefile = (ROOT / "Makefile").read_text()
    assert "$(MAKE) lock UPGRADE=--upgrade" in makefile and re.search(
        r"^LOCK := .*(\\\n.*)?\$\(UPGRADE\)$", makefile, re.M
    )
    made = set(re.findall(r"for (?:role|other) in ([\w ]+);", makefile.partition("\nlock:")[2]))
    locks = {name for several in made for name in several.split()}
    assert {path.stem for path in ROOT.glob("requirements/*.txt")} - {"left-out"} == locks


def test_the_workflow_comes_every_week_and_only_proposes() -> None:
    told: dict[Any, Any] = yaml.safe_load((ROOT / ".github/workflows/renew.yml").read_text())
    [schedule] = told[True]["schedule"]
    minute, hour, day, month, weekday = schedule["cron"].split()
    assert (day, month, weekday) == ("*", "*", "1") and minute.isdigit() and hour.isdigit()
    [job] = told["jobs"].values()
    assert "id-token" not in job["permissions"] and "environment" not in job
    runs = " ".join(step.get("run", "") for step in job["steps"])
    assert ".github/scripts/renew.sh" in runs and "gh pr create --base main" in runs
    assert "push --quiet --force origin renew-pins" in runs and "push origin main" not in runs
    assert "merge" not in runs


def test_every_pin_of_the_images_is_one_that_is_renewed() -> None:
    pins = set(re.findall(r"^([A-Z_]+)=", (ROOT / "docker/bases.env").read_text(), re.M))
    assert pins == set(re.findall(r"s\|\^([A-Z_]+)=", SCRIPT.read_text()))
    # No file names a base of its own beside them.
    named = [*ROOT.glob("docker/Dockerfile*"), *ROOT.glob(".github/workflows/*.yml")]
    assert [path.name for path in named if re.search(r"python:3[\w.-]+|@sha256:[0-9a-f]{64}", path.read_text())] == []


@pytest.fixture
def renewed(tmp_path: Path):
    """The script on a copy of what it changes, with a docker that knows one digest."""
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    for folder in (".github/scripts", "docker", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(SCRIPT, tmp_path / ".github/scripts")
    (tmp_path / "docker/bases.env").write_text(
        f"# Why.\nPYTHON_IMAGE=python:3.11-slim-bookworm@sha256:{OLD}\nDEBIAN_SNAPSHOT=20261123T000000Z\n"
    )

    def run(answer: str, today: str = "20261130") -> tuple[int, str, str]:
        (tmp_path / "bin/docker").write_text(f'#!/bin/sh\necho "$*" >> "{tmp_path}/asked"\necho "{answer}"\n')
        (tmp_path / "bin/docker").chmod(0o755)
        known = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "TODAY": today}
        script = tmp_path / ".github/scripts/renew.sh"
        done = subprocess.run([script, "bases"], env=known, capture_output=True, text=True)
        return done.returncode, done.stdout, (tmp_path / "docker/bases.env").read_text()

    return run


def test_the_base_is_pinned_anew_under_the_same_tag_and_debians_day_with_it(renewed) -> None:
    status, told, text = renewed(f"sha256:{NEW}")
    assert (status, text) == (
        0,
        f"# Why.\nPYTHON_IMAGE=python:3.11-slim-bookworm@sha256:{NEW}\nDEBIAN_SNAPSHOT=20261130T000000Z\n",
    )
    assert told.splitlines() == [
        f"- base image: `sha256:{NEW}` instead of `sha256:{OLD}`",
        "- Debian's packages as of 20261130T000000Z instead of 20261123T000000Z",
    ]


@pytest.mark.parametrize(
    ("answer", "today"), [("", "20261130"), ("no such image", "20261130"), (f"sha256:{NEW}", "20251130")]
)
def test_an_answer_that_is_none_or_a_day_before_the_last_changes_nothing(renewed, answer: str, today: str) -> None:
    status, _, text = renewed(answer, today)
    assert status != 0
    assert OLD in text and "20261123T000000Z" in text


def test_nothing_is_told_where_nothing_is_newer(renewed) -> None:
    assert renewed(f"sha256:{OLD}", "20261123")[:2] == (0, "")
