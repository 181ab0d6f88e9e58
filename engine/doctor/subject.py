"""What is examined, by which part of the service, and what a check is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.doctor.report import Finding
from engine.settings import Settings

Part = Literal["bot", "worker", "all"]
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Subject:
    """A deployment, as the process sees it that looks. `part` is whose rights that process has; `all`: of both."""

    settings: Settings
    cloud: Cloud
    clock: Clock
    environment: Mapping[str, str]
    part: Part = "all"
    seen: set[str] = field(default_factory=set)
    """Every secret that was read: none of them may stand in a report."""

    def secret(self, reference: str) -> str:
        """Read a secret. Raises BadSettings, Unavailable."""
        value = self.cloud.secrets.read(reference)
        self.seen.add(value)
        return value

    @property
    def place(self) -> str:
        """The flags by which gcloud is told where."""
        return f"--location={self.settings.region} --project={self.settings.project}"


Look = Callable[[Subject], Iterator[Finding]]
Asks = Callable[[Settings], tuple[str, ...]]


def nobody(settings: Settings) -> tuple[str, ...]:
    return ()


def of_storage(settings: Settings) -> tuple[str, ...]:
    return (settings.storage_url,)


@dataclass(frozen=True)
class Check:
    """One thing to look at. `parts` may look; the others say so and go on. `seconds` is what it may take.

    `asks` are the addresses without which there is nothing to look at.
    """

    name: str
    look: Look
    parts: tuple[Part, ...] = ("bot", "worker")
    seconds: float = 20.0
    asks: Asks = nobody


def part_of(environment: Mapping[str, str]) -> Part:
    """Which part this process is: Cloud Run says the service's name. Elsewhere one account does everything."""
    service = environment.get("K_SERVICE", "")
    if service.endswith("-bot"):
        return "bot"
    return "worker" if service.endswith("-worker") else "all"


def on_this_machine(url: str) -> bool:
    """Whether an address is one of this machine, so that something here stands in for the real service."""
    return urlsplit(url).hostname in LOOPBACK
