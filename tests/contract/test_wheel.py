"""What a built wheel holds: the three packages, the page of the local Slack and the fonts, and nothing else.

The R trainer in `r/` is not in it: R is started from a checkout or from the training image, which have the folder.
"""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "engine", "local")
KEPT_AT_HOME = re.compile(
    r"(^|/)(tests?|bench|docs|docker|infra)/|(^|/)test_|\.(pem|key|env|p12)$|credential.*\.json$", re.I
)
SECRET = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/=]{40}|xox[abp]-\d{8,}|xapp-\d-[A-Z0-9]{8,}-\d")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Our wheel, built from the sources alone and without looking anything up."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    told = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, source],
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_every_module_of_the_packages_is_in_it(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    modules = [path.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert [module for module in modules if module not in names] == []


def test_the_page_of_the_local_slack_is_in_it(wheel: zipfile.ZipFile) -> None:
    pages = [path.relative_to(ROOT).as_posix() for path in (ROOT / "local/slack/page").rglob("*") if path.is_file()]
    assert len(pages) > 10
    assert [page for page in pages if page not in wheel.namelist()] == []


def test_the_fonts_of_the_charts_are_in_it_with_their_licence(wheel: zipfile.ZipFile) -> None:
    fonts = [path.relative_to(ROOT).as_posix() for path in (ROOT / "engine/charts/typefaces").iterdir()]
    assert "engine/charts/typefaces/OFL.txt" in fonts and len(fonts) > 20
    assert [font for font in fonts if font not in wheel.namelist()] == []


def test_nothing_else_is_in_it(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert [name for name in wheel.namelist() if KEPT_AT_HOME.search(name)] == []


def test_no_secret_is_in_it(wheel: zipfile.ZipFile) -> None:
    assert [name for name in wheel.namelist() if SECRET.search(wheel.read(name))] == []


def test_it_starts_as_mmm(wheel: zipfile.ZipFile) -> None:
    (entry,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "mmm = bot.cli:main" in wheel.read(entry).decode()
