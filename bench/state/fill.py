"""A store of a team that has worked for a year: runs, and as many datasets / 20 and experiments / 2."""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from bench.state.template import Change, Left, another, now
from engine.data.dataset import Dataset
from engine.names import alike
from engine.runs.run import Run
from local import workspace
from local.google.objects import Objects
from local.google.stored import Stored

YEAR = timedelta(days=365)
# The newest ended so long ago: nothing of it is still on its way.
REST = timedelta(hours=3)
COUNTRIES = ("fr", "de", "es", "it")
PEOPLE = (workspace.ANA.id, workspace.BEN.id, "U0CARLA", "U0DANIEL", "U0ELENA")
CHANNELS = (workspace.MARKETING.id, workspace.GENERAL.id, workspace.LAUNCH.id)
KEEP = timedelta(days=30)
FIRST = 101
FORM = "%Y%m%dT%H%M%SZ"
# Of twenty runs, how many end so.
SHARES = {"succeeded": 16, "failed": 2, "cancelled": 2}


@dataclass(frozen=True)
class Thing:
    """One run with its experiment, or one dataset, as the product left it."""

    left: list[Left]
    at: datetime
    names: dict[str, str]
    """What its run, ts, revision, dataset, country, title, who and channel are called: that is replaced."""

    def later(self, at: datetime) -> timedelta:
        """How much later than this one another is that is of about that time: whole seconds, as stamps have them."""
        return timedelta(seconds=round((at - self.at).total_seconds()))

    def stamp(self, kind: str, at: datetime, number: int) -> str:
        """What another one's `ts` or `dataset` is: its own time, and a tail that no other has at that time."""
        own, _, _ = self.names[kind].partition("-")
        return f"{datetime.strptime(own, FORM) + self.later(at):{FORM}}-{number & 0xFFFF:04x}"

    def change(self, at: datetime, **names: str) -> Change:
        """Make another of it, of about that time and of those names."""
        known = {self.names[kind]: name for kind, name in names.items()}
        if "title" in names:
            known[_digest(self.names["title"])] = _digest(names["title"])
        return Change(known, self.later(at), self.at)


@dataclass(frozen=True)
class Templates:
    """A dataset and a run of each end."""

    dataset: Thing
    runs: dict[str, Thing]


def thing_of(run: Run, left: list[Left], title: str) -> Thing:
    """A run that the product made, as a template."""
    names = {"run": run.id, "ts": run.ts, "revision": run.revision, "country": run.country, "title": title}
    names |= {"dataset": run.dataset_id.partition("/")[2], "who": run.who, "channel": run.channel}
    return Thing(left, run.created_at, names)


def thing_of_dataset(dataset: Dataset, left: list[Left]) -> Thing:
    """A dataset that the product made, as a template."""
    names = {"dataset": dataset.ts, "country": dataset.country, "title": dataset.title}
    return Thing(left, dataset.created_at, {**names, "who": dataset.who, "channel": dataset.channel})


def title(number: int) -> str:
    """What a dataset is called."""
    return f"Sales {COUNTRIES[number % len(COUNTRIES)].upper()} {number}"


def revisions(experiments: int, datasets: int) -> list[str]:
    """What the experiments are called, in their order: numbered without a gap per tag, none as the template's own."""
    numbers: Counter[str] = Counter()
    made = []
    for experiment in range(experiments):
        tag = COUNTRIES[experiment % datasets % len(COUNTRIES)].upper()
        made.append(f"{tag}_{FIRST + numbers[tag]}")
        numbers[tag] += 1
    return made


def counts(runs: int) -> tuple[int, int]:
    """How many experiments and datasets there are for so many runs."""
    return max(1, runs // 2), max(1, runs // 20)


def fill(storage: Path, templates: Templates, runs: int, scratch: Path) -> int:
    """Make a bucket with so many ended runs; returns how many objects it has."""
    shutil.rmtree(storage, ignore_errors=True)
    texts = scratch / "texts"
    texts.mkdir()
    objects = Objects(storage)
    try:
        return objects.add_many(_links(_everything(templates, runs, texts), texts))
    finally:
        objects.close()
        shutil.rmtree(texts)


def _everything(templates: Templates, runs: int, texts: Path) -> Iterator[tuple[Stored, Path]]:
    end = datetime.fromtimestamp(int(now().timestamp()), UTC) - REST
    experiments, datasets = counts(runs)
    number, named = 0, revisions(experiments, datasets)
    made: list[str] = []
    for dataset in range(datasets):
        at = end - YEAR + YEAR * dataset / datasets - timedelta(hours=1)
        ts = templates.dataset.stamp("dataset", at, dataset)
        names = {"dataset": ts, "country": COUNTRIES[dataset % len(COUNTRIES)], "title": title(dataset)}
        names |= {"who": PEOPLE[dataset % len(PEOPLE)], "channel": CHANNELS[0]}
        change = templates.dataset.change(at, **names)
        yield from _kept(another(templates.dataset.left, change, number := number + 1, texts))
        made.append(ts)
    ends = [end_ for end_, share in SHARES.items() for _ in range(share)]
    for run in range(runs):
        experiment = run % experiments
        dataset = experiment % datasets
        at = end - YEAR * (runs - 1 - run) / runs
        template = templates.runs[ends[run * 7 % len(ends)]]
        names = {
            "run": f"r{sha256(f'run {run}'.encode()).hexdigest()[:7]}",
            "ts": template.stamp("ts", at, run),
            "revision": named[experiment],
            "country": COUNTRIES[dataset % len(COUNTRIES)],
            "dataset": made[dataset],
            "title": title(dataset),
            "who": PEOPLE[run % len(PEOPLE)],
            "channel": CHANNELS[run // 7 % len(CHANNELS)],
        }
        left = template.left
        if run >= experiments:
            # The experiment is there: it is run again.
            left = [one for one in left if template.names["revision"] not in _last(one.stored.name)]
        yield from _kept(another(left, template.change(at, **names), number := number + 1, texts))


def _last(name: str) -> str:
    """Of an experiment's own objects the last part names it, of a training's folder the first."""
    return name.rpartition("/")[2]


def _kept(made: Iterator[tuple[Stored, Path]]) -> Iterator[tuple[Stored, Path]]:
    """What lifecycle has not thrown away by now."""
    until = (now() - KEEP).timestamp()
    return ((stored, path) for stored, path in made if stored.custom_time is None or stored.custom_time > until)


def _links(made: Iterator[tuple[Stored, Path]], texts: Path) -> Iterator[tuple[Stored, Path]]:
    """The same with files that can be linked: a file has only so many names."""
    copies: dict[Path, tuple[Path, int]] = {}
    for stored, path in made:
        if path.parent == texts:
            yield stored, path
            path.unlink()
            continue
        copy, used = copies.get(path, (path, 0))
        if used % 20_000 == 0:
            copy = texts / f"copy-{stored.file}"
            shutil.copyfile(path, copy)
        copies[path] = copy, used + 1
        yield stored, copy


def _digest(name: str) -> str:
    return sha256(alike(name).encode()).hexdigest()[:32]
