"""Where the stand-ins and the two services listen on a laptop."""

from dataclasses import dataclass

from engine.errors import BadSettings
from local.guard import door

COUNT = 5
MOST = 65_535


@dataclass(frozen=True)
class Addresses:
    """Five consecutive loopback ports, from `base` on, and the word that stand-ins ask for.

    Slack's address holds the word, as nothing else would carry it for a browser. Google's does not: its clients send a
    token. Raises BadSettings where there are no such ports.
    """

    base: int
    word: str

    def __post_init__(self) -> None:
        if not 1 <= self.base <= MOST - COUNT + 1:
            raise BadSettings(f"There are no five ports from {self.base} on.", f"Choose 1 to {MOST - COUNT + 1}.")

    @property
    def slack(self) -> str:
        return f"{self._at(0)}{door(self.word)}"

    @property
    def google(self) -> str:
        return self._at(1)

    @property
    def metadata(self) -> str:
        """Google's metadata server, as its clients want it: without a scheme. Who knows this gets the token."""
        return f"{self.google.removeprefix('http://')}{door(self.word)}"

    @property
    def certs(self) -> str:
        return f"http://{self.metadata}/oauth2/v1/certs"

    @property
    def snowflake(self) -> str:
        return self._at(2)

    @property
    def bot(self) -> str:
        return self._at(3)

    @property
    def worker(self) -> str:
        return self._at(4)

    def _at(self, place: int) -> str:
        return f"http://127.0.0.1:{self.base + place}"
