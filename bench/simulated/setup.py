"""How the deployment is set up: read from Terraform's files and from the settings, not typed in."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import hcl2

from engine.settings import Settings

MODULE = Path(__file__).resolve().parents[2] / "infra" / "terraform" / "modules" / "deployment"
AS_DATA = hcl2.SerializationOptions(with_comments=False, explicit_blocks=False, strip_string_quotes=True)


@dataclass(frozen=True)
class Rate:
    """What a queue hands out: tasks a second, and at once; and how soon one that failed comes again."""

    per_second: float
    at_once: int
    min_backoff: float = 10.0


@dataclass(frozen=True)
class Size:
    """A service: processors of an instance, requests at once, instances."""

    cpu: int
    concurrency: int
    least: int
    most: int


@dataclass(frozen=True)
class Setup:
    """What Terraform and the settings say."""

    queues: dict[str, Rate]
    bot: Size
    worker: Size
    training_cpu: int
    max_running: int
    watch_seconds: float
    sweep_minutes: int
    sweep_deadline: float


@cache
def _read(name: str) -> dict[str, Any]:
    with (MODULE / name).open() as file:
        found: dict[str, Any] = hcl2.load(file, serialization_options=AS_DATA)
    return found


def setup(several: bool = True) -> Setup:
    """The deployment as Terraform makes it, with one instance of the bot that always waits, as in prod.

    several: whether workspaces install the app themselves.
    """
    queues = {
        name: Rate(
            float(_chosen(one["per_second"], several)),
            int(_chosen(one["at_once"], several)),
            float(one["min_backoff"].rstrip("s")),
        )
        for name, one in _locals("queues.tf")["queues"].items()
    }
    settings = Settings.model_fields
    return Setup(
        queues=queues,
        bot=_size("bot", least=1),
        worker=_size("worker", least=0),
        training_cpu=int(_default("variables_training.tf", "training_cpu")),
        max_running=int(settings["max_running"].default),
        watch_seconds=float(settings["watch_seconds"].default),
        sweep_deadline=float(_resource("scheduler.tf")["attempt_deadline"].rstrip("s")),
        sweep_minutes=int(re.fullmatch(r"\*/(\d+) .*", _default("variables_operations.tf", "sweep_schedule"))[1]),  # type: ignore[index]
    )


def _chosen(value: object, several: bool) -> str:
    """A value, or that of the two which holds for a deployment of one workspace or of several."""
    choice = re.fullmatch(r"\$\{var\.slack_install == null \? (\d+) : (\d+)\}", str(value))
    return choice[2 if several else 1] if choice else str(value)


def _locals(name: str) -> dict[str, Any]:
    return {key: value for block in _read(name)["locals"] for key, value in block.items()}


def _default(name: str, variable: str) -> str:
    [found] = [block[variable]["default"] for block in _read(name)["variable"] if variable in block]
    return str(found)


def _resource(name: str) -> dict[str, Any]:
    """The one resource of a file."""
    [found] = [body for block in _read(name)["resource"] for several in block.values() for body in several.values()]
    return dict(found)


def _size(role: str, *, least: int) -> Size:
    [scaling] = _resource(f"{role}.tf")["scaling"]
    program = _locals("programs.tf")["programs"][role]
    most = scaling["max_instance_count"]
    if not str(most).isdigit():  # a variable's default
        most = _default("variables_services.tf", re.findall(r"var\.(\w+)", str(most))[0])
    return Size(int(program["cpu"]), int(program["concurrency"]), least, int(most))
