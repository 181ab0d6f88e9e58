"""`mmm local`: the stand-ins and the two services, started together and kept running.

State stands under one folder; stopping and starting again loses nothing.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from engine.robyn.installed import missing
from local import seed, workspace
from local.addresses import Addresses
from local.environment import job_environment, service_environment, state_folders
from local.retention import keep_days
from local.supervisor import Part, Supervisor, interrupt

# Whoever sits at the laptop may look at how everything is set up.
ADMINS = (workspace.ANA.id,)
DEMO_PORT = 8420


def parts(state: Path, at: Addresses, repository: Path, trainers: Sequence[str] = ("native",)) -> list[Part]:
    """Everything that `mmm local` starts, in the order it is started. trainers: offered in the experiment form."""
    folders = state_folders(state)
    keys = seed.prepare(folders, job_environment(at), at.word)
    word = ["--word", str(seed.word_file(folders))]
    python = [sys.executable, "-m"]
    services = service_environment(at, trainers, ADMINS)

    def port(address: str) -> list[str]:
        return ["--port", str(urlsplit(address).port)]

    def given(name: str, address: str) -> list[str]:
        return ["--state", str(folders[name]), *port(address)]

    return [
        Part(
            "google",
            [
                *(*python, "local.google", *given("google", at.google), *word),
                *("--job-env", str(keys.job_environment), "--keep-days", keep_days(os.environ), "--bigquery"),
            ],
            {},
            at.google,
        ),
        Part(
            "snowflake",
            [
                *(*python, "local.snowflake", *given("snowflake", at.snowflake)),
                *(f"--user={name}={public}" for name, public in keys.snowflake_users.items()),
                *word,
            ],
            {},
            at.snowflake,
        ),
        Part(
            "worker",
            [sys.executable, "-m", "bot.cli", "serve", "worker", *port(at.worker), "--loopback"],
            services,
            at.worker,
        ),
        Part("bot", [sys.executable, "-m", "bot.cli", "serve", "bot", *port(at.bot), "--loopback"], services, at.bot),
        Part(
            "slack",
            [
                *(*python, "local.slack", *given("slack", at.slack), "--app-url", at.bot, *word),
                *("--manifest", str(repository / "app_manifest.yaml")),
            ],
            {},
            at.slack,
        ),
    ]


class Stack(Supervisor):
    """Everything that `mmm local` runs."""

    def __init__(self, state: Path, base: int, trainers: Sequence[str] = ("native",)) -> None:
        self.state = state.resolve()
        self.at = Addresses(base, seed.the_word(state_folders(self.state)))
        repository = Path(__file__).resolve().parent.parent
        super().__init__(
            parts(self.state, self.at, repository, trainers),
            logs=self.state / "logs",
            stop_order=("bot", "worker", "slack", "snowflake", "google"),
        )


@contextlib.contextmanager
def running(state: Path, base: int, trainers: Sequence[str] = ("native",)) -> Iterator[Stack]:
    """Run the whole stack on five ports from `base` on until the block ends."""
    stack = Stack(state, base, trainers)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def run(state: Path, base: int) -> None:
    """Run the stack for a person, until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, interrupt)
    os.umask(0o077)
    trainers = ("native",) if missing() else ("native", "robyn")
    with contextlib.suppress(KeyboardInterrupt), running(state, base, trainers) as stack:
        print(f"\n  Your Slack is at {stack.at.slack}/\n", flush=True)
        print("  The link is for you alone: it holds the word that lets one in. It stays the same.", flush=True)
        print("  Type /mmm in #marketing to start. Ctrl-C stops; state stays in", stack.state, flush=True)
        stack.watch()
