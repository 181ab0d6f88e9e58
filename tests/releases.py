"""Releases to a project that is played: the script itself, what people reach afterwards, and what may be wrong."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import fake_cloud_run
from tests.fake_cloud_run import Programs, runs

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / ".github/scripts/release.sh"
NAMES = ("mmm-bot", "mmm-worker")
JOB = "mmm-training"


def image(role: str, kind: str) -> str:
    """An image by digest whose name says what is wrong with it."""
    return f"registry/{role}-{kind}@sha256:" + "a" * 64


@dataclass
class Ended:
    """One run of the script: how it ended, what it did in order, what it said."""

    status: int
    calls: list[str]
    said: str

    def changes(self) -> list[str]:
        """What it changed, in order."""
        return [call for call in self.calls if " update" in call]


class Cloud:
    """A project at Google, and releases to it."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        self.programs = programs
        self.folder = folder
        self.number = 1

    @property
    def state(self) -> dict[str, Any]:
        return self.programs.cloud

    def script(self, *words: str, kill_at: int = 0, kill_with: int = signal.SIGKILL, **told: str) -> Ended:
        """Run the script with what its environment tells it."""
        self.programs.begin(kill_at, kill_with)
        known = {"NAME": "mmm", "PROJECT": "p", "REGION": "r"}
        known |= {"PATH": f"{self.folder}:{os.environ['PATH']}", "TMPDIR": str(self.folder)}
        # Whoever runs the tests behind other work may have had these signals ignored, which a program takes over.
        heard = ["env", "--default-signal=INT,HUP", str(SCRIPT), *words]
        done = subprocess.run(heard, env=known | told, capture_output=True, text=True, timeout=120)
        return Ended(done.returncode, self.programs.calls, done.stderr)

    def release(self, bot: str, worker: str = "", training: str = "", **told: Any) -> Ended:
        """Release images of these kinds; one word stands for all three."""
        self.number += 1
        told = {"RELEASE": f"r{self.number}-1"} | told
        kinds = {"BOT": bot, "WORKER": worker or bot, "TRAINING": training or bot}
        told |= {f"{role}_IMAGE": image(role.lower(), kind) for role, kind in kinds.items()}
        return self.script(**told)

    def running(self) -> tuple[str, str, str]:
        """What people reach: kind of the bot, of the worker, of the training."""
        images = [*(runs(self.state, name) for name in NAMES), self.state["job"][JOB]["image"]]
        bot, worker, training = (
            found.partition("@")[0].removeprefix("registry/").partition("-")[2] for found in images
        )
        return bot, worker, training

    def ready(self) -> bool:
        """Whether both services are, so that a change by Terraform or by anybody would be taken."""
        state = self.state
        return all(fake_cloud_run.settle(name, state["services"][name]) for name in NAMES)

    def next(self) -> list[str]:
        """Kinds of images that the next revision of each service begins from."""
        services = self.state["services"]
        made = [services[name]["revisions"][services[name]["next"]]["image"] for name in NAMES]
        return [found.partition("@")[0].partition("-")[2] for found in made]


# What may be wrong with a release: with its images, or with the settings that come with it.
BAD = {
    "bot-does-not-start": ("dead", "new", "new"),
    "worker-does-not-start": ("new", "dead", "new"),
    "neither-starts": ("dead", "dead", "new"),
    "candidate-ill": ("ill", "new", "new"),
    "ill-afterwards": ("ill-later", "new", "new"),
    "bot-open": ("open", "new", "new"),
    "worker-open": ("new", "open", "new"),
    "training-not-in-the-registry": ("new", "new", "missing"),
    "bot-not-in-the-registry": ("missing", "new", "new"),
}
