"""`mmm serve all --embedded`: one command that runs a team's service on this machine, and keeps it running.

The parent starts three processes (Google's stand-in, worker, bot) and starts again whatever dies. Nothing but
Slack's own connection leads in: the bot dials Slack, and all ports are on loopback.
"""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from engine.errors import BadSettings, Unavailable
from local.addresses import Addresses
from local.embedded import environment
from local.embedded.folder import WAIT_SECONDS, Folder, keep
from local.embedded.tokens import Tokens, Workspace, gather, introduce, read_file
from local.retention import keep_days
from local.supervisor import Part, Supervisor, answers, interrupt

PORT = 8430
CONNECT_SECONDS = 30.0


def serve(state: Path, base: int = PORT, env_file: Path | None = None) -> None:
    """Run the service until Ctrl-C or SIGTERM. Raises BadSettings where it cannot start, saying what to do."""
    signal.signal(signal.SIGTERM, interrupt)
    os.umask(0o077)
    folder = Folder(state.resolve())
    given = {**os.environ, **(read_file(env_file) if env_file else {})}
    folder.prepare()
    with contextlib.suppress(KeyboardInterrupt), contextlib.ExitStack() as ending:
        lock = ending.enter_context(
            folder.lock(wait=WAIT_SECONDS, waiting=lambda: _say("Waiting for an earlier server to end …"))
        )
        known = folder.read()
        if moved := known.get("moved_to"):
            raise BadSettings(
                f"This state moved to {moved}.", f"Remove moved_to from {folder.about} only if it is to go on here."
            )
        at = Addresses(base, folder.the_word())
        tokens = gather(folder, given)
        team = _team(folder, tokens, given)
        tokens.keep()
        # So that the doctor looks where this server is, with what it was told.
        folder.write(port=base, env_file=str(env_file.resolve()) if env_file else "")
        server = Supervisor(
            _parts(folder, at, given, {**tokens.references, "MMM_WORKSPACE": team.id}),
            logs=folder.logs,
            stop_order=("bot", "worker", "google"),
            environment=environment.surroundings(folder, given),
            keep=(lock.fileno(),),
        )
        ending.callback(server.stop)
        # A second signal must not keep the parts from being ended.
        ending.callback(signal.signal, signal.SIGTERM, signal.SIG_IGN)
        server.start()
        _say(f"Serving the workspace {team.name or team.id}. State and logs are in {folder.path}.")
        _say(f"Health: {at.bot}/health/socket. Ctrl-C or SIGTERM stops; runs go on when it starts again.")
        server.watch(_Connection(at).look)


def _team(folder: Folder, tokens: Tokens, given: Mapping[str, str]) -> Workspace:
    """Learn the workspace from Slack; where Slack is away, go by what it said before."""
    known = str(folder.read().get("workspace", ""))
    try:
        team = introduce(tokens.bot, tokens.app, given.get("MMM_SLACK_URL", ""))
    except Unavailable:
        if not known:
            raise
        _say("Slack does not answer yet; the bot goes on dialling.")
        return Workspace(known, "", "")
    if known and known != team.id:
        raise BadSettings(
            f"{folder.path} belongs to the workspace {known}, the tokens to {team.name} ({team.id}).",
            "Use the tokens of that workspace, or another --state for this one.",
        )
    folder.write(workspace=team.id)
    return team


def _parts(folder: Folder, at: Addresses, given: Mapping[str, str], slack: Mapping[str, str]) -> list[Part]:
    """The three processes, in the order they are started."""
    job = folder.google / "job_environment.json"
    keep(job, json.dumps(environment.job(at), indent=1).encode())
    settings = {**environment.services(at, given), **slack}

    def port(address: str) -> list[str]:
        return ["--port", address.rsplit(":", 1)[1]]

    google = [sys.executable, "-m", "local.google", "--state", str(folder.google), *port(at.google)]
    google += ["--job-env", str(job), "--word", str(folder.word), "--durable", "--worker-url", at.worker]
    google += ["--keep-days", keep_days(given)]
    serving = [sys.executable, "-m", "bot.cli", "serve"]
    return [
        Part("google", google, {}, at.google),
        Part("worker", [*serving, "worker", *port(at.worker), "--loopback"], settings, at.worker),
        Part("bot", [*serving, "bot", *port(at.bot), "--loopback"], settings, at.bot),
    ]


class _Connection:
    """Says once that Slack reaches us, or that it takes long."""

    def __init__(self, at: Addresses) -> None:
        self.at = at
        self.patience = time.monotonic() + CONNECT_SECONDS
        self.told = False

    def look(self) -> None:
        if self.told:
            return
        if answers(self.at.bot, "/health/socket"):
            self.told = True
            _say("Connected to Slack. Type /mmm there.")
        elif time.monotonic() > self.patience:
            self.patience = float("inf")
            _say("Not connected to Slack yet; the bot goes on dialling.")


def _say(text: str) -> None:
    print(text, flush=True)
