"""How a release goes, and how it goes back: the script itself; small programs play Google and the services."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".github/scripts/release.sh"
DIGEST = "@sha256:" + "a" * 64
BEFORE = "registry/training@sha256:" + "b" * 64

# Notes every call, and answers as gcloud does; a call that begins with what FAILS names comes to grief.
GCLOUD = """#!/usr/bin/env bash
line="$*"; line="${line%% --project=*}"
echo "$line" >> "$CALLS"
if [[ -n ${FAILS:-} && $line == "$FAILS"* ]]; then exit 1; fi
case "$line" in
  *"describe"*"-bot "*) cat "$ANSWERS/bot.json" ;;
  *"describe"*"-worker "*) cat "$ANSWERS/worker.json" ;;
  *"jobs describe"*) cat "$ANSWERS/job" ;;
esac
"""
# Health is asked with --fail; everything else is a stranger who wants to know the status.
CURL = """#!/usr/bin/env bash
echo "curl $*" >> "$CALLS"
if [[ " $* " == *" --fail "* ]]; then
  for ill in ${ILL:-}; do [[ "$*" == *"$ill"* ]] && exit 22; done
  exit 0
fi
if [[ "$*" == *slack/events* ]]; then printf '%s' "${BOT_TELLS:-401}"; else printf '%s' "${WORKER_TELLS:-403}"; fi
"""


@dataclass
class Release:
    """One run of the script: how it ended, and what it did in order."""

    status: int
    calls: list[str]
    said: str

    def moves(self) -> list[str]:
        """Where traffic was sent, in order."""
        return [call.split("update-traffic ")[1] for call in self.calls if "update-traffic" in call]


@pytest.fixture
def release(tmp_path: Path):
    """Runs the script against programs that play gcloud and curl."""
    for tool in ("bash", "jq"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool}")
    for tool, text in (("gcloud", GCLOUD), ("curl", CURL)):
        (tmp_path / tool).write_text(text)
        (tmp_path / tool).chmod(0o755)
    for service in ("bot", "worker"):
        serving = [
            {"revisionName": f"mmm-{service}-old", "percent": 100},
            {"revisionName": f"mmm-{service}-r7-1", "tag": "candidate", "url": f"https://candidate---{service}"},
        ]
        answer = {"status": {"url": f"https://{service}", "traffic": serving}}
        (tmp_path / f"{service}.json").write_text(json.dumps(answer))
    (tmp_path / "job").write_text(BEFORE + "\n")

    def run(**changes: str) -> Release:
        told = {f"{role}_IMAGE": f"registry/{role.lower()}{DIGEST}" for role in ("BOT", "WORKER", "TRAINING")}
        told |= {"NAME": "mmm", "PROJECT": "p", "REGION": "r", "RELEASE": "r7-1"}
        told |= {"CALLS": str(tmp_path / "calls"), "ANSWERS": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        ended = subprocess.run([SCRIPT], env=told | changes, capture_output=True, text=True, timeout=60)
        calls = tmp_path / "calls"
        return Release(ended.returncode, calls.read_text().splitlines() if calls.exists() else [], ended.stderr)

    return run


def test_shellcheck_finds_nothing() -> None:
    told = subprocess.run([Path(sys.executable).parent / "shellcheck", SCRIPT], capture_output=True, text=True)
    assert (told.returncode, told.stdout) == (0, "")


def test_a_release_deploys_by_digest_and_moves_traffic_when_the_candidate_answers(release) -> None:
    done = release()
    assert done.status == 0, done.said
    assert done.moves() == ["mmm-worker --to-revisions=mmm-worker-r7-1=100", "mmm-bot --to-revisions=mmm-bot-r7-1=100"]
    deployed = [call for call in done.calls if "--image=" in call]
    assert [call.split()[3] for call in deployed] == ["mmm-training", "mmm-worker", "mmm-bot"]
    assert all(DIGEST in call for call in deployed)
    asked = next(place for place, call in enumerate(done.calls) if "candidate---bot/health" in call)
    assert asked < next(place for place, call in enumerate(done.calls) if "update-traffic" in call)


@pytest.mark.parametrize(
    "fault",
    [
        {"ILL": "candidate---bot"},
        {"ILL": "https://bot/health"},
        {"FAILS": "run services update mmm-bot"},
        {"FAILS": "run services update mmm-worker"},
        {"BOT_TELLS": "200"},
        {"WORKER_TELLS": "200"},
    ],
    ids=["ill-candidate", "ill-afterwards", "bot-does-not-start", "worker-does-not-start", "bot-open", "worker-open"],
)
def test_a_release_that_fails_goes_back_to_what_ran_before(release, fault: dict[str, str]) -> None:
    done = release(**fault)
    assert done.status != 0
    assert "going back" in done.said
    assert done.moves()[-2:] == [
        "mmm-bot --to-revisions=mmm-bot-old=100",
        "mmm-worker --to-revisions=mmm-worker-old=100",
    ]
    assert [call for call in done.calls if "jobs update" in call][-1].endswith(f"--image={BEFORE}")


def test_what_can_be_put_back_is_put_back_where_something_cannot(release) -> None:
    done = release(ILL="https://bot/health", FAILS="run services update-traffic mmm-bot --to-revisions=mmm-bot-old")
    assert done.status != 0
    assert "Could not move mmm-bot back" in done.said
    assert done.moves()[-1] == "mmm-worker --to-revisions=mmm-worker-old=100"


def test_an_image_by_tag_is_refused_before_anything_is_done(release) -> None:
    done = release(BOT_IMAGE="registry/bot:latest")
    assert (done.status, done.calls) == (2, [])
    assert "not named by its digest" in done.said


def test_a_missing_setting_is_named_before_anything_is_done(release) -> None:
    done = release(REGION="")
    assert done.status != 0
    assert "REGION" in done.said
    assert done.calls == []
