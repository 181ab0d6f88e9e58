"""What is told of a run in its thread: written down by its name, and drawn from what was found when it is sent.

So a message about a verdict is short, however much was found, and what is read for it is read once for all that are
sent together.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.once import was_sent
from engine.cloud.packed import Parts, part
from engine.cloud.storage import Storage
from engine.data.records import title_of
from engine.errors import NotFound
from engine.pipeline.cards import CARD, about
from engine.pipeline.outbox import tell, tell_together, waiting
from engine.ports import Bundle, Notice
from engine.results.found import MORE, POST, Drawn, Found
from engine.runs.findings import found_of
from engine.runs.records import notice_of
from engine.runs.run import Run, State, told

# The messages that leave together: when a faster trainer shows what it found, and when a run is over.
# The release before takes what stands in `outbox/` and is not called `.sent` for a message that waits: should it come
# back, each of its sweeps would try to send every one of these, in vain.
PREVIEW, END = "preview.sent", "end.sent"
# In the data of a message: that it shows what was found, of the run or of its preview.
FOUND = "found"
# Likewise: that it shows what was found about an ask, in the zip that it names, of which this is the words.
ANSWERED, ANSWER = "answered", "answer.json"


def tell_end(cloud: Cloud, clock: Clock, run: Run) -> None:
    """Tell that a run is over: its card, then how it ended. Safe to repeat."""
    if run.state is State.SUCCEEDED:
        kinds: Sequence[str] = ("run_finished", "run_second_opinion", "run_charts")
        data: dict[str, Any] = {FOUND: {"preview": False}}
    else:
        kinds = ("run_failed",) if run.state is State.FAILED else ("run_cancelled",)
        data = {"preview": True} if has_preview(cloud.storage, run) else {}
    _tell(cloud, run, END, (CARD, *kinds), data, run.changed_at)
    _tell_owner(cloud, clock, run)


def tell_preview(cloud: Cloud, run: Run) -> None:
    """Tell what the faster of two trainers found, once a run, whatever the attempt. Safe to repeat."""
    # Of a time that does not change, so that it stands in the outbox once.
    at = run.started_at or run.created_at
    _tell(cloud, run, PREVIEW, ("run_preview", "run_preview_charts"), {FOUND: {"preview": True}}, at)


def has_preview(storage: Storage, run: Run) -> bool:
    """Whether the thread has the run's preview, or gets it for certain."""
    if run.trainer != "both":
        return False
    if any(one.what == "previewed" for one in run.events):
        return True
    key = notice_of(run, PREVIEW)
    earlier = _told_by_earlier(storage, run, "run_preview")
    return earlier or was_sent(storage, key) or any(one.key == key for one in waiting(storage, run.channel or run.who))


def preview_was_told(storage: Storage, run: Run) -> bool:
    """Whether nothing is left to be told of a run's preview."""
    return was_sent(storage, notice_of(run, PREVIEW))


def _tell(cloud: Cloud, run: Run, name: str, kinds: Sequence[str], data: dict[str, Any], at: datetime) -> None:
    notices = tuple(
        Notice(
            key=notice_of(run, kind.removeprefix("run_") if kind == CARD else kind),
            kind=kind,
            workspace=run.workspace,
            channel=run.channel,
            user=run.who,
            run=run.id,
            created_at=at,
        )
        for kind in kinds
        if not _told_by_earlier(cloud.storage, run, kind)
    )
    if notices:
        tell_together(cloud, Bundle(key=notice_of(run, name), about={**about(cloud, run), **data}, notices=notices))


def _told_by_earlier(storage: Storage, run: Run, kind: str) -> bool:
    """Whether an earlier release told this, by itself: then it was sent, or is sent by itself.

    Only of a run that began under one: the events of others begin with their submission.
    """
    began_here = bool(run.events) and run.events[0].what == "submitted"
    return not began_here and storage.exists(paths.notice(notice_of(run, kind)))


def _tell_owner(cloud: Cloud, clock: Clock, run: Run) -> None:
    """Whoever started a run hears that it was stopped, unless they did it: its channel may be none they read."""
    if run.state is not State.CANCELLED or run.stopped_by == run.who:
        return
    data = {"run": told(run), "dataset": {"title": run.title or title_of(cloud.storage, run.dataset_id)}}
    tell(cloud, clock, key=notice_of(run, "run_stopped"), kind="run_stopped", user=run.who, data=data)


class Told:
    """What the messages of one delivery show of what was found: read when it is needed, and once."""

    def __init__(self, storage: Storage, parts: Parts) -> None:
        self._storage = storage
        self._parts = parts
        self._found: dict[tuple[str, bool], Found] = {}

    def complete(self, notice: Notice) -> Notice | None:
        """Return a message with all that it is drawn from; None where there is nothing for it to show.

        Raises NotFound, BrokenState.
        """
        if ANSWERED in notice.data:
            path = str(notice.data[ANSWERED])
            told: dict[str, Any] = json.loads(self._parts.get(part(path, ANSWER)))
            return notice.model_copy(update={"data": {**notice.data, **told}})
        if FOUND not in notice.data:
            return notice
        shown = SHOWN[notice.kind](self._read(notice))
        return None if shown is None else notice.model_copy(update={"data": {**notice.data, **shown}})

    def _read(self, notice: Notice) -> Found:
        run, preview = Run.model_validate(notice.data["run"]), bool(notice.data[FOUND]["preview"])
        if (run.id, preview) not in self._found:
            found = found_of(self._storage, run, preview=preview, parts=self._parts)
            if found is None:
                raise NotFound(f"Run {run.id} has no findings.")
            self._found[run.id, preview] = found
        return self._found[run.id, preview]


def first_look(seen: Found) -> dict[str, Any]:
    """What the message with the verdict is drawn from: all that was found, and of the charts the first."""
    told = seen.model_dump(mode="json", exclude={"charts", "second_opinion"})
    return {**told, "charts": in_json(seen.placed(POST)[:1]), "more_charts": len(seen.placed(MORE))}


def _second_opinion(seen: Found) -> dict[str, Any] | None:
    if seen.second_opinion is None:
        return None
    return {"second_opinion": seen.second_opinion.model_dump(mode="json")}


def _other_charts(seen: Found) -> dict[str, Any]:
    return {"charts": in_json(seen.placed(POST)[1:])}


def _more_charts(seen: Found) -> dict[str, Any]:
    return {"charts": in_json(seen.placed(MORE))}


def in_json(charts: Sequence[Drawn]) -> list[dict[str, Any]]:
    """Charts as a message's data hold them."""
    return [chart.model_dump(mode="json") for chart in charts]


SHOWN: dict[str, Callable[[Found], dict[str, Any] | None]] = {
    **dict.fromkeys(("run_finished", "run_preview"), first_look),
    "run_second_opinion": _second_opinion,
    **dict.fromkeys(("run_charts", "run_preview_charts"), _other_charts),
    **dict.fromkeys(("run_more_charts", "run_preview_more_charts"), _more_charts),
}
