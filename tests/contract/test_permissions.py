"""Nothing can be reached without a permission: every entry names a role, every address a door."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from bot.access import Role
from bot.act import Act, Reply
from bot.doors import Door
from bot.registry import Entry, Registry
from bot.service import create_app, registry
from bot.wing import Command, Wing
from engine.cloud.cloud import Cloud
from engine.settings import Settings

KINDS = ("buttons", "forms", "searches", "shortcuts", "events")
# What changes nothing; everything else takes an analyst at least.
FOR_VIEWERS = {
    "help",
    "dataset list",
    "dataset show",
    "experiment list",
    "status",
    "results",
    "check",
    "driver",
    "review",
}
VIEWERS_BUTTONS = {"start_help", "start_status", "dataset_show", "run_results"}
FOR_VIEWERS |= {"dataset versions", "dataset diff", "map"}
VIEWERS_BUTTONS |= {
    "map_show",
    "map_versions",
    "dataset_versions",
    "dataset_versions_older",
    "dataset_countries",
    "dataset_diff",
}
FOR_VIEWERS |= {"cache"}
VIEWERS_BUTTONS |= {"cache_show"}
VIEWERS_BUTTONS |= {"run_details", "run_terms", "run_more_charts"}
VIEWERS_BUTTONS |= {"dataset_review", "review_look", "review_filters"}
VIEWERS_BUTTONS |= {"dataset_check", "check_more", "check_profile", "check_columns", "check_pictures", "dataset_driver"}
# Forms that only say what to look at, and their searches.
VIEWERS_LOOKS = {"map_compare", "review_filters", "review_metric", "review_goal", "review_country"}
# Those who are refused everything must learn why; of a file, whoever may do nothing with it hears nothing.
FOR_EVERYBODY = {"why", "app_home_opened", "file_shared"}
GIVEN = {"workspace": "T1", "project": "p", "bucket": "b", "worker_url": "http://w", "tasks_account": "t@p"}
SETTINGS = Settings(**GIVEN | {"slack_signing_secret": "file:x", "slack_token_secret": "file:x"})
BOTH: tuple[Any, ...] = ("bot", "worker")
# Nobody calls anything outside: only the addresses are looked at.
NO_CLOUD = cast(Cloud, SimpleNamespace(secrets=None, identity=None, storage=None))


def test_every_command_names_the_role_it_takes() -> None:
    for words, command in registry().commands.items():
        assert isinstance(command.needs, Role), f"{command.name} names no role"
        assert command.needs is not Role.NONE or " ".join(words) in FOR_EVERYBODY, f"{command.name} is open to all"


@pytest.mark.parametrize("kind", KINDS)
def test_every_click_submission_search_shortcut_and_event_names_the_role_it_takes(kind: str) -> None:
    entries = getattr(registry(), kind)
    assert entries
    for name, entry in entries.items():
        assert isinstance(entry, Entry), f"{kind} {name} can be reached past the check"
        assert isinstance(entry.needs, Role), f"{kind} {name} names no role"
        assert entry.needs is not Role.NONE or name in FOR_EVERYBODY, f"{kind} {name} is open to everybody"


def test_who_may_only_look_can_start_and_change_nothing() -> None:
    known = registry()
    for_viewers = {" ".join(words) for words, command in known.commands.items() if command.needs <= Role.VIEWER}
    assert for_viewers == FOR_VIEWERS | {"why"}
    assert {name for name, entry in known.buttons.items() if entry.needs <= Role.VIEWER} == VIEWERS_BUTTONS
    for kind in ("forms", "searches", "shortcuts"):
        entries = {name: entry for name, entry in getattr(known, kind).items() if name not in VIEWERS_LOOKS}
        assert all(entry.needs >= Role.ANALYST for entry in entries.values())


async def nothing(act: Act) -> Reply:
    return None


def test_what_names_no_role_cannot_be_registered() -> None:
    with pytest.raises(TypeError):
        Command(("dance",), nothing, "Dance.")  # type: ignore[call-arg]
    for kind in KINDS:
        with pytest.raises(ValueError):
            Registry(Wing(**cast(Any, {kind: (("dance", nothing),)})))


def addresses(app: FastAPI) -> set[tuple[str, str]]:
    return {(method, route.path) for route in app.routes if isinstance(route, APIRoute) for method in route.methods}


@pytest.mark.parametrize("role", ["bot", "worker", "all"])
@pytest.mark.parametrize("socket", ["", "file:app-token"])
def test_every_address_has_a_door(role: Any, socket: str) -> None:
    settings = SETTINGS.model_copy(update={"slack_app_token_secret": socket})
    app = create_app(settings, role, cloud=NO_CLOUD)
    assert {(route.method, route.path) for route in app.state.routes} == addresses(app)
    assert len(app.routes) == len(app.state.routes), "there is an address that is no route of ours"
    assert all(isinstance(route.door, Door) for route in app.state.routes)


def test_where_workspaces_install_the_app_only_the_beginning_is_open() -> None:
    several = {"slack_client_id": "1.2", "slack_client_secret": "file:x", "public_url": "https://mmm.example.com"}
    settings = Settings(**{**GIVEN, "workspace": "", "slack_signing_secret": "file:x"}, **several, workspaces=("T1",))
    doors = {route.path: route.door for route in create_app(settings, "bot", cloud=NO_CLOUD).state.routes}
    assert doors == {
        "/health": Door.OPEN,
        "/slack/events": Door.SLACK,
        "/slack/install": Door.OPEN,
        "/slack/oauth_redirect": Door.STATE,
    }


def test_only_health_is_open_and_the_public_service_has_no_step() -> None:
    public, private = (create_app(SETTINGS, role, cloud=NO_CLOUD) for role in BOTH)
    doors = {route.path: route.door for route in public.state.routes}
    assert doors == {"/health": Door.OPEN, "/slack/events": Door.SLACK}
    behind = {route.path: route.door for route in private.state.routes if route.door is not Door.OPEN}
    assert "/tasks/{step}" in behind and "/slack/events" not in behind
    assert all(door is Door.TASKS if path.startswith("/tasks/") else door is Door.JOB for path, door in behind.items())
    assert [route.path for route in private.state.routes if route.door is Door.OPEN] == ["/health"]
