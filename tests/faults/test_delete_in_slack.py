"""`/mmm dataset delete`: what would go is shown, a press has it deleted, and what is needed is named to who sees it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from engine import paths
from engine.data.records import save_dataset
from engine.experiment.create import create_experiment
from engine.experiment.experiment import ExperimentForm
from engine.pipeline.delete import delete
from local import workspace
from tests.golden.test_messages import DATASET
from tests.in_memory import Bot, Workspace, workspace_at
from tests.slack_requests import command, interaction, signed

ANA, BEN = workspace.ANA.id, workspace.BEN.id
PUBLIC, PRIVATE = workspace.MARKETING.id, workspace.LAUNCH.id


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with workspace_at(tmp_path_factory.mktemp("slack")) as at:
        yield at


@pytest.fixture
def bot(slack: Workspace) -> Bot:
    """A bot that knows one dataset, which Ana made for all to see."""
    bot = Bot(slack)
    made = {"workspace": workspace.TEAM_ID, "title": "Spring", "channel": PUBLIC, "who": ANA}
    save_dataset(bot.cloud.storage, DATASET.model_copy(update=made))
    return bot


def asked(bot: Bot, text: str, who: str = BEN) -> str:
    body = urlencode(command(bot.product, text, user_id=who)).encode()
    return bot.told([(body, signed(body))])[0]


def pressed(bot: Bot, who: str = BEN, action_id: str = "dataset_delete") -> str:
    click: dict[str, Any] = {"action_id": action_id, "block_id": "b", "action_ts": "1.0", "type": "button"}
    place = {"channel": {"id": PUBLIC}, "container": {"type": "message", "message_ts": "1.2"}}
    actions = [{**click, "value": DATASET.id}]
    trigger = bot.at.slack.tickets.trigger(who)
    form = interaction(type="block_actions", user={"id": who}, actions=actions, trigger_id=trigger, **place)
    body = urlencode(form).encode()
    return bot.told([(body, signed(body))])[0]


def experiment(bot: Bot, channel: str) -> None:
    form = ExperimentForm(dataset_id=DATASET.id, preset="quick", channel=channel)
    create_experiment(bot.cloud.storage, form, key=channel, who=ANA, at=bot.fake.clock.now())


def deletions(bot: Bot) -> list[str]:
    return [path for path in bot.fake.storage.objects if path.startswith(paths.DELETIONS)]


def test_what_would_go_is_shown_and_nothing_happens_yet(bot: Bot) -> None:
    answer = asked(bot, "dataset delete spring")
    assert "Delete *Spring*" in answer and "dataset_delete" in answer and "stays where it is (spring.csv)" in answer
    assert deletions(bot) == [] and bot.fake.tasks.waiting == []


def test_all_versions_go_with_one_press_and_only_those_that_are_seen(bot: Bot) -> None:
    made = {"workspace": workspace.TEAM_ID, "title": "Spring", "channel": PUBLIC, "who": ANA}
    for day, channel in ((1, PUBLIC), (2, PRIVATE)):
        older = {**made, "channel": channel, "ts": f"2026010{day}T000000Z-{day:04x}"}
        save_dataset(bot.cloud.storage, DATASET.model_copy(update=older))
    answer = asked(bot, "dataset delete spring")
    assert "Delete all 2 versions" in answer and "1 other version of it stays, unless all go." in answer
    assert "with all 2 versions is being deleted" in pressed(bot, action_id="dataset_delete_all")
    [task] = bot.fake.tasks.waiting
    delete(bot.cloud, bot.fake.clock, task.payload["what"])
    left = [path for path in bot.fake.storage.objects if paths.dataset_of(path)]
    assert left == [paths.dataset_manifest("fr", "20260102T000000Z-0002")]


def test_versions_that_are_needed_keep_all_from_going_together(bot: Bot) -> None:
    made = {"workspace": workspace.TEAM_ID, "title": "Spring", "channel": PUBLIC, "who": ANA}
    experiment(bot, PUBLIC)
    save_dataset(bot.cloud.storage, DATASET.model_copy(update={**made, "ts": "20270101T000000Z-0001"}))
    answer = asked(bot, "dataset delete spring")
    assert "dataset_delete_all" not in answer and "experiments need some of them" in answer
    assert "`FR_1` needs it" in pressed(bot, action_id="dataset_delete_all")
    assert deletions(bot) == []


def test_a_press_has_it_deleted_and_the_worker_tells_so(bot: Bot) -> None:
    answer = pressed(bot)
    assert "is being deleted" in answer
    [task] = bot.fake.tasks.waiting
    assert (task.step, task.payload) == ("delete", {"what": f"dataset/{DATASET.id}"})
    delete(bot.cloud, bot.fake.clock, task.payload["what"])
    assert paths.dataset_manifest("fr", DATASET.ts) not in bot.fake.storage.objects
    told = [data.decode() for path, (data, _, _) in bot.fake.storage.objects.items() if "dataset_deleted" in path]
    assert any(f'"who": "{BEN}"' in one for one in told)


def test_a_second_press_finds_it_gone_or_on_its_way(bot: Bot) -> None:
    pressed(bot)
    pressed(bot)
    assert len(deletions(bot)) == 1 and len(bot.fake.tasks.waiting) == 1
    delete(bot.cloud, bot.fake.clock, f"dataset/{DATASET.id}")
    assert "There is no dataset" in pressed(bot)


def test_what_needs_it_is_named_to_who_sees_it_and_counted_else(bot: Bot) -> None:
    experiment(bot, PUBLIC)
    experiment(bot, PRIVATE)
    for answer in (asked(bot, "dataset delete Spring"), pressed(bot)):
        assert "`FR_1` and 1 experiment posted where you are not" in answer and "FR_2" not in answer
        assert "mmm delete dataset" in answer
    assert "`FR_1` and `FR_2`" in asked(bot, "dataset delete Spring", ANA)
    assert deletions(bot) == []


def test_without_a_name_it_says_how(bot: Bot) -> None:
    assert "/mmm dataset delete NAME" in asked(bot, "dataset delete")


@pytest.mark.parametrize("ask", [lambda bot: asked(bot, "dataset delete Spring"), pressed], ids=["typed", "pressed"])
def test_who_does_not_see_it_is_told_what_is_told_of_none(slack: Workspace, ask: Any) -> None:
    there, nowhere = Bot(slack), Bot(slack)
    made = {"workspace": workspace.TEAM_ID, "title": "Spring", "channel": PRIVATE, "who": ANA}
    save_dataset(there.cloud.storage, DATASET.model_copy(update=made))
    assert ask(there) == ask(nowhere)
    assert deletions(there) == []


@pytest.mark.parametrize("ask", [lambda bot: asked(bot, "dataset delete Spring"), pressed], ids=["typed", "pressed"])
def test_a_viewer_deletes_nothing(slack: Workspace, ask: Any, tmp_path: Path) -> None:
    bot = Bot(slack, {"role_default": "viewer"})
    made = {"workspace": workspace.TEAM_ID, "title": "Spring", "channel": PUBLIC, "who": ANA}
    save_dataset(bot.cloud.storage, DATASET.model_copy(update=made))
    assert "analyst" in ask(bot) and "dataset_delete" not in json.dumps(bot.fake.tasks.names, default=list)
    assert deletions(bot) == []
