"""What `/mmm …` means: the parser, the nearest command, the help; and that the README says the same."""

import asyncio
import re
from pathlib import Path
from typing import Any, cast

import pytest

from bot.access import Role, Standing
from bot.act import Act, Reply, Services, Surface, Whisper
from bot.help import examples
from bot.registry import Registry
from bot.service import registry
from bot.slack.limits import fit_message
from bot.wing import NAME, Command, Wing
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.settings import Settings
from tests.faults.fake_cloud import FakeCloud

README = Path(__file__).resolve().parents[2] / "README.md"


SETTINGS = Settings(
    workspace="T1",
    project="p",
    bucket="b",
    worker_url="http://w",
    tasks_account="t",
    slack_signing_secret="file:x",
    slack_token_secret="file:x",
)


def ask(known: Registry, text: str, role: Role = Role.ADMIN, cloud: Any = None, clock: Any = None) -> Reply:
    services, surface = Services(SETTINGS, cast(Cloud, cloud), cast(Clock, clock)), cast(Surface, None)
    act = Act(services=services, surface=surface, key="k", user="U1", text=text, standing=Standing(role, ""))
    return asyncio.run(known.command(act))


def said(reply: Reply) -> str:
    assert isinstance(reply, Whisper)
    text, blocks = fit_message(reply.message.text, reply.message.blocks)
    return f"{text} {blocks}"


@pytest.mark.parametrize(
    ("text", "words", "rest"),
    [
        ("dataset new", ("dataset", "new"), ""),
        ("dataset new Spring plan, France", ("dataset", "new"), "Spring plan, France"),
        ("  Dataset   NEW   Spring  plan ", ("dataset", "new"), "Spring  plan "),
        ("run", ("run",), ""),
        ("run FR_1", ("run",), "FR_1"),
        ("RUN fr_1", ("run",), "fr_1"),
        ("status r3f9a2c1", ("status",), "r3f9a2c1"),
        ("results new", ("results",), "new"),
        ("help me", ("help",), "me"),
    ],
)
def test_a_command_is_found_by_its_first_words_and_keeps_the_rest(text: str, words: tuple[str, ...], rest: str) -> None:
    command, left = registry().parse(text)
    assert command is not None
    assert (command.words, left) == (words, rest)


@pytest.mark.parametrize(
    "text", ["", "  ", "dataset", "new dataset", "experiment nwe", "runs", "datasetnew", "/mmm run"]
)
def test_what_is_no_command_is_not_taken_for_one(text: str) -> None:
    assert registry().parse(text) == (None, text)


def test_what_follows_the_words_reaches_the_handler() -> None:
    heard = []

    async def listen(act: Act) -> Reply:
        heard.append((act.text, act.user, act.key))
        return None

    known = Registry(Wing(commands=(Command(("say", "it"), listen, "Say it.", needs=Role.VIEWER),)))
    assert ask(known, "say it  <@U2> & all") is None
    assert heard == [("<@U2> & all", "U1", "k")]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("datset new", ["dataset new"]),
        ("dataset nwe", ["dataset new"]),
        ("dataset lst", ["dataset list"]),
        ("dataset", ["dataset new", "dataset list", "dataset show"]),
        ("experiment", ["experiment new", "experiment list"]),
        ("experimnt list", ["experiment list"]),
        ("cancle r1", ["cancel"]),
        ("stats", ["status"]),
        ("reslts FR_1", ["results"]),
        ("hlep", ["help"]),
        ("rn", ["run"]),
    ],
)
def test_the_command_that_was_meant_is_offered(typed: str, meant: list[str]) -> None:
    text = said(ask(registry(), typed))
    assert "Did you mean" in text
    assert any(f"`{NAME} {name}`" in text for name in meant)


@pytest.mark.parametrize("typed", ["gibberish", "xyz 123", "💥", "<script>", "-"])
def test_what_nobody_meant_leads_to_the_help(typed: str) -> None:
    text = said(ask(registry(), typed))
    assert f"`{NAME} help`" in text and "start_help" in text
    assert "<script>" not in text


def test_a_very_long_command_is_answered_within_slacks_limits() -> None:
    text, blocks = fit_message(*_parts(registry().unknown("x" * 9000)))
    assert len(text.encode()) < 4000 and len(blocks[0]["text"]["text"]) < 3000


def _parts(message: Any) -> tuple[str, list[dict[str, Any]]]:
    return message.text, message.blocks


@pytest.mark.parametrize("text", ["", "   "])
def test_the_name_alone_shows_what_one_can_do_next(text: str) -> None:
    fake = FakeCloud()
    shown = said(ask(registry(), text, cloud=cast(Cloud, fake), clock=fake.clock))
    assert all(name in shown for name in ("start_dataset", "start_experiment", "start_status", "start_help"))


def test_the_help_lists_every_command_with_what_it_is_for() -> None:
    shown = said(ask(registry(), "help"))
    for command in registry().commands.values():
        assert f"`{command.typed}` {command.help}" in shown
        assert command.typed in shown.partition("[{")[0], "in the words a screen reader says, too"
    assert "…" not in shown


def test_the_help_has_every_command_under_its_wing() -> None:
    shown = said(ask(registry(), "help")).partition("[{")[2]
    wings = ["*Data*", "*Experiments*", "*Runs*", "*Results*", "*Access and health*"]
    places = [shown.index(wing) for wing in wings]
    assert places == sorted(places)
    for wing, words in (("*Data*", "dataset versions"), ("*Experiments*", "run [EXPERIMENT]"), ("*Runs*", "cancel")):
        end = places[wings.index(wing) + 1]
        assert shown.index(wing) < shown.index(f"`{NAME} {words}") < end


@pytest.mark.parametrize(
    ("typed", "shown", "not_shown"),
    [
        ("help dataset", ["/mmm dataset diff Spring plan 2026-10-01 2026-11-01", "/mmm dataset versions"], "/mmm run"),
        ("help dataset diff", ["`/mmm dataset diff Spring plan`", "Takes a viewer"], "dataset delete"),
        ("HELP Run", ["`/mmm run FR_3`", "Takes an analyst"], "dataset"),
        ("help datset diff", ["`/mmm dataset diff Spring plan`"], "/mmm run"),
    ],
)
def test_the_help_of_a_word_shows_its_commands_with_examples(typed: str, shown: list[str], not_shown: str) -> None:
    text = said(ask(registry(), typed))
    assert all(one in text for one in shown) and not_shown not in text


@pytest.mark.parametrize("typed", ["me please", "💥", "x" * 3_000])
def test_the_help_of_what_is_no_command_says_so_and_is_the_whole_help(typed: str) -> None:
    text, blocks = _parts(ask(registry(), f"help {typed}").message)
    assert text.startswith(f"I know no command “{typed[:20]}") and len(text) < 200
    assert blocks[1:] == _parts(ask(registry(), "help").message)[1]


def test_every_example_is_understood() -> None:
    known = registry()
    for command in known.commands.values():
        for example in examples(command):
            found, rest = known.parse(example.removeprefix(f"{NAME} "))
            assert found is not None and found.words == command.words
            assert "[" not in example, example
            assert not set(re.findall(r"[A-Z]{4,}", rest.replace("TV_COST", ""))), f"{example}: say what to type"


def test_every_button_form_and_search_has_one_handler() -> None:
    known = registry()
    assert {"start_help", "run_cancel", "run_results", "experiment_run", "dataset_remap"} <= known.buttons.keys()
    assert {"dataset_source", "dataset_mapping", "experiment_new", "review_filters"} <= known.forms.keys()
    assert {"country", "table", "dataset_id"} <= known.searches.keys()


def test_the_readme_names_every_noun() -> None:
    rows = [line for line in README.read_text().splitlines() if line.startswith(f"| `{NAME}")]
    table = " ".join(rows)
    missing = {words[0] for words in registry().commands} - {noun for noun in _nouns(table)}
    assert not missing, f"the README's table does not name {sorted(missing)}"


def _nouns(table: str) -> set[str]:
    """The words after `/mmm` in the table."""
    return {piece.split("`")[0].split()[0] for piece in table.split(f"`{NAME} ")[1:]}
