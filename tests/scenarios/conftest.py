"""The product, started once for the scenarios of a module."""

from collections.abc import Iterator

import pytest

from tests.stack import Stack, stack


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("product")) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults_left(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "product" in request.fixturenames:
        product = request.getfixturevalue("product")
        for faults in (product.slack_faults, product.google_faults, product.snowflake_faults):
            faults.clear()
        if product.ana.view() is not None:
            product.slack.views.clear("U0ANA")
