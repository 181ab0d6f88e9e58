"""Rounds: one message for several countries, edited in place, however many of them are done at once; its end is told.

News of a round meets in one look every few seconds: Slack takes about one edit a second, and people read slower.
"""

import logging
from contextlib import suppress
from hashlib import sha256
from math import ceil
from typing import Any

from engine import paths
from engine.clock import Clock
from engine.cloud.cloud import Cloud
from engine.cloud.once import was_sent
from engine.data.dataset import Draft
from engine.data.round import Round, Stands, note_told, read_round, reopen, round_name, stands_of
from engine.errors import BrokenState, NotFound, Postponed, Unavailable
from engine.pipeline.cards import show
from engine.pipeline.later import come_again
from engine.pipeline.outbox import tell
from engine.ports import Messenger, Notice, Place
from engine.runs.records import place_of

log = logging.getLogger(__name__)

CARD, OVER = "round_card", "round_over"
# So far apart a message is edited.
EVERY_SECONDS = 3
REDRAWS = 5


def look_at_round(cloud: Cloud, clock: Clock, round_id: str) -> None:
    """Have a round's message show what is new, together with what else is by then."""
    due = ceil((clock.now().timestamp() + 1) / EVERY_SECONDS) * EVERY_SECONDS
    key = f"round|{cloud.settings.workspace}|{round_id}|{due}"
    cloud.tasks.enqueue("notify", "round", {"round": round_id}, key=key, delay=due - clock.now().timestamp())


def show_round(cloud: Cloud, clock: Clock, messenger: Messenger, round_id: str, *, swept: bool = False) -> None:
    """Draw a round's message as it stands, and tell its end once all of its countries are told.

    Raises Unavailable where Slack does not take it, but where the sweep comes again anyway.
    """
    try:
        _, stands = draw_round(cloud, clock, messenger, round_id)
    except Postponed as error:
        come_again(cloud, clock, "notify", "round", {"round": round_id}, error.seconds)
        return
    except Unavailable as error:
        if not swept:
            raise
        log.warning("the message of round %s goes on waiting: %s (%s)", round_id, error.what, error.detail)
        return
    if stands.over and cloud.storage.exists(paths.round_open(round_id)):
        _end(cloud, clock, read_round(cloud.storage, round_id), stands)


def draw_round(cloud: Cloud, clock: Clock, messenger: Messenger, round_id: str) -> tuple[Place | None, Stands]:
    """Draw a round's message, again until it shows the newest; returns where it is, None where none can be, and that.

    Raises NotFound, Unavailable, also Postponed.
    """
    found = read_round(cloud.storage, round_id)
    document = cloud.storage.read(paths.round_card(round_id))
    place = place_of(document.body) if document else None
    stands = stands_of(cloud.storage, round_id)
    for _ in range(REDRAWS):
        notice = _notice(cloud, clock, found, stands)
        place, _ = show(cloud.storage, clock, messenger, notice, place, paths.round_card(round_id))
        if place is None:
            break
        # Drawn side by side, whoever draws last must have seen the newest.
        drawn, stands = stands, stands_of(cloud.storage, round_id)
        if stands == drawn:
            break
    return place, stands


def place_of_round(cloud: Cloud, clock: Clock, messenger: Messenger, round_id: str) -> Place | None:
    """Where the message of a round stands, in whose thread others belong: posted first if there is none."""
    document = cloud.storage.read(paths.round_card(round_id))
    place = place_of(document.body) if document else None
    if place is not None:
        return place
    with suppress(NotFound, BrokenState):
        return draw_round(cloud, clock, messenger, round_id)[0]
    return None


def tell_round(cloud: Cloud, clock: Clock, draft: Draft, told: dict[str, Any]) -> None:
    """Have the round that a draft is of show how it went."""
    if not draft.round and not draft.countries:
        return
    reopen(cloud.storage, round_name(draft), clock.now())
    note_told(cloud.storage, draft, told)
    look_at_round(cloud, clock, round_name(draft))


def drop_rows(cloud: Cloud, draft: Draft) -> None:
    """Take away the rows that were read for a draft together with others', once it was answered."""
    if draft.rows_in:
        cloud.storage.delete(draft.rows_in)


def look_after_rounds(cloud: Cloud, mark: str) -> None:
    """Have each round looked at whose end was not told: a look may be lost, or Slack was away for long."""
    for entry in cloud.storage.list(paths.OPEN_ROUNDS):
        round_id = paths.round_of(entry.path)
        try:
            read_round(cloud.storage, round_id)
        except (NotFound, BrokenState) as error:
            log.error("round %s is not looked after any more: %s", round_id, error)
            cloud.storage.delete(entry.path, entry.generation)
            continue
        payload: dict[str, str | int] = {"round": round_id, "swept": 1}
        cloud.tasks.enqueue("notify", "round", payload, key=f"sweep|{mark}|{round_id}")


def _end(cloud: Cloud, clock: Clock, found: Round, stands: Stands) -> None:
    """Tell a round's end, once for each way it ended; another try of some country opens it again."""
    ended = sha256("|".join(stands.tries).encode()).hexdigest()[:8]
    told = _notice(cloud, clock, found, stands)
    key = f"{found.id}-{OVER}-{ended}"
    if not was_sent(cloud.storage, key):
        tell(cloud, clock, key=key, kind=OVER, channel=told.channel, user=told.user, under=found.id, data=told.data)
    cloud.storage.let_pass(paths.round_begun(found.id))
    cloud.storage.let_pass(paths.round_card(found.id))
    cloud.storage.delete(paths.round_open(found.id))


def _notice(cloud: Cloud, clock: Clock, found: Round, stands: Stands) -> Notice:
    """A round's message as it stands."""
    lead = found.lead
    data = {
        "round": found.id,
        "title": found.title,
        "source": lead.source.label,
        "who": found.who,
        "renews": bool(lead.renews),
        "created_at": found.created_at.isoformat(),
        "countries": [one.model_dump(mode="json") for one in stands.countries],
    }
    return Notice(
        key=f"{found.id}-card",
        kind=CARD,
        workspace=cloud.settings.workspace,
        channel=found.channel,
        user=found.who,
        data=data,
        created_at=clock.now(),
    )
