"""What was posted in private stays private: by every command, click, form, search, shortcut and event there is.

For whoever is not in the conversation, a world with private things in it is a world without them: every request is
answered as it is where there are none, word by word. A new entry of the registry has to be given to `every_request`.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.access import Role
from bot.service import registry
from engine import paths
from engine.cloud.storage import Storage
from engine.data.dataset import Dataset, Draft, Source
from engine.data.records import save_dataset, save_draft, save_mapping
from engine.data.results_cache import Kept, Use
from engine.experiment.experiment import Experiment
from engine.index.entry import mark_whole
from engine.runs.findings import keep_findings
from engine.runs.records import folder_of, read_run
from engine.runs.run import Run, State
from local import workspace
from local.faults import Fault
from tests.every_request import ABOUT, FIELDS, TYPED, Everything, Things, keep_recipe, keep_round
from tests.golden.test_messages import COLUMNS, DATASET, DETAILS, DRAFT, MAPPING, RICH, RUN, found
from tests.in_memory import Bot, Workspace, workspace_at
from tests.slack_requests import command, home_opened, interaction, signed
from tests.stored import keep_experiment, keep_run

ANA, BEN, PRIVATE, PUBLIC = workspace.ANA.id, workspace.BEN.id, workspace.LAUNCH.id, workspace.MARKETING.id
SOMEBODY = "U0ELSE"
AT = datetime(2026, 1, 5, 10, tzinfo=UTC)
Json = dict[str, Any]
Asked = Sequence[tuple[bytes, dict[str, str]]]


def things(word: str, *, who: str = SOMEBODY, channel: str = PRIVATE, day: int = 5) -> Things:
    """One of each, with `word` in every name, column and sentence of it."""
    ts, low = f"202601{day:02d}T100000Z-{sum(word.encode()):04x}", word.lower()
    draft_id = f"202601{day:02d}T100000Z-{word.encode().hex()[:6]}"
    columns = tuple(one.model_copy(update={"name": one.name.replace("REVENUE", f"{word}_KPI")}) for one in COLUMNS)
    mapping = MAPPING.model_copy(update={"dep_var": f"{word}_KPI"})
    source = Source(kind="csv", file_id=f"F0{word}", file_name=f"{low}.csv")
    base = {"workspace": workspace.TEAM_ID, "who": who, "channel": channel, "created_at": AT}
    of_data = {**base, "title": f"{word} Tea", "country": "fr", "source": source, "columns": columns}
    dataset = Dataset.model_validate({**DATASET.model_dump(), **of_data, "ts": ts, "mapping": mapping})
    draft = Draft.model_validate({**DRAFT.model_dump(), **of_data, "id": draft_id})
    named = {"revision": f"{word}_1", "dataset_id": dataset.id, "tag": word}
    experiment = Experiment.model_validate({"preset": "quick", **base, **named, "key": word})
    of_run = {"id": f"r{word.encode().hex()[:7]}", "sentence": f"{word} sells.", "state": State.SUCCEEDED, "ts": ts}
    of_run |= {"changed_at": AT, "started_at": AT, "verdict": "usable"}
    run = Run.model_validate({**RUN.model_dump(), **base, **named, **of_run, "key": word})
    return Things(dataset, draft, experiment, run, private=channel != PUBLIC)


def keep(storage: Storage, it: Things) -> None:
    """Store them as the product does, with a result of the run."""
    save_dataset(storage, it.dataset)
    save_mapping(storage, save_draft(storage, it.draft).id, it.dataset.mapping)
    keep_round(storage, it.draft)
    keep_recipe(storage, it.recipe)
    keep_experiment(storage, it.experiment)
    keep_run(storage, it.run)
    keep_findings(storage, folder_of(it.run), found(RICH, details=DETAILS), [])
    keep_rows_read(storage, it)


def keep_rows_read(storage: Storage, it: Things) -> None:
    """Rows of a warehouse that were read for them, as a step keeps them."""
    word, by = it.experiment.tag, {"who": it.dataset.who, "channel": it.dataset.channel}
    digest = sha256(word.encode()).hexdigest()[:40]
    size = {"digest": digest, "rows": 10, "bytes": 100, **by}
    about = {**size, "what": it.dataset.title, "connection": "default", "crc32c": "x", "read_at": AT, "by": it.draft.id}
    line = Kept.model_validate(about).model_dump(mode="json")
    storage.put_bytes(paths.cached_rows(digest), word.encode(), "x", line=line)
    line = Use.model_validate({**size, "hit": True}).model_dump(mode="json")
    storage.create(paths.cache_use(AT, word), {}, line=line)


def names(it: Things) -> list[str]:
    """Everything by which something may be told from the others, the longest first."""
    dataset, run = it.dataset, it.run
    told = [dataset.id, dataset.title, dataset.ts, dataset.mapping.dep_var, dataset.source.file_name, run.sentence]
    told += [dataset.source.file_id, it.draft.id, it.experiment.revision, it.experiment.tag, run.id]
    return sorted({*told, *(one.lower() for one in told)}, key=len, reverse=True)


def nameless(text: str, it: Things) -> str:
    for name in names(it):
        text = text.replace(name, "@" * len(name))
    return text


HIDDEN, GHOST, OPEN = things("AURORA"), things("BOREAL"), things("ZEPHYR", channel=PUBLIC, day=1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with workspace_at(tmp_path_factory.mktemp("slack")) as running:
        yield running


def bot(place: Workspace, *kept: Things, **rules: Any) -> Bot:
    """A bot that knows these things, as after a sweep: lists are made from the indexes alone."""
    made = Bot(place, rules)
    for it in kept:
        keep(made.cloud.storage, it)
    for prefix in (paths.DATASET_INDEX, paths.EXPERIMENT_INDEX):
        mark_whole(made.cloud.storage, prefix)
    return made


def every_request(made: Bot, it: Things, who: str) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """One request, or several, for each entry of the registry, about `it` wherever it can be about something."""
    everything = Everything(made.product, it)
    yield from everything.requests(who, lambda needs: needs < Role.ADMIN)
    for words, kinds in TYPED.items():
        yield f"/mmm {words}, nothing named", *signed_form(command(made.product, words, user_id=who))
        for text in (name(it) for name in kinds):
            yield f"/mmm {words} {text}", *signed_form(command(made.product, f"{words} {text}", user_id=who))
            for near in (f"{words} “{text.lower()}”.", f"{words} {text}{text[-1]}", f"{words} {text[:-1]}"):
                yield f"near: {near}", *signed_form(command(made.product, near, user_id=who))
    for name, near in (("dataset_id", it.dataset.title[:4]), ("date_var", it.dataset.mapping.dep_var)):
        for value in ("", near):
            payload = {**everything.search(name, who), "value": value}
            yield f"search {name} “{value}”", *signed_form(interaction(user={"id": who}, **payload))
    for event in registry().events:
        assert event in EVENTS, f"{event}: say here how it is sent"
        yield f"event {event}", *EVENTS[event](who)


EVENTS: dict[str, Callable[[str], tuple[bytes, dict[str, str]]]] = {
    "app_home_opened": lambda who: home_opened(f"Ev{who}", who),
    "file_shared": lambda who: file_shared(who),
}
# What shows nothing of what is stored, whatever is sent with it; all other entries are asked about a private thing.
ABOUT_NOTHING = {
    "commands": {"help", "dataset new", "why", "doctor", "connect", "map patterns"},
    # What connections there are, everybody may know who may use them; nothing of what was posted is in one. Whoever
    # removes one is told which datasets use it: an admin, who sees them all.
    "buttons": {
        "start_help",
        "start_dataset",
        "kind",
        "dataset_from_file",
        "cache_clear_all",
        "map_from_file",
        "map_patterns",
        "map_patterns_reset",
        "connection",
        "table",
        "connection_kind",
        "connection_table",
    }
    | {"start_connect", *(f"connect_{what}" for what in ("test", "rows", "new", "edit", "remove", "removed"))},
    "forms": {"dataset_source", "connection", "connection_rows", "map_patterns_form"},
    "searches": {"country", "table", "connection_table", "connection_columns"},
    "shortcuts": {"new_dataset", "message_dataset"},
    "events": {"file_shared"},
}
LISTS = {
    "commands": {"dataset list", "experiment list", "cache"},
    "buttons": {"start_status", "start_experiment", "cache_show"},
    "shortcuts": {"new_experiment"},
    "events": {"app_home_opened"},
}
# Forms and searches stand in a view, which names a draft or a dataset (`Everything.view`).
IN_VIEWS = {
    "forms": {"dataset_mapping", "experiment_new", "review_filters", "map_file", "map_compare"}
    | {"recipe_form", "recipe_column_form", "recipe_save_form", "recipe_file"},
    "searches": {"dataset_id", "date_var", "dep_var", "paid_media_spends", "organic_vars", "context_vars"}
    | {
        "factor_vars",
        "country_var",
        "exposure",
        "countries",
        "map_dataset",
        "about_column",
        "goals_money",
        "goals_count",
        "review_metric",
        "review_goal",
        "review_country",
    }
    | {"recipe_goal", "recipe_left", "recipe_pick", "recipe_exposure"},
}


def test_every_entry_is_asked_about_something_private_or_shows_nothing() -> None:
    known = registry()
    given = {"commands": set(TYPED), "buttons": {*ABOUT, *FIELDS}, **IN_VIEWS}
    for kind, nothing in ABOUT_NOTHING.items():
        entries = {name if isinstance(name, str) else " ".join(name) for name in getattr(known, kind)}
        covered = given.get(kind, set()) | LISTS.get(kind, set()) | nothing
        assert entries == covered & entries and entries <= covered, (kind, entries ^ covered)
    assert set(ABOUT_NOTHING) == {name for name in vars(known) if isinstance(vars(known)[name], dict)}


def file_shared(who: str) -> tuple[bytes, dict[str, str]]:
    """Somebody dropped a file; whose files are whose is tried in test_dropped_files."""
    event = {"type": "file_shared", "file_id": "F0NONE", "user_id": who, "channel_id": PUBLIC}
    whole = {"type": "event_callback", "team_id": workspace.TEAM_ID, "event_id": "EvFile", "event": event}
    return json.dumps(whole).encode(), signed(json.dumps(whole), kind="application/json")


def signed_form(form: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    body = urlencode(form).encode()
    return body, signed(body)


def answers(made: Bot, it: Things, who: str) -> dict[str, str]:
    """What every request about `it` tells `who`, by what it is."""
    asked: list[str] = []

    def sent() -> Iterator[tuple[bytes, dict[str, str]]]:
        for what, body, headers in every_request(made, it, who):
            asked.append(what)
            yield body, headers

    told = made.told(sent())
    assert len(set(asked)) == len(asked)
    return dict(zip(asked, told, strict=True))


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_for_whoever_is_not_in_there_it_is_as_if_there_were_nothing(place: Workspace, role: str) -> None:
    rules = {"role_default": role}
    told = answers(bot(place, OPEN, HIDDEN, **rules), HIDDEN, BEN)
    without = answers(bot(place, OPEN, **rules), HIDDEN, BEN)
    assert len(told) > 80
    assert {what: (text, without[what]) for what, text in told.items() if text != without[what]} == {}


@pytest.mark.parametrize(
    ("who", "of", "rules"),
    [
        (ANA, HIDDEN, {}),
        (BEN, things("AURORA", who=BEN), {}),
        (BEN, HIDDEN, {"admins": (BEN,)}),
        (BEN, things("AURORA", channel=PUBLIC), {}),
        (BEN, things("AURORA", who=BEN, channel=""), {}),
    ],
    ids=["a member", "who asked for it", "an admin", "anybody, of a public channel", "who asked, of no channel"],
)
def test_who_may_see_it_sees_it_everywhere(place: Workspace, who: str, of: Things, rules: Json) -> None:
    told = answers(bot(place, OPEN, of, **rules), of, who)
    without = answers(bot(place, OPEN, **rules), of, who)
    same = {what for what, text in told.items() if text == without[what]}
    shows_nothing = {f"/mmm {name}" for name in ABOUT_NOTHING["commands"] | {"(alone)", "(unknown)"}}
    of_dataset = {f"dataset {verb}" for verb in ("delete", "versions", "diff", "download", "refresh")}
    ask_which = {"cancel", "driver", "prepare", "review", *of_dataset}
    shows_nothing |= {f"/mmm {words}, nothing named" for words in ask_which} | {
        what for what in told if what.startswith("near: ")
    }
    kinds = {"button": "buttons", "form": "forms", "shortcut": "shortcuts", "search": "searches", "event": "events"}
    shows_nothing |= {f"{kind} {name}" for kind, entries in kinds.items() for name in ABOUT_NOTHING[entries]}
    assert sorted(same - shows_nothing) == []


def test_what_is_near_a_private_name_is_not_told(place: Workspace) -> None:
    made = bot(place, OPEN, HIDDEN)
    for text in ("dataset show AURORA Tee", "run AURORA_2", f"status {HIDDEN.run.id[:-1]}0", "results AURORA_2"):
        [told] = made.told([signed_form(command(made.product, text, user_id=BEN))])
        known = {name for name in names(HIDDEN) if name in told} - {"AURORA", "aurora"}
        assert not known, (text, known)


def test_a_list_is_as_long_as_it_was(place: Workspace) -> None:
    """Private things between public ones take nobody's place, and are not counted."""
    made = bot(place)
    for n in range(40):
        channel = PRIVATE if n % 4 else PUBLIC
        of = {"id": f"r{n:07d}", "channel": channel, "who": SOMEBODY, "revision": f"FR_{n}"}
        keep_run(made.cloud.storage, RUN.model_copy(update=of))
    [told] = made.told([signed_form(command(made.product, "status", user_id=BEN))])
    assert [f"r{n:07d}" in told for n in range(40)] == [n % 4 == 0 for n in range(40)]
    assert "older ones" not in told and "Runs under way: 10" in told


def test_how_many_wait_before_a_run_is_told_but_not_which(place: Workspace) -> None:
    made = bot(place)
    for hour, it in enumerate((HIDDEN, OPEN)):
        waiting = it.run.model_copy(update={"state": State.STAGED, "created_at": AT.replace(hour=hour)})
        save_dataset(made.cloud.storage, it.dataset)
        made.cloud.storage.create(paths.experiment(it.experiment.revision), it.experiment)
        keep_run(made.cloud.storage, waiting)
    [told] = made.told([signed_form(command(made.product, "status ZEPHYR_1", user_id=BEN))])
    assert "1 before it" in told and "AURORA" not in told


def test_a_public_run_on_private_data_is_told_as_it_was_posted(place: Workspace) -> None:
    """Its card names the dataset for all to see; the rows and roles of that stay where they were made."""
    hidden = things("AURORA")
    run = replace(hidden, run=hidden.run.model_copy(update={"channel": PUBLIC}))
    made = bot(place, run)
    asked = [f"status {run.run.id}", f"dataset show {run.dataset.title}", "dataset list", "run AURORA_1"]
    told = made.told([signed_form(command(made.product, text, user_id=BEN)) for text in asked])
    assert "AURORA Tea" in told[0]
    assert "There is no dataset yet" in told[1] and "There is no dataset yet" in told[2]
    assert "There is no experiment" in told[3]


def test_where_somebody_s_seed_was_tried_in_private_another_one_is_tried_for_who_asks_in_public(
    place: Workspace,
) -> None:
    made = bot(place, OPEN)
    click = Everything(made.product, OPEN).click("experiment_seed", ANA)
    in_private = {**click, "channel": {"id": PRIVATE}}
    [first] = made.told([signed_form(interaction(user={"id": ANA}, **in_private))])
    click = Everything(made.product, OPEN).click("experiment_seed", BEN)
    [second] = made.told([signed_form(interaction(user={"id": BEN}, **click))])
    runs = [one for one in made.fake.tasks.waiting if one.step == "stage"]
    ids = [str(one.payload["run"]) for one in runs]
    assert len(set(ids)) == 2 and ids[0] in first and ids[0] not in second and ids[1] in second


@pytest.mark.parametrize("press", ["experiment_run", "experiment_seed", "experiment_standard"])
def test_what_was_private_is_not_run_in_public_because_its_button_was_pressed_there(
    place: Workspace, press: str
) -> None:
    made = bot(place, HIDDEN)
    click = Everything(made.product, HIDDEN).click(press, ANA)
    assert click["channel"]["id"] == PUBLIC
    made.told([signed_form(interaction(user={"id": ANA}, **click))])
    [run] = [
        read_run(made.cloud.storage, str(one.payload["run"])) for one in made.fake.tasks.waiting if one.step == "stage"
    ]
    assert run.channel == PRIVATE and run.who == ANA


def test_a_form_on_private_data_starts_where_they_were_made_and_warns_of_another_place(place: Workspace) -> None:
    made = bot(place, HIDDEN)
    everything = Everything(made.product, HIDDEN)
    [opened] = made.told(
        [signed_form(interaction(user={"id": ANA}, **everything.click("experiment_from_dataset", ANA)))]
    )
    assert f'"initial_conversation": "{PRIVATE}"' in opened and "made in private" not in opened
    [drawn] = made.told([signed_form(interaction(user={"id": ANA}, **everything.click("channel", ANA)))])
    assert f'"initial_conversation": "{PUBLIC}"' in drawn and "The data were made in private" in drawn
    [sent] = made.told([signed_form(interaction(user={"id": ANA}, **everything.submission("experiment_new", ANA)))])
    assert "It has started; know this:" in sent and "The data were made in private" in sent
    public = Everything(made.product, things("ZEPHYR", channel=PUBLIC, day=1))
    keep(made.cloud.storage, public.things)
    [drawn] = made.told([signed_form(interaction(user={"id": ANA}, **public.click("channel", ANA)))])
    assert "made in private" not in drawn


def test_a_run_whose_experiment_is_gone_names_no_private_one_that_is_near(place: Workspace) -> None:
    made = bot(place, HIDDEN)
    lost = RUN.model_copy(update={"id": "rlost000", "channel": PUBLIC, "who": SOMEBODY, "revision": "AURORA_2"})
    keep_run(made.cloud.storage, lost)
    [told] = made.told([signed_form(command(made.product, "status rlost000", user_id=BEN))])
    assert "There is no experiment" in told and "AURORA_1" not in told


# While time goes by, and while Slack does not answer.


def status(made: Bot, who: str) -> str:
    [told] = made.told([signed_form(command(made.product, "status", user_id=who))])
    return told


def test_who_left_sees_it_no_longer_after_some_minutes(place: Workspace) -> None:
    made, directory = bot(place, HIDDEN), place.slack.directory
    assert HIDDEN.run.id in status(made, ANA)
    directory.leave(PRIVATE, ANA)
    try:
        assert HIDDEN.run.id in status(made, ANA), "it was asked a moment ago"
        made.fake.clock.time += _minutes(6)
        assert HIDDEN.run.id not in status(made, ANA)
    finally:
        directory.join(PRIVATE, ANA)
    made.fake.clock.time += _minutes(6)
    assert HIDDEN.run.id in status(made, ANA)


def test_a_channel_that_is_made_private_hides_what_was_posted_there(place: Workspace) -> None:
    directory = place.slack.directory
    channel = directory.create("soon-private", [ANA, BEN], private=False, bot=True, created=0)["id"]
    it = things("AURORA", channel=channel)
    made = bot(place, it)
    directory.leave(channel, BEN)
    assert it.run.id in status(made, BEN)
    directory.make_private(channel)
    made.fake.clock.time += _minutes(6)
    assert it.run.id not in status(made, BEN) and it.run.id in status(made, ANA)


@pytest.mark.parametrize("kind", ["a private channel the app was put out of", "a channel that is gone"])
def test_what_the_app_cannot_ask_about_is_seen_by_who_asked_and_admins(place: Workspace, kind: str) -> None:
    directory = place.slack.directory
    channel = "C0GONE"
    if kind.startswith("a private"):
        channel = directory.create("without-app", [ANA, BEN], private=True, bot=False, created=0)["id"]
    it = things("AURORA", channel=channel, who=ANA)
    assert it.run.id not in status(bot(place, it), BEN)
    assert it.run.id in status(bot(place, it), ANA)
    assert it.run.id in status(bot(place, it, admins=(BEN,)), BEN)


def test_a_conversation_of_several_people_is_theirs(place: Workspace) -> None:
    together = place.slack.directory.group_dm([ANA, workspace.GIL.id], 0)["id"]
    it = things("AURORA", channel=together)
    assert it.run.id in status(bot(place, it), ANA)
    assert it.run.id not in status(bot(place, it), BEN)


def test_a_direct_message_is_of_one_person(place: Workspace) -> None:
    it = things("AURORA", channel="D0ANA")
    assert it.run.id in status(bot(place, it), ANA)
    assert it.run.id not in status(bot(place, it), BEN)


FAULTS = [
    Fault(match="conversations.info", kind="before", times=1000),
    Fault(match="conversations.info", kind="slow", seconds=0.6, times=1000),
    Fault(match="conversations.members", kind="before", times=1000),
]


@pytest.mark.parametrize("fault", FAULTS, ids=["no answer", "late", "no members"])
def test_while_slack_does_not_say_it_is_not_seen_and_that_is_said(
    place: Workspace, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, without = bot(place, HIDDEN), bot(place, HIDDEN)
    place.faults.add(fault)
    if fault.kind == "slow":
        monkeypatch.setattr("bot.slack.conversations.ASK_SECONDS", 0.2)
    try:
        told = status(made, ANA)
        of_it = made.told([signed_form(command(made.product, f"status {HIDDEN.run.id}", user_id=BEN))])
        of_none = without.told([signed_form(command(made.product, f"status {GHOST.run.id}", user_id=BEN))])
    finally:
        place.faults.clear()
    assert "Slack does not tell me right now who is in every conversation" in told and HIDDEN.run.id not in told
    assert "Slack does not tell me right now" in of_it[0]
    assert nameless(of_it[0], HIDDEN) == nameless(of_none[0], GHOST), "nor does it tell whether it exists"
    assert HIDDEN.run.id in status(made, ANA), "it is seen as soon as Slack answers"


def _minutes(n: int) -> timedelta:
    return timedelta(minutes=n)


def test_json_of_a_home_names_nothing_private(place: Workspace) -> None:
    made = bot(place, HIDDEN)
    made.told([home_opened("EvB", BEN), home_opened("EvA", ANA)])
    shown = {who: json.dumps(place.slack.views.home(who)) for who in (ANA, BEN)}
    assert HIDDEN.run.id in shown[ANA] and not any(name in shown[BEN] for name in names(HIDDEN))
