"""The bucket: it is there, it keeps what it is given, and it refuses to create an object twice."""

from collections.abc import Iterator
from contextlib import suppress

from engine import paths
from engine.doctor.examine import clipped
from engine.doctor.report import Finding, failed, ok, skipped, warning
from engine.doctor.subject import Check, Subject, of_storage
from engine.errors import AlreadyExists, Conflict, MmmError, NotFound, Refused

ROLE = "roles/storage.objectUser"


def look_at_objects(subject: Subject) -> Iterator[Finding]:
    """Create, read and delete one object under a prefix of its own, and see its second creation refused."""
    settings, storage = subject.settings, subject.cloud.storage
    url = f"gs://{settings.bucket}"
    path = paths.probe(subject.clock.stamp())
    if settings.many and not settings.workspace and subject.part == "bot":
        yield skipped("Where workspaces install the app, the bot writes below each of them: type /mmm doctor there.")
        return
    try:
        next(storage.list(path, limit=1), None)
    except NotFound:
        make = f"gcloud storage buckets create {url} --project={settings.project} --location={settings.region}"
        yield failed(
            f"There is no bucket {settings.bucket}.", f"Correct MMM_BUCKET, or: terraform apply; by hand: {make}"
        )
        return
    except Refused as error:
        yield failed(f"Our account may not list {url} ({clipped(error.detail)}).", _grant(url))
        return
    try:
        made = storage.create(path, {"probe": "doctor"}, passing=True)
    except Refused as error:
        yield failed(f"Our account may not write to {url} ({clipped(error.detail)}).", _grant(url))
        return
    try:
        yield from _twice(subject, path, made.generation)
        read = storage.read(path)
        if read is None or read.body != made.body:
            yield failed(f"{url} did not give back what was written.", "Nothing is safe there: use another bucket.")
    finally:
        with suppress(MmmError):
            storage.delete(path)
    if storage.exists(path):
        yield failed(f"Our account may write to {url} and not delete there.", _grant(url))
        return
    yield ok(f"{url} takes, gives back and deletes an object.")


def _twice(subject: Subject, path: str, generation: int) -> Iterator[Finding]:
    """Both preconditions that everything rests on: create-only, and only over the version that was read."""
    check, fix = "bucket precondition", "Something between ignores preconditions: reach Cloud Storage directly."
    storage = subject.cloud.storage
    try:
        storage.create(path, {"probe": "again"})
    except AlreadyExists:
        pass
    else:
        yield failed("An object was created twice: the bucket ignores create-only writes.", fix, check=check)
        return
    try:
        storage.swap(path, {"probe": "over"}, generation + 1)
    except Conflict:
        yield ok(
            "What is there already is refused with 412: create-only holds, and so does compare-and-swap.", check=check
        )
    else:
        yield failed("A write over a version that is not the newest was taken.", fix, check=check)


def look_at_protection(subject: Subject) -> Iterator[Finding]:
    """Versioning, public access and soft delete, where our account may look at the bucket."""
    settings = subject.settings
    url = f"gs://{settings.bucket}"
    try:
        found = subject.cloud.storage.protection()
    except NotFound:
        yield skipped("There is no bucket to look at.")
        return
    except Refused:
        said = f"Nobody checks how {url} is protected: our account may not look at its settings (storage.buckets.get)."
        yield warning(said, _look(url))
        return
    if found is None:
        yield skipped(
            "Nobody can check that: the bucket is a folder of this machine, without versions, and as open as its disk."
        )
        return
    update = f"gcloud storage buckets update {url}"
    if found.public_access != "enforced":
        yield failed(
            f"{url} may be opened to the public.", f"terraform apply; by hand: {update} --public-access-prevention"
        )
    if not found.versioning:
        yield warning(f"{url} keeps no older versions.", f"terraform apply; by hand: {update} --versioning")
    if found.soft_delete:
        days = found.soft_delete / 86_400
        costs = (
            f"{url} keeps all that is overwritten for {days:g} days, and bills it: state is overwritten all the time."
        )
        yield warning(costs, f"terraform apply; by hand: {update} --clear-soft-delete")
    if found.keep_days != settings.keep_days:
        kept = "for ever" if found.keep_days is None else f"for {found.keep_days} days"
        said = f"{url} keeps what is done with {kept}; MMM_KEEP_DAYS says {settings.keep_days}."
        yield warning(said, "terraform apply with MMM_KEEP_DAYS in its variable settings: it makes both of that one.")
    if found.public_access == "enforced" and found.versioning and not found.soft_delete:
        yield ok("Closed to the public, with versions, without soft delete.")


def _grant(url: str) -> str:
    return (
        f"terraform apply; by hand: gcloud storage buckets add-iam-policy-binding {url} "
        f"--member=serviceAccount:… --role={ROLE}"
    )


def _look(url: str) -> str:
    return f"Look with your own account: gcloud storage buckets describe {url}"


CHECKS = (
    Check("bucket", look_at_objects, seconds=30.0, asks=of_storage),
    # The bot's account may see its objects, and nothing of the bucket.
    Check("bucket protection", look_at_protection, ("worker",), asks=of_storage),
)
