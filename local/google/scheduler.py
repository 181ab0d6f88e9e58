"""Cloud Scheduler with its one job: the worker's sweep, every few minutes, as the tasks' account."""

import asyncio
import contextlib

import aiohttp

from local.google.identity import Identities

FIRST_SECONDS = 20.0
EVERY_SECONDS = 600.0


class Scheduler:
    """Calls one address again and again. A call that fails is made again in its turn: the next one does the same."""

    def __init__(self, url: str, identities: Identities, *, account: str, audience: str) -> None:
        self.url = url
        self.identities = identities
        self.account = account
        self.audience = audience

    async def run(self) -> None:
        """Call until cancelled; soon after the start, because much may have happened while we were away."""
        await asyncio.sleep(FIRST_SECONDS)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=300)) as session:
            while True:
                headers = {"Authorization": f"Bearer {self.identities.token(self.account, self.audience)}"}
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.post(self.url, json={}, headers=headers):
                        pass
                await asyncio.sleep(EVERY_SECONDS)
