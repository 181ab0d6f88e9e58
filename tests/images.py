"""Builds the project's images without Docker, a network or a registry: buildah, on a base made from this machine.

The base is a small root filesystem of the Python that runs the tests and the handful of programs that the Dockerfiles
call, with the libraries that those need. It stands in for a registry's image of Python.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = (
    *("sh", "cat", "chmod", "chown", "cp", "env", "find", "grep", "id", "install", "ls", "mkdir", "mv", "rm", "sleep"),
    *("touch", "uname", "useradd"),
)
# Parts of the C library, and what Debian's package manager brings: every Debian has them.
LIBRARIES = (
    *("libdl.so.2", "libm.so.6", "libmvec.so.1", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libresolv.so.2"),
    *("libstdc++.so.6", "libgcc_s.so.1"),
)
STANDARD_LIBRARY_WITHOUT = shutil.ignore_patterns("__pycache__", "test", "tests", "idlelib", "tkinter", "site-packages",
                                                  "dist-packages", "ensurepip")  # fmt: skip
ETC = {
    "passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "group": "root:x:0:\n",
    "shadow": "root:*:19000:0:99999:7:::\n",
    "gshadow": "root:*::\n",
    "login.defs": "UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\nUMASK 077\n",
}


def missing() -> str:
    """Why images cannot be built here, or nothing."""
    if os.geteuid() != 0:
        return "only root can build images here"
    if shutil.which("buildah") is None:
        return "there is no buildah (Debian: buildah)"
    return ""


def roomy_folder() -> Path:
    """A new folder for images: in memory where there is plenty, since every step of a build copies all before it."""
    memory = Path("/dev/shm")
    fits = memory.is_dir() and shutil.disk_usage(memory).free > 8 * 2**30
    return Path(tempfile.mkdtemp(prefix="images-", dir=memory if fits else None))


@dataclass(frozen=True)
class Builder:
    """Builds and runs images that are kept in `folder`."""

    folder: Path
    _containers: dict[str, str] = field(default_factory=dict)

    def buildah(self, *arguments: str | Path) -> str:
        """Run buildah; returns what it printed. A failure shows what it said."""
        places = ("--root", self.folder / "storage", "--runroot", self.folder / "run", "--storage-driver", "vfs")
        told = subprocess.run(["buildah", *places, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=900)
        assert told.returncode == 0, f"buildah {arguments[0]}: {(told.stdout + told.stderr)[-3000:]}"
        return told.stdout

    def build(self, dockerfile: Path, name: str, *options: str | Path, context: Path = ROOT) -> None:
        """Build one image of that name, without fetching anything."""
        # OCI's own format knows no health checks.
        always = ("--isolation", "chroot", "--pull-never", "--format", "docker", "--quiet")
        self.buildah("bud", *always, "-t", _local(name), "-f", dockerfile, *options, context)

    def make_base(self, name: str) -> None:
        """Make the image that stands in for a registry's Python."""
        root = self.folder / "base"
        _lay_out(root)
        container = self.buildah("from", "--name", f"{name}-making", "scratch").strip()
        self.buildah("copy", "--quiet", container, root, "/")
        self.buildah("commit", "--quiet", "--rm", container, _local(name))
        shutil.rmtree(root)

    def run(self, image: str, *command: str, volumes: tuple[str, ...] = ()) -> str:
        """Run a command in the container of an image; returns what it printed."""
        mounts = [part for volume in volumes for part in ("-v", volume)]
        return self.buildah("run", "--isolation", "chroot", *mounts, self.container(image), "--", *command)

    def files(self, image: str, folder: str) -> list[str]:
        """The files that the container of an image holds in a folder, as paths from there; without compiled Python."""
        root = Path(self.buildah("mount", self.container(image)).strip()) / folder
        found = [path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()]
        return sorted(path for path in found if "__pycache__" not in path)

    def labels(self, image: str) -> dict[str, str]:
        """The labels of an image."""
        told = json.loads(self.buildah("inspect", "--type", "image", _local(image)))
        labels: dict[str, str] = told["Docker"]["config"]["Labels"]
        return labels

    def container(self, image: str) -> str:
        """The one container of an image: each is a copy of all that the image holds."""
        if image not in self._containers:
            self._containers[image] = self.buildah("from", "--pull-never", _local(image)).strip()
        return self._containers[image]


def _local(image: str) -> str:
    """The name in full: a short one might mean an image of a registry."""
    return f"localhost/{image}"


def _lay_out(root: Path) -> None:
    """Lay out a root filesystem: programs, Python, and every library that those name."""
    for folder in (
        "etc/skel",
        "usr/bin",
        "usr/local/bin",
        "usr/sbin",
        "home",
        "root",
        "var/cache",
        "opt",
        "dev",
        "proc",
        "sys",
    ):
        (root / folder).mkdir(parents=True)
    (root / "tmp").mkdir(mode=0o1777)
    (root / "tmp").chmod(0o1777)
    for name in ("bin", "sbin"):
        (root / name).symlink_to(f"usr/{name}")
    for name, text in ETC.items():
        (root / "etc" / name).write_text(text)
    binaries = [_copied(Path(found), root / "usr/bin" / name) for name in PROGRAMS if (found := shutil.which(name))]
    assert len(binaries) == len(PROGRAMS)
    binaries += _python(root)
    libraries = {library for binary in binaries for library in _libraries(binary)}
    for library in sorted(libraries | {_found(name) for name in LIBRARIES}):
        target = root / library.relative_to("/")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, target)


def _python(root: Path) -> list[Path]:
    """Copy this Python and pip to where they are here; returns its machine code."""
    own = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix}))
    target = root / own.relative_to("/")
    shutil.copytree(own, target, ignore=STANDARD_LIBRARY_WITHOUT, symlinks=True)
    program = _copied(Path(os.path.realpath(sys.executable)), root / os.path.realpath(sys.executable)[1:])
    (root / "usr/local/bin/python3.11").symlink_to(os.path.realpath(sys.executable))
    packages = root / sysconfig.get_path("purelib", vars={"base": sys.base_prefix})[1:]
    pip = Path(sysconfig.get_path("purelib")) / "pip"
    shutil.copytree(pip, packages / "pip", ignore=shutil.ignore_patterns("__pycache__"))
    return [program, *target.rglob("*.so")]


def _copied(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    return source


def _libraries(binary: Path) -> list[Path]:
    """The shared libraries that a program names, and the loader."""
    told = subprocess.run(["ldd", binary], capture_output=True, text=True)
    return [Path(path) for path in re.findall(r"(/\S+\.so\S*)", told.stdout)]


def _found(library: str) -> Path:
    """Where the loader finds a library."""
    told = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    return Path(re.findall(rf"{re.escape(library)} .*x86-64.* => (/\S+)", told)[0])
