"""The one rule of the bucket's lifecycle: what counts its age from a custom time goes after some days of it.

As `daysSinceCustomTime` does it; the service looks about once a day, and so do we: soon after the start, then now and
then.
"""

import asyncio
import logging
import time

from local.google.objects import Objects

log = logging.getLogger(__name__)

DAY_SECONDS = 86_400.0
EVERY_SECONDS = 6 * 3600.0


async def lifecycle(objects: Objects, days: int) -> None:
    """Throw away what is `days` days past its custom time, until cancelled. 0 days: nothing is ever thrown away."""
    while days:
        thrown = await asyncio.to_thread(look, objects, days, time.time())
        if thrown:
            log.info("threw away %d object(s) that were done %d days ago", thrown, days)
        await asyncio.sleep(EVERY_SECONDS)


def look(objects: Objects, days: int, now: float) -> int:
    """Throw away what is `days` days past its custom time at `now`; returns how many objects."""
    return objects.throw_away(now - days * DAY_SECONDS)
