"""Delivers the engine's notices to Slack: each kind has its drawing; none is posted twice, none waits for a picture."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from bot.admin import messages as admin_messages
from bot.answers import DRAWINGS
from bot.data import delete_messages, map_file_messages, mapping_form, modals, round_messages
from bot.data import messages as data_messages
from bot.results import messages as result_messages
from bot.runs import messages as run_messages
from bot.slack.answering import Answering
from bot.slack.blocks import Message
from bot.slack.client import SlackClient
from bot.slack.errors import code_of
from bot.slack.pictures import Gallery, Pictures, chain
from bot.slack.search import Progress, Search
from engine.asks import FAILED
from engine.data.dataset import Dataset, Draft, Finding
from engine.data.mapping import Mapping
from engine.doctor.report import read_report
from engine.errors import BadData, LockedOut, Refused, Unavailable
from engine.ports import Delivery, Notice, Place, Post, Uploads
from engine.runs.run import Run

log = logging.getLogger(__name__)

# A card of which Slack says so is drawn anew: somebody deleted it, or it is not ours any more.
GONE = ("message_not_found", "cant_update_message", "thread_not_found")


class SlackMessenger:
    """The engine's Messenger. What was posted is found again by the key it carries."""

    def __init__(self, client: SlackClient) -> None:
        self._client = client
        self._gallery = Gallery(client)
        self._answering = Answering(client, self._gallery, self._to_find)
        self._deliver: dict[str, Callable[[Notice, Delivery], Place]] = {
            "dataset_columns": self._columns,
            "dataset_unreadable": self._unreadable,
            "dataset_ready": self._ready,
            "dataset_refused": self._refused,
            "mapping_refused": self._mapping_refused,
            "mapping_same": self._mapping_same,
            "dataset_unchanged": self._unchanged,
            "round_card": lambda n, d: self._post(n, d, self._channel(n), round_messages.round_card(n.data)),
            "round_over": self._in_thread(lambda n: round_messages.round_over(n.data)),
            "dataset_deleted": lambda n, d: self._post(n, d, self._channel(n), delete_messages.deleted(n.data)),
            "dataset_not_deleted": self._not_deleted,
            "run_card": self._card,
            "run_second_opinion": self._in_thread(lambda n: result_messages.second_opinion(n.data)),
            "run_failed": self._in_thread(lambda n: run_messages.failed(_run(n), preview=_previewed(n))),
            "run_cancelled": self._in_thread(lambda n: run_messages.cancelled(_run(n), preview=_previewed(n))),
            "run_stopped": self._stopped,
            "doctor_report": self._examined,
            "run_retried": self._in_thread(lambda n: run_messages.retried(_run(n), str(n.data["reason"]))),
            **dict.fromkeys(ILLUSTRATED, self._illustrated),
            **dict.fromkeys((*DRAWINGS, FAILED), self._answering.deliver),
        }

    def deliver(self, notice: Notice, delivery: Delivery) -> Place:
        """Deliver `notice`; returns where it went. Raises Unavailable (Postponed, LockedOut) or Refused."""
        try:
            deliver = self._deliver[notice.kind]
        except KeyError:
            raise BadData(f"Nobody draws {notice.kind}.") from None
        return deliver(notice, delivery)

    def redraw(self, notice: Notice, place: Place) -> bool:
        """Draw the card that stands at `place` anew; False where somebody deleted it, or it is not ours any more."""
        try:
            self._client.edit(place["channel"], place["ts"], CARDS[notice.kind](notice.data))
        except Refused as error:
            if code_of(error) not in GONE:
                raise
            log.warning("card %s is gone, it gets another: %s", notice.key, error.detail)
            return False
        return True

    def illustrate(self, notice: Notice, place: Place, uploads: Uploads, *, last: bool) -> bool:
        """Bring the pictures that follow into a message that stands; with `last`, say why if they do not come."""
        pictures = self._gallery.bring(notice, uploads)
        if pictures.awaited and not last:
            return False
        draw = ILLUSTRATED.get(notice.kind, self._answering.drawn)
        try:
            try:
                self._client.edit(place["channel"], place["ts"], draw(notice, pictures.given_up()))
            except (Refused, LockedOut) as error:
                if code_of(error) in GONE or not _may_be_the_picture(error, pictures):
                    raise
                if not last:
                    return False
                self._client.edit(place["channel"], place["ts"], draw(notice, pictures.not_taken().given_up()))
        except Refused as error:
            log.info("message %s stays without its pictures: %s", notice.key, error.detail)
        return True

    def _columns(self, notice: Notice, delivery: Delivery) -> Place:
        """The waiting form becomes the mapping; a person who closed it gets a button."""
        draft, roles = Draft.model_validate(notice.data["draft"]), Mapping.model_validate(notice.data["guess"])
        view = mapping_form.mapping_form(draft, roles)
        place = self._in_form(notice, delivery, draft, view, data_messages.columns_wait(draft))
        for number, message in enumerate(data_messages.more_in_form(draft, roles)):
            self._post(notice, delivery, self._client.direct_channel(notice.user), message, part=f"-more{number}")
        return place

    def _unreadable(self, notice: Notice, delivery: Delivery) -> Place:
        draft, error = Draft.model_validate(notice.data["draft"]), notice.data["error"]
        view = modals.failed(error["what"], error["todo"], ways_on=data_messages.after_failure(draft, error))
        return self._in_form(notice, delivery, draft, view, data_messages.unreadable(draft, error))

    def _mapping_refused(self, notice: Notice, delivery: Delivery) -> Place:
        """What is wrong with a file goes into the form that waits; what that has no room for, in person."""
        draft, problems = Draft.model_validate(notice.data["draft"]), notice.data["problems"]
        view, left = map_file_messages.refused_view(draft, problems)
        first, *rest = map_file_messages.refused(draft, problems)
        place = self._in_form(notice, delivery, draft, view, first)
        told = [first, *rest] if left and "view" in place else [] if "view" in place else rest
        for number, message in enumerate(told):
            self._post(notice, delivery, self._client.direct_channel(notice.user), message, part=f"-more{number}")
        return place

    def _mapping_same(self, notice: Notice, delivery: Delivery) -> Place:
        draft, notes = Draft.model_validate(notice.data["draft"]), notice.data["notes"]
        view = map_file_messages.same_view(draft, notes)
        return self._in_form(notice, delivery, draft, view, map_file_messages.same(draft, notes))

    def _in_form(
        self, notice: Notice, delivery: Delivery, draft: Draft, view: dict[str, Any], otherwise: Message
    ) -> Place:
        try:
            if draft.view_id:
                self._client.update_view(draft.view_id, view)
                return {"view": draft.view_id}
        except Refused as error:
            log.info("form %s is gone: %s", draft.view_id, error.detail)
        if notice.channel:
            try:
                return self._whisper(notice, delivery, otherwise)
            except Refused as error:
                log.info("no word to %s in %s: %s", notice.user, notice.channel, error.detail)
        return self._post(notice, delivery, self._client.direct_channel(notice.user), otherwise)

    def _ready(self, notice: Notice, delivery: Delivery) -> Place:
        """A line in the channel; what the checks saw in its thread. All of it in a round's, where it is of one."""
        dataset, since = Dataset.model_validate(notice.data["dataset"]), notice.data.get("since")
        if notice.under or since:
            first, *rest = round_messages.country_ready(dataset, since, under=bool(notice.under))
            place = self._post_first(notice, delivery, first)
            self._below(notice, delivery, place, rest)
            return place
        place = self._post(notice, delivery, self._channel(notice), data_messages.ready(dataset))
        self._below(notice, delivery, place, data_messages.findings(dataset, notice.data.get("chosen", {})))
        return place

    def _refused(self, notice: Notice, delivery: Delivery) -> Place:
        found = [Finding.model_validate(one) for one in notice.data["findings"]]
        draft = Draft.model_validate(notice.data["draft"])
        first, *rest = data_messages.refused(draft, notice.data["error"], found)
        place = self._post_first(notice, delivery, first)
        self._below(notice, delivery, place, rest)
        return place

    def _unchanged(self, notice: Notice, delivery: Delivery) -> Place:
        """The source holds what the last snapshot holds."""
        draft, dataset = Draft.model_validate(notice.data["draft"]), Dataset.model_validate(notice.data["dataset"])
        message = round_messages.unchanged(draft.title, draft.country, dataset, under=bool(notice.under))
        return self._post_first(notice, delivery, message)

    def _post_first(self, notice: Notice, delivery: Delivery, message: Message) -> Place:
        """Post in the channel, or in the thread of the round it is of; `thread` says which, for what follows."""
        channel, thread_ts = self._where(notice)
        place = self._post(notice, delivery, channel, message, thread_ts=thread_ts)
        return {**place, "thread": thread_ts} if thread_ts else place

    def _not_deleted(self, notice: Notice, delivery: Delivery) -> Place:
        """Between the app and whoever pressed: there, nobody else has heard of it."""
        return self._post(
            notice, delivery, self._client.direct_channel(notice.user), delete_messages.not_deleted(notice.data)
        )

    def _below(self, notice: Notice, delivery: Delivery, place: Place, messages: Sequence[Message]) -> None:
        """Post what belongs below a message, in its order."""
        for number, message in enumerate(messages):
            part = f"-findings{number or ''}"
            thread_ts = place.get("thread") or place["ts"]
            self._post(notice, delivery, place["channel"], message, thread_ts=thread_ts, part=part)

    def _card(self, notice: Notice, delivery: Delivery) -> Place:
        """A run's card, posted; it is drawn anew where it stands."""
        return self._post(notice, delivery, self._channel(notice), run_messages.card(notice.data))

    def _illustrated(self, notice: Notice, delivery: Delivery) -> Place:
        """Post words with their pictures; where a picture is not ready, the words at once, and the picture follows."""
        draw = ILLUSTRATED[notice.kind]

        def send(pictures: Pictures, channel: str, thread_ts: str) -> Place:
            try:
                place = self._client.post(channel, draw(notice, pictures), thread_ts=thread_ts, key=notice.key)
            except (Refused, LockedOut) as error:
                if not _may_be_the_picture(error, pictures):
                    raise
                log.warning("the pictures of %s are not taken: %s", notice.key, error.detail)
                pictures = pictures.not_taken()
                place = self._client.post(channel, draw(notice, pictures), thread_ts=thread_ts, key=notice.key)
            return {**place, "pictures": "follow"} if pictures.awaited else place

        def look(channel: str, thread_ts: str) -> Post:
            found = self._to_find(channel, notice.key, thread_ts)
            # Whoever posted it died: nobody knows with which pictures.
            more = {"pictures": "follow"} if notice.data["charts"] else {}
            return Post(lambda since, at: {**place, **more} if (place := found.look(since, at)) else None, found.undo)

        channel, thread_ts = self._where(notice)
        return delivery.make(
            notice.key,
            lambda: self._gallery.bring(notice, delivery.uploads(chain(notice))),
            lambda pictures: send(pictures, channel, thread_ts),
            look(channel, thread_ts),
        )

    def _stopped(self, notice: Notice, delivery: Delivery) -> Place:
        """In the conversation with whoever started it: they may not read the run's channel."""
        message = run_messages.stopped_for_you(_run(notice), str(notice.data["dataset"]["title"]))
        return self._post(notice, delivery, self._client.direct_channel(notice.user), message)

    def _examined(self, notice: Notice, delivery: Delivery) -> Place:
        """In the conversation with whoever asked."""
        channel, message = self._channel(notice), admin_messages.examined(read_report(notice.data))
        return self._post(notice, delivery, channel, message)

    def _in_thread(self, draw: Callable[[Notice], Message]) -> Callable[[Notice, Delivery], Place]:
        """Post in the run's thread; without a card, where the notice belongs."""

        def deliver(notice: Notice, delivery: Delivery) -> Place:
            channel, thread_ts = self._where(notice)
            return self._post(notice, delivery, channel, lambda: draw(notice), thread_ts=thread_ts)

        return deliver

    def _where(self, notice: Notice) -> tuple[str, str]:
        """The channel, and the thread if the run has one."""
        card = notice.thread
        return (card["channel"], card["ts"]) if card else (self._channel(notice), "")

    def _post(
        self,
        notice: Notice,
        delivery: Delivery,
        channel: str,
        drawn: Message | Callable[[], Message],
        *,
        thread_ts: str = "",
        part: str = "",
    ) -> Place:
        """Post a message, unless an earlier delivery did, whether or not it could say so."""
        key = f"{notice.key}{part}"
        return delivery.make(
            key,
            lambda: drawn if isinstance(drawn, Message) else drawn(),
            lambda message: self._client.post(channel, message, thread_ts=thread_ts, key=key),
            self._to_find(channel, key, thread_ts),
        )

    def _whisper(self, notice: Notice, delivery: Delivery, message: Message) -> Place:
        """Show a message to one person. Nobody can find such a message again: in doubt it is shown again."""

        def send(message: Message) -> Place:
            self._client.whisper(notice.channel, notice.user, message)
            return {"channel": notice.channel}

        post = Post(lambda since, at: None, lambda place: None)
        return delivery.make(f"{notice.key}-whisper", lambda: message, send, post)

    def _to_find(self, channel: str, key: str, thread_ts: str = "") -> Post:
        """How a message of ours is found again, and taken back."""

        def look(since: datetime, progress: Progress) -> Place | None:
            found = Search(self._client, channel, key, since=since, thread_ts=thread_ts).go_on(progress)
            if found is None:
                return None
            place: Place = {"channel": channel, "ts": str(found["ts"])}
            return {**place, "unthreaded": True} if thread_ts and not found.get("thread_ts") else place

        return Post(look, self._take_back)

    def _take_back(self, place: Place) -> None:
        try:
            self._client.call("chat.delete", channel=place["channel"], ts=place["ts"])
        except (Refused, Unavailable) as error:
            log.warning("a second message stays: %s (%s)", error.what, error.detail)

    def _channel(self, notice: Notice) -> str:
        return notice.channel or self._client.direct_channel(notice.user)


Drawing = Callable[[Notice, Pictures], Message]


def _charts(*, preview: bool = False, asked: bool = False) -> Drawing:
    def draw(notice: Notice, pictures: Pictures) -> Message:
        drawn, missing = notice.data["charts"], pictures.told
        return result_messages.more_charts(_run(notice), drawn, pictures.ids, missing, preview=preview, asked=asked)

    return draw


# What is drawn anew where it stands.
CARDS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "run_card": run_messages.card,
    "round_card": round_messages.round_card,
}

# What is drawn with pictures, and can be drawn again when they come.
ILLUSTRATED: dict[str, Drawing] = {
    "run_finished": lambda n, p: result_messages.verdict(n.data, p.ids, p.told),
    "run_preview": lambda n, p: result_messages.preview(n.data, p.ids, p.told),
    "run_charts": _charts(),
    "run_more_charts": _charts(asked=True),
    "run_preview_charts": _charts(preview=True),
    "run_preview_more_charts": _charts(preview=True, asked=True),
}


def _may_be_the_picture(error: Refused | LockedOut, pictures: Pictures) -> bool:
    """Whether words that were refused may be taken without their pictures: in whatever word, unless it is about us."""
    return bool(pictures.ids) and not (isinstance(error, LockedOut) and error.sure)


def _run(notice: Notice) -> Run:
    return Run.model_validate(notice.data["run"])


def _previewed(notice: Notice) -> bool:
    """Whether the run's thread has a preview that outlives the run's end."""
    return bool(notice.data.get("preview"))
