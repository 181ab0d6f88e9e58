"""Check: at each sweep, views are compared with their facts, in a number of requests that does not grow with them.

What is amiss is mended at once, where it is a handful; else everything is repaired by a task of its own, and until that
is done readers go by the facts, slowly. What a check remembers of the one before decides nothing: it only says where to
look, and facts say what is right.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.storage import Entry
from engine.index.checked import Checked, OfKind, read_checked, write_checked
from engine.index.entry import remove
from engine.observe.logs import event
from engine.pipeline.kinds import KINDS
from engine.pipeline.portion import PAGE, Portion, TooMuch

log = logging.getLogger(__name__)

# So long a repair that was asked for may take, before it is asked for again.
REPAIRED = timedelta(minutes=30)


def check(cloud: Cloud, clock: Clock, markers: Mapping[str, Entry], *, page: int = PAGE) -> bool:
    """Compare views with facts and mend a handful. `markers`: all of `active/`, as the sweep listed it, by name.

    Returns whether views can be gone by; False: everything is being repaired. Safe at any time, also twice at once, and
    to break off anywhere.
    """
    known = read_checked(cloud.storage)
    if known.repair is not None and clock.now() - known.repair < REPAIRED:
        return False
    kinds: dict[str, OfKind] = {}
    try:
        for number, kind in enumerate(KINDS):
            before, turn = known.kinds.get(kind.name, OfKind()), known.turn % len(KINDS) == number
            kinds[kind.name] = Portion(
                cloud.storage, clock.now(), kind, before, markers, size=page, turn=turn
            ).compare()
    except TooMuch as much:
        event(log, "views_amiss", f"{much} All views are repaired.", {"why": str(much)}, level=logging.ERROR)
        ask_for_repair(cloud, clock)
        return False
    going_on = any(one.round is not None for one in kinds.values())
    now = Checked(kinds=kinds, turn=known.turn + going_on)
    if now != known:
        write_checked(cloud.storage, now)
    return True


def ask_for_repair(cloud: Cloud, clock: Clock) -> None:
    """Have everything repaired. Until that is done, no list goes by an index."""
    for kind in KINDS:
        for folder in kind.whole:
            remove(cloud.storage, paths.index_whole(folder))
    cloud.tasks.enqueue("watch", "repair", {}, key=f"repair|{cloud.settings.workspace}|{clock.stamp()}")
    write_checked(cloud.storage, Checked(repair=clock.now()))
