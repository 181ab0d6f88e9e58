"""A table that is dropped where the app is: whoever dropped it is offered, alone and once, to make data of it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local import workspace
from local.faults import Fault
from local.person import Person
from local.sample import weekly_csv
from tests.every_request import Everything
from tests.in_memory import Bot, Workspace, workspace_at
from tests.scenarios.test_private import signed_form
from tests.slack_requests import interaction, signed
from tests.stack import Stack

ANA, BEN, CHANNEL, PRIVATE = workspace.ANA.id, workspace.BEN.id, workspace.MARKETING.id, workspace.LAUNCH.id
Json = dict[str, Any]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with workspace_at(tmp_path_factory.mktemp("slack")) as running:
        yield running


@pytest.fixture
def ana(place: Workspace) -> Iterator[Person]:
    person = Person(place.url)
    yield person
    person.close()


@pytest.fixture
def drop(ana: Person, tmp_path: Path) -> Callable[..., Json]:
    """Ana drops a file; what Slack tells the app about it, ready to be sent."""

    def dropped(name: str, *, channel: str = CHANNEL, thread: str = "") -> Json:
        path = tmp_path / name
        path.write_bytes(weekly_csv("FR"))
        message = ana.drop(channel, path, thread)
        file = message["files"][0]["id"]
        return {"type": "file_shared", "file_id": file, "user_id": ANA, "channel_id": channel, "file": {"id": file}}

    return dropped


def told_of(event: Json, id: str = "") -> tuple[bytes, dict[str, str]]:
    whole = {"type": "event_callback", "team_id": workspace.TEAM_ID, "event_id": id or f"Ev{event['file_id']}"}
    body = json.dumps({**whole, "event": event})
    return body.encode(), signed(body, kind="application/json")


@pytest.mark.parametrize("name", ["spring.csv", "Plan.XLSX", "sales.tsv", "weeks.parquet", "all.zip", "table.ods"])
def test_whoever_drops_a_table_is_offered_to_use_it(place: Workspace, drop: Callable[..., Json], name: str) -> None:
    [told] = Bot(place).told([told_of(drop(name))])
    assert "Use as MMM data" in told and name in told
    assert f'"user": "{ANA}"' in told and f'"channel": "{CHANNEL}"' in told, "to them alone, where they are"


@pytest.mark.parametrize("name", ["chart.png", "notes.md", "csv", "deck.pdf"])
def test_other_files_are_left_alone(place: Workspace, drop: Callable[..., Json], name: str) -> None:
    assert "Use as MMM data" not in Bot(place).told([told_of(drop(name))])[0]


def test_it_is_offered_once_however_often_slack_tells_and_wherever_it_is_shared(
    place: Workspace, drop: Callable[..., Json]
) -> None:
    event = drop("spring.csv")
    elsewhere = {**event, "channel_id": workspace.GENERAL.id}
    told = Bot(place).told([told_of(event), told_of(event), told_of(event, "EvAnother"), told_of(elsewhere, "EvElse")])
    assert ["Use as MMM data" in one for one in told] == [True, False, False, False]


def test_talk_in_a_thread_is_not_interrupted(place: Workspace, ana: Person, drop: Callable[..., Json]) -> None:
    ana.type(CHANNEL, "Any numbers?")
    parent = ana.messages(CHANNEL)[-1]["ts"]
    assert "Use as MMM data" not in Bot(place).told([told_of(drop("spring.csv", thread=parent))])[0]


@pytest.mark.parametrize("rules", [{"role_default": "viewer"}, {"email_domains": ("elsewhere.example",)}])
def test_who_may_not_make_datasets_is_not_bothered(place: Workspace, drop: Callable[..., Json], rules: Json) -> None:
    assert Bot(place, rules).told([told_of(drop("spring.csv"))]) == ['["", [], []]']


def test_a_file_that_is_gone_again_is_no_fault(place: Workspace, drop: Callable[..., Json]) -> None:
    event = drop("spring.csv")
    place.slack.files.delete(event["file_id"])
    assert Bot(place).told([told_of(event)]) == ['["", [], []]']


def test_while_slack_is_away_it_is_told_again_later(place: Workspace, drop: Callable[..., Json]) -> None:
    made, event = Bot(place), drop("spring.csv")
    place.faults.add(Fault(match="files.info", kind="before", times=1))
    with pytest.raises(AssertionError):
        made.told([told_of(event)])  # 500: Slack sends it again
    assert "Use as MMM data" in made.told([told_of(event)])[0]


def pressed(made: Bot, who: str, file: str, channel: str = CHANNEL) -> str:
    click = {**Everything(made.product).click("start_dataset", who), "channel": {"id": channel}}
    click["actions"] = [{**click["actions"][0], "action_id": "dataset_from_file", "value": file}]
    [told] = made.told([signed_form(interaction(user={"id": who}, **click))])
    return told


def test_a_press_opens_the_form_for_that_file(place: Workspace, drop: Callable[..., Json]) -> None:
    told = pressed(Bot(place), ANA, drop("spring.csv")["file_id"])
    assert "spring.csv" in told and "dataset_source" in told


# Each form that takes a file, and the field that it is in.
TAKE_FILES = {"dataset_source": "file", "map_file": "file", "recipe_file": "recipe_csv"}


@pytest.mark.parametrize("action", ["press", *TAKE_FILES])
def test_a_file_of_a_private_channel_is_not_used_by_who_is_not_in_there(
    place: Workspace, drop: Callable[..., Json], action: str
) -> None:
    """By its id alone: the same words as for a file that is not there."""
    made, hidden = Bot(place), drop("secret.csv", channel=PRIVATE)["file_id"]

    def asked(who: str, file: str) -> str:
        if action == "press":
            return pressed(made, who, file)
        everything = Everything(made.product)
        view, field = everything.submission(action, who)["view"], TAKE_FILES[action]
        view["state"]["values"][field] = {field: {"files": [{"id": file, "name": "x.csv"}]}}
        sent = interaction(user={"id": who}, type="view_submission", view=view)
        return made.told([signed_form(sent)])[0]

    assert asked(BEN, hidden) == asked(BEN, "F0NOSUCH1")
    assert "not there, or not yours" in asked(BEN, hidden) and "secret" not in asked(BEN, hidden)
    assert "not there, or not yours" not in asked(ANA, hidden)
    public = drop("open.csv")["file_id"]
    assert "not there, or not yours" not in asked(BEN, public)


@pytest.mark.streamlit("upload-file")
def test_from_the_drop_to_the_form_on_the_page(product: Stack, tmp_path: Path) -> None:
    """The whole way once: dropped, told by Slack, offered, pressed; and the same from the message's menu."""
    ana, path = product.ana, tmp_path / "whole-way.csv"
    path.write_bytes(weekly_csv("FR"))
    message = ana.drop(CHANNEL, path)
    offer = ana.wait_for_message(CHANNEL, "whole-way.csv*: shall I make a dataset of it?")
    assert offer["ephemeral"] and "whole-way" not in str(
        [one for one in product.ben.messages(CHANNEL) if one.get("ephemeral")]
    )
    ana.press(CHANNEL, offer, "dataset_from_file")
    form = ana.wait_for_view("dataset_source")
    assert "whole-way.csv" in str(form["blocks"])
    assert ana.submit(form, title="Whole way", country="fr")["ok"]
    ana.wait_for_view("dataset_mapping")
    product.slack.views.clear(ANA)
    product.ben.choose_from_menu(CHANNEL, message, "message_dataset")
    assert "whole-way.csv" in str(product.ben.wait_for_view("dataset_source")["blocks"])
    product.slack.views.clear(BEN)
    ana.choose_shortcut("new_experiment")
    assert ana.wait(ana.view, "a form")
    product.slack.views.clear(ANA)
