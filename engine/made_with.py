"""What a training is made with: our release, and the libraries whose versions may change a number."""

import os
from importlib.metadata import PackageNotFoundError, version

LIBRARIES = ("mmm-bot", "numpy", "numba", "nevergrad", "prophet", "holidays")


def versions() -> dict[str, str]:
    """Return the version of each."""
    return {name: version_of(name) for name in LIBRARIES}


def version_of(name: str) -> str:
    """Return a package's version. In an image our own code lies in a folder, and its release in the environment."""
    try:
        return version(name)
    except PackageNotFoundError:
        return os.environ.get("MMM_RELEASE") or "unknown"
