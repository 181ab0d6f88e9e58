"""A disk without room: known by the system's number, however deep in an error it stands, or by its words."""

import errno
import re

NUMBERS = frozenset({errno.ENOSPC, errno.EDQUOT})
# Databases and compiled libraries pass the system's words on, or say it in their own.
WORDS = re.compile(
    r"No space left on device|\bENOSPC\b|\[Errno 28\]|Disk quota exceeded|\bEDQUOT\b|\[Errno 122\]"
    r"|\bdisk (is |quota )?full\b",
    re.IGNORECASE,
)
# What a process of ours ends with that found its disk full: it may have been unable to write anything down.
EXIT_CODE = int(errno.ENOSPC)
DEEPEST = 20


def is_disk_full(error: BaseException) -> bool:
    """Whether an error, or one that led to it, is that there is no room on a disk (or in a quota)."""
    seen: BaseException | None = error
    for _ in range(DEEPEST):
        if seen is None:
            return False
        if isinstance(seen, OSError) and seen.errno is not None:
            if seen.errno in NUMBERS:
                return True
        elif WORDS.search(str(seen)):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
