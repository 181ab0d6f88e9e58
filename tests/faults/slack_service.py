"""Messages on their way to Slack: the pipeline over the cloud in memory, the real client, and Slack's stand-in.

Time is virtual, Slack's too; tasks come again as the queue of messages would have it.
"""

import contextlib
import heapq
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from bot.slack.client import SlackClient
from bot.slack.messenger import SlackMessenger
from engine import paths
from engine.cloud.cloud import Cloud
from engine.cloud.once import Once
from engine.cloud.secrets import Secrets
from engine.errors import Unavailable
from engine.pipeline.cards import card
from engine.pipeline.notify import notify
from engine.pipeline.outbox import STAMP, SUBMITTED, tell, tell_together, waiting, what_waits
from engine.pipeline.pictures import pictures
from engine.pipeline.sweep import sweep
from engine.ports import Bundle, Notice, Place
from engine.results.headline import headline
from engine.results.verdict import judge
from engine.runs.run import Run, State
from engine.runs.state import create_run
from local import workspace
from local.faults import Fault, Faults
from local.serving import free_port, serving
from local.slack.app import create_app
from local.slack.slack import Slack
from tests.faults.fake_cloud import Crash, FakeCloud, Task
from tests.golden.test_messages import DRAFT, EXPERIMENT, GAP, run
from tests.made_results import made_results
from tests.words import DOOR, WORD

CHANNEL, ANA = workspace.MARKETING.id, workspace.ANA.id
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50
RUN = run(State.RUNNING).id
# The queue of messages, as infra/terraform/modules/deployment/queues.tf has it: when a task comes again, how long.
LEAST_BACKOFF, MOST_BACKOFF, DOUBLINGS, TASK_LIVES, TRIES = 5.0, 300.0, 4, timedelta(days=1), 100
Json = dict[str, Any]


class Outage(Faults):
    """Slack refuses every call until a moment, each with the next of some words."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.now = now
        self.until: datetime | None = None
        self.words: list[str] = []
        self.refused = 0

    def take(self, call: str) -> Fault | None:
        if self.until is None or self.now() >= self.until:
            return super().take(call)
        self.refused += 1
        body = json.dumps({"ok": False, "error": self.words[self.refused % len(self.words)]})
        return Fault(match=call, kind="before", status=200, body=body)


class Delivery:
    """One workspace's messages and everything that may happen to them."""

    def __init__(self, slack: Slack, faults: Outage, fake: FakeCloud, token: Path) -> None:
        self.slack, self.faults, self.fake, self.token = slack, faults, fake, token
        self.cloud = cast(Cloud, fake)
        settings = fake.settings
        self.secrets = Secrets()
        self.messenger = SlackMessenger(SlackClient(settings, self.secrets))
        self.first_due: dict[int, datetime] = {}

    @property
    def clock(self) -> Any:
        return self.fake.clock

    def tell(self, key: str, *, kind: str = "dataset_refused", data: Json | None = None, **place: str) -> None:
        """Put a message into the outbox, a second after the one before."""
        self.clock.time += timedelta(seconds=1)
        where = {"channel": CHANNEL, "user": ANA, **place}
        tell(self.cloud, self.clock, key=key, kind=kind, data=data if data is not None else refused(), **where)

    def tell_together(self, name: str, kinds: Sequence[str] = ("dataset_refused",) * 3, **place: str) -> list[str]:
        """Put messages that belong together into the outbox; returns their keys, which count from 0."""
        self.clock.time += timedelta(seconds=1)
        where = {"channel": CHANNEL, "user": ANA, "workspace": workspace.TEAM_ID, **place}
        data = {"dataset_refused": refused, "run_failed": ended, "run_finished": lambda: finished(self)}
        notices = [
            Notice(key=f"{name}-{n}", kind=kind, data=data[kind](), created_at=self.clock.now(), **where)
            for n, kind in enumerate(kinds)
        ]
        tell_together(self.cloud, Bundle(key=name, notices=tuple(notices)))
        return [notice.key for notice in notices]

    def begin_run(self, state: State = State.RUNNING) -> Run:
        """Have a run whose card can be drawn."""
        made = run(state).model_copy(update={"channel": CHANNEL, "who": ANA})
        create_run(self.cloud.storage, made)
        self.fake.storage.put(paths.experiment(made.revision), EXPERIMENT.model_dump_json().encode())
        return made

    def notify(self, key: str, conversation: str = CHANNEL) -> None:
        """What a message's own task does."""
        notify(self.cloud, self.clock, self.messenger, key, conversation)

    def deliver(self, notice: Notice, *, regardless: bool = False) -> Place:
        """Deliver one message by itself, past the outbox."""
        with Once(self.cloud.storage, self.clock).hold(paths.notice(notice.key), regardless=regardless) as held:
            place = self.messenger.deliver(notice, held)
            held.settle()
            return place

    def waiting(self, key: str) -> Notice:
        """A message that was not sent yet."""
        [one] = [one for one in waiting(self.cloud.storage) if one.key == key]
        return what_waits(self.cloud.storage, one).notices[0]

    def of_earlier(self, key: str, *, marked: bool = True, kind: str = "dataset_refused") -> Notice:
        """A message as the release before has written it down; its task names no conversation."""
        notice = Notice(
            key=key,
            kind=kind,
            workspace=workspace.TEAM_ID,
            channel=CHANNEL,
            user=ANA,
            data=refused(),
            created_at=self.clock.now(),
        )
        self.fake.storage.put(paths.notice(key), notice.model_dump_json().encode())
        if marked:
            stamp = notice.created_at.strftime(STAMP)
            self.fake.storage.put(paths.notice_open(CHANNEL, stamp, key), json.dumps({"key": key}).encode())
        return notice

    def perform(self, task: Task) -> None:
        cloud, clock, messenger, p = self.cloud, self.clock, self.messenger, task.payload
        steps: dict[str, Callable[[], object]] = {
            "notify": lambda: notify(
                cloud, clock, messenger, p["key"], p.get("conversation", ""), swept=bool(p.get("swept"))
            ),
            "card": lambda: card(
                cloud, clock, messenger, p["run"], int(p.get("marked", 0)), first=p.get("version") == SUBMITTED
            ),
            "pictures": lambda: pictures(cloud, clock, messenger, p["key"], int(p["n"]), swept=bool(p.get("swept"))),
        }
        if task.step in steps:
            steps[task.step]()

    def work(self, *, hours: float = 2.0, swept_minutes: float | None = None) -> None:
        """Deliver tasks in the order of their times; sweep every some minutes."""
        end, tasks = self.clock.time + timedelta(hours=hours), self.fake.tasks
        every = timedelta(minutes=swept_minutes) if swept_minutes else None
        swept = self.clock.time
        while True:
            due = tasks.waiting[0].due if tasks.waiting else end + timedelta(1)
            if every and swept + every < min(due, end):
                swept = self.clock.time = max(self.clock.time, swept + every)
                sweep(self.cloud, self.clock)
                continue
            if due > end:
                break
            task = heapq.heappop(tasks.waiting)
            self.clock.time = max(self.clock.time, task.due)
            try:
                self.perform(task)
            except (Unavailable, Crash):
                self._again(task)
        self.clock.time = end

    def _again(self, task: Task) -> None:
        """What Cloud Tasks does with a task that was answered with an error."""
        first = self.first_due.setdefault(id(task.payload), task.due)
        if task.tried >= TRIES and self.clock.time - first > TASK_LIVES:
            return
        doubled = LEAST_BACKOFF * 2.0 ** min(task.tried, DOUBLINGS)
        more = doubled if task.tried <= DOUBLINGS else doubled * (task.tried - DOUBLINGS + 1)
        due = self.clock.time + timedelta(seconds=min(more, MOST_BACKOFF))
        again = Task(due, next(self.fake.tasks._numbers), task.step, task.payload, task.tried + 1)
        heapq.heappush(self.fake.tasks.waiting, again)

    # What people see

    def shown(self, channel: str = CHANNEL) -> list[Json]:
        """The app's messages in a channel and its threads, in their order."""
        rows = self.slack.database.all("SELECT ts FROM messages WHERE channel = ? ORDER BY ts", channel)
        every = [self.slack.messages.get(channel, row["ts"]) or {} for row in rows]
        return [one for one in every if one.get("user") == workspace.BOT_USER]

    def told(self, channel: str = CHANNEL) -> list[str]:
        """The keys of those that carry one."""
        carried = [one.get("metadata", {}).get("event_payload", {}).get("key") for one in self.shown(channel)]
        return [key for key in carried if key]

    def calls(self, method: str) -> list[Json]:
        """What was asked of Slack and reached it."""
        return [call for call in self.slack.transcript.calls(0) if call["method"] == method]

    def waits(self) -> list[str]:
        """What marks say is not done yet."""
        prefixes = (paths.OPEN_NOTICES, paths.OPEN_PICTURES, paths.OPEN_CARDS)
        return [name for name in self.fake.storage.objects if name.startswith(prefixes)]


@contextlib.contextmanager
def delivering(folder: Path) -> Iterator[Delivery]:
    """Serve Slack in virtual time, beside a cloud in memory."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    url, token = f"http://127.0.0.1:{port}{DOOR}", folder / "token"
    token.write_text(workspace.BOT_TOKEN)
    given = {"workspace": workspace.TEAM_ID, "slack_url": f"{url}/api/", "slack_token_secret": f"file:{token}"}
    fake = FakeCloud(**given)
    slack = Slack(folder / "slack", public_url=url, now=lambda: fake.clock.time.timestamp())
    faults = Outage(fake.clock.now)
    app = create_app(
        folder / "slack", app_url="http://127.0.0.1:9", public_url=url, word=WORD, slack=slack, faults=faults
    )
    with serving(app, port):
        yield Delivery(slack, faults, fake, token)
    slack.close()


def refused() -> Json:
    return {"draft": DRAFT.model_dump(mode="json"), "error": None, "findings": [GAP.model_dump(mode="json")]}


def ended(state: State = State.FAILED) -> Json:
    return {"run": run(state, reason="Out of memory.").model_dump(mode="json")}


def finished(delivery: Delivery, charts: int = 1, *, kind: str = "run_finished") -> Json:
    """The data of a verdict, or of its other charts, whose pictures lie in storage."""
    drawn = []
    for number in range(charts):
        path = f"charts/{kind}-{number}.png"
        delivery.fake.storage.put(path, PNG)
        title, alt = f"Search is ahead {number}", f"Search has 3.{number}"
        drawn.append({"name": f"chart{number}", "title": title, "alt": alt, "path": path})
    head = headline(made_results())
    judged = {"verdict": judge(head).model_dump(mode="json"), "headline": head.model_dump(mode="json")}
    return {**ended(State.SUCCEEDED), **judged, "charts": drawn}
