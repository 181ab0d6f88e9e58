"""The product on that day: which step follows which, through which queue, and what each asks of whom."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from bench.simulated.clock import Action, Clock, Queue, Service
from bench.simulated.costs import Costs, Requests, Times
from bench.simulated.day import DAY, Wish
from bench.simulated.limits import Meters
from bench.simulated.setup import Setup
from bot import tenants
from bot.slack import people
from bot.slack.app import ANSWER_SECONDS, time_to_tell
from engine.cloud import secrets
from engine.job.settings import JobSettings
from engine.pipeline.history import MARGIN, TOGETHER
from engine.pipeline.launch import MOST_LOOKS
from engine.pipeline.next_step import FIRST_LOOK
from engine.results.found import POSTED

# Slack gives up after so long. After ANSWER_SECONDS the bot says that it takes long, in place of an answer; a word to
# one person comes on top of an answer, in what time is left.
ACKNOWLEDGE_SECONDS = 3.0
# What a run asks that finds no place, at a look while it trains, and where nobody need look any more: the quick run of
# bench.state is over before the first look. A test holds these against the pipeline.
NO_PLACE, LOOK, NOTHING_MORE = Requests(reads=1, lists=4), Requests(reads=1, lists=1), Requests(reads=1)
# Likewise a card that is drawn again while it trains. At the end it is drawn with the messages.
REDRAW = Requests(reads=4)
# A training signs as often as it has news, which is always; listens for a wish to stop; and keeps its trials.
NEWS_EVERY, HEARD_EVERY, KEPT_EVERY = (
    float(JobSettings.model_fields[name].default) for name in ("news_seconds", "beat_seconds", "keep_seconds")
)
# Of a run that ended: messages in its thread, and pictures in them, at most.
MESSAGES, PICTURES = 2, POSTED
# One in so many deliveries breaks off and comes again.
BROKEN = 500
# What a person does about one run, before and after.
CLICKS = ("open", "redraw", "redraw", "search", "form", "home", "status", "details", "details")
VIEWS = {"open": "slack_open", "redraw": "slack_redraw", "home": "slack_home"}


@dataclass
class Run:
    """One run on its way."""

    wish: Wish
    asked: float
    launched: bool = False
    over: bool = False
    card: bool = False


@dataclass
class Told:
    """What came of a day, beside what the meters say."""

    acknowledged: list[float] = field(default_factory=list)
    lines: list[float] = field(default_factory=list)
    results: list[float] = field(default_factory=list)
    too_long: int = 0
    no_room: int = 0
    training_seconds: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)


class Product:
    """Everything that runs, in virtual time."""

    def __init__(
        self, setup: Setup, costs: Costs, times: Times, *, seed: int, several: bool, raised: Mapping[str, float]
    ) -> None:
        """several: workspaces install the app themselves, so that each has an installation, a token and a sweep.

        raised: quotas that were raised, by a limit's name.
        """
        self.setup, self.costs, self.times, self.several = setup, costs, times, several
        self.clock, self.meters, self.told, self.draw = Clock(), Meters(raised), Told(), Random(seed)
        self.queues = {
            name: Queue(self.clock, per_second=rate.per_second, at_once=rate.at_once)
            for name, rate in setup.queues.items()
        }
        bot, worker = setup.bot, setup.worker
        self.bot = Service(
            self.clock, concurrency=bot.concurrency, least=bot.least, most=bot.most, start_seconds=times.bot_start
        )
        self.worker = Service(
            self.clock, concurrency=worker.concurrency, least=worker.least, most=worker.most,
            start_seconds=times.worker_start,
        )  # fmt: skip
        self._known: dict[tuple[object, ...], float] = {}
        self._places: Counter[int] = Counter()
        self._lines: dict[int, list[Run]] = {}
        self._history: set[tuple[int, int]] = set()

    # What is asked of others

    def _store(self, requests: Requests, what: str, own: object = None, at: float | None = None) -> None:
        """Count a step's requests, all in the second in which it begins; `own`: the object that it writes."""
        now = self.clock.now if at is None else at
        if reads := requests.reads + requests.lists:
            self.meters.count("storage_read", "", now, self._whole(reads))
        if writes := requests.writes + requests.deletes:
            self.meters.count("storage_write", "", now, self._whole(writes))
        if own is not None:
            self.meters.count("storage_object", own, now)
        self.told.requests[what] += requests.all  # type: ignore[assignment]

    def _whole(self, count: float) -> int:
        """A number of requests that is whole, and right on average."""
        return int(count) if count == int(count) else int(count) + (self.draw.random() < count % 1)

    def _new(self, what: str, seconds: float, *key: object) -> bool:
        """Whether it was not asked within so many seconds; then it is now."""
        known = self._known.get((what, *key))
        if known is not None and self.clock.now < known:
            return False
        self._known[(what, *key)] = self.clock.now + seconds
        return True

    def _tenant(self, service: Service, role: str, workspace: int) -> float:
        """What it takes to know a workspace and its token; returns how long."""
        instance, took = self.draw.randrange(max(service.ready, 1)), 0.0
        if self.several and self._new("installation", tenants.KEPT_SECONDS, role, instance, workspace):
            self._store(Requests(reads=1), "installation")
            took += self.times.slow(self.draw, self.times.read)
        if self._new("secret", secrets.KEPT_SECONDS, role, instance, workspace if self.several else 0):
            self.meters.count("secret_access", "", self.clock.now)
            took += self.times.slow(self.draw, self.times.read)
        return took

    def enqueue(self, queue: str, seconds: float, work: Callable[[], None], delay: float = 0.0) -> None:
        """Have `work` done by the worker, which takes it so many seconds; rarely it breaks off and comes again."""
        self.meters.count("tasks_create", "", self.clock.now)

        def deliver(end: Action) -> None:
            self.meters.count("tasks_dispatch", queue, self.clock.now)

            def done(took: float) -> None:
                end()
                if self.draw.randrange(BROKEN) == 0:
                    self.queues[queue].add(deliver, self.setup.queues[queue].min_backoff)
                else:
                    work()

            self.worker.ask(seconds, done)

        self.queues[queue].add(deliver, delay)

    def _step(self, name: str, run: Run, cost: Requests | None = None, own: object = None) -> None:
        """Count what one task of a step asks of Storage, by default as bench.state counted it."""
        self.told.steps[name] += 1
        self._store(cost or self.costs.steps[name], name, own)
        self._tenant(self.worker, "worker", run.wish.workspace)

    # People

    def want(self, wish: Wish) -> None:
        """Have somebody want a run: they look around, send the form, and look again."""
        if wish.scheduled:
            self.clock.at(wish.at, lambda: self._submit(wish))
            return
        before = (wish.at - 60, wish.at - 40, wish.at - 20, wish.at - 10, wish.at)
        after = (wish.at + 30, wish.at + 200, wish.at + 300, wish.at + 400)
        for at, what in zip((*before, *after), CLICKS, strict=True):
            self.clock.at(max(at, 0), lambda what=what: self.click(wish, what))  # type: ignore[misc]

    def click(self, wish: Wish, what: str) -> None:
        """One request of Slack, acknowledged when all of it is done."""
        pages = {"open": self.costs.search, "redraw": Requests(reads=1), "search": self.costs.search,
                 "form": self.costs.steps["bot"], "home": self.costs.home, "status": self.costs.status,
                 "details": Requests(reads=2)}  # fmt: skip
        cost, now, workspace = pages[what], self.clock.now, wish.workspace
        self._store(cost, "bot" if what == "form" else "pages")
        self.meters.count("slack_events", workspace, now)
        known = self.times.handler + self._tenant(self.bot, "bot", workspace)
        answer = self.times.drawn(self.draw, cost)
        if self._new("person", people.KEPT_SECONDS, workspace, wish.person):
            self.meters.count("slack_person", workspace, now)
            answer += min(self.times.slow(self.draw, self.times.person), people.ASK_SECONDS)
        if what in VIEWS:
            self.meters.count(VIEWS[what], workspace, now)
            answer += self.times.slow(self.draw, self.times.slack)
        if what == "form":
            answer += sum(self.times.slow(self.draw, self.times.enqueue) for _ in range(2))
        self.told.too_long += answer > ANSWER_SECONDS
        seconds = known + min(answer, ANSWER_SECONDS)
        if what == "details":
            seconds += min(self.times.slow(self.draw, self.times.slack), time_to_tell(min(answer, ANSWER_SECONDS)))

        def done(took: float) -> None:
            self.told.acknowledged.append(took)
            if what == "form":
                self._submit(wish)

        self.bot.ask(seconds, done)

    # A run

    def _submit(self, wish: Wish) -> None:
        run = Run(wish, self.clock.now)
        if wish.scheduled:
            self._store(self.costs.steps["bot"], "bot")
        self._touch(run)
        self._draw_card(run)
        worth = self._worth("stage", work=self.times.stage + self.times.run_job)
        self.enqueue("stage", worth, lambda: self._stage(run))

    def _worth(self, name: str, work: float = 0.0) -> float:
        """How long a task of a step takes."""
        return self.times.storage(self.costs.steps[name]) + work

    def _touch(self, run: Run) -> None:
        """The run's state is written."""
        self.meters.count("storage_object", id(run), self.clock.now)

    def _stage(self, run: Run) -> None:
        # It goes straight on to the launch: where there is no place, it asks a little more and leaves most of it out.
        self._step("stage", run)
        self._lines.setdefault(run.wish.workspace, []).append(run)
        self._launch(run)

    def _launch(self, run: Run) -> None:
        """Take a place and begin to train, or come again: the later, the more wait before it."""
        workspace = run.wish.workspace
        line = self._lines[workspace]
        if self._places[workspace] >= self.setup.max_running:
            self._step("launch", run, NO_PLACE)
            looks = min(1 + line.index(run) // self.setup.max_running, MOST_LOOKS)
            worth = self._worth("stage") + self.times.run_job
            self.enqueue("launch", worth, lambda: self._launch(run), self.setup.watch_seconds * looks)
            return
        line.remove(run)
        self._places[workspace] += 1
        run.launched = True
        self.told.lines.append(self.clock.now - run.asked)
        self.told.no_room += self.meters.level("run_cpu") + self.setup.training_cpu > self.meters.most["run_cpu"]
        self.meters.count("run_job", "", self.clock.now)
        for _ in range(2):  # with its lease, then with its execution
            self._touch(run)
        self.meters.hold("run_executions", 1)
        self.meters.hold("run_cpu", self.setup.training_cpu)
        seconds = self.times.container_start + run.wish.seconds
        self.told.training_seconds += seconds
        self._train(run)
        self.clock.at(self.clock.now + seconds, lambda: self._trained(run))
        self._watch(run, FIRST_LOOK)

    def _train(self, run: Run) -> None:
        """What the container writes and reads while it trains."""
        begins = self.clock.now + self.times.container_start
        self._store(self.costs.steps["job"], "job", at=begins)
        count, seconds = self.meters.count, run.wish.seconds
        signed, heard, kept = (_times(every, seconds) for every in (NEWS_EVERY, HEARD_EVERY, KEPT_EVERY))
        for after in signed:
            count("storage_write", "", begins + after)
            count("storage_object", ("status", id(run)), begins + after)
        for after in heard:
            count("storage_read", "", begins + after)
        for after in kept:
            count("storage_write", "", begins + after)
        self.told.requests.update({"status": len(signed) + len(heard), "trials": len(kept)})

    def _watch(self, run: Run, delay: float) -> None:
        def look() -> None:
            self._step("watch", run, NOTHING_MORE if run.over else LOOK)
            if run.over:
                return
            self.meters.count("run_read", "", self.clock.now)
            self._draw_card(run)
            self._watch(run, self.setup.watch_seconds)

        self.enqueue("watch", self.times.storage(LOOK), look, delay)

    def _trained(self, run: Run) -> None:
        self.meters.hold("run_executions", -1)
        self.meters.hold("run_cpu", -self.setup.training_cpu)
        # The container calls, and the worker queues what is to be done.
        self.worker.ask(self.times.handler + self.times.enqueue, lambda took: None)
        self.enqueue("watch", self._worth("finish", work=self.times.finish), lambda: self._finish(run))

    def _finish(self, run: Run) -> None:
        self._step("finish", run)
        self._touch(run)
        run.over = True
        workspace = run.wish.workspace
        self._places[workspace] -= 1
        self.enqueue("notify", self._notify_seconds(), lambda: self._notify(run))
        window = int(self.clock.now // TOGETHER)
        if (workspace, window) not in self._history:
            self._history.add((workspace, window))
            due = (window + 1) * TOGETHER + MARGIN
            self.enqueue("watch", self._worth("history"), lambda: self._append(run), due - self.clock.now)

    def _append(self, run: Run) -> None:
        self._step("history", run, own=("history", run.wish.workspace))

    def _notify_seconds(self) -> float:
        return self._worth("notify", work=PICTURES * self.times.upload + self.times.scan + MESSAGES * self.times.slack)

    def _notify(self, run: Run) -> None:
        self._step("notify", run)
        now, workspace = self.clock.now, run.wish.workspace
        self.meters.count("slack_update", workspace, now)
        self._post(run, MESSAGES)
        self.meters.count("slack_upload", workspace, now, PICTURES)
        self.meters.count("slack_file_info", workspace, now, 2 * PICTURES)
        self.told.results.append(now - run.asked)

    def _draw_card(self, run: Run) -> None:
        def drawn() -> None:
            self._step("card", run, REDRAW if run.card else None)
            if run.card:
                self.meters.count("slack_update", run.wish.workspace, self.clock.now)
            else:
                run.card = True
                self._post(run, 1)

        self.enqueue("notify", self._worth("card", work=self.times.slack), drawn)

    def _post(self, run: Run, messages: int) -> None:
        # Everybody of a workspace posts into the same channel: what is worst.
        for name in ("slack_post", "slack_post_all"):
            self.meters.count(name, run.wish.workspace, self.clock.now, messages)

    # The sweep

    def sweeps(self, workspaces: int, spread: float, begins: float = 0.0, ends: float = DAY) -> None:
        """Every few minutes, each workspace is swept, spread over so many seconds."""
        count = workspaces if self.several else 1
        own = self.tick_seconds(1)

        def tick() -> None:
            self.worker.ask(self.tick_seconds(count), lambda took: None)
            for number in range(count):
                at = self.clock.now + own * number
                self.clock.at(at, lambda number=number: self._sweep(number, spread * number / count))  # type: ignore[misc]
            if self.clock.now + self.setup.sweep_minutes * 60 < ends:
                self.clock.at(self.clock.now + self.setup.sweep_minutes * 60, tick)

        self.clock.at(begins, tick)

    def tick_seconds(self, workspaces: int) -> float:
        """How long it takes to have so many workspaces swept, one installation and one task after the other."""
        return (self.times.enqueue + self.times.read) * workspaces

    def _sweep(self, workspace: int, delay: float) -> None:
        def swept() -> None:
            self._tenant(self.worker, "worker", workspace)
            self._store(self.costs.sweep, "sweep")

        self.enqueue("watch", self.times.storage(self.costs.sweep), swept, delay)


def _times(every: float, until: float) -> list[float]:
    return [every * n for n in range(1, int(until // every) + 1)]
