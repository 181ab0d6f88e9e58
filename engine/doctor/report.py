"""What one check found, and what all of them found together. Nothing here asks anybody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


# The worst first: what people want to read.
ORDER = (Verdict.FAILED, Verdict.WARNING, Verdict.SKIPPED, Verdict.OK)


@dataclass(frozen=True)
class Finding:
    """One sentence of what was found. `fix` is what mends it; where nothing is to be mended, it is empty.

    Whose finding it is, is filled in by whoever runs the check, unless it says so itself.
    """

    verdict: Verdict
    found: str
    fix: str = ""
    check: str = ""

    def of(self, check: str) -> "Finding":
        """The same finding, with the name of its check."""
        return self if self.check else replace(self, check=check)


def ok(found: str, *, check: str = "") -> Finding:
    return Finding(Verdict.OK, found, check=check)


def warning(found: str, fix: str, *, check: str = "") -> Finding:
    return Finding(Verdict.WARNING, found, fix, check)


def failed(found: str, fix: str, *, check: str = "") -> Finding:
    return Finding(Verdict.FAILED, found, fix, check)


def skipped(why: str, fix: str = "", *, check: str = "") -> Finding:
    return Finding(Verdict.SKIPPED, why, fix, check)


@dataclass(frozen=True)
class Report:
    """All findings, in the order of the checks."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing failed. What could not be looked at, and what is unwise, does not count."""
        return all(finding.verdict is not Verdict.FAILED for finding in self.findings)

    def with_verdict(self, verdict: Verdict) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.verdict is verdict)

    @property
    def summary(self) -> str:
        """How many of each, in words."""
        counts = {verdict: len(self.with_verdict(verdict)) for verdict in ORDER}
        told = [f"{count} {verdict.value}" for verdict, count in counts.items() if count]
        return ("All is well: " if self.healthy else "Something is wrong: ") + ", ".join(told) + "."

    def as_json(self) -> dict[str, Any]:
        shown = [
            {"check": one.check, "verdict": one.verdict.value, "found": one.found, "fix": one.fix}
            for one in self.findings
        ]
        return {"healthy": self.healthy, "findings": shown}


def read_report(body: Mapping[str, Any]) -> Report:
    """Read what `as_json` wrote."""
    return Report(
        tuple(Finding(Verdict(one["verdict"]), one["found"], one["fix"], one["check"]) for one in body["findings"])
    )


def as_text(report: Report) -> str:
    """The report for a terminal: a line for each finding, its fix below it."""
    width = max((len(finding.check) for finding in report.findings), default=0)
    lines = [line for finding in report.findings for line in _lines(finding, width)]
    return "\n".join([*lines, "", report.summary])


def _lines(finding: Finding, width: int) -> Iterable[str]:
    mark = finding.verdict.value.upper() if finding.verdict is Verdict.FAILED else finding.verdict.value
    yield f"{mark:<8} {finding.check:<{width}}  {finding.found}"
    for line in finding.fix.splitlines():
        yield f"{'':<8} {'':<{width}}  -> {line}"
