"""The objects of people's work: each can be read. Lists leave out what cannot, so somebody must be able to find it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from engine import paths
from engine.cloud.storage import Storage
from engine.data.records import dataset_at, dataset_names
from engine.doctor.examine import clipped
from engine.doctor.report import Finding, failed, ok, skipped
from engine.doctor.subject import Check, Subject, of_storage
from engine.errors import BrokenState, NotFound
from engine.experiment.records import experiment_at, experiment_names
from engine.runs.records import run_at, run_names

# The newest of each kind: what is older is seldom asked for, and each costs two requests.
MOST = 300
TOLD = 10
AT_ONCE = 8
# Well within what the check may take.
SECONDS = 12.0


@dataclass(frozen=True)
class Kind:
    """One kind of objects: what it is called, how its names are listed, how one is read."""

    many: str
    names: Callable[[Storage], list[str]]
    read: Callable[[Storage, str], object]


def _below(prefix: str, storage: Storage, *, ends: str = ".json") -> list[str]:
    entries = sorted(storage.list(prefix), key=lambda entry: entry.updated, reverse=True)
    return [entry.path for entry in entries if entry.path.endswith(ends)]


def _json(storage: Storage, path: str) -> object:
    return storage.read(path)


KINDS = (
    Kind("datasets", dataset_names, dataset_at),
    Kind("experiments", experiment_names, experiment_at),
    Kind("runs", run_names, run_at),
    Kind("places to train", partial(_below, paths.SLOTS), _json),
    Kind("messages", partial(_below, paths.OPEN_NOTICES, ends=""), _json),
)


def look(subject: Subject) -> Iterator[Finding]:
    """Read the newest objects of each kind, as the lists do, and name those that cannot be read."""
    settings, storage = subject.settings, subject.cloud.storage
    if settings.many and not settings.workspace:
        yield skipped("Each workspace has its own: type /mmm doctor there.")
        return
    until = time.monotonic() + SECONDS
    broken: list[tuple[str, BrokenState]] = []
    seen = unseen = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for kind in KINDS:
            names = kind.names(storage)
            looks = pool.map(lambda name, read=kind.read: _look(storage, read, name, until), names[:MOST])
            for name, found in zip(names, looks, strict=False):
                seen += found is not False
                if isinstance(found, BrokenState):
                    broken.append((name, found))
            unseen += len(names)
    url = f"gs://{settings.bucket}/{settings.bucket_root.strip('/')}".rstrip("/")
    for name, error in broken[:TOLD]:
        why = f"{error.what} ({clipped(error.detail)})" if error.detail else error.what
        yield failed(f"{name} cannot be read, and lists leave it out: {why}", _mend(f"{url}/{name}"))
    if len(broken) > TOLD:
        yield failed(f"{len(broken) - TOLD} more cannot be read.", "Mend those above, then look again.")
    if not broken:
        rest = f" {unseen - seen} older ones were not looked at." if unseen > seen else ""
        yield ok(f"{seen} objects were looked at, and each can be read.{rest}")


def _look(storage: Storage, read: Callable[[Storage, str], object], name: str, until: float) -> BrokenState | bool:
    """What is wrong with an object; True: nothing, False: there was no time to look."""
    if time.monotonic() > until:
        return False
    try:
        read(storage, name)
    except BrokenState as error:
        return error
    except NotFound:
        pass  # vanished meanwhile
    return True


def _mend(url: str) -> str:
    return f"Bring an older version back (gcloud storage ls -a {url}), or remove it: gcloud storage rm {url}"


CHECKS = (Check("stored objects", look, asks=of_storage),)
