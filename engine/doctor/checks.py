"""Every check of the engine, in the order in which people read them. Slack's stand in `bot/slack/doctor.py`."""

from engine.doctor import (
    bucket,
    clocks,
    delivery,
    disk,
    job,
    queues,
    secrets,
    settings,
    stored,
    trainers,
    views,
    warehouse,
    worker,
)
from engine.doctor.subject import Check

SETTINGS = Check(settings.CHECK, settings.look)
CHECKS: tuple[Check, ...] = (
    *secrets.CHECKS,
    *bucket.CHECKS,
    *stored.CHECKS,
    *views.CHECKS,
    *queues.CHECKS,
    *worker.CHECKS,
    *delivery.CHECKS,
    *job.CHECKS,
    *trainers.CHECKS,
    *warehouse.CHECKS,
    *clocks.CHECKS,
    *disk.CHECKS,
)
