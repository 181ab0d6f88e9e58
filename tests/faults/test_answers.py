"""What somebody asked is answered once, where it belongs, with pictures and files, or they alone hear why not."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bot.act import Services
from bot.answers import DRAWINGS
from bot.slack.blocks import Message, section, slack_image
from bot.slack.form import modal
from bot.slack.pictures import Pictures
from bot.tasks import TRIES, perform
from engine import paths
from engine.asks import Ask, keep_ask
from engine.errors import BadData, Denied
from engine.pipeline import answer as step
from engine.pipeline.answer import Answer, Given, Picture, Work, answer
from engine.ports import Notice
from local.faults import Fault
from tests.faults.fake_cloud import Crash
from tests.faults.slack_service import ANA, CHANNEL, PNG, Delivery, delivering

Json = dict[str, Any]
KIND, VIEWED = "weather", "weather_form"


def chart(notice: Notice, pictures: Pictures) -> Message:
    text = section(str(notice.data["said"]))
    native = {"type": "data_visualization", "title": "Rain", "chart": {"type": "pie", "segments": SEGMENTS}}
    images = [slack_image(pictures.ids[one["name"]], one["alt"]) for one in notice.data["charts"] if pictures.ids]
    return Message("It rains", [text, *images], native=[text, native] if notice.data.get("native") else None)


SEGMENTS = [{"label": "North", "value": 3}, {"label": "South", "value": 1}]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Delivery]:
    monkeypatch.setattr("local.slack.state.files.SCAN_SECONDS", 0.0)
    monkeypatch.setitem(DRAWINGS, KIND, chart)
    monkeypatch.setitem(DRAWINGS, VIEWED, lambda notice, _: modal("weather", "Weather", [section("It rains.")]))
    with delivering(tmp_path) as delivery:
        yield delivery


def asked(at: Delivery, kind: str = KIND, **more: Any) -> Ask:
    known = {"id": "a1", "kind": kind, "who": ANA, "needs": "VIEWER", "channel": CHANNEL, "asked_at": at.clock.now()}
    one = Ask.model_validate({**known, **more})
    keep_ask(at.cloud.storage, one)
    return one


def make(work: Work, *, native: bool = False) -> Answer:
    picture = Picture("rain", "Rain", "The north is wet", PNG)
    return Answer(
        {"said": "The north is wet.", "native": native}, [picture], [Given("rain.csv", "Rain", b"a,b\n1,2\n")]
    )


def answered(at: Delivery, one: Ask, make: Any = make, **how: Any) -> None:
    answer(at.cloud, at.clock, None, one.id, {one.kind: make}, **how)  # type: ignore[arg-type]
    at.work(hours=0.1)


def kinds(message: Json) -> list[str]:
    return [block["type"] for block in message["blocks"]]


def files_of(message: Json) -> list[str]:
    return [one["name"] for one in message.get("files", ())]


def test_an_answer_stands_where_it_was_asked_with_its_picture_and_below_it_the_file(at: Delivery) -> None:
    answered(at, asked(at))
    first, second = at.shown()
    assert kinds(first) == ["section", "image"]
    assert files_of(second) == ["rain.csv"] and second["thread_ts"] == first["ts"]


def test_an_answer_to_a_button_stands_in_the_thread_of_its_message(at: Delivery) -> None:
    answered(at, asked(at))
    above = at.shown()[0]["ts"]
    answered(at, asked(at, id="a2", thread=above))
    assert [one.get("thread_ts") for one in at.shown()[2:]] == [above, above]


def test_a_workspace_that_draws_charts_itself_gets_no_picture(at: Delivery) -> None:
    answered(at, asked(at), lambda work: make(work, native=True))
    assert kinds(at.shown()[0]) == ["section", "data_visualization"]
    assert [call["args"].get("filename") for call in at.calls("files.getUploadURLExternal")] == ["rain.csv"]


def test_a_workspace_that_does_not_gets_the_picture_and_is_not_tried_again(at: Delivery) -> None:
    body = json.dumps({"ok": False, "error": "invalid_blocks", "errors": ["unsupported type: data_visualization"]})
    at.faults.add(Fault(match="chat.postMessage", kind="before", status=200, body=body, times=1))
    for name in ("a1", "a2"):
        answered(at, asked(at, id=name), lambda work: make(work, native=True))
    assert [kinds(one) for one in at.shown() if one.get("blocks")] == [["section", "image"], ["section", "image"]]


def test_what_is_for_one_person_alone_is_whispered_and_its_files_are_handed_over_in_person(at: Delivery) -> None:
    answered(at, asked(at, privately=True), lambda work: Answer({"said": "Dry."}))
    assert [call["args"]["user"] for call in at.calls("chat.postEphemeral")] == [ANA]
    answered(at, asked(at, id="a2", privately=True))
    [direct] = {call["args"]["channel"] for call in at.calls("chat.postMessage")}
    assert direct.startswith("D") and files_of(at.shown(direct)[1]) == ["rain.csv"]


def test_a_modal_that_waits_becomes_the_answer_and_a_closed_one_is_left_alone(at: Delivery) -> None:
    waiting = at.slack.views.open(ANA, modal("loading", "Weather", [section("…")]))
    answered(at, asked(at, VIEWED, view=waiting["id"]))
    assert at.slack.views.get(waiting["id"])["callback_id"] == "weather"
    answered(at, asked(at, VIEWED, id="a2", view="VGONE"))
    assert at.shown() == []


def _refuse(work: Work) -> Answer:
    raise BadData("There is no rain.", "Wait for it.")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"make": _refuse}, "There is no rain."),
        ({"refusal": lambda ask: Denied("You may not.", "Ask Ana.")}, "You may not."),
        ({"late": True}, "That took too long"),
    ],
    ids=["bad data", "a role that was taken away", "late"],
)
def test_only_who_asked_hears_why_there_is_no_answer(at: Delivery, how: Json, said: str) -> None:
    one = asked(at)
    if how.pop("late", False):
        at.clock.time += step.LATE + timedelta(seconds=1)
    answered(at, one, **how)
    [call] = at.calls("chat.postEphemeral")
    assert call["args"]["user"] == ANA and said in call["args"]["text"]
    assert at.told() == [] and not at.fake.storage.exists(paths.answer_pack(one.id))


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_step_may_break_off_at_any_request_and_be_repeated(at: Delivery, when: str) -> None:
    one, door = asked(at), at.fake.world
    for number in range(1, 20):
        door.crash = (len(door.calls) + number, when)
        try:
            answer(at.cloud, at.clock, None, one.id, {KIND: make})  # type: ignore[arg-type]
        except Crash:
            continue
        break
    door.crash = None
    assert 2 < number < 19
    answered(at, one)
    assert at.told() == [one.key] and len(at.shown()) == 2 and at.waits() == []


def test_a_look_that_takes_its_worker_along_each_time_is_told_and_not_tried_for_half_an_hour(at: Delivery) -> None:
    """Who is out of memory says nothing: only the count of tries does."""
    services = cast(Services, type("Its", (), {"cloud": at.cloud, "clock": at.clock}))
    one = asked(at)
    done: list[Json] = []
    assert perform(services, "answer", done.append, {"ask": one.id}, TRIES).status_code == 200
    assert perform(services, "answer", done.append, {"ask": one.id}, TRIES + 1).status_code == 200
    at.work(hours=0.1)
    [call] = at.calls("chat.postEphemeral")
    assert len(done) == 1 and call["args"]["user"] == ANA and "broke on our side" in call["args"]["text"]


def test_what_was_found_is_told_however_often_that_was_tried(at: Delivery) -> None:
    services = cast(Services, type("Its", (), {"cloud": at.cloud, "clock": at.clock}))
    one = asked(at)
    at.cloud.storage.put_bytes(paths.answer_pack(one.id), b"found", "application/zip")
    done: list[Json] = []
    perform(services, "answer", done.append, {"ask": one.id}, TRIES + 1)
    assert done and at.calls("chat.postEphemeral") == []


@pytest.mark.parametrize("method", ["files.completeUploadExternal", "chat.postMessage"])
def test_a_file_is_given_once_where_slacks_reply_was_lost(at: Delivery, method: str) -> None:
    one = asked(at)
    at.faults.add(Fault(match=method, kind="after"))
    answered(at, one, lambda work: Answer({"said": "Wet."}, files=[Given("rain.csv", "Rain", b"a,b\n1,2\n")]))
    at.work(hours=1)
    assert [files_of(message) for message in at.shown()] == [[], ["rain.csv"]] and at.waits() == []


def test_the_same_table_asked_for_again_is_given_again(at: Delivery) -> None:
    made = Answer({"said": "Wet."}, files=[Given("rain.csv", "Rain", b"a,b\n1,2\n")])
    answered(at, asked(at), lambda work: made)
    above = at.shown()[0]["ts"]
    at.faults.add(Fault(match="files.completeUploadExternal", kind="before"))
    answered(at, asked(at, id="a2", thread=above), lambda work: made)
    at.work(hours=1)
    assert [files_of(message) for message in at.shown()] == [[], ["rain.csv"], [], ["rain.csv"]]
