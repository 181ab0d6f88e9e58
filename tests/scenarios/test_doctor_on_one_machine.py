"""`mmm doctor` beside a running server: a team's own on one machine, and the demo's."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from local import workspace
from local.embedded.folder import Folder
from local.main import running
from local.serving import free_ports
from tests.embedded_server import Server, team
from tests.stack import REPOSITORY

Json = dict[str, Any]


def doctor(*options: str, environment: dict[str, str]) -> tuple[int, dict[str, Json], str]:
    """Exit status, findings by the name of their check, and everything that was printed."""
    command = [sys.executable, "-m", "bot.cli", "doctor", "--json", *options]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False, timeout=180
    )
    assert done.stdout, done.stderr
    return (
        done.returncode,
        {one["check"]: one for one in json.loads(done.stdout)["findings"]},
        done.stdout + done.stderr,
    )


def test_a_teams_server_is_looked_at_with_its_own_folder_and_tokens(tmp_path: Path) -> None:
    with team(tmp_path / "slack") as slack:
        server = Server(tmp_path / "state", slack, tmp_path / "output.log")
        try:
            server.start(MMM_ADMINS=f'["{workspace.ANA.id}"]')
            at = ("--embedded", "--state", str(server.state), "--port", str(server.port))
            exported = slack.environment(MMM_ADMINS=f'["{workspace.ANA.id}"]')
            # Whoever looks has not exported the tokens.
            given = {name: value for name, value in exported.items() if not name.endswith("_TOKEN")}

            status, found, said = doctor(*at, environment=given)
            wrong = [one for one in found.values() if one["verdict"] in ("failed", "warning")]
            assert (status, wrong) == (0, [])
            assert found["slack dialling"]["verdict"] == found["state folder"]["verdict"] == "ok"
            assert found["secret app-level token"]["verdict"] == found["training job"]["verdict"] == "ok"
            assert workspace.BOT_TOKEN not in said and workspace.APP_TOKEN not in said

            folder = Folder(server.state)
            (folder.secrets / "slack-bot-token").chmod(0o644)
            (folder.secrets / "slack-app-token").write_text("xapp-of-another-app")
            status, found, _ = doctor(*at, environment=given)
            assert status == 1
            assert found["state folder"]["fix"] == f"chmod 600 {folder.secrets / 'slack-bot-token'}"
            assert "does not let the bot dial in (invalid_auth)" in found["slack dialling"]["found"]
        finally:
            server.stop()


def test_the_demos_stack_is_well(tmp_path: Path) -> None:
    base = free_ports(5)
    given = {name: value for name, value in os.environ.items() if not name.startswith(("MMM_", "GCE_"))}
    with running(tmp_path, base):
        status, found, _ = doctor("--demo", "--state", str(tmp_path), "--port", str(base), environment=given)
    wrong = {name for name, one in found.items() if one["verdict"] in ("failed", "warning")}
    assert (wrong, status) == (set(), 0)
    assert found["snowflake rights"]["verdict"] == found["slack scopes"]["verdict"] == "ok"


def test_where_there_is_no_server_it_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot.cli", "doctor", "--embedded", "--state", str(tmp_path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "is no server's folder. Name it with --state" in done.stderr
