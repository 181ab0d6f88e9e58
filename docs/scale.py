"""The page docs/scale.md, made of what the benches measured: each figure has a name. `python -m docs.figures`."""

import json
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.simulated.day import HOURS, KINDS, SCHEDULED_HOUR
from bench.simulated.limits import COMPOSED, LIMITS, METADATA_BYTES, Limit
from bench.simulated.product import ACKNOWLEDGE_SECONDS, HEARD_EVERY, LOOK, NEWS_EVERY, REDRAW
from bench.state.outside import TRAINING
from bot.slack.app import ANSWER_SECONDS
from engine.cloud.lines import LINE_BYTES
from engine.cloud.secrets import KEPT_SECONDS
from engine.pipeline.next_step import FIRST_LOOK
from engine.settings import Settings

HERE = Path(__file__).parent
PAGE, TEMPLATE, FIGURES = HERE / "scale.md", HERE / "scale.template.txt", HERE / "figures"
# Quotas that the simulated deployment has had raised.
RAISED: Mapping[str, float] = {"run_cpu": 1600}

Figures = dict[str, Any]
# What is counted by bench.state, and what a person calls it.
COUNTED = {
    "requests_per_run": "a quick run, from its form to its charts",
    "requests_status_page": "`/mmm status`",
    "requests_home": "the Home",
    "requests_find_by_name": "a run, found by its experiment",
    "requests_history_page": "a page of what ended",
    "requests_dataset_search": "the search for a dataset",
    "requests_sweep_idle": "a sweep where nothing is open",
}
TIMED = {"home_seconds": "the Home", "status_seconds": "`/mmm status`"}


def figures() -> tuple[Figures, Figures, Figures]:
    """Return what bench.state and bench.simulate printed, and on what machine."""
    state, simulate, machine = (
        json.loads((FIGURES / f"{name}.json").read_text()) for name in ("state", "simulate", "machine")
    )
    return state, simulate, machine


def page(state: Figures, simulate: Figures, machine: Figures) -> str:
    """Return the page. Raises KeyError where the template names a figure that nobody measured."""
    return string.Template(TEMPLATE.read_text()).substitute(named(state, simulate, machine))


def named(state: Figures, simulate: Figures, machine: Figures) -> dict[str, str]:
    """Return every figure and table of the page by its name in the template."""
    given, counts, answers = simulate["parameters"], simulate["counts"], simulate["acknowledgements"]
    limits, setup, times = simulate["limits"], given["setup"], given["times"]
    nearest, cpu = simulate["nearest"], limits["run_cpu"]
    first = simulate["first"]
    reached = {**simulate["first_hit"], **simulate["first_of_ours"]}
    return {
        "cores": number(machine["cores"]),
        "system": str(machine["system"]),
        "python": str(machine["python"]),
        "runs": number(given["runs"]),
        "workspaces": number(given["workspaces"]),
        "most_ended": number(state["runs"][-1]),
        "per_run": number(given["requests_per_run"]),
        "quick_seconds": number(TRAINING.total_seconds()),
        "first_look": number(FIRST_LOOK),
        "look_seconds": number(Settings.model_fields["watch_seconds"].default),
        "look": number(LOOK.all),
        "redraw": number(REDRAW.all),
        "news_seconds": number(NEWS_EVERY),
        "heard_seconds": number(HEARD_EVERY),
        "answers": number(answers["count"]),
        "late": number(answers["late"]),
        "worst": number(answers["worst_seconds"]),
        "takes_long": number(answers["told_it_takes_long"]),
        "three": number(ACKNOWLEDGE_SECONDS),
        "answer_after": number(ANSWER_SECONDS),
        "slower": beyond(simulate["slower"], "more"),
        "nearest": name_of(nearest),
        "nearest_share": percent(limits[nearest]["share"]),
        "first": name_of(first),
        "first_at": number(reached[first]),
        "passed": number(len(simulate["hit"])),
        "cpu_peak": number(cpu["peak"]),
        "cpu_raised": number(cpu["most"]),
        "cpu_default": number(cpu["by_default"]),
        "cpu_enough": number(cpu["default_is_enough_for"]),
        "training_cpu": number(setup["training_cpu"]),
        "most_workspaces": number(simulate["sweep"]["most_workspaces"]),
        "tick": number(simulate["sweep"]["tick_seconds"]),
        "sweep_deadline": number(setup["sweep_deadline"]),
        "messages": number(counts["messages"]),
        "edits": number(counts["edits"]),
        "pictures": number(counts["pictures"]),
        "tasks": number(counts["tasks"]),
        "reads": number(counts["storage_reads"]),
        "writes": number(counts["storage_writes"]),
        "in_all_a_run": number(counts["storage_requests_a_run"]),
        "cpu_hours": number(counts["training_cpu_hours"]),
        "bot_hours": number(simulate["services"]["bot"]["instance_hours"]),
        "worker_hours": number(simulate["services"]["worker"]["instance_hours"]),
        "bot_instances": number(simulate["services"]["bot"]["most_instances"]),
        "worker_instances": number(simulate["services"]["worker"]["most_instances"]),
        "places": number(setup["max_running"]),
        "line_median": number(simulate["line"]["median_seconds"]),
        "line_longest": minutes(simulate["line"]["longest_seconds"]),
        "longest_queue": number(max(one["longest_wait_seconds"] for one in simulate["queues"].values())),
        "bursts": number(given["bursts"]),
        "burst": number(given["burst"]),
        "burst_minutes": minutes(given["burst_seconds"]),
        "scheduled": percent(given["scheduled"]),
        "scheduled_minutes": minutes(given["scheduled_seconds"]),
        "scheduled_hour": number(SCHEDULED_HOUR),
        "busiest": number(max(HOURS, key=lambda hour: HOURS[hour])),
        "kept_minutes": minutes(KEPT_SECONDS),
        "read_ms": number(1000 * times["read"]),
        "write_ms": number(1000 * times["write"]),
        "slack_ms": number(1000 * times["slack"]),
        "stage_seconds": number(times["stage"]),
        "finish_seconds": number(times["finish"]),
        "bot_start": number(times["bot_start"]),
        "worker_start": number(times["worker_start"]),
        "container_start": number(times["container_start"]),
        "line_bytes": number(LINE_BYTES),
        "metadata_bytes": number(METADATA_BYTES),
        "composed": number(COMPOSED),
        "rows": number(Settings.model_fields["warehouse_max_rows"].default),
        "megabytes": number(Settings.model_fields["warehouse_max_mb"].default),
        "upload": number(Settings.model_fields["max_upload_mb"].default),
        "state_table": state_table(state),
        "queue_table": queue_table(simulate),
        "limit_table": limit_table(simulate),
        "line_table": line_table(simulate),
        "kinds": ", ".join(f"{percent(kind.share)} {kind.name} ({minutes(kind.seconds)})" for kind in KINDS),
        "storage_by": ", ".join(f"{name} {number(count)}" for name, count in by_size(counts["storage_requests"])),
        "sources": sources(),
    }


def state_table(state: Figures) -> str:
    """What people and steps ask of Storage, by how many runs ended before."""
    head = " | ".join(number(runs) for runs in state["runs"])
    rows = [f"| requests to Storage, or seconds | {head} |", "|---|" + "---|" * len(state["runs"])]
    rows += [f"| {what} | {' | '.join(number(one) for one in state[key])} |" for key, what in COUNTED.items()]
    rows += [f"| {what}, seconds | {' | '.join(number(one) for one in state[key])} |" for key, what in TIMED.items()]
    return "\n".join(rows)


def queue_table(simulate: Figures) -> str:
    """Each queue as it is set up, what passed through it, and at how many runs a day it is too slow."""
    rows = [
        "| queue | a second | at once | tasks | held at most | longest wait, s | a minute's wait at, runs a day |",
        "|---|" + "---|" * 6,
    ]
    for name, one in simulate["queues"].items():
        rate = simulate["parameters"]["setup"]["queues"][name]
        late = beyond(simulate["first_of_ours"][name], most(simulate))
        rows.append(
            f"| `{name}` | {number(rate['per_second'])} | {number(rate['at_once'])} | {number(one['tasks'])} "
            f"| {number(one['most_held'])} | {number(one['longest_wait_seconds'])} | {late} |"
        )
    return "\n".join(rows)


def limit_table(simulate: Figures) -> str:
    """Each limit, what the day took of it, and at how many runs a day it is passed; the nearest first."""
    rows = ["| limit | at most | most on that day | share | passed at, runs a day |", "|---|" + "---|" * 4]
    for limit in sorted(LIMITS, key=lambda one: -simulate["limits"][one.name]["share"]):
        found = simulate["limits"][limit.name]
        rows.append(
            f"| {limit.of} | {at_most(limit, found['most'])} | {number(found['peak'])} | {percent(found['share'])} "
            f"| {beyond(simulate['first_hit'][limit.name], most(simulate))} |"
        )
    return "\n".join(rows)


def line_table(simulate: Figures) -> str:
    """The longest wait for a place, by how many places a workspace has."""
    rows = ["| `MMM_MAX_RUNNING` | longest wait in the busiest hour |", "|---|---|"]
    rows += [f"| {places} | {minutes(seconds)} |" for places, seconds in simulate["line_by_places"].items()]
    return "\n".join(rows)


def at_most(limit: Limit, most: float) -> str:
    """A limit in words: so many in so long for each of whom."""
    spans = {0.0: "at once", 1.0: "a second", 60.0: "a minute", 3600.0: "an hour"}
    return f"{number(most)} {spans.get(limit.seconds, f'in {number(limit.seconds)} s')} for each {limit.scope}"


def sources() -> str:
    """Where the limits are from."""
    found = dict.fromkeys(limit.source for limit in LIMITS)
    return "\n".join(f"- <{source}>" for source in found)


def name_of(limit: str) -> str:
    """A limit of others, or a queue of ours, as a person calls it."""
    return {one.name: one.of for one in LIMITS}.get(limit, f"the queue `{limit}`")


def most(simulate: Figures) -> str:
    """The most runs a day that were tried."""
    from bench.simulate import MULTIPLES

    return number(simulate["parameters"]["runs"] * MULTIPLES[-1])


def beyond(value: float | None, most: str) -> str:
    """A figure, or that it is beyond what was tried."""
    return f"above {most}" if value is None else number(value)


def by_size(counts: Mapping[str, float]) -> list[tuple[str, float]]:
    """The largest first."""
    return sorted(counts.items(), key=lambda one: -one[1])


def number(value: float) -> str:
    """A number as a person reads it: 10,000; 2.4."""
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """A share in whole percent, or less where that would be nothing."""
    return f"{100 * share:.0f} %" if share >= 0.01 or share == 0 else "below 1 %"


def minutes(seconds: float) -> str:
    """A time as a person says it."""
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{number(seconds)} s"
