"""Messages on their way out: written down first, sent afterwards, so that no crash loses one."""

from contextlib import suppress
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.errors import AlreadyExists
from engine.ports import Notice


def tell(
    cloud: Cloud,
    clock: Clock,
    *,
    key: str,
    kind: str,
    channel: str = "",
    user: str = "",
    run: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    """Put a message in the outbox and have it sent. The same key is told once, however often this runs."""
    notice = Notice(
        key=key,
        kind=kind,
        workspace=cloud.settings.workspace,
        channel=channel,
        user=user,
        run=run,
        data=data or {},
        created_at=clock.now(),
    )
    with suppress(AlreadyExists):
        cloud.storage.create(paths.notice(key), notice)
    cloud.tasks.enqueue("notify", "notify", {"key": key}, key=f"notify|{cloud.settings.workspace}|{key}")


def refresh_card(cloud: Cloud, run_id: str, version: str) -> None:
    """Have the run's card drawn again; `version` says for which news, so that each is drawn once."""
    key = f"card|{cloud.settings.workspace}|{run_id}|{version}"
    cloud.tasks.enqueue("notify", "card", {"run": run_id, "version": version}, key=key)
