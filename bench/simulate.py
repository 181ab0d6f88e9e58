"""A day of a whole deployment in virtual time: does anybody wait too long, and which limit comes first?

`python -m bench.simulate [--runs 10000] [--workspaces 500] [--quota run_cpu=1600] [--scale] …` prints one line of JSON.
What a run asks of Storage is bench.state's count (`--state`, docs/figures/state.json), queues and services are as
Terraform sets them up, limits are those of `bench/simulated/limits.py`, each with its source; `--quota` says which were
raised. Snowflake is left out: only who makes datasets waits for it, and its limits are the customer's.

`acknowledgements`: answers to Slack, how many came after its three seconds, the slowest, and how many said only that
it takes long. `queues`: tasks, how many there were at most, also for later, the longest wait behind others, and in
one of a hundred. `line`: how long runs waited for a place of their workspace; `no_room`: launches for which Cloud Run
had none. `limits`: the highest use of each, as a share, and how many runs a day its default is enough for; `hit`:
those that were passed. With `--scale`: `first_hit`, the runs a day at which each limit is first passed while our own
queues and services grow along; `first_of_ours`, at which a queue as it is set up makes somebody wait a minute;
`slower`, how many times as slow as assumed Storage and Slack may be before an acknowledgement is late;
`line_by_places`, the longest wait by places of a workspace. What is beyond all that was tried is null.
"""

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bench.simulated.costs import Costs, Times, costs_of
from bench.simulated.day import DAY, HOUR, Demand, Wish, wishes
from bench.simulated.limits import LIMITS
from bench.simulated.product import ACKNOWLEDGE_SECONDS, Product
from bench.simulated.setup import Rate, Setup, Size, setup
from bot.tasks import SWEPT_WITHIN

STATE = Path(__file__).resolve().parents[1] / "docs" / "figures" / "state.json"
# How often as much is asked, in the busiest hours, until each limit is passed; and how much slower others are.
MULTIPLES = (1, 1.5, 2, 3, 4, 6, 8)
SLOWER = (1, 1.5, 2, 3)
BUSIEST_HOURS = 1
PLACES = (2, 4, 8)
# Behind others, nobody should wait longer than this.
PATIENCE_SECONDS = 60.0


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.simulate")
    given = Demand()
    for name, default in asdict(given).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    parser.add_argument("--quota", action="append", default=[], help="a limit that was raised, NAME=VALUE")
    parser.add_argument("--max-running", type=int, default=0, help="trainings at once in a workspace; 0: the default")
    parser.add_argument("--one", action="store_true", help="one deployment for one workspace, in place of many")
    parser.add_argument("--scale", action="store_true", help="ask for more and more, until each limit is passed")
    parser.add_argument("--state", type=Path, default=STATE, help="bench.state's line")
    told = parser.parse_args()
    demand = Demand(**{name: getattr(told, name) for name in asdict(given)})
    raised = {name: float(value) for name, _, value in (one.partition("=") for one in told.quota)}
    made = setup(several=not told.one)
    if told.max_running:
        made = replace(made, max_running=told.max_running)
    print(
        json.dumps(
            line(demand, made, json.loads(told.state.read_text()), raised, several=not told.one, scale=told.scale)
        )
    )


def line(
    demand: Demand, made: Setup, state: dict[str, Any], raised: Mapping[str, float], *, several: bool, scale: bool
) -> dict[str, Any]:
    """Return all that is printed. state: bench.state's line."""
    world = World(made, costs_of(state), Times(), raised, several)
    found = {"bench": "simulate", **figures(world.day(demand), demand)}
    return {**found, **scaled(world, demand)} if scale else found


class World:
    """A deployment, and days in it."""

    def __init__(
        self, made: Setup, costs: Costs, times: Times, raised: Mapping[str, float], several: bool = True
    ) -> None:
        self.made, self.costs, self.times, self.raised, self.several = made, costs, times, raised, several

    def day(self, demand: Demand, wanted: Sequence[Wish] | None = None) -> Product:
        """Let a day pass, or the hours of `wanted`, and what began come to its end."""
        product = Product(
            self.made, self.costs, self.times, seed=demand.seed, several=self.several, raised=self.raised
        )  # fmt: skip
        for wish in wishes(demand) if wanted is None else wanted:
            product.want(wish)
        spread = SWEPT_WITHIN if self.several else 0.0
        begins, ends = (wanted[0].at, wanted[-1].at) if wanted else (0.0, float(DAY))
        product.sweeps(demand.workspaces, spread, begins, ends)
        product.clock.run()
        return product

    def but(self, **changes: Any) -> "World":
        """The same deployment, something of it otherwise."""
        return World(**{"made": self.made, "costs": self.costs, "times": self.times, "raised": self.raised,
                        "several": self.several, **changes})  # fmt: skip

    def grown(self, multiple: float) -> "World":
        """The same with queues, services and places that grew along."""

        def size(one: Size) -> Size:
            return replace(one, least=math.ceil(one.least * multiple), most=math.ceil(one.most * multiple))

        queues = {
            name: Rate(one.per_second * multiple, math.ceil(one.at_once * multiple), one.min_backoff)
            for name, one in self.made.queues.items()
        }
        places = math.ceil(self.made.max_running * multiple)
        made = replace(
            self.made, queues=queues, bot=size(self.made.bot), worker=size(self.made.worker), max_running=places
        )
        return self.but(made=made)


def figures(product: Product, demand: Demand) -> dict[str, Any]:
    """Return what came of it."""
    told, meters, answers = product.told, product.meters, product.told.acknowledged
    runs = len(told.results)
    reads, writes = meters.total("storage_read"), meters.total("storage_write")
    return {
        "parameters": {**asdict(demand), "several": product.several, "setup": asdict(product.setup),
                       "times": asdict(product.times), "requests_per_run": product.costs.per_run},
        "runs": runs,
        "acknowledgements": {"count": len(answers), "late": sum(one > ACKNOWLEDGE_SECONDS for one in answers),
                             "worst_seconds": _round(max(answers, default=0)), "p99_seconds": _share(answers, 0.99),
                             "told_it_takes_long": told.too_long},
        "queues": {
            name: {"tasks": queue.tasks, "most_held": queue.most_held,
                   "longest_wait_seconds": _round(max(queue.waits, default=0)),
                   "p99_wait_seconds": _share(queue.waits, 0.99)}
            for name, queue in product.queues.items()
        },
        "line": {"longest_seconds": _round(max(told.lines, default=0)), "median_seconds": _share(told.lines, 0.5),
                 "p99_seconds": _share(told.lines, 0.99)},
        "limits": {
            one.name: {"most": meters.most[one.name], "by_default": one.most, "seconds": one.seconds,
                       "scope": one.scope, "peak": meters.peak(one.name), "share": round(meters.share(one.name), 4),
                       "default_is_enough_for": _enough(one.most, meters.peak(one.name), runs)}
            for one in LIMITS
        },
        "no_room": told.no_room,
        "hit": [one.name for one in LIMITS if meters.share(one.name) > 1],
        "nearest": max(LIMITS, key=lambda one: meters.share(one.name)).name,
        "sweep": {"tick_seconds": _round(product.tick_seconds(demand.workspaces)),
                  "most_workspaces": int(product.setup.sweep_deadline / max(product.tick_seconds(1), 0.001))},
        "services": {
            name: {"most_instances": service.most_ready, "instance_hours": _round(service.instance_seconds / 3600),
                   "longest_wait_seconds": _round(service.longest_wait)}
            for name, service in (("bot", product.bot), ("worker", product.worker))
        },
        "counts": {
            "storage_reads": reads, "storage_writes": writes,
            "storage_requests_a_run": round((reads + writes) / max(runs, 1)),
            "storage_requests": {name: round(count) for name, count in sorted(told.requests.items())},
            "tasks": meters.total("tasks_create"), "messages": meters.total("slack_post"),
            "edits": meters.total("slack_update"), "pictures": meters.total("slack_upload"),
            "training_cpu_hours": round(told.training_seconds * product.setup.training_cpu / 3600),
        },
    }  # fmt: skip


def scaled(world: World, demand: Demand) -> dict[str, Any]:
    """Ask for more and more: at how many runs a day does each limit end, and what we set ourselves?"""
    hit: dict[str, int | None] = {limit.name: None for limit in LIMITS}
    ours: dict[str, int | None] = dict.fromkeys(world.made.queues)
    for multiple in MULTIPLES:
        more = replace(demand, runs=round(demand.runs * multiple), bursts=round(demand.bursts * multiple))
        wanted = busiest(wishes(more))
        grown = world.grown(multiple).day(more, wanted)
        for limit in LIMITS:
            if hit[limit.name] is None and grown.meters.share(limit.name) > 1:
                hit[limit.name] = more.runs
        if None in ours.values():
            for name, queue in world.day(more, wanted).queues.items():
                if ours[name] is None and max(queue.waits, default=0) > PATIENCE_SECONDS:
                    ours[name] = more.runs
    reached = {name: runs for name, runs in {**hit, **ours}.items() if runs is not None}
    first = min(reached, key=lambda name: reached[name], default=None)
    return {
        "first_hit": hit,
        "first_of_ours": ours,
        "first": first,
        "slower": _slower(world, demand),
        "line_by_places": _line_by_places(world, demand),
    }


def _slower(world: World, demand: Demand) -> float | None:
    """How many times as slow as assumed Storage and Slack may be, of those tried, before an answer to Slack is late."""
    wanted, borne = busiest(wishes(demand)), None
    for factor in SLOWER:
        one = world.times
        slow = replace(one, read=one.read * factor, write=one.write * factor, slack=one.slack * factor)
        if max(world.but(times=slow).day(demand, wanted).told.acknowledged, default=0) > ACKNOWLEDGE_SECONDS:
            break
        borne = factor
    return borne


def _line_by_places(world: World, demand: Demand) -> dict[str, float]:
    """How long runs of the busiest hour wait for a place of their workspace at most, by how many places it has."""
    wanted = busiest(wishes(demand))
    days = {places: world.but(made=replace(world.made, max_running=places)).day(demand, wanted) for places in PLACES}
    return {str(places): _round(max(day.told.lines, default=0)) for places, day in days.items()}


def busiest(wanted: Sequence[Wish], hours: int = BUSIEST_HOURS) -> list[Wish]:
    """Return what is wanted in the busiest hours, bursts among them."""
    counts = [sum(begin * HOUR <= one.at < (begin + hours) * HOUR for one in wanted) for begin in range(25 - hours)]
    begin = counts.index(max(counts))
    return [one for one in wanted if begin * HOUR <= one.at < (begin + hours) * HOUR]


def _enough(most: float, peak: float, runs: int) -> int | None:
    """For how many runs a day a limit's default is enough, in hundreds, if its use grows with them."""
    return int(runs * most / peak // 100 * 100) if peak else None


def _share(values: Sequence[float], share: float) -> float:
    """The value that so many are not above."""
    ordered = sorted(values)
    return _round(ordered[min(math.ceil(share * len(ordered)), len(ordered)) - 1]) if ordered else 0.0


def _round(value: float) -> float:
    return round(value, 2)


if __name__ == "__main__":
    main()
