"""Starting a team's server: where the two tokens come from, what Slack says to them, and what each part is told."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import BadSettings, Unavailable
from engine.settings import Settings
from local import workspace
from local.addresses import Addresses
from local.embedded import environment
from local.embedded.folder import Folder
from local.embedded.tokens import APP, BOT, gather, introduce, read_file
from local.google.queues import QueuedTask, Queues
from local.serving import free_port
from tests.embedded_server import REPOSITORY, Server, Team, children, team, waited

pytestmark = pytest.mark.slow

TOKENS = {BOT: "xoxb-1", APP: "xapp-1"}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "state")
    made.prepare()
    return made


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[Team]:
    with team(tmp_path / "slack") as running:
        yield running


def secret_file(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_tokens_may_stand_in_a_file_that_nobody_else_can_read(tmp_path: Path) -> None:
    text = f"# of our app\nexport {BOT}=xoxb-1\n\n{APP} = 'xapp-1'\nMMM_MAX_RUNNING=3\n"
    assert read_file(secret_file(tmp_path / "env", text)) == {**TOKENS, "MMM_MAX_RUNNING": "3"}
    with pytest.raises(BadSettings, match="chmod 600"):
        read_file(secret_file(tmp_path / "open", text, 0o640))
    with pytest.raises(BadSettings, match="Line 1"):
        read_file(secret_file(tmp_path / "bad", "xoxb-1"))
    with pytest.raises(BadSettings, match="cannot be read"):
        read_file(tmp_path / "nowhere")


def test_tokens_are_kept_for_the_owner_and_need_not_be_given_again(folder: Folder) -> None:
    first = gather(folder, TOKENS)
    assert list(folder.secrets.iterdir()) == [], "nothing is kept before Slack has taken it"
    first.keep()
    assert first.references["MMM_SLACK_TOKEN_SECRET"] == f"file:{folder.secrets / 'slack-bot-token'}"
    for path in folder.secrets.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    later = gather(folder, {})
    assert (later.bot, later.app, later.references, later.new) == ("xoxb-1", "xapp-1", first.references, {})
    gather(folder, {BOT: "xoxb-2"}).keep()
    assert gather(folder, {}).bot == "xoxb-2"


def test_tokens_may_be_given_by_reference(folder: Folder, tmp_path: Path) -> None:
    given = {"MMM_SLACK_TOKEN_SECRET": f"file:{secret_file(tmp_path / 'bot', 'xoxb-3')}", APP: "xapp-1"}
    tokens = gather(folder, given)
    assert (tokens.bot, tokens.references["MMM_SLACK_TOKEN_SECRET"]) == ("xoxb-3", given["MMM_SLACK_TOKEN_SECRET"])
    with pytest.raises(BadSettings, match="cannot be read"):
        gather(folder, {"MMM_SLACK_TOKEN_SECRET": f"file:{tmp_path}/nowhere", APP: "xapp-1"})


def test_every_missing_or_swapped_token_is_named_with_its_place_in_slack(folder: Folder) -> None:
    with pytest.raises(BadSettings) as nothing:
        gather(folder, {})
    assert all(word in nothing.value.what for word in (BOT, APP, "OAuth & Permissions", "connections:write"))
    with pytest.raises(BadSettings) as swapped:
        gather(folder, {BOT: "xapp-1", APP: "xoxb-1"})
    assert "xoxb-" in swapped.value.what and "xapp-" in swapped.value.what
    assert "xapp-1" not in swapped.value.what


def test_slack_tells_whose_the_tokens_are_or_which_it_refuses(slack: Team) -> None:
    url = f"{slack.url}/api/"
    who = introduce(workspace.BOT_TOKEN, workspace.APP_TOKEN, url)
    assert (who.id, who.name) == (workspace.TEAM_ID, workspace.TEAM_NAME)
    with pytest.raises(BadSettings, match=f"{BOT} \\(invalid_auth\\)"):
        introduce("xoxb-other", workspace.APP_TOKEN, url)
    with pytest.raises(BadSettings, match=f"{APP} \\(invalid_auth\\)"):
        introduce(workspace.BOT_TOKEN, "xapp-other", url)
    with pytest.raises(Unavailable):
        introduce(workspace.BOT_TOKEN, workspace.APP_TOKEN, f"http://127.0.0.1:{free_port()}/api/")


def test_parts_are_told_no_token_and_no_way_to_a_real_cloud(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {**TOKENS, "GOOGLE_APPLICATION_CREDENTIALS": "/key.json", "HTTPS_PROXY": "http://proxy", "PATH": "/bin"}
    told = environment.surroundings(folder, given)
    assert not any(token in json.dumps(told) for token in TOKENS.values())
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in told and "127.0.0.1" in told["no_proxy"]
    assert told["CLOUDSDK_CONFIG"].startswith(str(folder.path)) and told["PATH"] == "/bin"


def test_the_settings_are_whole_and_what_was_chosen_goes_before(monkeypatch: pytest.MonkeyPatch) -> None:
    at = Addresses(8430, "word")
    given = {"MMM_MAX_RUNNING": "7", "MMM_BUCKET": "not-here", "MMM_STORAGE_URL": "https://storage.googleapis.com"}
    slack = {"MMM_WORKSPACE": "T1", "MMM_SLACK_TOKEN_SECRET": "file:/b", "MMM_SLACK_APP_TOKEN_SECRET": "file:/a"}
    for name in [name for name in os.environ if name.startswith("MMM_")]:
        monkeypatch.delenv(name)
    for name, value in {**environment.services(at, given), **slack}.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.max_running == 7 and settings.job_workers >= 1
    assert settings.bucket == workspace.BUCKET and settings.storage_url == at.google
    assert environment.job(at)["GCE_METADATA_HOST"] == f"127.0.0.1:8431/door/word/as/{workspace.JOB_ACCOUNT}"


def test_waiting_tasks_find_the_worker_where_it_listens_now(tmp_path: Path) -> None:
    queues = Queues(tmp_path)
    request = {"url": "http://127.0.0.1:1/tasks/watch", "body": "e30=", "oidcToken": {"audience": "http://127.0.0.1:1"}}
    queues.add(QueuedTask(name="q/tasks/t", queue="q", task={"httpRequest": request}, due=5.0, created=1.0))
    queues.readdress("http://127.0.0.1:2")
    [task] = queues.waiting("q")
    assert task.task["httpRequest"]["url"] == "http://127.0.0.1:2/tasks/watch"
    assert task.task["httpRequest"]["oidcToken"]["audience"] == "http://127.0.0.1:2"
    assert (task.task["httpRequest"]["body"], task.due) == ("e30=", 5.0)
    queues.close()


def start(state: Path, slack: Team, **more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "bot.cli", "serve", "all", "--embedded", "--state", str(state)]
    return subprocess.Popen(
        [*command, "--port", str(free_port())],
        cwd=REPOSITORY,
        env=slack.environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_server_that_cannot_start_says_why_in_one_line_and_leaves_no_process(folder: Folder, slack: Team) -> None:
    folder.write(workspace="T0OTHER")
    for more, words in (
        ({BOT: "xoxb-wrong"}, "invalid_auth"),
        ({}, "belongs to the workspace T0OTHER"),
    ):
        server = start(folder.path, slack, **more)
        told, _ = server.communicate(timeout=60)
        assert server.returncode == 1
        assert words in told and "Traceback" not in told and "xoxb-wrong" not in told
        assert list(folder.secrets.iterdir()) == []
    folder.lock().close()


def test_parts_are_started_again_and_end_with_a_parent_that_is_killed(folder: Folder, slack: Team) -> None:
    first = Server(folder.path, slack, folder.path / "first.log")
    second = Server(folder.path, slack, folder.path / "second.log")
    try:
        first.start()
        bot = max(children(first.pid))  # it was started last
        os.kill(bot, signal.SIGKILL)
        waited(lambda: len(children(first.pid)) == 3 and bot not in children(first.pid), 120)
        parts = children(first.pid)
        os.kill(first.pid, signal.SIGKILL)
        second.start()
        assert not any(Path(f"/proc/{pid}").exists() for pid in parts)
        assert second.stop() == 0
    finally:
        first.stop()
        second.stop()
    folder.lock().close()
