"""What may be started at the Run stand-in: our trainer, with `MMM_*` variables and a time, and nothing else."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Refused
from local import workspace
from local.google.overrides import NotOurs, Overrides, overrides_of
from tests.local_google import Google, google

TELL = (
    "import json, os, sys; "
    "json.dump({'env': dict(os.environ), 'args': sys.argv[1:]}, open('told.new', 'w')); "
    "os.rename('told.new', 'told.json')"
)
RUN = f"/v2/projects/{workspace.PROJECT}/locations/{workspace.REGION}/jobs/{workspace.JOB}"


def launch(env: Any = None, **more: Any) -> dict[str, Any]:
    """The body of a launch with variables and whatever else a container may be told."""
    container = {**({"env": env} if env is not None else {}), **more}
    return {"overrides": {"containerOverrides": [container], "taskCount": 1, "timeout": "600s"}}


def variable(name: Any, value: Any = "x") -> list[dict[str, Any]]:
    return [{"name": name, "value": value}]


WRONG: dict[str, Any] = {
    **{
        f"variable {name!r}": launch(variable(name))
        for name in (
            *("PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "HOME", "BASH_ENV"),
            *("R_LIBS", "R_PROFILE_USER", "R_HOME", "GCE_METADATA_HOST", "NO_PROXY", "CLOUD_RUN_JOB", "IFS", "ENV"),
            *(
                "",
                " MMM_X",
                "MMM_X ",
                "mmm_x",
                "MMM_",
                "MMM_x",
                "MMM_X=PATH",
                "MMM_X\nPATH",
                "MMM_X\0",
                "MMM-X",
                "XMMM_X",
            ),
            *(None, 7, ["MMM_X"], "MMM_" + "X" * 200, "ＭＭＭ_X"),
        )
    },
    "one good and one bad": launch([*variable("MMM_RUN"), *variable("LD_PRELOAD", "/tmp/x.so")]),
    "a value with a zero in it": launch(variable("MMM_RUN", "a\0b")),
    "a value that is no text": launch(variable("MMM_RUN", 7)),
    "a value that is far too long": launch(variable("MMM_RUN", "x" * 200_000)),
    "a value with half a character": launch(variable("MMM_RUN", "\ud800")),
    "values that are too long together": launch(
        [one for number in range(20) for one in variable(f"MMM_{number}", "x" * 20_000)]
    ),
    "variables that are a number": launch(7),
    "variables that are an object": launch({"name": "MMM_RUN", "value": "x"}),
    "a value from a secret": launch([{"name": "MMM_RUN", "valueSource": {"secretKeyRef": {"secret": "s"}}}]),
    "a variable that is none": launch(["MMM_RUN=x"]),
    "arguments": launch(args=["-c", "import os"]),
    "no arguments": launch(clearArgs=True),
    "a command": launch(command=["/bin/sh"]),
    "an image": launch(image="evil.example/image"),
    "another container": launch(name="sidecar"),
    "two containers": {"overrides": {"containerOverrides": [{}, {}]}},
    "containers that are none": {"overrides": {"containerOverrides": "x"}},
    "a container that is none": {"overrides": {"containerOverrides": ["x"]}},
    "several tasks": {"overrides": {"taskCount": 2}},
    "overrides that are none": {"overrides": ["x"]},
    "something else beside overrides": {"template": {"command": "x"}},
    "something else in overrides": {"overrides": {"job": "x"}},
    **{
        f"timeout {seconds!r}": {"overrides": {"timeout": seconds}}
        for seconds in ("600", "-1s", "0s", "1e3s", "nans", "infs", "999999999s", " 5s", 5, [], "5s; x", "٥s")
        if seconds != []
    },
}


@pytest.mark.parametrize("how", WRONG)
def test_what_is_more_than_our_own_is_refused(how: str) -> None:
    with pytest.raises(NotOurs):
        overrides_of(WRONG[how])


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ({}, Overrides({}, 600.0)),
        ({"name": "projects/p/locations/r/jobs/j", "etag": "", "overrides": {}}, Overrides({}, 600.0)),
        (launch(variable("MMM_RUN", "r1")), Overrides({"MMM_RUN": "r1"}, 600.0)),
        (
            launch([{"name": "MMM_BUCKET_ROOT"}], args=[], clearArgs=False, name=""),
            Overrides({"MMM_BUCKET_ROOT": ""}, 600.0),
        ),
        ({"overrides": {"timeout": "1.5s", "taskCount": 0}}, Overrides({}, 1.5)),
    ],
)
def test_our_own_is_read(body: dict[str, Any], read: Overrides) -> None:
    assert overrides_of(body) == read


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["overrides", "containerOverrides", "env", "name", "value", "timeout", "args"]),
                inner,
                max_size=3,
            )
        ),
    )
)
def test_whatever_is_sent_it_is_read_or_refused(body: Any) -> None:
    try:
        found = overrides_of(body if isinstance(body, dict) else {"overrides": body})
    except NotOurs:
        return
    assert all(name.startswith("MMM_") and "\0" not in value for name, value in found.env.items())


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    """A stand-in whose job writes down what it was started with."""
    state = tmp_path_factory.mktemp("google")
    with google(state, job_command=[sys.executable, "-c", TELL]) as running:
        yield running


@pytest.mark.parametrize("how", ["variable 'LD_PRELOAD'", "one good and one bad", "arguments", "a command", "an image"])
def test_a_launch_that_asks_for_more_starts_nothing(telling: Google, how: str) -> None:
    before = httpx.get(f"{telling.url}{RUN}/executions").json()
    answer = httpx.post(f"{telling.url}{RUN}:run", json=WRONG[how])
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert httpx.get(f"{telling.url}{RUN}/executions").json() == before


def test_our_client_is_told_so(telling: Google) -> None:
    with pytest.raises(Refused):
        telling.jobs().run({"LD_PRELOAD": "/tmp/x.so"}, 60)


def test_a_launch_starts_our_trainer_as_it_is_set_up_with_what_it_was_given(telling: Google) -> None:
    telling.jobs().run({"MMM_RUN": "r1", "MMM_TRAINER": "native; touch /tmp/never"}, 60)
    told, until = telling.state / "told.json", time.monotonic() + 30
    while not told.exists():
        assert time.monotonic() < until, "it did not start"
        time.sleep(0.02)
    started = json.loads(told.read_text())
    assert started["args"] == []
    assert (started["env"]["MMM_RUN"], started["env"]["MMM_TRAINER"]) == ("r1", "native; touch /tmp/never")
    assert not Path("/tmp/never").exists()
