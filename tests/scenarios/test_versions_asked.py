"""What people type and press about versions, over signed HTTP: bad input, roles, private things, and what is queued."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from engine import paths
from engine.data.dataset import Dataset
from engine.data.records import save_dataset
from local import workspace
from tests.in_memory import Bot, Workspace, workspace_at
from tests.slack_requests import command, interaction, signed
from tests.stored import a_dataset

ANA, BEN = workspace.ANA.id, workspace.BEN.id
PUBLIC, PRIVATE = workspace.MARKETING.id, workspace.LAUNCH.id
TS = ("20261101T080000Z-aaaa", "20261108T080000Z-bbbb", "20261115T080000Z-cccc")


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with workspace_at(tmp_path_factory.mktemp("slack")) as at:
        yield at


def keep(bot: Bot, ts: str, title: str = "Shop plan", **changes: Any) -> Dataset:
    made = {"workspace": workspace.TEAM_ID, "channel": PUBLIC, "who": ANA, "crc32c": ts[-4:]}
    return save_dataset(bot.cloud.storage, a_dataset(ts, title, **(made | changes)))


@pytest.fixture
def bot(slack: Workspace) -> Bot:
    """A bot that knows three versions of one dataset, made for all to see."""
    made = Bot(slack)
    for ts in TS:
        keep(made, ts)
    return made


def typed(bot: Bot, text: str, who: str = BEN, channel: str = PUBLIC) -> str:
    body = urlencode(command(bot.product, text, user_id=who, channel_id=channel)).encode()
    return bot.told([(body, signed(body))])[0]


def pressed(bot: Bot, action_id: str, value: str, who: str = BEN, channel: str = PUBLIC, **more: Any) -> str:
    action = {"action_id": action_id, "block_id": "b", "action_ts": "1.0", "type": "button", "value": value, **more}
    place = {"channel": {"id": channel}, "container": {"type": "message", "message_ts": "1.2"}}
    trigger = bot.at.slack.tickets.trigger(who)
    form = interaction(type="block_actions", user={"id": who}, actions=[action], trigger_id=trigger, **place)
    body = urlencode(form).encode()
    return bot.told([(body, signed(body))])[0]


def ask_of(bot: Bot) -> dict[str, Any]:
    """What was written down for the worker."""
    [path] = [path for path in bot.fake.storage.objects if path.startswith("requests/asks/")]
    [task] = [task for task in bot.fake.tasks.waiting if task.step == "answer"]
    found = json.loads(bot.fake.storage.objects[path][0])
    assert task.payload["ask"] == found["id"]
    return dict(found)


# What is compared


@pytest.mark.parametrize(
    ("text", "older", "newer"),
    [
        ("dataset diff shop plan", 1, 2),
        ("dataset diff “Shop plan” DE", 1, 2),
        (f"dataset diff shop plan {TS[0]}", 0, 2),
        ("dataset diff shop plan 2026-11-01", 0, 2),
        ("dataset diff shop plan 20261108 20261101", 0, 1),
        (f"dataset diff shop plan de/{TS[2]} {TS[0]}", 0, 2),
        (f"dataset diff shop plan {TS[2]}", 1, 2),
        (f"dataset diff de/{TS[2]}", 1, 2),
    ],
)
def test_two_versions_are_found_by_what_is_typed(bot: Bot, text: str, older: int, newer: int) -> None:
    assert "On it" in typed(bot, text)
    asked = ask_of(bot)
    assert asked["kind"] == "dataset_diff"
    assert asked["about"] == {"older": f"de/{TS[older]}", "newer": f"de/{TS[newer]}"}
    assert (asked["channel"], asked["privately"], asked["needs"]) == (PUBLIC, False, "VIEWER")


def test_a_title_that_ends_like_a_date_is_a_title(bot: Bot) -> None:
    for ts in TS[:2]:
        keep(bot, ts.replace("-", "-1"), title="Plan 20240101")
    typed(bot, "dataset diff plan 20240101")
    ids = [f"de/{ts.replace('-', '-1')}" for ts in TS[:2]]
    assert ask_of(bot)["about"] == {"older": ids[0], "newer": ids[1]}


def test_a_version_is_deleted_from_its_menu_after_a_question(bot: Bot) -> None:
    told = typed(bot, "dataset versions shop plan")
    assert f"dataset_delete_asked de/{TS[0]}" in told
    option = {"text": {"type": "plain_text", "text": "Delete …"}, "value": f"dataset_delete_asked de/{TS[0]}"}
    asked = pressed(bot, "menu", "", type="overflow", selected_option=option)
    assert "Delete *Shop plan*" in asked and "Delete this version" in asked and "Delete all 3 versions" in asked
    assert bot.fake.tasks.waiting == []


def test_two_versions_are_compared_by_a_button_or_a_menu(bot: Bot) -> None:
    pressed(bot, "dataset_diff", f"de/{TS[0]} de/{TS[2]}")
    assert ask_of(bot)["about"] == {"older": f"de/{TS[0]}", "newer": f"de/{TS[2]}"}


def test_a_choice_of_a_menu_does_what_its_button_does(bot: Bot) -> None:
    option = {"text": {"type": "plain_text", "text": "Compare"}, "value": f"dataset_diff de/{TS[1]}"}
    pressed(bot, "menu", "", type="overflow", selected_option=option)
    assert ask_of(bot)["about"] == {"older": f"de/{TS[0]}", "newer": f"de/{TS[1]}"}


@pytest.mark.parametrize("value", ["dataset_diff", "dataset_nonsense de/1", "", "start_help de/1"])
def test_a_menu_of_another_release_or_hand_says_so(bot: Bot, value: str) -> None:
    option = {"text": {"type": "plain_text", "text": "x"}, "value": value}
    told = pressed(bot, "menu", "", type="overflow", selected_option=option)
    assert "earlier release" in told or "Which dataset" in told or "What you can type" in told
    assert bot.fake.tasks.waiting == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dataset diff", "Which dataset?"),
        ("dataset diff nothing like it", "There is no dataset"),
        ("dataset diff shop plan 2020-01-01", "has no version of 2020-01-01"),
        (f"dataset diff shop plan {TS[0]} {TS[0]}", "the same version twice"),
        (f"dataset diff de/{TS[0]}", "There is no version before that one"),
        ("dataset diff shop plan FR", "There is no dataset"),
        ("dataset versions", "Which dataset?"),
        ("dataset versions <@U1> & “x”", "There is no dataset"),
        (f"dataset versions {'x' * 2000}", "There is no dataset"),
        ("dataset versions 🚀", "There is no dataset"),
        ("dataset download", "Which dataset?"),
        ("dataset download nothing csv", "There is no dataset"),
    ],
)
def test_bad_input_is_answered_in_a_sentence(bot: Bot, text: str, words: str) -> None:
    told = typed(bot, text)
    assert words in told and "It is not your fault" not in told
    assert "<@U1>" not in told
    assert bot.fake.tasks.waiting == []


def test_one_version_alone_is_said(slack: Workspace) -> None:
    made = Bot(slack)
    keep(made, TS[0])
    assert "There is only one version of “Shop plan” to compare" in typed(made, "dataset diff shop plan")


def test_several_countries_are_offered_by_country(bot: Bot) -> None:
    for ts in TS[:2]:
        keep(bot, ts, country="fr")
    for text in ("dataset versions shop plan", "dataset diff shop plan"):
        told = typed(bot, text)
        assert "in 2 countries" in told and "*Germany* · 3 versions" in told and "*France* · 2 versions" in told
    assert "3 versions, newest first" in pressed(bot, "dataset_versions", f"de/{TS[2]}")
    assert "2 versions" in typed(bot, "dataset versions shop plan FR")


@pytest.mark.parametrize("value", ["x", "-1 de/t", "99999 de/t", "0 de/none"])
def test_an_odd_value_of_more_countries_is_told_in_words(bot: Bot, value: str) -> None:
    told = pressed(bot, "dataset_countries", value)
    assert "no longer known" in told or "There is no dataset" in told


# What is given out


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("dataset download shop plan", ["csv", "parquet"]),
        ("dataset download shop plan CSV", ["csv"]),
        ("dataset download shop plan DE parquet", ["parquet"]),
        (f"dataset download de/{TS[2]} csv", ["csv"]),
    ],
)
def test_rows_are_given_out_in_the_format_that_was_asked_for(bot: Bot, text: str, formats: list[str]) -> None:
    typed(bot, text)
    asked = ask_of(bot)
    assert asked["about"] == {"dataset": f"de/{TS[2]}", "formats": formats}
    assert asked["needs"] == "ANALYST"


# Who may, and who sees


def test_a_viewer_looks_and_takes_nothing_away(slack: Workspace) -> None:
    made = Bot(slack, {"role_default": "viewer"})
    for ts in TS:
        keep(made, ts)
    told = typed(made, "dataset versions shop plan")
    assert f"dataset_diff de/{TS[2]}" in told and "dataset_show" in told
    assert "dataset_download" not in told and "dataset_delete" not in told
    assert "On it" in typed(made, "dataset diff shop plan")
    for refused in (typed(made, "dataset download shop plan"), pressed(made, "dataset_download", f"de/{TS[0]}")):
        assert "analyst" in refused
    assert len(made.fake.tasks.waiting) == 1


def test_what_was_posted_in_private_is_compared_for_the_person_alone(slack: Workspace) -> None:
    made = Bot(slack)
    keep(made, TS[0], channel=PRIVATE)
    keep(made, TS[1])
    assert "1 version," in typed(made, "dataset versions shop plan", who=BEN), "Ben is not in there"
    assert "There is only one version" in typed(made, "dataset diff shop plan", who=BEN)
    typed(made, "dataset diff shop plan", who=ANA)
    asked = ask_of(made)
    assert asked["privately"] is True


def test_private_rows_are_given_out_in_person(slack: Workspace) -> None:
    made = Bot(slack)
    keep(made, TS[0], channel=PRIVATE)
    assert "There is no dataset" in typed(made, "dataset download shop plan", who=BEN)
    typed(made, "dataset download shop plan", who=ANA)
    assert ask_of(made)["channel"] == ""


def test_private_rows_are_given_out_where_they_were_posted(slack: Workspace) -> None:
    made = Bot(slack)
    keep(made, TS[0], channel=PRIVATE)
    typed(made, "dataset download shop plan", who=ANA, channel=PRIVATE)
    assert ask_of(made)["channel"] == PRIVATE


def test_a_second_click_is_no_second_question(bot: Bot) -> None:
    for _ in range(2):
        pressed(bot, "dataset_diff", f"de/{TS[2]}")
    assert len([path for path in bot.fake.storage.objects if path.startswith("requests/asks/")]) == 1


# What comes next


def test_mmm_alone_says_how_things_stand_and_offers_what_the_person_may(slack: Workspace) -> None:
    empty = Bot(slack)
    assert "There is no dataset yet" in typed(empty, "")
    keep(empty, TS[0], mapping=a_dataset("t").mapping.model_copy(update={"version": "de/1"}))
    told = typed(empty, "")
    assert "“Shop plan” (Germany) is ready. Next is its recipe." in told
    assert '"action_id": "dataset_prepare"' in told or "dataset_prepare" in told


def test_mmm_alone_offers_a_viewer_only_looks(slack: Workspace) -> None:
    made = Bot(slack, {"role_default": "viewer"})
    keep(made, TS[0])
    told = typed(made, "")
    assert "start_status" in told and "dataset_check" in told
    for other in ("dataset_prepare", "map_show", "experiment_from_dataset", "start_dataset", "start_experiment"):
        assert other not in told


def test_mmm_alone_tells_nothing_of_what_is_private(slack: Workspace) -> None:
    made = Bot(slack)
    keep(made, TS[0], channel=PRIVATE)
    assert "Shop plan" not in typed(made, "", who=BEN) and "Shop plan" in typed(made, "", who=ANA)


def test_mmm_alone_answers_although_storage_does_not(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.errors import Unavailable

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise Unavailable("Storage does not answer.", "Try again.")

    monkeypatch.setattr(bot.fake.storage, "list", broken)
    told = typed(bot, "")
    assert "What would you like to do?" in told and "start_dataset" in told


def test_a_recipe_changes_what_comes_next(bot: Bot) -> None:
    from engine.data.recipe import recipe_of
    from engine.data.recipes import family_of, save_recipe

    newest = keep(bot, "20261122T080000Z-dddd", mapping=a_dataset("t").mapping.model_copy(update={"version": "de/1"}))
    family = family_of(newest, private=False)
    save_recipe(bot.cloud.storage, family, newest, recipe_of(newest.mapping), who=BEN, key="k", at=newest.created_at)
    told = typed(bot, "")
    assert "Recipe 1 of “Shop plan” (Germany) is ready for an experiment." in told
    assert paths.RECIPES
