"""A team on one machine: the main job over Socket Mode, through a kill in the middle, into a backup and out of it."""

import re
import stat
from pathlib import Path
from typing import Any

from local import workspace
from local.embedded.backup import backup
from local.embedded.restore import restore
from local.person import Person
from tests.embedded_server import Server, team, trainings
from tests.long_run import CHANNEL, SECONDS, assert_one_ending, begin, charts

TOKENS = (workspace.BOT_TOKEN, workspace.APP_TOKEN)
Json = dict[str, Any]


def test_the_main_job_survives_kill_9_and_a_backup_shows_the_same_runs(tmp_path: Path) -> None:
    with team(tmp_path / "slack") as slack:
        server = Server(tmp_path / "state", slack, tmp_path / "server.log")
        other = Server(tmp_path / "restored", slack, tmp_path / "other.log")
        ana = slack.ana
        try:
            server.start()
            card = begin(ana, tmp_path, iterations=300)
            running = trainings(server.state)
            assert len(running) == 1
            server.kill()
            server.start()
            wait_with_one_training(ana, card, server.state, running)
            assert_one_ending(ana, card)
            before = seen(ana)
            assert "FR_1" in before["status"] and "FR_1" in before["home"]
            backup(server.state, tmp_path / "backup.tar")
            assert server.stop() == 0
            assert trainings(server.state) == []
            restore(tmp_path / "backup.tar", other.state)
            other.start()
            assert seen(ana) == before
            assert other.stop() == 0
        finally:
            server.stop()
            other.stop()
    for one in (server, other):
        assert_private(one.state)
        assert not any(token in one.output.read_text() for token in TOKENS)


def wait_with_one_training(ana: Person, card: Json, state: Path, running: list[int]) -> None:
    """Wait for the charts; at no moment do two trainings run, and the first goes on before another begins."""
    met = set(running)

    def there() -> list[Json] | None:
        now = trainings(state)
        assert len(now) <= 1, "an orphan trains on beside its successor"
        met.update(now)
        return charts(ana, card)

    ana.wait(there, "the charts", SECONDS)
    again = [reply for reply in ana.thread(CHANNEL, card["ts"]) if "tried again" in reply["text"]]
    assert len(met) == 1 + len(again), "each further training was told"


def seen(ana: Person) -> dict[str, str]:
    """What a person sees of the runs: the answer to /mmm status, and the Home."""
    last = ana.messages(CHANNEL)[-1]["ts"]
    ana.type(CHANNEL, "/mmm status")
    status = ana.wait_for_message(CHANNEL, "", after=last)
    opened = len(_published(ana))
    ana.open_home()
    ana.wait(lambda: len(_published(ana)) > opened or None, "the Home")
    home = ana.home()
    assert home is not None
    return {"status": _words(status), "home": _words(home)}


def _published(ana: Person) -> list[Json]:
    return [call for call in ana.transcript() if call["method"] == "views.publish"]


def _words(shown: Json) -> str:
    """A message's or view's blocks, without the ids that Slack gives them and the time at which we looked."""

    def plain(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: plain(value) for key, value in part.items() if key not in ("block_id", "action_id")}
        return [plain(one) for one in part] if isinstance(part, list) else part

    text = str([shown.get("text", ""), plain(shown.get("blocks", []))])
    return re.sub(r"As of <[^>]*>", "As of", text)


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
