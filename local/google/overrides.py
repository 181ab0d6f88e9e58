"""What a launch may change about the training job: its `MMM_*` variables and its time, and nothing else.

Cloud Run takes more: arguments, several tasks, any variable (RunJobRequest.Overrides in google-cloud-run). Here an
execution is a process of whoever runs this server, so a launch that could set PATH or LD_PRELOAD could run anything.
What is asked for beyond our own is refused with INVALID_ARGUMENT, as the service refuses what it does not know; nothing
is left out in silence.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

DEFAULT_TIMEOUT = 600.0
# What a launch may ask for at most, as in Cloud Run.
LONGEST = 7 * 86_400.0
NAME = re.compile(r"MMM_[A-Z0-9_]{1,60}")
SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?s")
# In Linux one variable may be 128 kB; ours are names and paths.
VALUE_MOST = 32_768
TOGETHER_MOST = 262_144


class NotOurs(Exception):
    """A launch that asks for more than our own may; the text says what."""


@dataclass(frozen=True)
class Overrides:
    """What a launch changes: the trainer's variables, and how many seconds it may take."""

    env: dict[str, str]
    timeout: float


def overrides_of(body: dict[str, Any]) -> Overrides:
    """Read the body of a `jobs.run` call. Raises NotOurs for whatever is more than `MMM_*` variables and a time."""
    _only(body, {"name", "etag", "overrides"}, "the request")
    overrides = _object(body.get("overrides"), "overrides")
    _only(overrides, {"containerOverrides", "taskCount", "timeout"}, "overrides")
    if overrides.get("taskCount", 1) not in (0, 1):
        raise NotOurs("taskCount: the job has one task.")
    containers = overrides.get("containerOverrides") or []
    if not isinstance(containers, list) or len(containers) > 1:
        raise NotOurs("containerOverrides: the job has one container.")
    env: dict[str, str] = {}
    for container in containers:
        given = _object(container, "containerOverrides")
        _only(given, {"env"}, "containerOverrides")
        variables = given.get("env") or []
        if not isinstance(variables, list):
            raise NotOurs("env is no list.")
        env |= dict(_variable(variable) for variable in variables)
    if sum(len(name) + len(value.encode()) for name, value in env.items()) > TOGETHER_MOST:
        raise NotOurs("env: these variables are too long together.")
    return Overrides(env, _seconds(overrides.get("timeout")))


def _only(given: dict[str, Any], known: set[str], where: str) -> None:
    """Refuse what is given beyond `known`; what is empty asks for nothing."""
    for name, value in given.items():
        if name not in known and value not in ("", [], {}, None, False):
            raise NotOurs(f"{name} cannot be set in {where}: only MMM_* variables and the timeout can.")


def _object(given: Any, where: str) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise NotOurs(f"{where} is no object.")
    return given


def _variable(given: Any) -> tuple[str, str]:
    variable = _object(given, "env")
    name, value = variable.get("name"), variable.get("value", "")
    if set(variable) - {"name", "value"} or not isinstance(name, str) or not NAME.fullmatch(name):
        raise NotOurs(f"The variable {str(name)[:80]!r} cannot be set: only MMM_* variables with a value can.")
    if not isinstance(value, str) or "\0" in value or len(value) > VALUE_MOST or not _is_sound(value):
        raise NotOurs(f"{name} is no text that a variable can hold.")
    return name, value


def _is_sound(text: str) -> bool:
    """Whether a text has no half characters, which JSON can name and nobody can write."""
    try:
        return text.encode() is not None
    except UnicodeEncodeError:
        return False


def _seconds(given: Any) -> float:
    if given is None or given == "":
        return DEFAULT_TIMEOUT
    if not isinstance(given, str) or not SECONDS.fullmatch(given):
        raise NotOurs("timeout: a number of seconds, such as 600s.")
    seconds = float(given.removesuffix("s"))
    if not math.isfinite(seconds) or not 0 < seconds <= LONGEST:
        raise NotOurs(f"timeout: at most {LONGEST:.0f}s.")
    return seconds
