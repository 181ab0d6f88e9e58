"""`mmm delete`: a run or a dataset goes, by a command on a machine that may reach the bucket."""

from collections.abc import Callable
from typing import Literal

from bot.act import Services
from bot.tenants import tenants_of
from engine.clock import SystemClock
from engine.cloud.cloud import Cloud
from engine.errors import BadInput
from engine.pipeline.delete import Deleted, delete_now, wish_for
from engine.settings import read_settings

# Asks whoever typed the command, in words; whether they want it.
Ask = Callable[[str], bool]


def delete_from_here(
    kind: Literal["run", "dataset"], name: str, ask: Ask, *, with_runs: bool = False, team: str = ""
) -> Deleted | None:
    """Delete a `run` or a `dataset` by the settings of the environment; None where whoever is asked does not want it.

    team: whose it is, where a deployment serves several workspaces. Raises NotFound, InUse, Unavailable, BadInput.
    """
    settings = read_settings()
    if settings.many and not team:
        raise BadInput("This deployment serves several workspaces.", "Say whose it is: --workspace T0123456.")
    services = tenants_of(Services(settings, Cloud(settings), SystemClock())).of(team or settings.workspace)
    cloud, clock = services.cloud, services.clock
    wish = wish_for(cloud, clock, kind, name, with_runs=with_runs)
    if kind == "run":
        about = f"run {name}, all that it left and its line in the history"
    else:
        about = f"the dataset “{wish.title}” ({name}){' with all runs on it' if with_runs else ''}"
    return delete_now(cloud, clock, wish) if ask(f"Delete {about}?") else None


def as_text(done: Deleted) -> str:
    """What went, and what stayed and why."""
    return "\n".join([f"{done.what} is deleted: {done.objects} objects.", *(f"- {one}" for one in done.kept)])
