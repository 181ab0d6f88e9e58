"""Virtual time, and what stands in it: queues that hand out tasks, services that answer them."""

import heapq
import math
from collections import deque
from collections.abc import Callable

Action = Callable[[], None]

# Cloud Run begins another instance when those there are filled so far, and takes one away that was idle so long.
# https://cloud.google.com/run/docs/about-instance-autoscaling
FILLED = 0.6
IDLE_SECONDS = 900.0


class Clock:
    """Things happen in the order of their times; nobody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self._next: list[tuple[float, int, Action]] = []
        self._count = 0

    def at(self, time: float, action: Action) -> None:
        """Have `action` happen at `time`, or now if that has passed."""
        self._count += 1
        heapq.heappush(self._next, (max(time, self.now), self._count, action))

    def run(self, until: float = math.inf) -> None:
        """Let everything happen that happens before `until`, in seconds."""
        while self._next and self._next[0][0] <= until:
            self.now, _, action = heapq.heappop(self._next)
            action()


class Service:
    """A service of Cloud Run: so many requests at once an instance, so many instances, each there after a while."""

    def __init__(self, clock: Clock, *, concurrency: int, least: int, most: int, start_seconds: float) -> None:
        self._clock = clock
        self.concurrency, self.least, self.most, self._start = concurrency, least, most, start_seconds
        self.ready, self._starting, self.busy = least, 0, 0
        self._waiting: deque[tuple[float, float, Callable[[float], None]]] = deque()
        self.most_ready, self.longest_wait, self._peak = least, 0.0, 0
        self.instance_seconds, self._counted, self._ticking = 0.0, 0.0, False

    def ask(self, seconds: float, done: Callable[[float], None]) -> None:
        """Answer a request that takes `seconds`; `done` is told how long it took, waiting included."""
        self._waiting.append((self._clock.now, seconds, done))
        self._grow()
        self._begin()
        if not self._ticking:
            self._ticking = True
            self._clock.at(self._clock.now + IDLE_SECONDS, self._shrink)

    def _begin(self) -> None:
        while self._waiting and self.busy < self.ready * self.concurrency:
            came, seconds, done = self._waiting.popleft()
            waited = self._clock.now - came
            self.longest_wait = max(self.longest_wait, waited)
            self.busy += 1
            self._peak = max(self._peak, self.busy)

            def end(done: Callable[[float], None] = done, took: float = waited + seconds) -> None:
                self.busy -= 1
                done(took)
                self._begin()

            self._clock.at(self._clock.now + seconds, end)

    def _grow(self) -> None:
        wanted = math.ceil((self.busy + len(self._waiting)) / (FILLED * self.concurrency))
        while self.ready + self._starting < min(wanted, self.most):
            self._starting += 1
            self._clock.at(self._clock.now + self._start, self._arrive)

    def _arrive(self) -> None:
        self._account()
        self._starting -= 1
        self.ready += 1
        self.most_ready = max(self.most_ready, self.ready)
        self._begin()

    def _shrink(self) -> None:
        self._account()
        wanted = math.ceil(self._peak / (FILLED * self.concurrency))
        self.ready = max(self.least, min(self.ready, wanted), math.ceil(self.busy / self.concurrency))
        self._peak = self.busy
        self._ticking = bool(self.busy or self._waiting or self.ready > self.least)
        if self._ticking:
            self._clock.at(self._clock.now + IDLE_SECONDS, self._shrink)

    def _account(self) -> None:
        self.instance_seconds += self.ready * (self._clock.now - self._counted)
        self._counted = self._clock.now


class Queue:
    """A queue of Cloud Tasks: a token bucket, and at most so many tasks at once. The oldest that is due comes first."""

    def __init__(self, clock: Clock, *, per_second: float, at_once: int) -> None:
        self._clock, self.per_second, self.at_once = clock, per_second, at_once
        # Cloud Tasks picks the size of the bucket by the rate and does not say how: taken to be a fifth of a second's.
        self._burst = max(1.0, per_second / 5)
        self._tokens, self._filled = self._burst, 0.0
        self._due: deque[tuple[float, Callable[[Action], None]]] = deque()
        self._pumping, self._held, self.most_held = False, 0, 0
        self.busy, self.tasks, self.waits = 0, 0, []  # type: int, int, list[float]

    def add(self, work: Callable[[Action], None], delay: float = 0.0) -> None:
        """Have `work` done once it is its turn, at the earliest after `delay`; it is given what to call at its end."""
        self._held += 1
        self.most_held = max(self.most_held, self._held)
        if delay > 0:
            self._clock.at(self._clock.now + delay, lambda: self._is_due(work))
        else:
            self._is_due(work)

    def _is_due(self, work: Callable[[Action], None]) -> None:
        self._due.append((self._clock.now, work))
        self._pump()

    def _pump(self) -> None:
        now = self._clock.now
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self.per_second)
        self._filled = now
        while self._due and self.busy < self.at_once and self._tokens >= 1 - 1e-9:
            due, work = self._due.popleft()
            self._tokens -= 1
            self.busy += 1
            self.tasks += 1
            self.waits.append(now - due)
            work(self._end)
        if self._due and self.busy < self.at_once and not self._pumping:
            self._pumping = True
            self._clock.at(now + (1 - self._tokens) / self.per_second, self._again)

    def _again(self) -> None:
        self._pumping = False
        self._pump()

    def _end(self) -> None:
        self.busy -= 1
        self._held -= 1
        self._pump()
