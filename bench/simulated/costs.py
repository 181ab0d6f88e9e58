"""What one step costs: requests to Cloud Storage as bench.state counted them, and how long things take."""

from dataclasses import dataclass
from random import Random
from typing import Any


@dataclass(frozen=True)
class Requests:
    """Requests to Cloud Storage. Listings count as reads for its limit, deletions as writes."""

    reads: float = 0
    lists: float = 0
    writes: float = 0
    deletes: float = 0

    @property
    def all(self) -> float:
        """How many there are."""
        return self.reads + self.lists + self.writes + self.deletes

    def over(self, times: float) -> "Requests":
        """The same, of one out of `times`."""
        return Requests(self.reads / times, self.lists / times, self.writes / times, self.deletes / times)


@dataclass(frozen=True)
class Costs:
    """Requests of each step of a run, by task; of the pages that people open; and of a sweep.

    tasks: how many tasks of each step a quick run has. per_run: all its requests.
    """

    steps: dict[str, Requests]
    tasks: dict[str, float]
    status: Requests
    home: Requests
    search: Requests
    sweep: Requests
    per_run: float


def costs_of(state: dict[str, Any]) -> Costs:
    """Read bench.state's line: of each list, what holds where the store is fullest."""
    tasks = {name: float(count) for name, count in state["tasks_by_step"].items()}
    steps = {
        name: Requests(**{kind: float(count) for kind, count in counts.items()}).over(max(tasks.get(name, 1), 1))
        for name, counts in state["requests_by_step"].items()
    }

    def page(key: str) -> Requests:
        # Pages list, then read.
        count = float(state[key][-1])
        return Requests(lists=min(count, 2), reads=max(count - 2, 0))

    return Costs(
        steps=steps,
        tasks=tasks,
        status=page("requests_status_page"),
        home=page("requests_home"),
        search=page("requests_dataset_search"),
        sweep=page("requests_sweep_idle"),
        per_run=float(state["requests_per_run"][-1]),
    )


@dataclass(frozen=True)
class Times:
    """How long things take, in seconds: assumed, of one region, rather slow than quick; work as measured on two cores.

    spread: of each request to Storage and Slack, a log-normal's sigma; 0.6 makes one in a thousand six times as slow.
    """

    read: float = 0.040
    write: float = 0.080
    enqueue: float = 0.040
    slack: float = 0.250
    person: float = 0.250
    run_job: float = 1.0
    upload: float = 0.6
    scan: float = 1.0
    handler: float = 0.040
    stage: float = 3.0
    finish: float = 4.0
    bot_start: float = 5.0
    worker_start: float = 10.0
    container_start: float = 20.0
    spread: float = 0.6

    def storage(self, requests: Requests) -> float:
        """How long requests take in the middle, one after the other."""
        return (requests.reads + requests.lists) * self.read + (requests.writes + requests.deletes) * self.write

    def slow(self, draw: Random, middle: float) -> float:
        """One request's time, drawn."""
        return middle * draw.lognormvariate(0, self.spread) if middle else 0.0

    def drawn(self, draw: Random, requests: Requests) -> float:
        """How long requests take, each drawn: what a person waits for."""
        reads, writes = round(requests.reads + requests.lists), round(requests.writes + requests.deletes)
        return sum(self.slow(draw, self.read) for _ in range(reads)) + sum(
            self.slow(draw, self.write) for _ in range(writes)
        )
