"""Delivers the engine's notices to Slack: each kind has its drawing; none is posted twice."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from bot.admin import messages as admin_messages
from bot.data import mapping_form, modals
from bot.data import messages as data_messages
from bot.results import messages as result_messages
from bot.runs import messages as run_messages
from bot.slack.blocks import Message
from bot.slack.client import SlackClient
from engine.cloud.storage import Storage
from engine.data.dataset import Dataset, Draft, Finding
from engine.data.mapping import Mapping
from engine.doctor.report import read_report
from engine.errors import BadData, Refused
from engine.ports import Notice
from engine.runs.records import read_card, remember_card
from engine.runs.run import Run

log = logging.getLogger(__name__)

Place = dict[str, Any]


class SlackMessenger:
    """The engine's Messenger. What was posted is remembered, and found again by the key it carries."""

    def __init__(self, client: SlackClient, storage: Storage) -> None:
        self._client = client
        self._storage = storage
        self._deliver: dict[str, Callable[[Notice], Place]] = {
            "dataset_columns": self._columns,
            "dataset_unreadable": self._unreadable,
            "dataset_ready": self._ready,
            "dataset_refused": self._refused,
            "run_card": self._card,
            "run_finished": self._finished,
            "run_charts": self._charts,
            "run_more_charts": lambda n: self._charts(n, asked=True),
            "run_preview_more_charts": lambda n: self._charts(n, preview=True, asked=True),
            "run_preview": self._preview,
            "run_preview_charts": lambda n: self._charts(n, preview=True),
            "run_second_opinion": lambda n: self._thread(n, lambda: result_messages.second_opinion(n.data)),
            "run_failed": lambda n: self._thread(n, lambda: run_messages.failed(_run(n), preview=_previewed(n))),
            "run_cancelled": lambda n: self._thread(n, lambda: run_messages.cancelled(_run(n), preview=_previewed(n))),
            "run_stopped": self._stopped,
            "doctor_report": self._examined,
            "run_retried": lambda n: self._thread(n, lambda: run_messages.retried(_run(n), str(n.data["reason"]))),
        }

    def deliver(self, notice: Notice) -> Place:
        """Deliver `notice`; returns where it went. Raises Unavailable or Refused."""
        try:
            deliver = self._deliver[notice.kind]
        except KeyError:
            raise BadData(f"Nobody draws {notice.kind}.") from None
        return deliver(notice)

    def _columns(self, notice: Notice) -> Place:
        """The waiting form becomes the mapping; a person who closed it gets a button."""
        draft, roles = Draft.model_validate(notice.data["draft"]), Mapping.model_validate(notice.data["guess"])
        view = mapping_form.mapping_form(draft, roles)
        place = self._in_form(notice, draft, view, data_messages.columns_wait(draft))
        for number, message in enumerate(data_messages.more_in_form(draft, roles)):
            self._post(notice, self._client.direct_channel(notice.user), message, part=f"-more{number}")
        return place

    def _unreadable(self, notice: Notice) -> Place:
        draft, error = Draft.model_validate(notice.data["draft"]), notice.data["error"]
        view = modals.failed(error["what"], error["todo"], ways_on=data_messages.after_failure(draft, error))
        return self._in_form(notice, draft, view, data_messages.unreadable(draft, error))

    def _in_form(self, notice: Notice, draft: Draft, view: dict[str, Any], otherwise: Message) -> Place:
        try:
            if draft.view_id:
                self._client.update_view(draft.view_id, view)
                return {"view": draft.view_id}
        except Refused as error:
            log.info("form %s is gone: %s", draft.view_id, error.detail)
        if notice.channel:
            try:
                self._client.whisper(notice.channel, notice.user, otherwise)
                return {"channel": notice.channel}
            except Refused as error:
                log.info("no word to %s in %s: %s", notice.user, notice.channel, error.detail)
        return self._post(notice, self._client.direct_channel(notice.user), otherwise)

    def _ready(self, notice: Notice) -> Place:
        """A line in the channel; what the checks saw in its thread."""
        dataset = Dataset.model_validate(notice.data["dataset"])
        place = self._post(notice, self._channel(notice), data_messages.ready(dataset))
        self._in_thread(notice, place, data_messages.findings(dataset, notice.data.get("chosen", {})))
        return place

    def _refused(self, notice: Notice) -> Place:
        found = [Finding.model_validate(one) for one in notice.data["findings"]]
        draft = Draft.model_validate(notice.data["draft"])
        first, *rest = data_messages.refused(draft, notice.data["error"], found)
        place = self._post(notice, self._channel(notice), first)
        self._in_thread(notice, place, rest)
        return place

    def _in_thread(self, notice: Notice, place: Place, messages: Sequence[Message]) -> None:
        """Post what belongs below a message, in its order."""
        for number, message in enumerate(messages):
            part = f"-findings{number or ''}"
            self._post(notice, place["channel"], message, thread_ts=place["ts"], part=part)

    def _card(self, notice: Notice) -> Place:
        """Edit the run's card where it stands; post it the first time."""
        message = run_messages.card(notice.data)
        place = read_card(self._storage, notice.run)
        if place is not None:
            self._client.edit(place["channel"], place["ts"], message)
            return place
        channel = self._channel(notice)
        found = self._client.find(channel, notice.key, since=notice.created_at)
        posted = {"channel": channel, "ts": found} if found else self._client.post(channel, message, key=notice.key)
        counts = remember_card(self._storage, notice.run, posted)
        if counts["ts"] != posted["ts"]:
            # Two deliveries posted at once: one card is enough.
            self._client.call("chat.delete", channel=posted["channel"], ts=posted["ts"])
        if found or counts["ts"] != posted["ts"]:
            self._client.edit(counts["channel"], counts["ts"], message)
        return counts

    def _finished(self, notice: Notice) -> Place:
        return self._thread(notice, lambda: result_messages.verdict(notice.data, self._upload(notice)))

    def _charts(self, notice: Notice, **which: bool) -> Place:
        drawn = notice.data["charts"]
        return self._thread(
            notice, lambda: result_messages.more_charts(_run(notice), drawn, self._upload(notice), **which)
        )

    def _preview(self, notice: Notice) -> Place:
        return self._thread(notice, lambda: result_messages.preview(notice.data, self._upload(notice)))

    def _stopped(self, notice: Notice) -> Place:
        """In the conversation with whoever started it: they may not read the run's channel."""
        message = run_messages.stopped_for_you(_run(notice), str(notice.data["dataset"]["title"]))
        return self._post(notice, self._client.direct_channel(notice.user), message)

    def _examined(self, notice: Notice) -> Place:
        """In the conversation with whoever asked."""
        return self._post(notice, self._channel(notice), admin_messages.examined(read_report(notice.data)))

    def _upload(self, notice: Notice) -> dict[str, str]:
        """Bring the pictures into Slack, where the client's data stay; returns file ids by chart name."""
        return {
            chart["name"]: self._client.upload(
                f"{chart['name']}.png", self._storage.get_bytes(chart["path"]), title=chart["title"], alt=chart["alt"]
            )
            for chart in notice.data["charts"]
        }

    def _thread(self, notice: Notice, draw: Callable[[], Message]) -> Place:
        """Post in the run's thread; without a card, where the notice belongs."""
        card = read_card(self._storage, notice.run) if notice.run else None
        if card is None:
            return self._post(notice, self._channel(notice), draw)
        return self._post(notice, card["channel"], draw, thread_ts=card["ts"])

    def _post(
        self,
        notice: Notice,
        channel: str,
        drawn: Message | Callable[[], Message],
        *,
        thread_ts: str = "",
        part: str = "",
    ) -> Place:
        """Post a message, unless an earlier delivery did and died before it could say so."""
        key = f"{notice.key}{part}"
        if found := self._client.find(channel, key, since=notice.created_at, thread_ts=thread_ts):
            return {"channel": channel, "ts": found}
        message = drawn if isinstance(drawn, Message) else drawn()
        return self._client.post(channel, message, thread_ts=thread_ts, key=key)

    def _channel(self, notice: Notice) -> str:
        return notice.channel or self._client.direct_channel(notice.user)


def _run(notice: Notice) -> Run:
    return Run.model_validate(notice.data["run"])


def _previewed(notice: Notice) -> bool:
    """Whether the run's thread has a preview that outlives the run's end."""
    return bool(notice.data.get("preview"))
