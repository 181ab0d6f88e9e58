"""The sources of the R packages of the training image, found beside the checkout, and a CRAN of files made of them.

`MMM_R_SOURCES`, else `../r-sources`, is a folder that holds for each package of `docker/r-packages.csv` one of

- `NAME_VERSION.tar.gz`, as CRAN has it,
- `NAME`, the unpacked source of that version,
- `NAME`, `NAME.git` or `NAME/repo`, a Git repository of which the tag VERSION is taken (also with something before the
  name: `cran+NAME`). The public mirror of CRAN's packages on GitHub has such repositories, with CRAN's own contents.
"""

import csv
import hashlib
import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "docker" / "r-packages.csv"
SOURCES = Path(os.environ.get("MMM_R_SOURCES", ROOT.parent / "r-sources"))


@dataclass(frozen=True)
class Pin:
    """A package that is installed from source: its version, and the sha256 of what is in it."""

    package: str
    version: str
    sha256: str


def pins(path: Path = PINS) -> list[Pin]:
    """The packages in the order of their installation."""
    with path.open(newline="") as file:
        return [Pin(**row) for row in csv.DictReader(file)]


def find(pin: Pin, sources: Path = SOURCES) -> dict[str, bytes] | None:
    """The files of a package's source by their paths in it; None where its folder holds no source of that version."""
    archive = sources / f"{pin.package}_{pin.version}.tar.gz"
    if archive.is_file():
        return _within(archive.read_bytes(), f"{pin.package}/")
    for folder in (sources / pin.package, *sorted(sources.glob(f"*+{pin.package}"))):
        described = folder / "DESCRIPTION"
        if described.is_file() and f"\nVersion: {pin.version}\n" in f"\n{described.read_text()}\n":
            return dict(_files(folder))
        for repository in (folder, folder / "repo", folder.with_name(f"{folder.name}.git")):
            told = subprocess.run(
                ["git", "-C", repository, "archive", "--format=tar", pin.version], capture_output=True
            )
            if repository.is_dir() and told.returncode == 0 and told.stdout:
                return _within(told.stdout, "")
    return None


def contents(files: dict[str, bytes]) -> str:
    """The sha256 of a source's contents: of what `sha256sum` says of its files, in the order of their names' bytes."""
    lines = [f"{hashlib.sha256(files[path]).hexdigest()}  ./{path}\n" for path in sorted(files, key=str.encode)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def serve(folder: Path, found: list[tuple[Pin, dict[str, bytes]]], archived: frozenset[str] = frozenset()) -> str:
    """Make a CRAN of files in `folder` and return its address. `archived`: packages that CRAN keeps as old versions."""
    for pin, files in found:
        place = folder / "src" / "contrib" / (f"Archive/{pin.package}" if pin.package in archived else "")
        place.mkdir(parents=True, exist_ok=True)
        with tarfile.open(place / f"{pin.package}_{pin.version}.tar.gz", "w:gz") as archive:
            for path, body in files.items():
                member = tarfile.TarInfo(f"{pin.package}/{path}")
                member.size = len(body)
                # What a source brings to run while it is installed must be a program.
                member.mode = 0o755 if body.startswith(b"#!") else 0o644
                archive.addfile(member, io.BytesIO(body))
    return folder.as_uri()


def _within(archive: bytes, prefix: str) -> dict[str, bytes]:
    files = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            if member.isfile() and (file := tar.extractfile(member)):
                files[member.name.removeprefix(prefix)] = file.read()
    return files


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] != ".git":
            yield name.as_posix(), path.read_bytes()
