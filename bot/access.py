"""Who may do what, and why."""

from engine.errors import Denied
from engine.settings import Settings


def check_workspace(settings: Settings, team: str) -> None:
    """Refuse what comes from another workspace than the one this deployment serves. Raises Denied."""
    if team != settings.workspace:
        raise Denied("This app serves another workspace.", "Ask for a deployment of your own.", detail=f"team {team}")
