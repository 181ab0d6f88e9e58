"""What a result says it was made with, also where our code is not installed but lies in a folder."""

from importlib.metadata import PackageNotFoundError

import pytest

from engine import made_with


def test_an_installed_package_has_its_version() -> None:
    assert made_with.version_of("numpy")[0].isdecimal()


@pytest.mark.parametrize(("release", "said"), [("1.4.0", "1.4.0"), ("", "unknown")])
def test_code_in_an_image_has_the_release_that_the_image_names(
    monkeypatch: pytest.MonkeyPatch, release: str, said: str
) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(made_with, "version", absent)
    monkeypatch.setenv("MMM_RELEASE", release)
    assert made_with.version_of("mmm-bot") == said
