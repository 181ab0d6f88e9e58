"""What the machine gives, and whether a training took more: room on the disk, memory."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
# Where the limit of a control group is at least this, there is none.
NO_LIMIT = 1 << 60


@dataclass(frozen=True)
class Machine:
    """The container's own account of its memory, in either version of Linux's control groups, where it is readable."""

    cgroup: Path = CGROUP

    def memory_limit(self) -> int | None:
        """Bytes that all processes of the container may use together; None if nothing limits them."""
        for text in self._read("memory.max", "memory/memory.limit_in_bytes"):
            if text.strip().isdigit():
                return int(text) if int(text) < NO_LIMIT else None
        return None

    def memory_kills(self) -> int:
        """Processes that were killed so far because the container's memory was used up."""
        for text in self._read("memory.events", "memory/memory.oom_control"):
            for line in text.splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill" and count.strip().isdigit():
                    return int(count)
        return 0

    def _read(self, *names: str) -> Iterator[str]:
        for name in names:
            try:
                yield (self.cgroup / name).read_text()
            except OSError:
                continue  # the other version, or no container


def free_bytes(folder: Path) -> int:
    """Room left on the disk that holds `folder`."""
    return shutil.disk_usage(folder).free


def in_units(size: int) -> str:
    """A size as people read it: `512 MB`, `32 GB`."""
    return f"{size / 2**30:.3g} GB" if size >= 2**30 else f"{size / 2**20:.0f} MB"
