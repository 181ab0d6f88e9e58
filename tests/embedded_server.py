"""A team's server for a test: the real command as a process, against a Slack in this process that it dials."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local import workspace
from local.person import Person
from local.serving import free_port, free_ports, serving
from local.slack.app import create_app
from local.slack.slack import Slack
from local.slack.sockets import Sockets
from tests.words import DOOR, WORD

REPOSITORY = Path(__file__).resolve().parent.parent
START_SECONDS = 180.0
CONNECTED = "Connected to Slack"


@dataclass
class Team:
    """Slack as a team has it, and somebody in it."""

    slack: Slack
    sockets: Sockets
    url: str
    ana: Person

    def environment(self, **more: str) -> dict[str, str]:
        """What whoever starts a server exports: two tokens; and, for a test, which Slack is meant and a quick look."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("MMM_", "GCE_"))},
            "MMM_SLACK_BOT_TOKEN": workspace.BOT_TOKEN,
            "MMM_SLACK_APP_TOKEN": workspace.APP_TOKEN,
            "MMM_SLACK_URL": f"{self.url}/api/",
            "MMM_SLACK_FILES_HOSTS": json.dumps([urlsplit(self.url).netloc]),
            "MMM_WATCH_SECONDS": "1",
            **more,
        }


@contextlib.contextmanager
def team(state: Path) -> Iterator[Team]:
    """Run Slack until the block ends."""
    port = free_port()
    url = f"http://127.0.0.1:{port}{DOOR}"
    slack, sockets = Slack(state, public_url=url), Sockets()
    manifest = REPOSITORY / "app_manifest.yaml"
    app = create_app(state, app_url="", public_url=url, word=WORD, manifest=manifest, slack=slack, sockets=sockets)
    with serving(app, port):
        ana = Person(url)
        yield Team(slack, sockets, url, ana)
        ana.close()
    slack.close()


class Server:
    """`mmm serve all --embedded` over one folder."""

    def __init__(self, state: Path, team: Team, output: Path) -> None:
        self.state = state
        self.team = team
        self.output = output
        self.port = free_ports(5)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **more: str) -> None:
        """Start the command and wait until Slack reaches it."""
        command = [sys.executable, "-m", "bot.cli", "serve", "all", "--embedded"]
        before = self.output.read_text().count(CONNECTED) if self.output.exists() else 0
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, "--state", str(self.state), "--port", str(self.port)],
                cwd=REPOSITORY,
                env=self.team.environment(**more),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.team.ana.wait(lambda: self._connected(before), "the server's connection to Slack", START_SECONDS)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def _connected(self, before: int) -> bool | None:
        assert self.process is not None
        assert self.process.poll() is None, self.output.read_text()
        return self.output.read_text().count(CONNECTED) > before or None

    def kill(self) -> None:
        """SIGKILL the server and all its services at once; its trainings are processes of their own, and go on."""
        assert self.process is not None
        for pid in (self.process.pid, *children(self.process.pid)):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """End the server as a service manager does; returns its exit status."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def children(parent: int) -> list[int]:
    """The processes that `parent` started."""
    return [pid for pid, fields in _processes() if int(fields[1]) == parent]


def trainings(state: Path) -> list[int]:
    """The trainings of a server over `state` that run now: of each the first process group, its container's."""
    mark = f"MMM_EMBEDDED_STATE={state}".encode()
    groups: dict[bytes, int] = {}
    for pid, fields in _processes():
        with contextlib.suppress(OSError):
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            execution = next((one for one in environment if one.startswith(b"CLOUD_RUN_EXECUTION=")), None)
            if execution and mark in environment:
                groups[execution] = min(int(fields[2]), groups.get(execution, int(fields[2])))
    return sorted(groups.values())


def _processes() -> Iterator[tuple[int, list[str]]]:
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if fields[0] != "Z":
                yield int(entry.name), fields


def waited(check: object, seconds: float = 30.0) -> None:
    """Wait until `check()` is true."""
    assert callable(check)
    until = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.1)
