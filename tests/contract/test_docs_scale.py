"""The page on scale says what the benches measured, and the simulation still says what is written there."""

import json
import re
from typing import Any

import pytest

from bench.simulate import line, setup
from bench.simulated.day import Demand
from bench.simulated.limits import LIMITS
from docs import scale

# The whole day of ten thousand runs, as the page has it: about fifteen seconds.
pytestmark = pytest.mark.slow

STATE, SIMULATE, MACHINE = scale.figures()
AGAIN = "measure and write it anew with `python -m docs.figures`"


def test_the_page_is_made_of_the_figures() -> None:
    assert scale.PAGE.read_text() == scale.page(STATE, SIMULATE, MACHINE), AGAIN


def test_no_figure_of_the_page_was_typed_in() -> None:
    template = scale.TEMPLATE.read_text()
    assert re.findall(r"\d", template) == [], "give it a name, and take it from what a bench printed or the code says"
    # And each that has a name is one that the page needs.
    named = scale.named(STATE, SIMULATE, MACHINE)
    assert set(re.findall(r"\$(\w+)", template)) == set(named)


def test_another_measurement_gives_another_page() -> None:
    other = json.loads(json.dumps(SIMULATE))
    other["acknowledgements"]["late"] = 7
    other["limits"]["slack_post"]["peak"] = 9_876_543
    told = scale.page(STATE, other, MACHINE)
    assert ", 7 late," in told and "9,876,543" in told and told != scale.PAGE.read_text()
    state = {**STATE, "requests_home": [111_111] * len(STATE["runs"])}
    assert "111,111" in scale.page(state, SIMULATE, MACHINE)


@pytest.fixture(scope="module")
def today() -> dict[str, Any]:
    """What bench.simulate prints today for the same day, the same deployment and the same counts of bench.state."""
    given = {name: SIMULATE["parameters"][name] for name in Demand.__dataclass_fields__}
    made = line(Demand(**given), setup(), STATE, scale.RAISED, several=True, scale=False)
    return dict(json.loads(json.dumps(made)))


def test_the_simulation_says_today_what_is_written_there(today: dict[str, Any]) -> None:
    assert today == {name: SIMULATE[name] for name in today}, f"{AGAIN}, or with `--simulate` where only that changed"


def test_on_a_day_of_ten_thousand_runs_nobody_is_answered_late_and_no_limit_is_passed(today: dict[str, Any]) -> None:
    assert (today["runs"], today["parameters"]["workspaces"]) == (10_000, 500)
    assert today["acknowledgements"]["late"] == 0 and today["acknowledgements"]["worst_seconds"] < 3
    # That it takes long is an answer, too, but one that hardly anybody should get.
    assert today["acknowledgements"]["told_it_takes_long"] <= today["acknowledgements"]["count"] / 1000
    assert today["hit"] == [] and today["no_room"] == 0
    assert all(today["limits"][limit.name]["share"] <= 1 for limit in LIMITS)
    # Nobody waits long behind others, either.
    assert max(one["longest_wait_seconds"] for one in today["queues"].values()) < 30
    setup, services = today["parameters"]["setup"], today["services"]
    assert all(services[role]["most_instances"] <= setup[role]["most"] for role in ("bot", "worker"))


def test_the_figures_are_of_the_sizes_that_count() -> None:
    assert STATE["runs"] == [10, 1000, 10_000]
    assert SIMULATE["parameters"]["requests_per_run"] == STATE["requests_per_run"][-1]
