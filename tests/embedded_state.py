"""A state folder as a team's server leaves it, for tests of what is done with one."""

import time
from pathlib import Path

from local import workspace
from local.embedded.folder import Folder
from local.google.executions import Executions
from local.google.objects import Objects
from local.google.queues import QueuedTask, Queues
from local.google.stored import Match

QUEUE = f"projects/{workspace.PROJECT}/locations/{workspace.REGION}/queues/mmm-"
TOKEN = "xoxb-planted-canary"


class State:
    """A state folder as a server leaves it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = Folder(path)
        self.folder.prepare()
        self.folder.write(workspace=workspace.TEAM_ID)
        (self.folder.secrets / "slack-bot-token").write_text(TOKEN)
        self.objects = Objects(self.folder.google / "storage", durable=True)
        self.queues = Queues(self.folder.google)
        self.executions = Executions(self.folder.google, ["true"], {}, path)

    def put(self, name: str, data: bytes) -> None:
        self.objects.put(name, data, content_type="application/json", metadata={}, match=Match())

    def queue(self, kind: str, name: str) -> None:
        at = time.time()
        task = {"httpRequest": {"url": "http://127.0.0.1:1/tasks/card", "headers": {}, "body": ""}}
        self.queues.add(
            QueuedTask(name=f"{QUEUE}{kind}/tasks/{name}", queue=QUEUE + kind, task=task, due=at, created=at)
        )

    def close(self) -> None:
        self.objects.close()
        self.queues.close()
        self.executions.stop()
