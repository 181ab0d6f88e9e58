"""What the product asks of Cloud Storage, counted by bench.state: little for a run, and no more as a store grows.

Slow, because the product makes what the stores are filled with: two trainings.
"""

from dataclasses import dataclass

import pytest

from bench.state.measure import Run, Told, measure, templates

pytestmark = pytest.mark.slow

SMALL, LARGE = 10, 300
# Of one run, until its charts are there.
MOST = 40
# Of what a person looks at.
A_PAGE = 4


@dataclass(frozen=True)
class Measured:
    """Two stores, and the run of an empty one."""

    run: Run
    small: Told
    large: Told


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    state, scratch = tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("scratch")
    made, last = templates(state, scratch, print)
    small, large = (measure(runs, made, state, print, runs_one=False)[0] for runs in (SMALL, LARGE))
    return Measured(last, small, large)


def test_a_run_takes_at_most_forty_requests(measured: Measured) -> None:
    assert len(measured.run.until) <= MOST, "\n".join(map(str, measured.run.until))


@pytest.mark.parametrize("page", ["home", "start", "versions", "status_page", "dataset_search", "history_page"])
def test_a_page_takes_at_most_four_requests(measured: Measured, page: str) -> None:
    assert measured.large[f"requests_{page}"] <= A_PAGE


@pytest.mark.parametrize(
    "key",
    ["home", "start", "versions", "status_page", "find_by_name", "history_page", "dataset_search", "sweep_idle"],
)
def test_nothing_takes_more_requests_as_a_store_grows(measured: Measured, key: str) -> None:
    small, large = (told[f"requests_{key}"] for told in (measured.small, measured.large))
    assert abs(large - small) <= max(2, 0.1 * small)


def test_every_request_of_a_run_is_of_a_step_that_was_taken(measured: Measured) -> None:
    steps = measured.run.by_step()
    assert sum(sum(kinds.values()) for kinds in steps.values()) == len(measured.run.all)
    assert steps.keys() <= measured.run.steps.keys()
    assert {"bot", "stage", "job", "finish", "notify", "card"} <= steps.keys()
