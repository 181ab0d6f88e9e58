"""What a person looks at in Slack costs at most four requests to Cloud Storage, at any age of the store."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine import paths
from engine.data.records import save_dataset
from engine.index.entry import mark_whole
from engine.runs.run import State
from local import workspace
from tests.every_request import Everything
from tests.in_memory import Bot, Workspace, workspace_at
from tests.scenarios.test_private import ANA, AT, OPEN, PUBLIC, signed_form
from tests.slack_requests import command, home_opened, interaction
from tests.stored import a_dataset, a_run, an_experiment, keep_experiment, keep_run


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with workspace_at(tmp_path_factory.mktemp("slack")) as running:
        yield running


def bot_of_years(place: Workspace, runs: int) -> Bot:
    """A bot with so many ended runs, of which Ana sees all, one that trains and one that waits."""
    made = Bot(place)
    storage = made.cloud.storage
    for n in range(runs):
        made.fake.clock.time = at = AT + timedelta(minutes=n)
        base = {"workspace": workspace.TEAM_ID, "channel": PUBLIC, "who": ANA if n % 9 else "U0ELSE", "created_at": at}
        if n % 20 == 0:
            save_dataset(storage, a_dataset(f"{at:%Y%m%dT%H%M%SZ}-{n:04x}", f"Plan {n}", **base))
        if n % 2 == 0:
            keep_experiment(storage, an_experiment(f"DE_{n}", **base))
        keep_run(storage, a_run(f"r{n:07d}", **base, changed_at=at, state=State.SUCCEEDED, revision=f"DE_{n // 2 * 2}"))
    for n in range(2):
        keep_run(storage, a_run(f"r900000{n}", created_at=made.fake.clock.time, channel=PUBLIC))
    storage.create(paths.slot(0), {"run": "r9000000"}, line={"run": "r9000000"})
    for prefix in (paths.DATASET_INDEX, paths.EXPERIMENT_INDEX):
        mark_whole(storage, prefix)
    return made


LOOKS = {
    "home": (4, "r9000000"),
    "": (4, "has no mapping of its own yet"),
    "dataset versions plan 20": (4, "1 version"),
    "status": (3, "r9000000"),
    "my runs": (3, "My runs"),
    "dataset list": (1, "older ones"),
    "dataset show plan 20": (2, "Plan 20"),
    # With the ask and its task.
    "review plan 20": (4, "On it"),
    "review plan 20 6 months": (5, "On it"),
    "experiment list": (1, "older ones"),
    "search": (1, "Plan 20"),
}


def look(made: Bot, what: str) -> tuple[int, str]:
    """How many requests a look takes, and what is shown."""
    before = len(made.fake.world.calls)
    if what == "home":
        made.told([home_opened(f"Ev{before}", ANA)])
        told = str(made.at.slack.views.home(ANA))
    elif what in ("my runs", "search"):
        everything = Everything(made.product, OPEN)
        press = everything.click("start_status", ANA) if what == "my runs" else everything.search("dataset_id", ANA)
        press |= {"value": "plan 20"} if what == "search" else {}
        [told] = made.told([signed_form(interaction(user={"id": ANA}, **press))])
    else:
        [told] = made.told([signed_form(command(made.product, what, user_id=ANA))])
    return len(made.fake.world.calls) - before, told


@pytest.mark.parametrize("runs", [50, 1500])
def test_a_look_costs_the_same_few_requests_however_much_there_is(place: Workspace, runs: int) -> None:
    made = bot_of_years(place, runs)
    for what, (most, shown) in LOOKS.items():
        requests, told = look(made, what)
        if runs == 50 and shown == "older ones" and "dataset" in what:
            shown = "Plan 40"
        assert shown in told, (what, told)
        assert requests <= most, (what, made.fake.world.calls[-requests:])


def test_the_newest_results_are_shown_although_much_failed_since(place: Workspace) -> None:
    made = bot_of_years(place, 3)
    for n in range(40):
        made.fake.clock.time = at = AT + timedelta(days=1, minutes=n)
        base = {"workspace": workspace.TEAM_ID, "channel": PUBLIC, "created_at": at, "changed_at": at}
        keep_run(made.cloud.storage, a_run(f"r800{n:04d}", **base, state=State.FAILED, reason="No."))
    assert "r0000002" in look(made, "results")[1]
