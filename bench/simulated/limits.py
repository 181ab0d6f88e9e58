"""The limits that others set, each with its source, and how near a day comes to each."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """At most `most` in `seconds` for each of a scope's; 0 seconds: at the same time.

    raise_it: the quota to ask for more of; empty where nobody can.
    """

    name: str
    of: str
    most: float
    seconds: float
    scope: str
    source: str
    raise_it: str = ""


SLACK_RATES = "https://docs.slack.dev/apis/web-api/rate-limits"
SLACK_TIERS = "https://github.com/slackapi/java-slack-sdk/blob/main/metadata/web-api/rate_limit_tiers.json"
SLACK_EVENTS = "https://docs.slack.dev/reference/events/app_rate_limited"
STORAGE = "https://cloud.google.com/storage/docs/request-rate"
STORAGE_QUOTAS = "https://cloud.google.com/storage/quotas"
TASKS = "https://cloud.google.com/tasks/docs/quotas"
TASKS_SCALE = "https://cloud.google.com/tasks/docs/manage-cloud-task-scaling"
RUN = "https://cloud.google.com/run/quotas"
SECRETS = "https://cloud.google.com/secret-manager/quotas"

# Of one object, whatever the day: custom metadata, and what a compose joins.
METADATA_BYTES, COMPOSED = 8 * 1024, 32
# Slack says "one a second" and that short bursts are borne, but not how short: ten in ten seconds keep to it.
# Tiers are "so many and more a minute", for each method, app and workspace.
LIMITS = (
    Limit("slack_post", "chat.postMessage", 10, 10, "channel", SLACK_RATES),
    Limit("slack_post_all", "chat.postMessage, \"several hundred a minute\"", 300, 60, "workspace", SLACK_RATES),
    Limit("slack_update", "chat.update (tier 3)", 50, 60, "workspace", SLACK_TIERS),
    Limit("slack_upload", "files.getUploadURLExternal (tier 4)", 100, 60, "workspace",
          SLACK_TIERS),
    Limit("slack_file_info", "files.info (tier 4)", 100, 60, "workspace", SLACK_TIERS),
    Limit("slack_open", "views.open (tier 4)", 100, 60, "workspace", SLACK_TIERS),
    Limit("slack_redraw", "views.update (tier 4)", 100, 60, "workspace", SLACK_TIERS),
    Limit("slack_home", "views.publish (tier 4)", 100, 60, "workspace", SLACK_TIERS),
    Limit("slack_person", "users.info (tier 4)", 100, 60, "workspace", SLACK_TIERS),
    Limit("slack_history", "conversations.history of an app outside the Marketplace", 1, 60, "workspace", SLACK_RATES),
    Limit("slack_events", "commands, clicks and events that Slack delivers", 30_000, 3600, "workspace", SLACK_EVENTS),
    Limit("storage_write", "writes, deletions included, until the bucket grows", 1000, 1, "bucket", STORAGE),
    Limit("storage_read", "reads and listings, until the bucket grows", 5000, 1, "bucket", STORAGE),
    Limit("storage_object", "writes of one object", 10, 10, "object", STORAGE_QUOTAS),
    Limit("tasks_dispatch", "tasks that a queue hands out", 500, 1, "queue", TASKS),
    Limit("tasks_create", "tasks that are made, of all queues, before they must grow slowly", 500, 1, "project",
          TASKS_SCALE),
    Limit("run_job", "executions that are begun", 60, 60, "region", RUN, "Job run requests per minute per region"),
    Limit("run_read", "looks at an execution", 3000, 60, "region", RUN, "Read requests per minute per region"),
    Limit("run_executions", "executions that run", 1000, 0, "region", RUN, "Running job executions per region"),
    Limit("run_cpu", "processors of trainings that run", 200, 0, "region", RUN,
          "Total CPU allocation, in milli vCPU, per project per region"),
    Limit("secret_access", "secrets that are read", 90_000, 60, "project", SECRETS,
          "Access requests per minute per project"),
)  # fmt: skip


class Meters:
    """How often each limit's thing happened, in windows of its length, for each of its scope."""

    def __init__(self, raised: Mapping[str, float] | None = None) -> None:
        """raised: quotas that were asked for, by a limit's name."""
        self.most = {limit.name: (raised or {}).get(limit.name, limit.most) for limit in LIMITS}
        self._seconds = {limit.name: limit.seconds for limit in LIMITS}
        self._counts: dict[str, defaultdict[tuple[object, int], int]] = {
            limit.name: defaultdict(int) for limit in LIMITS
        }
        self._level: dict[str, int] = {}
        self._highest: dict[str, int] = {}

    def count(self, name: str, scope: object, at: float, times: int = 1) -> None:
        """Note that it happened `times` times at `at`; in any order."""
        self._counts[name][scope, int(at // self._seconds[name])] += times

    def hold(self, name: str, amount: int) -> None:
        """Note that there are so many more of it, or fewer, from now on."""
        self._level[name] = self.level(name) + amount
        self._highest[name] = max(self._highest.get(name, 0), self._level[name])

    def level(self, name: str) -> int:
        """How much of it there is now."""
        return self._level.get(name, 0)

    def total(self, name: str) -> int:
        """How often it happened in all."""
        return sum(self._counts[name].values())

    def peak(self, name: str) -> int:
        """The most in one window, or at once."""
        if self._seconds[name] == 0:
            return self._highest.get(name, 0)
        return max(self._counts[name].values(), default=0)

    def share(self, name: str) -> float:
        """The most, as a share of the limit."""
        return self.peak(name) / self.most[name]
