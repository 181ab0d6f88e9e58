"""Where the stand-ins and the two services listen on a laptop."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Addresses:
    """Five consecutive loopback ports, from `base` on."""

    base: int = 8420

    @property
    def slack(self) -> str:
        return f"http://127.0.0.1:{self.base}"

    @property
    def google(self) -> str:
        return f"http://127.0.0.1:{self.base + 1}"

    @property
    def snowflake(self) -> str:
        return f"http://127.0.0.1:{self.base + 2}"

    @property
    def bot(self) -> str:
        return f"http://127.0.0.1:{self.base + 3}"

    @property
    def worker(self) -> str:
        return f"http://127.0.0.1:{self.base + 4}"
