"""Google Cloud's stand-in, started once for the tests of a module, and a part of its bucket for each test."""

from collections.abc import Iterator

import pytest

from engine.cloud.storage import Storage
from tests.local_google import Google, google


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    with google(tmp_path_factory.mktemp("google")) as running:
        yield running


@pytest.fixture
def bucket(cloud: Google, request: pytest.FixtureRequest) -> Iterator[Storage]:
    """What is below a root of the test's own; the faults that it planted go with it."""
    storage = cloud.storage(root=request.node.name)
    yield storage
    cloud.faults.clear()
    storage.close()
