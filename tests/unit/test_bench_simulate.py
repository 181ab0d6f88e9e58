"""The simulation of a day, against cases that are small enough to be worked out by hand."""

import re
from dataclasses import replace
from typing import Any

import pytest

from bench.simulate import World, busiest, figures, line, scaled
from bench.simulated import product as simulated
from bench.simulated.clock import Clock, Queue, Service
from bench.simulated.costs import Requests, Times, costs_of
from bench.simulated.day import DAY, Demand, Wish, wishes
from bench.simulated.limits import LIMITS, Meters
from bench.simulated.product import Product
from bench.simulated.setup import setup
from bot.slack.app import ANSWER_SECONDS
from tests.terraform_files import local_values

ONE: dict[str, int] = {"reads": 1, "lists": 0, "writes": 1, "deletes": 0}
STEPS = ("bot", "stage", "watch", "job", "finish", "notify", "card", "history")
# Made up: what bench.state prints, with two requests a step.
STATE: dict[str, Any] = {
    "requests_by_step": dict.fromkeys(STEPS, ONE),
    "tasks_by_step": dict.fromkeys(STEPS, 1),
    "requests_per_run": [16, 16],
    "requests_status_page": [2, 2],
    "requests_home": [3, 3],
    "requests_dataset_search": [1, 1],
    "requests_sweep_idle": [5, 5],
}
AT_ONCE = Times(
    read=0, write=0, enqueue=0, slack=0, person=0, run_job=0, upload=0, scan=0, handler=0, stage=0, finish=0,
    bot_start=0, worker_start=0, container_start=20, spread=0,
)  # fmt: skip
MINUTE = Wish(at=100.0, workspace=0, person=0, kind="quick", seconds=60.0, scheduled=True)


@pytest.fixture(autouse=True)
def nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "BROKEN", 10**12)


def made(*wanted: Wish, several: bool = False) -> Product:
    product = Product(setup(), costs_of(STATE), AT_ONCE, seed=1, several=several, raised={})
    for wish in wanted:
        product.want(wish)
    product.clock.run()
    return product


@pytest.mark.parametrize(
    ("per_second", "at_once", "takes", "waits"),
    [(1, 9, 0.5, [0, 1, 2, 3]), (100, 2, 1.0, [0, 0, 1, 1]), (5, 1, 1.0, [0, 1, 2, 3])],
    ids=["by its rate", "by how many at once", "by the slower of both"],
)
def test_a_queue_holds_tasks_back(per_second: float, at_once: int, takes: float, waits: list[float]) -> None:
    clock = Clock()
    queue = Queue(clock, per_second=per_second, at_once=at_once)
    for _ in waits:
        queue.add(lambda end: clock.at(clock.now + takes, end))
    clock.run()
    assert queue.waits == pytest.approx(waits)


def test_a_task_with_a_delay_waits_for_nobody_until_it_is_due() -> None:
    clock = Clock()
    queue, began = Queue(clock, per_second=1, at_once=1), []

    def work(end: simulated.Action) -> None:
        began.append(clock.now)
        end()

    queue.add(work, 7.5)
    clock.run()
    assert (began, queue.waits) == ([7.5], [0.0])


def test_a_service_that_is_full_lets_people_wait_and_one_that_sleeps_takes_its_start() -> None:
    clock, took = Clock(), []
    full = Service(clock, concurrency=2, least=1, most=1, start_seconds=9)
    for _ in range(3):
        full.ask(1.0, took.append)
    clock.run(until=50)
    assert took == [1.0, 1.0, 2.0]

    clock, took = Clock(), []
    asleep = Service(clock, concurrency=2, least=0, most=3, start_seconds=5)
    asleep.ask(1.0, took.append)
    clock.run(until=50)
    assert (took, asleep.most_ready) == ([6.0], 1)
    clock.run()
    assert asleep.ready == 0, "an instance that nobody needs goes away"


def test_a_limit_is_counted_in_windows_for_each_of_its_scope() -> None:
    meters = Meters({"slack_post": 20})
    for at in (0.0, 9.9, 10.0):
        meters.count("slack_post", "one channel", at)
    meters.count("slack_post", "another", 10.0, 2)
    meters.hold("run_executions", 3)
    meters.hold("run_executions", -2)
    assert (meters.peak("slack_post"), meters.total("slack_post"), meters.share("slack_post")) == (2, 5, 0.1)
    assert (meters.peak("run_executions"), meters.level("run_executions")) == (3, 1)


def test_a_run_of_a_minute_is_what_it_is_by_hand() -> None:
    # Sent and launched at 100, its container there at 120, its end at 180; looks at 110, 140, 170, then at 200.
    product = made(MINUTE)
    assert {name: queue.tasks for name, queue in product.queues.items()} == {
        "stage": 1,
        "look": 0,
        "launch": 0,
        "watch": 4 + 1 + 1,  # looks, the end, the history
        "notify": 4 + 1,  # cards: sent and three looks; and the messages, with the card as it ended
    }
    meters = product.meters
    assert meters.total("slack_post") == 1 + simulated.MESSAGES
    assert meters.total("slack_update") == 4
    assert meters.total("run_job") == meters.peak("run_executions") == 1
    assert meters.peak("run_cpu") == setup().training_cpu and meters.level("run_cpu") == 0
    # Twelve signs in a minute, four looks for a wish to stop, one save of trials.
    steps = {
        "bot": 2,
        "stage": 2,
        "watch": 3 * simulated.LOOK.all + 1,
        "job": 2,
        "finish": 2,
        "notify": 2,
        "card": 2 + 3 * simulated.REDRAW.all,
        "history": 2,
    }
    assert product.told.requests == {**steps, "status": 12 + 4, "trials": 1}
    assert meters.total("storage_read") + meters.total("storage_write") == sum(product.told.requests.values())
    assert product.told.results == [80.0] and product.told.lines == [0.0]


def test_who_finds_no_place_comes_again_and_takes_the_one_that_was_given_back() -> None:
    # Staged at 100, 100.5 and 101, as the queue hands out two a second. Two places, given back at 180 and 180.5; the
    # third asks at 101, 131, 161 and 191.
    product = made(MINUTE, MINUTE, MINUTE)
    assert product.setup.max_running == 2
    assert sorted(product.told.lines) == [0.0, 0.5, 91.0]
    assert product.queues["launch"].tasks == 3


def test_who_waits_far_behind_comes_again_later() -> None:
    # Ten at 100: with two places, the fifth to wait has four before it, so it comes after three looks.
    product = made(*[MINUTE] * 10)
    assert len(product.told.results) == 10
    assert product.queues["launch"].tasks < 8 * 12, "everybody at every look would be more"


def test_each_workspace_has_its_installation_its_token_and_its_sweep() -> None:
    product = Product(setup(), costs_of(STATE), AT_ONCE, seed=1, several=True, raised={})
    product.sweeps(3, spread=60, ends=700)
    product.clock.run()
    assert product.told.requests == {"sweep": 2 * 3 * 5, "installation": 2 * 3}
    assert product.meters.total("secret_access") == 2 * 3
    assert product.queues["watch"].waits == pytest.approx([0.0] * 6)


def test_an_answer_that_would_take_long_is_a_word_in_time() -> None:
    slow = replace(AT_ONCE, slack=9.0)
    product = Product(setup(), costs_of(STATE), slow, seed=1, several=False, raised={})
    product.want(replace(MINUTE, scheduled=False))
    product.clock.run(until=3_000)
    assert product.told.too_long == len([what for what in simulated.CLICKS if what in simulated.VIEWS]) == 4
    assert sorted(product.told.acknowledged) == [0.0] * 3 + [2.0] * 2 + [ANSWER_SECONDS] * 4


def test_everything_that_is_wanted_is_wanted_on_that_day_and_the_same_each_time() -> None:
    demand = Demand(workspaces=20, runs=300, bursts=2, burst=50, scheduled=0.1)
    wanted = wishes(demand)
    assert wanted == wishes(demand) and wanted != wishes(replace(demand, seed=2))
    assert len(wanted) == 300 and all(0 <= wish.at < DAY and wish.seconds > 0 for wish in wanted)
    assert sum(wish.scheduled for wish in wanted) == 20
    hour = busiest(wanted)
    assert hour and hour[-1].at - hour[0].at < 3600


@pytest.mark.parametrize("several", [True, False])
def test_queues_are_those_of_terraform(several: bool) -> None:
    values = local_values()["queues"]
    told = {name: (rate.per_second, rate.at_once) for name, rate in setup(several).queues.items()}
    notify = told.pop("notify")
    assert told == {name: (values[name]["per_second"], values[name]["at_once"]) for name in told}
    for given, word in zip(notify, ("per_second", "at_once"), strict=True):
        one, all_of_them = re.findall(r"\d+", values["notify"][word])
        assert given == int(all_of_them if several else one)
    # What all queues hand out at once has room in the worker.
    assert sum(rate.at_once for rate in setup().queues.values()) <= setup().worker.most * setup().worker.concurrency


def test_every_limit_says_where_it_is_from_and_how_it_is_raised_where_it_can_be() -> None:
    assert all(limit.source.startswith("https://") and limit.most > 0 for limit in LIMITS)
    assert [limit.name for limit in LIMITS if limit.scope == "region" and not limit.raise_it] == []


def test_more_is_asked_until_a_limit_is_passed() -> None:
    demand = Demand(workspaces=5, runs=40, bursts=0)
    world = World(setup(), costs_of(STATE), AT_ONCE, {"run_job": 1, "storage_write": 10**6}, several=False)
    found = scaled(world, demand)
    assert demand.runs < found["first_hit"]["run_job"] <= 4 * demand.runs
    assert found["first_hit"]["storage_write"] is None
    assert list(found["line_by_places"]) == ["2", "4", "8"]
    assert found["first"] in found["first_hit"] or found["first"] in found["first_of_ours"]


def test_a_small_day_tells_all_that_the_page_needs_and_the_same_each_time() -> None:
    demand = Demand(workspaces=10, runs=60, bursts=1, burst=20)
    once = line(demand, setup(), STATE, {"run_cpu": 1600}, several=True, scale=False)
    assert once == line(demand, setup(), STATE, {"run_cpu": 1600}, several=True, scale=False)
    assert once["runs"] == 60 and once["limits"]["run_cpu"]["most"] == 1600
    assert once["acknowledgements"]["late"] == 0
    assert sum(once["counts"]["storage_requests"].values()) == pytest.approx(
        once["counts"]["storage_reads"] + once["counts"]["storage_writes"], rel=0.02
    )


def test_what_a_page_costs_is_the_figure_of_the_fullest_store() -> None:
    costs = costs_of({**STATE, "requests_home": [2, 4], "tasks_by_step": {**STATE["tasks_by_step"], "card": 2}})
    assert costs.home.all == 4 and costs.steps["card"] == Requests(reads=0.5, writes=0.5)
    assert figures(made(MINUTE), Demand())["parameters"]["requests_per_run"] == 16
