"""A team's secrets, answers and data get into git by no `git add`; and nothing of ours is left out by that."""

import shutil
import subprocess
from pathlib import Path

import pytest

from local.embedded.folder import Folder

ROOT = Path(__file__).resolve().parents[2]


def git(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run git in a folder; skips where there is no git, or no repository."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize(
    "path",
    [
        *("snowflake.pem", "docs/snowflake.pem", "infra/terraform/envs/dev/key.p8", "server.key"),
        *("infra/terraform/envs/dev/terraform.tfvars", "infra/terraform/envs/prod/terraform.tfvars"),
        *("infra/terraform/envs/dev/images.auto.tfvars", "infra/terraform/envs/dev/x.tfvars.json"),
        *("infra/terraform/envs/dev/terraform.tfstate", "infra/terraform/envs/dev/terraform.tfstate.backup"),
        *("infra/terraform/envs/dev/release.tfplan", "infra/terraform/envs/dev/.terraform/providers/x"),
        *("mmm.env", ".env", ".env.local", "docker/mine.env", "build/deployment.json"),
        *("state/embedded.json", "mmm-state/secrets/bot", "mmm-restored/google/objects.db", "restored/embedded.json"),
        *("state-2/embedded.json", "before.tar", "mmm-2026-11-26.tar", ".before.tar.partial", ".local/x"),
    ],
)
def test_a_teams_own_files_are_ignored(path: str) -> None:
    assert git("check-ignore", "--quiet", path).returncode == 0


@pytest.mark.parametrize(
    "path",
    [
        *("infra/terraform/envs/dev/terraform.tfvars.example", "infra/terraform/envs/prod/terraform.tfvars.example"),
        *(
            "docker/bases.env",
            "infra/terraform/envs/dev/.terraform.lock.hcl",
            "engine/runs/state.py",
            "local/slack/state/x",
        ),
    ],
)
def test_what_is_ours_is_not(path: str) -> None:
    assert git("check-ignore", "--quiet", path).returncode == 1


def test_no_file_of_ours_is_ignored() -> None:
    assert git("ls-files", "--cached", "--ignored", "--exclude-standard").stdout == ""


@pytest.mark.parametrize("name", ["state", "what-ever we_call it"])
def test_a_servers_folder_is_ignored_wherever_it_lies(tmp_path: Path, name: str) -> None:
    git("init", "--quiet", folder=tmp_path)
    Folder(tmp_path / name).prepare()
    (tmp_path / name / "secrets/bot").write_text("xoxb")
    assert git("status", "--porcelain", "--untracked-files=all", folder=tmp_path).stdout == ""
