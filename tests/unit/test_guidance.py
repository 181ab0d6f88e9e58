"""The next sensible step: for each way that things can stand, and only what a person's role may do."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from engine.data.dataset import Finding, Source
from engine.data.index import DatasetLine, shown_of
from engine.data.mapping import Mapping
from engine.data.recipe_state import RecipeState
from engine.guidance import LOOKS, Facts, Step, after, guide
from engine.runs.line import RunLine
from engine.runs.line import shown_of as run_shown
from engine.runs.run import State
from tests.stored import a_dataset, a_run

TODAY = date(2025, 1, 2)
AT = datetime(2026, 1, 1, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
MAPPED = Mapping(date_var="day", dep_var="revenue", paid_media_spends=("tv",), version="de/1")
QUERY = Source(kind="table", table="A.B.C")


def line(*grades: str, mapped: bool = True, **changes: Any) -> DatasetLine:
    found = [Finding.model_validate({"code": "a", "grade": grade, "text": "t"}) for grade in grades]
    mapping = MAPPED if mapped else MAPPED.model_copy(update={"version": ""})
    return shown_of(a_dataset("20260101T000000Z-1", findings=found, mapping=mapping, **changes))


def run(state: State, **changes: Any) -> RunLine:
    return run_shown(a_run("r1", **{"state": state, "title": "Shop", "dataset_id": line().id} | changes))


def facts(**changes: Any) -> Facts:
    return Facts(**({"who": "U1", "today": TODAY} | changes))


SAVED = RecipeState(number=2, id="de/x-all-2", who="U2", saved_at=AT)
READY = {"dataset": line(), "recipe": SAVED}
NO_RECIPE = RecipeState()


@pytest.mark.parametrize(
    ("how", "step", "words"),
    [
        ({"connected": False, "may_connect": True}, Step.CONNECT, "No warehouse is connected"),
        ({"connected": False}, Step.DATASET, "An admin can connect a warehouse"),
        ({"connected": True, "may_connect": True}, Step.DATASET, "drop a file or name a table"),
        ({}, Step.DATASET, "There is no dataset yet"),
        ({"dataset": line(mapped=False), "recipe": NO_RECIPE}, Step.MAP, "no mapping of its own"),
        ({"dataset": line("FAIL", "REVIEW", "INFO"), "recipe": NO_RECIPE}, Step.CHECK, "2 findings to look at"),
        ({"dataset": line("REVIEW"), "recipe": NO_RECIPE}, Step.CHECK, "1 finding to look at"),
        ({"dataset": line("INFO"), "recipe": NO_RECIPE}, Step.PREPARE, "is ready. Next is its recipe"),
        ({"dataset": line("FAIL"), "recipe": RecipeState(working=True)}, Step.PREPARE, "is being worked on"),
        ({"dataset": line("FAIL")}, Step.CHECK, "1 finding"),
        (READY, Step.EXPERIMENT, "Recipe 2 of “Shop” (Germany) is ready for an experiment"),
        (
            {"dataset": line(), "recipe": RecipeState(2, "i", "U2", AT, approved=True)},
            Step.EXPERIMENT,
            "is approved by",
        ),
        (READY | {"run": run(State.RUNNING)}, Step.RUNS, "DE_1 on “Shop” (Germany) is under way"),
        (READY | {"run": run(State.SUCCEEDED, created_at=LATER)}, Step.RESULTS, "is done"),
        (READY | {"run": run(State.FAILED, created_at=LATER)}, Step.RUNS, "failed"),
        (READY | {"run": run(State.CANCELLED, created_at=LATER)}, Step.EXPERIMENT, "ready"),
        (
            {"dataset": line(), "recipe": RecipeState(3, "i", "U2", LATER), "run": run(State.SUCCEEDED)},
            Step.EXPERIMENT,
            "Recipe 3",
        ),
        (
            READY | {"run": run(State.SUCCEEDED, dataset_id="de/older", created_at=AT - timedelta(days=1))},
            Step.EXPERIMENT,
            "has newer data than DE_1 was trained on",
        ),
        (READY | {"today": date(2025, 3, 1)}, Step.EXPERIMENT, "ready"),
        (
            {"dataset": line(source=QUERY), "recipe": SAVED, "today": date(2025, 3, 1)},
            Step.REFRESH,
            "ends on 2024-12-23: there should be newer data",
        ),
        (
            {
                "dataset": line(source=QUERY),
                "recipe": SAVED,
                "today": date(2025, 3, 1),
                "run": run(State.SUCCEEDED, created_at=LATER),
            },
            Step.REFRESH,
            "there should be newer data",
        ),
    ],
    ids=[
        "no-connection",
        "no-connection-for-an-analyst",
        "connected-and-empty",
        "nothing-looked-at",
        "no-mapping",
        "findings-open",
        "one-finding",
        "clean-without-recipe",
        "recipe-in-work",
        "recipes-not-looked-at",
        "recipe-ready",
        "approved",
        "under-way",
        "finished",
        "failed",
        "stopped",
        "newer-recipe",
        "newer-data",
        "old-file-cannot-be-refreshed",
        "stale-before-a-run",
        "stale-after-a-run",
    ],
)
def test_the_next_step_follows_from_how_things_stand(how: dict[str, Any], step: Step, words: str) -> None:
    told = guide(facts(**how))
    assert told.steps[0] is step and words in told.stands
    assert told.stands.endswith(".") and "\n" not in told.stands
    assert len(told.steps) == len(set(told.steps)) <= 5


@pytest.mark.parametrize("recipe", [None, NO_RECIPE, SAVED], ids=["unknown", "none", "saved"])
@pytest.mark.parametrize("run", [None, run(State.RUNNING), run(State.SUCCEEDED)], ids=["no", "open", "done"])
@pytest.mark.parametrize("data", [None, line(), line("FAIL", mapped=False, source=QUERY)], ids=["none", "clean", "raw"])
def test_who_may_only_look_is_offered_nothing_else(data: Any, run: Any, recipe: Any) -> None:
    told = guide(facts(may_make=False, dataset=data, run=run, recipe=recipe))
    assert set(told.steps) <= LOOKS and told.steps


def test_only_an_admin_connects_and_only_what_is_not_connected() -> None:
    assert Step.CONNECT not in guide(facts(connected=False)).steps
    assert Step.CONNECT not in guide(facts(connected=True, may_connect=True)).steps


def test_a_recipe_is_approved_by_somebody_else_and_once() -> None:
    assert guide(facts(**READY)).steps[:2] == (Step.EXPERIMENT, Step.APPROVE)
    assert Step.APPROVE not in guide(facts(**READY, who="U2")).steps
    approved = RecipeState(2, "i", "U2", AT, approved=True)
    assert Step.APPROVE not in guide(facts(dataset=line(), recipe=approved)).steps


def test_each_step_knows_what_it_is_about() -> None:
    told = guide(facts(**READY, run=run(State.SUCCEEDED, created_at=AT - timedelta(days=1))))
    assert told.about[Step.APPROVE] == "de/x-all-2"
    assert told.about[Step.CHECK] == line().id and told.about[Step.RESULTS] == "r1"


@pytest.mark.parametrize("title", ["A" * 2000, "<@U1> & “x”", "🚀"], ids=["long", "marks", "emoji"])
def test_one_line_whatever_the_title(title: str) -> None:
    assert len(guide(facts(dataset=line(title=title))).stands) < 200


def test_after_a_dataset_comes_what_it_still_needs() -> None:
    assert after(line())[0] is Step.PREPARE
    assert after(line("FAIL"))[:2] == (Step.CHECK, Step.PREPARE)
    assert after(line("FAIL", mapped=False))[:3] == (Step.MAP, Step.CHECK, Step.PREPARE)
    assert Step.CHECK not in after(line("FAIL"), done=[Step.CHECK])
