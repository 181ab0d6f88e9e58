"""The recorded store is one that the release before could have left."""

import json

from tests.earlier_store import FAILED, STOPPED_TRAINING, STOPPED_WAITING, SUCCEEDED, TRAINING, WAITING, earlier_store


def test_the_recorded_store_holds_every_kind_of_run_and_no_index() -> None:
    kept = {one.name: one for one in earlier_store()}
    states = {
        name.split("/")[1]: json.loads(one.data)["state"] for name, one in kept.items() if name.endswith("/state.json")
    }
    assert states == {
        SUCCEEDED: "SUCCEEDED",
        FAILED: "FAILED",
        STOPPED_TRAINING: "CANCELLED",
        STOPPED_WAITING: "CANCELLED",
        TRAINING[0]: "RUNNING",
        TRAINING[1]: "RUNNING",
        WAITING: "STAGED",
    }
    assert not [name for name in kept if name.startswith("index/")]
    assert not [one.name for one in kept.values() if set(one.metadata) - {"write_id"}]
