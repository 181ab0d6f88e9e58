"""The training image's R library can be built: from sources where they are beside the checkout, else by what is known.

What each package needs is recorded from its `DESCRIPTION`, and where that tells less than its code needs, from its
`NAMESPACE` or its code; the versions that Debian 12 has are recorded, too. `docs/images.md` says where sources are
looked for.
"""

import csv
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.robyn.installed import DEBIAN_PACKAGES
from tests.r_sources import ROOT, SOURCES, Pin, contents, find, pins, serve

pytestmark = pytest.mark.slow

FACTS = Path(__file__).parent / "r_packages"
INSTALL = ROOT / "docker" / "install_robyn.R"
LOG = ROOT / "build" / "artefacts" / "r-library.log"
WITH_R = frozenset({"R", "graphics", "grDevices", "grid", "methods", "parallel", "stats", "tools", "utils"})
needs_r = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed: apt-get install r-base-core")


def rows(name: str) -> list[dict[str, str]]:
    with (FACTS / name).open(newline="") as file:
        return list(csv.DictReader(file))


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.split(r"[.-]", text)) if text else ()


def unmet(chosen: dict[str, str]) -> list[str]:
    """What the chosen packages need and the image would not have: Debian's packages with these over them."""
    there = {row["package"]: row["version"] for row in rows("debian_12.csv")} | chosen
    there |= dict.fromkeys(WITH_R - {"R"}, there["R"])
    return [
        f"{row['package']} {row['version']} needs {row['needs']} >= {row['least'] or '0'}"
        for row in rows("needs.csv")
        if chosen.get(row["package"]) == row["version"]
        and (row["needs"] not in there or version(there[row["needs"]]) < version(row["least"]))
    ]


def test_what_is_pinned_finds_its_needs_in_the_image() -> None:
    chosen = {pin.package: pin.version for pin in pins()}
    known = {(row["package"], row["version"]) for row in rows("needs.csv")}
    assert set(chosen.items()) <= known, "record what a new version needs in needs.csv"
    assert unmet(chosen) == []


@pytest.mark.parametrize(
    ("package", "other", "lacks"),
    [
        ("lares", "5.2.12", "dplyr >= 1.1.0"),
        ("lares", "5.2.13", "dplyr >= 1.1.0"),
        ("lares", "5.4.0", "pROC >= 1.18.5"),
        ("gtable", "", "gtable >= 0.3.6"),
        ("rlang", "", "rlang >= 1.1.0"),
        ("ggplot2", "", "ggplot2 >= 3.4.2"),
        ("rpart.plot", "", "rpart.plot >= 0"),
    ],
)
def test_another_choice_would_be_noticed(package: str, other: str, lacks: str) -> None:
    chosen = {pin.package: pin.version for pin in pins()} | {package: other}
    if not other:
        del chosen[package]
    assert any(lacks in one for one in unmet(chosen))


def test_every_package_is_pinned_by_version_and_contents_and_robyn_comes_last() -> None:
    for pin in pins():
        assert re.fullmatch(r"[0-9]+([.-][0-9]+)+", pin.version)
        assert re.fullmatch(r"[0-9a-f]{64}", pin.sha256), pin
    assert pins()[-1].package == "Robyn"


def test_the_image_installs_what_a_debian_machine_is_told_to_install() -> None:
    dockerfile = (ROOT / "docker" / "Dockerfile.training-base").read_text()
    assert set(DEBIAN_PACKAGES) <= set(re.findall(r"[\w.+-]+", dockerfile))
    named = {name.removeprefix("r-cran-") for name in DEBIAN_PACKAGES}
    needed = {row["needs"].lower() for row in rows("needs.csv") if row["package"] in ("Robyn", "lares")}
    assert needed - {pin.package.lower() for pin in pins()} - {name.lower() for name in WITH_R} <= named


@needs_r
def test_the_record_of_debian_12_is_what_debian_12_has() -> None:
    if 'VERSION_ID="12"' not in Path("/etc/os-release").read_text():
        pytest.skip("this is not Debian 12")
    asked = """
        found <- rbind(installed.packages(.Library.site), installed.packages(.Library))
        cat(paste(found[, "Package"], found[, "Version"]), sep = "\\n")
    """
    told = subprocess.run(["Rscript", "--vanilla", "-e", asked], capture_output=True, text=True, check=True).stdout
    here = dict(line.split(" ", 1) for line in told.splitlines())
    recorded = {row["package"]: row["version"] for row in rows("debian_12.csv")}
    both = recorded.keys() & here.keys()
    assert {name: version(here[name]) for name in both} == {name: version(recorded[name]) for name in both}


# --- the script, with little packages of its own -------------------------------------------------------------------


def little(
    package: str = "littleone", needs: str = "R (>= 3.0)", number: str = "1.0.1"
) -> tuple[Pin, dict[str, bytes]]:
    described = (
        f"Package: {package}\nVersion: {number}\nTitle: Little\nDescription: Little.\nLicense: MIT\nDepends: {needs}\n"
    )
    files = {"DESCRIPTION": described.encode(), "NAMESPACE": b"export(one)\n", "R/one.R": b"one <- function() 1\n"}
    return Pin(package, number, contents(files)), files


def install(tmp_path: Path, address: str, wanted: list[Pin]) -> "subprocess.CompletedProcess[str]":
    """Run the image's script on a list of its own. It ends by loading Robyn, so that the last package is named so."""
    listed = tmp_path / "list.csv"
    listed.write_text(
        "package,version,sha256\n" + "".join(f"{pin.package},{pin.version},{pin.sha256}\n" for pin in wanted)
    )
    return _run(address, tmp_path / "library", listed)


def _run(address: str, library: Path, *listed: Path) -> "subprocess.CompletedProcess[str]":
    # Other libraries of this machine, one with Robyn say, are not the image's.
    env = {name: value for name, value in os.environ.items() if not name.startswith("R_LIBS")}
    command = ["Rscript", "--vanilla", INSTALL, address, library, *listed]
    return subprocess.run(
        command, env=env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


@needs_r
def test_what_is_pinned_is_installed_from_todays_packages_and_from_old_ones(tmp_path: Path) -> None:
    found = [little(), little("Robyn", "littleone (>= 1.0)")]
    address = serve(tmp_path / "cran", found, archived=frozenset({"littleone"}))
    told = install(tmp_path, address, [pin for pin, _ in found])
    assert told.returncode == 0, told.stdout
    assert "littleone 1.0.1: contents as pinned" in told.stdout
    assert (tmp_path / "library" / "Robyn" / "DESCRIPTION").is_file()


@needs_r
@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (lambda pin: Pin(pin.package, pin.version, "0" * 64), "littleone 1.0.1 is not what was pinned"),
        (lambda pin: Pin(pin.package, "9.9", pin.sha256), "littleone 9.9 is not to be had from file://"),
    ],
    ids=["other contents", "another version"],
)
def test_anything_else_is_not_installed(tmp_path: Path, wanted, said: str) -> None:
    pin, files = little()
    told = install(tmp_path, serve(tmp_path / "cran", [(pin, files)]), [wanted(pin)])
    assert told.returncode and said in told.stdout
    assert not (tmp_path / "library" / "littleone").exists()


@needs_r
def test_what_is_missing_or_too_old_is_told_with_the_command_before_anything_is_installed(tmp_path: Path) -> None:
    found = [little(), little("Robyn", "littleone (>= 2.0), nobodyHasIt (>= 1.2)")]
    told = install(tmp_path, serve(tmp_path / "cran", found), [pin for pin, _ in found])
    assert told.returncode
    assert "littleone >= 2.0 (there is 1.0.1)" in told.stdout
    assert "nobodyHasIt >= 1.2 (there is none)" in told.stdout
    assert "apt-get install r-cran-littleone r-cran-nobodyhasit" in told.stdout
    assert not (tmp_path / "library" / "littleone").exists()


@needs_r
def test_a_mirror_can_be_named_and_the_default_is_one_that_r_knows(tmp_path: Path) -> None:
    told = install(tmp_path, "Nowhere [https]", [little()[0]])
    assert told.returncode and "neither an address nor the name of a mirror that R knows" in told.stdout
    [default] = re.findall(r'^GLOBAL_MIRROR <- "(.*)"$', INSTALL.read_text(), re.M)
    asked = f"cat('{default}' %in% getCRANmirrors(local.only = TRUE)$Name)"
    assert subprocess.run(["Rscript", "-e", asked], capture_output=True, text=True).stdout.endswith("TRUE")


# --- the library itself --------------------------------------------------------------------------------------------


@needs_r
def test_the_images_r_library_is_built_from_the_sources_beside_the_checkout(tmp_path: Path) -> None:
    """A minute, half of it rlang's C code; what it did is kept in build/artefacts/r-library.log."""
    if not SOURCES.is_dir():
        pytest.skip(f"there are no sources of R packages: no folder {SOURCES.name} beside the checkout")
    found = {pin: find(pin) for pin in pins()}
    if lacking := [f"{pin.package} {pin.version}" for pin, files in found.items() if files is None]:
        pytest.skip(f"{SOURCES.name} holds no source of {', '.join(lacking)}")
    there = [(pin, files) for pin, files in found.items() if files is not None]
    # Sources that CRAN did not pack, a clone of a project's own repository say, hold other files; then versions count.
    listed = tmp_path / "r-packages.csv"
    exact = [contents(files) == pin.sha256 for pin, files in there]
    lines = [
        f"{pin.package},{pin.version},{pin.sha256 if same else ''}\n"
        for (pin, _), same in zip(there, exact, strict=True)
    ]
    listed.write_text("package,version,sha256\n" + "".join(lines))
    address = serve(tmp_path / "cran", there, archived=frozenset({"lares", "rlang"}))
    told = _run(address, tmp_path / "library", *([] if all(exact) else [listed]))
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text(told.stdout)
    assert told.returncode == 0, told.stdout[-3000:]
    assert "Robyn 3.12.1 loads" in told.stdout
    for pin in pins():
        described = (tmp_path / "library" / pin.package / "DESCRIPTION").read_text()
        assert f"\nVersion: {pin.version}\n" in described
