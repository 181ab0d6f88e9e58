"""The indexes: whether every list and look-up says what the facts say; or, where somebody asks for it, that it does."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.doctor.report import Finding, failed, ok, skipped, warning
from engine.doctor.subject import Check, Subject, of_storage
from engine.pipeline.repair import Difference, Repaired, repair

CHECK = "indexes"
REPAIR = "The sweep mends it within minutes, or at once: mmm doctor --repair."
# So many names a sentence tells.
NAMED = 5
MARKS = frozenset(paths.index_whole(folder) for folder in (paths.DATASET_INDEX, paths.EXPERIMENT_INDEX))
FOLDERS = (
    *(paths.DATASET_INDEX, paths.TITLE_INDEX, paths.EXPERIMENT_INDEX),
    *(paths.ACTIVE, paths.SLOTS, paths.HISTORY_ROWS, paths.HISTORY),
)


def look(subject: Subject) -> Iterator[Finding]:
    """Compare all views with all facts by what listings bring, and change nothing."""
    settings = subject.settings
    if settings.many and not settings.workspace:
        yield skipped("Each workspace has its own: type /mmm doctor there.")
        return
    found = repair(subject.cloud, subject.clock, look_only=True)
    # That an index is not called whole costs nobody anything but time, and is so until the first sweep.
    found = replace(found, differences=tuple(one for one in found.differences if one.view not in MARKS))
    for sentence in _sentences(found.differences):
        yield warning(sentence, REPAIR)
    yield from _rest(found, "say what they should")


def mended(cloud: Cloud, clock: Clock) -> Iterator[Finding]:
    """Have all views be as the facts say, by the body of every fact, and tell what differed."""
    found = repair(cloud, clock, thorough=True)
    for sentence in _sentences(found.differences):
        yield ok(f"{sentence} It is mended.", check=CHECK)
    for name, why in found.broken:
        yield failed(f"{name} cannot be mended: {why}", "The check “stored objects” says what mends it.", check=CHECK)
    for finding in _rest(
        found, "were brought to what they should say" if found.differences else "say what they should"
    ):
        yield finding.of(CHECK)


def _rest(found: Repaired, how: str) -> Iterator[Finding]:
    if found.kept:
        yield warning(
            f"{len(found.kept)} rows of the history are of runs that are gone, and stay: {_names(found.kept)}.",
            "Nothing is to be done where the runs were removed by hand; else bring their states back.",
        )
    if not found.differences or how.startswith("were"):
        yield ok(f"{found.facts} datasets, experiments and runs were looked at; their lists and look-ups {how}.")


def _sentences(differences: Iterable[Difference]) -> Iterator[str]:
    """What differed, a sentence for each folder and each way to differ."""
    of: dict[tuple[str, str], list[str]] = {}
    for one in differences:
        folder = next((folder for folder in FOLDERS if one.view.startswith(folder)), one.view)
        of.setdefault((folder, one.how), []).append(one.view)
    for (folder, how), names in of.items():
        if names == [folder]:
            yield f"{folder} {how}."
        else:
            many = how.replace("was ", "were ", 1) if len(names) > 1 else how
            yield f"{folder}: {len(names)} of its entries {many}: {_names(names)}."


def _names(names: Iterable[str]) -> str:
    told = [name.rpartition("/")[2] for name in names]
    return ", ".join(told[:NAMED]) + (f" and {len(told) - NAMED} more" if len(told) > NAMED else "")


# Of ten thousand runs, some sixty listings are gone through.
CHECKS = (Check(CHECK, look, seconds=60.0, asks=of_storage),)
