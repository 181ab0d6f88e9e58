"""The whole workspace: its parts, built once over one folder."""

import time
from collections.abc import Callable
from pathlib import Path

from local import workspace
from local.slack.state.database import Database
from local.slack.state.directory import Directory
from local.slack.state.feed import Feed
from local.slack.state.files import Files
from local.slack.state.messages import Messages
from local.slack.state.tickets import Tickets
from local.slack.state.transcript import Transcript
from local.slack.state.views import Views

WELCOME = "Our budget review is on Friday. Does anyone know yet what each channel brings in? Try `/mmm`."


class Slack:
    """State and nothing else: the Web API, the sender and the page all work on it."""

    def __init__(
        self,
        state: Path,
        *,
        public_url: str,
        now: Callable[[], float] = time.time,
        team: workspace.OtherTeam | None = None,
    ) -> None:
        """team: another workspace than the one that everything else is about."""
        self.team_id = team.id if team else workspace.TEAM_ID
        self.team_name = team.name if team else workspace.TEAM_NAME
        self.team_domain = team.domain if team else workspace.TEAM_DOMAIN
        self.now = now
        self.public_url = public_url
        # Whether Slack treats the app as one that is distributed outside its Marketplace; and when it last read what.
        self.distributed = False
        self.read_at: dict[str, float] = {}
        self.database = Database(state / "slack.sqlite")
        self.directory = Directory(self.database, team)
        self.feed = Feed(self.database, self.directory)
        self.messages = Messages(self.database, self.feed, now)
        self.files = Files(self.database, state / "files", now, public_url)
        self.views = Views(self.database, self.feed, self.team_id)
        self.tickets = Tickets(self.database, now)
        self.transcript = Transcript(self.database)
        if team is None and not self.messages.top(workspace.MARKETING.id, workspace.ANA.id):
            self.messages.add(workspace.MARKETING.id, {"user": workspace.BEN.id, "text": WELCOME})

    def close(self) -> None:
        self.database.close()
