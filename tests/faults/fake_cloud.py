"""Google Cloud and Slack in memory, in virtual time: every outside call is counted and may be the last one.

A crash comes before or after the effect of the call it is set for. The task that was being worked on is then
delivered again, as Cloud Tasks would; containers live on by themselves.
"""

import heapq
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from engine import paths
from engine.cloud.jobs import Execution
from engine.cloud.lines import LINE_BYTES, Line
from engine.cloud.packed import packed
from engine.cloud.result import MANIFEST, RESULTS, Kind, Manifest, vouch
from engine.cloud.storage import Body, Document, Entry, StoredFile, bytes_crc32c, file_crc32c
from engine.errors import (
    AlreadyExists,
    Ambiguous,
    BadData,
    BrokenState,
    Conflict,
    NoRoom,
    NotFound,
    Refused,
    Unavailable,
)
from engine.ports import Delivery, Notice, Place, Post
from engine.results.second_opinion import SecondOpinion
from engine.runs.attempt import claim_line
from engine.settings import Settings

T = TypeVar("T")
COMPARED = SecondOpinion(missing="Nothing was compared.").model_dump_json().encode()
# So many objects a listing's answer holds.
PAGE = 1000
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
JOB = "projects/p/locations/l/jobs/j"
# What the training calls: nobody repeats it.
CALLS = ("finished",)
NO_MEMORY = "Memory limit of 512 MiB exceeded with 516 MiB used."
NO_TIME = "Terminating task because it has reached the maximum timeout of 600 seconds."
NO_IMAGE = "Image 'europe-docker.pkg.dev/p/mmm/training:1' not found."


class Crash(BaseException):
    """The process died. Nothing of it may catch this."""


class FakeClock:
    """Time that moves only when it is told to."""

    def __init__(self) -> None:
        self.time = NOON
        self._names = itertools.count(1)

    def now(self) -> datetime:
        return self.time

    def stamp(self) -> str:
        return f"{self.time:%Y%m%dT%H%M%SZ}-{next(self._names):04x}"


class World:
    """What survives a crash, and the door everything goes through."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.calls: list[str] = []
        self.crash: tuple[int, str] | None = None
        self.crashed = 0
        self.before: Callable[[str], None] = lambda call: None

    def reach(self, call: str, effect: Callable[[], T]) -> T:
        """Make one outside call; perhaps die before or after it."""
        self.before(call)
        self.calls.append(call)
        at, self_crash = len(self.calls), self.crash
        if self_crash == (at, "before"):
            self._die()
        try:
            return effect()
        finally:
            if self_crash == (at, "after"):
                self._die()

    def _die(self) -> None:
        self.crash = None
        self.crashed += 1
        raise Crash


class FakeStorage:
    """A bucket with generations and preconditions, as strict as the real one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._generations = itertools.count(1)
        self.objects: dict[str, tuple[bytes, int, datetime]] = {}
        self.lines: dict[str, dict[str, Any]] = {}
        self.passing: set[str] = set()
        self.later: dict[str, int] = {}

    # What containers and assertions use: not counted

    def put(self, path: str, data: bytes, generation: int | None = None, line: Line | None = None) -> int:
        current = self.objects.get(path)
        if generation is not None and (current[1] if current else 0) != generation:
            if generation == 0:
                raise AlreadyExists(f"{path} exists already.")
            raise Conflict(f"{path} was changed by somebody else.")
        made = next(self._generations)
        self.objects[path] = (data, made, self._world.clock.time)
        self.lines.pop(path, None)
        if line is not None:
            self.lines[path] = dict(line)
        self.passing.discard(path)
        return made

    def drop(self, path: str) -> None:
        """Lose an object."""
        del self.objects[path]
        self.lines.pop(path, None)
        self.passing.discard(path)

    def throw_away(self, within: int = 10_000) -> None:
        """What the bucket's lifecycle rule does in the end: all that is passing goes, or what does `within` days."""
        for path in list(self.passing):
            if self.later.get(path, 0) <= within:
                self.drop(path)

    def look(self, path: str) -> dict[str, Any] | None:
        found = self.objects.get(path)
        return json.loads(found[0]) if found else None

    # The surface of engine.cloud.storage.Storage

    def create(self, path: str, body: Body, *, line: Line | None = None, passing: bool = False) -> Document:
        return self._json("create", path, body, 0, line, passing)

    def swap(
        self, path: str, body: Body, generation: int, *, line: Line | None = None, passing: bool = False
    ) -> Document:
        return self._json("swap", path, body, generation, line, passing)

    def replace(self, path: str, body: Body, *, line: Line | None = None) -> Document:
        return self._json("replace", path, body, None, line)

    def read(self, path: str) -> Document | None:
        return self._world.reach(f"read {path}", lambda: self._document(path))

    def require(self, path: str, what: str) -> Document:
        found = self.read(path)
        if found is None:
            raise NotFound(what)
        return found

    def put_file(
        self,
        path: str,
        source: Path,
        content_type: str = "application/octet-stream",
        *,
        line: Line | None = None,
        passing: bool | datetime = False,
    ) -> StoredFile:
        return self.put_bytes(path, source.read_bytes(), content_type, line=line, passing=bool(passing))

    def put_bytes(
        self, path: str, data: bytes, content_type: str, *, line: Line | None = None, passing: bool = False
    ) -> StoredFile:
        return self._world.reach(
            f"put {path}", lambda: self._stored(path, data, self._put(path, data, 0, line, passing))
        )

    def overwrite_view(self, path: str, data: bytes, content_type: str, *, line: Line | None = None) -> StoredFile:
        return self._world.reach(
            f"overwrite {path}", lambda: self._stored(path, data, self._put(path, data, None, line))
        )

    def compose(
        self,
        path: str,
        sources: Sequence[str],
        content_type: str,
        *,
        generation: int | None = None,
        source_generations: Sequence[int | None] | None = None,
        line: Line | None = None,
    ) -> StoredFile:
        def join() -> StoredFile:
            assert 1 <= len(sources) <= 32
            for source, meant in zip(sources, source_generations or [None] * len(sources), strict=True):
                if meant is not None and self.objects.get(source, (b"", 0))[1] != meant:
                    raise Conflict(f"{source} was changed by somebody else.")
            data = b"".join(self._bytes(source) for source in sources)
            return self._stored(path, data, self._put(path, data, generation, line))

        return self._world.reach(f"compose {path}", join)

    def get_bytes(self, path: str) -> bytes:
        return self._world.reach(f"get {path}", lambda: self._bytes(path))

    def get_start(self, path: str, size: int) -> bytes:
        return self._world.reach(f"get {path}", lambda: self._bytes(path)[:size])

    def get_file(self, path: str, into: Path) -> StoredFile:
        into.write_bytes(self.get_bytes(path))
        found = self.objects[path]
        return StoredFile(path, len(found[0]), file_crc32c(into), found[1])

    def list(self, prefix: str, *, limit: int | None = None, start: str = "", end: str = "") -> Iterator[Entry]:
        """Counted as often as the service is asked: once for a thousand objects."""

        def entry(name: str) -> Entry:
            data, generation, updated = self.objects[name]
            line = self.lines.get(name)
            checksum = bytes_crc32c(data)
            return Entry(name, len(data), generation, updated, checksum, None if line is None else dict(line))

        def page(after: str, most: int) -> list[Entry]:
            names = (name for name in self.objects if name.startswith(prefix) and name > after)
            within = sorted(name for name in names if name >= start and not (end and name >= end))
            return [entry(name) for name in within[:most]]

        after, left = "", limit
        while left is None or left > 0:
            most = PAGE if left is None else min(PAGE, left)
            found = self._world.reach(f"list {prefix}", lambda after=after, most=most: page(after, most))
            yield from found
            if len(found) < PAGE:
                return
            after, left = found[-1].path, None if left is None else left - len(found)

    def exists(self, path: str) -> bool:
        return self._world.reach(f"exists {path}", lambda: path in self.objects)

    def delete(self, path: str, generation: int | None = None) -> bool:
        def remove() -> bool:
            if generation is not None and self.objects.get(path, (b"", 0))[1] != generation:
                return False
            if path not in self.objects:
                return False
            self.drop(path)
            return True

        return self._world.reach(f"delete {path}", remove)

    def let_pass(self, path: str, *, days: int = 0) -> bool:
        def mark() -> bool:
            if path in self.objects:
                self.passing.add(path)
                self.later[path] = days
            return path in self.objects

        return self._world.reach(f"let pass {path}", mark)

    def _json(
        self, how: str, path: str, body: Body, generation: int | None, line: Line | None = None, passing: bool = False
    ) -> Document:
        plain = body.model_dump(mode="json") if isinstance(body, BaseModel) else dict(body)
        text = json.dumps(plain, allow_nan=False)
        effect = partial(self._put, path, text.encode(), generation, line, passing)
        return Document(path, json.loads(text), self._world.reach(f"{how} {path}", effect))

    def _put(
        self, path: str, data: bytes, generation: int | None, line: Line | None = None, passing: bool = False
    ) -> int:
        made = self.put(path, data, generation)
        if line is not None and len((text := json.dumps(line, ensure_ascii=False)).encode()) <= LINE_BYTES:
            self.lines[path] = json.loads(text)
        if passing:
            self.passing.add(path)
        return made

    def _document(self, path: str) -> Document | None:
        if path not in self.objects:
            return None
        raw, generation, _ = self.objects[path]
        try:
            return Document(path, json.loads(raw), generation)
        except ValueError as error:
            raise BrokenState(f"{path} cannot be read.") from error

    def _bytes(self, path: str) -> bytes:
        if path not in self.objects:
            raise NotFound(f"There is no {path}.")
        return self.objects[path][0]

    def _stored(self, path: str, data: bytes, generation: int) -> StoredFile:
        return StoredFile(path, len(data), bytes_crc32c(data), generation)


@dataclass(order=True)
class Task:
    due: datetime
    number: int
    step: str = field(compare=False)
    payload: dict[str, Any] = field(compare=False)
    tried: int = field(default=0, compare=False)


class FakeTasks:
    """Queues whose names are never free again."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = itertools.count(1)
        self.names: set[str] = set()
        self.waiting: list[Task] = []

    def enqueue(self, queue: str, step: str, payload: dict[str, str | int], *, key: str, delay: float = 0.0) -> None:
        def add() -> None:
            if key not in self.names:
                self.names.add(key)
                self.add(step, dict(payload), delay)

        self._world.reach(f"enqueue {step}", add)

    def add(self, step: str, payload: dict[str, Any], delay: float, tried: int = 0) -> None:
        due = self._world.clock.time + timedelta(seconds=delay)
        heapq.heappush(self.waiting, Task(due, next(self._numbers), step, payload, tried))

    def purge(self) -> None:
        """Lose every task; the names stay taken."""
        self.waiting.clear()


@dataclass
class Container:
    """One execution. `does` is what becomes of it: see FakeJobs."""

    name: str
    env: dict[str, str]
    created: datetime
    does: str
    state: str = "RUNNING"
    exit_code: int | None = None
    signal: int | None = None
    message: str = ""
    reason: str = ""
    claimed: bool = False
    previewed: bool = False

    @property
    def both(self) -> bool:
        return self.env.get("MMM_TRAINER") == "both"


class FakeJobs:
    """Executions that do what the training job does: claim, train for a while, leave a manifest.

    Where both trainers are asked for, a preview is left, and told, before the second one begins.

    `script` says what the next containers do: `train`, `fail` (a manifest that says so), `killed` (after the
    claim), `memory` and `timeout` (likewise, and Cloud Run says that it took too much), `silent` (ends without a
    manifest), `early` (dies before the claim), `never` (does not start), `no-image` (cannot start), `hang`, `lost` (a
    manifest that says that the trainer was killed).
    `replies` says what the caller of the next runs hears: `ok`, `lost` (created), `nothing` (not created), `no`, and
    `busy` (there is no room).
    """

    def __init__(self, world: World, storage: FakeStorage, tasks: FakeTasks) -> None:
        self._world, self._storage, self._tasks = world, storage, tasks
        self.script: list[str] = []
        self.replies: list[str] = []
        self.containers: list[Container] = []
        self.trainings: Counter[tuple[str, str]] = Counter()
        self.starts_after: list[float] = []
        self.takes = 300.0
        self.listed_after = 0.0
        self.most_at_once = 0
        self.mute = False

    def run(self, env: dict[str, str], timeout: int) -> str:
        return self._world.reach("run", lambda: self._run(env))

    def _run(self, env: dict[str, str]) -> str:
        reply = self.replies.pop(0) if self.replies else "ok"
        if reply == "no":
            raise Refused("The training could not be started.", "Ask somebody.")
        if reply == "busy":
            raise NoRoom("Cloud Run has no room for the training right now. Cloud Run says: “Quota exceeded.”")
        if reply == "nothing":
            raise Ambiguous("Nobody knows yet whether the training started.")
        does = self.script.pop(0) if self.script else "train"
        made = Container(f"{JOB}/executions/e{len(self.containers)}", dict(env), self._world.clock.time, does)
        self.containers.append(made)
        wait = self.starts_after.pop(0) if self.starts_after else 10.0
        if does == "no-image":
            made.state, made.reason, made.message = "FAILED", "CONTAINER_MISSING", NO_IMAGE
        elif does != "never":
            self._tasks.add("container", {"name": made.name}, wait)
        if reply == "lost":
            raise Ambiguous("Nobody knows yet whether the training started.")
        return made.name

    def execution(self, name: str) -> Execution | None:
        return self._world.reach("execution", lambda: self._read(self._named(name)))

    def find(self, env: dict[str, str], since: datetime) -> Execution | None:
        def newest() -> Execution | None:
            now = self._world.clock.time
            for one in reversed(self.containers):
                listed = one.created + timedelta(seconds=self.listed_after) <= now
                if listed and one.created >= since and env.items() <= one.env.items():
                    return self._read(one)
            return None

        return self._world.reach("find", newest)

    def cancel(self, name: str) -> None:
        def stop() -> None:
            one = self._named(name)
            if one is not None and one.state == "RUNNING":
                one.state, one.signal = "CANCELLED", 15

        self._world.reach("cancel", stop)

    def advance(self, name: str) -> None:
        """The container begins, or comes to its end."""
        one = self._named(name)
        if one is None or one.state != "RUNNING":
            return
        folder = one.env["MMM_FOLDER"]
        if not one.claimed:
            if one.does == "early":
                one.state, one.exit_code = "FAILED", 1
                return
            claim = {"kind": "training", "execution": name, "at": self._world.clock.time.isoformat()}
            try:
                self._storage.put(paths.claim(folder), json.dumps(claim).encode(), 0, claim_line(claim))
            except AlreadyExists:
                one.state = "SUCCEEDED"
                return
            one.claimed = True
            self.trainings[one.env["MMM_RUN"], one.env["MMM_ATTEMPT"]] += 1
            self.most_at_once = max(self.most_at_once, sum(c.claimed and c.state == "RUNNING" for c in self.containers))
            if one.does != "hang" or one.both:
                self._tasks.add("container", {"name": name}, self.takes)
        elif one.both and not one.previewed:
            one.previewed = True
            self._leave_preview(one, folder)
            if one.does != "hang":
                self._tasks.add("container", {"name": name}, self.takes)
        elif one.does in ("killed", "memory", "timeout"):
            one.state, one.signal = "FAILED", 9
            one.message = {"memory": NO_MEMORY, "timeout": NO_TIME}.get(one.does, "")
        else:
            one.state = "SUCCEEDED"
            if one.does != "silent":
                self._leave_manifest(one, folder)

    def _leave_manifest(self, one: Container, folder: str) -> None:
        stopped = paths.run_cancel(one.env["MMM_RUN"]) in self._storage.objects
        kind: Kind = "cancelled" if stopped else {"fail": "failed", "lost": "lost"}.get(one.does, "succeeded")
        told = Manifest(kind=kind, what=f"It {kind}.", todo="Look.")
        files = {"second_opinion.json": COMPARED} if one.both and kind == "succeeded" else {}
        self._leave(folder, told, files)
        # The call to the worker.
        self._tasks.add("finished", {"run": one.env["MMM_RUN"], "attempt": int(one.env["MMM_ATTEMPT"])}, 0)

    def _leave(self, folder: str, told: Manifest, results: Mapping[str, bytes]) -> None:
        """A result with these files, in one object."""
        files = {f"{RESULTS}{name}": data for name, data in results.items()}
        told = told.with_files([vouch(name, data) for name, data in files.items()])
        self._storage.put(paths.result_pack(folder), packed([(MANIFEST, told.written()), *files.items()]), 0, told.line)

    def _leave_preview(self, one: Container, folder: str) -> None:
        self._leave(paths.preview(folder), Manifest(kind="succeeded"), {})
        # The call to the worker, which may come late or not at all.
        if not self.mute:
            self._tasks.add("preview", {"run": one.env["MMM_RUN"], "attempt": int(one.env["MMM_ATTEMPT"])}, 0)

    def _named(self, name: str) -> Container | None:
        return next((one for one in self.containers if one.name == name), None)

    def _read(self, one: Container | None) -> Execution | None:
        if one is None:
            return None
        told = {"message": one.message, "reason": one.reason, "env": one.env}
        return Execution(one.name, one.state, one.created, one.exit_code, one.signal, **told)  # type: ignore[arg-type]


class FakeMessenger:
    """A Slack that remembers what it showed, and finds a message again by its key."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.posts: dict[str, Notice] = {}
        self.deliveries: list[str] = []
        self.cards: dict[str, str] = {}
        self.rounds: dict[str, list[dict[str, Any]]] = {}
        self.drawn: list[dict[str, Any]] = []
        self.closed: set[str] = set()

    def deliver(self, notice: Notice, delivery: Delivery) -> Place:
        def send(notice: Notice) -> Place:
            return self._world.reach(f"deliver {notice.kind}", lambda: self._deliver(notice))

        def look(since: datetime, progress: dict[str, str]) -> Place | None:
            return self._world.reach(f"look for {notice.kind}", lambda: self._find(notice.key))

        return delivery.make(notice.key, lambda: notice, send, Post(look, lambda place: None))

    def redraw(self, notice: Notice, place: Place) -> bool:
        def draw() -> bool:
            self._draw(notice)
            return True

        return self._world.reach(f"redraw {notice.kind}", draw)

    def _draw(self, card: Notice) -> None:
        if card.kind == "round_card":
            self.rounds.setdefault(card.data["round"], []).append(card.data)
            return
        self.drawn.append(card.data["run"])
        self.cards[card.run] = card.data["run"]["state"]

    def _deliver(self, notice: Notice) -> Place:
        channel = notice.channel or f"D-{notice.user}"
        if channel in self.closed:
            raise Refused("That channel takes no messages.")
        self.deliveries.append(notice.key)
        if notice.kind in ("run_card", "round_card"):
            self._draw(notice)
        else:
            assert notice.key not in self.posts, f"{notice.key} is posted twice"
            self.posts[notice.key] = notice
        return {"channel": channel, "ts": f"{len(self.deliveries)}.0"}

    def _find(self, key: str) -> Place | None:
        if key not in self.deliveries:
            return None
        channel = self.posts[key].channel if key in self.posts else "C1"
        return {"channel": channel, "ts": f"{self.deliveries.index(key) + 1}.0"}

    def kinds(self, run_id: str) -> Counter[str]:
        return Counter(notice.kind for notice in self.posts.values() if notice.data.get("run", {}).get("id") == run_id)


class FakeCloud:
    """Everything outside, with the surface of engine.cloud.Cloud."""

    warehouse: Any = None
    secrets: Any = None

    def __init__(self, **settings: Any) -> None:
        given: dict[str, Any] = {"workspace": "T1", "project": "p", "bucket": "b", "worker_url": "http://w"}
        given |= {"tasks_account": "t@p", "slack_signing_secret": "file:x", "slack_token_secret": "file:x"}
        self.settings = Settings(**given | settings)
        self.world = World()
        self.clock = self.world.clock
        self.storage = FakeStorage(self.world)
        self.tasks = FakeTasks(self.world)
        self.jobs = FakeJobs(self.world, self.storage, self.tasks)
        self.messenger = FakeMessenger(self.world)

    def warehouse_of(self, name: str = "") -> Any:
        if self.warehouse is None:
            raise BadData("No warehouse is connected.", "Drop a file instead.")
        return self.warehouse

    def warehouse_at(self, connection: Any, *, seconds: int = 30) -> Any:
        return self.warehouse_of(connection.name)

    def drain(self, perform: Callable[[Task], None], *, hours: float = 48, twice: bool = False) -> None:
        """Deliver tasks in the order of their times until none is left; `twice` delivers every one two times."""
        end = self.clock.time + timedelta(hours=hours)
        while self.tasks.waiting and self.tasks.waiting[0].due <= end:
            task = heapq.heappop(self.tasks.waiting)
            self.clock.time = max(self.clock.time, task.due)
            if task.step == "container":
                self.jobs.advance(task.payload["name"])
                continue
            for _ in range(2 if twice else 1):
                try:
                    perform(task)
                except (Crash, Unavailable):
                    if task.step in CALLS:
                        break
                    if task.tried > 20:
                        raise
                    self.tasks.add(task.step, task.payload, 5.0, task.tried + 1)
                    break
