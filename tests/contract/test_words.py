"""The word of a server on one machine: where it comes from, and that nothing is served without a good one."""

import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from engine.errors import BadSettings
from local import doctor
from local.addresses import Addresses
from local.embedded.folder import Folder
from local.embedded.server import serve
from local.google.identity import KEY_FILE
from local.guard import WORD as GOOD
from local.guard import read_word
from local.main import Stack
from local.serving import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
BAD = {
    "empty": "",
    "a blank": " ",
    "lines": "\n\n",
    "short": "word",
    "almost long enough": "a" * 31,
    "blanks": " " * 50,
}
BAD |= {"blanks between": "a word that is long enough but is no word", "beyond ASCII": "ä" * 40}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "state")
    made.prepare()
    return made


@pytest.mark.parametrize("how", BAD)
def test_an_embedded_server_does_not_start_with_a_word_that_keeps_nobody_out(folder: Folder, how: str) -> None:
    folder.word.write_text(BAD[how])
    with pytest.raises(BadSettings, match=r"word in .* is (empty|too short)") as stopped:
        serve(folder.path, free_port())
    assert str(folder.word) in stopped.value.what and "32 or more" in stopped.value.todo
    assert list(folder.logs.iterdir()) == [], "a part was started"


def test_an_embedded_server_that_has_lost_its_word_does_not_start_and_says_how_to_go_on(folder: Folder) -> None:
    (folder.google / KEY_FILE).write_text("its servers have run")
    with pytest.raises(BadSettings, match="is missing") as stopped:
        serve(folder.path, free_port())
    assert str(folder.google / KEY_FILE) in stopped.value.todo
    assert not folder.word.exists()


def test_a_word_that_cannot_be_read_stops_it_too(folder: Folder) -> None:
    folder.word.mkdir()
    with pytest.raises(BadSettings, match="cannot be read"):
        serve(folder.path, free_port())


def test_a_new_folder_gets_a_word_for_its_owners_eyes_and_keeps_it(folder: Folder) -> None:
    word = folder.the_word()
    assert GOOD.fullmatch(word) and folder.word.stat().st_mode & 0o077 == 0
    assert folder.the_word() == word
    other = Folder(folder.path.parent / "other")
    other.prepare()
    assert other.the_word() != word


@pytest.mark.parametrize("how", BAD)
def test_the_demo_does_not_start_with_a_word_that_keeps_nobody_out(tmp_path: Path, how: str) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "word").write_text(BAD[how])
    with pytest.raises(BadSettings, match=r"word in .* is (empty|too short)"):
        Stack(tmp_path, free_port())
    with pytest.raises(BadSettings, match=r"word in .* is (empty|too short)"):
        doctor.demo(tmp_path, None)


@pytest.mark.parametrize("part", ["google", "slack", "snowflake"])
@pytest.mark.parametrize("word", [None, "", "short"], ids=["no file", "empty", "short"])
def test_no_part_serves_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, word: str | None
) -> None:
    if word is not None:
        (tmp_path / "word").write_text(word)
    (tmp_path / "env").write_text("{}")
    options = ["--state", str(tmp_path), "--port", "1", "--word", str(tmp_path / "word")]
    more = {"google": ["--job-env", str(tmp_path / "env")], "snowflake": ["--user", f"svc={tmp_path / 'key'}"]}
    monkeypatch.setattr(sys, "argv", [part, *options, *more.get(part, [])])
    with pytest.raises(BadSettings, match="word in"):
        import_module(f"local.{part}.__main__").main()


def test_a_part_that_is_given_no_word_says_so_in_a_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.slack", "--state", str(tmp_path), "--port", "1"]
    for more, said in (
        ([], "--word"),
        (["--word", str(tmp_path / "none")], "cannot be read. Nothing is served without it."),
    ):
        done = subprocess.run(
            [*command, *more], cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode != 0 and said in done.stderr and "Traceback" not in done.stderr


def test_the_doctor_says_where_there_is_no_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "missing", list)  # what R has is no question here, and takes seconds
    with pytest.raises(BadSettings, match="no demo's folder"):
        doctor.demo(tmp_path, None)
    word = Stack(tmp_path, 18_000).at.word
    assert doctor.demo(tmp_path, 18_000)["MMM_SLACK_URL"] == f"http://127.0.0.1:18000/door/{word}/api/"
    assert read_word(tmp_path / "keys" / "word") == word


@pytest.mark.parametrize("base", [0, -1, 65_532, 70_000])
def test_ports_that_there_are_not_are_refused_in_words(base: int) -> None:
    with pytest.raises(BadSettings, match="no five ports"):
        Addresses(base, "word")


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ([], "mmm local"),
        (["PORT=9000"], 'mmm local --port "9000"'),
        (["STATE=/tmp/some where"], '--state "/tmp/some where"'),
        (["PORT=9000", "STATE=other"], 'mmm local --port "9000" --state "other"'),
    ],
)
def test_ports_and_state_of_make_demo_can_be_set(given: list[str], asked: str) -> None:
    if shutil.which("make") is None:
        pytest.skip("there is no make here")
    environment = {name: value for name, value in os.environ.items() if name not in ("PORT", "STATE", "MAKEFLAGS")}
    # Nothing is set up: what it needs counts as there.
    command = ["make", "-n", "-o", ".venv/.local", "demo", *given]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)
    assert asked.strip() in done.stdout
    assert "--port" not in done.stdout or "PORT=9000" in given
