"""A team on one machine: the main job over Socket Mode, through a kill in the middle, into a backup and out of it."""

import stat
from pathlib import Path

from local import workspace
from tests.embedded_server import Server, team, trainings
from tests.long_run import CHANNEL, assert_one_ending, begin

TOKENS = (workspace.BOT_TOKEN, workspace.APP_TOKEN)


def test_the_main_job_survives_kill_9_and_a_backup_shows_the_same_runs(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with team(tmp_path / "slack") as slack:
        server = Server(state, slack, tmp_path / "server.log")
        try:
            server.start()
            card = begin(slack.ana, tmp_path, iterations=600)
            running = trainings(state)
            assert len(running) == 1
            server.kill()
            server.start()
            assert trainings(state) in (running, []), "no second training beside the first"
            assert_one_ending(slack.ana, card)
            texts = [reply["text"] for reply in slack.ana.thread(CHANNEL, card["ts"])]
            assert not any("tried again" in text for text in texts), "the training was taken over"
        finally:
            status = server.stop()
        assert status == 0
        assert_private(state)
        assert not any(token in server.output.read_text() for token in TOKENS)


def assert_private(state: Path) -> None:
    """Nobody but the owner can look into the folder; tokens are nowhere but where they belong."""
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    for path in state.rglob("*"):
        if not path.is_file():
            continue
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        if path.parent.name != "secrets":
            data = path.read_bytes()
            assert not any(token.encode() in data for token in TOKENS), path
