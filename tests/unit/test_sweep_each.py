"""Many workspaces are swept one after the other, so that nothing else waits behind hundreds of sweeps."""

from bot.act import Services
from bot.tasks import SWEPT_WITHIN, _Work
from engine.errors import Denied
from tests.faults.fake_cloud import FakeCloud

TEAMS = ("T0A", "T0B", "T0C", "T0D")
INSTALLED = {"slack_client_id": "1.2", "slack_client_secret": "file:x", "public_url": "https://mmm.example.com"}


class Team:
    """Whom the deployment works for: everybody but the third, who left."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def of(self, team: str) -> Services:
        if team == "T0C":
            raise Denied("The app is not installed there.")
        return self.services

    def forget(self, team: str) -> None:
        raise AssertionError("nothing has changed")


def test_sweeps_of_workspaces_are_spread_over_the_time_until_the_next() -> None:
    fake = FakeCloud(workspace="", slack_token_secret="", workspaces=TEAMS, **INSTALLED)
    fake.secrets = None
    for team in TEAMS:
        fake.storage.put(f"installations/{team}.json", b"{}")
    services = Services(fake.settings, fake, fake.clock)
    began = fake.clock.now()
    assert _Work(services, Team(services)).do("sweep", {}, 0).status_code == 200
    due = sorted((task.due - began).total_seconds() for task in fake.tasks.waiting)
    assert due == [0.0, SWEPT_WITHIN / 4, SWEPT_WITHIN * 3 / 4]
    assert {task.step for task in fake.tasks.waiting} == {"sweep"}
    assert SWEPT_WITHIN < 600, "before the clock's next tick, which may be late"
