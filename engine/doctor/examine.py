"""Runs checks side by side, each within its time. A broken one is a finding, and stops none of the others."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from engine.doctor.report import Finding, Report, failed, skipped
from engine.doctor.subject import Check, Subject
from engine.errors import BadSettings, MmmError, Unavailable
from engine.observe.redaction import without_secrets

log = logging.getLogger(__name__)

DETAIL = 240
# What is shorter is no secret, and hiding it would make holes into other words.
SHORTEST_SECRET = 8


def examine(subject: Subject, checks: Sequence[Check]) -> Report:
    """Look at everything. Takes as long as the slowest check may."""
    running = [_Running(check, subject) for check in checks]
    for one in running:
        one.thread.start()
    found = [finding for one in running for finding in one.findings()]
    return Report(tuple(_without(finding, subject) for finding in found))


def unexamined(checks: Sequence[Check], why: str) -> tuple[Finding, ...]:
    """What is said of checks that cannot be made at all."""
    return tuple(skipped(why, check=check.name) for check in checks)


@dataclass
class _Running:
    """One check on its way. A thread, because nothing else ends a call that hangs; a daemon, so that nobody waits."""

    check: Check
    subject: Subject
    found: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begun = time.monotonic()
        self.thread = threading.Thread(target=self._look, daemon=True, name=f"doctor {self.check.name}")

    def findings(self) -> list[Finding]:
        """What was found by the time that the check may take."""
        self.thread.join(max(0.0, self.begun + self.check.seconds - time.monotonic()))
        found = list(self.found)
        if self.thread.is_alive():
            late = f"There was no answer within {self.check.seconds:g} seconds."
            found.append(failed(late, "See whether the service and the network between are up, then look again."))
        return [finding.of(self.check.name) for finding in found]

    def _look(self) -> None:
        part, parts = self.subject.part, self.check.parts
        if part != "all" and part not in parts:
            whose = " and ".join(parts)
            self.found.append(skipped(f"This is the {part}; only the {whose} has the rights to look."))
            return
        try:
            for finding in self.check.look(self.subject):
                self.found.append(finding)
        except ModuleNotFoundError as error:
            where = "Look from the worker: type /mmm doctor in Slack."
            self.found.append(skipped(f"This process lacks the library {error.name}.", where))
        except MmmError as error:
            self.found.append(of_error(error))
        except Exception as error:
            log.exception("the check %s broke", self.check.name)
            broke = f"The check itself broke: {type(error).__name__}: {clipped(str(error))}"
            self.found.append(failed(broke, "Look again; if it breaks again, report it with this line."))


def of_error(error: MmmError) -> Finding:
    """An error that a check has no better words for."""
    said = f"{error.what} ({clipped(error.detail)})" if error.detail else error.what
    if isinstance(error, Unavailable):
        return failed(said, "See whether the service and the network between are up, then look again.")
    fix = error.todo or ("Correct the setting." if isinstance(error, BadSettings) else "See what the service says.")
    return failed(said, fix)


def clipped(detail: str) -> str:
    """The first line of what a service says, of a length that can be read."""
    line = " ".join(detail.split())
    return line if len(line) <= DETAIL else f"{line[: DETAIL - 1]}…"


def _without(finding: Finding, subject: Subject) -> Finding:
    """The finding without any secret: whatever a service or a setting may have put into its words."""
    found, fix = finding.found, finding.fix
    for secret in sorted(subject.seen, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            found, fix = found.replace(secret, "[hidden]"), fix.replace(secret, "[hidden]")
    return replace(finding, found=without_secrets(found), fix=without_secrets(fix))
