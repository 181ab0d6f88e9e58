"""One object that cannot be read never hides the others: every list, every search and the Home, over signed HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from bot.access import Role
from bot.admin.doctor import look_from_here
from bot.service import create_app
from bot.slack.limits import escape
from engine import paths
from engine.clock import SystemClock
from engine.doctor.report import Verdict
from engine.pipeline.history import rebuild_history
from engine.pipeline.repair import repair
from engine.pipeline.sweep import sweep
from local import workspace
from tests.every_request import Everything
from tests.slack_requests import command, deliver, home_opened, interaction, post_all
from tests.stack import Stack

TS = "20260102T000000Z-bad0"
BODIES = {
    "not JSON": b"{ half",
    "no object": b"[1]",
    "empty": b"",
    "not text": b"\xff\xfe\x00",
    "of a newer version": b'{"schema_version": 2}',
    "not what it should be": b'{"title": 3, "id": {}}',
}
OBJECTS = {
    "dataset": paths.dataset_manifest("de", TS),
    "experiment": paths.experiment("BAD_7"),
    "run": paths.run_state("rbad0000"),
}
LISTS = {"dataset": ["dataset list", "dataset show"], "experiment": ["experiment list", "run"], "run": ["status"]}


@pytest.fixture(scope="module")
def everything(product: Stack) -> Everything:
    return Everything(product)


@pytest.fixture(scope="module")
def bot(product: Stack) -> FastAPI:
    return create_app(product.settings, "bot", cloud=product.cloud)


@pytest.fixture(params=BODIES)
def planted(request: pytest.FixtureRequest, product: Stack, everything: Everything) -> Iterator[list[str]]:
    names = list(OBJECTS.values())
    for name in names:
        product.cloud.storage.put_bytes(name, BODIES[request.param], "application/json")
    product.cloud.storage.create(paths.active("rbad0000"), {})
    # Lists go by the indexes alone: those tell of what cannot be read once they were looked after.
    repair(product.cloud, SystemClock())
    assert product.cloud.storage.exists(paths.index_whole(paths.DATASET_INDEX))
    yield names
    for name in (*names, paths.active("rbad0000")):
        product.cloud.storage.delete(name)


def test_every_request_is_answered_as_if_it_were_not_there(
    product: Stack, everything: Everything, bot: FastAPI, planted: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    requests = list(everything.requests(workspace.ANA.id, lambda role: role <= Role.ANALYST))
    answers = post_all(bot, "/slack/events", [(body, headers) for _, body, headers in requests])
    for (what, _, _), answer in zip(requests, answers, strict=True):
        assert answer.status_code == 200, what
        for said in ("not your fault", "cannot be read."):
            assert said not in answer.text, (what, answer.text)
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in LISTS.items() for text in texts])
def test_a_list_shows_the_others_and_counts_it(
    product: Stack, everything: Everything, bot: FastAPI, planted: list[str], kind: str, text: str
) -> None:
    answer = deliver(bot, command(product, text)).text
    assert (escape(everything.dataset.title) if kind == "dataset" else everything.experiment.revision) in answer
    assert "and 1 that cannot be read: `/mmm doctor`" in answer


def test_the_home_shows_the_others_and_counts_it(
    product: Stack, everything: Everything, bot: FastAPI, planted: list[str]
) -> None:
    (answer,) = post_all(bot, "/slack/events", [home_opened("E1")])
    assert answer.status_code == 200
    home = json.dumps(product.slack.views.home(workspace.ANA.id))
    assert escape(everything.dataset.title) in home and everything.experiment.revision in home
    assert "and 2 that cannot be read" in home


def test_asked_for_by_name_it_says_so(product: Stack, bot: FastAPI, planted: list[str]) -> None:
    for text in (f"dataset show de/{TS}", "run BAD_7", "status rbad0000"):
        answer = deliver(bot, command(product, text)).text
        assert "stored" in answer or "newer version" in answer or "cannot be read" in answer, text


def test_a_search_finds_the_others(product: Stack, everything: Everything, bot: FastAPI, planted: list[str]) -> None:
    asked = {"type": "block_suggestion", "action_id": "dataset_id", "block_id": "dataset_id", "value": ""}
    answer = deliver(bot, interaction(**asked, view=everything.view("experiment_new", workspace.ANA.id)))
    assert [one["value"] for one in answer.json()["options"]] == [everything.dataset.id]


def test_the_doctor_names_each_of_them(product: Stack, everything: Everything, planted: list[str]) -> None:
    found = [one for one in look_from_here().findings if one.check == "stored objects"]
    assert {one.verdict for one in found} == {Verdict.FAILED}
    assert [one.found.split()[0] for one in found] == planted
    assert all(f"gs://{product.settings.bucket}/" in one.fix for one in found)


def test_the_sweep_and_the_history_go_on(product: Stack, everything: Everything, planted: list[str]) -> None:
    row = paths.history_row("2026-01-01", "rbad0000")
    product.cloud.storage.put_bytes(row, b"{ half", "application/json")
    good = {"run": "rgood000", "end_time": "2026-01-01T12:00:00+00:00"}
    product.cloud.storage.create(paths.history_row("2026-01-01", "rgood000"), good)
    rebuild_history(product.cloud, SystemClock())
    assert b"rgood000" in product.cloud.storage.get_bytes(paths.HISTORY)
    assert not product.cloud.storage.exists(row)
    aside = paths.unreadable_row("2026-01-01-rbad0000.json")
    assert product.cloud.storage.get_bytes(aside) == b"{ half"
    sweep(product.cloud, SystemClock())
    product.cloud.storage.delete(aside)
    product.cloud.storage.delete(paths.row(datetime(2026, 1, 1, 12, tzinfo=UTC), "rgood000"))
    rebuild_history(product.cloud, SystemClock())


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("dataset show *{title}*", "dataset"),
        ("dataset show `{title}`", "dataset"),
        ("dataset show “{title}”.", "dataset"),
        ("dataset show &lt;{title}&gt;", "dataset"),
        ("dataset show <#C123|{title}>", "dataset"),
        ("dataset show <@U123|{title}>", "dataset"),
        ("status #{run}", "run"),
        ("status `{run}`", "run"),
        ("status <#C123|{run}>", "run"),
        ("status *{revision}*", "run"),
    ],
)
def test_what_is_typed_is_found(product: Stack, everything: Everything, bot: FastAPI, text: str, finds: str) -> None:
    title, revision = escape(everything.dataset.title), everything.experiment.revision
    known = {"title": title, "run": everything.run.id, "revision": revision}
    answer = deliver(bot, command(product, text.format(**known))).text
    wanted = title if finds == "dataset" else revision
    assert wanted in answer and "called" not in answer and "no run" not in answer


@pytest.mark.parametrize("country", ["FR", "fr", "xx", "", "zz z", "fr/../x", "../..", "fra", "f", "ﬀ"])
def test_a_form_with_no_country_of_ours_makes_nothing(
    product: Stack, everything: Everything, bot: FastAPI, country: str
) -> None:
    before = {entry.path for entry in product.cloud.storage.list(paths.DRAFTS)}
    view = everything.view("dataset_source", workspace.ANA.id)
    view["state"]["values"]["country"]["country"]["selected_option"]["value"] = country
    answer = deliver(bot, interaction(type="view_submission", view=view))
    made = {entry.path for entry in product.cloud.storage.list(paths.DRAFTS)} - before
    if country.lower() == "fr":
        assert len(made) == 1
        return
    assert answer.json()["errors"] == {"country": "Choose the country the rows are about."}
    assert not made
