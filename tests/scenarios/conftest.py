"""The product, started once for the scenarios of a module; and one attempt of the training container."""

from collections.abc import Iterator

import pytest

from tests.local_google import Google
from tests.stack import Stack, stack
from tests.training_attempt import Attempt


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("product")) as running:
        yield running


@pytest.fixture
def attempt(cloud: Google, request: pytest.FixtureRequest) -> Iterator[Attempt]:
    root = request.node.name.replace("[", "-").rstrip("]")
    storage = cloud.storage(root=root)
    yield Attempt(storage, cloud.url, root)
    storage.close()


@pytest.fixture(autouse=True)
def no_faults_left(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "product" in request.fixturenames:
        product = request.getfixturevalue("product")
        for faults in (product.slack_faults, product.google_faults, product.snowflake_faults):
            faults.clear()
        if product.ana.view() is not None:
            product.slack.views.clear("U0ANA")
